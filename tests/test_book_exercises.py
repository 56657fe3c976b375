"""No exercise of the built book is a dead end: hints, ways to solve it, and a bar that only unfolds."""

import functools
import html
import importlib
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup
from test_book_site import SITE

ROOT = Path(os.environ.get("COURSE_BOOK") or Path(__file__).resolve().parents[1])
NAMES = sorted(
    path.stem
    for path in (ROOT / "chapters").glob("*.md")
    if "{exercise-start}" in path.read_text(encoding="utf-8")
    and (SITE / f"chapters/{path.stem}.html").is_file()
)

pytestmark = pytest.mark.book
each_chapter = pytest.mark.parametrize("name", NAMES or ["convolution"])


@functools.cache
def soup(name):
    return BeautifulSoup((SITE / f"chapters/{name}.html").read_text(encoding="utf-8"), "html.parser")


@functools.cache
def notebook(name):
    return nbformat.read(ROOT / f"_build/notebooks/{name}.ipynb", as_version=4)


def hints_of(name):
    """Return the hints of each exercise that a page hands an answer to, in the order of the page."""
    source = (ROOT / f"chapters/{name}.md").read_text(encoding="utf-8")
    exercises = re.findall(r"\{exercise-start\}.*?\{exercise-end\}", source, re.DOTALL)
    checks = importlib.import_module(f"course_lib.exercises.{name}")
    asked = [re.findall(r"^check\.(\w+)\(", exercise, re.MULTILINE)[-1] for exercise in exercises]
    return [getattr(checks, check).hints for check in asked]


@each_chapter
def test_each_exercise_of_a_page_has_its_hints_and_its_ways(name):
    exercises = soup(name).select("div.exercise")
    assert len(exercises) == len(hints_of(name))
    for exercise, hints in zip(exercises, hints_of(name), strict=True):
        shown = [fold.p.get_text() for fold in exercise.select("details.hints:not([open])")]
        assert shown == [hint.replace("`", "") for hint in hints]
        assert len(exercise.select(".exercise-ways a")) >= 2


@each_chapter
def test_a_page_does_not_say_that_nobody_tried(name):
    assert not soup(name).select(".check-not-attempted")
    assert "run this check" not in soup(name).article.get_text()


@each_chapter
def test_the_bar_of_a_solution_only_unfolds_it(name):
    bars = soup(name).select(".solution > .admonition-title")
    assert bars
    assert not [bar for bar in bars if bar.a]


@each_chapter
def test_the_link_to_colab_ends_at_a_cell_of_the_notebook(name):
    ids = {cell.id for cell in notebook(name).cells if cell.metadata.get("id") == cell.id}
    assert ids == {exercise["id"] for exercise in soup(name).select("div.exercise")}
    for link in soup(name).select(".exercise-ways a[target]"):
        assert urlsplit(link["href"]).fragment.removeprefix("scrollTo=") in ids


@each_chapter
def test_a_notebook_has_the_hints_folded_below_the_check(name):
    cells = notebook(name).cells
    folded = [index for index, cell in enumerate(cells) if '<details class="hints">' in cell.source]
    for index, hints in zip(folded, hints_of(name), strict=True):
        assert re.search(r"^check\.\w+\(", cells[index - 1].source, re.MULTILINE)
        text = html.unescape(re.sub("<[^>]*>", "", cells[index].source))
        assert all(hint.replace("`", "") in text for hint in hints)
