"""The verdict of an interval, where small may be good."""

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect,
)

# low and high of the change of an error, and the margin; a claim of "makes fewer errors" wants it low
CASES = (
    (-0.9, -0.3, 0.0, "holds"),
    (0.3, 0.9, 0.0, "false"),
    (-0.2, 0.4, 0.0, "open"),
    (-0.9, -0.3, 0.5, "open"),  # fewer, but by how much?
    (-0.9, -0.6, 0.5, "holds"),
    (-0.4, -0.1, 0.5, "false"),  # fewer errors, and too few fewer
    (-0.5, -0.5, 0.5, "holds"),  # exact, and reached
)


def verdicts(answer):
    """Check that every interval gets its word: holds, false or open."""
    for low, high, margin, expected in CASES:
        got = answer(low, high, margin)
        expect(got is not None, "Expected a word, got None. Does your function end with `return`?")
        expect(isinstance(got, str), f"Expected one of 'holds', 'false' and 'open', got {got!r}.")
        what = f"The errors change by {low:+} to {high:+} points, asked for were {margin} fewer"
        expect(got == expected, f"{what}: expected {expected!r}, got {got!r}.")


def as_for_a_gain(low, high, margin):
    return "holds" if low >= margin else "false" if high < margin else "open"


def direction_only(low, high, margin):
    return "holds" if high <= 0 else "false" if low > 0 else "open"


def by_the_middle(low, high, margin):
    return "holds" if (low + high) / 2 <= -margin else "false"


@exercise(
    title="Fewer errors",
    difficulty="warm-up",
    checks=(verdicts,),
    hints=(
        "Draw a line for the change of the errors. On which side of which point must the interval lie?",
        'A change of -0.5 is half a point fewer. Which end of the interval is the cautious one for "holds"?',
    ),
    mistakes=(
        Mistake(
            "if high", "if low", "For 'holds' the whole interval must keep the margin, its upper end, too."
        ),
        Mistake(
            "<= -margin",
            "<= margin",
            "For 'holds' the bound is below zero by the margin: fewer errors are a negative change.",
        ),
        Mistake(
            "<= -margin",
            "<= 0",
            "For 'holds' the bound is below zero by the margin: fewer errors are a negative change.",
        ),
        Mistake(
            '"false" if low',
            '"false" if high',
            "For 'false' the whole interval must miss the margin, its lower end, too.",
        ),
        Mistake(
            "> -margin",
            "> margin",
            "For 'false' the bound is below zero by the margin: fewer errors are a negative change.",
        ),
        Mistake(
            "> -margin",
            "> 0",
            "For 'false' the bound is below zero by the margin: fewer errors are a negative change.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(as_for_a_gain, "-0.9 to -0.3 points, asked for were 0.0 fewer", "more is better"),
        WrongAnswer(direction_only, "asked for were 0.5 fewer: expected 'open'", "the margin ignored"),
        WrongAnswer(by_the_middle, "expected 'open', got", "the mean instead of the interval"),
        WrongAnswer(
            lambda low, high, margin: "holds" if low <= -margin else "false",
            "expected 'open'",
            "the hopeful end",
        ),
        WrongAnswer(
            lambda low, high, margin: "holds" if high < -margin else "false" if low > -margin else "open",
            "expected 'holds', got 'open'",
            "reached is not enough",
        ),
        WrongAnswer(
            lambda low, high, margin: high <= -margin,
            "Expected one of 'holds', 'false' and 'open', got True",
            "no word",
        ),
    ),
)
def judge_interval(low, high, margin):
    if high <= -margin:
        return "holds"
    return "false" if low > -margin else "open"
