"""Lines stay whole around formulas, before "%" and in sizes; code stays as it is."""

from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx_project import build

from sphinx_ext import line_breaks

PAGE = """# Title with 5 % in it

Of the probability ($a$), a class $k$, or the $n$-th one, $b$ is 98 % of 28 x 28 pixels, **98** % of them.
`98 % of 28 x 28` is code.

Kernels (`o`, `i`, $k$, $k$), 97.4 ± 0.1 of them.
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    settings = {"myst_enable_extensions": ["dollarmath"], "root_doc": "page", "nb_execution_mode": "off"}
    extensions = ["myst_nb", "sphinx.ext.mathjax", "sphinx_ext.line_breaks"]
    site, warnings = build(tmp_path_factory.mktemp("lines"), {"page.md": PAGE}, extensions, **settings)
    assert not warnings
    return BeautifulSoup((site / "page.html").read_text(encoding="utf-8"), "html.parser")


def test_punctuation_stays_with_the_formula_that_it_touches(page):
    page = page.select_one("section > p")
    boxes = [box.get_text() for box in page.select(".unbroken")]
    assert boxes == [r"(\(a\)),", r"\(k\),", r"\(n\)-"]
    assert [box.select_one(".math").get_text() for box in page.select(".unbroken")] == [
        r"\(a\)", r"\(k\)", r"\(n\)"
    ]  # fmt: skip


def test_the_text_of_the_page_is_the_same_apart_from_its_spaces(page):
    said = " ".join(page.select_one("section > p").get_text().split())
    assert said == (
        r"Of the probability (\(a\)), a class \(k\), or the \(n\)-th one, \(b\) is 98 % of 28 x 28 pixels, "
        "98 % of them. 98 % of 28 x 28 is code."
    )


def test_of_two_equal_texts_each_keeps_its_comma(page):
    said = page.select("section > p")[1].get_text()
    assert said == "Kernels (o, i, \\(k\\), \\(k\\)), 97.4\xa0±\xa00.1 of them."


def test_a_text_that_stands_in_two_places_is_found_in_each():
    shared = nodes.Text("98 % of ")
    first, second = (nodes.paragraph("", "", shared, nodes.math("", "a")) for _ in range(2))
    page = nodes.section("", first, second)
    line_breaks.mend_breaks(SimpleNamespace(builder=SimpleNamespace(format="html")), page, "page")
    assert first.astext() == second.astext() == "98\xa0% of a"


def test_per_cent_and_sizes_stay_in_one_line_and_code_stays_as_it_is(page):
    paragraph = page.select_one("section > p")
    assert "98\xa0% of 28\xa0x\xa028 pixels" in paragraph.get_text()
    assert paragraph.strong.next_sibling.startswith("\xa0% of them")
    assert paragraph.code.get_text() == "98 % of 28 x 28"
    assert page.h1.get_text().startswith("Title with 5 % in it")  # a title is an address, too
