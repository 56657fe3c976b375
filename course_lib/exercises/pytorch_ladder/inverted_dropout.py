"""Dropout in one line: what is kept grows, so that the mean stays."""

import torch

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect_close,
)

X = torch.tensor([[1.0, -2.0, 3.0, 4.0], [5.0, 6.0, -7.0, 8.0]])
KEEP = torch.tensor([[True, False, True, True], [False, True, True, True]])


def training(answer):
    """Check that what is kept is divided by 1 - p."""
    for p in (0.2, 0.5):
        expected = torch.where(KEEP, X / (1 - p), 0.0)
        expect_close(answer(X, KEEP, p, True), expected, f"In training with p={p}")


def evaluation(answer):
    """Check that nothing happens in evaluation."""
    expect_close(answer(X, KEEP, 0.2, False), X, "In evaluation, where nothing is dropped")


@exercise(
    title="Dropout in one line",
    difficulty="warm-up",
    checks=(training, evaluation),
    hints=(
        "A number that is kept with probability 1 - p: what must it become for its mean to stay?",
        "In evaluation mode nn.Dropout hands its input on as it is.",
    ),
    mistakes=(
        Mistake("(1 - p)", "p", "p is what is dropped: divide by the share that is kept."),
        Mistake("(1 - p)", "1", "What is kept is not scaled up, so that the mean falls."),
        Mistake("if training", "if not training", "Training and evaluation are swapped."),
        Mistake(
            "else x",
            "else x * (1 - p)",
            "What is kept was scaled in training already; in evaluation nothing is left to do.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            lambda x, keep, p, training: x * keep if training else x, "expected 10, got 8", "no scaling"
        ),
        WrongAnswer(
            lambda x, keep, p, training: x * keep / p if training else x,
            "expected 10, got 40",
            "divided by p",
        ),
        WrongAnswer(
            lambda x, keep, p, training: x * keep if training else x * (1 - p),
            "In training with p=0.2",
            "scaled in evaluation, as in 2014",
        ),
        WrongAnswer(lambda x, keep, p, training: x * keep / (1 - p), "In evaluation", "always drops"),
        WrongAnswer(
            lambda x, keep, p, training: x * ~keep / (1 - p) if training else x,
            "In training",
            "keeps what is to be dropped",
        ),
    ),
)
def inverted_dropout(x, keep, p, training):
    return x * keep / (1 - p) if training else x
