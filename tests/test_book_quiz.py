"""The questions of the built book, in a real browser: by click and by key, remembered, counted, forgotten."""

import json
import re

import nbformat
import pytest
from browser import NARROW, WIDE, axe_violations, open_page, set_theme, sticking_out
from bs4 import BeautifulSoup
from test_book_site import ROOT, SITE

PAGE = SITE / "chapters/receptive_fields.html"
CHAPTERS = sorted(
    path.stem
    for path in (ROOT / "chapters").glob("*.md")
    if "```{question}" in path.read_text(encoding="utf-8") and (SITE / f"chapters/{path.stem}.html").is_file()
)

pytestmark = pytest.mark.book
each_chapter = pytest.mark.parametrize("name", CHAPTERS or ["receptive_fields"])


def soup(name):
    return BeautifulSoup((SITE / f"chapters/{name}.html").read_text(encoding="utf-8"), "html.parser")


def right_of(box):
    return box.locator(".options > li.right > button")


def wrong_of(box):
    return box.locator(".options > li:not(.right) > button").first


@each_chapter
def test_a_chapter_ends_with_three_to_five_questions(name):
    assert 3 <= len(soup(name).select("#quiz .admonition.quiz")) <= 5


@each_chapter
def test_the_right_option_is_not_always_in_the_same_place(name):
    places = {
        [item.get("class") == ["right"] for item in box.select(".options > li")].index(True)
        for box in soup(name).select(".asks:has(.options)")
    }
    assert len(places) > 1


@each_chapter
def test_a_notebook_asks_the_same_questions_with_folded_answers(name):
    cells = nbformat.read(ROOT / f"_build/notebooks/{name}.ipynb", as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    boxes = soup(name).select(".asks")
    folded = re.findall(
        r"^> \*\*(?:Predict first|Question(?: \d of \d)?)\*\*.*?<summary[^>]*>Answer</summary>",
        text,
        re.M | re.S,
    )
    assert len(folded) == len(boxes)
    assert "[x]" not in text
    assert "{question}" not in text


def test_a_click_shows_the_reason_of_that_option_alone(opened):
    box = opened.locator(".asks").first
    assert box.locator(".reasons > li:visible").count() == 0
    assert opened.locator("details.answer").count() == 0
    wrong_of(box).click()
    assert wrong_of(box).get_attribute("aria-pressed") == "true"
    said = box.locator(".reasons > li:visible")
    assert said.count() == 1
    assert said.inner_text().startswith("Not A.")
    right_of(box).click()
    assert wrong_of(box).get_attribute("aria-pressed") == "false"
    assert box.locator(".reasons > li:visible").inner_text().startswith("C is right.")
    assert box.locator("[role=status]").count() == 1


def test_keys_choose_too(opened):
    box = opened.locator(".asks").first
    box.locator("button").first.focus()
    opened.keyboard.press("ArrowDown")
    assert opened.evaluate("document.activeElement.textContent").startswith("B")
    opened.keyboard.press("Enter")
    assert box.locator(".reasons > li:visible").inner_text().startswith("Not B.")
    opened.keyboard.press("c")
    assert box.locator(".reasons > li:visible").inner_text().startswith("C is right.")
    opened.keyboard.press("Control+a")  # the browser's own
    assert box.locator(".reasons > li:visible").inner_text().startswith("C is right.")


def test_answers_are_remembered_counted_and_forgotten(opened):
    foot = opened.locator("nav.bd-links .quiz-progress")
    assert not foot.is_visible()
    for index in (0, 1):
        right_of(opened.locator(".asks").nth(index)).click()
    number = opened.locator(".asks, div.exercise").count()
    count = opened.locator("nav.bd-links .quiz-count")
    assert count.count() == 1
    assert count.inner_text().strip().startswith(f"2 of {number}")
    opened.reload()
    # where the browser takes another process for the page, that hears of what is stored a little later
    opened.locator(".asks").first.locator(".reasons > li:visible").first.wait_for()
    assert opened.locator(".asks").first.locator(".reasons > li:visible").count() == 1
    assert foot.inner_text().startswith("2 of ")
    foot.locator("button").click()
    assert opened.locator(".reasons > li:visible").count() == 0
    assert count.count() == 0
    assert not foot.is_visible()
    assert opened.evaluate("localStorage.getItem('course-answers')") is None


def test_a_prediction_counts_when_it_is_made_and_a_quiz_answer_when_it_is_right(opened):
    count = opened.locator("nav.bd-links .quiz-count")
    wrong_of(opened.locator(".asks.predict").first).click()
    assert count.inner_text().startswith("1 of ")
    last = opened.locator(".asks.quiz:not(:has(form))").last
    wrong_of(last).click()
    assert count.inner_text().startswith("1 of ")
    right_of(last).click()
    assert count.inner_text().startswith("2 of ")
    assert count.locator(".visually-hidden").text_content() == " questions and exercises done"
    wrong_of(last).click()
    assert count.inner_text().startswith("1 of ")


def test_what_was_answered_before_it_was_counted_is_counted_when_its_page_opens(opened):
    right_of(opened.locator(".asks").first).click()
    opened.evaluate("""() => {
        const stored = Object.entries(JSON.parse(localStorage.getItem("course-answers")));
        const old = stored.filter(([name]) => !name.endsWith(" done"));
        localStorage.setItem("course-answers", JSON.stringify(Object.fromEntries(old)));
    }""")
    opened.reload()
    opened.locator("nav.bd-links .quiz-count", has_text="1 of ").wait_for()


@pytest.mark.parametrize("stored", ["nonsense", "[1]", json.dumps({"gone": 7}), "null"])
def test_what_else_lies_in_the_storage_breaks_nothing(opened, stored):
    opened.evaluate("text => localStorage.setItem('course-answers', text)", stored)
    opened.reload()
    right_of(opened.locator(".asks").first).click()
    assert opened.locator("nav.bd-links .quiz-count").count() == 1


def test_without_storage_a_question_still_answers(browser):
    opened = open_page(browser, PAGE)
    opened.page.add_init_script("""
        const store = Storage.prototype.setItem;
        Storage.prototype.setItem = function (key, value) {
            if (key === "course-answers") throw new DOMException("full", "QuotaExceededError");
            store.call(this, key, value);
        };""")
    opened.page.reload()
    box = opened.page.locator(".asks").first
    right_of(box).click()
    assert box.locator(".reasons > li:visible").count() == 1
    assert opened.problems == []
    opened.page.context.close()


def test_a_number_is_judged_and_counts_as_an_answer(opened):
    box = opened.locator(".asks:has(form.number)").first
    assert not box.locator(".reasons > li:visible").count()
    box.get_by_label("Your number").fill("13")
    opened.keyboard.press("Enter")
    assert box.locator("[role=status]").inner_text().startswith("Not 13. ")
    box.get_by_label("Your number").fill("14")
    box.get_by_role("button", name="Check").click()
    assert box.locator("[role=status]").inner_text().startswith("14 is right. ")
    assert opened.locator("nav.bd-links .quiz-count").inner_text().strip().startswith("1 of ")
    opened.locator("nav.bd-links .quiz-progress button").click()
    assert box.locator("input").input_value() == ""


def test_without_javascript_the_answer_unfolds(without_scripts):
    box = without_scripts.locator(".asks").first
    assert box.locator(".options > li").count() == 3
    assert not box.locator(".reasons").is_visible()
    box.locator("summary").click()
    assert box.locator(".reasons").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_an_answered_question_is_accessible(opened, theme, width):
    opened.set_viewport_size({"width": width, "height": 900})
    set_theme(opened, theme)
    wrong_of(opened.locator(".asks").nth(0)).click()
    right_of(opened.locator(".asks").nth(1)).click()
    opened.get_by_label("Your number").first.fill("13")
    opened.keyboard.press("Enter")
    sizes = opened.locator(".asks :is(.options button, form :is(button, input):not([hidden]))").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 24
    assert sticking_out(opened) == []
    assert axe_violations(opened) == []
