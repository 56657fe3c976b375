"""The stored results on batch sizes: complete, of networks that differ in one thing, and repeatable."""

import json

import pytest
import torch
from benchmark_files import load_benchmark
from torch import nn

from course_lib.models import num_parameters


@pytest.fixture(scope="module")
def benchmark():
    return load_benchmark("batch_sizes")


@pytest.fixture(scope="module")
def stored(benchmark):
    return json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))


def test_every_batch_size_has_its_search_and_five_seeds(benchmark, stored):
    expected = {"images": benchmark.NUM_IMAGES, "epochs": benchmark.NUM_EPOCHS}
    assert expected.items() <= stored["settings"].items()
    assert list(stored["results"]) == list(benchmark.SIZES)
    for kind, by_size in stored["results"].items():
        assert sorted(map(int, by_size)) == list(benchmark.SIZES[kind])
        for found in by_size.values():
            tried = {float(rate): accuracies for rate, accuracies in found["validation"].items()}
            assert set(benchmark.RATES) <= set(tried)
            assert list(found["rate"]) == list(benchmark.MEASURES[kind])
            for how, rate in found["rate"].items():
                assert tried[rate][how] == max(accuracies[how] for accuracies in tried.values())
                place = benchmark.GRID.index(rate)
                assert set(benchmark.GRID[max(place - 1, 0) : place + 2]) <= set(tried)  # no edge did best
                assert list(found["test"][f"{rate:g}"]) == list("01234")


def test_the_networks_differ_in_their_normalisation_alone(benchmark):
    networks = {kind: benchmark.build(kind, seed=0) for kind in benchmark.SIZES}
    kernels = [[m.weight for m in model if isinstance(m, nn.Conv2d)] for model in networks.values()]
    for twins in zip(*kernels, strict=True):
        assert all(torch.equal(twin, twins[0]) for twin in twins)
    sizes = {kind: num_parameters(model) for kind, model in networks.items()}
    assert sizes["BN"] == sizes["GN"] == sizes["pairs"]
    assert sizes["BN"] - sizes["none"] == 16 + 32 + 32 + 64  # a gain and a shift in place of a bias
    groups = [m.num_channels / m.num_groups for m in networks["GN"] if isinstance(m, nn.GroupNorm)]
    assert groups == [4, 4, 4, 4]


def test_over_pairs_is_batch_normalisation_of_each_pair_and_the_same_in_evaluation(benchmark):
    pairs, usual, x = benchmark.PairNorm(3), nn.BatchNorm2d(3), torch.randn(6, 3, 5, 4)
    expected = torch.cat([usual(part) for part in x.split(2)])
    torch.testing.assert_close(pairs(x), expected, rtol=0, atol=0)
    assert not torch.allclose(pairs(x), usual(x), atol=0.01)
    pairs.load_state_dict(usual.state_dict())
    assert torch.equal(pairs.eval()(x), usual.eval()(x))


@pytest.mark.parametrize("kind", ["BN", "pairs"])
def test_counted_anew_are_the_means_of_all_images_and_no_weight_moves(benchmark, kind):
    model, images = benchmark.build(kind, seed=0), torch.rand(12, 1, 28, 28)
    before = [parameter.clone() for parameter in model.parameters()]
    benchmark.count_anew(model, images, num_images=12)
    first = model[:2](images)  # convolution and pooling, which the first normalisation reads
    torch.testing.assert_close(model[2].running_mean, first.mean(dim=(0, 2, 3)), rtol=1e-4, atol=1e-5)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


@pytest.mark.pipeline
def test_a_stored_row_can_be_measured_again(benchmark, stored, mnist):
    rate = stored["results"]["GN"]["32"]["rate"]["as trained"]
    again = benchmark.measured(benchmark.drawn(mnist, 0), "GN", 32, rate, seed=0)
    known = stored["results"]["GN"]["32"]["test"][f"{rate:g}"]["0"]
    # 2,000 test images; other instructions, other last digits, and 189 steps to amplify them
    assert again["as trained"] == pytest.approx(known["as trained"], abs=0.015)
