"""The benchmarks of real images: what is stored is consistent and of the models of today."""

import json

import numpy as np
import pytest
from benchmark_files import load_benchmark

from course_lib.data import offline_digits
from course_lib.models import num_parameters


def loaded(name):
    return load_benchmark(name)


@pytest.fixture(scope="module")
def photographs():
    return loaded("real_images")


@pytest.fixture(scope="module")
def digits():
    return loaded("turned_digits")


def results(benchmark):
    return json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))["results"]


def test_every_rate_is_the_best_of_at_least_three_and_its_neighbours_were_tried(photographs):
    choices = results(photographs)["search"]
    assert list(choices) == list(photographs.LADDER)
    for choice in choices.values():
        tried = {float(rate): accuracy for rate, accuracy in choice["validation"].items()}
        assert set(photographs.FIRST_RATES) <= set(tried)
        assert choice["rate"] == max(tried, key=tried.get)
        place = photographs.RATES.index(choice["rate"])
        assert set(photographs.RATES[place - 1 : place + 2]) <= set(tried)


def test_the_arms_of_the_ladder_are_the_models_of_today(photographs):
    ladder = results(photographs)["ladder"]
    assert set(ladder) <= set(photographs.SIZES)
    assert {"linear", "MLP", "CNN"} <= set(ladder["many"]) <= set(photographs.LADDER)
    for arms in ladder.values():
        for name, arm in arms.items():
            assert arm["parameters"] == num_parameters(photographs.LADDER[name]())


def test_few_images_get_as_many_steps_or_as_many_epochs_as_many(photographs):
    steps = {
        size: config.num_epochs * number // config.batch_size
        for size, (number, config) in photographs.SIZES.items()
    }
    assert steps["few, equal steps"] == steps["many"]
    epochs = {size: config.num_epochs for size, (_, config) in photographs.SIZES.items()}
    assert epochs["few, equal epochs"] == epochs["many"]


def test_accuracies_are_the_share_of_the_bits_and_of_the_answers(photographs):
    stored = results(photographs)
    truth = np.array(list(stored["test labels"]))
    for size, arms in stored["ladder"].items():
        for arm in arms.values():
            assert list(arm["test"]) == [str(seed) for seed in photographs.SEEDS]
            for run in arm["test"].values():
                correct = np.unpackbits(
                    np.frombuffer(bytes.fromhex(run["correct"]), np.uint8), count=len(truth)
                )
                assert correct.mean() == pytest.approx(run["accuracy"], abs=5e-5)
                assert ("answers" in run) == (size == "many")
                if size == "many":
                    np.testing.assert_array_equal(np.array(list(run["answers"])) == truth, correct == 1)


def test_the_digits_that_are_asked_are_the_same_for_every_model(digits):
    data = offline_digits().sample(20)
    first, again = (digits.moved(data, data.train_images) for _ in range(2))
    assert list(first) == ["none", "shift", "turn", "turn 45"]
    for kind, images in first.items():
        assert (images == again[kind]).all()
        assert (kind == "none") == bool((images == data.train_images).all())
