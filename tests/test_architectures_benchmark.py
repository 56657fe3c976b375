"""The stored results of the benchmark of architectures: complete, consistent, of the networks named."""

import json

import numpy as np
import pytest
from benchmark_files import load_benchmark

from course_lib.architectures import measure


@pytest.fixture(scope="module")
def benchmark():
    return load_benchmark("architectures")


@pytest.fixture(scope="module")
def stored(benchmark):
    return json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))["results"]


def test_every_stored_network_had_the_whole_search_and_at_least_three_seeds(benchmark, stored):
    assert set(benchmark.DIGITS) | {"doubling", "constant, multiply-adds"} <= set(stored)
    for name, arm in stored.items():
        rates = benchmark.CIFAR_RATES if name in benchmark.PHOTOGRAPHS else benchmark.MNIST_RATES
        assert [float(rate) for rate in arm["validation"]] == list(rates)
        assert arm["validation"][f"{arm['rate']:g}"] == max(arm["validation"].values())
        seeds = list(arm["test"])
        assert seeds == list("01234")[: len(seeds)]
        assert len(seeds) >= 3


def test_stored_accuracies_are_the_share_of_the_bits_that_are_set(benchmark, stored):
    for name, arm in stored.items():
        num_images = 5000 if name in benchmark.PHOTOGRAPHS else 10_000  # of the files that were read
        for found in arm["test"].values():
            bits = np.unpackbits(np.frombuffer(bytes.fromhex(found["correct"]), np.uint8))
            assert len(bits) == num_images
            assert bits.mean() == pytest.approx(found["accuracy"], abs=5e-5)


def test_stored_costs_are_those_of_the_networks_of_today(benchmark, stored):
    for name in set(stored) & set(benchmark.PHOTOGRAPHS):
        costs = measure(benchmark.ARMS[name](), (3, 32, 32))
        expected = {"parameters": costs.parameters, "multiply_adds": costs.multiply_adds}
        assert stored[name]["costs"] == expected


@pytest.mark.parametrize("cost", ["parameters", "multiply-adds"])
def test_rivals_spend_what_their_names_say(benchmark, cost):
    column = cost.replace("-", "_")
    budget = getattr(measure(benchmark.ARMS["doubling"](), (3, 32, 32)), column)
    rivals = [name for name in benchmark.PHOTOGRAPHS if name.endswith(f", {cost}")]
    assert rivals
    for name in rivals:
        spent = getattr(measure(benchmark.ARMS[name](), (3, 32, 32)), column)
        assert spent == pytest.approx(budget, rel=0.05)
