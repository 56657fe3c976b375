"""Accuracy against cost: the ranking under a budget, and what the figure refuses."""

import numpy as np
import pytest

from course_lib.widgets import ArchitectureScatter

RUNS = {"small": [0.60, 0.62], "wide": [0.66, 0.64], "deep": [0.70, 0.72]}
COSTS = {
    "weights": {"small": 10, "wide": 50, "deep": 50},
    "seconds": {"small": 1.5, "wide": 0.5, "deep": 4.0},
}


@pytest.mark.parametrize(
    ("cost", "budget_of", "expected"),
    [
        ("weights", "small", ["small"]),
        ("weights", "wide", ["deep", "wide", "small"]),
        ("seconds", "small", ["wide", "small"]),
        ("seconds", "wide", ["wide"]),
        ("seconds", "deep", ["deep", "wide", "small"]),
    ],
)
def test_only_what_the_budget_allows_is_ranked_and_the_best_comes_first(cost, budget_of, expected):
    assert ArchitectureScatter(RUNS, COSTS).ranking(cost, budget_of) == expected


def test_the_figure_holds_means_and_their_standard_errors():
    data = ArchitectureScatter(RUNS, COSTS, budget_of="deep").data()
    np.testing.assert_allclose(data["mean"], [61, 65, 71])
    np.testing.assert_allclose(data["error"], [1, 1, 1])  # half of the difference of two
    assert data["start"] == 2
    assert data["costs"][1] == {"name": "seconds", "values": [1.5, 0.5, 4]}


def test_one_run_has_no_error():
    assert ArchitectureScatter({"a": [0.5], "b": [0.6]}, {"w": {"a": 1, "b": 2}}).data()["error"].max() == 0


@pytest.mark.parametrize(
    ("runs", "costs", "settings", "words"),
    [
        ({"one": [0.5]}, {"w": {"one": 1}}, {}, "2 to 16 networks"),
        (RUNS, {}, {}, "at least one cost"),
        (RUNS, {"weights": {"small": 1, "wide": 2}}, {}, "weights of 'deep' must be a positive number"),
        (RUNS, {"weights": {"small": 1, "wide": 2, "deep": 0}}, {}, "positive number, got 0"),
        (RUNS | {"deep": [71, 72]}, COSTS, {}, "deep: accuracies are fractions"),
        (RUNS | {"deep": []}, COSTS, {}, "deep: accuracies are fractions"),
        (RUNS, COSTS, {"budget_of": "tall"}, "'tall'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(runs, costs, settings, words):
    with pytest.raises(ValueError, match=words):
        ArchitectureScatter(runs, costs, **settings)


def test_names_cannot_break_out_of_the_table():
    figure = ArchitectureScatter({"<b>": [0.5], "<i>": [0.6]}, {"<u>": {"<b>": 1, "<i>": 2}})
    assert not any(tag in figure.fallback() for tag in ("<b>", "<i>", "<u>"))
