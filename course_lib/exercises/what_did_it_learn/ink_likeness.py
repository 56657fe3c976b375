"""A rank correlation that an empty frame cannot inflate."""

import numpy as np
from scipy.stats import spearmanr

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect_close,
)


def drawn(seed, size=10):
    """Two maps, an image whose ink is a thick stroke, and the ink; off it both maps are 0, or both huge."""
    rng = np.random.default_rng(seed)
    image = np.full((size, size), -0.42)
    image[0] = -0.36  # a haze that is no ink
    image[2:8, 4:7] = rng.uniform(-0.25, 2.8, size=(6, 3))
    ink = image > -0.3
    maps = rng.normal(size=(2, size, size))
    maps[:, ~ink] = 0 if seed % 2 else rng.normal(50, 5, size=(~ink).sum())
    return maps[0], maps[1], image, ink


def agreement(answer):
    """Check that the likeness is SciPy's rank correlation on the ink."""
    for seed in range(4):
        a, b, image, ink = drawn(seed)
        expected = spearmanr(a[ink], b[ink]).statistic
        expect_close(answer(a, b, image), expected, f"Two unrelated maps, number {seed}", atol=1e-6)


def order_only(answer):
    """Check that only the order of the values counts, and their sign does."""
    a, _, image, _ = drawn(1)
    expect_close(answer(a, np.exp(3 * a), image), 1, "A map and an increasing function of it", atol=1e-6)
    expect_close(answer(a, -a, image), -1, "A map and its negative: signs count", atol=1e-6)


def on_mask(measure, prepare=lambda values: values):
    def answer(map_a, map_b, image):
        ink = image > image.min() + 0.1
        return measure(prepare(map_a[ink]), prepare(map_b[ink]))

    return answer


@exercise(
    title="Without the frame",
    difficulty="idea",
    checks=(agreement, order_only),
    hints=(
        "Which pixels have ink? A Boolean array picks them from both maps, in the same order.",
        "`scipy.stats.spearmanr` takes two rows of numbers and returns an object.",
    ),
    mistakes=(
        Mistake(
            "image.min() + 0.1",
            "0.1",
            "The pixels are normalised, so that paper is not 0 but the image's smallest value.",
        ),
        Mistake(
            "image.min() + 0.1", "image.min()", "The palest grey is no ink: the bound is 0.1 above the paper."
        ),
        Mistake(
            "map_a[ink], map_b[ink]",
            "map_a, map_b",
            "The maps are handed over whole, as tables: one coefficient for each pair of "
            "columns comes, and the ink is not asked.",
        ),
        Mistake(".statistic", ".pvalue", "That is the p-value, not the correlation."),
    ),
    wrong_answers=(
        WrongAnswer(
            lambda a, b, image: spearmanr(a.ravel(), b.ravel()).statistic, "unrelated", "whole image"
        ),
        WrongAnswer(on_mask(lambda a, b: np.corrcoef(a, b)[0, 1]), "Two unrelated maps", "values, not ranks"),
        WrongAnswer(
            on_mask(lambda a, b: spearmanr(a, b).statistic, np.abs), "Two unrelated maps", "no signs"
        ),
        WrongAnswer(
            lambda a, b, image: spearmanr(a[image > 0.1], b[image > 0.1]).statistic,
            "Two unrelated maps",
            "0.1, and not 0.1 above the darkest value",
        ),
        WrongAnswer(
            lambda a, b, image: spearmanr(a[image > image.min()], b[image > image.min()]).statistic,
            "Two unrelated maps",
            "any brightness counts",
        ),
        WrongAnswer(on_mask(lambda a, b: spearmanr(a, b).pvalue), "Two unrelated maps", "the p-value"),
        WrongAnswer(on_mask(lambda a, b: None), "end with `return`", "nothing"),
        WrongAnswer(
            lambda a, b, image: spearmanr((a * (image > 0)).ravel(), (b * (image > 0)).ravel()).statistic,
            "Two unrelated maps",
            "set to zero, and still counted",
        ),
    ),
)
def ink_likeness(map_a, map_b, image):
    ink = image > image.min() + 0.1
    return spearmanr(map_a[ink], map_b[ink]).statistic
