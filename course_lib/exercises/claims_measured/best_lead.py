"""How far the best of several equal runs leads over one run of another method: selection, simulated."""

import numpy as np

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect

# mean of the largest of k standard normals: 0, 1/sqrt(pi), 3/(2 sqrt(pi)), and tables of order statistics
LARGEST = {1: 0.0, 2: np.pi**-0.5, 3: 1.5 * np.pi**-0.5, 5: 1.16296, 10: 1.53875, 20: 1.86748}
SPREAD, TRIALS = 0.12, 20_000


def leads(answer):
    """Check that the mean lead of the best of k runs is what many draws give."""
    for k, largest in LARGEST.items():
        got = as_array(answer(k, SPREAD, np.random.default_rng(k)), "best_lead")
        expect(got.ndim == 0, f"Expected one number, got shape {got.shape}.")
        lead = largest * SPREAD
        # 20,000 trials leave 1 / 140 of a spread; five times that
        expect(
            abs(got - lead) < 0.035 * SPREAD,
            f"The best of {k} runs with a spread of {SPREAD}: expected a lead of about {lead:.3f}, "
            f"got {got:.3f}.",
        )


def reproducible(answer):
    """Check that every draw comes from `rng`."""
    first, again, other = (float(answer(5, SPREAD, np.random.default_rng(seed))) for seed in (1, 1, 2))
    expect(first == again, "Two calls with generators of the same seed differ: draw from `rng`.")
    expect(first != other, "Generators of two seeds give the same number: draw from `rng`, anew each time.")


@exercise(
    title="The best of k",
    difficulty="idea",
    checks=(leads, reproducible),
    hints=(
        "Draw a table: a row for each trial, a column for each run, and one more for the other method.",
        "Of each row the best run counts, minus the one of the other method; then the mean over the trials.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda k, spread, rng: rng.normal(0, spread, (TRIALS, k)).mean(axis=1).mean(),
            "The best of 2 runs",
            "the mean run",
        ),
        WrongAnswer(
            lambda k, spread, rng: np.ptp(rng.normal(0, spread, (TRIALS, k)), axis=1).mean(),
            "The best of 2 runs",
            "best minus worst",
        ),
        WrongAnswer(
            lambda k, spread, rng: rng.normal(0, spread, (TRIALS, k)).max(),
            "The best of 1 runs",
            "the best of all trials",
        ),
        WrongAnswer(
            lambda k, spread, rng: rng.normal(0, 1, (TRIALS, k)).max(axis=1).mean(),
            "The best of 1 runs",
            "in spreads",
        ),
        WrongAnswer(
            lambda k, spread, rng: LARGEST.get(k, 0) * spread,
            "Generators of two seeds give the same",
            "from a table",
        ),
    ),
)
def best_lead(k, spread, rng):
    runs = rng.normal(0, spread, size=(20_000, k + 1))
    return (runs[:, :k].max(axis=1) - runs[:, k]).mean()
