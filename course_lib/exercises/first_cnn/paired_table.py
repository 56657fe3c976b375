"""Two models on the same images, as a table of four counts."""

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
    expect_close,
)


def counts(answer):
    """Check that ten images fall into the four cells as counted by hand."""
    labels = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    a = np.array([0, 1, 2, 3, 4, 5, 9, 0, 0, 0])  # right on the first six
    b = np.array([0, 1, 2, 3, 0, 0, 6, 1, 0, 1])  # right on the first four and on the 6
    # images 0-3: both; 4 and 5: only a; 6: only b; 7, 8, 9: neither, and on 8 they agree
    case = "10 images of the digits 0 to 9 in order"
    got = as_array(answer(a, b, labels), case)
    expect(got.shape == (2, 2), f"{case}: expected a table of shape (2, 2), got {got.shape}.")
    expect(
        not np.array_equal(got, [[4, 1], [2, 3]]),
        f"{case}: rows and columns are swapped; the first row holds the images that a gets right.",
    )
    expect(
        got.sum() == 10,
        f"{case}: the four entries must count each image once and sum to 10, got a sum of {got.sum():g}.",
    )
    expect(
        not np.array_equal(got, [[1, 3], [4, 2]]),
        f"{case}: the rows are upside down; the first row holds the images that a gets right.",
    )
    expect_close(got, [[4, 2], [1, 3]], case)


def labels_matter(answer):
    """The same predictions with other labels: 7 is right for a, 1 for b, both on 5, and nobody on the 2s."""
    a, b, labels = np.array([7, 7, 5, 5, 2, 2]), np.array([1, 1, 5, 5, 2, 2]), np.array([7, 1, 5, 5, 3, 3])
    case = "predictions 7, 7, 5, 5, 2, 2 and 1, 1, 5, 5, 2, 2 with labels 7, 1, 5, 5, 3, 3"
    expect_close(answer(a, b, labels), [[2, 1], [1, 2]], f"{case} (is each compared with its label?)")


def table_of_agreement(a, b, labels):
    same = int((a == b).sum())
    return [[same, 0], [0, len(labels) - same]]


def b_compared_with_a(a, b, labels):
    right_a, same = a == labels, a == b
    return [
        [(right_a & same).sum(), (right_a & ~same).sum()],
        [(~right_a & same).sum(), (~right_a & ~same).sum()],
    ]


def labels_ignored(a, b, labels):
    return paired_table.reference(a, b, np.arange(len(labels)))


@exercise(
    title="Who is right where",
    difficulty="idea",
    checks=(counts, labels_matter),
    hints=(
        "Two models that give the same answer may both be wrong. What tells you?",
        "Each image falls into one of four boxes. Which two yes-or-no questions decide?",
    ),
    mistakes=(
        Mistake(
            "np.asarray(predictions_b) == np.asarray(labels)",
            "np.asarray(predictions_b) == np.asarray(predictions_a)",
            "`right_b` says where the two agree, not where the second one is right.",
        ),
        Mistake(
            "(right_a & right_b)",
            "(right_a + right_b)",
            "`+` of truth values is 'or', and the entry for both needs 'and'.",
        ),
        Mistake(
            "(~right_a & right_b)",
            "(right_a & ~right_b)",
            "The lower left entry repeats the upper right one: there the first is wrong and "
            "the second right.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            lambda *given: np.transpose(paired_table.reference(*given)),
            "rows and columns are swapped",
            "transposed",
        ),
        WrongAnswer(lambda *given: np.array(paired_table.reference(*given)) / 10, "sum to 10", "fractions"),
        WrongAnswer(table_of_agreement, "largest error is at index", "compares the models with each other"),
        WrongAnswer(lambda *given: paired_table.reference(*given)[::-1], "upside down", "wrong row first"),
        WrongAnswer(b_compared_with_a, "compared with its label", "b compared with a"),
        WrongAnswer(labels_ignored, "compared with its label", "labels ignored"),
    ),
)
def paired_table(predictions_a, predictions_b, labels):
    right_a = np.asarray(predictions_a) == np.asarray(labels)  # (N,)
    right_b = np.asarray(predictions_b) == np.asarray(labels)  # (N,)
    return [
        [(right_a & right_b).sum(), (right_a & ~right_b).sum()],
        [(~right_a & right_b).sum(), (~right_a & ~right_b).sum()],
    ]
