"""A softmax that survives: the logarithm of the softmax for logits of any size."""

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
    """Check that quarters and halves come out as their logarithms, row by row."""
    logits = np.array([[0.0, np.log(3.0)], [0.0, 0.0]])
    with np.errstate(all="ignore"):
        got = as_array(answer(logits), "log-softmax of [[0, ln 3], [0, 0]], one sample per row")
    probabilities = np.array([[0.25, 0.75], [0.5, 0.5]])
    if got.shape == probabilities.shape and np.allclose(got, probabilities):
        raise AssertionError("These are the probabilities. Asked: their logarithms.")
    expect_close(got, np.log(probabilities), "log-softmax of [[0, ln 3], [0, 0]], one sample per row")


def large(answer):
    """Check that logits of two thousand neither overflow nor become log(0), less their mean neither."""
    logits = np.array([[2000.0, 0.0], [-1000.0, -1000.0]])
    expected = np.array([[0.0, -2000.0], [-np.log(2), -np.log(2)]])
    with np.errstate(all="ignore"):
        got = as_array(answer(logits), "log-softmax of [[2000, 0], [-1000, -1000]]")
    if got.shape == expected.shape:
        expect(
            np.isfinite(got[0]).all(),
            f"[2000, 0] gave {got[0]}: exp(1000) is an overflow already, or log(0) came after it. "
            "Which logit should be subtracted first, and of what must the logarithm be taken?",
        )
        expect(
            np.isfinite(got[1]).all(),
            f"[-1000, -1000], in a batch with [2000, 0], gave {got[1]}: the maximum of each row is needed, "
            "not that of the whole batch.",
        )
    expect_close(got, expected, "log-softmax of [[2000, 0], [-1000, -1000]]")


def naive(logits):
    exponentials = np.exp(logits)
    return np.log(exponentials / exponentials.sum(axis=1, keepdims=True))


def log_after_softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.log(exponentials / exponentials.sum(axis=1, keepdims=True))


def one_maximum_for_all(logits):
    shifted = logits - logits.max()
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def mean_in_place_of_the_maximum(logits):
    shifted = logits - logits.mean(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


@exercise(
    name="log_softmax",
    title="A softmax that survives",
    difficulty="idea",
    checks=(by_hand, large),
    hints=(
        "Adding a number to all logits of a row changes no probability. Which number makes exp safe?",
        "The logarithm of a quotient is a difference. Which of its two terms needs no exponential at all?",
    ),
    mistakes=(
        Mistake("logits.max(", "logits.mean(", "The mean is subtracted, not the largest logit."),
        Mistake(
            "axis=1, keepdims=True)  #",
            "axis=0, keepdims=True)  #",
            "Axis 0 runs down a column, over the samples; a sample's logits are its row.",
        ),
        Mistake(
            "axis=1, keepdims=True)  #",
            "keepdims=True)  #",
            "Without an axis it is one number for the whole batch.",
        ),
        Mistake(
            "return shifted",
            "return logits",
            "The shift is missing from the first term: the sum is that of the shifted "
            "logits, and both must be shifted alike.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(naive, "overflow", "the formula as written"),
        WrongAnswer(log_after_softmax, "of what must the logarithm", "divides, then takes log(0)"),
        WrongAnswer(one_maximum_for_all, "maximum of each row", "one maximum for the batch"),
        WrongAnswer(mean_in_place_of_the_maximum, "overflow", "subtracts the mean"),
        WrongAnswer(lambda z: np.exp(my_log_softmax.reference(z)), "their logarithms", "the softmax itself"),
        WrongAnswer(lambda z: my_log_softmax.reference(z.T).T, "one sample per row", "wrong axis"),
    ),
)
def my_log_softmax(logits):
    """Return the logarithm of the softmax of every row, for logits of any size."""
    shifted = logits - logits.max(axis=1, keepdims=True)  # the largest of a row is 0
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
