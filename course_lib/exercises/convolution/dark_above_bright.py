"""Dark above bright: a kernel with a polarity."""

import numpy as np

from course_lib.exercises.framework import WrongAnswer, as_array, expect, value_exercise

PATCHES = {
    "dark above bright": (np.repeat([[0.0], [2.0], [2.0]], 3, axis=1), 6.0),
    "dark above bright, one pixel lower": (np.repeat([[0.0], [0.0], [2.0]], 3, axis=1), 6.0),
    "bright above dark": (np.repeat([[2.0], [0.0], [0.0]], 3, axis=1), 0.0),
    "a vertical edge": (np.repeat([[0.0, 2.0, 2.0]], 3, axis=0), 0.0),
    "a vertical edge, turned round": (np.repeat([[2.0, 0.0, 0.0]], 3, axis=0), 0.0),
    "a flat bright patch": (np.full((3, 3), 2.0), 0.0),
}


def responses(answer):
    kernel = as_array(answer, "Your kernel")
    expect(kernel.shape == (3, 3), f"Your kernel must have shape (3, 3), got {kernel.shape}.")
    for what, (patch, expected) in PATCHES.items():
        before = float((kernel * patch).sum())
        expect(
            abs(max(before, 0) - expected) < 1e-6,
            f"At {what} the response after the ReLU should be {expected:g}; "
            f"your kernel gives {before:g}, so {max(before, 0):g} after it.",
        )


@value_exercise(
    difficulty="warm-up",
    checks=(responses,),
    hints=(
        "Which rows should count positive if the bright side is below?",
        "A flat patch must give zero: what do the nine weights add up to?",
    ),
    wrong_answers=(
        WrongAnswer(np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]]), "dark above bright", "polarity"),
        WrongAnswer(np.array([[-1, 0, 1]] * 3), "dark above bright", "turned by 90 degrees"),
        WrongAnswer(np.array([[0, 0, 0], [0, 0, 0], [1, 1, 1]]), "vertical edge", "answers to brightness"),
        WrongAnswer(np.array([[-2, -2, -2], [0, 0, 0], [2, 2, 2]]), "should be 6", "twice as strong"),
        WrongAnswer(np.ones((2, 2)), "shape (3, 3)", "wrong size"),
    ),
)
def dark_above_bright():
    my_kernel = [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]
    return my_kernel
