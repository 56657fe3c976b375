"""Exercises can be ticked: remembered with the answers, counted, shown in the list of all, forgotten."""

import pytest
from browser import NARROW, WIDE, axe_violations, set_theme, small_targets, sticking_out
from test_book_site import SITE

PAGE = SITE / "chapters/convolution.html"
LIST = SITE / "exercises.html"

pytestmark = pytest.mark.book


def ticks(page):
    return page.locator(".exercise .exercise-ways input[type=checkbox]")


def foot(page):
    return page.locator("nav.bd-links .quiz-progress")


def test_each_exercise_has_a_box_that_names_it(opened):
    assert ticks(opened).count() == opened.locator("div.exercise").count() > 2
    names = [label.text_content() for label in opened.locator(".exercise-done").all()]
    assert all(name.startswith("Done: ") for name in names)
    assert len(set(names)) == len(names)


def test_a_tick_is_remembered_counted_and_taken_back(opened):
    assert not foot(opened).is_visible()
    ticks(opened).nth(1).focus()
    opened.keyboard.press("Space")
    opened.reload()
    assert [tick.is_checked() for tick in ticks(opened).all()][:3] == [False, True, False]
    assert foot(opened).inner_text().split("\n")[0].endswith("questions answered, 1 exercise done")
    number = opened.locator(".asks, div.exercise").count()
    assert opened.locator(".quiz-count").inner_text().startswith(f"1 of {number}")
    ticks(opened).nth(1).uncheck()
    assert not foot(opened).is_visible()
    assert opened.evaluate("localStorage.getItem('course-answers')") is None


def test_the_button_that_forgets_answers_forgets_ticks(opened):
    ticks(opened).nth(0).check()
    opened.locator(".asks .options button").first.click()
    foot(opened).locator("button").click()
    assert not any(tick.is_checked() for tick in ticks(opened).all())
    assert not foot(opened).is_visible()
    assert opened.evaluate("localStorage.getItem('course-answers')") is None


def test_the_list_of_all_exercises_shows_what_is_done(opened):
    name = opened.locator("div.exercise").nth(1).get_attribute("id")
    ticks(opened).nth(1).check()
    stored = opened.evaluate("localStorage.getItem('course-answers')")
    opened.goto(LIST.resolve().as_uri())
    # the browser may open another page in another process, which hears of what is stored a little later
    opened.evaluate("text => localStorage.setItem('course-answers', text)", stored)
    opened.reload()
    marks = opened.locator(".exercise-tick:visible")
    assert marks.count() == 1
    assert marks.locator("xpath=..").locator("a").get_attribute("href").endswith(f"#{name}")
    assert marks.inner_text().strip() == "done"  # for those who cannot see the mark
    assert axe_violations(opened) == []
    foot(opened).locator("button").click()
    assert marks.count() == 0


def test_without_javascript_there_is_nothing_to_tick(without_scripts):
    assert ticks(without_scripts).count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_page_with_ticks_is_accessible(opened, theme, width):
    opened.set_viewport_size({"width": width, "height": 900})
    set_theme(opened, theme)
    ticks(opened).first.check()
    assert small_targets(opened) == []
    assert sticking_out(opened) == []
    assert axe_violations(opened) == []
