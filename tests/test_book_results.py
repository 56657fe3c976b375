"""What answers a prediction lies behind a button until the reader has chosen, in a real browser."""

import pytest
from browser import NARROW, WIDE, axe_violations, open_page, set_theme, small_targets, sticking_out
from test_book_site import SITE

PAGE = SITE / "chapters/convolution.html"  # four boxes, the third before a figure
FIGURE = 2
WITH_LIVE_FIGURE = SITE / "chapters/receptive_fields.html"  # the first box stands before one
NOT_FINDABLE = "delete HTMLElement.prototype.onbeforematch;"  # as in an older browser

pytestmark = pytest.mark.book


def box_of(page, index=0):
    return page.locator(".asks.predict").nth(index)


def output_of(page, index=0):
    return (
        box_of(page, index)
        .locator("xpath=following-sibling::div[contains(@class, 'cell')][1]")
        .locator("> .cell_output")
    )


def shown(output):
    """Return whether a reader sees the output: a box with hidden contents has a place on the page, too."""
    return output.locator("> *").first.evaluate("e => e.checkVisibility()")


def shown_words(words):
    """Return whether a reader sees the text of a paragraph."""
    return words.evaluate("e => { const r = document.createRange(); r.selectNodeContents(e);"
                          " return e.hidden === false && r.getClientRects().length > 0; }")  # fmt: skip


def choose(page, index=0):
    box_of(page, index).locator(".options button").first.click()


def buttons(page):
    return page.locator(".show-result")


def test_a_result_waits_for_the_choice_and_its_code_does_not(opened):
    assert buttons(opened).count() == 4
    assert not shown(output_of(opened))
    assert output_of(opened).locator("xpath=..").locator(".cell_input").is_visible()
    choose(opened)
    assert shown(output_of(opened))
    assert not shown(output_of(opened, 1))
    assert buttons(opened).count() == 3
    assert opened.evaluate("document.activeElement.closest('.asks') !== null")  # where the reader chose


def test_the_words_below_a_result_wait_with_it(opened):
    words = output_of(opened).locator("xpath=../following-sibling::*[1][self::p]")
    assert not shown_words(words)
    assert words.get_attribute("id") in buttons(opened).first.get_attribute("aria-controls").split()
    choose(opened)
    assert shown_words(words)
    opened.locator(".quiz-progress button").click()
    assert not shown_words(words)
    words.dispatch_event("beforematch")
    assert shown_words(words)
    assert shown(output_of(opened))


def test_a_choice_of_an_earlier_visit_leaves_the_result_open_until_it_is_forgotten(opened):
    choose(opened)
    opened.reload()
    assert shown(output_of(opened))
    opened.locator(".quiz-progress button").click()
    assert not shown(output_of(opened))
    assert buttons(opened).count() == 4


def test_the_button_shows_the_result_by_key_and_hands_it_the_focus(opened):
    button = buttons(opened).first
    assert button.get_attribute("aria-expanded") == "false"
    assert button.get_attribute("aria-controls").split()[0] == output_of(opened).get_attribute("id")
    button.focus()
    opened.keyboard.press("Enter")
    assert shown(output_of(opened))
    assert output_of(opened).evaluate("e => e === document.activeElement")
    assert buttons(opened).count() == 3
    assert box_of(opened).locator("[aria-pressed=true]").count() == 0  # nothing was chosen


@pytest.mark.parametrize("script", ["", NOT_FINDABLE], ids=["findable", "older"])
def test_a_link_to_a_hidden_figure_shows_it(browser, script):
    opened = open_page(browser, PAGE)
    page, name = opened.page, output_of(opened.page, FIGURE).locator("figure").get_attribute("id")
    page.add_init_script(script)
    page.reload()
    assert not shown(output_of(page, FIGURE))
    page.evaluate("name => { location.hash = name; }", name)
    page.wait_for_function("name => document.getElementById(name).checkVisibility()", arg=name)
    page.wait_for_function("document.querySelectorAll('.show-result').length === 3")
    page.reload()  # now the address has the hash from the beginning
    page.wait_for_function("document.querySelectorAll('.show-result').length === 3")
    assert shown(output_of(page, FIGURE))
    top = page.locator(f"#{name}").evaluate("e => e.getBoundingClientRect().top")
    assert 0 <= top < 900
    assert opened.problems == []
    page.context.close()


def test_what_the_browser_finds_in_a_hidden_result_is_shown(opened):
    output = output_of(opened)
    assert output.get_attribute("hidden") == "until-found"
    output.dispatch_event("beforematch")
    assert shown(output)
    assert buttons(opened).count() == 3


def test_in_an_older_browser_a_result_is_hidden_and_shown_all_the_same(browser):
    opened = open_page(browser, PAGE)
    opened.page.add_init_script(NOT_FINDABLE)
    opened.page.reload()
    assert not output_of(opened.page).is_visible()
    choose(opened.page)
    assert output_of(opened.page).is_visible()
    opened.page.context.close()


def test_a_live_figure_is_never_hidden(browser):
    opened = open_page(browser, WITH_LIVE_FIGURE)
    assert shown(output_of(opened.page))
    assert output_of(opened.page).locator("script").count()
    assert opened.page.locator(".exercise .show-result, .solution .show-result").count() == 0
    opened.page.context.close()


def test_print_shows_every_result_and_no_button(opened):
    opened.emulate_media(media="print")
    assert shown(output_of(opened))
    assert shown(output_of(opened, FIGURE))
    words = output_of(opened).locator("xpath=../following-sibling::*[1][self::p]")
    assert words.evaluate("e => getComputedStyle(e).contentVisibility") == "visible"
    assert not buttons(opened).first.is_visible()


def test_without_javascript_every_result_stands_open(without_scripts):
    assert buttons(without_scripts).count() == 0
    assert output_of(without_scripts).is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_page_with_hidden_results_is_accessible(opened, theme, width):
    opened.set_viewport_size({"width": width, "height": 900})
    set_theme(opened, theme)
    assert buttons(opened).count() == 4
    assert small_targets(opened) == []
    assert sticking_out(opened) == []
    assert axe_violations(opened) == []
