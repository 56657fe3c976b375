"""Exercises with gaps, in the built site: filled by mouse, finger or keys, answered by the check itself."""

import json
import re

import pytest
from browser import NARROW, axe_violations, small_targets, sticking_out
from bs4 import BeautifulSoup
from test_book_site import SITE

from sphinx_ext import gaps

PAGE = SITE / "chapters/linear_models.html"
CHAPTERS = sorted((SITE / "chapters").glob("*.html"))
SOURCES = gaps.SCRIPT.parents[2] / "chapters"

pytestmark = pytest.mark.book


def fold(page, number=0):
    place = page.locator("details.gaps").nth(number)
    place.locator("summary").click()
    return place


def said(place):
    return place.locator(".gaps-said").inner_text()


def test_every_chapter_has_an_exercise_that_can_be_solved_on_its_page():
    counts = {path.stem: path.read_text(encoding="utf-8").count('<details class="gaps"') for path in CHAPTERS}
    written = {
        path.stem: len(re.findall(r"^```\{gaps\}", path.read_text(encoding="utf-8"), re.MULTILINE))
        for path in SOURCES.glob("*.md")
    }
    assert counts == written
    assert sum(count > 0 for count in counts.values()) == 19


def test_exactly_one_way_of_filling_is_right_and_every_other_gets_words_of_the_check():
    for path in CHAPTERS:
        page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for place in page.select("details.gaps"):
            data = json.loads(place["data-verdicts"])
            told = [data["said"][number] for number in data["table"]]
            name = place.summary.get_text()
            assert [status for status, *_ in told].count("correct") == 1, name
            assert all(len(message) > 20 for status, message, _ in told if status == "not yet"), name


def test_no_answer_is_given_before_every_gap_is_filled(opened):
    place = fold(opened)
    place.locator(".gaps-check button").click()
    assert said(place) == "Choose a piece for every gap first."
    assert place.locator("select").first.evaluate("list => list === document.activeElement")


def test_the_keyboard_chooses_and_the_check_answers(opened):
    place = fold(opened)
    lists = place.locator("select").all()
    for one, piece in zip(lists, ["num_steps", "+", "2 * (w - 3)"], strict=True):
        one.focus()
        opened.keyboard.type(piece[:2])
        if one.input_value() != piece:
            one.select_option(piece)
    place.locator(".gaps-check button").focus()
    opened.keyboard.press("Enter")
    assert re.search(r"^\u2717\s+Not yet: .*uphill", said(place))
    lists[1].select_option("-")
    assert said(place) == ""  # an answer to other code is none
    opened.keyboard.press("Tab")
    done = opened.locator(".exercise-done input").first
    assert not done.is_checked()
    place.locator(".gaps-check button").click()
    assert re.search(r"^\u2713\s+Correct\. \d checks? passed\. (Next|And now): ", said(place))
    assert done.is_checked()  # counted and kept like any other exercise


def test_the_open_code_can_be_read_and_pressed_on_a_telephone(opened):
    opened.set_viewport_size({"width": NARROW, "height": 800})
    for number in range(opened.locator("details.gaps").count()):
        fold(opened, number)
    assert sticking_out(opened) == []
    assert small_targets(opened) == []
    assert axe_violations(opened) == []


def test_without_scripts_there_are_no_gaps(without_scripts):
    assert without_scripts.locator("details.gaps").count() > 0
    assert not without_scripts.locator("details.gaps:visible").count()
