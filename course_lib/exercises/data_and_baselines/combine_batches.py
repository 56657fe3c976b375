"""The mean of unequal batches."""

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
    expect_close,
)


def three_batches(answer):
    """Check that a short last batch counts by its size."""
    values = np.random.default_rng(1).random(300) ** 3
    parts = np.split(values, [128, 256])  # 128, 128 and 44 samples
    means, sizes = [part.mean() for part in parts], [len(part) for part in parts]
    case = "300 samples in batches of 128, 128 and 44"
    got = as_array(answer(np.array(means), np.array(sizes)), case)
    expect(got.shape == (), f"{case}: expected one number, got shape {got.shape}.")
    expect(not np.allclose(got, np.mean(means)), f"{case}: each batch counts the same in your mean.")
    expect(not np.allclose(got, np.mean(means[:2])), f"{case}: the short batch is left out.")
    expect(not (got > 1).any(), f"{case}: {got:.4g} is no mean of values in 0..1. Divide by the samples.")
    expect_close(got, values.mean(), case)


@exercise(
    title="The mean of unequal batches",
    difficulty="idea",
    checks=(three_batches,),
    hints=(
        "What is a batch mean times the size of its batch?",
        "Divide once, by the number of all samples.",
    ),
    mistakes=(
        Mistake(
            "(batch_means * batch_sizes).sum()",
            "batch_means.sum()",
            "The means are added up without their sizes: a mean times its size is the batch's sum.",
        ),
        Mistake(
            "/ batch_sizes.sum()",
            "/ len(batch_sizes)",
            "You divided by the number of batches, not of samples.",
        ),
        Mistake(
            "/ batch_sizes.sum()",
            "/ batch_means.sum()",
            "You divided by the sum of the means, not by the number of samples.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(lambda means, sizes: np.mean(means), "counts the same", "mean of means"),
        WrongAnswer(lambda means, sizes: np.mean(means[sizes == sizes.max()]), "left out", "drops the last"),
        WrongAnswer(lambda means, sizes: (means * sizes).sum() / len(sizes), "Divide by", "by batches"),
        WrongAnswer(lambda means, sizes: means * sizes / sizes.sum(), "expected one number", "not added up"),
    ),
)
def combine_batches(batch_means, batch_sizes):
    batch_means = np.asarray(batch_means, dtype=float)
    batch_sizes = np.asarray(batch_sizes)
    return float((batch_means * batch_sizes).sum() / batch_sizes.sum())
