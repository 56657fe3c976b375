"""Other kernels on paper: sizes and parameters of TinyCNN with kernels of any size."""

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect,
    expect_integer,
)

# counted on the layers themselves, with parameters that separate the usual slips
CASES = {
    (3, 3, 3): (6, 3, 114),
    (3, 3, 4): (6, 3, 142),
    (2, 3, 3): (7, 3, 99),
    (5, 3, 3): (4, 2, 117),
    (7, 8, 10): (2, 1, 490),
}


def three_numbers(answer):
    """Check that every case gives both sides and the number of parameters."""
    for case, expected in CASES.items():
        got = answer(*case)
        expect(got is not None, "Expected three numbers, got None. Does your function end with `return`?")
        what = "kernel_size={}, num_filters={}, num_classes={}".format(*case)
        expect(np.shape(got) == (3,), f"{what}: expected three numbers, got {got!r}.")
        for name, value, right in zip(
            ("the convolved map's side", "the pooled map's side", "the parameters"),
            got,
            expected,
            strict=True,
        ):
            expect_integer(value, right, f"{what}: {name}")


def rounded_up(k, f, c):
    pooled = -(-(9 - k) // 2)
    return 9 - k, pooled, f * (k * k + 1) + c * (f * pooled**2 + 1)


@exercise(
    title="Other kernels on paper",
    difficulty="warm-up",
    checks=(three_numbers,),
    hints=(
        "At how many places does a kernel of that size fit into a row of 8 pixels?",
        "Half of 7 is 3 here: a pooling window that does not fit is left out. Every layer has biases.",
    ),
    mistakes=(
        Mistake("8 - kernel_size + 1", "8 - kernel_size", "The first position of the kernel counts, too."),
        Mistake("(kernel_size**2 + 1)", "(kernel_size**2)", "The filters' biases are missing."),
        Mistake(
            "pooled**2 + 1",
            "pooled + 1",
            "A pooled map has rows and columns: its values are its side squared.",
        ),
        Mistake(
            "pooled**2 + 1",
            "convolved**2 + 1",
            "The dense layer reads the maps after the pooling, not before it.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            lambda k, f, c: (8 - k, (8 - k) // 2, 0), "the convolved map's side", "a position forgotten"
        ),
        WrongAnswer(rounded_up, "the pooled map's side: expected 3, got 4", "rounded up"),
        WrongAnswer(
            lambda k, f, c: (9 - k, (9 - k) // 2, f * k * k + c * f * ((9 - k) // 2) ** 2),
            "the parameters: expected 114, got 108",
            "no biases",
        ),
        WrongAnswer(
            lambda k, f, c: (9 - k, (9 - k) // 2, 37 * f + 3),
            "num_classes=4",
            "the formula for three classes",
        ),
        WrongAnswer(
            lambda k, f, c: (9 - k, (9 - k) // 2, f * (k * k + 1) + c * (9 * f + 1)),
            "kernel_size=5",
            "always nine pooled numbers",
        ),
        WrongAnswer(lambda k, f, c: (9 - k, (9 - k) / 2, 0), "expected the integer 3, got 3.0", "a float"),
        WrongAnswer(lambda k, f, c: f * (k * k + 1), "three numbers", "one number"),
    ),
)
def sizes(kernel_size, num_filters, num_classes):
    convolved = 8 - kernel_size + 1
    pooled = convolved // 2
    kernels = num_filters * (kernel_size**2 + 1)
    head = num_classes * (num_filters * pooled**2 + 1)
    return convolved, pooled, kernels + head
