"""Percentage points gained, and the ratio of the errors."""

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
    expect_close,
)

# hand arithmetic: 8 errors in 100 against 1; 3 against 2
CASES = ((0.92, 0.99, 7.0, 8.0), (0.97, 0.98, 1.0, 1.5))


def points_and_ratio(answer):
    """Check that every case gives percentage points and the ratio of the errors."""
    for accuracy_a, accuracy_b, points, ratio in CASES:
        case = f"accuracies {accuracy_a} and {accuracy_b}"
        got = as_array(answer(accuracy_a, accuracy_b), case)
        expect(got.shape == (2,), f"{case}: expected two numbers, (points, ratio), got shape {got.shape}.")
        percent = 100 * (accuracy_b - accuracy_a) / accuracy_a
        expect(
            not np.isclose(got[0], percent),
            f"{case}: {percent:.2f} is per cent of the first accuracy; asked are percentage points.",
        )
        expect_close(got[0], points, f"{case}, percentage points gained")
        expect_close(got[1], ratio, f"{case}, errors of the first over errors of the second")


@exercise(
    title="Points, and a ratio",
    difficulty="warm-up",
    checks=(points_and_ratio,),
    hints=(
        "What is the error rate of a model that is right 92 times in 100?",
        "Points are a difference, the ratio is a quotient: of which two numbers each?",
    ),
    mistakes=(
        Mistake("100 * (", "1 * (", "That is the gain as a share; asked are percentage points."),
        Mistake(
            "accuracy_b - accuracy_a",
            "accuracy_a - accuracy_b",
            "The first minus the second is what is lost, not what is gained.",
        ),
        Mistake(
            "(1 - accuracy_a) / (1 - accuracy_b)",
            "accuracy_b / accuracy_a",
            "The second number is the ratio of the accuracies; asked is the ratio of the errors.",
        ),
        Mistake(
            "(1 - accuracy_a) / (1 - accuracy_b)",
            "(1 - accuracy_b) / (1 - accuracy_a)",
            "The second number is the ratio upside down.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(lambda a, b: (100 * (b - a), b / a), "ratio of the accuracies", "divides accuracies"),
        WrongAnswer(lambda a, b: (100 * (b - a), (1 - b) / (1 - a)), "upside down", "inverts the ratio"),
        WrongAnswer(
            lambda a, b: (100 * (b - a) / a, (1 - a) / (1 - b)), "asked are percentage points", "relative"
        ),
        WrongAnswer(lambda a, b: (b - a, (1 - a) / (1 - b)), "points gained: expected 7", "unscaled"),
    ),
)
def compare_errors(accuracy_a, accuracy_b):
    points = 100 * (accuracy_b - accuracy_a)
    return points, (1 - accuracy_a) / (1 - accuracy_b)
