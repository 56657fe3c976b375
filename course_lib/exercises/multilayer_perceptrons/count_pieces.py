"""How many linear models lie between two images: counted on the line from one to the other."""

import numpy as np

from course_lib.exercises.framework import WrongAnswer, exercise, expect, expect_integer


def by_bisection(weight, bias, u, v, num_steps=20_001):
    """Walk from u to v in small steps and count how often the pattern of active units changes."""
    steps = np.linspace(0, 1, num_steps)[:, None]
    on = ((1 - steps) * u + steps * v) @ weight.T + bias > 0  # (num_steps, M)
    return 1 + int((on[1:] != on[:-1]).any(axis=1).sum())


def case_of(seed, num_units, spread=1.0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(num_units, 6)), rng.normal(size=num_units), *spread * rng.normal(size=(2, 6))


def one_unit(answer):
    """Check that a line has two pieces where it crosses the unit's border, else one."""
    weight, bias = np.array([[1.0, 0.0]]), np.array([-1.0])
    cases = (
        ([0, 0], [3, 0], "it turns on once, and one cut makes two pieces", 2),
        ([3, 0], [0, 0], "it turns off once, and one cut makes two pieces", 2),
        ([2, 0], [3, 0], "it is on all the way, and a line without a cut is one piece", 1),
        ([0, 0], [0, 9], "it is off all the way, and a line without a cut is one piece", 1),
    )
    for u, v, why, pieces in cases:
        got = answer(weight, bias, np.array(u, float), np.array(v, float))
        expect_integer(got, pieces, f"One unit that is on where x1 > 1, from {u} to {v} ({why})")


def many_units(answer):
    """Check that random units cut a line into as many pieces as bisection finds."""
    for seed, num_units in ((0, 8), (1, 40), (2, 128)):
        weight, bias, u, v = case_of(seed, num_units)
        got, expected = answer(weight, bias, u, v), by_bisection(weight, bias, u, v)
        changed = int(((weight @ u + bias > 0) != (weight @ v + bias > 0)).sum())
        expect(
            not isinstance(got, int) or got != changed or got == expected,
            f"{num_units} units, {changed} of them change. How many pieces has a line with so many cuts?",
        )
        expect_integer(got, expected, f"{num_units} units, two random inputs")


def together(answer):
    """Check that units that turn at one point cut the line once."""
    weight, bias, u, v = case_of(5, 6)
    twice = answer(np.vstack([weight, 3 * weight]), np.r_[bias, 3 * bias], u, v)
    what = "12 units, of which every two turn on or off at the same point up to rounding"
    expect_integer(twice, by_bisection(weight, bias, u, v), what)


def units_that_change(weight, bias, u, v):
    return 1 + int(((weight @ u + bias > 0) != (weight @ v + bias > 0)).sum())


@exercise(
    title="From one image to another",
    difficulty="idea",
    checks=(one_unit, many_units, together),
    hints=(
        "From u to v the input of a unit is a straight function. How often can it change its sign?",
        "At which fraction of the way is a unit's input zero? Two units may share that point: count points.",
    ),
    wrong_answers=(
        WrongAnswer(units_that_change, "turn on or off at the same point", "units counted, not points"),
        WrongAnswer(lambda *case: units_that_change(*case) - 1, "makes two pieces", "cuts, not pieces"),
        WrongAnswer(lambda weight, bias, u, v: 1 + len(bias), "without a cut", "every unit cuts"),
        WrongAnswer(lambda weight, bias, u, v: 2 ** len(bias), "expected 1, got 2", "all patterns"),
        WrongAnswer(
            lambda w, b, u, v: 1 + int((w @ u + b > 0).sum()), "expected 2, got 1", "those that are on at u"
        ),
    ),
)
def count_pieces(weight_1, bias_1, u, v):
    """Return how many linear models an MLP is on the straight way from u to v."""
    at_u, at_v = weight_1 @ u + bias_1, weight_1 @ v + bias_1  # (M,)
    cuts = (at_u > 0) != (at_v > 0)
    where = at_u[cuts] / (at_u[cuts] - at_v[cuts])  # the fraction of the way
    return 1 + len(np.unique(where.round(9)))
