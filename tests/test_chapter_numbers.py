"""A chapter's number, title and question, wherever a page names a chapter."""

from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx_project import build

from sphinx_ext import chapter_numbers

BOOK = {
    "index.md": """# Book

See {ref}`ch-walls`, {ref}`the walls <ch-walls>` and {ref}`sec-bricks`.

```{toctree}
:numbered: 1
floor
walls
roof
```
```{toctree}
about
```
""",
    "floor.md": """(ch-floor)=
# The floor

*What do we stand on?*

A *floor*, and {ref}`ch-floor` again. {ref}`ch-walls` stands on it; so does the roof ({ref}`ch-walls`).

## Boards

$$a = b$$ (eq-first)

$$c = d$$ (eq-second)

See {eq}`eq-second`.
""",
    "walls.md": """(ch-walls)=
# Walls & doors

*What holds the `roof`?* Nobody knows.

The base ({ref}`ch-floor`) comes first.

(sec-bricks)=
## Bricks

```{math}
:label: eq-brick
e = f
```

```{exercise} Count
:label: ex-count
How many?
```

Do {numref}`ex-count` with {eq}`eq-brick`.
""",
    "roof.md": "# The roof\n\nOn {ref}`ch-walls`.\n\n**You need** {ref}`ch-walls` or {ref}`ch-walls`.\n",
    "about.md": "(about-page)=\n# About\n\n*Why?*\n\nSee {ref}`ch-floor` and {ref}`about-page`.\n",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    extensions = ["myst_nb", "sphinx_exercise", "sphinx_book_theme", "sphinx_ext.chapter_numbers"]
    site, warnings = build(
        tmp_path_factory.mktemp("book"), BOOK, extensions, html_theme="sphinx_book_theme",
        nb_execution_mode="off", myst_enable_extensions=["dollarmath"],
    )  # fmt: skip
    assert warnings == ""
    return {path.stem: BeautifulSoup(path.read_text(), "html.parser") for path in site.glob("*.html")}


def references(page):
    return [" ".join(link.get_text().split()) for link in page.select("article p a.reference")]


def test_titles_have_numbers_without_a_dot_and_sections_have_none(site):
    assert site["walls"].article.h1.get_text() == "2 Walls & doors#"
    assert site["floor"].article.h2.get_text() == "Boards#"
    assert site["about"].article.h1.get_text() == "About#"


def test_the_sidebar_shows_number_and_title(site):
    words = [" ".join(link.get_text().split()) for link in site["about"].select("nav.bd-links a")]
    assert words == ["1 The floor", "2 Walls & doors", "3 The roof", "About"]


def test_the_first_reference_names_a_chapter_and_the_next_ones_count(site):
    assert references(site["index"])[:1] == ["Chapter 2 (Walls & doors)"]
    assert references(site["floor"])[:3] == ["Chapter 1", "Chapter 2 (Walls & doors)", "Chapter 2"]


def test_what_a_chapter_needs_is_named_in_full_because_it_is_shown_first(site):
    full = "Chapter 2 (Walls & doors)"
    assert references(site["roof"]) == [full, full, full]


def test_between_brackets_stand_no_brackets(site):
    assert "The base (Chapter 1, The floor) comes first." in site["walls"].article.get_text()


def test_words_of_ones_own_sections_and_unnumbered_pages_stay(site):
    assert references(site["index"])[1:] == ["the walls", "Bricks"]
    assert references(site["about"]) == ["Chapter 1 (The floor)", "About"]


def test_equations_and_exercises_count_by_chapter(site):
    assert "See (1.2)." in site["floor"].article.get_text()
    assert "Exercise 2.1 (Count)" in " ".join(site["walls"].article.get_text().split())
    assert references(site["walls"])[1:] == ["Exercise 2.1", "(2.1)"]


def test_the_question_is_the_paragraph_in_italics_below_the_title(site):
    assert [p.get_text() for p in site["floor"].select("p.question")] == ["What do we stand on?"]
    assert not site["walls"].select("p.question")  # it says more than the question


def test_the_ways_on_and_back_show_number_title_and_question(site):
    back, on = site["walls"].select_one(".left-prev"), site["walls"].select_one(".right-next")
    assert (
        " ".join(back.select_one(".prev-next-title").get_text().split()) == "1 The floor What do we stand on?"
    )
    assert on.select_one(".prev-next-title").get_text() == "3 The roof"
    assert site["roof"].select_one(".right-next .prev-next-title").get_text() == "About Why?"
    assert site["index"].select_one('link[rel="next"]')["title"] == "1 The floor What do we stand on?"


def environment(**pages):
    """What the extension asks of Sphinx: titles, numbers and metadata of pages, as (title, number)."""
    return SimpleNamespace(
        titles={name: nodes.title("", title) for name, (title, _) in pages.items()},
        toc_secnumbers={name: {"": number} for name, (_, number) in pages.items()},
        metadata={name: {} for name in pages},
        docname="a",
    )


def test_a_number_has_all_its_parts_and_a_page_without_one_has_none():
    env = environment(a=("A", (2, 1)), b=("B", None), c=("C", ()))
    env.titles["d"] = nodes.title("", "D")
    numbers = [chapter_numbers.chapter_number(env, name) for name in "abcd"]
    assert numbers == ["2.1", "", "", ""]
    assert [chapter_numbers.numbered_title(env, name) for name in "abcd"] == ["2.1 A", "B", "C", "D"]


@pytest.mark.parametrize(
    ("below", "question"),
    [
        ([nodes.paragraph("", "", nodes.emphasis("", "Why\n not?"))], "Why not?"),
        ([nodes.paragraph("", "", nodes.emphasis("", "Why?"), nodes.Text(" So."))], None),
        ([nodes.paragraph("", "Why?")], None),
        ([nodes.block_quote("", nodes.emphasis("", "Why?"))], None),
        ([], None),
    ],
)
def test_the_question_is_kept_as_one_line(below, question):
    env = environment(a=("A", (1,)))
    page = nodes.section("", nodes.title("", "A"), *below)
    chapter_numbers.mark_question(SimpleNamespace(env=env), page)
    assert env.metadata["a"] == ({"question": question} if question else {})
    assert [node["classes"] for node in page[1:]] == [["question"] if question else []] * len(below)
    chapter_numbers.mark_question(SimpleNamespace(env=env), nodes.section())


def test_a_link_to_a_neighbour_is_html_whose_words_are_text():
    env = environment(a=("A < b", (1,)), b=("B", None))
    env.metadata["a"]["question"] = 'Is "a" < b?'
    assert chapter_numbers.neighbour_html(env, "a") == (
        '1 A &lt; b <span class="neighbour-question">Is "a" &lt; b?</span>'
    )
    assert chapter_numbers.neighbour_html(env, "b") == "B"
    context = {"prev": {"title": "old"}, "next": None}
    builder = SimpleNamespace(relations={"here": ("top", "b", "a")})
    app = SimpleNamespace(env=env, builder=builder)
    chapter_numbers.name_neighbours(app, "here", "page.html", context, None)
    assert context == {"prev": {"title": "B"}, "next": None}
    chapter_numbers.name_neighbours(app, "elsewhere", "page.html", context, None)
    chapter_numbers.name_neighbours(SimpleNamespace(builder=None), "here", "page.html", context, None)
    assert context == {"prev": {"title": "B"}, "next": None}


@pytest.mark.parametrize(
    ("before", "in_full", "words"),
    [
        ("See ", True, "Chapter 5 (Bricks)"), ("See ", False, "Chapter 5"),
        ("See (", True, "Chapter 5, Bricks"), ("(so) ", True, "Chapter 5 (Bricks)"),
        ("((so) ", True, "Chapter 5, Bricks"), ("(", False, "Chapter 5"),
    ],
)  # fmt: skip
def test_a_reference_counts_the_brackets_before_it(before, in_full, words):
    node = nodes.inline()
    nodes.paragraph("", "", nodes.Text(before), node, nodes.Text(")"))
    namer = SimpleNamespace(env=environment(b=("Bricks", (5,))))
    assert chapter_numbers.NameChapters.words(namer, node, "b", in_full) == words


def test_figures_count_by_chapter_and_numbers_end_without_a_dot():
    config = SimpleNamespace()
    chapter_numbers.count_by_chapter(None, config)
    assert vars(config) == {"numfig": True, "numfig_secnum_depth": 1, "html_secnumber_suffix": " "}
