"""The lab of touching digits in a browser: dragged, asked, and compared with what Python computed."""

import re

import numpy as np
import pytest
import torch
from browser import THEMES, axe_violations, sticking_out

from course_lib.models import FlatNet, UNet
from course_lib.widgets import TouchingLab

pytestmark = pytest.mark.book


def lab():
    torch.manual_seed(0)
    pairs = torch.zeros(2, 2, 28, 28)
    pairs[:, 0, 4:24, 6:10] = pairs[:, 0, 20:24, 6:16] = 1
    pairs[0, 1, 5:22, 12:17] = pairs[1, 1, 9:22, 12:20] = 0.8
    return TouchingLab(pairs, {"flat": FlatNet(width=3), "U-Net": UNet(width=2)})


def said(page):
    return page.locator("p.say").inner_text()


def place(page):
    """The row and the column of the pixel that is asked."""
    return tuple(int(number) for number in re.search(r"Row (\d+), column (\d+)", said(page)).groups())


def painted(page, place):
    """The colours of a picture, (32, 48, 3)."""
    data = (
        page.locator("canvas")
        .nth(place)
        .evaluate("c => Array.from(c.getContext('2d').getImageData(0, 0, 48, 32).data)")
    )
    return np.array(data).reshape(32, 48, 4)[..., :3]


PALETTE = np.array([[0, 0, 0], [86, 180, 233], [230, 120, 0], [255, 255, 255]])


def test_every_position_shows_and_says_what_was_computed(show):
    figure = lab()
    page = show(figure)
    slider = page.get_by_role("slider")
    for pair, push in ((0, 6), (0, 0), (1, 18), (1, 9)):
        page.get_by_role("combobox").select_option(str(pair))
        slider.fill(str(push))
        image = figure.images.unflatten(0, (2, 19))[pair, push, 0]
        np.testing.assert_allclose(painted(page, 0)[..., 0], 255 * image, atol=8.6)  # sixteen greys
        for model in range(3):
            expected = PALETTE[figure.answers[pair, push, model].numpy()]
            np.testing.assert_array_equal(painted(page, 2 + model), expected)
            assert f"{figure.names[model]} {figure.overlaps[pair, push, model]:.2f}" in said(page)


def test_the_right_digit_is_dragged_over_the_left_one_and_back(show):
    page = show(lab())
    box = page.locator("canvas.pair").bounding_box()
    column = box["width"] / 48
    x, y = box["x"] + 30 * column, box["y"] + box["height"] / 2
    assert "at the first touch" in said(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 3 * column, y, steps=3)
    assert "3 columns past the first touch" in said(page)
    page.mouse.move(x + 2 * column, y, steps=3)
    assert "2 columns before the touch" in said(page)
    page.mouse.up()
    page.mouse.move(x - 9 * column, y)
    assert "2 columns before the touch" in said(page)
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "2 columns before the touch"


def test_a_pixel_is_asked_and_the_boxes_hold_what_the_sentence_says(show):
    figure = lab()
    page = show(figure)
    before = said(page)
    assert "ink of the" in before  # it starts on a digit
    screen = page.locator("[data-key=model2]")
    frame = screen.bounding_box()
    side = frame["width"] / 48
    page.mouse.move(frame["x"] + 20.5 * side, frame["y"] + 9.5 * side)
    assert "Row 9, column 20," in said(page)
    answers = figure.answers[0, 6, :, 9, 20].tolist()
    for name, answer in zip(figure.names, answers, strict=True):
        assert f"{name} says {('paper', 'left', 'right')[answer]}" in said(page)
    truth = figure.labels.unflatten(0, (2, 19))[0, 6, 4:15, 15:26]  # 11 x 11 around it
    left, right = (((truth == digit) | (truth == -100)).sum().item() for digit in (1, 2))
    words = f"The box of flat, 11\u00d711, holds {left} pixels of the left digit, {right} of the right."
    assert words in said(page)
    sides = [page.locator(".box-of").nth(2).get_attribute(name) for name in ("x", "y", "width", "height")]
    assert sides == ["15", "4", "11", "11"]
    page.mouse.move(2, 2)
    assert said(page) == before  # only looked at, not pressed


def test_everything_can_be_done_by_keyboard(show):
    page = show(lab())
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowRight")
    assert "1 column past the first touch" in said(page)
    page.keyboard.press("Tab")
    row, column = place(page)
    for key in ("ArrowUp", "ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    assert place(page) == (row - 2, column - 1)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1280, 360], ids=["wide", "narrow"])
def test_axe_finds_nothing_and_nothing_sticks_out(show, theme, width):
    page = show(lab(), theme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    assert axe_violations(page) == []
    assert sticking_out(page) == []
    assert page.locator(".box").evaluate("e => e.scrollWidth - e.clientWidth") == 0


def test_without_scripts_the_table_stays(show):
    page = show(lab(), java_script_enabled=False)
    assert page.get_by_text("With JavaScript").count() == 1
    assert page.locator("table:visible").count() == 1
