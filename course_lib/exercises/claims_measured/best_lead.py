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
            f"got {got:.3f}.{likely(got, k, lead)}",
        )


def likely(got, k, lead):
    """Return words about the mistakes that lead to about this number, if they are known."""
    if k == 1:
        at_once = " That is the best of all trials at once: take the best run of each trial, then the mean."
        return at_once if got > 0.3 * SPREAD else ""
    best_minus_worst = " So far apart lie the best and the worst run of one method; the other has one run."
    variance = " NumPy's normal takes a standard deviation, not its square."
    for value, words in (
        (0, " A mean run has no lead. Which of its runs would somebody report?"),
        (2 * lead, best_minus_worst),
        (lead * SPREAD, variance),
        (2 * lead * SPREAD, best_minus_worst + variance),
    ):
        if abs(got - value) < 0.03 * SPREAD:
            return words
    return ""


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
            "A mean run has no lead",
            "the mean run",
        ),
        WrongAnswer(
            lambda k, spread, rng: np.ptp(rng.normal(0, spread, (TRIALS, k)), axis=1).mean(),
            "the best and the worst run of one method",
            "best minus worst",
        ),
        WrongAnswer(
            lambda k, spread, rng: rng.normal(0, spread, (TRIALS, k)).max(),
            "best of all trials at once",
            "the best of all trials",
        ),
        WrongAnswer(
            lambda k, spread, rng: best_lead.reference(k, spread**2, rng),
            "takes a standard deviation",
            "the variance for the spread",
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
