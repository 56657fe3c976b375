"""The landing page's first screen: what it promises, where to begin, and a figure that answers at once."""

import os
from pathlib import Path

import pytest
from browser import open_page, sticking_out, two_frames

pytestmark = pytest.mark.book

ROOT = Path(os.environ.get("COURSE_BOOK") or Path(__file__).resolve().parents[1])
FIRST_SCREENS = [(1280, 800), (1440, 900), (390, 844)]
FIRST_SEEN = [".bd-article h1", "p.question", ".start-buttons", "canvas.paper", "canvas.seen"]
ANSWERS = ".desk table"  # on a telephone they stand below the paper, where the screen may end


@pytest.fixture(scope="module")
def page(browser):
    opened = open_page(browser, ROOT / "_build/html/index.html")
    yield opened.page
    opened.page.context.close()
    assert opened.problems == []


@pytest.mark.parametrize(("width", "height"), FIRST_SCREENS)
def test_the_first_screen_holds_promise_buttons_paper_and_answers(page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    two_frames(page)
    assert sticking_out(page) == []
    for selector in [*FIRST_SEEN, *([ANSWERS] if width > height else [])]:
        box = page.locator(selector).first.bounding_box()
        assert box["x"] >= 0, selector
        assert box["x"] + box["width"] <= width, selector
        assert 0 <= box["y"] < box["y"] + box["height"] <= height, selector


def test_the_first_digit_is_one_that_only_the_network_reads(page):
    answers = page.locator("tr[data-model]").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('td')].findIndex(td => td.className === 'on'))"
    )
    assert len(set(answers)) == 2


@pytest.mark.parametrize("width", [1280, 1440, 390])
def test_the_cards_of_the_parts_fill_their_rows(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    two_frames(page)
    frame = page.locator(".part-cards").bounding_box()
    boxes = [card.bounding_box() for card in page.locator(".part-card").all()]
    for row in {box["y"] for box in boxes}:
        inside = [box for box in boxes if box["y"] == row]
        assert min(box["x"] for box in inside) == pytest.approx(frame["x"], abs=1)
        ends = [box["x"] + box["width"] for box in inside]
        assert max(ends) == pytest.approx(frame["x"] + frame["width"], abs=1)


def test_the_names_of_the_parts_keep_off_the_border_of_the_menu(page):
    page.set_viewport_size({"width": 1440, "height": 900})
    two_frames(page)
    border = page.locator(".bd-sidebar-primary").bounding_box()
    for name in page.locator(".bd-links .caption-text").all():
        box = name.bounding_box()
        assert box["x"] + box["width"] <= border["x"] + border["width"] - 16


def test_the_first_figure_needs_no_sheet_of_paper_in_the_dark(page):
    assert page.locator("#fig-index-errors img.line-plot").count() == 1


def test_one_fold_stands_before_the_playground(browser):
    opened = open_page(browser, ROOT / "_build/html/playground.html")
    folds = opened.page.locator(".bd-article details:visible")
    assert folds.count() == 1
    opened.page.context.close()
    assert opened.problems == []
