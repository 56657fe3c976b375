"""Exercises of the chapter *How fast can NumPy be, and what does it wait for?*"""

from typing import ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import signal

from course_lib.exercises.framework import Exercise, WrongAnswer, as_array, expect, expect_close


def lower(image, kernel_size):
    """Return the windows of (C, H, W) as the columns of a matrix (C K K, H' W')."""
    windows = sliding_window_view(image, (kernel_size, kernel_size), axis=(1, 2))  # (C, H', W', K, K)
    channels = len(image)
    return windows.transpose(0, 3, 4, 1, 2).reshape(channels * kernel_size**2, -1)


def _lower_by_hand(answer):
    image = np.array([[[0.0, 1, 2], [3, 4, 5], [6, 7, 8]]])
    got = as_array(answer(image.copy(), 2), "The columns of a 3x3 image")
    expected = np.array([[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]])
    expect(got.shape == (4, 4), f"A 2x2 kernel has 4 windows of 4 pixels: expected (4, 4), got {got.shape}.")
    expect_close(got, expected, "The columns of the 3x3 image that counts from 0 to 8")


def _lower_multiplies(answer):
    rng = np.random.default_rng(0)
    image, weight = rng.normal(size=(2, 5, 6)), rng.normal(size=(3, 2, 3, 3))
    got = as_array(answer(image.copy(), 3), "The columns of a (2, 5, 6) image")
    expect(
        got.shape == (18, 12),
        f"Two channels, 3x3 kernel, 3x4 positions: expected shape (18, 12), got {got.shape}; "
        "a window is a column.",
    )
    expected = [sum(signal.correlate2d(a, b, "valid") for a, b in zip(image, k, strict=True)) for k in weight]
    expect_close(
        weight.reshape(3, -1) @ got,
        np.reshape(expected, (3, -1)),
        "weight.reshape(O, -1) @ columns (the rows must be in the order channel, row, column)",
    )


def _permuted(image, k, *axes):
    return sliding_window_view(image, (k, k), axis=(1, 2)).transpose(axes).reshape(len(image) * k**2, -1)


lower = Exercise(
    name="lower",
    checks=(_lower_by_hand, _lower_multiplies),
    reference=lower,
    hints=(
        "sliding_window_view(image, (K, K), axis=(1, 2)) has shape (C, H', W', K, K), and copies nothing.",
        "Bring the axes into the order C, K, K, H', W' before you reshape.",
    ),
    wrong_answers=(
        WrongAnswer(lambda image, k: _lower(image, k).T.copy(), "a window is a column", "windows as rows"),
        WrongAnswer(lambda image, k: _permuted(image, k, 0, 1, 2, 3, 4), "columns", "axes not moved"),
        WrongAnswer(
            lambda image, k: _permuted(image, k, 3, 4, 0, 1, 2), "channel, row, column", "channels innermost"
        ),
        WrongAnswer(lambda image, k: _lower(image[:, ::-1, ::-1], k), "counts from 0 to 8", "image turned"),
    ),
)
_lower = lower.reference


def raise_columns(grad_columns, image_shape, kernel_size):
    """Add every column to the pixels of its window: the transpose of `lower`."""
    channels, height, width = image_shape
    rows, columns = height - kernel_size + 1, width - kernel_size + 1
    grad_columns = grad_columns.reshape(channels, kernel_size, kernel_size, rows, columns)
    grad = np.zeros(image_shape, grad_columns.dtype)
    for u in range(kernel_size):
        for v in range(kernel_size):
            grad[:, u : u + rows, v : v + columns] += grad_columns[:, u, v]
    return grad


def _raise_counts(answer):
    got = as_array(answer(np.ones((9, 25)), (1, 7, 7), 3), "Columns of ones")
    expect(got.shape == (1, 7, 7), f"Expected the image's shape (1, 7, 7), got {got.shape}.")
    expect(
        got[0, 3, 3] != 1,
        "A pixel in the middle belongs to 9 windows, and all of them must be added; "
        "your result there is 1: the last one replaced the others.",
    )
    counts = np.convolve(np.ones(3), np.ones(5))
    expect_close(got[0], np.outer(counts, counts), "Columns of ones: in how many windows each pixel lies")


def _raise_places(answer):
    grad_columns = np.zeros((9, 25))
    grad_columns[2, 5] = 1  # u = 0, v = 2 in the window that starts at row 1, column 0
    got = as_array(answer(grad_columns, (1, 7, 7), 3), "Columns with a single 1")
    row, column = np.unravel_index(np.abs(got[0]).argmax(), (7, 7))
    expect(
        (row, column) == (1, 2),
        "A single 1 in the columns, for row 0 and column 2 of the window that starts at pixel (1, 0), "
        f"belongs to pixel (1, 2); yours lands on ({row}, {column}).",
    )


def _raise_is_transpose(answer):
    rng = np.random.default_rng(1)
    image, columns = rng.normal(size=(2, 5, 6)), rng.normal(size=(18, 12))
    got = as_array(answer(columns.copy(), (2, 5, 6), 3), "The gradient of a (2, 5, 6) image")
    expect_close(
        np.sum(image * got),
        np.sum(_lower(image, 3) * columns),
        "lower(a) . b and a . raise_columns(b), which must be equal for all a and b",
    )


def _raise_last_wins(grad_columns, image_shape, kernel_size):
    grad = np.zeros(image_shape)
    where = _lower(np.arange(grad.size).reshape(image_shape), kernel_size)
    grad.flat[where.ravel()] = grad_columns.ravel()
    return grad


def _raise_transposed(grad_columns, image_shape, kernel_size):
    parts = grad_columns.reshape(-1, kernel_size, kernel_size, grad_columns.shape[1]).swapaxes(1, 2)
    return _raise(parts.reshape(grad_columns.shape), image_shape, kernel_size)


raise_columns = Exercise(
    name="raise_columns",
    checks=(_raise_counts, _raise_places, _raise_is_transpose),
    reference=raise_columns,
    hints=(
        "Reshape the columns to (C, K, K, H', W'): [c, u, v] belongs to pixels u lower and v to the right.",
        "Start from zeros and add grad_columns[:, u, v] to grad[:, u:u+H', v:v+W'], for each u and v.",
    ),
    wrong_answers=(
        WrongAnswer(_raise_last_wins, "must be added", "= for +="),
        WrongAnswer(lambda g, s, k: _raise(g, s, k) / _raise(g**0, s, k), "added", "mean for sum"),
        WrongAnswer(_raise_transposed, "belongs to pixel (1, 2)", "u and v exchanged"),
        WrongAnswer(lambda g, s, k: _raise(g[::-1], s, k), "belongs to pixel (1, 2)", "kernel turned"),
    ),
)
_raise = raise_columns.reference


def columns_bytes(input_shape, kernel_size, stride, padding, itemsize):
    """Return the bytes of the lowered batch."""
    num_images, channels, height, width = input_shape
    rows = (height + 2 * padding - kernel_size) // stride + 1
    columns = (width + 2 * padding - kernel_size) // stride + 1
    return itemsize * channels * kernel_size**2 * rows * columns * num_images


def _columns_bytes(answer):
    # CS231n's example: 227x227x3, 11x11 kernels, stride 4 give a matrix of 363 x 3025
    cases = (
        ((1, 3, 227, 227), 11, 4, 0, 4, 4 * 363 * 3025),
        ((2, 1, 5, 7), 3, 1, 0, 8, 8 * 9 * 15 * 2),
        ((2, 1, 5, 7), 3, 1, 1, 8, 8 * 9 * 35 * 2),
        ((1, 4, 8, 8), 3, 2, 0, 4, 4 * 36 * 9),
    )
    for shape, size, stride, padding, itemsize, expected in cases:
        got = as_array(answer(shape, size, stride, padding, itemsize), "The number of bytes")
        expect(
            got.shape == () and got == expected,
            f"images {shape}, kernel {size}, stride {stride}, padding {padding}, {itemsize} bytes each: "
            f"expected {expected:,} bytes, got {f'{got:,.12g}' if got.shape == () else got.tolist()}.",
        )


columns_bytes = Exercise(
    name="columns_bytes",
    checks=(_columns_bytes,),
    reference=columns_bytes,
    hints=(
        "A column has C K K numbers. How many windows are there in one image?",
        "(H + 2 padding - K) // stride + 1 rows of windows, and the same for the columns; times N.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda s, k, stride, p, b: _bytes((1, *s[1:]), k, stride, p, b), "expected", "one image only"
        ),
        WrongAnswer(lambda s, k, stride, p, b: _bytes(s, k, 1, p, b), "stride 4", "the stride ignored"),
        WrongAnswer(
            lambda s, k, stride, p, b: b * s[0] * s[1] * k**2 * s[2] * s[3], "expected", "a window per pixel"
        ),
        WrongAnswer(lambda s, k, stride, p, b: _bytes(s, k, stride, 0, b), "padding 1", "padding ignored"),
    ),
)
_bytes = columns_bytes.reference


def standardise(images):
    """Return the batch with mean 0 and standard deviation 1, in its own type."""
    shift = float(images.mean(dtype=np.float64))
    centred = images - shift
    scale = float(np.sqrt(np.mean(centred**2, dtype=np.float64)))
    return centred / scale


class _Watched(np.ndarray):
    """An array that notices every float64 array of its size that is computed from it."""

    widened: ClassVar[list] = []

    def __array_finalize__(self, parent):
        if self.dtype == np.float64 and self.ndim:
            _Watched.widened.append(self.shape)


def _standardise(answer):
    images = (3 + 2 * np.random.default_rng(0).normal(size=(4, 1, 5, 6))).astype(np.float32)
    _Watched.widened = []
    got = answer(images.copy().view(_Watched))
    expect(isinstance(got, np.ndarray), f"Return the batch as an array, got {type(got).__name__}.")
    expect(got.dtype == np.float32, f"float32 went in, {got.dtype} came out: which operand is float64?")
    expect(
        not _Watched.widened,
        "The result is float32, but on the way there was a float64 array as large as the batch. "
        "A cast at the end comes too late; and std(dtype=np.float64) makes such an array inside.",
    )
    got = np.asarray(got)
    expect_close(got.mean(dtype=np.float64), 0, "The mean of your batch", atol=1e-5)
    expect_close(got.std(dtype=np.float64), 1, "The standard deviation of your batch", rtol=1e-5)
    expected = (images - images.mean()) / images.std()
    expect_close(got, expected, "Your batch (one mean and one deviation for all of it)", atol=1e-4)


def _standardise_as_given(images):
    shift = np.array(images.mean(dtype=np.float64))
    scale = np.sqrt(np.mean((images - shift) ** 2))
    return (images - shift) / scale


standardise = Exercise(
    name="standardise",
    checks=(_standardise,),
    reference=standardise,
    hints=(
        "Print the type of shift and of scale. Python numbers adapt to an array, NumPy's numbers do not.",
        "float(...) turns a NumPy number into a Python number.",
    ),
    wrong_answers=(
        WrongAnswer(_standardise_as_given, "which operand is float64", "as given"),
        WrongAnswer(
            lambda images: _standardise_as_given(images).astype(np.float32), "too late", "a cast at the end"
        ),
        WrongAnswer(
            lambda x: (x - x.mean((2, 3), keepdims=True)) / x.std((2, 3), keepdims=True),
            "for all of it",
            "image by image",
        ),
        WrongAnswer(lambda images: images - float(images.mean()), "standard deviation", "not scaled"),
        WrongAnswer(lambda images: images / float(images.std()), "mean", "not shifted"),
    ),
)


def pointwise(images, weight, bias):
    """Return a 1x1 convolution: the same matrix at every pixel."""
    num_images, channels, height, width = images.shape
    pixels = images.reshape(num_images, channels, -1)  # (N, C, H W)
    mixed = weight[:, :, 0, 0] @ pixels + bias[:, None]  # (N, O, H W)
    return mixed.reshape(num_images, -1, height, width)


def _pointwise(answer):
    rng = np.random.default_rng(2)
    images, weight, bias = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(6, 3, 1, 1)), rng.normal(size=6)
    got = as_array(answer(images.copy(), weight.copy(), bias.copy()), "Your feature maps")
    expect(got.shape == (2, 6, 4, 5), f"Expected shape (2, 6, 4, 5), got {got.shape}.")
    n, o, i, j = 1, 4, 2, 3
    expected = sum(weight[o, c, 0, 0] * images[n, c, i, j] for c in range(3)) + bias[o]
    expect_close(got[n, o, i, j], expected, "Image 1, map 4, row 2, column 3: three products and the bias")
    expected = sum(weight[:, c] * images[:, c, None] for c in range(3)) + bias[:, None, None]
    expect_close(got, expected, "All feature maps")


pointwise = Exercise(
    name="pointwise",
    checks=(_pointwise,),
    reference=pointwise,
    hints=(
        "At every pixel the same matrix weight[:, :, 0, 0] is applied to the pixel's channels.",
        "Reshape the images to (N, C, H * W): matmul multiplies the matrix with each of the N.",
    ),
    wrong_answers=(
        WrongAnswer(lambda x, w, b: _pointwise_solution(x, w, 0 * b), "bias", "no bias"),
        WrongAnswer(
            lambda x, w, b: _pointwise_solution(x.reshape(2, 4, 5, 3).transpose(0, 3, 1, 2), w, b),
            "three products",
            "reshaped across channels",
        ),
        WrongAnswer(
            lambda x, w, b: np.moveaxis(_pointwise_solution(x, w, b), 1, 3),
            "shape (2, 6, 4, 5)",
            "channels last",
        ),
    ),
)
_pointwise_solution = pointwise.reference
