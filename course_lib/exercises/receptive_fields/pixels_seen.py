"""Which input pixels does one unit see?"""

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect,
    expect_integer,
)
from course_lib.geometry import Window, trace

CASES = (
    (0, [(3, 1, 1)], (-1, 1)),  # one pixel of padding on the left
    (4, [(3, 1, 0)], (4, 6)),
    (1, [(2, 2, 0)], (2, 3)),
    (3, [(3, 2, 1)], (5, 7)),
    (2, [(3, 1, 1), (2, 2, 0), (3, 1, 1)], (1, 8)),
    (0, [(11, 4, 2), (3, 2, 0)], (-2, 16)),  # the head of AlexNet
)


def pairs(answer):
    """Check that every unit sees from the first to the last pixel as counted by hand."""
    for index, layers, (first, last) in CASES:
        got = answer(index, list(layers))
        what = f"Unit {index} after {layers}"
        expect(hasattr(got, "__len__") and len(got) == 2, f"{what}: expected (first, last), got {got!r}.")
        expect_integer(got[0], first, f"{what}, the first pixel")
        expect_integer(got[1], last, f"{what}, the last pixel")


def agrees_with_the_library(answer):
    """Check that size and centre are those of `geometry.trace`."""
    layers = [(5, 2, 2), (3, 1, 1), (2, 2, 0), (3, 2, 1)]
    unit = trace(64, [Window(*layer) for layer in layers])[-1]
    first, last = answer(3, layers)
    expect_integer(last - first + 1, unit.receptive_field, f"The number of pixels seen after {layers}")
    centre = unit.start + 3 * unit.jump
    expect(
        (first + last) / 2 == centre,
        f"Unit 3 after {layers} is centred at {centre}, yours at {(first + last) / 2}.",
    )


def upwards(index, layers):
    first = last = index
    for kernel_size, stride, padding in layers:
        first, last = first * stride - padding, last * stride - padding + kernel_size - 1
    return first, last


@exercise(
    title="Which pixels exactly?",
    difficulty="idea",
    checks=(pairs, agrees_with_the_library),
    hints=(
        "Which units of the layer below does unit u of a layer with kernel k, stride s and padding p read?",
        "Start with first = last = index and take the layers from the last one to the first one.",
    ),
    mistakes=(
        Mistake(
            "reversed(layers)", "layers", "The way from a unit back to the pixels begins with the last layer."
        ),
        Mistake(
            "stride - padding\n",
            "stride + padding\n",
            "Padding stands before pixel 0, so it moves the window to the left.",
        ),
        Mistake(
            " + kernel_size - 1",
            " + kernel_size",
            "One pixel too far: the first pixel of the window is one of kernel_size.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(upwards, "the first pixel: expected -2, got -4", "the layers from the bottom up"),
        WrongAnswer(
            lambda i, layers: pixels_seen.reference(i, [(k, s, 0) for k, s, _ in layers]),
            "expected -1",
            "padding forgotten",
        ),
        WrongAnswer(
            lambda i, layers: (
                max(0, pixels_seen.reference(i, layers)[0]),
                pixels_seen.reference(i, layers)[1],
            ),
            "expected -1",
            "cut at the border",
        ),
        WrongAnswer(
            lambda i, layers: (pixels_seen.reference(i, layers)[0], pixels_seen.reference(i, layers)[1] + 1),
            "the last pixel",
            "one too many",
        ),
        WrongAnswer(lambda i, layers: pixels_seen.reference(i, layers)[0], "(first, last)", "one number"),
    ),
)
def pixels_seen(index, layers):
    first = last = index
    for kernel_size, stride, padding in reversed(layers):
        first = first * stride - padding
        last = last * stride - padding + kernel_size - 1
    return first, last
