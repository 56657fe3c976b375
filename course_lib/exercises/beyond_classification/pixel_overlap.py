"""Intersection over union of one class, with pixels that do not count."""

import numpy as np
import torch

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect_close,
)

IGNORED = -100


def cases():
    """Return (predicted, labels, digit, expected, what): four by hand, one random against a loop."""
    labels = torch.tensor([[0, 1, 1, 2], [0, 1, IGNORED, 2]])
    yield labels.clamp(min=0), labels, 1, 1.0, "a perfect answer"
    yield torch.tensor([[0, 1, 1, 1], [0, 0, 1, 2]]), labels, 1, 2 / 4, "2 pixels in both, 4 in either"
    yield torch.tensor([[2, 2, 2, 2], [2, 2, 2, 2]]), labels, 2, 2 / 7, "everything called 2"
    yield torch.tensor([[2, 2, 0, 1], [0, 0, 0, 1]]), labels, 1, 0.0, "nothing in common"
    generator = torch.Generator().manual_seed(0)
    predicted = torch.randint(3, (9, 11), generator=generator)
    labels = torch.randint(3, (9, 11), generator=generator)
    labels[torch.rand(9, 11, generator=generator) < 0.2] = IGNORED
    both = either = 0
    for got, wanted in zip(predicted.flatten().tolist(), labels.flatten().tolist(), strict=True):
        if wanted != IGNORED:
            both += got == wanted == 2
            either += got == 2 or wanted == 2
    yield predicted, labels, 2, both / either, "random classes"


def by_hand(answer):
    """Four small answers counted by hand, and a random one counted by a loop."""
    for predicted, labels, digit, expected, what in cases():
        expect_close(answer(predicted.clone(), labels.clone(), digit), expected, what)


def masks(predicted, labels, digit):
    counted = np.asarray(labels) != IGNORED
    return (np.asarray(predicted) == digit) & counted, np.asarray(labels) == digit


def dice(predicted, labels, digit):
    found, wanted = masks(predicted, labels, digit)
    return 2 * (found & wanted).sum() / (found.sum() + wanted.sum())


def recall(predicted, labels, digit):
    found, wanted = masks(predicted, labels, digit)
    return (found & wanted).sum() / wanted.sum()


def counting_all(predicted, labels, digit):
    found, wanted = np.asarray(predicted) == digit, np.asarray(labels) == digit
    return (found & wanted).sum() / (found | wanted).sum()


@exercise(
    title="Score one digit",
    difficulty="idea",
    checks=(by_hand,),
    hints=(
        "Two masks: where the answer says `digit`, and where the truth does. What must leave the first?",
        "In both, divided by in either. A pixel that does not count is in neither.",
    ),
    mistakes=(
        Mistake(
            "!= -100", "!= 0", "The pixels that do not count are those with the label -100; 0 is a digit."
        ),
        Mistake(" & counted", "", "What was found on pixels that do not count is not left out."),
        Mistake(
            "((found & wanted).sum()",
            "((found).sum()",
            "Above the line stand the pixels in both, not all that were found.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(dice, "2 pixels in both, 4 in either", "Dice's coefficient"),
        WrongAnswer(recall, "2 pixels in both, 4 in either", "the share that was found"),
        WrongAnswer(counting_all, "2 pixels in both, 4 in either", "ignored pixels counted"),
        WrongAnswer(lambda p, y, d: (p == y).double().mean(), "a perfect answer", "accuracy"),
    ),
)
def pixel_overlap(predicted, labels, digit):
    counted = labels != -100
    found, wanted = (predicted == digit) & counted, labels == digit
    return ((found & wanted).sum() / (found | wanted).sum()).item()
