"""Verdicts: right on paper, and rarely wrong on claims that are true by construction."""

import numpy as np
import pytest
from scipy import stats

from course_lib import claims
from course_lib.claims import judge, under_condition
from course_lib.metrics import compare_on_images, compare_over_seeds


@pytest.mark.parametrize(
    ("arguments", "verdict"),
    [
        pytest.param((3, 1, 1), "holds", id="the-interval-lies-above"),
        pytest.param((-1, 1, 1), "false", id="the-interval-lies-below"),
        pytest.param((1.5, 1, 1), "open", id="the-margin-lies-inside"),
        pytest.param((2.95, 1, 1), "open", id="just-inside"),
        pytest.param((10, 0, 10), "holds", id="exact-and-reached"),
        pytest.param((10, 0, 10.5), "false", id="exact-and-missed"),
        pytest.param((-1.5, 0.5, -3), "holds", id="a-loss-within-a-margin"),
        pytest.param((3, 1, 0, 3), "open", id="three-runs-settle-less"),
        pytest.param((3, 1, 0, 30), "holds", id="thirty-runs-settle-more"),
    ],
)
def test_verdict_is_where_the_interval_lies(arguments, verdict):
    assert judge(*arguments) == verdict


def test_with_few_runs_the_interval_is_the_paired_t_tests(rng):
    for num_runs in (2, 3, 10):
        gains = rng.normal(0.01, 0.01, num_runs)
        comparison = compare_over_seeds(gains, np.zeros(num_runs))
        low, high = stats.ttest_1samp(gains, 0).confidence_interval()
        for margin, verdict in ((low - 1e-9, "holds"), (low + 1e-9, "open"), (high + 1e-9, "false")):
            assert claims.judge_comparison(comparison, margin) == verdict


def test_a_true_claim_is_called_false_and_a_null_effect_a_gain_once_in_forty(rng):
    def share(effect, margin, verdict):
        gains = rng.normal(effect, 1, (4000, 5))
        errors = gains.std(axis=1, ddof=1) / 5**0.5
        found = [
            judge(m, e, margin, 5) for m, e in zip(gains.mean(axis=1).tolist(), errors.tolist(), strict=True)
        ]
        return found.count(verdict) / len(found)

    # four standard errors of a share of .025 in 4,000 tries
    assert abs(share(0, 0, "holds") - 0.025) < 0.01
    assert abs(share(1, 1, "false") - 0.025) < 0.01
    assert share(4, 1, "holds") > 0.9


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((float("nan"), 1), "effect must be a finite number"),
        ((1, -1), "must not be negative"),
        ((1, 1, "0"), "margin must be a finite number"),
        ((1, 1, 0, 1), "num_runs"),
    ],
)
def test_numbers_that_settle_nothing_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        judge(*arguments)


@pytest.mark.parametrize(
    ("inside", "outside", "verdict"),
    [
        ("holds", "holds", "holds"),
        ("holds", "false", "holds with a condition"),
        ("false", "false", "false"),
        ("holds", "open", "open"),
        ("false", "holds", "open"),  # the condition is the wrong way round
        ("open", "false", "open"),
    ],
)
def test_a_condition_needs_both_sides(inside, outside, verdict):
    assert under_condition(inside, outside) == verdict


def test_an_unknown_verdict_is_refused():
    with pytest.raises(ValueError, match="got 'true'"):
        under_condition("holds", "true")


def test_points_have_a_sign_an_error_and_a_minus():
    a, b = np.array([True] * 8 + [False] * 2), np.array([True] * 10)
    assert claims.in_points(compare_on_images(a, b)) == "−20.0 ± 12.6 points"
    assert claims.in_points(compare_on_images(b, a), 0) == "+20 ± 13 points"


def test_a_record_keeps_value_control_and_verdict(monkeypatch):
    kept = {}
    monkeypatch.setattr("myst_nb.glue", lambda name, text, display: kept.update({name: (text, display)}))
    claims.record("tall", "3 m", "2 m", "holds")
    assert kept == {
        "claim-tall": ("3 m", False),
        "claim-tall-control": ("2 m", False),
        "claim-tall-verdict": ("holds", False),
    }


@pytest.mark.parametrize(
    ("value", "control", "verdict", "words"),
    [
        (3, "2", "holds", "as printed"),
        ("3", "", "holds", "as printed"),
        ("3", "2", True, "a verdict is one of"),
    ],
)
def test_a_record_without_a_control_or_a_verdict_is_refused(value, control, verdict, words):
    with pytest.raises(ValueError, match=words):
        claims.record("tall", value, control, verdict)
