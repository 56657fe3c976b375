"""One image that gives every kernel away: the shared weights, seen as nine unknowns."""

import numpy as np

from course_lib.exercises.framework import WrongAnswer, as_array, expect, value_exercise


def black_and_white(answer):
    """Check that the answer is an image of zeros and ones, at most 5 x 5."""
    image = as_array(answer, "Your image")
    expect(image.ndim == 2, f"Your image must have two axes, got shape {image.shape}.")
    expect(max(image.shape) <= 5, f"Your image may have 5x5 pixels at most, got shape {image.shape}.")
    expect(np.isin(image, (0, 1)).all(), "Every pixel must be 0 or 1.")


def no_kernel_stays_hidden(answer):
    """Check that the windows of the image have rank 9, so that they settle any kernel."""
    image = as_array(answer, "Your image")
    height, width = (max(size - 2, 0) for size in image.shape)
    places = f"{height * width} place{'s' * (height * width != 1)}"
    expect(
        height * width >= 9,
        f"A 3x3 kernel fits into your image at {places}, and each is one equation: nine unknowns need nine.",
    )
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3)).reshape(-1, 9)  # (positions, 9)
    rank = np.linalg.matrix_rank(windows)
    expect(
        rank == 9,
        f"Your windows ask only {rank} different questions about nine unknowns. A kernel that your image "
        f"does not see at all, because it answers zero everywhere:\n{unseen_kernel(windows)}",
    )


def unseen_kernel(windows):
    """Return a kernel that answers zero in all windows, one or two weights only if there is such a one."""
    single = np.eye(9)
    differences = (single[:, None] - single)[np.triu_indices(9, k=1)]
    for kernel in (*single, *differences):
        if not (windows @ kernel).any():
            return kernel.reshape(3, 3) + 0.0
    kernel = np.linalg.svd(windows)[2][-1].reshape(3, 3)  # what all windows together see least of
    return (kernel / np.abs(kernel).max()).round(2) + 0.0


@value_exercise(
    title="One image that gives every kernel away",
    difficulty="idea",
    checks=(black_and_white, no_kernel_stays_hidden),
    hints=(
        "At how many places does the kernel fit into your image, and how many numbers are unknown?",
        "Two windows that look alike ask the same question twice.",
        "Which windows would show you a single weight at a time?",
    ),
    wrong_answers=(
        WrongAnswer(np.ones((5, 5)), "only 1 different", "flat"),
        WrongAnswer(np.eye(5), "only 5 different", "a diagonal looks the same along itself"),
        WrongAnswer(np.indices((5, 5)).sum(axis=0) % 2, "only 2 different", "a chessboard"),
        WrongAnswer(np.repeat([[1, 0, 0, 1, 0]], 5, axis=0), "only 3 different", "stripes"),
        WrongAnswer(np.arange(25).reshape(5, 5), "0 or 1", "all pixels different"),
        WrongAnswer(np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]), "at 1 place,", "as small as the kernel"),
        WrongAnswer(np.eye(7), "5x5 pixels at most", "too large"),
    ),
)
def one_image():
    my_image = np.zeros((5, 5))
    my_image[2, 2] = 1  # the response is the kernel, turned by 180 degrees
    return my_image
