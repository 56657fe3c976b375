"""The figure of lowering in a browser: its columns are torch's, and a pixel finds its copies."""

import re

import numpy as np
import pytest
import torch
from browser import axe_violations, play_by_hand, sticking_out
from torch.nn.functional import unfold

from course_lib.widgets import LoweringStepper

pytestmark = pytest.mark.book


def said(page):
    return page.locator(".say").inner_text().replace("\u2212", "-")


def matrix(page):
    """The columns, and below them the outputs."""
    rows = page.locator(".matrix tr").evaluate_all("all => all.map(r => [...r.cells].map(c => c.innerText))")
    return np.array([[float(text.replace("\u2212", "-")) for text in row] for row in rows])


def marked(page, kind):
    """The places of the cells of this kind that are marked, in the order of the page."""
    cells = page.locator(f".on[data-cell^={kind}]").evaluate_all("all => all.map(e => e.dataset.cell)")
    return [tuple(map(int, cell[1:].split(","))) for cell in cells]


def colours(page, kind):
    return page.locator(f".on[data-cell^={kind}]").evaluate_all("all => all.map(e => e.style.background)")


@pytest.mark.parametrize(("size", "kernel_size", "stride"), [(4, 2, 1), (5, 3, 2), (6, 3, 3), (6, 1, 2)])
def test_the_columns_and_the_price_are_those_of_torch(show, size, kernel_size, stride):
    page = show(LoweringStepper())
    for name, value in (("image", size), ("kernel", kernel_size), ("stride", stride)):
        page.get_by_label(name, exact=True).select_option(str(value))
    columns = unfold(torch.arange(size**2.0).view(1, 1, size, size), kernel_size, stride=stride)[0].numpy()
    fields = page.get_by_label("of the row")
    for t in range(kernel_size**2):
        fields.nth(t).fill(str(t - 2))
    row = np.arange(kernel_size**2) - 2
    np.testing.assert_array_equal(matrix(page), [*columns, row @ columns])
    price = page.locator(".price").inner_text()
    assert f"{size**2} pixels become {kernel_size**2}\u00d7{columns.shape[1]} = {columns.size} " in price
    shown = float(re.search(r"([\d.]+) times the memory", price)[1])
    assert shown == pytest.approx(columns.size / size**2, abs=0.051)  # one decimal
    most = np.bincount(columns.astype(int).ravel()).max()
    assert f"copied more than {'once' if most == 1 else f'{most} times'}." in price
    page.get_by_label("count the copies").check()
    counts = [int(text) for text in page.locator("[data-cell^=x]").all_inner_texts()]
    assert counts == [int((columns == pixel).sum()) for pixel in range(size**2)]
    assert page.locator("td.lost").count() == counts.count(0)


def test_a_column_shows_its_window_and_a_pixel_its_copies(show):
    page = show(LoweringStepper(4, 2))
    page.locator("[data-cell='m1,4']").hover()  # the fifth window: row 1, column 1
    assert marked(page, "x") == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert marked(page, "m") == [(t, 4) for t in range(4)]
    assert colours(page, "x") == colours(page, "m")
    assert said(page) == "Window 5 of 9, row times column: 1\u00b75 + 0\u00b76 + 0\u00b79 + 1\u00b710 = 15"
    page.locator("[data-cell='x1,1']").click()
    assert marked(page, "m") == [(0, 4), (1, 3), (2, 1), (3, 0)]
    assert said(page) == "Pixel 5 lies in 4 windows and is copied 4 times."
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    assert said(page) == "Pixel 0 lies in one window and is copied once."
    page.get_by_label("stride", exact=True).select_option("3")
    page.locator("[data-cell='x1,1']").focus()
    page.keyboard.press("ArrowRight")
    assert said(page) == "Pixel 6 lies in no window and is never copied."


def test_a_walk_by_keys_keeps_its_column_in_sight_on_a_phone(show):
    page = show(LoweringStepper(6, 2))
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("[data-cell='m0,0']").focus()
    for _ in range(24):
        page.keyboard.press("ArrowRight")
    assert said(page).startswith("Window 25 of 25,")
    column, frame = page.locator("[data-cell='y24']").bounding_box(), page.locator(".matrix").bounding_box()
    assert frame["x"] <= column["x"] <= frame["x"] + frame["width"] - column["width"]
    assert sticking_out(page) == []
    widths = page.locator(".weights tr, .matrix tr").evaluate_all("all => all.map(r => r.offsetTop)")
    assert widths[:5] == widths[5:]  # a number of the row stands beside what it meets


def test_the_matrix_fills_while_the_window_slides(show):
    page = show(LoweringStepper(4, 3), own_window=True)
    play_by_hand(page)
    page.get_by_role("button", name="reset").click()
    filled = "all => all.filter(e => e.innerText).length"
    assert page.locator("[data-cell^=y]").evaluate_all(filled) == 1
    page.get_by_role("button", name="play").click()
    page.clock.run_for(700)
    assert page.locator("[data-cell^=y]").evaluate_all(filled) == 3
    page.clock.run_for(1400)
    assert page.get_by_role("button", name="play").count() == 1  # it has stopped at the last one
    assert page.locator("[data-cell^=y]").evaluate_all(filled) == 4


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_figure_has_no_violation(show, theme):
    page = show(LoweringStepper(), theme=theme)
    assert axe_violations(page) == []
    page.locator("[data-cell='x2,2']").click()
    assert axe_violations(page) == []
