"""The stored results of the benchmark of three budgets: complete, and of networks that spend the same."""

import json

import numpy as np
import pytest
from benchmark_files import load_benchmark

from course_lib.architectures import measure


@pytest.fixture(scope="module")
def benchmark():
    return load_benchmark("three_budgets")


@pytest.fixture(scope="module")
def stored(benchmark):
    return json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))["results"]


def test_every_network_had_the_same_search_and_the_same_seeds(benchmark, stored):
    assert list(stored) == list(benchmark.WIDTHS)
    for arm in stored.values():
        tried = [float(rate) for rate in arm["validation"]]
        assert tried[:3] == list(benchmark.RATES)
        assert arm["validation"][f"{arm['rate']:g}"] == max(arm["validation"].values())
        place = benchmark.GRID.index(arm["rate"])
        assert set(benchmark.GRID[max(place - 1, 0) : place + 2]) <= set(tried)  # no edge did best
        assert list(arm["test"]) == list(stored[benchmark.REFERENCE]["test"])
        assert list(arm["test"]) == [str(seed) for seed in range(5)]


def test_stored_accuracies_are_the_share_of_the_bits_that_are_set(stored):
    for arm in stored.values():
        for found in arm["test"].values():
            bits = np.unpackbits(np.frombuffer(bytes.fromhex(found["correct"]), np.uint8))
            assert len(bits) == 5000  # test images of the file that was read
            assert bits.mean() == pytest.approx(found["accuracy"], abs=5e-5)


def test_stored_costs_are_those_of_the_networks_of_today(benchmark, stored):
    for name, arm in stored.items():
        costs = measure(benchmark.build(name), (3, 32, 32))
        kept = arm["costs"]
        assert (kept["parameters"], kept["multiply_adds"]) == (costs.parameters, costs.multiply_adds)


@pytest.mark.parametrize(
    ("budget", "tolerance"),
    [
        pytest.param("parameters", 0.08, id="parameters"),
        pytest.param("multiply-adds", 0.08, id="multiply-adds"),
        pytest.param("seconds", 0.15, id="seconds"),  # measured, on a machine with other programs
    ],
)
def test_networks_spend_what_their_budget_allows(benchmark, stored, budget, tolerance):
    column = budget.replace("-", "_")
    spent = [stored[name]["costs"][column] for name in benchmark.BUDGETS[budget]]
    assert spent == pytest.approx([spent[0]] * 4, rel=tolerance)
    families = {name.split(", ")[0] for name in benchmark.BUDGETS[budget]}
    assert families == set(benchmark.FAMILIES)
