"""Average pooling, backward: everybody in the window gets the same share."""

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
    expect_close,
)


def by_hand(answer):
    """Check that two windows of 2 x 2 share 4 and 8 equally."""
    what = "The gradient 4, 8 of two windows of 2x2"
    got, shape = as_array(answer(np.array([[[[4.0, 8.0]]]]), 2), what), (1, 1, 2, 4)
    expect(got.shape == shape, f"{what}: they come from an image of shape {shape}, got shape {got.shape}.")
    first, total = got[0, 0, :, :2], got[0, 0, :, :2].sum()
    expect(
        np.count_nonzero(first) != 1,
        f"{what}: one pixel of the window got everything, as in max-pooling. A mean listens to all four.",
    )
    expect(
        not np.allclose(got[0, 0], [[1, 2, 1, 2], [1, 2, 1, 2]]),
        f"{what}: the right shares at the wrong pixels. The four pixels of a window are neighbours, "
        "which is np.repeat, not np.tile.",
    )
    expect(
        np.isclose(total, 4),
        f"{what}: the four shares of the first window should add up to 4, yours add up to {total:g}.",
    )
    expect_close(got, [[[[1, 1, 2, 2], [1, 1, 2, 2]]]], what)


def of_a_batch(answer):
    """Check that every pixel of a batch gets its window's share, for two sizes of window."""
    grad_output = np.arange(2 * 3 * 2 * 4, dtype=float).reshape(2, 3, 2, 4)
    for size in (1, 3):
        expected = np.zeros((2, 3, 2 * size, 4 * size))
        for i, j in np.ndindex(2 * size, 4 * size):
            expected[:, :, i, j] = grad_output[:, :, i // size, j // size] / size**2
        expect_close(answer(grad_output.copy(), size), expected, f"A batch with kernel_size={size}")


def tiled(grad_output, kernel_size):
    return np.tile(grad_output / kernel_size**2, (1, 1, kernel_size, kernel_size))


def to_the_first(grad_output, kernel_size):
    grad_input = np.zeros_like(average_pool_backward.reference(grad_output, kernel_size))
    grad_input[:, :, ::kernel_size, ::kernel_size] = grad_output
    return grad_input


@exercise(
    title="Average pooling, backward",
    difficulty="warm-up",
    checks=(by_hand, of_a_batch),
    hints=(
        "Which outputs does one pixel reach, and at what rate? The rate is its weight in the mean.",
        "array.repeat(k, axis) writes every number k times in a row.",
    ),
    mistakes=(
        Mistake(
            "axis=2).repeat(kernel_size, axis=3)",
            "axis=1).repeat(kernel_size, axis=2)",
            "Axis 1 are the channels: rows and columns are the two axes behind it.",
        ),
        Mistake(
            "kernel_size**2",
            "kernel_size",
            "A window has as many rows as columns: its pixels are kernel_size squared.",
        ),
        Mistake(" / kernel_size**2", " / 1", "Every pixel gets the whole gradient, not its share."),
    ),
    wrong_answers=(
        WrongAnswer(lambda g, k: average_pool_backward.reference(k**2 * g, k), "add up to 4", "not divided"),
        WrongAnswer(lambda g, k: average_pool_backward.reference(k * g, k), "add up to 4", "divided by k"),
        WrongAnswer(tiled, "np.repeat, not np.tile", "tiled"),
        WrongAnswer(to_the_first, "as in max-pooling", "everything to one pixel"),
        WrongAnswer(lambda g, k: g / k**2, "from an image of shape", "not spread over the window"),
        WrongAnswer(lambda g, k: average_pool_backward.reference(g, 2), "kernel_size=1", "always 2x2"),
    ),
)
def average_pool_backward(grad_output, kernel_size):
    share = grad_output / kernel_size**2  # every pixel of a window gets the same
    return share.repeat(kernel_size, axis=2).repeat(kernel_size, axis=3)
