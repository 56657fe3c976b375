"""What goes to paper: one document out of many pages, with links that stay inside it."""

import inspect
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Page
from pypdf import PdfReader, PdfWriter

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


class Printer:
    """A browser that prints: the title, the contents, and one page for each chapter, plus some before."""

    def __init__(self, site):
        self.site, self.printed, self.more_pages, self.waited_for = site, [], [1, 1], []

    def launch(self, **options):
        return self

    def new_page(self, **options):
        return self

    def close(self):
        self.printed.append("closed")

    def set_default_timeout(self, milliseconds):
        pass

    def goto(self, address, **options):
        assert address == (self.site / "paper.html").resolve().as_uri()
        self.printed.append((self.site / "paper.html").read_text())

    def evaluate(self, script):
        self.waited_for.append(script)

    def pdf(self, path, **settings):
        assert settings["tagged"]
        writer = PdfWriter()
        ids = [chapter["id"] for chapter in BeautifulSoup(self.printed[-1], "html.parser").select("h1[id]")]
        for _ in range(self.more_pages.pop(0)):
            writer.add_blank_page(100, 100)
        for name in ids:
            writer.add_blank_page(100, 100)
            writer.add_named_destination(f"/{name}", page_number=len(writer.pages) - 1)
        writer.write(path)


@pytest.fixture
def printer(site, monkeypatch):
    printer = Printer(site)
    playwright = SimpleNamespace(chromium=printer)
    monkeypatch.setattr(paper, "sync_playwright", lambda: nullcontext(playwright))
    monkeypatch.setattr(paper, "find_chromium", lambda: "chromium")
    for name in paper.LINKING:
        path = site / f"{name}.html"
        text = path.read_text() if path.exists() else PAGE
        path.write_text(text.replace("</nav>", '</nav><p class="on-paper" hidden>PDF</p>'))
    return printer


def test_the_book_is_printed_twice_and_its_contents_name_the_pages_of_the_first_printing(site, printer):
    paper.print_book(site, site / "deep" / "book.pdf", site)
    first, second, closed = printer.printed
    assert closed == "closed"
    for document, numbers in ((first, ["", ""]), (second, ["3", "4"])):
        entries = BeautifulSoup(document, "html.parser").select(".entry span")
        assert [entry.get_text() for entry in entries] == numbers
    assert len(PdfReader(site / "deep" / "book.pdf").pages) == 4
    assert [path.name for path in (site / "deep").iterdir()] == ["book.pdf"]  # no part is left
    assert not (site / "paper.html").exists()
    assert any("MathJax" in script for script in printer.waited_for)
    assert any("decode" in script for script in printer.waited_for)
    assert all('class="on-paper">PDF' in (site / f"{name}.html").read_text() for name in paper.LINKING)


def test_the_browser_knows_every_setting_of_the_printing():
    inspect.signature(Page.pdf).bind(None, path="book.pdf", **paper.PDF_SETTINGS)
    assert "pageNumber" in paper.PDF_SETTINGS["footer_template"]  # the class that Chromium fills in
    assert paper.PDF_SETTINGS["display_header_footer"]


def test_a_book_whose_contents_move_its_pages_is_not_kept(site, printer):
    printer.more_pages = [1, 2]
    with pytest.raises(AssertionError, match="moved the pages"):
        paper.print_book(site, site / "book.pdf", site)
    assert not (site / "book.pdf").exists()
    assert 'class="on-paper" hidden' in (site / "index.html").read_text()


def test_a_printing_that_fails_leaves_no_page_in_the_site(site, printer):
    printer.pdf = None
    with pytest.raises(TypeError):
        paper.print_book(site, site / "book.pdf", site)
    assert not (site / "paper.html").exists()


def test_the_command_takes_the_site_and_the_file(monkeypatch):
    given = []
    monkeypatch.setattr(paper, "print_book", lambda *arguments: given.append(arguments))
    paper.main(["_build/html", "book.pdf"])
    assert given == [("_build/html", "book.pdf")]


def test_a_site_without_formulas_is_printed_without_their_set_up(site):
    assert "MathJax" not in paper.head_of(site, ["index", "notation"])
