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


@pytest.mark.parametrize("kind", [nodes.paragraph, nodes.caption, nodes.title, nodes.term])
def test_a_name_with_one_letter_before_its_hyphen_stays_whole_and_can_be_found(kind):
    block = kind("", "", nodes.Text("t-SNE, a "), nodes.strong("", "U-Net's map"), nodes.literal("", "t-SNE"),
                 nodes.Text(" and well-known n-th x-ray"))  # fmt: skip
    page = nodes.section("", block)
    line_breaks.mend_breaks(SimpleNamespace(builder=SimpleNamespace(format="html")), page, "page")
    boxes = [box.astext() for box in page.findall(nodes.inline) if "unbroken" in box["classes"]]
    assert boxes == ["t-SNE", "U-Net"]
    assert page.astext() == "t-SNE, a U-Net's mapt-SNE and well-known n-th x-ray"


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


def mended(*children, kind=nodes.paragraph, format="html"):
    """Return a paragraph after the extension has seen it."""
    block = kind("", "", *children)
    app = SimpleNamespace(builder=SimpleNamespace(format=format))
    line_breaks.mend_breaks(app, nodes.section("", block), "page")
    return block


def test_other_builders_get_the_text_as_it_was_written():
    assert mended(nodes.Text("98 % of 3 x 3"), format="notebooks").astext() == "98 % of 3 x 3"


@pytest.mark.parametrize("kind", [nodes.paragraph, nodes.caption])
def test_paragraphs_and_captions_are_mended_and_titles_and_terms_are_not(kind):
    assert mended(nodes.Text("98 %"), kind=kind).astext() == "98\xa0%"
    assert mended(nodes.Text("98 %"), kind=nodes.term).astext() == "98 %"


@pytest.mark.parametrize("kind", [nodes.literal, nodes.math])
def test_code_and_formulas_keep_their_spaces(kind):
    assert mended(kind("", "98 %")).astext() == "98 %"
    assert mended(nodes.raw("", "98 %", format="html")).astext() == "98 %"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3 x 3 ± 1 x y", "3~x~3~±~1 x y"),
        ("a x 3, 3 x a, 3x 3, a % b, 3  %", "a x 3, 3 x a, 3x 3, a % b, 3  %"),
        ("1 % and 12 %", "1~% and 12~%"),
    ],
)
def test_only_spaces_between_numbers_and_their_signs_hold(text, expected):
    assert line_breaks.without_breaks(text) == expected.replace("~", "\xa0")
    assert line_breaks.without_breaks(text, "3") == expected.replace("~", "\xa0")


def test_a_space_holds_at_the_beginning_of_a_text_behind_a_number_alone():
    assert line_breaks.without_breaks(" % and", "of 98") == "\xa0% and"
    assert line_breaks.without_breaks(" x 3", "of 28") == "\xa0x\xa03"
    assert line_breaks.without_breaks(" % and", "98 of") == " % and"
    assert line_breaks.without_breaks(" 28", "28 x") == "\xa028"


@pytest.mark.parametrize(
    ("left", "right", "kept_left", "kept_right"),
    [
        ("a (", ") b", "(", ")"),
        ("a [", "], b", "[", "],"),
        ("a “", "” b", "“", "”"),
        ("‘", "’.", "‘", "’."),
        ("([", "])", "([", "])"),
        ("a", ", b", "", ","),
        ("(", " b", "(", ""),
        ("a ", "-th", "", "-"),
        ("(a ", " b)", "", ""),
        ("a.", "(b", "", ""),
        ("a", "b,", "", ""),
        ("a", "[b", "", ""),
        ("a", "“b", "", ""),
        ("a", "‘b", "", ""),
        ("a ", " b", "", ""),
    ],
)
def test_a_box_holds_what_touches_the_formula_and_nothing_else(left, right, kept_left, kept_right):
    block = mended(nodes.Text(left), nodes.math("", "x"), nodes.Text(right))
    assert block.astext() == f"{left}x{right}"
    boxes = [box for box in block.children if isinstance(box, nodes.inline)]
    assert [box.astext() for box in boxes] == [f"{kept_left}x{kept_right}"] * bool(kept_left or kept_right)
    assert [box["classes"] for box in boxes] == [["unbroken"]] * len(boxes)


def test_at_the_ends_of_a_paragraph_and_beside_an_element_nothing_is_taken():
    first, last = nodes.math("", "x"), nodes.math("", "y")
    block = mended(first, nodes.strong("", ", a ("), last)
    assert block.children[0] is first
    assert block.children[2] is last
    assert block.astext() == "x, a (y"
    alone = mended(
        nodes.math("", "x"), nodes.Text(" and (")
    )  # the last text does not touch the first formula
    assert alone.astext() == "x and ("
    assert not list(alone.findall(nodes.inline))
