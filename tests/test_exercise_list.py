"""The page that lists all exercises, made from the chapters and their checks."""

from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx_project import build

from sphinx_ext import exercise_list
from sphinx_ext.exercise_facts import Fact

FRONT = """---
file_format: mystnb
kernelspec: {name: python3, display_name: Python 3, language: python}
---
"""
EXERCISE = """
```{exercise-start} TITLE
:label: ex-NAME
```
Write it.
```{code-cell}
check.NAME(answer)
```
```{exercise-end}
```
"""


def exercise(name, title):
    return EXERCISE.replace("NAME", name).replace("TITLE", title)


FILES = {
    "index.md": "# Book\n\n```{toctree}\n:numbered: 1\nchapters/shapes_and_cost\nchapters/convolution\n```\n"
    "```{toctree}\nlist\nchapters/first_cnn\n```\n",
    "chapters/shapes_and_cost.md": FRONT
    + "# Shapes\n"
    + exercise("size_table", "How large?")
    + exercise("input_sizes", "How deep?"),
    "chapters/convolution.md": FRONT
    + "# Convolution\n"
    + exercise("correlate", "All channels")
    + exercise("no_such_check", "Unknown"),
    "chapters/first_cnn.md": FRONT + "# Without a number\n" + exercise("paired_table", "A table"),
    "list.md": "# All exercises\n\n```{exercise-list}\n```\n",
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    site, warnings = build(
        tmp_path_factory.mktemp("list"), FILES,
        ["myst_nb", "sphinx_exercise", "sphinx_ext.chapter_numbers", "sphinx_ext.exercise_list"],
        nb_execution_mode="off",
    )  # fmt: skip
    assert warnings == ""
    page = BeautifulSoup((site / "list.html").read_text(), "html.parser")
    return page.select("table.exercise-list tr")


def texts(row):
    return [cell.get_text().strip() for cell in row.select("th, td")]


def test_the_table_has_every_checked_exercise_below_its_chapter_in_the_order_of_the_book(rows):
    assert [texts(row) for row in rows] == [
        ["Exercise", "Difficulty", "Minutes"],
        ["1 Shapes", "20"],
        ["1.1 How large?", "warm-up", "5"],
        ["1.2 How deep?", "needs an idea", "15"],
        ["2 Convolution", "15"],
        ["2.1 All channels", "needs an idea", "15"],
    ]
    assert [index for index, row in enumerate(rows) if "chapter" in row.get("class", [])] == [1, 4]
    assert {sum(int(cell.get("colspan", 1)) for cell in row.select("th, td")) for row in rows} == {3}


def test_each_row_leads_to_its_chapter_or_exercise(rows):
    assert [link["href"] for row in rows[-2:] for link in row.select("a")] == [
        "chapters/convolution.html",
        "chapters/convolution.html#ex-correlate",
    ]
    assert all("internal" in link["class"] for row in rows for link in row.select("a"))


def test_the_page_of_all_exercises_is_written_again_with_every_build():
    pages = {"exercises": {"exercise-list": True}, "index": {}}
    assert exercise_list.pages_with_list(None, SimpleNamespace(metadata=pages)) == ["exercises"]
    env = SimpleNamespace(metadata={"exercises": {}, "index": {}}, docname="exercises")
    exercise_list.ExerciseListDirective.run(SimpleNamespace(env=env))
    assert exercise_list.pages_with_list(None, env) == ["exercises"]


def test_the_table_has_a_head_a_body_and_a_class_of_its_own():
    row = exercise_list._row([nodes.Text("a"), exercise_list._link("b", "c.html#d")])
    assert " ".join(exercise_list.table(("A", "B"), [row]).pformat().split()) == (
        '<table classes="exercise-list"> <tgroup cols="2"> <colspec colwidth="1"> <colspec colwidth="1">'
        " <thead> <row> <entry> <paragraph> A <entry> <paragraph> B"
        " <tbody> <row> <entry> <paragraph> a <entry> <paragraph>"
        ' <reference internal="True" refuri="c.html#d"> b'
    )


def test_an_exercise_without_a_number_has_its_title_alone():
    titles = {"a": SimpleNamespace(astext=lambda: "Page")}
    env = SimpleNamespace(toc_fignumbers={}, toc_secnumbers={}, titles=titles)
    facts = [Fact("ex-b", "Twice", "open"), Fact("ex-c", "Thrice", "warm-up")]
    head, first, second = exercise_list.chapter_rows(env, "a", facts, "a.html")
    assert [[entry.astext() for entry in row] for row in (head, first, second)] == [
        ["Page", "35"], ["Twice", "open task", "30"], ["Thrice", "warm-up", "5"],
    ]  # fmt: skip
    assert head["classes"] == ["chapter"]
    assert head[0]["morecols"] == 1
    assert first.next_node(nodes.reference)["refuri"] == "a.html#ex-b"
