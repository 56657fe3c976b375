"""Neighbours by hand: a small dense network that sees whether two lit pixels touch."""

import itertools

import numpy as np

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect

NUM_PIXELS, MOST_UNITS = 8, 5


def touch(pixels):
    return any(a and b for a, b in itertools.pairwise(pixels))


def parameters_of(answer):
    """Return the four arrays, after a look at their shapes."""
    got = answer()
    expect(
        isinstance(got, tuple | list) and len(got) == 4,
        "Return four things: weight_1, bias_1, weight_2, bias_2.",
    )
    weight_1 = as_array(got[0], "weight_1")
    expect(
        weight_1.ndim == 2 and weight_1.shape[1] == NUM_PIXELS,
        f"weight_1: expected shape (M, {NUM_PIXELS}), one row per hidden unit, got {weight_1.shape}.",
    )
    units = len(weight_1)
    expect(1 <= units <= MOST_UNITS, f"At most {MOST_UNITS} hidden units are allowed, got {units}.")
    arrays = [weight_1]
    for name, shape, value in zip(
        ("bias_1", "weight_2", "bias_2"), ((units,), (units,), ()), got[1:], strict=True
    ):
        arrays.append(as_array(value, name))
        expect(arrays[-1].shape == shape, f"{name}: expected shape {shape}, got {arrays[-1].shape}.")
    return arrays


def sees_all_256(answer):
    """Check that the output is positive exactly where two lit pixels touch, for all 256 rows."""
    weight_1, bias_1, weight_2, bias_2 = parameters_of(answer)
    rows = list(itertools.product((0, 1), repeat=NUM_PIXELS))
    outputs = np.maximum(np.array(rows) @ weight_1.T + bias_1, 0) @ weight_2 + bias_2  # (256,)
    wrong = [
        (row, output)
        for row, output in zip(rows, outputs, strict=True)
        if not np.isfinite(output) or (output > 1e-9) != touch(row)
    ]
    if wrong:
        row, output = min(wrong, key=lambda pair: sum(pair[0]))
        says = "two lit pixels touch, the output should be above 0" if touch(row) else (
            "no two lit pixels touch, the output should not be above 0"
        )  # fmt: skip
        raise AssertionError(
            f"{len(wrong)} of 256 rows are wrong, for example {''.join(map(str, row))}: {says}; "
            f"it is {output:.3g}."
        )


def banded(size, step, centre, side, bias):
    """Return an answer whose units look at some pixels, `step` apart, and at their neighbours."""

    def answer():
        weight = np.zeros((size, NUM_PIXELS))
        for unit in range(size):
            pixel = 1 + step * unit
            weight[unit, pixel - 1 : pixel + 2] = np.array([side, centre, side])[
                : len(weight[unit, pixel - 1 : pixel + 2])
            ]
        return weight, np.full(size, float(bias)), np.ones(size), 0.0

    return answer


def one_unit_per_pair():
    weight = np.eye(NUM_PIXELS - 1, NUM_PIXELS) + np.eye(NUM_PIXELS - 1, NUM_PIXELS, k=1)
    return weight, -np.ones(NUM_PIXELS - 1), np.ones(NUM_PIXELS - 1), 0


def ink():
    return np.ones((1, NUM_PIXELS)), np.array([-1.0]), np.ones(1), 0.0


@exercise(
    title="Neighbours by hand",
    difficulty="open",
    next_step=(
        "Which of your numbers change if three lit pixels in a row are asked for? Are five units "
        "still enough?"
    ),
    checks=(sees_all_256,),
    hints=(
        "Seven units are easy: one for every pair of neighbours. Which units could do two pairs' work?",
        "A unit that looks at three pixels must stay silent at 101 and speak at 110, 011 and 111. "
        "Must the three weights be equal?",
    ),
    wrong_answers=(
        WrongAnswer(one_unit_per_pair, "At most 5 hidden units", "the obvious answer"),
        WrongAnswer(ink, "no two lit pixels touch", "two lit pixels anywhere"),
        WrongAnswer(banded(4, 2, 1, 1, -1), "no two lit pixels touch", "equal weights speak at 101"),
        WrongAnswer(banded(3, 2, 2, 1, -2), "two lit pixels touch", "the last pairs are not looked at"),
        WrongAnswer(banded(4, 2, 2, 1, -3), "two lit pixels touch", "the bias asks for all three"),
        WrongAnswer(lambda: np.ones((4, 8)), "Return four things", "only one of the four"),
    ),
)
def touching():
    """Return the parameters of a network that says whether two lit pixels of eight touch."""
    weight_1 = np.zeros((4, 8))
    for unit, pixel in enumerate((1, 3, 5, 7)):  # counted from 0
        weight_1[unit, pixel - 1 : pixel + 2] = [1, 2, 1][: 8 - pixel + 1]
    return weight_1, np.full(4, -2.0), np.ones(4), 0.0
