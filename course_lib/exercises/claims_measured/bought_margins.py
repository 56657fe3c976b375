"""A forger's tool: for any effect, the margin that buys each verdict."""

import numpy as np

from course_lib.claims import judge
from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
)

EFFECTS = ((1.5, 0.2), (-3.0, 0.5), (0.0, 0.01), (40.0, 12.0))
WORDS = ("holds", "open", "false")


def buys(answer):
    """Check that each margin leads to the word that it was chosen for."""
    for effect, error in EFFECTS:
        got = answer(effect, error)
        margins = as_array(got, "bought_margins")
        expect(margins.shape == (3,), f"Expected three margins, for {', '.join(WORDS)}, got {got!r}.")
        expect(np.isfinite(margins).all(), f"A margin is a finite number, got {got!r}.")
        for word, margin in zip(WORDS, margins.tolist(), strict=True):
            bought = judge(effect, error, margin)
            expect(
                bought == word,
                f"{effect} ± {error} with your margin {margin:g} is {bought!r}, you promised {word!r}.",
            )


@exercise(
    title="A forger's tool",
    difficulty="idea",
    checks=(buys,),
    hints=(
        "Where does the margin have to lie relative to the interval for each verdict?",
        "The interval ends 1.96 errors from the effect, on both sides. Which multiples are safely outside?",
    ),
    mistakes=(
        Mistake(
            "effect - 3", "effect - 1", "One standard error is less than the half-width of the interval."
        ),
        Mistake(
            "error, effect,",
            "error, 0,",
            "A margin of 0 leaves the verdict open only where the interval contains 0; which "
            "margin does it surely contain?",
        ),
        Mistake("effect + 3", "effect - 3", "For 'false' the margin lies above the interval, not below."),
    ),
    wrong_answers=(
        WrongAnswer(
            lambda effect, error: (effect - error, effect, effect + error),
            "is 'open', you promised 'holds'",
            "one error instead of two",
        ),
        WrongAnswer(
            lambda effect, error: (effect + 3 * error, effect, effect - 3 * error),
            "is 'false', you",
            "turned round",
        ),
        WrongAnswer(
            lambda effect, error: (0.5 * effect, effect, 2 * effect), "-3.0 ± 0.5", "shares of the effect"
        ),
        WrongAnswer(lambda effect, error: (0, effect, 100), "-3.0 ± 0.5", "the same for all"),
        WrongAnswer(lambda effect, error: effect, "three margins", "one margin"),
    ),
)
def bought_margins(effect, error):
    return effect - 3 * error, effect, effect + 3 * error
