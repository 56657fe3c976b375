"""Shares of different size: by what must each process multiply its loss?"""

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect_close,
)

CASES = ((32, 32), (40, 24), (7, 6, 6), (1, 2, 3, 10))


def factors(answer):
    """The factors by which shares of unequal size must be weighted."""
    for sizes in CASES:
        expected = np.array(sizes) * len(sizes) / sum(sizes)
        expect_close(answer(list(sizes)), expected, f"The factors for shares of {list(sizes)}")


def joint_mean(answer):
    """The consequence: the average of the processes' losses is the mean over all images."""
    sizes = (5, 2, 9)
    losses = np.random.default_rng(0).random(sum(sizes))
    shares = np.split(losses, np.cumsum(sizes)[:-1])
    scaled = [share.mean() for share in shares] * np.asarray(answer(list(sizes)), dtype=float)
    expect_close(scaled.mean(), losses.mean(), "The average of the scaled losses of shares of [5, 2, 9]")


@exercise(
    title="Uneven shares",
    difficulty="idea",
    checks=(factors, joint_mean),
    hints=(
        "Write the mean over all images as a sum over the processes. With which weight does each of "
        "their means enter?",
        "DistributedDataParallel divides the sum by the number of processes, whatever their shares.",
    ),
    mistakes=(
        Mistake("len(sizes), sum(sizes)", "sum(sizes), len(sizes)", "Processes and images are swapped."),
        Mistake(
            "num_processes * size / num_images",
            "size / num_images",
            "The gradients are averaged over the processes, which divides by their number once more.",
        ),
        Mistake(
            "num_processes * size / num_images",
            "num_images / (num_processes * size)",
            "That is upside down: a larger share should count for more.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(lambda sizes: [1.0] * len(sizes), "[40, 24]", "nothing changed"),
        WrongAnswer(lambda sizes: [n / sum(sizes) for n in sizes], "expected 1", "the division forgotten"),
        WrongAnswer(lambda sizes: [sum(sizes) / (len(sizes) * n) for n in sizes], "[40, 24]", "upside down"),
        WrongAnswer(lambda sizes: [n / max(sizes) for n in sizes], "[40, 24]", "relative to the largest"),
        WrongAnswer(lambda sizes: list(sizes), "expected 1", "sums in place of means"),
    ),
)
def loss_factors(sizes):
    num_processes, num_images = len(sizes), sum(sizes)
    return [num_processes * size / num_images for size in sizes]
