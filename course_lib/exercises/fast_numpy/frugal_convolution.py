"""A convolution under a budget of bytes: little memory, and no loop over positions."""

import time
import tracemalloc

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import signal

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect, expect_close

SHARE = 1 / 4  # of the lowered matrix


def all_windows(x, weight):
    """The chapter's function: the whole batch lowered at once."""
    K = weight.shape[2]
    windows = sliding_window_view(x, (K, K), axis=(2, 3))
    N, C, rows, columns = windows.shape[:4]
    matrix = windows.transpose(1, 4, 5, 0, 2, 3).reshape(C * K * K, -1)
    y = weight.reshape(len(weight), -1) @ matrix
    return y.reshape(len(weight), N, rows, columns).transpose(1, 0, 2, 3)


def position_loop(x, weight):
    """The chapter's function: one step for each position."""
    (N, _, H, W), K = x.shape, weight.shape[2]
    y = np.empty((N, len(weight), H - K + 1, W - K + 1))
    for i, j in np.ndindex(y.shape[2:]):
        y[:, :, i, j] = np.tensordot(x[:, :, i : i + K, j : j + K], weight, axes=([1, 2, 3],) * 2)
    return y


def is_a_convolution(answer):
    """Check that the maps are SciPy's, two cases."""
    rng = np.random.default_rng(0)
    for shape, kernels in (((2, 3, 19, 10), (4, 3, 3, 3)), ((3, 1, 5, 5), (2, 1, 5, 5))):
        x, weight = rng.normal(size=shape), rng.normal(size=kernels)
        expected = [
            [sum(signal.correlate2d(a, b, "valid") for a, b in zip(image, k, strict=True)) for k in weight]
            for image in x
        ]
        expect_close(answer(x, weight), expected, f"images {shape} and kernels {kernels}")


def peak_bytes(answer, x, weight):
    """Return the peak of what was allocated beside the result and the copies that an answer is given."""
    tracemalloc.start()
    result = as_array(answer(x, weight), "Your feature maps")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak - result.nbytes - x.nbytes - weight.nbytes


def stays_within_the_budget(answer):
    """Check that the peak of memory is a quarter of the columns at most, for a batch and for one image."""
    rng = np.random.default_rng(1)
    for shape in ((32, 3, 30, 34), (1, 3, 84, 60)):  # a batch, and one large image
        x, weight = rng.normal(size=shape), rng.normal(size=(8, 3, 5, 5))
        N, C, H, W = shape
        columns = 8 * C * 25 * (H - 4) * (W - 4) * N
        used = peak_bytes(answer, x, weight)
        expect(
            used <= SHARE * columns,
            f"images {shape}, kernels 5x5: {used / 1e6:.1f} MB at the peak beside the result, "
            f"the budget is {SHARE * columns / 1e6:.1f} MB. What of the columns do you need at one time?",
        )


def best_seconds(function, *arguments):
    """Return the shortest of five times, of the processor's: what else a machine does counts for nothing."""
    seconds = []
    for _ in range(5):
        start = time.process_time()
        function(*arguments)
        seconds.append(time.process_time() - start)
    return min(seconds)


def beats_the_position_loop(answer):
    """Check that the function takes less than a third of the position loop's time."""
    rng = np.random.default_rng(2)
    x, weight = rng.normal(size=(8, 3, 40, 40)), rng.normal(size=(8, 3, 3, 3))
    own, loop = best_seconds(answer, x, weight), best_seconds(position_loop, x, weight)
    expect(
        own < loop / 3,
        f"8 images of 40x40: {1e3 * own:.0f} ms; the position loop takes {1e3 * loop:.0f} ms, "
        "and you should need less than a third of that. "
        "The budget leaves room for more than one position at a time.",
    )


def image_by_image(x, weight):
    return np.concatenate([all_windows(x[n : n + 1], weight) for n in range(len(x))])


def gaps_between_strips(x, weight):
    K, size = weight.shape[2], 8
    parts = [x[:, :, i : i + size] for i in range(0, x.shape[2], size)]
    return np.concatenate([all_windows(part, weight) for part in parts if part.shape[2] >= K], axis=2)


@exercise(
    title="A convolution on a diet",
    difficulty="open",
    next_step=(
        "How does the time depend on how much you lower at once? Measure it, and say where your "
        "processor's cache ends."
    ),
    checks=(is_a_convolution, stays_within_the_budget, beats_the_position_loop),
    hints=(
        "The columns of a few windows can be made, multiplied and forgotten before the next ones are made.",
        "A batch can be cut by images, and one large image by rows of windows. "
        "How many rows of pixels does a strip of windows need?",
    ),
    wrong_answers=(
        WrongAnswer(all_windows, "the budget is", "all columns at once"),
        WrongAnswer(image_by_image, "images (1, 3, 84, 60)", "one large image is lowered whole"),
        WrongAnswer(position_loop, "more than one position at a time", "the position loop"),
        WrongAnswer(gaps_between_strips, "expected shape", "strips that do not overlap"),
    ),
)
def frugal_convolution(x, weight):
    (N, _, H, W), K = x.shape, weight.shape[2]
    y = np.empty((N, len(weight), H - K + 1, W - K + 1))
    for n in range(N):
        for i in range(0, H - K + 1, 8):  # eight rows of windows need K - 1 more rows of pixels
            strip = x[n : n + 1, :, i : i + 8 + K - 1]
            y[n : n + 1, :, i : i + 8] = all_windows(strip, weight)
    return y
