"""Sweeps: every setting with every seed, in order, on any joblib backend."""

import joblib
import numpy as np
import pytest
import torch
from torch import nn

from course_lib.data import ImageData
from course_lib.experiments import Record, choose_rate, search_rate, sweep
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, train


def product(setting, seed):
    return 100 * setting + seed


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_results_stand_at_their_setting_and_seed(n_jobs):
    with joblib.parallel_config(backend="threading"):
        results = sweep(product, settings=(3, 1, 2), seeds=(7, 5), n_jobs=n_jobs)
    assert list(results) == [3, 1, 2]
    for setting, values in results.items():
        np.testing.assert_array_equal(values, [100 * setting + 7, 100 * setting + 5])


def test_the_number_of_processes_reaches_joblib(monkeypatch):
    seen = []
    parallel = joblib.Parallel
    monkeypatch.setattr(joblib, "Parallel", lambda n_jobs: seen.append(n_jobs) or parallel(1))
    for n_jobs in (1, 3, None):
        sweep(product, (1,), (0,), n_jobs=n_jobs)
    sweep(product, (1,), (0,))
    assert seen == [1, 3, None, 1]


def test_every_pair_is_run_exactly_once():
    calls = []
    sweep(lambda setting, seed: calls.append((setting, seed)) or 0, settings="ab", seeds=(0, 1, 2))
    assert calls == [("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 1), ("b", 2)]


def test_the_readers_own_parallel_configuration_is_used():
    with joblib.parallel_config(backend="threading", n_jobs=2):
        results = sweep(
            lambda *_: joblib.parallel.get_active_backend()[0].nesting_level, (1,), (0, 1), n_jobs=None
        )
    np.testing.assert_array_equal(results[1], [1, 1])  # inside a worker: one level down


def test_generators_are_welcome():
    assert list(sweep(product, settings=(s for s in (1, 2)), seeds=range(2))) == [1, 2]


@pytest.mark.parametrize(("settings", "seeds"), [((), (0,)), ((1,), ())])
def test_a_sweep_over_nothing_is_refused(settings, seeds):
    with pytest.raises(ValueError, match=f"got {len(settings)} and {len(seeds)}"):
        sweep(product, settings, seeds)


def test_a_setting_that_occurs_twice_is_refused_because_one_would_be_lost():
    with pytest.raises(ValueError, match="Every setting must occur once"):
        sweep(product, (1, 2, 1), (0,))


def test_an_error_in_an_experiment_is_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        sweep(lambda setting, seed: setting / seed, (1,), (0,))


# --- choosing a learning rate


@pytest.fixture
def two_blobs():
    """60 images of two pixels in two overlapping classes, 20 to choose by; poisoned test images."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(60) % 2
    images = torch.randn(60, 1, 1, 2, generator=generator) + labels.reshape(-1, 1, 1, 1)
    poison = torch.full((5, 1, 1, 2), torch.nan)
    data = ImageData(images, labels, poison, torch.full((5,), 99), ("a", "b"), "blobs", "here")
    return data.validation_split(20)


def linear():
    return nn.Sequential(nn.Flatten(), nn.Linear(2, 2))


CONFIG = TrainConfig(2, batch_size=10, optimizer="sgd")


def test_the_chosen_rate_is_the_one_with_the_best_mean_on_validation_images(two_blobs):
    choice = choose_rate(linear, two_blobs, CONFIG, rates=(1e-6, 0.1, 1e4), seeds=(100, 101, 102))
    expected = {}
    for rate in (1e-6, 0.1, 1e4):
        expected[rate] = []
        for seed in (100, 101, 102):
            set_seed(seed)
            model = linear()
            config = TrainConfig(2, batch_size=10, optimizer="sgd", learning_rate=rate, seed=seed)
            expected[rate].append(train(model, two_blobs, config).validation_accuracy[-1])
    assert {rate: list(values) for rate, values in choice.accuracies.items()} == expected
    assert choice.rate == 0.1 == max(expected, key=lambda rate: np.mean(expected[rate]))
    assert not choice.at_edge


@pytest.mark.parametrize(("rates", "at_edge"), [((1e-6, 0.1), True), ((0.1, 1e4), True), ((0.1,), True)])
def test_a_rate_at_the_edge_of_what_was_tried_says_so(two_blobs, rates, at_edge):
    assert choose_rate(linear, two_blobs, CONFIG, rates, seeds=(0,)).at_edge == at_edge


def test_the_choice_never_reads_test_images_and_needs_validation_images(two_blobs):
    # the test images are nan, their labels no class: reading them raises, as the next line proves
    choose_rate(linear, two_blobs, CONFIG, rates=(0.1,), seeds=(0,))
    unsplit = ImageData(*(getattr(two_blobs, name) for name in (
        "train_images", "train_labels", "test_images", "test_labels", "class_names", "name", "source"
    )))  # fmt: skip
    with pytest.raises(ValueError, match="nan"):
        train(linear(), unsplit, CONFIG)
    with pytest.raises(ValueError, match="choose on validation images"):
        choose_rate(linear, unsplit, CONFIG, rates=(0.1,), seeds=(0,))


def test_a_record_goes_on_where_the_last_run_ended(tmp_path):
    file, calls = tmp_path / "record.json", []

    def compute():
        calls.append(1)
        return len(calls)

    assert Record(file, images=5).keep(compute, "plain", 2, "seed") == 1
    again = Record(file, images=5)
    assert again.keep(compute, "plain", 2, "seed") == 1
    assert again.keep(compute, "plain", 8, "seed") == 2
    assert Record(file, images=5).values["results"] == {"plain": {"2": {"seed": 1}, "8": {"seed": 2}}}
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]


def test_a_record_without_a_file_computes_once_and_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record, calls = Record(None), []
    for _ in range(2):
        assert record.keep(lambda: calls.append(1) or 5, "plain") == 5
    assert len(calls) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_list_of_numbers_is_one_line_of_the_file_and_texts_stay_as_they_are(tmp_path):
    file = tmp_path / "record.json"
    kept = {"numbers": [1, -2.5e-7, 3.0], "texts": ["[1,  2]", "a"], "rows": [[1, 2], []]}
    Record(file).keep(lambda: kept, "plain")
    assert "[ 1, -2.5e-07, 3.0 ]" in file.read_text(encoding="utf-8")
    assert Record(file).keep(None, "plain") == kept


def test_a_result_of_an_interrupted_computation_is_not_kept(tmp_path):
    file = tmp_path / "record.json"
    record = Record(file)
    with pytest.raises(ZeroDivisionError):
        record.keep(lambda: 1 / 0, "plain")
    assert record.keep(lambda: 3, "plain") == 3


def test_a_record_of_other_settings_is_refused(tmp_path):
    Record(tmp_path / "record.json", rates=(1, 2)).keep(lambda: 0, "plain")
    Record(tmp_path / "record.json", rates=(1, 2))  # a tuple comes back as a list
    with pytest.raises(ValueError, match="this run"):
        Record(tmp_path / "record.json", rates=(1, 3))


@pytest.mark.parametrize(
    ("peak", "found", "tried"),
    [
        pytest.param(0.003, 0.003, 3, id="inside"),
        pytest.param(0.0003, 0.0003, 5, id="below-the-lower-edge"),
        pytest.param(1, 0.1, 5, id="the-grid-ends"),
        pytest.param(0, 0.0001, 5, id="the-grid-begins"),
    ],
)
def test_a_search_goes_on_past_an_edge_as_long_as_that_helps_and_tries_no_rate_twice(peak, found, tried):
    asked = []

    def score(rate):
        asked.append(rate)
        return -abs(rate - peak)

    grid = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
    assert search_rate(score, grid[2:5], grid) == found
    assert len(asked) == len(set(asked)) == tried
