"""The stored results of the benchmark of twenty layers: complete, and of the networks that are named."""

import json

import pytest
from benchmark_files import load_benchmark

from course_lib.models import num_parameters


@pytest.fixture(scope="module")
def benchmark():
    return load_benchmark("twenty_layers")


def test_every_arm_has_its_search_and_five_seeds(benchmark):
    stored = json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))
    assert list(stored["results"]) == list(benchmark.ARMS)
    assert stored["settings"] == {"images": 5000, "epochs": 3, "batch_size": 64, "tuning_seed": 100}
    for arm in stored["results"].values():
        assert list(arm["test"]) == list("01234")
        tried = [float(rate) for rate in arm["validation"]]
        assert tried[:4] == list(benchmark.RATES)
        assert arm["validation"][f"{arm['rate']:g}"] == max(arm["validation"].values())
        place = benchmark.GRID.index(arm["rate"])
        assert set(benchmark.GRID[max(place - 1, 0) : place + 2]) <= set(tried)  # no edge did best


def test_the_first_gradients_are_those_of_the_networks_of_today(benchmark):
    from course_lib.data import load_mnist

    data = load_mnist()
    if data.is_offline_default:
        pytest.skip("the stored ones are of MNIST")
    stored = json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))["results"]
    small = data.sample(5000, seed=0)
    for name in ("plain, He", "residual, He, BN"):
        start = benchmark.at_the_start(name, small)
        assert start["loss"] == pytest.approx(stored[name]["start"]["loss"], rel=0.01)
        # other instructions, other sums: twenty layers deep in float32
        assert start["gradients"] == pytest.approx(stored[name]["start"]["gradients"], rel=0.05)


def test_arms_with_the_same_normalisation_have_the_same_number_of_parameters(benchmark):
    sizes = {name: num_parameters(benchmark.build(name, 0)) for name in benchmark.ARMS}
    assert len({size for name, size in sizes.items() if "BN" in name}) == 1
    assert sizes["plain, He"] == sizes["plain, torch's"] == sizes["residual, He"]
