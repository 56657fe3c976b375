"""Which exercises a page has, how hard they are and how long they take."""

import dataclasses

import pytest
from docutils import nodes
from sphinx_exercise.nodes import exercise_node, exercise_subtitle, exercise_title

from course_lib.exercises import convolution
from sphinx_ext.exercise_facts import Fact, chapter_module, check_cells, checked_name, exercise_facts


def cell(source):
    code = [nodes.literal_block("", source)] if source else []
    return nodes.container("", *code, nb_element="cell_code", cell_metadata={})


def exercise(anchor, *sources, title=""):
    subtitle = [exercise_subtitle("", "", nodes.Text(title))] if title else []
    head = exercise_title("", "Exercise", *subtitle)
    return exercise_node("", head, *map(cell, sources), ids=[anchor, "other"])


def test_a_page_has_the_exercises_whose_answers_are_checked_in_its_order():
    page = nodes.section(
        "",
        exercise("ex-b", "x = 1", "check.correlate(correlate)", title="All channels"),
        exercise("ex-none", "x = 1"),
        exercise("ex-unknown", "check.no_such_exercise(x)"),
        exercise("ex-c", "check.no_such_exercise(x)", "check.correlate(correlate)"),
        exercise("ex-d", "check.correlate(correlate)", "print(1)"),
    )
    difficulty = convolution.correlate.difficulty
    assert exercise_facts(page, "chapters/convolution") == [
        Fact("ex-b", "All channels", difficulty), Fact("ex-c", "", difficulty), Fact("ex-d", "", difficulty),
    ]  # fmt: skip
    assert exercise_facts(page, "chapters/without_exercises") == []


@pytest.mark.parametrize(("difficulty", "minutes"), [("warm-up", 5), ("idea", 15), ("open", 30)])
def test_an_exercise_takes_as_long_as_it_is_hard(difficulty, minutes):
    fact = Fact("ex-a", "Twice", difficulty)
    assert fact.minutes == minutes
    with pytest.raises(dataclasses.FrozenInstanceError):
        fact.title = "Thrice"


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("check.twice(twice)", "twice"),
        ("x = 1\ncheck.twice(x)", "twice"),
        ("check.twice()", None),
        ("    check.twice(x)", None),
        ("checked.twice(x)", None),
        ("", None),
    ],
)
def test_a_cell_checks_an_answer_that_it_hands_over_at_the_start_of_a_line(source, name):
    assert checked_name(cell(source)) == name
    node = exercise("ex-a", source, "print(1)")
    assert check_cells(node) == ([node[1]] if name else [])


def test_a_chapters_exercises_are_a_module_of_its_name():
    assert chapter_module("chapters/convolution") is convolution
    assert chapter_module("convolution") is convolution
    assert chapter_module("chapters/no_such_chapter") is None
