"""Exercises of the chapter *What is left of a dense layer when it knows about space?*"""

import numpy as np
from scipy import signal

from course_lib.exercises.framework import Exercise, NotAttempted, WrongAnswer, as_array, expect, expect_close


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


def _correlate_by_hand(answer):
    image = np.array([[[0, 1, 2], [3, 4, 5], [6, 7, 8]], [[1, 2, 3], [4, 5, 6], [7, 8, 9]]], dtype=float)
    weight = np.array([[[[0, 1], [2, 3]], [[1, 2], [3, 4]]]], dtype=float)
    got = answer(image.copy(), weight.copy(), np.zeros(1))
    shape = np.shape(got)
    expect(
        len(shape) != 4 and shape != (1, 2, 2, 2),
        f"The channels must be summed: two channels and one kernel give shape (1, 2, 2), got {shape}.",
    )
    # two channels, worked out in Dive into Deep Learning, section on channels
    expect_close(got, [[[56, 72], [104, 120]]], "The two-channel example")


def _correlate_is_not_flipped(answer):
    image, weight = np.zeros((1, 3, 4)), np.zeros((1, 1, 2, 2))
    image[0, 1, 1], weight[0, 0, 0, 1] = 1, 5
    expected = np.zeros((1, 2, 3))
    expected[0, 1, 0] = 5
    got = as_array(answer(image, weight, np.zeros(1)), "One bright pixel")
    flipped = np.zeros((1, 2, 3))
    flipped[0, 0, 1] = 5
    expect(
        got.shape != flipped.shape or not np.array_equal(got, flipped),
        "You flipped the kernel: the layer is a cross-correlation, the kernel stays as it is.",
    )
    expect_close(got, expected, "One bright pixel in a 3x4 image")


def _correlate_adds_each_bias_once(answer):
    got = answer(np.zeros((2, 3, 5)), np.zeros((3, 2, 2, 3)), np.array([1.0, 2.0, 3.0]))
    expected = np.broadcast_to(np.array([1.0, 2.0, 3.0])[:, None, None], (3, 2, 3))
    expect_close(got, expected, "A black image: every output is the bias of its kernel")


def _channels_kept(image, weight, bias):
    return np.stack(
        [_solution(image[c : c + 1], weight[:, c : c + 1], bias) for c in range(len(image))], axis=1
    )


def _no_return(image, weight, bias):
    _solution(image, weight, bias)


def _bias_per_channel(image, weight, bias):
    return _solution(image, weight, len(image) * bias)


correlate = Exercise(
    name="correlate",
    checks=(_correlate_by_hand, _correlate_is_not_flipped, _correlate_adds_each_bias_once),
    reference=correlate,
    hints=(
        "At how many rows and columns does the kernel fit? That is the output's shape.",
        "The patch at (i, j) is image[:, i:i+K, j:j+L]; multiply it with every kernel and sum three axes.",
    ),
    wrong_answers=(
        WrongAnswer(_channels_kept, "channels must be summed", "one map per channel"),
        WrongAnswer(
            lambda image, weight, bias: _solution(image, weight[:, :, ::-1, ::-1], bias),
            "The two-channel example",
            "the kernel flipped",
        ),
        WrongAnswer(_bias_per_channel, "the bias of its kernel", "the bias added once per channel"),
        WrongAnswer(lambda image, weight, bias: _solution(image, weight, 0 * bias), "the bias", "no bias"),
        WrongAnswer(_no_return, "return", "no return"),
    ),
)
_solution = correlate.reference


def _dark_above_bright(answer):
    if answer is Ellipsis:
        raise NotAttempted
    kernel = as_array(answer, "Your kernel")
    expect(kernel.shape == (3, 3), f"Your kernel must have shape (3, 3), got {kernel.shape}.")
    patches = {
        "dark above bright": (np.repeat([[0.0], [2.0], [2.0]], 3, axis=1), 6.0),
        "dark above bright, one pixel lower": (np.repeat([[0.0], [0.0], [2.0]], 3, axis=1), 6.0),
        "bright above dark": (np.repeat([[2.0], [0.0], [0.0]], 3, axis=1), 0.0),
        "a vertical edge": (np.repeat([[0.0, 2.0, 2.0]], 3, axis=0), 0.0),
        "a vertical edge, turned round": (np.repeat([[2.0, 0.0, 0.0]], 3, axis=0), 0.0),
        "a flat bright patch": (np.full((3, 3), 2.0), 0.0),
    }
    for what, (patch, expected) in patches.items():
        before = float((kernel * patch).sum())
        expect(
            abs(max(before, 0) - expected) < 1e-6,
            f"At {what} the response after the ReLU should be {expected:g}; "
            f"your kernel gives {before:g}, so {max(before, 0):g} after it.",
        )


dark_above_bright = Exercise(
    name="dark_above_bright",
    checks=(_dark_above_bright,),
    reference=np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]]),
    hints=(
        "Which rows should count positive if the bright side is below?",
        "Three equal weights of a row times a brightness of 2 should give 6.",
    ),
    wrong_answers=(
        WrongAnswer(np.array([[1, 1, 1], [0, 0, 0], [-1, -1, -1]]), "dark above bright", "polarity"),
        WrongAnswer(np.array([[-1, 0, 1]] * 3), "dark above bright", "turned by 90 degrees"),
        WrongAnswer(np.array([[0, 0, 0], [0, 0, 0], [1, 1, 1]]), "vertical edge", "answers to brightness"),
        WrongAnswer(np.array([[-2, -2, -2], [0, 0, 0], [2, 2, 2]]), "should be 6", "twice as strong"),
        WrongAnswer(np.ones((2, 2)), "shape (3, 3)", "wrong size"),
    ),
)


def matrix_counts(kernel_size, image_size):
    num_positions = (image_size - kernel_size + 1) ** 2
    return num_positions * kernel_size**2, kernel_size**2


def _matrix_counts(answer):
    # 36 and 9: Dumoulin and Visin (2016); the others counted on the matrix itself
    for kernel_size, image_size, expected in (
        (3, 4, (36, 9)),
        (3, 7, (225, 9)),
        (2, 5, (64, 4)),
        (1, 3, (9, 1)),
    ):
        got = answer(kernel_size, image_size)
        expect(got is not None, "Expected a pair, got None. Does your function end with `return`?")
        case = f"kernel_size={kernel_size}, image_size={image_size}"
        expect(np.shape(got) == (2,), f"{case}: expected a pair of numbers, got {got!r}.")
        expect(
            got[0] == expected[0],
            f"{case}: expected {expected[0]} non-zeros (positions times weights), got {got[0]!r}.",
        )
        expect(got[1] == expected[1], f"{case}: expected {expected[1]} different values, got {got[1]!r}.")


matrix_counts = Exercise(
    name="matrix_counts",
    checks=(_matrix_counts,),
    reference=matrix_counts,
    hints=(
        "How many rows has the matrix? One per position of the kernel.",
        "Without padding there are image_size - kernel_size + 1 positions along each axis.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda k, n: ((n - k) ** 2 * k**2, k**2), "positions times weights", "a position forgotten"
        ),
        WrongAnswer(lambda k, n: (n**2 * k**2, k**2), "positions times weights", "counts padding"),
        WrongAnswer(lambda k, n: ((n - k + 1) * k**2, k**2), "positions times weights", "one axis only"),
        WrongAnswer(lambda k, n: ((n - k + 1) ** 2 * k**2,) * 2, "different values", "no sharing"),
        WrongAnswer(lambda k, n: (n - k + 1) ** 2 * k**2, "a pair", "one number"),
    ),
)


def correlate2d(image, kernel):
    """The chapter's function."""
    patches = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.tensordot(patches, kernel, axes=2)


def convolve2d(image, kernel):
    return correlate2d(image, kernel[::-1, ::-1])


def _convolve2d(answer):
    image, kernel = np.array([[0.0, 1, 4], [9, 2, 25], [6, 49, 3]]), np.arange(4.0).reshape(2, 2)
    got = as_array(answer(image.copy(), kernel.copy()), "A 3x3 image")
    for turned, mistake in (
        (kernel, "That is still the cross-correlation: the kernel was not turned."),
        (kernel[::-1], "You turned the rows only; the columns must be reversed too."),
        (kernel[:, ::-1], "You turned the columns only; the rows must be reversed too."),
        (kernel.T, "You transposed the kernel; a turn by 180 degrees reverses both axes."),
    ):
        same = got.shape == (2, 2) and np.allclose(got, correlate2d(image, turned))
        expect(not same, mistake)
    expect_close(got, signal.convolve2d(image, kernel, mode="valid"), "A 3x3 image")


def _convolve2d_not_square(answer):
    image, kernel = np.arange(20.0).reshape(4, 5) % 7, np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    got = answer(image.copy(), kernel.copy())
    expect_close(got, signal.convolve2d(image, kernel, mode="valid"), "A 4x5 image and a 2x3 kernel")


convolve2d = Exercise(
    name="convolve2d",
    checks=(_convolve2d, _convolve2d_not_square),
    reference=convolve2d,
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
