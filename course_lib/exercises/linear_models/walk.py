"""A walk in a bowl: gradient descent on one number, by hand."""

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
    expect_close,
)

LOWEST = 3.0


def after(w, learning_rate, num_steps):
    """The closed form: every step multiplies the distance from the lowest point by the same factor."""
    return LOWEST + (1 - 2 * learning_rate) ** num_steps * (w - LOWEST)


def one_step(answer):
    """Check that one step leads from 0 to 0.6, down the slope."""
    case = "one step from w = 0 with learning rate 0.1"
    got = as_array(answer(0.0, 0.1, 1), case)
    expect_close(got, 0.6, case)


def several_steps(answer):
    """Check that every further step uses the slope of the place where it starts."""
    for w, rate, steps in ((0.0, 0.1, 2), (0.0, 0.5, 3), (10.0, 0.25, 4), (1.0, 1.1, 6), (4.0, 0.1, 0)):
        case = f"{steps} steps from w = {w:g} with learning rate {rate:g}"
        got = as_array(answer(w, rate, steps), case)
        expect(
            got.shape != ()
            or steps < 2
            or abs(got - (w - steps * rate * 2 * (w - LOWEST))) > 1e-9
            or rate == 0.5,
            f"{case}: got {got:g}. Every step needs the slope of the place where it starts.",
        )
        expect_close(got, after(w, rate, steps), case)


@exercise(
    title="A walk in a bowl",
    difficulty="warm-up",
    checks=(one_step, several_steps),
    hints=(
        "What is the slope of the bowl at w? At w = 3 it is 0, left of it negative, right of it positive.",
        "In every round of a loop: which slope does the bowl have where you stand now?",
    ),
    mistakes=(
        Mistake("range(num_steps)", "range(num_steps - 1)", "One step too few."),
        Mistake("w - learning_rate", "w + learning_rate", "That is uphill: the step goes against the slope."),
        Mistake(
            "2 * (w - 3)", "(w - 3)", "The slope is half of the true one: what is the derivative of a square?"
        ),
        Mistake("2 * (w - 3)", "(w - 3)**2", "The height of the bowl stands where its slope should."),
    ),
    wrong_answers=(
        WrongAnswer(lambda w, rate, n: LOWEST + (1 + 2 * rate) ** n * (w - LOWEST), "uphill", "the sign"),
        WrongAnswer(
            lambda w, rate, n: LOWEST + (1 - rate) ** n * (w - LOWEST), "derivative of a square", "half"
        ),
        WrongAnswer(
            lambda w, rate, n: w - n * rate * 2 * (w - LOWEST), "the place where it starts", "one slope"
        ),
        WrongAnswer(lambda w, rate, n: after(w, rate, 1), "2 steps", "a single step"),
        WrongAnswer(
            lambda w, rate, n: [after(w, rate, k) for k in range(n + 1)],
            "expected one number",
            "the whole path",
        ),
    ),
)
def walk(w, learning_rate, num_steps):
    """Return where gradient descent on (w - 3)**2 stands after some steps."""
    for _ in range(num_steps):
        w = w - learning_rate * 2 * (w - 3)
    return w
