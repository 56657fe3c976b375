"""An answer that looks like a known mistake hears in words which one it is; none is guessed."""

import sys

import numpy as np
import pytest
from test_exercises import EXERCISES, LONG

from course_lib.exercises.framework import Exercise, Mistake, expect_close
from course_lib.exercises.framework.mistakes import with_mistakes
from course_lib.exercises.framework.shapes import in_words

NAMED = [
    pytest.param(exercise, mistake, id=f"{name}-{mistake.wrong}", marks=marks)
    for name, (_, exercise) in EXERCISES.items()
    for marks in [[pytest.mark.pipeline] if name in LONG else []]
    for mistake in exercise.mistakes
]


@pytest.mark.parametrize(("exercise", "mistake"), NAMED)
def test_each_mistake_of_the_book_is_a_wrong_answer_that_hears_its_words(exercise, mistake):
    assert exercise.source.count(mistake.right) >= 1
    namespace = dict(vars(sys.modules[exercise.reference.__module__]))
    exec(with_mistakes(exercise.source, [mistake]), namespace)
    said = exercise(namespace[exercise.reference.__name__])
    assert said.status == "not yet"
    assert said.message.endswith(mistake.words)
    assert mistake.words.endswith((".", "?"))


def line(x):
    return 2 * x + 1


def points_of_the_line(answer):
    for x in (0.0, 2.0):
        expect_close(answer(np.full(3, x)), [2 * x + 1] * 3, f"x = {x:g}")


@pytest.fixture
def exercise():
    mistakes = (
        Mistake("2 * x", "x", "The slope is 1."),
        Mistake("2 * x", "x[:2]", "A point is missing."),
        Mistake(" + 1", "", "The line goes through 0."),
        Mistake(" + 1", " + np.ones(2)", "There are two heights."),
        Mistake("return 2", "return -2", "It goes down."),
    )
    source = "def line(x):\n    return 2 * x + 1"
    return Exercise("line", (points_of_the_line,), line, (), (), mistakes=mistakes, source=source)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: x + 1, "x = 2: the largest error is at index (0,): expected 5, got 3. The slope is 1."),
        (lambda x: 2 * x, "expected 1, got 0. The line goes through 0."),
        (lambda x: x.copy(), "expected 1, got 0. The slope is 1. The line goes through 0."),
        (lambda x: -2 * x, "expected 1, got -0. The line goes through 0. It goes down."),
        (lambda x: 2 * x + 3, "expected 1, got 3."),  # no mistake that is known
        (lambda x: 3 * x + 1, "expected 5, got 7."),
    ],
)
def test_a_mistake_is_named_where_it_gives_the_answer_and_only_there(exercise, answer, words):
    assert exercise(answer).message.endswith(words)


def test_what_stops_an_answer_is_named_first_with_the_shapes_that_met(exercise):
    said = exercise(lambda x: -x + np.ones(2)).message
    assert said.startswith("Your code raised ValueError")
    assert said.endswith(". Shapes (3,) and (2,) meet where equal ones are expected. There are two heights.")


def test_a_right_answer_is_right_whatever_mistakes_are_known(exercise):
    assert exercise(lambda x: x + x + 1).message == "1 check passed."


def test_an_exercise_that_knows_no_mistakes_asks_an_answer_once(exercise):
    exercise.mistakes, calls = (), []
    exercise(lambda x: calls.append(x) or x)
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("mat1 and mat2 shapes cannot be multiplied (3x117 and 637x128)",
         "A dense layer that takes 637 numbers gets 117."),
        ("matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
         "(n?,k),(k,m?)->(n?,m?) (size 3 is different from 5)",
         "`@` takes as many columns on its left as rows on its right; here 5 columns meet 3 rows."),
        ("The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 0",
         "Along axis 0 one tensor has 3 entries and the other one 4, where as many are expected."),
        ("shape '[-1, 3]' is invalid for input of size 4",
         "4 numbers do not fill an array of shape (-1, 3)."),
        ("shape-mismatch for sum",
         "The axes that are summed over have different lengths in the two arrays."),
        ("index 3 is out of bounds for axis 0 with size 2",
         "There is no index 3: axis 0 has 2 entries, counted from 0."),
        ("division by zero", ""),
    ],
)  # fmt: skip
def test_an_error_about_shapes_says_which_ones_met(error, words):
    assert in_words(RuntimeError(error)) == words
