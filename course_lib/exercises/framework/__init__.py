"""What every exercise is made of: the decorator, the words of an answer, comparisons, and a guard."""

from course_lib.exercises.framework.answers import Answer, Code, Hint
from course_lib.exercises.framework.comparisons import (
    NotAttempted,
    as_array,
    expect,
    expect_close,
    expect_integer,
)
from course_lib.exercises.framework.exercise import Exercise, WrongAnswer, exercise, value_exercise
from course_lib.exercises.framework.mistakes import Mistake

__all__ = [
    "Answer", "Code", "Exercise", "Hint", "Mistake", "NotAttempted", "WrongAnswer", "as_array", "exercise",
    "expect", "expect_close", "expect_integer", "value_exercise",
]  # fmt: skip
