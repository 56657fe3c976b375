"""Figures of the built book on a dark page and on a telephone."""

import io

import numpy as np
import pytest
from browser import (
    HEIGHT,
    NARROW,
    axe_violations,
    open_page,
    set_theme,
    settle,
    sticking_out,
    wait_until,
)
from bs4 import BeautifulSoup
from PIL import Image
from test_book_site import SITE

PAGE = SITE / "chapters/laboratory.html"  # plots of lines, pictures, code and every kind of box

pytestmark = pytest.mark.book


@pytest.fixture
def opened(opened):
    """The page with all its figures: those that answer a prediction, too."""
    opened.evaluate("document.querySelectorAll('.show-result').forEach(button => button.click())")
    return opened


def on_a_telephone(page):
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    settle(page)


def look_at(locator):
    """Return a screenshot of an element as brightness (rows, columns), from 0 to 255."""
    locator.scroll_into_view_if_needed()
    locator.evaluate("one => { one.loading = 'eager'; return one.decode(); }")  # figures load lazily
    settle(locator.page)
    return np.asarray(Image.open(io.BytesIO(locator.screenshot())).convert("L")).astype(int)


def test_in_the_dark_a_line_plot_lies_on_the_page_and_its_ink_is_light(opened):
    set_theme(opened, "dark")
    plot = look_at(opened.locator("img.line-plot").first)
    ground = np.median(plot)
    assert ground < 40
    assert np.percentile(plot, 99.5) > ground + 100  # labels and axes
    set_theme(opened, "light")
    plot = look_at(opened.locator("img.line-plot").first)
    assert np.median(plot) > 240
    assert np.percentile(plot, 0.5) < 110


def test_in_the_dark_a_picture_keeps_its_colours(opened):
    picture = opened.locator(".cell_output img:not(.line-plot)").first
    set_theme(opened, "dark")
    assert "invert" not in picture.evaluate("one => getComputedStyle(one).filter")


def test_figures_have_two_dots_for_each_pixel_that_they_take(opened):
    figures = opened.locator(".cell_output img")
    assert figures.count() > 3
    for figure in figures.all():
        look_at(figure)
        natural, meant = figure.evaluate("one => [one.naturalWidth, Number(one.getAttribute('width'))]")
        assert meant == natural // 2


def test_a_wide_figure_can_be_enlarged_on_a_telephone_and_by_keys(opened):
    buttons = opened.locator("button.enlarge:visible")
    assert buttons.count() == 0  # on a laptop there is room
    on_a_telephone(opened)
    assert buttons.count() > 3
    shown = opened.locator("img.line-plot").first.evaluate("one => one.clientWidth")
    buttons.first.focus()
    opened.keyboard.press("Enter")
    box = opened.locator("dialog.enlarged[open]")
    assert box.locator("img").evaluate("one => one.clientWidth") > 1.15 * shown
    assert sticking_out(opened) == []
    assert axe_violations(opened) == []
    opened.keyboard.press("Escape")
    box.wait_for(state="detached")
    opened.locator("img.line-plot").first.click()  # a finger finds the figure before the button
    box.locator("button", has_text="Close").click()
    box.wait_for(state="detached")


def test_an_enlarged_figure_says_that_it_scrolls_and_shows_where_it_goes_on(opened):
    on_a_telephone(opened)
    opened.locator("button.enlarge:visible").first.click()
    box = opened.locator("dialog.enlarged[open]")
    sheet = box.locator(".sheet")
    hint = box.locator(f"#{sheet.get_attribute('aria-describedby')}")
    assert hint.inner_text() == "Wider than the screen: it scrolls sideways."
    shadows = """one => ["::before", "::after"].map(part => getComputedStyle(one, part).content !== "none")"""
    for place, expected in ((0, [False, True]), (20, [True, True]), (10_000, [True, False])):
        sheet.evaluate("(one, left) => one.scrollTo(left, 0)", place)
        assert wait_until(opened, f"wanted => String(({shadows})(document.querySelector('dialog.enlarged')))"
                          " === String(wanted)", expected)  # fmt: skip
    opened.set_viewport_size({"width": 1280, "height": 900})
    hint.wait_for(state="hidden")
    assert box.evaluate(shadows) == [False, False]


def test_pictures_lose_their_paper_on_a_dark_page_and_nothing_on_a_light_one(browser):
    opened = open_page(browser, SITE / "chapters/convolution.html", color_scheme="light")
    picture = opened.page.locator("#fig-convolution-constraints img")
    light = picture.get_attribute("src")
    set_theme(opened.page, "dark")
    assert wait_until(opened.page, "() => document.querySelector('img.dark-paper').src.endsWith('-dark.png')")
    assert picture.get_attribute("src").endswith(light.rpartition("/")[2].replace(".png", "-dark.png"))
    picture.scroll_into_view_if_needed()
    assert wait_until(opened.page, "() => document.querySelector('img.dark-paper').naturalWidth > 0")
    assert picture.evaluate("one => getComputedStyle(one).backgroundColor") == "rgba(0, 0, 0, 0)"
    set_theme(opened.page, "light")
    assert wait_until(opened.page, "() => !document.querySelector('img.dark-paper').src.includes('-dark')")
    assert opened.problems == []
    opened.page.context.close()


@pytest.mark.parametrize(
    ("page", "figure"),
    [
        ("convolution", "fig-convolution-constraints"),
        ("laboratory", "fig-laboratory-trace"),
        ("beyond_classification", "fig-dense-touching"),
    ],
)
def test_these_figures_have_a_form_for_dark_pages(page, figure):
    text = (SITE / f"chapters/{page}.html").read_text(encoding="utf-8")
    image = BeautifulSoup(text, "html.parser").find(id=figure).img
    assert "dark-paper" in image["class"]
    assert (SITE / "_images" / image["src"].rpartition("/")[2].replace(".png", "-dark.png")).is_file()


def test_a_long_line_of_code_scrolls_in_its_own_box(opened):
    on_a_telephone(opened)
    for place in (".cell_input pre", ".cell_output pre"):
        wide = opened.locator(place).evaluate_all(
            "all => all.filter(one => one.scrollWidth > one.clientWidth + 8)"
            ".map(one => getComputedStyle(one).backgroundImage)"
        )
        assert wide
        assert all(image.count("linear-gradient") >= 2 for image in wide)  # the shadow where it goes on
    assert sticking_out(opened) == []


def test_the_head_of_a_telephone_s_page_has_menu_search_and_contents_and_little_else(opened):
    on_a_telephone(opened)
    head = opened.locator(".bd-header-article")
    for name in (".primary-toggle", ".search-button", ".secondary-toggle"):
        assert head.locator(f"{name}:visible").count() == 1, name
    assert head.locator("button:visible, a.btn:visible").count() <= 4
