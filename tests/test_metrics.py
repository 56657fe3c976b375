"""Intervals and spreads, against SciPy and the standard library."""

import statistics

import numpy as np
import pytest
from scipy import stats

from course_lib import metrics


@pytest.mark.parametrize(
    ("num_correct", "num_samples"), [(0, 7), (1, 7), (5, 10), (97, 100), (9_900, 10_000), (360, 360)]
)
def test_the_interval_is_scipys_wilson_interval(num_correct, num_samples):
    theirs = stats.binomtest(num_correct, num_samples).proportion_ci(0.95, method="wilson")
    ours = metrics.accuracy_interval(num_correct / num_samples, num_samples)
    np.testing.assert_allclose(ours, (theirs.low, theirs.high), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("accuracy", "num_samples"), [(0.5, 100), (0.99, 10_000), (0.1, 30)])
def test_the_half_width_is_the_normal_quantile_times_the_standard_error(accuracy, num_samples):
    standard_error = stats.bernoulli(accuracy).std() / np.sqrt(num_samples)
    expected = stats.norm.ppf(0.975) * standard_error
    assert metrics.wald_half_width(accuracy, num_samples) == pytest.approx(expected, rel=1e-12)


def test_the_interval_covers_the_truth_about_95_times_in_100(rng):
    correct = rng.binomial(360, 0.97, size=4000)
    intervals = [metrics.accuracy_interval(count / 360, 360) for count in correct]
    coverage = np.mean([low <= 0.97 <= high for low, high in intervals])
    assert 0.92 < coverage < 0.98  # discrete counts: the nominal 95 % is met only nearly


def test_mean_and_spread_agree_with_the_standard_library(rng):
    values = rng.normal(size=5).tolist()
    mean, spread = metrics.mean_and_spread(values)
    assert mean == pytest.approx(statistics.mean(values))
    assert spread == pytest.approx(statistics.stdev(values))
    assert type(mean) is type(spread) is float  # NumPy scalars lose their format in glued text


@pytest.mark.parametrize("function", [metrics.accuracy_interval, metrics.wald_half_width])
@pytest.mark.parametrize("accuracy", [-0.01, 1.01, 97.0, float("nan")])
def test_an_accuracy_outside_0_to_1_is_refused(function, accuracy):
    with pytest.raises(ValueError, match=r"fraction in 0\.\.1"):
        function(accuracy, 100)


@pytest.mark.parametrize("function", [metrics.accuracy_interval, metrics.wald_half_width])
def test_an_accuracy_of_no_samples_is_refused(function):
    with pytest.raises(ValueError, match="num_samples must be at least 1, got 0"):
        function(0.5, 0)


@pytest.mark.parametrize("values", [[], [0.97]])
def test_one_result_has_no_spread(values):
    with pytest.raises(ValueError, match="at least 2 results"):
        metrics.mean_and_spread(values)
