"""What goes to paper: one document out of many pages, with links that stay inside it."""

import pytest
from bs4 import BeautifulSoup

from sphinx_ext import paper

TOC = """
root: index
parts:
  - caption: Part I. Before
    chapters: [{file: chapters/one}]
  - caption: About
    chapters: [{file: notation}]
"""
PAGE = """<html><head><link rel="stylesheet" href="../_static/a.css?v=1">
<script>window.MathJax = {}</script></head>
<body><nav><a href="#x">menu</a></nav><article class="bd-article"><section id="one"><h1>One &amp; all
<a class="headerlink" href="#one">#</a></h1><p id="x">Text, <a href="#x">here</a>,
<a href="two.html#y">there</a>,
<a href="../notation.html">notation</a>, <a href="https://e.org/a#b">far</a>,
<a href="one.ipynb">file</a>.</p>
<img src="../_images/a.png" loading="lazy"><script>run()</script>
<details class="admonition hide above-input"><summary>Show code</summary>plot()</details>
<details class="answer"><summary>Answer</summary>Four.</details>
<div class="exercise admonition"><p>Do it.</p><details class="hints">Try.</details></div>
<div class="solution admonition" id="s"><p>Done.</p></div></section></article></body></html>"""
ANCHORS = {"chapters-one", "notation", "index"}


@pytest.fixture
def site(tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters/one.html").write_text(PAGE)
    (tmp_path / "index.html").write_text(PAGE.replace("MathJax", "nothing").replace("One &amp; all", "Start"))
    (tmp_path / "notation.html").write_text(PAGE.replace("MathJax", "nothing"))
    (tmp_path / "_toc.yml").write_text(TOC)
    (tmp_path / "_config.yml").write_text("title: A <book>\nauthor: Nobody\n")
    return tmp_path


def test_parts_come_in_the_order_of_the_contents(site):
    parts = [("", ["index"]), ("Part I. Before", ["chapters/one"]), ("About", ["notation"])]
    assert paper.parts_of(site / "_toc.yml") == parts


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("#x", "#chapters-one--x"),
        ("../notation.html", "#notation"),
        ("../notation.html#term", "#notation--term"),
        ("https://e.org/a#b", "https://e.org/a#b"),
        ("one.ipynb", "#chapters-one"),  # paper holds no file: back to the page
        ("two.html#y", "#chapters-one"),  # no page of this book
    ],
)
def test_a_link_stays_in_the_book_or_leads_to_its_own_address(address, expected):
    assert paper.new_address(address, "chapters/one", ANCHORS) == expected


def test_an_article_holds_what_paper_can_show_and_its_solutions_apart(site):
    article, (solution,) = paper.article_of(site, "chapters/one", ANCHORS)
    text = article.get_text()
    assert not any(word in text for word in ("menu", "run()", "plot()", "Try.", "Done.", "#"))
    assert "Four." in text
    assert article.select_one("details.answer").has_attr("open")
    assert solution.get_text() == "Done."
    assert solution["id"] == "chapters-one--s"
    assert article.select_one("img")["src"] == "_images/a.png"
    assert {e["id"] for e in article.select("[id]")} == {
        "chapters-one",
        "chapters-one--one",
        "chapters-one--x",
    }


def test_the_document_names_every_chapter_with_its_page_and_has_each_id_once(site):
    document = paper.Book(site, site).html({"chapters-one": 7, "notation": 19})
    soup = BeautifulSoup(document, "html.parser")
    entries = [(p.a["href"], p.a.get_text(), p.span.get_text()) for p in soup.select(".entry")]
    assert entries == [("#chapters-one", "One & all", "7"), ("#notation", "One & all", "19")]
    ids = [element["id"] for element in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    links = {link["href"][1:] for link in soup.select("a[href^='#']")}
    assert links <= set(ids)
    assert soup.title.get_text() == "A <book>"


def test_a_parts_name_stands_before_its_first_chapter_alone(site):
    book = paper.Book(site, site)
    book.parts = [("", ["index"]), ("Part <I>", ["chapters/one", "notation"])]
    soup = BeautifulSoup(book.html({}), "html.parser")
    (part,) = soup.select("p.part")
    assert part.get_text() == "Part <I>"
    assert part.parent.select_one("[id=chapters-one]")


def test_styles_and_formulas_come_from_a_page_that_has_formulas(site):
    head = paper.head_of(site, ["index", "chapters/one"])
    assert 'href="_static/a.css?v=1"' in head
    assert "MathJax" in head


def test_the_link_to_the_pdf_shows_once_there_is_one(site):
    for name in paper.LINKING:
        (site / f"{name}.html").parent.mkdir(exist_ok=True)
        (site / f"{name}.html").write_text('<p class="on-paper" hidden>PDF</p>')
    paper.show_link(site)
    assert [(site / f"{name}.html").read_text() for name in paper.LINKING] == [
        '<p class="on-paper">PDF</p>'
    ] * 2
