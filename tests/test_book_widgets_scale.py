"""How many machines help? The figure in a browser: what it says is what Python computes."""

import re

import pytest
from browser import THEMES, axe_violations, sticking_out

from course_lib.widgets import ScaleOut

pytestmark = pytest.mark.book


def figure(**changes):
    return ScaleOut(**{"seconds_per_image": 4e-4, "seconds_per_step": 1e-3, "num_bytes": 827_688, **changes})


def said(page):
    return page.locator(".say").inner_text()


def seconds(number, unit):
    return float(number) * {"s": 1, "ms": 1e-3, "\u00b5s": 1e-6}[unit]


@pytest.mark.parametrize(
    "changes",
    [
        {"machines": 1},
        {"machines": 8},
        {"machines": 7, "batch_size": 64, "latency": 1e-6, "bandwidth": 1e11},
        {"machines": 64, "batch_size": 16_384, "latency": 1e-2, "bandwidth": 1e7},
    ],
)
def test_the_figure_says_what_python_computes(show, changes):
    shown = figure(**changes)
    text = said(show(shown))
    step = shown.step(shown.machines)
    found = re.search(
        r"at most (\d+) of (\d+) images each: computing ([\d.]+) (\S+), communicating ([\d.]+) (\S+), "
        r"([\d.]+) times",
        text,
    )
    assert (int(found[1]), int(found[2])) == (step.share, step.batch_size)
    assert seconds(found[3], found[4]) == pytest.approx(step.computing, rel=6e-3)
    assert seconds(found[5], found[6]) == pytest.approx(step.communicating, rel=6e-3, abs=1e-12)
    assert float(found[7]) == pytest.approx(step.speed_up, abs=6e-3)
    speed_ups = [shown.step(machines).speed_up for machines in range(1, 65)]
    best = max(speed_ups)
    if speed_ups.index(best) == 0:
        assert "No number of machines is faster than one" in text
    else:
        assert f"are {speed_ups.index(best) + 1}: {best:.2f} times" in text


@pytest.mark.parametrize("dial", ["machines", "joint batch", "latency", "bandwidth"])
def test_every_dial_is_reached_by_keyboard_and_changes_the_sentence(show, dial):
    page = show(figure())
    before = said(page)
    page.get_by_role("slider", name=dial).press("ArrowRight")
    assert said(page) != before


def test_a_larger_batch_makes_the_same_machines_more_useful(show):
    def speed_up(page):
        return float(re.search(r"([\d.]+) times as fast", said(page))[1])

    page = show(figure(batch_size=64))
    small = speed_up(page)
    page.get_by_role("slider", name="joint batch").press("End")
    assert speed_up(page) > 3 * small


@pytest.mark.parametrize("theme", THEMES)
def test_the_figure_is_accessible_and_fits_a_telephone(show, theme):
    page = show(figure(), theme=theme)
    assert axe_violations(page) == []
    page.set_viewport_size({"width": 360, "height": 900})
    assert sticking_out(page) == []
