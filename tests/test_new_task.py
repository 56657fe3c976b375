"""The stored results of the trunks for another task: complete, and a row of them comes out again."""

import json

import pytest
from benchmark_files import load_benchmark

from course_lib.data import load_mnist


@pytest.fixture(scope="module")
def new_task():
    return load_benchmark("new_task")


def stored(benchmark):
    return json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))


def test_every_trunk_was_used_in_every_way_with_the_same_seeds(new_task):
    results = stored(new_task)["results"]
    assert list(results) == list(new_task.LABELS)
    for by_seed in results.values():
        assert list(by_seed) == list(results["none"])
        assert list(map(int, by_seed)) == list(range(10))
        for found in by_seed.values():
            assert len(found) == 4
            assert all(0 <= value <= 1 for pair in found.values() for value in pair)


@pytest.mark.pipeline
def test_a_stored_row_comes_out_again(new_task):
    """The cheapest one: a head on a trunk that learned nothing, fitted to convergence."""
    data = load_mnist()
    if data.is_offline_default:
        pytest.skip("the stored ones are of MNIST")
    trunk = new_task.pretrain(None, "none", seed=0)
    task = new_task.five_digits(data, 5, new_task.NUM_IMAGES["real"], seed=1)
    new_task.set_seed(0)
    expected = stored(new_task)["results"]["none"]["0"]["real, frozen"]
    # of 1,000 test images; other instructions, other last digits on the way to the minimum
    assert new_task.fit_head(trunk, task) == pytest.approx(expected, abs=0.005)
