"""Accuracy against cost: the figure in a browser says what Python computes."""

import pytest
from browser import THEMES, axe_violations, sticking_out

from course_lib.widgets import ArchitectureScatter

pytestmark = pytest.mark.book

RUNS = {"doubling": [0.60, 0.62], "separable, seconds": [0.66, 0.64], "dense head": [0.70, 0.72]}
COSTS = {
    "parameters": {"doubling": 78_042, "separable, seconds": 20_000, "dense head": 268_650},
    "seconds": {"doubling": 1, "separable, seconds": 1.1, "dense head": 0.5},
}


def said(page):
    return page.locator(".say").inner_text()


def position(cost, budget_of):
    order = sorted(COSTS[cost], key=COSTS[cost].get)
    return order.index(budget_of)


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("budget_of", RUNS)
def test_the_figure_names_the_best_that_the_budget_allows(show, cost, budget_of):
    figure = ArchitectureScatter(RUNS, COSTS)
    page = show(figure)
    page.locator("[data-key=cost]").select_option(label=cost)
    page.locator("[data-key=budget]").fill(str(position(cost, budget_of)))
    best, *others = figure.ranking(cost, budget_of)
    assert f"as {budget_of}: {len(others) + 1} of 3 networks. Best is {best} with" in said(page)
    assert (f"then {others[0]} with" in said(page)) if others else ("then" not in said(page))


def test_the_budget_stays_with_its_network_when_the_cost_changes_and_moves_by_keyboard(show):
    page = show(ArchitectureScatter(RUNS, COSTS))
    assert said(page).startswith("At most 78,042 parameters, as doubling: 2 of 3 networks. Best is separable")
    page.locator("[data-key=cost]").select_option(label="seconds")
    assert "as doubling: 2 of 3 networks. Best is dense head with 71.0 %" in said(page)
    page.locator("[data-key=budget]").press("ArrowRight")
    assert "as separable, seconds: 3 of 3 networks" in said(page)
    assert page.locator("[data-key=budget]").get_attribute("aria-valuetext") == "separable, seconds, 1.1"


@pytest.mark.parametrize("theme", THEMES)
def test_the_figure_is_accessible_and_fits_a_telephone(show, theme):
    page = show(ArchitectureScatter(RUNS, COSTS), theme=theme)
    assert axe_violations(page) == []
    page.set_viewport_size({"width": 360, "height": 900})
    assert sticking_out(page) == []
