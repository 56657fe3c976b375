"""Is the gain real? The figure's numbers against counting by hand, and what it refuses."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from course_lib.widgets import GainCheck

RUNS = {
    "one": [0.981, 0.984, 0.983, 0.979, 0.985],
    "two": [0.984, 0.983, 0.986, 0.984, 0.985],
    "three": [0.9800, 0.9905, 0.9790, 0.9810, 0.9880],
}


@pytest.mark.parametrize("num_runs", [1, 2, 3, 5])
@pytest.mark.parametrize("pair", [("one", "two"), ("two", "one"), ("one", "three")])
def test_the_best_of_n_errs_as_often_as_counting_every_choice_says(pair, num_runs):
    low, high = sorted((RUNS[name] for name in pair), key=np.mean)
    choices = [
        (max(a) > max(b)) + (max(a) == max(b)) / 2
        for a in combinations(low, num_runs)
        for b in combinations(high, num_runs)
    ]
    assert GainCheck(RUNS).best_errs(*pair, num_runs) == pytest.approx(np.mean(choices), abs=1e-12)


def test_where_the_means_are_equal_nobody_is_wrong():
    figure = GainCheck({"one": [0.98, 0.99], "two": [0.99, 0.98]})
    assert np.isnan(figure.best_errs("one", "two", 1))


def test_the_gain_is_that_of_a_paired_t_test():
    gain = GainCheck(RUNS).gain("one", "two")
    expected = stats.ttest_rel(RUNS["two"], RUNS["one"])
    assert gain.difference == pytest.approx(np.mean(RUNS["two"]) - np.mean(RUNS["one"]))
    assert gain.p_value == pytest.approx(expected.pvalue)


def test_the_figure_holds_the_quantiles_of_the_t_distribution():
    data = GainCheck(RUNS, "two", "one", seeds=range(5)).data()
    np.testing.assert_allclose(data["t"], stats.t.ppf(0.975, [1, 2, 3, 4]), atol=1e-6)
    assert (data["before"], data["after"]) == (1, 0)
    assert data["runs"][0].tolist() == [98.1, 98.4, 98.3, 97.9, 98.5]


@pytest.mark.parametrize(
    ("runs", "settings", "words"),
    [
        ({"one": [0.9, 0.8]}, {}, "2 to 40 methods"),
        ({"one": [0.9], "two": [0.8]}, {}, "2 to 20 accuracies"),
        ({"one": [0.9, 0.8], "two": [0.8, 0.7, 0.9]}, {}, "same seeds"),
        ({"one": [90, 80], "two": [0.8, 0.7]}, {}, "fractions"),
        ({"one": [0.9, np.nan], "two": [0.8, 0.7]}, {}, "fractions"),
        (RUNS, {"before": "four"}, "'four'"),
        (RUNS, {"seeds": [0, 1]}, "Expected 5 seeds"),
    ],
)
def test_what_cannot_be_compared_is_refused(runs, settings, words):
    with pytest.raises(ValueError, match=words):
        GainCheck(runs, **settings)


def test_more_runs_than_there_are_cannot_be_chosen():
    with pytest.raises(ValueError, match="between 1 and 5"):
        GainCheck(RUNS).best_errs("one", "two", 6)


def test_names_cannot_break_out_of_the_table():
    figure = GainCheck({"<b>": [0.98, 0.99], "<i>": [0.99, 0.97]})
    assert "<b>" not in figure.fallback()
    assert "<i>" not in figure.fallback()
