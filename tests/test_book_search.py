"""The search box of the built book, driven in Chromium from a plain folder."""

import re

import pytest
from browser import (
    NARROW,
    WIDE,
    axe_violations,
    chromium_page,
    set_theme,
    settle,
    small_targets,
    sticking_out,
    wait_until,
)
from test_book_site import SITE

pytestmark = pytest.mark.book


@pytest.fixture(scope="module")
def browser_page():
    with chromium_page() as page:
        page.problems = []
        found = page.problems
        page.on("console", lambda message: message.type == "error" and found.append(message.text))
        page.on("pageerror", lambda error: found.append(str(error)))
        page.on("request", lambda request: request.url.startswith("http") and found.append(request.url))
        yield page


def results(page, query):
    """Search for a query; return the addresses of the results in their order."""
    page.goto(f"{(SITE / 'search.html').as_uri()}?q={query.replace(' ', '+')}")
    page.locator(".search-status").wait_for()
    links = page.locator(".search-list a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    return [link.removeprefix("./") for link in links]


# The section that answers is the first or the second result.
@pytest.mark.parametrize(
    ("query", "answers"),
    [
        ("padding", r"shapes_and_cost\.html#.*padding"),
        ("receptive field formula", r"receptive_fields\.html#say-it"),
        ("softmax gradient", r"numpy_cnn\.html#softmax"),
        ("im2col", r"fast_numpy\.html#say-it|term-lowering"),
        ("overfitting", "term-overfitting"),
        ("stride", r"shapes_and_cost\.html#.*stride"),
        ("backprop", r"numpy_cnn\.html#|term-backpropagation"),
        ("dropout", r"term-dropout|laboratory\.html#.*drop"),
        ("1x1", r"shapes_and_cost\.html#"),
        ("Colab", r"run_it_yourself\.html#run-in-colab"),
        ("t-SNE", "term-t-SNE|data_and_baselines"),
        ("cross-entropy", "term-cross-entropy|numpy_cnn|linear_models"),
    ],
)
def test_a_search_leads_to_the_section_that_answers(query, answers, browser_page):
    found = results(browser_page, query)
    assert any(re.search(answers, link) for link in found[:2]), found[:6]
    assert browser_page.problems == []


def test_each_result_shows_the_word_that_was_looked_for(browser_page):
    results(browser_page, "padding")
    excerpts = browser_page.locator(".search-excerpt").all_inner_texts()
    assert len(excerpts) == 20
    assert sum("pad" in excerpt.lower() for excerpt in excerpts) >= 19  # a title alone may have been found
    assert browser_page.locator(".search-excerpt mark").first.inner_text().lower().startswith("pad")


def test_the_section_with_the_formula_comes_first_and_names_its_chapter(browser_page):
    first = results(browser_page, "receptive field formula")[0]
    assert first.endswith("receptive_fields.html#say-it")
    title = browser_page.locator(".search-list a").first.inner_text()
    assert title == "Receptive fields: Say it"
    assert "kₗ − 1" in browser_page.locator(".search-excerpt").first.inner_text()


def test_every_result_has_an_excerpt_without_imports_or_markup(browser_page):
    for query in ("backprop", "receptive field formula", "exercises", "Colab"):
        results(browser_page, query)
        for excerpt in browser_page.locator(".search-excerpt").all_inner_texts():
            assert excerpt.strip(), query
            assert not re.search(r"\bimport \w|[\\{}]", excerpt), (query, excerpt)


@pytest.mark.parametrize("query", ["backprop", "convol", "dropout", "kernal"])
def test_every_result_marks_what_was_looked_for(query, browser_page):
    results(browser_page, query)
    items = browser_page.locator(".search-list li").all()
    assert len(items) == 20
    assert [item.inner_text() for item in items if item.locator("mark").count() == 0] == []


def test_where_no_word_stands_in_the_text_its_first_sentence_is_shown(browser_page):
    results(browser_page, "glossary")
    item = browser_page.locator(".search-list li", has=browser_page.locator("a", has_text="Glossary")).first
    assert item.locator("a mark").inner_text() == "Glossary"
    assert item.locator(".search-excerpt").inner_text()


@pytest.mark.parametrize(
    ("query", "term"),
    [
        ("convol", "convolution"),
        ("Convolutions", "convolution"),
        ("recptive field", "receptive-field"),
        ("kernal", "kernel"),
        ("dropuot", "dropout"),
        ("t-SNE", "t-SNE"),
        ("t\u2011SNE", "t-SNE"),
        ("stri", "stride"),
    ],
)
def test_a_definition_comes_first_also_for_a_beginning_and_after_a_slip(query, term, browser_page):
    assert results(browser_page, query)[0] == f"glossary.html#term-{term}"


def test_a_slip_is_told_and_a_short_or_a_strange_word_is_not_bent(browser_page):
    results(browser_page, "recptive field")
    said = browser_page.locator(".search-status").inner_text()
    assert "\u201crecptive\u201d is nowhere in the book; this is for \u201creceptive\u201d" in said
    assert browser_page.locator(".search-list mark").first.inner_text().lower() == "receptive"
    assert results(browser_page, "xbcd") == results(browser_page, "xxkernelxx") == []


def test_the_search_page_answers_while_somebody_types(browser_page):
    browser_page.goto((SITE / "search.html").as_uri())
    browser_page.locator("main form.bd-search input").press_sequentially("strid")
    first = browser_page.locator(".search-list a").first
    assert wait_until(browser_page, "() => document.querySelector('.search-list a')?.innerText === 'stride'")
    browser_page.keyboard.press("ArrowDown")
    assert first.evaluate("node => node === document.activeElement")
    browser_page.keyboard.press("Escape")
    assert browser_page.evaluate("document.activeElement.name") == "q"
    assert browser_page.problems == []


def test_the_search_page_shows_the_best_and_all_on_demand(browser_page):
    assert len(results(browser_page, "kernel")) == 20
    button = browser_page.locator("button.search-all")
    number = int(re.search(r"\d+", button.inner_text()).group())
    browser_page.locator(".search-list a").last.focus()
    browser_page.keyboard.press("ArrowDown")
    browser_page.keyboard.press("Enter")
    links = browser_page.locator(".search-list a")
    assert links.count() == number > 20
    assert links.nth(20).evaluate("node => node === document.activeElement")  # the first new one
    assert button.is_hidden()
    assert len(results(browser_page, "Glorot")) < 20
    assert button.is_hidden()


def test_an_excerpt_is_prose_or_one_line_of_code_set_as_code(browser_page):
    for query in ("kernel", "reshape", "np.pad", "optimiser"):
        browser_page.goto(f"{(SITE / 'search.html').as_uri()}?q={query}&all")
        browser_page.locator(".search-list li").first.wait_for()
        shown = browser_page.locator(".search-excerpt").evaluate_all(
            """all => all.map(p => [p.firstChild.tagName, p.innerText, p.parentNode.firstChild.innerText])"""
        )
        lines = {line for section in sections(browser_page) for line in section["code"].split("\n")}
        code = [text for tag, text, _ in shown if tag == "CODE"]
        assert code, query
        whole = [text.removesuffix(" …") for text in code]
        assert [text for text in whole if not any(line.startswith(text) for line in lines)] == []
        # a title that answers is followed by what its section says
        assert [title for tag, _, title in shown if tag == "CODE" and query in title.lower()] == []


def sections(page):
    """Return the sections of the index that a page has loaded."""
    return page.evaluate("() => window.bookSections")


# The box on every page

BOX, HIT = "#pst-search-dialog input[name=q]", ".search-hit"
ALL = ".search-hit.search-all"  # the last row: what else was found


@pytest.fixture
def box(browser_page):
    """A chapter with its search box open."""
    browser_page.set_viewport_size({"width": WIDE, "height": 900})
    browser_page.goto((SITE / "chapters/convolution.html").as_uri())
    assert not browser_page.evaluate("Boolean(window.bookSections)")  # nobody has asked for anything yet
    browser_page.keyboard.press("Control+k")
    return browser_page.locator(f"{BOX}:focus")


def test_the_box_lists_what_it_finds_and_says_how_much(box, browser_page):
    box.press_sequentially("recptive f")
    browser_page.locator(HIT).first.wait_for()
    assert browser_page.locator(HIT).first.get_attribute("href") == "../glossary.html#term-receptive-field"
    hits = browser_page.locator(HIT).all()
    assert [hit.locator("mark").count() > 0 for hit in hits] == [*[True] * 8, False]
    status = browser_page.locator("#pst-search-dialog [role=status]")
    assert re.search(r"\d+ sections found, the best 8 of them here", status.inner_text())
    assert box.get_attribute("aria-expanded") == "true"
    box.fill("zyzzyva")
    browser_page.locator(HIT).first.wait_for(state="hidden")
    assert "Nothing found" in status.inner_text()
    assert box.get_attribute("aria-expanded") == "false"
    assert browser_page.problems == []


def test_arrow_keys_choose_enter_opens_and_escape_closes(box, browser_page):
    box.fill("kernel")  # at once: after each pause in typing the hits are new, and none is chosen
    browser_page.locator(HIT).first.wait_for()
    for key, chosen in (
        ("ArrowDown", 0),
        ("ArrowDown", 1),
        ("ArrowUp", 0),
        ("ArrowUp", None),
        ("ArrowUp", 8),  # the row that leads to all of them
    ):
        browser_page.keyboard.press(key)
        marks = [hit.get_attribute("aria-selected") for hit in browser_page.locator(HIT).all()]
        assert marks == ["true" if n == chosen else "false" for n in range(9)]
        named = None if chosen is None else f"search-hit-{chosen}"
        assert box.get_attribute("aria-activedescendant") == named
    browser_page.keyboard.press("Escape")
    browser_page.locator("#pst-search-dialog[open]").wait_for(state="detached")
    browser_page.keyboard.press("Control+k")
    box.fill("kernel")  # Escape has cleared the box
    browser_page.locator(HIT).first.wait_for()
    browser_page.keyboard.press("ArrowDown")
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url(lambda url: url.endswith("glossary.html#term-kernel"))


def test_the_last_row_leads_to_all_that_was_found(box, browser_page):
    box.fill("kernel")
    browser_page.locator(ALL).wait_for()
    number = re.search(r"\d+", browser_page.locator("#pst-search-dialog [role=status]").inner_text()).group()
    assert browser_page.locator(ALL).inner_text() == f"Show all {number} sections"
    browser_page.keyboard.press("ArrowUp")  # from the box to the last one
    named = browser_page.locator(f"#{box.get_attribute('aria-activedescendant')}[role=option]")
    assert named.inner_text() == f"Show all {number} sections"
    browser_page.keyboard.press("Enter")
    browser_page.wait_for_url(lambda url: "/search.html?q=kernel" in url)
    browser_page.locator(".search-list a").first.wait_for()
    assert browser_page.locator(".search-list li").count() == int(number)
    assert browser_page.locator(".search-status").inner_text() == f"{number} sections found."
    assert browser_page.problems == []


def test_where_the_box_shows_all_there_is_no_row_for_more(box, browser_page):
    box.fill("kernels made by hand photograph")
    browser_page.locator(HIT).first.wait_for()
    found = browser_page.locator("#pst-search-dialog [role=status]").inner_text()
    assert (browser_page.locator(ALL).count() == 1) == ("the best 8" in found)
    box.fill("Glorot")
    browser_page.locator(ALL).wait_for(state="detached")
    assert 0 < browser_page.locator(HIT).count() <= 8


def test_a_hit_on_the_same_page_closes_the_box(box, browser_page):
    box.press_sequentially("kernels made by hand")
    browser_page.locator(f"{HIT}[href$='convolution.html#use-it-kernels-made-by-hand']").click()
    browser_page.locator("#pst-search-dialog[open]").wait_for(state="detached")
    assert browser_page.url.endswith("#use-it-kernels-made-by-hand")


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_open_box_is_accessible_and_fits(theme, width, box, browser_page):
    browser_page.set_viewport_size({"width": width, "height": 844})
    set_theme(browser_page, theme)
    box.press_sequentially("padd")
    browser_page.locator(HIT).first.wait_for()
    browser_page.keyboard.press("ArrowDown")
    assert sticking_out(browser_page) == []
    assert small_targets(browser_page) == []
    assert axe_violations(browser_page) == []


def test_results_of_one_name_tell_their_chapter(browser_page):
    results(browser_page, "exercises")
    items = browser_page.locator(".search-list li")
    names = [item.inner_text() for item in items.all()]
    assert len(set(names)) == len(names)


def test_a_result_opens_at_its_section(browser_page):
    first = results(browser_page, "padding")[0]
    browser_page.locator(".search-list a").first.click()
    browser_page.wait_for_url(lambda url: url.endswith(first))
    place = first.partition("#")[2]
    top = "place => Math.abs(document.getElementById(place)?.getBoundingClientRect().top) < 200"
    assert wait_until(browser_page, top, place)


def test_the_box_on_any_page_is_reached_and_sent_by_keys(browser_page):
    browser_page.goto((SITE / "glossary.html").as_uri())
    browser_page.keyboard.press("Control+k")
    browser_page.locator("#pst-search-dialog input[name=q]:focus").wait_for()
    browser_page.keyboard.type("stride")
    browser_page.keyboard.press("Enter")
    browser_page.locator(".search-list a").first.wait_for()
    assert browser_page.url.endswith("?q=stride")


def test_the_magnifier_lies_before_the_first_letter(browser_page):
    results(browser_page, "padding")
    icon = browser_page.locator("main form.bd-search i").bounding_box()
    field = browser_page.locator("main form.bd-search input")
    padding = field.evaluate("node => parseFloat(getComputedStyle(node).paddingLeft)")
    assert icon["x"] + icon["width"] < field.bounding_box()["x"] + padding


def test_a_page_that_was_asked_nothing_offers_examples(browser_page):
    browser_page.goto((SITE / "search.html").as_uri())
    examples = browser_page.locator(".search-status a")
    examples.first.wait_for()
    offered = examples.all_inner_texts()
    examples.last.click()
    browser_page.locator(".search-list a").first.wait_for()
    assert browser_page.url.endswith(f"?q={offered[-1]}")


def test_words_that_are_nowhere_are_said_to_be(browser_page):
    assert results(browser_page, "zyzzyva") == []
    assert "Nothing found" in browser_page.locator(".search-status").inner_text()


def test_a_query_is_text_and_no_markup(browser_page):
    results(browser_page, "%3Cimg src=x onerror=alert(1)%3E padding")
    assert browser_page.locator("#search-results img").count() == 0
    assert browser_page.problems == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_focus_has_the_books_own_colour(theme, browser_page):
    results(browser_page, "padding")
    set_theme(browser_page, theme)
    link = browser_page.locator(".search-list a").first.evaluate("node => getComputedStyle(node).color")
    browser_page.locator("main form.bd-search input").focus()
    frame = browser_page.locator("main form.bd-search").evaluate("node => getComputedStyle(node).boxShadow")
    assert frame.startswith(link)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_way_past_the_menu_has_the_books_own_colours(theme, browser_page):
    browser_page.goto((SITE / "glossary.html").as_uri())
    set_theme(browser_page, theme)
    browser_page.locator(".skip-link a").focus()
    settle(browser_page)
    primary, ground, words, paper = browser_page.evaluate("""() => {
        const [style, skip] = [getComputedStyle(document.body), document.querySelector(".skip-link")];
        const probe = document.querySelector(".bd-article a.internal, .bd-links li.current > a");
        return [getComputedStyle(probe).color, getComputedStyle(skip).backgroundColor,
                getComputedStyle(skip.firstElementChild).color, style.backgroundColor];
    }""")
    assert (ground, words) == (primary, paper)
    assert axe_violations(browser_page) == []


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_results_are_accessible_and_fit(theme, width, browser_page):
    results(browser_page, "receptive field")
    browser_page.set_viewport_size({"width": width, "height": 900})
    set_theme(browser_page, theme)
    assert sticking_out(browser_page) == []
    assert axe_violations(browser_page) == []
