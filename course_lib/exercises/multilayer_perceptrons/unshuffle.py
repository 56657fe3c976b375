"""Move the weights and not the images: a network trained on shuffled pixels reads ordinary ones."""

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
)


def same_sums(answer, permutation):
    """Check that images in order get the sums that shuffled ones got, for this permutation."""
    permutation, rng = np.array(permutation), np.random.default_rng(0)
    weight, images = rng.normal(size=(3, len(permutation))), rng.normal(size=(5, len(permutation)))
    got = as_array(answer(weight, permutation), "unshuffle")
    case = f"permutation = {permutation.tolist()}"
    expect(got.shape == weight.shape, f"{case}: expected shape {weight.shape}, got {got.shape}.")
    learned, yours = images[:, permutation] @ weight.T, images @ got.T
    expect(
        np.allclose(yours, learned),
        f"{case}: on the image in order, your weights should give the sums that the old ones give on the "
        f"shuffled image, {learned[0].round(2).tolist()}; they give {yours[0].round(2).tolist()}."
        + (" They are shuffled once more." if np.allclose(got, weight[:, permutation]) else ""),
    )


def a_swap(answer):
    """Check that the sums stay when two pixels are swapped."""
    same_sums(answer, [1, 0, 2])


def a_cycle(answer):
    """Check that the sums stay when three pixels move in a circle."""
    same_sums(answer, [1, 2, 0])  # swaps are their own inverse and hide a mistake


def longer(answer):
    """Check that the sums stay in a random order of seven pixels."""
    same_sums(answer, [4, 2, 6, 0, 5, 1, 3])


@exercise(
    title="Move the weights, not the images",
    difficulty="idea",
    checks=(a_swap, a_cycle, longer),
    hints=(
        "Position j of a shuffled image holds pixel permutation[j]. Which column of `weight` meets pixel 0?",
        "A permutation may also stand on the left of an assignment.",
    ),
    mistakes=(
        Mistake(
            "in_order[:, permutation] = weight",
            "in_order[permutation] = weight",
            "This puts the rows in order, which are units; the pixels are the columns.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(lambda weight, p: weight[:, p], "shuffled once more", "the wrong direction"),
        WrongAnswer(lambda weight, p: weight, "should give the sums", "nothing done"),
        WrongAnswer(lambda weight, p: weight[:, p[::-1]], "should give the sums", "backwards"),
        WrongAnswer(lambda weight, p: weight[np.argsort(p)[:3] % 3], "should give the sums", "rows"),
        WrongAnswer(lambda weight, p: weight[0, np.argsort(p)], "expected shape (3, 3)", "one unit only"),
    ),
)
def unshuffle(weight, permutation):
    """Return first-layer weights (M, D) for images in order."""
    in_order = np.empty_like(weight)
    in_order[:, permutation] = weight  # column j met pixel permutation[j]
    return in_order
