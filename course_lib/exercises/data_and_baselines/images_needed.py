"""How many test images does an interval of a given width take?"""

import math

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect_close,
)

# by hand, the same for 1.96 and for 1.959964: 96.04, 864.36, 6146.56, 9507.96 rounded up
CASES = ((0.5, 0.1, 97), (0.9, 0.02, 865), (0.8, 0.01, 6147), (0.99, 0.002, 9508))


def counts(answer):
    """Check that every case needs exactly so many images."""
    for accuracy, half_width, expected in CASES:
        case = f"accuracy={accuracy}, half_width={half_width}"
        got = as_array(answer(accuracy, half_width), case)
        expect_close(got, expected, case, rtol=0, atol=0)


@exercise(
    title="How many test images?",
    difficulty="idea",
    checks=(counts,),
    hints=(
        "Start from half_width = 1.96 * sqrt(accuracy * (1 - accuracy) / n) and solve for n.",
        "A number of images is whole, and the interval may not be wider than asked.",
    ),
    mistakes=(
        Mistake("1.96**2 * ", "", "That is one standard deviation; a 95 % interval takes 1.96 of them."),
        Mistake(
            "1.96**2 * accuracy * (1 - accuracy) / half_width**2",
            "1.96 * (accuracy * (1 - accuracy)) ** 0.5 / half_width",
            "That is the square root of the answer: n stands under a root.",
        ),
        Mistake("1.96**2", "1.96", "1.96 is not squared: it stands before the root, and n under it."),
        Mistake("half_width**2", "half_width", "The half-width is not squared: n stands under a root."),
        Mistake("np.ceil", "np.floor", "Rounded down; round up, or the interval is too wide."),
        Mistake("np.ceil", "np.round", "Rounded to the nearest; round up, or the interval is too wide."),
    ),
    wrong_answers=(
        WrongAnswer(lambda p, h: int(1.96**2 * p * (1 - p) / h**2), "round up", "rounds down"),
        WrongAnswer(lambda p, h: math.ceil(p * (1 - p) / h**2), "1.96 of them", "one standard deviation"),
        WrongAnswer(lambda p, h: math.ceil(1.96 * (p * (1 - p)) ** 0.5 / h), "square root", "root kept"),
        WrongAnswer(lambda p, h: math.ceil(1.96**2 * p / h**2), "expected 97", "forgets 1 - p"),
    ),
)
def images_needed(accuracy, half_width):
    exact = 1.96**2 * accuracy * (1 - accuracy) / half_width**2
    return int(np.ceil(exact))
