"""Back again, with a stride: the transpose of the lowering, col2im."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect, expect_close

MISPLACED = {  # where a 1 lands that belongs to pixel (1, 1), and why
    (2, 0): " The window's rows and columns have changed places.",
    (3, 1): " The window is turned by half: here each number goes back to where it was read.",
}


def lower(image, kernel_size, stride):
    """Return the windows of (C, H, W) as the columns of a matrix (C K K, H' W')."""
    windows = sliding_window_view(image, (kernel_size, kernel_size), axis=(1, 2))[:, ::stride, ::stride]
    return windows.transpose(0, 3, 4, 1, 2).reshape(len(image) * kernel_size**2, -1)


def counts(answer):
    """Check that columns of ones count in how many windows each pixel lies."""
    got = as_array(answer(np.ones((9, 25)), (1, 7, 7), 3, 1), "Columns of ones")
    expect(got.shape == (1, 7, 7), f"Expected the image's shape (1, 7, 7), got {got.shape}.")
    expect(
        got[0, 3, 3] != 1,
        "A pixel in the middle belongs to 9 windows, and all of them must be added; "
        "your result there is 1: the last one replaced the others.",
    )
    counts = np.convolve(np.ones(3), np.ones(5))
    expect_close(got[0], np.outer(counts, counts), "Columns of ones: in how many windows each pixel lies")


def places(answer):
    """Check that a single 1 lands at its channel, row and column."""
    grad_columns = np.zeros((18, 25))
    grad_columns[10, 5] = 1  # c = 1, u = 0, v = 1 in the window that starts at row 1, column 0
    got = as_array(answer(grad_columns, (2, 7, 7), 3, 1), "Columns with a single 1")
    expect(got.shape == (2, 7, 7), f"Expected the image's shape (2, 7, 7), got {got.shape}.")
    channel, row, column = np.unravel_index(np.abs(got).argmax(), got.shape)
    expect(
        (channel, row, column) == (1, 1, 1),
        "A single 1 in the columns, for channel 1, row 0 and column 1 of the window that starts at pixel "
        "(1, 0), belongs to pixel (1, 1) of channel 1; "
        f"yours lands on ({row}, {column}) of channel {channel}.{MISPLACED.get((row, column), '')}",
    )


def is_transpose(answer):
    """Check that raising is the transpose of lowering, for four strides."""
    rng = np.random.default_rng(1)
    for stride in (1, 2, 3, 4):  # with stride 2 a column of pixels is left over, with 4 there are gaps
        image = rng.normal(size=(2, 7, 8))
        lowered = lower(image, 3, stride)
        columns = rng.normal(size=lowered.shape)
        got = as_array(answer(columns, image.shape, 3, stride), "The gradient of a (2, 7, 8) image")
        expect(got.shape == image.shape, f"Expected the image's shape {image.shape}, got {got.shape}.")
        side_by_side = stride > 1 and np.allclose(got, stride_ignored(columns, image.shape, 3, stride))
        expect(
            not side_by_side,
            f"stride {stride}: you put neighbouring windows one pixel apart, but they lie {stride} "
            "apart, and so do the pixels that one place of the window touches.",
        )
        expect_close(
            np.sum(image * got),
            np.sum(lowered * columns),
            f"stride {stride}: the lowered a . b and a . raise_columns(b), equal for all a and b",
        )


def last_wins(grad_columns, image_shape, kernel_size, stride):
    grad = np.zeros(image_shape)
    where = lower(np.arange(grad.size).reshape(image_shape), kernel_size, stride)
    grad.flat[where.ravel()] = grad_columns.ravel()
    return grad


def transposed(grad_columns, image_shape, kernel_size, stride):
    parts = grad_columns.reshape(-1, kernel_size, kernel_size, grad_columns.shape[1]).swapaxes(1, 2)
    return raise_columns.reference(parts.reshape(grad_columns.shape), image_shape, kernel_size, stride)


def channels_last(grad_columns, image_shape, kernel_size, stride):
    parts = grad_columns.reshape(kernel_size**2, image_shape[0], -1).swapaxes(0, 1)
    return raise_columns.reference(parts.reshape(grad_columns.shape), image_shape, kernel_size, stride)


def stride_ignored(grad_columns, image_shape, kernel_size, stride):
    """The windows of a stride, put side by side."""
    (C, H, W), K = image_shape, kernel_size
    rows, columns = (H - K) // stride + 1, (W - K) // stride + 1
    parts = grad_columns.reshape(C, K, K, rows, columns)
    grad = np.zeros(image_shape)
    for u, v in np.ndindex(K, K):
        grad[:, u : u + rows, v : v + columns] += parts[:, u, v]
    return grad


@exercise(
    title="Back again, with a stride",
    difficulty="idea",
    checks=(counts, places, is_transpose),
    hints=(
        "Give the rows of the columns their three axes back: channel, row and column within the window.",
        "For one place in the window, which pixels do all windows touch, and how far apart are they?",
    ),
    wrong_answers=(
        WrongAnswer(last_wins, "must be added", "= for +="),
        WrongAnswer(transposed, "have changed places", "u and v exchanged"),
        WrongAnswer(
            lambda g, s, k, stride: raise_columns.reference(g[::-1], s, k, stride),
            "of channel 0",
            "channels and kernel turned",
        ),
        WrongAnswer(
            lambda g, s, k, stride: raise_columns.reference(
                g.reshape(s[0], k * k, -1)[:, ::-1].reshape(g.shape), s, k, stride
            ),
            "turned by half",
            "kernel turned",
        ),
        WrongAnswer(channels_last, "of channel 1", "channels behind the places"),
        WrongAnswer(
            stride_ignored,
            "stride 2: you put neighbouring windows one pixel apart",
            "windows put side by side",
        ),
    ),
)
def raise_columns(grad_columns, image_shape, kernel_size, stride):
    (C, H, W), K = image_shape, kernel_size
    rows, columns = (H - K) // stride + 1, (W - K) // stride + 1
    parts = grad_columns.reshape(C, K, K, rows, columns)
    grad = np.zeros(image_shape, grad_columns.dtype)
    for u, v in np.ndindex(K, K):
        u_end, v_end = u + rows * stride, v + columns * stride
        grad[:, u:u_end:stride, v:v_end:stride] += parts[:, u, v]
    return grad
