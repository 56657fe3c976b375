"""The built site, page by page: what it says, what it loads, and what Chromium and axe make of it."""

import functools
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import browser
import pytest
from browser import (
    NARROW,
    PHONES,
    WIDE,
    axe_violations,
    chromium_page,
    compressed_size,
    small_targets,
    sticking_out,
    visit,
)
from bs4 import BeautifulSoup

from sphinx_ext.content_policy import with_policy

ROOT = Path(os.environ.get("COURSE_BOOK") or Path(__file__).resolve().parents[1])
SITE = ROOT / "_build" / "html"
PAGES = sorted(
    path.relative_to(SITE).as_posix()
    for path in SITE.rglob("*.html")
    if not {"_static", "_sources"} & set(path.relative_to(SITE).parts)
)
GENERATED = {"genindex.html", "search.html", "py-modindex.html"}
MAX_TEXT_PAGE = 350_000  # bytes, compressed: about two seconds on a slow telephone connection
MAX_FORMULA_PAGE = 700_000
MAX_PLAYGROUND = 1_200_000  # it holds four models
MAX_SEARCH_PAGE = 700_000  # it holds the text of the book: between files a browser fetches no excerpts
HEAVIER = {"playground.html": MAX_PLAYGROUND, "search.html": MAX_SEARCH_PAGE}
MAX_FIGURE = 240_000  # two dots for each pixel; a photograph takes most, about 80 KB is the aim
RESOURCES = ("script[src]", "link[rel~=stylesheet]", "link[rel~=preload]", "link[rel~=icon]",
             "img[src]", "iframe[src]", "source[src]", "video[src]", "audio[src]")  # fmt: skip

pytestmark = pytest.mark.book
each_page = pytest.mark.parametrize("name", PAGES or ["index.html"])


@functools.cache
def soup(name):
    """Return the parsed page."""
    path = SITE / name
    if not path.is_file():
        pytest.fail(
            f"There is no page {path}: build the book first (make book), or set COURSE_BOOK to its folder."
        )
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@pytest.fixture(scope="module")
def browser_page():
    """One page of one browser for all tests: starting a browser takes longer than a visit."""
    with chromium_page() as page:
        yield page


@pytest.fixture(scope="module")
def visits(browser_page):
    """A function that visits a page once and remembers what it met."""
    return functools.cache(lambda name: visit(browser_page, SITE / name))


def test_the_book_is_built():
    assert "index.html" in PAGES, f"there is no book in {SITE}: run `make book`"
    assert [name for name in PAGES if name.startswith("chapters/")]


# What a page says ------------------------------------------------------------------------------


@each_page
def test_the_head_names_and_describes_the_page(name):
    page = soup(name)
    assert page.html["lang"] == "en"
    assert len(page.title.get_text(strip=True)) > 5
    descriptions = page.find_all("meta", attrs={"name": "description"})
    assert len(descriptions) == 1
    assert 20 <= len(descriptions[0]["content"]) <= 200
    assert "\\" not in descriptions[0]["content"], "a description holds no LaTeX"
    if name not in GENERATED:
        properties = {tag["property"]: tag["content"] for tag in page.find_all("meta", property=True)}
        assert {"og:title", "og:type", "og:site_name", "og:description"} <= set(properties)
        assert properties.get("og:url", "https://").startswith("https://")


def test_no_two_pages_have_the_same_description():
    texts = {name: soup(name).find("meta", attrs={"name": "description"})["content"] for name in PAGES}
    assert len(set(texts.values())) == len(texts), texts


@each_page
def test_every_picture_is_described(name):
    for image in soup(name).find_all("img"):
        alt = image.get("alt")
        assert alt is not None, f"no alt text: {image}"
        if image.find_parent("article") and name not in GENERATED:
            assert len(re.findall(r"\w+", alt)) >= 3, f"not a sentence: {alt!r}"
            assert not re.search(r"\.(png|svg|jpe?g)$", alt), f"a file name: {alt!r}"


@each_page
def test_figures_are_lazy(name):
    figures = [image for image in soup(name).find_all("img") if "_images/" in image["src"]]
    assert all(image.get("loading") == "lazy" for image in figures)


@each_page
def test_ids_are_unique(name):
    ids = [tag["id"] for tag in soup(name).find_all(id=True)]
    assert sorted(ids) == sorted(set(ids))


@each_page
def test_no_markup_is_left_unread(name):
    """A directive or a role that nobody read would show as it was typed."""
    article = soup(name).find("article")
    for code in article.find_all(["pre", "code", "script"]) if article else []:
        code.extract()
    text = article.get_text() if article else ""
    soup.cache_clear()  # the code was taken out of the parsed page
    assert not re.findall(r"\{[a-z:-]+\}`|^:{3,}|^`{3,}|\[\]\(|%%", text, re.MULTILINE)


# What a page needs -----------------------------------------------------------------------------


@each_page
def test_every_resource_lies_in_the_site(name):
    page = soup(name)
    for selector in RESOURCES:
        for tag in page.select(selector):
            address = urlsplit(tag.get("src") or tag.get("href"))
            assert not address.scheme or address.scheme == "data", f"a foreign resource: {tag}"
            assert not address.netloc, f"a foreign resource: {tag}"
            if not address.scheme:
                assert target(name, address.path).is_file(), f"no such file: {tag}"
    inline = " ".join(script.get_text() for script in page.find_all("script"))
    assert not re.search(r"unpkg\.com|jsdelivr|cdnjs|googleapis|require\.config", inline)


@each_page
def test_internal_links_lead_somewhere(name):
    for link in soup(name).select("a[href]"):
        address = urlsplit(link["href"])
        if address.scheme or address.netloc:
            continue
        path = target(name, address.path)
        assert path.exists(), f"{link['href']!r} leads to no file"
        if address.fragment and path.suffix == ".html":
            assert unquote(address.fragment) in ids_of(path), (
                f"{link['href']!r} leads to no place on its page"
            )


def target(name, path):
    """Return the file to which a relative address on a page leads."""
    return (SITE / name).parent.joinpath(unquote(path)).resolve() if path else SITE / name


@functools.cache
def ids_of(path):
    return set(re.findall(r'\b(?:id|name)="([^"]*)"', path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted((SITE / "_images").glob("*.*")), ids=lambda path: path.name[:12])
def test_a_figure_is_light(path):
    assert path.stat().st_size <= MAX_FIGURE


# What the browser meets ------------------------------------------------------------------------


@each_page
def test_the_page_opens_from_a_plain_folder_without_an_error(name, visits):
    assert visits(name).errors == []


@each_page
def test_no_request_leaves_the_folder(name, visits):
    assert visits(name).foreign_requests == []
    assert len(visits(name).requests) > 5  # the listener heard something


@each_page
def test_the_page_is_light(name, visits):
    loaded = visits(name)
    has_formulas = any("/mathjax/" in url for url in loaded.requests)
    assert has_formulas == bool(soup(name).select("article .math"))
    most = MAX_FORMULA_PAGE if has_formulas else MAX_TEXT_PAGE
    assert loaded.weight <= HEAVIER.get(name, most)


@each_page
@pytest.mark.parametrize("width", [WIDE, NARROW, *PHONES])
def test_nothing_sticks_out(name, width, visits):
    assert visits(name).overflow[width] == []


@each_page
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_control_can_be_hit_with_a_finger(name, width, visits):
    assert visits(name).small[width] == []


@each_page
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(name, theme, width, visits):
    assert visits(name).violations[theme, width] == []


# Each of these checks can fail -----------------------------------------------------------------

FAULTY = """<!doctype html><html lang="en"><head><title>Faulty</title>
<script src="https://example.invalid/a.js"></script><script>console.error("planted"); nowhere();</script>
<style>html[data-theme=dark] p { color: #888; background: #999 }</style></head>
<body><main><h1>Faulty</h1><p>Words.</p><img src="missing.png"><div style="width: 700px">wide</div>
</main></body></html>"""


@pytest.fixture(scope="module")
def faulty(tmp_path_factory, browser_page):
    path = tmp_path_factory.mktemp("faulty") / "faulty.html"
    path.write_text(FAULTY)
    return visit(browser_page, path)


def test_planted_faults_are_seen(faulty):
    errors = " ".join(faulty.errors)
    assert "planted" in errors
    assert "nowhere is not defined" in errors
    assert "missing.png" in errors
    assert faulty.foreign_requests == ["https://example.invalid/a.js"]
    assert faulty.overflow[WIDE] == []
    assert "700px" in faulty.overflow[NARROW][-1]
    assert any(fault.startswith("image-alt") for fault in faulty.violations["light", WIDE])
    contrast = {theme: any("color-contrast" in fault for fault in faulty.violations[theme, WIDE])
                for theme in ("light", "dark")}  # fmt: skip
    assert contrast == {"light": False, "dark": True}


def test_weight_counts_what_was_loaded_compressed(faulty):
    assert faulty.weight == compressed_size(faulty.path)


def test_what_a_finger_misses_is_seen(browser_page):
    browser_page.set_viewport_size({"width": WIDE, "height": 900})
    browser_page.goto("about:blank")  # content that is set keeps the policy of the page before
    browser_page.set_content("""
        <style>body { line-height: 17px } button { font-size: 12px; padding: 0 } input { margin: 0 }</style>
        <p>A link <a href="#">within</a> a sentence.</p> <p style="margin: 40px"><a href="#">alone</a></p>
        <a href="#">crowded</a><br><a href="#">crowd</a> <p><button style="width: 90px">low</button></p>
        <label style="padding: 8px"><input type="checkbox">large with its label</label>
        <div id="figure"></div><script>
        figure.attachShadow({ mode: "open" }).innerHTML = "<button style='height: 20px'>inside</button>";
        </script>""")
    missed = " ".join(small_targets(browser_page))
    assert [word in missed for word in ("crowded", "crowd<", "low", "inside")] == [True] * 4
    assert len(small_targets(browser_page)) == 4


def test_a_wide_box_sticks_out(browser_page):
    browser_page.set_content("<p style='width: 300px'>a</p>")
    assert sticking_out(browser_page) == []
    browser_page.set_content("<p style='width: 3000px'>a</p>")
    assert len(sticking_out(browser_page)) == 1


LONG_LINE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Code</title></head>
<body><main><h1>Code</h1>
<pre style="overflow: auto">{words}</pre></main><script>{script}</script></body></html>"""


@pytest.mark.parametrize("reachable", [True, False], ids=["late", "never"])
def test_a_box_out_of_the_keyboards_reach_is_waited_for_and_then_reported(
    reachable, browser_page, monkeypatch
):
    monkeypatch.setattr(browser, "CATCH_UP_MS", 5_000 if reachable else 100)
    late = "setTimeout(() => { document.querySelector('pre').tabIndex = 0; }, 900);" if reachable else ""
    browser_page.goto("about:blank")
    browser_page.set_content(with_policy(LONG_LINE.format(words="long " * 200, script=late)))
    found = axe_violations(browser_page)
    expected = [] if reachable else ["scrollable-region-focusable"]
    assert [fault.partition(":")[0] for fault in found] == expected
