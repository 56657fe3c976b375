"""Is the gain real? The figure in a browser: what it says is what Python computes."""

import re

import numpy as np
import pytest
from browser import THEMES, axe_violations, sticking_out

from course_lib import metrics
from course_lib.widgets import GainCheck

pytestmark = pytest.mark.book

RUNS = {
    "plain": [0.981, 0.984, 0.983, 0.979, 0.985],
    "wide": [0.984, 0.983, 0.986, 0.984, 0.985],
    "odd": [0.9800, 0.9905, 0.9790, 0.9810, 0.9880],
}


def said(page):
    """What the figure says, with plain minus signs."""
    return page.locator(".say").inner_text().replace("\u2212", "-")


def numbers(text):
    return [float(value) for value in re.findall(r"[+-]?\d+\.\d+", text)]


def expected(before, after, used, num_runs):
    first, second = (np.array(RUNS[name])[used] for name in (before, after))
    gain = metrics.compare_over_seeds(second, first)
    unpaired = np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / len(used))
    errs = GainCheck({"a": first, "b": second}).best_errs("a", "b", num_runs)
    points = (gain.difference, gain.standard_error, unpaired, gain.low, gain.high)
    return [*(100 * value for value in points), 100 * errs]


@pytest.mark.parametrize("pair", [("plain", "wide"), ("plain", "odd"), ("wide", "odd"), ("odd", "plain")])
def test_the_figure_says_what_python_computes(show, pair):
    page = show(GainCheck(RUNS))
    page.get_by_label("before").select_option(label=pair[0])
    page.get_by_label("after").select_option(label=pair[1])
    assert said(page).startswith(f"{pair[1]} minus {pair[0]}, 5 seeds: ")
    np.testing.assert_allclose(numbers(said(page)), expected(*pair, range(5), 1), atol=6e-2)
    np.testing.assert_allclose(numbers(said(page))[:5], expected(*pair, range(5), 1)[:5], atol=6e-4)
    gain = metrics.compare_over_seeds(RUNS[pair[1]], RUNS[pair[0]])
    assert ("Not resolved" in said(page)) == (gain.low <= 0 <= gain.high)


def test_seeds_can_be_taken_away_down_to_two_by_keyboard(show):
    page = show(GainCheck(RUNS))
    for seed in (1, 3, 4):
        page.get_by_label(f"seed {seed}").press("Space")
    np.testing.assert_allclose(numbers(said(page))[:5], expected("plain", "odd", [0, 2], 1)[:5], atol=6e-4)
    assert page.get_by_label("seed 0").is_disabled()
    assert not page.get_by_label("seed 1").is_disabled()


def test_the_best_of_several_is_shown(show):
    page = show(GainCheck(RUNS))
    slider = page.get_by_label("show the best of")
    for _ in range(2):
        slider.press("ArrowRight")
    assert "the best of 3 runs of each favours the one with the lower mean" in said(page)
    assert numbers(said(page))[-1] == pytest.approx(expected("plain", "odd", range(5), 3)[-1], abs=0.06)


def test_nothing_is_said_of_a_winner_where_there_is_none(show):
    page = show(GainCheck({"one": [0.98, 0.99], "two": [0.99, 0.98]}))
    assert "Not resolved" in said(page)
    assert "lower mean" not in said(page)


@pytest.mark.parametrize("theme", THEMES)
def test_the_figure_is_accessible_and_fits_a_telephone(show, theme):
    page = show(GainCheck(RUNS), theme=theme)
    assert axe_violations(page) == []
    page.set_viewport_size({"width": 360, "height": 900})
    assert sticking_out(page) == []
