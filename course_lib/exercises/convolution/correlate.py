"""All channels at once: a convolution over channels, in NumPy."""

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
    """Check that two channels are correlated and added up, against a published example."""
    image = np.array([[[0, 1, 2], [3, 4, 5], [6, 7, 8]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]]], dtype=float)
    weight = np.array([[[[0, 1], [2, 3]], [[1, 2], [3, 4]]]], dtype=float)
    got = as_array(answer(image, weight, np.zeros(1)), "The two-channel example")
    expect(
        got.shape != (1, 2, 2, 2),
        f"The channels must be summed: two channels and one kernel give shape (1, 2, 2), got {got.shape}.",
    )
    # two channels, worked out in Dive into Deep Learning, section on channels
    expect_close(got, [[[56, 72], [104, 120]]], "The two-channel example")


def not_flipped(answer):
    """Before the numbers by hand, which a flipped kernel misses without a reason."""
    image, weight = np.zeros((1, 3, 4)), np.zeros((1, 1, 2, 2))
    image[0, 1, 1], weight[0, 0, 0, 1] = 1, 5
    flipped = [[0, 5, 0], [0, 0, 0]]
    got = as_array(answer(image, weight, np.zeros(1)), "One bright pixel in a 3x4 image")
    expect(
        got.shape[-2:] != (2, 3) or not np.array_equal(got.reshape(-1, 2, 3)[0], flipped),
        "You flipped the kernel: the layer is a cross-correlation, the kernel stays as it is.",
    )


def each_bias_once(answer):
    """Check that a black image gives each kernel's bias, once."""
    got = answer(np.zeros((2, 3, 5)), np.zeros((3, 2, 2, 3)), np.array([1.0, 2.0, 3.0]))
    expected = np.broadcast_to(np.array([1.0, 2.0, 3.0])[:, None, None], (3, 2, 3))
    expect_close(got, expected, "A black image: every output is the bias of its kernel")


def every_kernel_makes_its_own_map(answer):
    """Two different kernels of 2x3: catches one map for all, and a kernel read as a square."""
    image, weight = np.zeros((1, 2, 4)), np.zeros((2, 1, 2, 3))
    image[0] = [[1, 2, 3, 4], [5, 6, 7, 8]]
    weight[0, 0, 0, 0], weight[1, 0, 1, 2] = 1, 1  # the corners at the upper left and the lower right
    got = answer(image, weight, np.zeros(2))
    expect_close(got, [[[1, 2]], [[7, 8]]], "Two kernels of 2x3, one for each map")


def channels_kept(image, weight, bias):
    maps = [correlate.reference(image[c : c + 1], weight[:, c : c + 1], bias) for c in range(len(image))]
    return np.stack(maps, axis=1)


def no_return(image, weight, bias):
    correlate.reference(image, weight, bias)


def first_kernel_for_all(image, weight, bias):
    return correlate.reference(image, np.broadcast_to(weight[:1], weight.shape), bias)


def square_part(image, weight, bias):
    """As if the kernel had as many columns as rows; the rest of it is never read."""
    cut = weight.copy()
    cut[..., weight.shape[2] :] = 0
    return correlate.reference(image, cut, bias)


@exercise(
    title="All channels at once",
    difficulty="idea",
    checks=(not_flipped, by_hand, each_bias_once, every_kernel_makes_its_own_map),
    hints=(
        "At how many rows and columns does the kernel fit? That is the output's shape.",
        "Which three axes do a patch of the image and one kernel share? All three are summed.",
    ),
    mistakes=(
        Mistake(
            "height - rows + 1",
            "height - rows",
            "A row is missing: the first position of the window counts, too.",
        ),
        Mistake(
            ", i : i + rows, j : j + columns]",
            ", j : j + rows, i : i + columns]",
            "i counts rows and j columns of the output; in your patch they are swapped.",
        ),
        Mistake(
            "tensordot(weight,",
            "tensordot(weight[:, :, ::-1, ::-1],",
            "With the kernel turned round it is what mathematicians call a convolution.",
        ),
        Mistake(
            "axes=3",
            "axes=2",
            "A kernel and its patch share three axes, channels, rows and columns, and the "
            "sum must go over all three; `axes=2` pairs two, of other lengths.",
        ),
        Mistake(" + bias", "", "The bias is not added."),
    ),
    wrong_answers=(
        WrongAnswer(channels_kept, "channels must be summed", "one map per channel"),
        WrongAnswer(
            lambda image, weight, bias: correlate.reference(image, weight[:, :, ::-1, ::-1], bias),
            "You flipped",
            "the kernel flipped",
        ),
        WrongAnswer(
            lambda image, weight, bias: correlate.reference(image, weight, len(image) * bias),
            "the bias of its kernel",
            "the bias added once per channel",
        ),
        WrongAnswer(
            lambda image, weight, bias: correlate.reference(image, weight, 0 * bias), "the bias", "no bias"
        ),
        WrongAnswer(first_kernel_for_all, "one for each map", "the first kernel for all maps"),
        WrongAnswer(square_part, "Two kernels of 2x3", "only a square part of the kernel"),
        WrongAnswer(no_return, "return", "no return"),
    ),
)
def correlate(image, weight, bias):
    """Return the feature maps of one image, shape (O, H - K + 1, W - L + 1)."""
    num_kernels, _, rows, columns = weight.shape
    height, width = image.shape[1:]
    output = np.empty((num_kernels, height - rows + 1, width - columns + 1))
    for i in range(output.shape[1]):
        for j in range(output.shape[2]):
            patch = image[:, i : i + rows, j : j + columns]  # (C, K, L)
            output[:, i, j] = np.tensordot(weight, patch, axes=3) + bias  # (O,)
    return output
