"""Where does a mean cosine of one half come from? From choosing among noise."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect

REPEATS = 60
CASES = ((16, 9), (4, 9), (16, 100), (1, 9))


def simulated(function, count, size, seed=0):
    rng = np.random.default_rng(seed)
    return [as_array(function(count, size, rng), "The mean cosine") for _ in range(REPEATS)]


def is_a_number(answer):
    """Check that the answer is one number, and all of its chance comes from `rng`."""
    got = as_array(answer(4, 9, np.random.default_rng(0)), "The mean cosine")
    expect(got.shape == (), f"Expected one number, the mean cosine of the pairs, got shape {got.shape}.")
    again = as_array(answer(4, 9, np.random.default_rng(0)), "The mean cosine")
    expect(got == again, "The same `rng` gives two different results: draw everything from `rng`.")


def means(answer):
    """Check that the mean over many draws is that of the reference, within four standard errors."""
    for count, size in CASES:
        got, expected = (
            simulated(f, count, size, seed) for seed, f in enumerate((answer, best_match.reference))
        )
        error = np.hypot(np.std(got), np.std(expected)) / REPEATS**0.5
        difference = np.mean(got) - np.mean(expected)
        hint = ""
        if difference > 0:
            hint = " Is every kernel of the second set used exactly once, and may a cosine be negative?"
        elif abs(np.mean(got)) < 0.05:
            hint = (
                " Zero is what kernels have that are paired without choosing, or by a choice to which -1 is "
                "as good as 1."
            )
        elif np.mean(got) < 0:
            hint = (
                " You pair those that are least alike: linear_sum_assignment makes a sum as small as it can, "
                "unless it is told to maximise."
            )
        expect(
            abs(difference) < 4 * error + 0.005,
            f"{count} kernels of {size} weights: a mean of about {np.mean(expected):.2f} is expected over "
            f"many draws, yours is {np.mean(got):.2f}.{hint}",
        )


def two_sets(count, size, rng):
    sets = rng.normal(size=(2, count, size))
    return sets / np.linalg.norm(sets, axis=2, keepdims=True)


def best_of_each(count, size, rng):
    a, b = two_sets(count, size, rng)
    return (a @ b.T).max(axis=1).mean()


def without_signs(count, size, rng):
    a, b = two_sets(count, size, rng)
    cosines = np.abs(a @ b.T)
    return cosines[linear_sum_assignment(cosines, maximize=True)].mean()


def blind_to_signs(count, size, rng):
    a, b = two_sets(count, size, rng)
    cosines = a @ b.T
    return cosines[linear_sum_assignment(np.abs(cosines), maximize=True)].mean()


def unmatched(count, size, rng):
    a, b = two_sets(count, size, rng)
    return (a * b).sum(axis=1).mean()


def worst(count, size, rng):
    a, b = two_sets(count, size, rng)
    cosines = a @ b.T
    return cosines[linear_sum_assignment(cosines)].mean()


def not_normalised(count, size, rng):
    a, b = rng.normal(size=(2, count, size))
    products = a @ b.T
    return products[linear_sum_assignment(products, maximize=True)].mean()


@exercise(
    title="Half of a likeness",
    difficulty="idea",
    checks=(is_a_number, means),
    hints=(
        "Draw both sets, give every kernel the length 1, and one product gives all cosines.",
        "The page pairs kernels by `linear_sum_assignment`; what does it maximise, and may it use one twice?",
    ),
    wrong_answers=(
        WrongAnswer(best_of_each, "used exactly once", "each takes its favourite"),
        WrongAnswer(without_signs, "may a cosine be negative", "absolute cosines"),
        WrongAnswer(unmatched, "paired without choosing", "no matching"),
        WrongAnswer(blind_to_signs, "to which -1 is as good as 1", "matched by absolute cosines"),
        WrongAnswer(worst, "those that are least alike", "the worst matching"),
        WrongAnswer(not_normalised, "a mean of about 0.50 is expected", "products of unequal lengths"),
        WrongAnswer(lambda count, size, rng: np.zeros(count), "one number", "one number for each kernel"),
        WrongAnswer(
            lambda count, size, rng: unmatched(count, size, np.random.default_rng()),
            "two different",
            "own rng",
        ),
    ),
)
def best_match(num_kernels, num_weights, rng):
    sets = rng.normal(size=(2, num_kernels, num_weights))
    sets /= np.linalg.norm(sets, axis=2, keepdims=True)
    cosines = sets[0] @ sets[1].T
    pairs = linear_sum_assignment(cosines, maximize=True)
    return cosines[pairs].mean()
