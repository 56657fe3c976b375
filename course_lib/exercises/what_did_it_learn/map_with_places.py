"""Grad-CAM for a head that flattens: weigh every place of a map by its own gradient."""

import numpy as np
import torch

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect_close,
)


def two_places(answer):
    """Check that maps are weighted place by place, and the negative part is cut."""
    maps = torch.tensor([[[1.0, 2.0]], [[3.0, 4.0]]])  # (2, 1, 2)
    gradient = torch.tensor([[[2.0, 0.0]], [[0.0, -1.0]]])
    expect_close(answer(maps, gradient), [[2.0, 0.0]], "Two maps of 1 x 2")
    expect_close(answer(maps, -gradient), [[0.0, 4.0]], "The same with the opposite gradient")


def sums_channels_first(answer):
    """Check that channels are added before the negative part is cut."""
    maps = torch.ones(2, 1, 1)
    gradient = torch.tensor([[[3.0]], [[-2.0]]])
    what = "One place where one map speaks for the class by 3 and another against it by 2"
    expect_close(answer(maps, gradient), [[1.0]], what)


def adds_up_to_the_logit(answer):
    """Check that behind a linear head the map adds up to the logit."""
    generator = torch.Generator().manual_seed(0)
    maps = torch.rand(4, 3, 5, generator=generator)
    weights = torch.rand(4, 3, 5, generator=generator)  # of a linear head without bias: its gradient
    expect_close(answer(maps, weights), (maps * weights).sum(dim=0), "Behind a linear head, all positive")
    total = np.asarray(answer(maps, weights)).sum()
    expect_close(total, (maps * weights).sum(), "The sum of that map, which is the logit", rtol=1e-4)


def averaged(maps, gradient):
    return (gradient.mean(dim=(1, 2), keepdim=True) * maps).sum(dim=0).relu()


@exercise(
    title="Grad-CAM, repaired",
    difficulty="idea",
    checks=(two_places, sums_channels_first, adds_up_to_the_logit),
    hints=(
        "What has the mean over all places forgotten, and what if you do not take it?",
        "Which comes first, the sum over the maps or the cut at zero?",
    ),
    mistakes=(
        Mistake(
            "maps * gradient",
            "maps * gradient.mean(dim=(1, 2), keepdim=True)",
            "The gradient is averaged over the places, as Grad-CAM does; here each place keeps its own.",
        ),
        Mistake(
            "maps * gradient",
            "maps * gradient.relu()",
            "A map that speaks against the class should take something away; its gradient is cut off.",
        ),
        Mistake("dim=0", "dim=1", "The sum should go over the maps, axis 0; axis 1 holds the rows."),
        Mistake(".relu()", "", "What speaks against the class is not cut off at the end."),
        Mistake(".relu()", ".abs()", "What speaks against the class is counted as if it spoke for it."),
    ),
    wrong_answers=(
        WrongAnswer(averaged, "Two maps of 1 x 2", "Grad-CAM itself"),
        WrongAnswer(
            lambda maps, gradient: (maps * gradient).sum(dim=0), "expected 0, got", "not cut at zero"
        ),
        WrongAnswer(
            lambda maps, gradient: (maps * gradient).relu().sum(dim=0),
            "speaks for the class",
            "cut too early",
        ),
        WrongAnswer(
            lambda maps, gradient: (maps * gradient).sum(dim=0).abs(), "Two maps of 1 x 2", "absolute values"
        ),
        WrongAnswer(lambda maps, gradient: (maps * gradient).relu(), "expected shape", "one for each map"),
        WrongAnswer(
            lambda maps, gradient: gradient.sum(dim=0).relu(), "opposite gradient", "without the maps"
        ),
    ),
)
def map_with_places(maps, gradient):
    return (maps * gradient).sum(dim=0).relu()
