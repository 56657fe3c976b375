"""How many test images does an interval of a given width take?"""

import math

import numpy as np

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect, expect_close

# by hand, the same for 1.96 and for 1.959964: 96.04, 864.36, 6146.56, 9507.96 rounded up
CASES = ((0.5, 0.1, 97), (0.9, 0.02, 865), (0.8, 0.01, 6147), (0.99, 0.002, 9508))


def counts(answer):
    """Check that every case needs exactly so many images."""
    for accuracy, half_width, expected in CASES:
        case = f"accuracy={accuracy}, half_width={half_width}"
        got = as_array(answer(accuracy, half_width), case)
        if got.ndim == 0:
            name_the_mistake(float(got), accuracy, half_width, case)
        expect_close(got, expected, case, rtol=0, atol=0)


def name_the_mistake(got, accuracy, half_width, case):
    """Raise AssertionError that says which usual slip gives just this number."""
    variance = accuracy * (1 - accuracy)
    mistakes = (
        (variance / half_width**2, "that is one standard deviation; a 95 % interval takes 1.96 of them"),
        (1.96 * variance**0.5 / half_width, "that is the square root of the answer: n stands under a root"),
    )
    for value, message in mistakes:
        expect(not abs(got - value) < 1, f"{case}: got {got:g}; {message}.")
    exact = 1.96**2 * variance / half_width**2
    expect(not exact - 1 < got <= exact, f"{case}: got {got:g}; round up, or the interval is too wide.")


@exercise(
    title="How many test images?",
    difficulty="idea",
    checks=(counts,),
    hints=(
        "Start from half_width = 1.96 * sqrt(accuracy * (1 - accuracy) / n) and solve for n.",
        "A number of images is whole, and the interval may not be wider than asked.",
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
