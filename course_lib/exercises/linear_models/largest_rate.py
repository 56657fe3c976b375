"""The largest rate: where gradient descent on a squared error begins to grow without end."""

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
)

CASES = {"40 random samples of 3 features": (40, 3), "90 random samples of 5 features": (90, 5)}


def features_of(case):
    """Return features of unequal size, not centred, so that no two directions are equally steep."""
    num_samples, num_features = CASES[case]
    rng = np.random.default_rng(num_samples)
    return rng.normal(0.5, 1.0, (num_samples, num_features)) * np.linspace(0.5, 2.0, num_features)


def distance_after(features, rate, num_steps=600):
    """Return how far descent on half the mean squared error ends from its lowest point, against the start."""
    rng = np.random.default_rng(1)
    target = rng.normal(size=features.shape[1])  # the lowest point, error 0
    w = start = target + rng.normal(size=len(target))
    for _ in range(num_steps):
        w = w - rate * features.T @ (features @ (w - target)) / len(features)
    return np.linalg.norm(w - target) / np.linalg.norm(start - target)


def is_the_border(answer):
    """Check that descent converges just below the rate and diverges just above it."""
    for case in CASES:
        features = features_of(case)
        rate = as_array(answer(features), case)
        expect(rate.shape == (), f"{case}: expected one number, got shape {rate.shape}.")
        expect(np.isfinite(rate) and rate > 0, f"{case}: expected a positive number, got {rate:g}.")
        with np.errstate(over="ignore", invalid="ignore"):
            below, above = distance_after(features, 0.98 * rate), distance_after(features, 1.02 * rate)
        expect(
            below <= 1,
            f"{case}: with 0.98 of your rate, {0.98 * rate:.4g}, descent already grows without end. "
            "Which direction is the steepest?",
        )
        expect(
            not above <= 1,
            f"{case}: with 1.02 times your rate, {1.02 * rate:.4g}, descent still comes to rest. "
            "How steep is the steepest direction, per sample?",
        )


def curvatures(features):
    return np.linalg.eigvalsh(features.T @ features / len(features))


@exercise(
    name="largest_rate",
    title="The largest learning rate",
    difficulty="idea",
    checks=(is_the_border,),
    hints=(
        "The slope is a matrix times the distance from the lowest point. Which matrix?",
        "A step multiplies that distance by a matrix, too. When does the power of a symmetric matrix grow?",
    ),
    mistakes=(
        Mistake("/ len(features)", "/ features.size", "You divided by all numbers, not by the samples."),
        Mistake(
            "2 / np",
            "1 / np",
            "That is the rate which reaches the bottom of that direction in one step; a "
            "larger one overshoots, and may still come to rest.",
        ),
        Mistake(
            "[-1]", "[0]", "The eigenvalues are sorted upwards: the first belongs to the flattest direction."
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            lambda x: 1 / curvatures(x)[-1], "comes to rest", "half of it: the fastest, not the largest"
        ),
        WrongAnswer(lambda x: 2 / curvatures(x)[0], "already grows", "the flattest direction"),
        WrongAnswer(lambda x: 2 / curvatures(x).mean(), "already grows", "a direction of average steepness"),
        WrongAnswer(lambda x: 2 / curvatures(x).sum(), "comes to rest", "the trace"),
        WrongAnswer(lambda x: 2 / curvatures(x)[-1] / len(x), "comes to rest", "not divided by N"),
        WrongAnswer(lambda x: 2 / np.linalg.eigvalsh(np.cov(x.T))[-1], "already grows", "centred"),
        WrongAnswer(curvatures, "one number", "all of them"),
    ),
)
def my_largest_rate(features):
    """Return the learning rate above which descent on the squared error grows without end."""
    curvature = features.T @ features / len(features)  # (D, D)
    return 2 / np.linalg.eigvalsh(curvature)[-1]
