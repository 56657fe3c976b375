"""True convolution, from the chapter's cross-correlation."""

import numpy as np
from scipy import signal

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect, expect_close


def correlate2d(image, kernel):
    """The chapter's function."""
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.tensordot(patches, kernel, axes=2)


def square(answer):
    image, kernel = np.array([[0.0, 1, 4], [9, 2, 25], [6, 49, 3]]), np.arange(4.0).reshape(2, 2)
    got = as_array(answer(image, kernel), "A 3x3 image")
    for turned, mistake in (
        (kernel, "That is still the cross-correlation: the kernel was not turned."),
        (kernel[::-1], "You turned the rows only; the columns must be reversed too."),
        (kernel[:, ::-1], "You turned the columns only; the rows must be reversed too."),
        (kernel.T, "You transposed the kernel; a turn by 180 degrees reverses both axes."),
    ):
        same = got.shape == (2, 2) and np.allclose(got, correlate2d(image, turned))
        expect(not same, mistake)
    expect_close(got, signal.convolve2d(image, kernel, mode="valid"), "A 3x3 image")


def not_square(answer):
    image, kernel = np.arange(20.0).reshape(4, 5) % 7, np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    got = answer(image, kernel)
    expect_close(got, signal.convolve2d(image, kernel, mode="valid"), "A 4x5 image and a 2x3 kernel")


@exercise(
    difficulty="idea",
    checks=(square, not_square),
    hints=(
        "Turning by 180 degrees reverses both axes.",
        "array[::-1] reverses the first axis; what reverses the second?",
    ),
    wrong_answers=(
        WrongAnswer(lambda x, k: correlate2d(x, k), "still the cross-correlation", "not turned"),
        WrongAnswer(lambda x, k: correlate2d(x, k[::-1]), "rows only", "one axis"),
        WrongAnswer(lambda x, k: correlate2d(x, k.T), "transposed", "transposed"),
        WrongAnswer(lambda x, k: correlate2d(np.pad(x, 1), k[::-1, ::-1]), "shape", "padded"),
    ),
)
def convolve2d(image, kernel):
    return correlate2d(image, kernel[::-1, ::-1])
