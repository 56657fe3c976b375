"""Accuracy against cost: the figure in a browser says what Python computes."""

import pytest
from browser import NARROW, THEMES, axe_violations, sticking_out, two_frames

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


def entry(page, name):
    """The line of a network in the list below the picture."""
    return page.get_by_role("button", name=name)


def seen(page):
    """What is shown as looked at: a dot with its way to the axes, a label, a line of the list."""
    return page.locator("g.seen, text.seen, button.seen").evaluate_all(
        "all => all.map(element => [element.localName, +element.dataset.n])"
    )


def test_the_list_has_the_most_accurate_first_and_brackets_what_the_budget_does_not_allow(show):
    page = show(ArchitectureScatter(RUNS, COSTS))
    assert page.locator("li .name").all_inner_texts() == ["(dense head)", "separable, seconds", "doubling"]
    assert page.locator("li .price").all_inner_texts() == ["269k", "20k", "78k"]
    page.locator("[data-key=cost]").select_option(label="seconds")
    assert page.locator("li .name").all_inner_texts() == ["dense head", "(separable, seconds)", "doubling"]


def test_the_pointer_on_a_dot_and_the_focus_in_the_list_show_the_same_network(show):
    page = show(ArchitectureScatter(RUNS, COSTS))
    assert seen(page) == []
    network = list(RUNS).index("dense head")
    page.locator(f"g[data-n='{network}'] .dot").hover()
    pointed_at = seen(page)
    assert sorted(pointed_at) == [["button", network], ["g", network], ["text", network]]
    page.mouse.move(0, 0)
    assert seen(page) == []
    entry(page, "dense head").focus()
    assert seen(page) == pointed_at


@pytest.mark.parametrize("press", ["a dot", "a line of the list"])
def test_a_network_that_is_pressed_becomes_the_budget(show, press):
    page = show(ArchitectureScatter(RUNS, COSTS))
    if press == "a dot":
        page.locator(f"g[data-n='{list(RUNS).index('dense head')}'] .dot").click()
    else:
        entry(page, "dense head").press("Enter")
    assert "as dense head: 3 of 3 networks" in said(page)
    assert entry(page, "dense head").get_attribute("aria-pressed") == "true"
    assert entry(page, "doubling").get_attribute("aria-pressed") == "false"


def test_names_stand_in_the_picture_where_there_is_room_and_numbers_on_a_telephone(show):
    page = show(ArchitectureScatter(RUNS, COSTS))
    labels = page.locator("text[data-n]")
    assert sorted(labels.all_text_contents()) == ["(dense head)", "doubling", "separable, seconds"]
    page.set_viewport_size({"width": NARROW, "height": 900})
    two_frames(page)
    assert sorted(labels.all_text_contents()) == ["1", "2", "3"]
    assert page.locator("li .number").all_inner_texts() == ["1", "2", "3"]


@pytest.mark.parametrize("theme", THEMES)
def test_the_figure_is_accessible_and_fits_a_telephone(show, theme):
    page = show(ArchitectureScatter(RUNS, COSTS), theme=theme)
    assert axe_violations(page) == []
    page.set_viewport_size({"width": 360, "height": 900})
    assert sticking_out(page) == []
