"""A gain with its standard error, from two lists of accuracies with the same seeds."""

import numpy as np

from course_lib import metrics
from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
    expect_close,
)

# what all runs of a seed have in common cancels in the second pair, and adds to the error in the third
PAIRS = (
    ([0.985, 0.987, 0.989, 0.991], [0.988, 0.988, 0.991, 0.993]),
    ([0.90, 0.95, 0.99], [0.91, 0.955, 1.00]),
    ([0.99, 0.98], [0.98, 0.99]),
)


def gains(answer):
    """Check that gain and standard error are those of the paired differences, in points."""
    for before, after in PAIRS:
        expected = metrics.compare_over_seeds(after, before)
        got = as_array(answer(list(before), list(after)), "paired_gain")
        expect(got.shape == (2,), f"Expected two numbers, gain and standard error, got shape {got.shape}.")
        what = f"From {before} to {after}"
        expect_close(got[0], 100 * expected.difference, f"{what}, the gain in percentage points")
        expect_close(got[1], 100 * expected.standard_error, f"{what}, the standard error in points")


def slip(error, scale=100):
    """Return an answer that is right but for its standard error, or its unit."""

    def wrong(before, after):
        before, after = scale * np.array(before), scale * np.array(after)
        return (after - before).mean(), error(before, after)

    return wrong


def right(before, after):
    return (after - before).std(ddof=1) / len(after) ** 0.5


@exercise(
    title="A gain and its error",
    difficulty="idea",
    checks=(gains,),
    hints=(
        "First subtract seed by seed. From there on it is the mean of one list, and how sure you are of it.",
        "A spread says how far one run lies from the mean, a standard error how far the mean of n does.",
    ),
    mistakes=(
        Mistake(
            "gains.std",
            "np.array(after).std",
            "That is the spread of the accuracies afterwards; asked is that of the gains.",
        ),
        Mistake("ddof=1", "ddof=0", "The standard deviation divides by n, where n - 1 is expected."),
        Mistake(
            " / np.sqrt(len(gains))",
            " / 1",
            "That is the standard deviation of one gain, not the standard error of their mean.",
        ),
        Mistake(
            "/ np.sqrt(len(gains))", "/ len(gains)", "A standard error divides by the root of n, not by n."
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            slip(lambda a, b: (a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)) ** 0.5),
            "the standard error in points",
            "not paired",
        ),
        WrongAnswer(
            slip(lambda a, b: (b - a).std() / len(a) ** 0.5),
            "the standard error in points",
            "the standard deviation of a population",
        ),
        WrongAnswer(
            slip(lambda a, b: (b - a).std(ddof=1)), "the standard error in points", "the spread of one run"
        ),
        WrongAnswer(slip(right, scale=1), "the gain in percentage points", "fractions"),
        WrongAnswer(
            lambda before, after: (
                100 * (max(after) - max(before)),
                paired_gain.reference(before, after)[1],
            ),
            "the gain in percentage points",
            "the best run of each",
        ),
        WrongAnswer(
            lambda before, after: paired_gain.reference(after, before),
            "the gain in percentage points",
            "a gain with the sign of a loss",
        ),
        WrongAnswer(
            lambda before, after: paired_gain.reference(before, after)[0], "two numbers", "no error at all"
        ),
    ),
)
def paired_gain(before, after):
    gains = 100 * (np.array(after) - np.array(before))
    return gains.mean(), gains.std(ddof=1) / np.sqrt(len(gains))
