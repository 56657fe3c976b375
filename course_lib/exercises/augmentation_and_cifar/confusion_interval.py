"""How often is a cat called a dog? A share of a confusion matrix, with its interval."""

import numpy as np

from course_lib import metrics
from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
)

# rows: what it is, columns: what was answered; other sums for rows, for columns and for all
CONFUSION = np.array([[400, 25, 3, 72], [60, 41, 9, 10], [0, 12, 28, 0], [5, 7, 1, 907]])
CASES = ((0, 3), (3, 0), (1, 0), (2, 0), (1, 1))


def likely(got, true, answered):
    """Return words about the mistake that leads to these numbers, if one is known."""
    count = CONFUSION[true, answered]
    others = {
        f"the mistakes about {true} alone": CONFUSION[true].sum() - CONFUSION[true, true],
    }
    for words, total in others.items():
        if 0 < count <= total and np.allclose(
            got, metrics.accuracy_interval(count / total, total), atol=1e-3
        ):
            return f" That is the share of {words}."
    share, total = count / CONFUSION[true].sum(), CONFUSION[true].sum()
    half = metrics.wald_half_width(share, total)
    if np.allclose(got, (share - half, share + half), atol=1e-6):
        return " That is the textbook interval, share plus and minus a half width; it fails for rare answers."
    return ""


def intervals(answer):
    """Check that every share has Wilson's interval for the images of its row."""
    for true, answered in CASES:
        got = as_array(answer(CONFUSION.copy(), true, answered), "confusion_interval")
        expect(got.shape == (2,), f"Expected two numbers, low and high, got shape {got.shape}.")
        num_images = CONFUSION[true].sum()
        expected = metrics.accuracy_interval(CONFUSION[true, answered] / num_images, num_images)
        what = f"{CONFUSION[true, answered]} of the {num_images} images of class {true} answered {answered}"
        if not np.allclose(got, expected, atol=1e-4):  # 1.96 for the exact quantile changes less
            low, high = expected
            raise AssertionError(
                f"{what}: expected {low:.4f} to {high:.4f}, got {got[0]:.4f} to {got[1]:.4f}."
                + likely(got, true, answered)
            )


def of(total):
    """Return an answer that divides by something else than the images of the row."""

    def wrong(confusion, true, answered):
        count, everybody = confusion[true, answered], total(confusion, true, answered)
        return metrics.accuracy_interval(min(count / everybody, 1), everybody)

    return wrong


def textbook(confusion, true, answered):
    share, total = confusion[true, answered] / confusion[true].sum(), confusion[true].sum()
    half = metrics.wald_half_width(share, total)
    return share - half, share + half


@exercise(
    title="How often is a cat a dog?",
    difficulty="warm-up",
    checks=(intervals,),
    hints=(
        'In the sentence "so many of the ... cats were called dogs", which number stands for the dots?',
        "A share of n images is an accuracy like any other, and the book has an interval for those.",
    ),
    mistakes=(
        Mistake(
            "confusion[true].sum()",
            "confusion.sum()",
            "That is the share of all images of the matrix, not of the true class.",
        ),
        Mistake(
            "confusion[true].sum()",
            "confusion[:, answered].sum()",
            "That is the share of all images with this answer, not of the true class.",
        ),
        Mistake(
            "confusion[true, answered]",
            "confusion[answered, true]",
            "Row and column are swapped: a row holds the images of one true class.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(of(lambda c, t, a: c.sum()), "all images of the matrix", "of all images"),
        WrongAnswer(of(lambda c, t, a: c[:, a].sum()), "all images with this answer", "of the column"),
        WrongAnswer(of(lambda c, t, a: c[t].sum() - c[t, t]), "the mistakes about 0", "of the mistakes"),
        WrongAnswer(
            lambda c, t, a: metrics.accuracy_interval(c[a, t] / c[a].sum(), c[a].sum()),
            "72 of the 500 images of class 0 answered 3",
            "rows for columns",
        ),
        WrongAnswer(textbook, "the textbook interval", "not Wilson's"),
        WrongAnswer(lambda c, t, a: c[t, a] / c[t].sum(), "two numbers, low and high", "no interval"),
    ),
)
def confusion_interval(confusion, true, answered):
    num_images = confusion[true].sum()
    share = confusion[true, answered] / num_images
    return metrics.accuracy_interval(share, num_images)
