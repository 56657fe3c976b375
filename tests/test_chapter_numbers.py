"""A chapter's number, title and question, wherever a page names a chapter."""

import pytest
from bs4 import BeautifulSoup
from sphinx_project import build

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
