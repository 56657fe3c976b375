"""Seven sizes on paper: floors, both sides of the padding, holes."""

import numpy as np

from course_lib.exercises.framework import WrongAnswer, expect, expect_integer, value_exercise

# (input_size, kernel_size, stride, padding, dilation), size: by counting positions
ROWS = (
    ((28, 5, 1, 0, 1), 24),
    ((28, 5, 1, 2, 1), 28),
    ((15, 3, 2, 0, 1), 7),
    ((16, 3, 2, 0, 1), 7),
    ((224, 7, 2, 3, 1), 112),
    ((224, 11, 4, 2, 1), 55),
    ((20, 3, 1, 2, 2), 20),
)


def as_list(answer):
    expect(hasattr(answer, "__len__") and not isinstance(answer, (str, dict)), "Expected a list of sizes.")
    expect(len(answer) == len(ROWS), f"Expected {len(ROWS)} sizes, one for each row, got {len(answer)}.")
    return list(answer)


def every_row(answer):
    """Check that every row of the table has its integer size."""
    for number, (got, (row, expected)) in enumerate(zip(as_list(answer), ROWS, strict=True), start=1):
        input_size, kernel_size, stride, padding, dilation = row
        exact = (input_size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1
        case = f"Row {number}, n={input_size} k={kernel_size} s={stride} p={padding} d={dilation}"
        floored = exact == expected or not isinstance(got, (float, np.floating)) or got != exact
        expect(floored, f"{case}: a part of a step does not exist, round {exact} down.")
        expect_integer(got, expected, case)


@value_exercise(
    title="Sizes on paper",
    difficulty="warm-up",
    next_step=(
        "Rows 3 and 4 end at the same size from different inputs. How many inputs would share a size "
        "with stride 4? The next exercise asks for all of them."
    ),
    checks=(every_row,),
    hints=(
        "How much room has the window to move in, once it lies at its first position?",
        "Padding counts on both sides, the floor on the steps only, and the first position needs no step.",
    ),
    wrong_answers=(
        WrongAnswer([23, 27, 6, 6, 111, 54, 19], "Row 1", "the first position forgotten"),
        WrongAnswer([24, 26, 7, 7, 111, 54, 18], "Row 2", "padding counted once"),
        WrongAnswer([24, 28, 7, 7.5, 112.5, 55.25, 20], "round 7.5 down", "no floor"),
        WrongAnswer([24, 28, 7, 8, 113, 56, 20], "Row 4", "rounded up"),
        WrongAnswer([24, 28, 7, 7, 112, 55, 22], "Row 7", "dilation ignored"),
        WrongAnswer([24, 28, 7], "Expected 7 sizes", "not finished"),
    ),
)
def size_table():
    my_sizes = [24, 28, 7, 7, 112, 55, 20]
    return my_sizes
