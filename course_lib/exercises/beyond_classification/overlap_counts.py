"""How many kernels of a transposed convolution meet at an inner place?"""

import numpy as np
import torch
from torch.nn import functional

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect,
    expect_close,
)

CASES = ((2, 2), (3, 2), (4, 2), (5, 2), (5, 3), (7, 3), (2, 1), (4, 1), (1, 2), (2, 5))


def counted(kernel_size, stride):
    """Count with torch: one row of ones, a kernel of ones, one inner period of the output."""
    row = torch.ones(1, 1, 3 * kernel_size + 3)
    counts = functional.conv_transpose1d(row, torch.ones(1, 1, kernel_size), stride=stride)[0, 0]
    start = stride * (kernel_size + 1)
    return counts[start : start + stride].numpy()


def counts_agree(answer):
    """Ten pairs of kernel and stride against counts by torch."""
    for kernel_size, stride in CASES:
        got = answer(kernel_size, stride)
        expected = np.sort(counted(kernel_size, stride))
        what = f"Kernel {kernel_size}, stride {stride}"
        expect(got is not None, f"{what}: expected a list, got None. Does your function end with `return`?")
        if hasattr(got, "__len__") and len(got) == stride:
            got = sorted(got)
        expect_close(got, expected, what)


@exercise(
    title="Even or uneven",
    difficulty="warm-up",
    checks=(counts_agree,),
    hints=(
        "Input i lays its kernel onto the places i*s to i*s + k - 1. Which inputs reach place p?",
        "One period: on place p (0 to s - 1) land the kernel's taps p, p + s, p + 2s and so on.",
    ),
    mistakes=(
        Mistake(
            "range(place",
            "range(0",
            "Each place is treated as the first one: a window covers it from the place on.",
        ),
        Mistake(
            "kernel_size, stride)) for",
            "kernel_size, 1)) for",
            "The windows lie a stride apart, not one pixel.",
        ),
        Mistake(
            "in range(stride)",
            "in range(kernel_size)",
            "The pattern repeats after one stride, so there are as many places to list, not kernel_size.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(lambda k, s: [k // s] * s, "Kernel 3, stride 2", "rounded down everywhere"),
        WrongAnswer(lambda k, s: [-(-k // s)] * s, "Kernel 3, stride 2", "rounded up everywhere"),
        WrongAnswer(lambda k, s: sorted({k // s, -(-k // s)}), "expected shape (2,)", "values, not places"),
        WrongAnswer(lambda k, s: k / s, "Kernel 2, stride 2", "the mean"),
        WrongAnswer(lambda k, s: [k] * s, "expected 1, got 2", "no stride"),
    ),
)
def overlap_counts(kernel_size, stride):
    return [len(range(place, kernel_size, stride)) for place in range(stride)]
