"""The benchmarks of real images: what is stored is consistent and of the models of today."""

import json
from itertools import pairwise

import numpy as np
import pytest
from benchmark_files import load_benchmark

from course_lib.data import offline_digits
from course_lib.metrics import compare_over_seeds
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


def accuracies(arm):
    return np.array([run["accuracy"] for run in arm["test"].values()])


def test_every_model_beats_the_one_before_it_with_paired_margins_over_three_seeds(photographs):
    arms = results(photographs)["ladder"]["many, twice as long"]
    names = list(photographs.LADDER)
    assert names == ["linear", "MLP", "CNN", "SmallResNet"]
    for lower, upper in pairwise(names):
        step = compare_over_seeds(accuracies(arms[upper]), accuracies(arms[lower]))
        assert step.num_seeds == 3
        assert step.low > 0.02, (upper, step)  # the whole 95 % interval, by Student's t


def test_with_half_the_epochs_the_last_step_is_open_and_the_others_are_not(photographs):
    arms = results(photographs)["ladder"]["many"]
    steps = [
        compare_over_seeds(accuracies(arms[upper]), accuracies(arms[lower]))
        for lower, upper in (("linear", "MLP"), ("MLP", "CNN"), ("CNN", "SmallResNet"))
    ]
    assert min(steps[0].low, steps[1].low) > 0.05
    assert steps[2].low < 0 < steps[2].high


def test_the_network_without_shortcuts_has_as_many_parameters_and_a_rate_of_its_own(photographs):
    arm = results(photographs)["no addition"]
    ours, theirs = num_parameters(photographs.PLAIN()), num_parameters(photographs.LADDER["SmallResNet"]())
    assert arm["parameters"] == ours
    assert 0 <= ours - theirs < 30
    tried = {float(rate): accuracy for rate, accuracy in arm["validation"].items()}
    assert arm["rate"] == max(tried, key=tried.get)
    assert set(photographs.FIRST_RATES) <= set(tried)
    for size in ("many", "many, twice as long"):
        assert list(arm[size]["test"]) == [str(seed) for seed in photographs.SEEDS]


def test_every_change_of_the_photographs_has_every_seed(photographs):
    arms = results(photographs)["augmented"]
    assert list(arms) == list(photographs.CHANGES)
    for arm in arms.values():
        assert list(arm["test"]) == [str(seed) for seed in photographs.SEEDS]


def test_the_stored_digits_have_every_model_change_and_seed_at_the_best_of_its_rates(digits):
    stored = results(digits)
    for name in digits.MODELS:
        tried = {float(rate): accuracy for rate, accuracy in stored["search"][name]["validation"].items()}
        rate = stored["search"][name]["rate"]
        assert rate == max(tried, key=tried.get)
        place = digits.RATES.index(rate)
        assert set(digits.RATES[place - 1 : place + 2]) <= set(tried)  # no edge did best
        for change in digits.CHANGES:
            runs = stored["arms"][name][change]["test"]
            assert list(runs) == [str(seed) for seed in digits.SEEDS]
            assert all(list(run) == ["none", "shift", "turn", "turn 45"] for run in runs.values())


def test_the_digits_that_are_asked_are_the_same_for_every_model(digits):
    data = offline_digits().sample(20)
    first, again = (digits.moved(data, data.train_images) for _ in range(2))
    assert list(first) == ["none", "shift", "turn", "turn 45"]
    for kind, images in first.items():
        assert (images == again[kind]).all()
        assert (kind == "none") == bool((images == data.train_images).all())
