"""Intervals, spreads and comparisons, against SciPy, the standard library and closed forms."""

import statistics
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from course_lib import metrics


@pytest.mark.parametrize(
    ("num_correct", "num_samples"),
    [(0, 1), (1, 1), (0, 7), (1, 7), (5, 10), (97, 100), (9_900, 10_000), (360, 360)],
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
@pytest.mark.parametrize("num_samples", [0, -1, 2.5, True])
def test_an_accuracy_of_no_number_of_samples_is_refused(function, num_samples):
    with pytest.raises(ValueError, match=f"num_samples must be an integer of at least 1, got {num_samples}"):
        function(0.5, num_samples)


def test_a_second_test_set_falls_into_the_interval_only_83_times_in_100(rng):
    first, second = rng.binomial(10_000, 0.8, size=(2, 4000)) / 10_000
    intervals = [metrics.accuracy_interval(accuracy, 10_000) for accuracy in first]
    inside = np.mean([low <= other <= high for (low, high), other in zip(intervals, second, strict=True)])
    # both vary: the difference has sqrt(2) times the deviation; 4,000 pairs know the share to 0.006
    assert abs(inside - (2 * stats.norm.cdf(metrics.Z_95 / np.sqrt(2)) - 1)) < 0.02
    assert abs(inside - 0.83) < 0.02


@pytest.mark.parametrize("values", [[], [0.97]])
def test_one_result_has_no_spread(values):
    with pytest.raises(ValueError, match="at least 2 results"):
        metrics.mean_and_spread(values)


# --- two models on the same images


def answers(only_a, only_b, both, neither):
    """Return the answers of two models, one bool per image, from the four counts."""
    a = [True] * only_a + [False] * only_b + [True] * both + [False] * neither
    b = [False] * only_a + [True] * only_b + [True] * both + [False] * neither
    return np.array(a), np.array(b)


@pytest.mark.parametrize(
    ("only_a", "only_b"), [(0, 1), (1, 0), (3, 3), (4, 3), (10, 1), (31, 12), (12, 31), (0, 20), (900, 350)]
)
def test_the_p_value_over_images_is_scipys_exact_binomial_test(only_a, only_b):
    found = metrics.compare_on_images(*answers(only_a, only_b, both=50, neither=7))
    assert (found.only_a, found.only_b) == (only_a, only_b)
    expected = stats.binomtest(only_a, only_a + only_b).pvalue
    assert found.p_value == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_models_that_answer_alike_do_not_differ():
    found = metrics.compare_on_images(*answers(0, 0, both=5, neither=2))
    assert (found.difference, found.standard_error, found.low, found.high) == (0, 0, 0, 0)
    assert found.p_value == 1


def test_a_difference_beyond_all_doubt_has_a_p_value_of_zero():
    found = metrics.compare_on_images(*answers(2000, 0, both=0, neither=0))
    assert (found.p_value, found.difference, found.low, found.high) == (0, 1, 1, 1)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_interval_over_images_is_that_of_resampled_images(rng, seed):
    a, b = answers(60, 25, both=300, neither=15)
    found = metrics.compare_on_images(a, b, num_resamples=20_000, seed=seed)
    rows = rng.integers(0, 400, (20_000, 400))
    resampled = (a[rows].mean(1) - b[rows].mean(1)).tolist()
    low, high = np.quantile(resampled, (0.025, 0.975))
    assert found.difference == pytest.approx(a.mean() - b.mean())
    # differences come in steps of 1/400; a quantile of 20,000 draws is known to about one of them
    np.testing.assert_allclose((found.low, found.high), (low, high), atol=1.01 / 400)
    assert found.standard_error == pytest.approx(np.std(resampled), rel=0.03)  # 20,000 draws: 0.5 %
    assert found.standard_error == pytest.approx((a.astype(int) - b).std() / np.sqrt(400))


def test_the_bootstrap_follows_its_arguments():
    pair = answers(60, 25, both=300, neither=15)
    few = [metrics.compare_on_images(*pair, num_resamples=100, seed=seed).low for seed in range(5)]
    assert len(set(few)) > 1
    assert metrics.compare_on_images(*pair) == metrics.compare_on_images(*pair, num_resamples=2000, seed=0)


def test_exchanging_the_models_turns_the_sign():
    a, b = answers(60, 25, both=300, neither=15)
    forth, back = metrics.compare_on_images(a, b), metrics.compare_on_images(b, a)
    assert (back.difference, back.p_value) == (-forth.difference, forth.p_value)
    assert back.high < 0 < forth.low
    assert -back.low == pytest.approx(forth.high, abs=2.01 / 400)  # other draws


def test_the_p_value_over_images_is_rarely_small_for_equal_models(rng):
    p_values = [
        metrics.compare_on_images(*(rng.random((2, 500)) < 0.9), num_resamples=100).p_value
        for _ in range(1000)
    ]
    assert np.mean(np.array(p_values) < 0.05) < 0.05  # exact tests are careful; here about 0.035


def test_answers_may_be_lists_or_tensors():
    a, b = answers(6, 2, both=30, neither=5)
    expected = metrics.compare_on_images(a, b)
    assert metrics.compare_on_images(a.tolist(), b.tolist()) == expected
    assert metrics.compare_on_images(torch.from_numpy(a), torch.from_numpy(b)) == expected


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ([True, False], [True], "same images, got 2 and 1"),
        ([True], [True, False], "same images, got 1 and 2"),
        ([], [], r"got shape \(0,\)"),
        ([1, 0], [True, False], "type int64: pass predictions == labels"),
        ([True, False], [0.5, 0.5], "type float64"),
        ([[True], [False]], [True, False], r"got shape \(2, 1\)"),
    ],
)
def test_answers_that_cannot_be_compared_are_refused(a, b, words):
    with pytest.raises(ValueError, match=words):
        metrics.compare_on_images(a, b)


@pytest.mark.parametrize("num_resamples", [99, 0, 1000.0, True])
def test_a_bootstrap_of_too_few_resamples_is_refused(num_resamples):
    with pytest.raises(ValueError, match="num_resamples must be an integer of at least 100"):
        metrics.compare_on_images([True], [True], num_resamples=num_resamples)


# --- two methods over the same seeds


@pytest.mark.parametrize("num_seeds", [2, 3, 10])
@pytest.mark.parametrize("shift", [0.0, 0.01, -0.2])
def test_a_comparison_over_seeds_is_scipys_paired_t_test(rng, num_seeds, shift):
    a, b = rng.normal(0.9 + shift, 0.01, num_seeds), rng.normal(0.9, 0.02, num_seeds)
    found, theirs = metrics.compare_over_seeds(a, b), stats.ttest_rel(a, b)
    interval = theirs.confidence_interval(0.95)
    np.testing.assert_allclose((found.low, found.high), interval, rtol=1e-9)
    assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-9)
    assert found.difference == pytest.approx(a.mean() - b.mean())
    assert found.standard_error == pytest.approx(stats.sem(a - b))
    assert found.num_seeds == num_seeds


@pytest.mark.parametrize(("step", "p_value"), [(0.0, 1.0), (0.25, 0.0)])
def test_a_difference_that_is_the_same_with_every_seed_has_no_spread(step, p_value):
    found = metrics.compare_over_seeds([0.5 + step, 0.25 + step], [0.5, 0.25])
    assert (found.difference, found.standard_error, found.low, found.high) == (step, 0, step, step)
    assert found.p_value == p_value


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ([0.9], [0.8], "at least 2"),
        ([], [], "at least 2"),
        ([0.9, 0.8], [0.9, 0.8, 0.7], r"shapes \(2,\) and \(3,\)"),
        ([[0.9], [0.8]], [[0.9], [0.8]], r"\(2, 1\)"),
        ([0.9, float("nan")], [0.9, 0.8], "finite"),
        ([0.9, 0.8], [0.9, float("inf")], "finite"),
    ],
)
def test_values_that_cannot_be_compared_are_refused(a, b, words):
    with pytest.raises(ValueError, match=words):
        metrics.compare_over_seeds(a, b)


# --- what a comparison says


def test_a_comparison_prints_itself_in_points_with_its_sign():
    found = metrics.ImageComparison(0.012, 0.002, 0.008, 0.016, 0.0049, only_a=31, only_b=12)
    words = "+1.20 points (95 %: +0.80 to +1.60), 31 against 12 images, p = 0.005"
    assert repr(found) == str(found) == words
    found = metrics.SeedComparison(-0.03, 0.01, -0.05, 0.001, 0.0009, num_seeds=5)
    assert str(found) == "-3.00 points (95 %: -5.00 to +0.10), 5 seeds, p < 0.001"
    for p_value in (0.001, 0.0012):  # what is not below the bound is printed
        assert str(replace(found, p_value=p_value)).endswith("p = 0.001")


def test_a_comparison_cannot_be_changed():
    for found in (
        metrics.compare_on_images([True, False], [True, True]),
        metrics.compare_over_seeds([0.9, 0.8], [0.8, 0.9]),
    ):
        with pytest.raises(AttributeError):
            found.p_value = 0.01


def test_a_comparison_holds_plain_numbers(rng):
    for found in (
        metrics.compare_on_images(*answers(60, 25, both=300, neither=15)),
        metrics.compare_over_seeds(rng.normal(size=4), rng.normal(size=4)),
    ):
        assert {type(value) for value in vars(found).values()} == {float, int}


def test_an_interval_stays_between_none_and_all_also_where_its_sum_is_rounded_up():
    for num_samples in range(1, 400):
        assert metrics.accuracy_interval(1.0, num_samples)[1] <= 1
        assert metrics.accuracy_interval(0.0, num_samples)[0] >= 0
