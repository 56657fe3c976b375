"""Networks of patches: what they count, what they compute, and what they do not know."""

import json

import pytest
import torch
from benchmark_files import load_benchmark
from torch import nn

from course_lib.models import MLPMixer, VisionTransformer, num_parameters

NETWORKS = (VisionTransformer, MLPMixer)


def tiles(images, order):
    """Move the patches of 7 x 7 pixels, (N, 1, 28, 28), each as a whole."""
    table = images.view(-1, 4, 7, 4, 7).transpose(2, 3).reshape(-1, 16, 7, 7)[:, order]
    return table.view(-1, 4, 4, 7, 7).transpose(2, 3).reshape(-1, 1, 28, 28)


def test_parameters_by_hand():
    describe, places, head = 49 * 64 + 64, 16 * 64, 2 * 64 + 64 * 10 + 10
    within, norms = 64 * 128 + 128 + 128 * 64 + 64, 4 * 64
    attention, across = 4 * (64 * 64 + 64), 16 * 32 + 32 + 32 * 16 + 16
    outside = describe + places + head
    assert num_parameters(VisionTransformer()) == outside + 3 * (norms + attention + within) == 105_418
    assert num_parameters(MLPMixer()) == outside + 3 * (norms + across + within) == 58_714


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize(("size", "patch", "channels"), [(28, 7, 1), (28, 4, 1), (32, 8, 3)])
def test_every_image_gets_a_logit_for_each_class(network, size, patch, channels):
    model = network(patch, num_classes=5, in_channels=channels, image_size=size)
    assert model(torch.rand(2, channels, size, size)).shape == (2, 5)


@pytest.mark.parametrize("network", NETWORKS)
def test_patches_that_do_not_tile_the_image_are_refused(network):
    with pytest.raises(ValueError, match="patches of 5 pixels do not tile images of 28"):
        network(patch_size=5)
    with pytest.raises(ValueError, match=r"\(N, 1, 28, 28\), got \(2, 1, 20, 20\)"):
        network()(torch.rand(2, 1, 20, 20))


@pytest.mark.parametrize("network", NETWORKS)
def test_a_patch_is_described_by_the_same_linear_map_wherever_it_lies(network):
    torch.manual_seed(0)
    images, patches = torch.rand(2, 1, 28, 28), network()[0]
    by_hand = torch.stack([images[:, 0, r : r + 7, c : c + 7].flatten(1)
                           for r in range(0, 28, 7) for c in range(0, 28, 7)], dim=1)  # fmt: skip
    weight = patches.describe.weight.flatten(1)
    expected = by_hand @ weight.T + patches.describe.bias + patches.places
    torch.testing.assert_close(patches(images), expected)


@torch.no_grad()
def test_without_its_vectors_for_places_a_transformer_reads_a_bag_of_patches():
    torch.manual_seed(0)
    model, images, order = VisionTransformer().eval(), torch.rand(3, 1, 28, 28), torch.randperm(16)
    assert (model(tiles(images, order)) - model(images)).abs().max() > 1e-3
    model[0].places.zero_()
    # float32: only the order of sums differs
    torch.testing.assert_close(model(tiles(images, order)), model(images), atol=1e-5, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("network", NETWORKS)
def test_moved_patches_are_read_by_the_same_network_with_its_rows_moved(network):
    torch.manual_seed(0)
    model, images, order = network().eval(), torch.rand(3, 1, 28, 28), torch.randperm(16)
    expected = model(images)
    model[0].places.copy_(model[0].places[order])
    if network is MLPMixer:
        for block in model[1:4]:
            first, _, last = block.across.mix
            first.weight.copy_(first.weight[:, order])
            last.weight.copy_(last.weight[order])
            last.bias.copy_(last.bias[order])
    torch.testing.assert_close(model(tiles(images, order)), expected, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_attention_is_a_weighted_mean_of_values_for_each_head():
    torch.manual_seed(0)
    table, attention = torch.rand(2, 16, 64), VisionTransformer()[1].across
    heads = attention.heads
    asked, asks, values = (table @ heads.in_proj_weight.T + heads.in_proj_bias).chunk(3, dim=2)
    split = [part.view(2, 16, 4, 16).transpose(1, 2) for part in (asked, asks, values)]  # (2, 4, 16, 16)
    weights = (split[0] @ split[1].transpose(2, 3) / 16**0.5).softmax(dim=3)
    joined = (weights @ split[2]).transpose(1, 2).reshape(2, 16, 64)
    expected = joined @ heads.out_proj.weight.T + heads.out_proj.bias
    torch.testing.assert_close(attention(table), expected)


@pytest.mark.parametrize("network", NETWORKS)
def test_every_parameter_learns(network):
    torch.manual_seed(0)
    model = network()
    nn.functional.cross_entropy(model(torch.rand(8, 1, 28, 28)), torch.arange(8)).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.isfinite().all(), name
        if "in_proj_bias" not in name:  # a bias of the keys shifts all scores alike: no gradient there
            assert (parameter.grad != 0).any(), name


@pytest.fixture(scope="module")
def benchmark():
    return load_benchmark("moved_pixels")


def test_the_benchmark_moves_patches_as_wholes_and_pixels_one_by_one(benchmark):
    pixels = torch.arange(784.0).view(1, 1, 28, 28)
    assert torch.equal(benchmark.move(pixels, benchmark.positions("in order", 0)), pixels)
    order = torch.randperm(16, generator=torch.Generator().manual_seed(3))
    assert torch.equal(benchmark.move(pixels, benchmark.positions("patches moved", 3)), tiles(pixels, order))
    scattered = benchmark.positions("pixels moved", 3)
    assert torch.equal(scattered.sort().values, torch.arange(784))
    neighbours = (scattered[1:] - scattered[:-1]).abs() == 1
    assert neighbours.sum() < 10  # two of 783 by chance


def test_the_stored_results_are_complete_and_of_the_best_rates(benchmark):
    stored = json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))["results"]
    assert list(stored) == list(benchmark.ARMS)
    for name, arm in stored.items():
        assert arm["parameters"] == num_parameters(benchmark.ARMS[name]())
        for order in benchmark.ORDERS:
            searched = arm["in order" if order == "patches moved" else order]["validation"]
            tried = {rate: run["accuracy"] for rate, run in searched.items()}
            assert [float(rate) for rate in tried] == list(benchmark.RATES)
            assert arm[order]["rate"] == float(max(tried, key=tried.get))
            runs = arm[order]["equal seconds"].values()
            assert len(runs) == 3
            epochs = max(1, round(benchmark.SECONDS / arm["seconds an epoch"]))
            assert {run["epochs"] for run in runs} == {epochs}
