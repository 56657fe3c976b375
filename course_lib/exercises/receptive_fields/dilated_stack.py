"""See 224 pixels: a dilated stack of the reader's own, checked by what its top unit sees."""

import operator

import numpy as np

from course_lib.exercises.framework import WrongAnswer, expect, value_exercise

SIZE, MOST_LAYERS = 224, 8


def integers(answer):
    try:
        dilations = [operator.index(value) for value in answer]
    except TypeError:
        raise AssertionError(
            f"Expected a list of integers, one dilation for each layer, got {answer!r}."
        ) from None
    expect(dilations, "Expected at least one layer.")
    expect(min(dilations) >= 1, f"A dilation is at least 1 (neighbouring pixels), got {min(dilations)}.")
    return dilations


def budget(answer):
    """Check that the stack has so many layers at most."""
    count = len(integers(answer))
    expect(count <= MOST_LAYERS, f"At most {MOST_LAYERS} layers are allowed, you use {count}.")


def sees_every_pixel(answer):
    """Follow the paths from the top unit down to the pixels, in one dimension."""
    paths = np.ones(1)
    for dilation in integers(answer):
        taps = np.zeros(2 * dilation + 1)
        taps[::dilation] = 1
        paths = np.convolve(paths, taps)
    expect(
        len(paths) >= SIZE,
        f"Your top unit spans {len(paths)} pixels per axis, one and twice the sum of your dilations; "
        f"{SIZE} are asked for.",
    )
    holes = int((paths == 0).sum())
    expect(
        holes == 0,
        f"Your field spans {len(paths)} pixels, but {holes} of them are holes that no path reaches. "
        "Which layer jumps farther than the field below it is wide?",
    )


@value_exercise(
    title="See 224 pixels",
    difficulty="open",
    next_step=(
        "How many paths lead from the middle pixel to the top unit, and how many from a pixel at the "
        "edge? Which stack would use its field most evenly?"
    ),
    checks=(budget, sees_every_pixel),
    hints=(
        "By how much does a layer of dilation d widen the field? Add that up to 223.",
        "A layer's three taps look at three copies of the field below. How far apart may the copies lie?",
    ),
    wrong_answers=(
        WrongAnswer([1] * 8, "twice the sum of your dilations", "no dilation"),
        WrongAnswer([1] * 112, "At most 8 layers", "depth instead of dilation"),
        WrongAnswer([14] * 8, "jumps farther", "all alike: a grid"),
        WrongAnswer([64, 32, 16], "holes", "the small steps missing"),
        WrongAnswer([1, 2, 4, 8, 16, 32], "spans 127 pixels", "a layer short"),
        WrongAnswer([0, 112], "at least 1", "dilation counted from 0"),
        WrongAnswer([1, 2.5], "list of integers", "no integers"),
    ),
)
def dilated_stack():
    my_dilations = [1, 2, 4, 8, 16, 32, 64]
    return my_dilations
