"""Sweeps: every setting with every seed, in order, on any joblib backend."""

import joblib
import numpy as np
import pytest

from course_lib.experiments import sweep


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
