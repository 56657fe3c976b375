"""Back through the floor: all the inputs that lead to one size."""

import torch
from torch.nn import functional

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
)

CASES = ((5, 3, 1, 0), (3, 3, 2, 1), (16, 3, 2, 1), (55, 11, 4, 0), (1, 3, 4, 2), (7, 5, 3, 2))


def by_trying(output_size, kernel_size, stride, padding):
    """Return the sizes by asking torch about every input up to 300 pixels."""
    pool = {"kernel_size": kernel_size, "stride": stride}
    tried = {n: torch.zeros(1, 1, n + 2 * padding) for n in range(max(1, kernel_size - 2 * padding), 300)}
    return [n for n, row in tried.items() if functional.avg_pool1d(row, **pool).shape[2] == output_size]


def every_case(answer):
    """Check that all input sizes that lead to the output are listed, each once."""
    for case in CASES:
        expected = by_trying(*case)
        what = "output_size={}, kernel_size={}, stride={}, padding={}".format(*case)
        listed = answer(*case)
        values = as_array(list(listed) if isinstance(listed, (set, range)) else listed, what).ravel()
        got = sorted(values.tolist())
        missing, wrong = sorted(set(expected) - set(got)), sorted(set(got) - set(expected))
        first = wrong[0] if wrong else 1
        expect(first >= 1, f"{what}: an input has at least 1 pixel, you list {first:g}.")
        expect(not wrong, f"{what}: {first:g} pixels do not lead to this size.")
        expect(not missing, f"{what}: {missing} lead to this size too, you list {[int(n) for n in got]}.")
        expect(len(got) == len(expected), f"{what}: every size once, you list {[int(n) for n in got]}.")


def smallest(output_size, kernel_size, stride, padding):
    return (output_size - 1) * stride + kernel_size - 2 * padding


@exercise(
    title="Back through the floor",
    difficulty="idea",
    checks=(every_case,),
    hints=(
        "Without the floor the formula can be solved for the input. Which input does that give?",
        "How many pixels can you add before the window gets room for one more step?",
        "With much padding some of these inputs would have no pixel at all.",
    ),
    mistakes=(
        Mistake("output_size - 1", "output_size", "Between so many windows there is one stride less."),
        Mistake("2 * padding", "padding", "Padding stands on both sides."),
        Mistake(
            "smallest + stride",
            "smallest + 1",
            "Larger sizes may lead there, too: a rest smaller than the stride is left over.",
        ),
        Mistake(
            "smallest + stride",
            "smallest + kernel_size",
            "What is left over is smaller than the stride, and does not depend on the kernel.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(lambda o, k, s, p: [smallest(o, k, s, p)], "lead to this size too", "the smallest only"),
        WrongAnswer(
            lambda o, k, s, p: list(range(smallest(o, k, s, p), smallest(o, k, s, p) + s)),
            "at least 1 pixel",
            "inputs without pixels",
        ),
        WrongAnswer(
            lambda o, k, s, p: list(range(smallest(o, k, s, p), smallest(o, k, s, p) + s + 1)),
            "do not lead to this size",
            "one too many",
        ),
        WrongAnswer(lambda o, k, s, p: [o * s], "do not lead", "as if nothing were lost"),
        WrongAnswer(lambda o, k, s, p: smallest(o, k, s, p), "lead to this size too", "one number"),
    ),
)
def input_sizes(output_size, kernel_size, stride, padding):
    smallest = (output_size - 1) * stride + kernel_size - 2 * padding
    return [size for size in range(smallest, smallest + stride) if size >= 1]
