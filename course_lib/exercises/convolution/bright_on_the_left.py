"""Bright on the left: a kernel with a polarity."""

import numpy as np

from course_lib.exercises.framework import WrongAnswer, as_array, expect, value_exercise

PATCHES = {
    "bright left of dark": (np.repeat([[2.0, 0.0, 0.0]], 3, axis=0), 8.0),
    "bright left of dark, one pixel further": (np.repeat([[2.0, 2.0, 0.0]], 3, axis=0), 8.0),
    "dark left of bright": (np.repeat([[0.0, 2.0, 2.0]], 3, axis=0), 0.0),
    "a horizontal edge": (np.repeat([[0.0], [2.0], [2.0]], 3, axis=1), 0.0),
    "a horizontal edge, one pixel lower": (np.repeat([[0.0], [0.0], [2.0]], 3, axis=1), 0.0),
    "a horizontal edge, turned round": (np.repeat([[2.0], [0.0], [0.0]], 3, axis=1), 0.0),
    "a flat bright patch": (np.full((3, 3), 2.0), 0.0),
}


def responses(answer):
    """Check that the 3 x 3 kernel gives the asked response at each patch."""
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
    title="Bright on the left",
    difficulty="warm-up",
    next_step=(
        "What does your kernel answer where the edge is diagonal, bright at the lower left? Find a "
        "kernel that solves the task and answers it differently."
    ),
    checks=(responses,),
    hints=(
        "Which column should count positive if the bright side is on the left?",
        "A flat patch must give zero, and so must every row alone: what does a row add up to?",
    ),
    wrong_answers=(
        WrongAnswer(np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]), "bright left of dark", "polarity"),
        WrongAnswer(np.array([[1, 2, 1], [0, 0, 0], [-1, -2, -1]]), "bright left of dark", "turned by 90"),
        WrongAnswer(np.array([[4, 0, 0], [0, 0, 0], [0, 0, 0]]), "horizontal edge", "answers to brightness"),
        WrongAnswer(np.array([[4, 0, 0], [0, 0, 0], [0, 0, -4]]), "horizontal edge", "diagonal"),
        WrongAnswer(np.array([[1, 0, -1]] * 3), "should be 8", "too weak"),
        WrongAnswer(np.ones((2, 2)), "shape (3, 3)", "wrong size"),
    ),
)
def bright_on_the_left():
    my_kernel = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
    return my_kernel
