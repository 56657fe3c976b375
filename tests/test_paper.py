"""What goes to paper: one document out of many pages, with links that stay inside it."""

import inspect
import runpy
import sys
from contextlib import nullcontext
from types import SimpleNamespace

import pikepdf
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
        assert options == {"executable_path": "chromium", "args": ["--no-sandbox"]}
        return self

    def new_page(self, **options):
        assert options == {"reduced_motion": "reduce"}
        return self

    def close(self):
        self.printed.append("closed")

    def set_default_timeout(self, milliseconds):
        assert milliseconds == 300_000  # five minutes: a whole book in one page takes its time

    def goto(self, address, **options):
        assert options == {"wait_until": "load", "timeout": 120_000}
        assert address == (self.site / "paper.html").resolve().as_uri()
        self.printed.append((self.site / "paper.html").read_text())

    def evaluate(self, script):
        self.waited_for.append(script)

    def pdf(self, path, **settings):
        assert settings == paper.PDF_SETTINGS
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
    assert (
        printer.waited_for
        == [
            "() => window.MathJax?.startup?.promise?.then(() => null)",  # its formulas are drawn
            "() => Promise.all([...document.images].map(image => image.decode().catch(() => 0)))",
        ]
        * 2
    )
    assert all('class="on-paper">PDF' in (site / f"{name}.html").read_text() for name in paper.LINKING)


def test_the_browser_knows_every_setting_of_the_printing():
    inspect.signature(Page.pdf).bind(None, path="book.pdf", **paper.PDF_SETTINGS)
    assert "pageNumber" in paper.PDF_SETTINGS["footer_template"]  # the class that Chromium fills in


def test_a_book_whose_contents_move_its_pages_is_not_kept(site, printer):
    printer.more_pages = [1, 2]
    with pytest.raises(AssertionError, match=r"^The contents moved the pages\.$"):
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
    monkeypatch.setattr("sys.argv", ["paper", "site", "other.pdf"])
    paper.main()
    assert given == [("_build/html", "book.pdf"), ("site", "other.pdf")]


def test_the_module_is_a_command_that_asks_for_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["paper"])
    monkeypatch.delitem(sys.modules, "sphinx_ext.paper")
    with pytest.raises(SystemExit):
        runpy.run_module("sphinx_ext.paper", run_name="__main__")
    said = capsys.readouterr().err
    assert said.endswith("error: the following arguments are required: site, target\n")


def test_a_site_without_formulas_is_printed_without_their_set_up(site):
    assert "MathJax" not in paper.head_of(site, ["index", "notation"])


def test_a_sheet_is_a4_with_its_number_in_the_middle_of_its_foot():
    settings = dict(paper.PDF_SETTINGS)
    footer = BeautifulSoup(settings.pop("footer_template"), "html.parser")
    assert [(element.name, element.get("class")) for element in footer.find_all()] == [
        ("div", None), ("span", ["pageNumber"])
    ]  # fmt: skip
    assert footer.div["style"] == "width:100%;font:8px sans-serif;color:#555;text-align:center"
    assert footer.get_text() == ""
    assert settings == {
        "format": "A4",
        "print_background": True,  # boxes keep their colours
        "outline": True,
        "tagged": True,
        "display_header_footer": True,
        "header_template": "<span></span>",  # nothing: without one Chromium prints date and title
        "margin": {"top": "20mm", "bottom": "22mm", "left": "22mm", "right": "22mm"},
    }


@pytest.mark.parametrize(
    "useless",
    [
        "<script>x</script>",
        '<a class="headerlink">x</a>',
        '<p class="on-paper">x</p>',
        "<button>x</button>",
        '<div class="hints">x</div>',
        '<p class="exercise-ways">x</p>',
        '<p class="chapter-ways">x</p>',
        '<details class="above-input">x</details>',
        '<p class="chapter-facts">x</p>',
        '<p class="start-buttons">x</p>',
        '<div class="part-card"><img src="x"></div>',
    ],
)
def test_what_paper_could_not_use_is_left_out_and_no_more(site, useless):
    page = f'<article class="bd-article"><h1>T</h1><p>before</p>{useless}<img src="y">'
    (site / "notation.html").write_text(f"{page}<details>after</details></article>", encoding="utf-8")
    article, solutions = paper.article_of(site, "notation", set())
    assert article.get_text() == "Tbeforeafter"
    assert [(image["src"], image["loading"]) for image in article.select("img")] == [("y", "eager")]
    assert article.details["open"] == ""
    assert solutions == []


QUESTION = (
    '<div class="admonition asks" id="{0}"><p class="admonition-title">Question</p><p>Why?</p>'
    '<details class="answer"><summary>Answer</summary><p><strong>B is right.</strong></p></details></div>'
)


def test_on_paper_a_question_has_one_number():
    counted = QUESTION.format("a").replace(">Question<", ">Question 1 of 4<")
    page = BeautifulSoup(f"<h1>5 Lines</h1>{counted}", "html.parser")
    paper.take_answers(page)
    assert page.select_one(".admonition-title").get_text() == "Question 5.1"


def test_the_questions_of_a_chapter_are_numbered_and_their_answers_taken_out():
    page = BeautifulSoup(f"<h1>5 Lines</h1>{QUESTION.format('a')}{QUESTION.format('b')}", "html.parser")
    answers = paper.take_answers(page)
    assert [str(answer) for answer in answers] == [
        f'<div class="answer" id="{name}--answer"><p><strong>5.{number} B is right.</strong></p></div>'
        for number, name in ((1, "a"), (2, "b"))
    ]
    assert str(page) == "<h1>5 Lines</h1>" + "".join(
        f'<div class="admonition asks" id="{name}"><p class="admonition-title">Question 5.{number}</p>'
        "<p>Why?</p>"
        f'<p class="to-answer"><a href="#{name}--answer">Answer 5.{number}</a></p></div>'
        for number, name in ((1, "a"), (2, "b"))
    )


def test_an_anchor_is_the_page_s_name_and_the_element_s():
    assert paper.anchor("chapters/deep/one", "x") == "chapters-deep-one--x"
    assert paper.anchor("chapters/one") == "chapters-one"


def test_the_whole_document(site, monkeypatch):
    style = site / "paper.css"
    style.write_text("p { margin: 0 }")
    monkeypatch.setattr(paper, "STYLE", style)
    (site / "_config.yml").write_text("title: A <book>\nauthor: Nobody & Co. ä\n", encoding="utf-8")
    head = (
        '<head><link rel="stylesheet" href="_static/a.css"><link as="style" href="_static/b.css?v=1">'
        '<link rel="icon" href="_static/a.png"></head>'
    )
    article = '<body><article class="bd-article"><h1>{}</h1>{}</article></body>'
    solution = '<div class="solution admonition"><p>Done.</p></div>'
    formulas = '<script>window.MathJax = {}</script><script src="../_static/mathjax/startup.js"></script>'
    pages = {
        "index": head + article.format("Start ä", "<p>Hello.</p>"),
        "chapters/one": head.replace("_static", "../_static").replace("</head>", f"{formulas}</head>")
        + article.format("1 <em>One</em>", QUESTION.format("q") + solution),
        "notation": head + article.format("Notation &amp; more", ""),
    }
    for name, page in pages.items():
        (site / f"{name}.html").write_text(page, encoding="utf-8")
    document = paper.Book(str(site), str(site)).html({"chapters-one": 7})
    assert document == (
        '<!doctype html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
        "<title>A &lt;book&gt;</title>"
        '<link href="_static/a.css" rel="stylesheet"/><link as="style" href="_static/b.css?v=1"/>'
        '<script>window.MathJax = {}</script><script src="_static/mathjax/startup.js"></script>'
        "<style>p { margin: 0 }</style></head>"
        '<body><main class="bd-article">'
        '<header class="title"><h1>A &lt;book&gt;</h1><p>Nobody &amp; Co. ä</p></header>'
        '<nav class="paper-contents"><h2>Contents</h2><h3>Part I. Before</h3>'
        '<p class="entry"><a href="#chapters-one">1 One</a><span>7</span></p><h3>About</h3>'
        '<p class="entry"><a href="#notation">Notation &amp; more</a><span></span></p></nav>'
        '<section class="page"><article class="bd-article"><h1 id="index">Start ä</h1><p>Hello.</p></article>'
        "</section>"
        '<section class="page"><p class="part">Part I. Before</p><article class="bd-article">'
        '<h1 id="chapters-one">1 <em>One</em></h1><div class="admonition asks" id="chapters-one--q">'
        '<p class="admonition-title">Question 1.1</p><p>Why?</p><p class="to-answer">'
        '<a href="#chapters-one--q--answer">Answer 1.1</a></p></div></article></section>'
        '<section class="page"><p class="part">About</p><article class="bd-article">'
        '<h1 id="notation">Notation &amp; more</h1></article></section>'
        '<section class="page" id="answers"><h2>Answers</h2><h3>1 One</h3>'
        '<div class="answer" id="chapters-one--q--answer" open=""><p><strong>1.1 B is right.</strong></p>'
        "</div>"
        "</section>"
        '<section class="page" id="solutions"><h2>Solutions</h2><h3>1 One</h3>'
        '<div class="solution admonition"><p>Done.</p></div></section>'
        "</main></body></html>"
    )


def test_at_the_end_one_chapter_follows_the_other_below_its_title():
    book = paper.Book.__new__(paper.Book)
    book.titles = {"a": "1 A & B", "b": "2 C", "c": "3 D"}
    assert book._at_the_end("Answers", {"a": ["<p>x</p>", "<p>y</p>"], "b": [], "c": ["<p>z</p>"]}) == (
        '<section class="page" id="answers"><h2>Answers</h2><h3>1 A &amp; B</h3><p>x</p><p>y</p>'
        "<h3>3 D</h3><p>z</p></section>"
    )


def test_a_book_without_questions_has_no_section_of_answers(site):
    for name in ("index", "chapters/one", "notation"):
        (site / f"{name}.html").write_text('<article class="bd-article"><h1>T</h1></article>')
    document = paper.Book(site, site).html({})
    assert document.count("<section") == 3


def test_a_book_is_printed_from_the_folder_that_one_stands_in(site, printer, monkeypatch):
    monkeypatch.chdir(site)
    paper.print_book(".", "book.pdf")
    assert (site / "book.pdf").exists()


def test_pages_are_counted_from_one_under_the_names_of_their_ids(site, printer):
    places = paper.print_document(printer, '<h1 id="ä">T</h1><h1 id="b">T</h1>', site, site / "a.pdf")
    assert places == {"ä": 2, "b": 3}


def test_a_packed_pdf_says_the_same_in_fewer_bytes(tmp_path):
    with pikepdf.new() as document:
        for _ in range(50):
            page = document.add_blank_page()
            page.Contents = document.make_stream(b"0 0 m " * 200)
        document.save(tmp_path / "a.pdf", compress_streams=False)
    paper.pack(tmp_path / "a.pdf", tmp_path / "b.pdf")
    with pikepdf.open(tmp_path / "b.pdf") as packed:
        assert [page.Contents.read_bytes() for page in packed.pages] == [b"0 0 m " * 200] * 50
        assert all(page.Contents.get("/Filter") == "/FlateDecode" for page in packed.pages)
    assert b"/ObjStm" in (tmp_path / "b.pdf").read_bytes()
    assert b"/ObjStm" not in (tmp_path / "a.pdf").read_bytes()


def test_the_link_alone_is_shown_on_the_pages_that_have_it(site):
    hidden = '<p class="on-paper" hidden>PDF ä</p><p class="other" hidden>x</p>'
    for name in ("index", "chapters/run_it_yourself", "notation"):
        (site / f"{name}.html").write_text(hidden, encoding="utf-8")
    paper.show_link(site)
    shown = hidden.replace(" hidden", "", 1)
    texts = [
        (site / f"{n}.html").read_text("utf-8") for n in ("index", "chapters/run_it_yourself", "notation")
    ]
    assert texts == [shown, shown, hidden]


def test_the_command_explains_itself(capsys):
    with pytest.raises(SystemExit):
        paper.main(["--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "Print the built site as one PDF." in said
    assert "site folder of the built HTML" in said
    assert "target the PDF to write" in said
