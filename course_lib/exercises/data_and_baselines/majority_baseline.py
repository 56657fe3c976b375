"""A baseline for any labels: the commonest one of training, scored on the test set."""

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect_close,
)


def numbers(answer):
    """Check that the commonest training label is scored on the test labels."""
    train, test = np.array([7, 3, 3, 3, 7]), np.array([7, 7, 7, 3])
    case = f"training labels {train.tolist()}, test labels {test.tolist()}"
    got = as_array(answer(train, test), case)
    expect_close(got, 0.25, case)


def the_commonest_is_not_the_smallest(answer):
    """Check that the label is chosen by its count; here the largest one is not the commonest, either."""
    train, test = np.array([4, 8, 8, 2, 8, 9]), np.array([2, 8, 8, 4, 1])
    expect_close(answer(train, test), 0.4, f"training labels {train.tolist()}, test labels {test.tolist()}")


def words(answer):
    """Check that labels may be words."""
    train, test = np.array(["cat", "dog", "dog"]), np.array(["dog", "cat", "cat", "dog", "dog"])
    expect_close(answer(train, test), 0.6, f"Labels may be words: {train.tolist()} and {test.tolist()}")


def largest_share(labels):
    return np.unique(labels, return_counts=True)[1].max() / len(labels)


@exercise(
    title="A baseline for any labels",
    difficulty="warm-up",
    checks=(numbers, the_commonest_is_not_the_smallest, words),
    hints=(
        "Choose the label by looking at the training labels only; then score that choice on the test labels.",
        "`np.unique` can count labels of any kind, words included: look at its options.",
    ),
    mistakes=(
        Mistake(
            "counts.argmax()",
            "counts.max()",
            "`counts.max()` says how often the commonest label occurs, not at which index it stands.",
        ),
        Mistake(
            "np.asarray(train_labels)",
            "np.asarray(test_labels)",
            "You scored the commonest test label, which nobody knows beforehand; it must be "
            "that of training.",
        ),
        Mistake("counts.argmax()", "values.argmax()", "You scored the largest label, not the commonest one."),
        Mistake(
            "np.asarray(test_labels) == majority",
            "np.asarray(train_labels) == majority",
            "That is its share in training, not in the test set.",
        ),
        Mistake("np.mean(", "np.sum(", "That is a count; an accuracy is a share."),
    ),
    wrong_answers=(
        WrongAnswer(lambda train, test: largest_share(test), "commonest test label", "test labels choose"),
        WrongAnswer(lambda train, test: largest_share(train), "not in the test set", "scores in training"),
        WrongAnswer(lambda train, test: 1 / len(np.unique(train)), "expected 0.25, got 0.5", "chance level"),
        WrongAnswer(
            lambda train, test: (test == np.unique(train)[0]).mean(), "expected 0.4, got 0.2", "the smallest"
        ),
        WrongAnswer(
            lambda train, test: (test == np.bincount(train).argmax()).mean(), "Your code raised", "no words"
        ),
    ),
)
def majority_baseline(train_labels, test_labels):
    values, counts = np.unique(np.asarray(train_labels), return_counts=True)
    majority = values[counts.argmax()]
    return float(np.mean(np.asarray(test_labels) == majority))
