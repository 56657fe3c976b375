"""The map bench in a browser: what is guessed and erased is what was computed."""

import numpy as np
import pytest
import torch
from browser import THEMES, axe_violations, sticking_out

from course_lib.models import LinearClassifier
from course_lib.widgets import MapBench

pytestmark = pytest.mark.book

NAMES = ("trained", "another seed", "untrained")


def bench():
    torch.manual_seed(0)
    images = torch.zeros(3, 1, 28, 28)
    images[:, :, 5:9, 5:9], images[:, :, 15:20, 12:14] = 1, torch.rand(3, 1, 5, 2) + 0.5
    maps = {name: torch.randn(3, 28, 28) for name in NAMES}
    return MapBench(LinearClassifier(), images, [4, 1, 7], maps)


def test_what_says_nothing_has_the_colour_of_the_page(show):
    torch.manual_seed(0)
    images, maps = torch.eye(28)[None, None], torch.zeros(1, 28, 28)
    maps[0, 0, :2] = torch.tensor([1.0, -1.0])
    page = show(MapBench(LinearClassifier(), images, [4], {name: maps for name in NAMES}), theme="dark")
    painted = page.locator(".map canvas").first.evaluate(
        "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
    )
    colours = np.array(painted).reshape(-1, 4)
    assert np.all(colours[2:, 3] == 0)  # no white box in the dark
    assert np.all(colours[:2, 3] == 255)
    assert colours[0, 2] > colours[0, 0]  # for the class: blue
    assert colours[1, 0] > colours[1, 2]  # against it: red


def said(page):
    return page.locator("p.say").inner_text()


def bright(page):
    """How many pixels of each erased image are not black."""
    return page.locator("canvas[role=img]").evaluate_all("""all => all
        .map(canvas => [...canvas.getContext("2d").getImageData(0, 0, 28, 28).data])
        .map(data => data.filter((value, k) => k % 4 === 0 && value).length)""")


def guess(page, place):
    page.get_by_role("button", name=f"Map {'ABC'[place]}").click()


@pytest.mark.parametrize("right", [True, False])
def test_a_guess_is_told_what_it_was_and_counts_once(show, right):
    figure = bench()
    page = show(figure)
    assert "Which?" in said(page)
    assert page.get_by_role("slider").count() == 0  # nothing is given away before the guess
    assert not any(name in page.locator("figcaption").all_inner_texts() for name in NAMES)
    place = next(p for p, name in enumerate(figure.places[0]) if (name == 0) == right)
    guess(page, place)
    words = "Right" if right else f'that is "{NAMES[figure.places[0][place]]}"'
    assert words in said(page)
    captions = page.locator("figcaption").all_inner_texts()[:3]
    assert captions == [f"{'ABC'[p]}: {NAMES[m]}" for p, m in enumerate(figure.places[0])]
    page.locator("button.map").nth(2 - place).click(force=True)  # too late
    assert f"{int(right)} of 1 guesses right" in said(page)


def test_the_slider_erases_what_was_computed_and_says_the_probabilities(show):
    figure = bench()
    page = show(figure)
    page.get_by_role("combobox").select_option("1")
    guess(page, 0)
    slider = page.get_by_role("slider")
    for step in (0, 3, 10):
        slider.fill(str(step))
        kept = [(erased > 0).sum().item() for erased in figure.erased(1)[:, step]]
        assert bright(page) == kept
        percents = [round(float(value) / 2.55) for value in figure.sureness[1, :, step]]
        shown = [
            int(word.rstrip(".,"))
            for word in said(page).replace(" %", "").split()
            if word.rstrip(".,").isdigit()
        ]
        np.testing.assert_allclose(shown[-3:], percents, atol=1)  # halves may round to either side
        assert f"{10 * step} % of the ink" in said(page)


def test_everything_can_be_reached_and_done_by_keyboard(show):
    page = show(bench())
    page.get_by_role("combobox").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "of 1 guesses right" in said(page)
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    assert "10 % of the ink" in said(page)
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.type") == "range"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1280, 360], ids=["wide", "narrow"])
def test_axe_finds_nothing_and_nothing_sticks_out(show, theme, width):
    page = show(bench(), theme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    assert axe_violations(page) == []
    guess(page, 1)
    assert sticking_out(page) == []
    assert page.locator(".box").evaluate("e => e.scrollWidth - e.clientWidth") == 0
    assert axe_violations(page) == []


def test_without_scripts_the_table_stays(show):
    page = show(bench(), java_script_enabled=False)
    assert page.get_by_text("With JavaScript").count() == 1
    assert page.locator("table:visible").count() == 1


def test_on_a_phone_the_maps_fill_its_width_in_rows_of_three(show):
    page = show(bench())
    page.set_viewport_size({"width": 390, "height": 844})
    boxes = [box.bounding_box() for box in page.locator(".bench canvas").all()]
    below = [box["y"] - boxes[0]["y"] > 20 for box in boxes]  # a map has a frame, the digit has none
    assert below == [False, False, False, True]
    assert min(box["width"] for box in boxes) > 80
    assert sticking_out(page) == []
