"""The filter sweep: choose on validation images, report once on test images, with a standard error."""

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
    expect_close,
)

# (validation, test) by number of filters and seed: made up, so that every slip gives another answer
SCORES = {
    1: ((1.0, 0.97), (0.7, 0.97), (0.7, 0.97)),
    2: ((0.96, 0.99), (1.0, 1.0), (0.96, 1.0)),
    3: ((0.98, 0.95), (0.99, 0.96), (1.0, 0.98)),
    4: ((1.0, 0.99), (1.0, 1.0), (1.0, 0.98)),
}
SLIPS = {
    1: "The best seed is not the mean, and the choice is made on validation: 1 filter has 1.0, 0.7, 0.7.",
    2: "The choice is made on validation images, not on test images: there 2 filters have 0.973.",
    4: "The mean of the seeds must reach least, not every single one, and the smallest number is asked for.",
}
ORACLE = {3: (0.9633333333, 0.0088191710), 4: (0.99, 0.0057735027)}  # mean and standard error, by hand


def asked(answer, filters, least):
    """Return the answer, and the seeds that it ran."""
    seen = set()

    def score(num_filters, seed):
        seen.add(int(seed))
        return SCORES[num_filters][seed]

    got = answer(score, filters, (0, 1, 2), least)
    expect(seen, "Your function never called score(num_filters, seed).")
    expect(seen == {0, 1, 2}, f"Every seed must run; you used the seeds {sorted(seen)} of [0, 1, 2].")
    return got


def chosen_and_reported(answer):
    """Check that the fewest filters that reach the mean are found and reported with their error."""
    for least, right in ((0.985, 3), (1.0, 4)):
        got = asked(answer, (1, 2, 3, 4), least)
        what = f"least={least}"
        expect(
            got is not None, f"{what}: {right} filters have a mean of at least {least}, you returned None."
        )
        numbers = as_array(got, what)
        expect(
            numbers.shape == (3,),
            f"{what}: expected (number of filters, mean, standard error), got {got!r}.",
        )
        slip = SLIPS.get(numbers[0], "")
        expect(numbers[0] == right, f"{what}: expected {right} filters, got {numbers[0]:g}. {slip}")
        report_is_of_the_test(numbers, right, what)


def report_is_of_the_test(numbers, right, what):
    """Raise AssertionError where the reported score is that of the choice."""
    validation = np.mean([pair[0] for pair in SCORES[right]])
    expect(
        abs(numbers[1] - validation) > 1e-6,
        f"{what}: you report {validation:.3f}, the score by which the number was chosen; "
        "that is why it looks good. The test images have not been asked yet.",
    )
    expect_close(numbers[1], ORACLE[right][0], f"{what}: the mean on the test images")
    expect_close(numbers[2], ORACLE[right][1], f"{what}: the standard error of that mean")


def none_is_none(answer):
    """Check that the answer is None where no number of filters is enough."""
    got = asked(answer, (1, 2), 0.985)
    expect(got is None, f"If no number of filters is enough, the answer is None; you returned {got!r}.")


def variant(good, column=1, ddof=1, root=True, choose_on=0, seeds_used=None):
    """Return a sweep with one of its decisions changed."""

    def sweep(score, filters, seeds, least):
        for f in filters:
            pairs = np.array([score(f, s) for s in seeds_used or seeds])
            if good(pairs[:, choose_on], least):
                reported = pairs[:, column]
                error = reported.std(ddof=ddof) / (len(reported) ** 0.5 if root else 1)
                return f, reported.mean(), error
        return None

    return sweep


def mean_reaches(values, least):
    return values.mean() >= least


def never_none(score, filters, seeds, least):
    return filter_sweep.reference(score, filters, seeds, least) or (filters[-1], 1, 0)


@exercise(
    title="The filter sweep",
    difficulty="idea",
    checks=(chosen_and_reported, none_is_none),
    hints=(
        "Two questions, two sets: which number do you choose by, and which do you tell others?",
        "For each number of filters, collect one pair per seed before you judge.",
        "The standard error of a mean is the sample standard deviation (n - 1) over a square root.",
    ),
    mistakes=(
        Mistake(
            "test.std(ddof=1)",
            "test.std()",
            "For a few seeds the standard deviation divides by n - 1, not by n.",
        ),
        Mistake(
            "/ np.sqrt(len(test))", "/ len(test)", "A standard error divides by the root of n, not by n."
        ),
    ),
    wrong_answers=(
        WrongAnswer(variant(lambda v, least: v.max() >= least), "best seed is not the mean", "the best seed"),
        WrongAnswer(variant(lambda v, least: v.min() >= least), "not every single one", "the worst seed"),
        WrongAnswer(variant(mean_reaches, seeds_used=(0,), ddof=0), "Every seed must run", "one seed"),
        WrongAnswer(
            variant(lambda v, least: v.mean() > least), "you returned None", "more than, not at least"
        ),
        WrongAnswer(variant(mean_reaches, choose_on=1), "not on test images", "chosen on the test images"),
        WrongAnswer(variant(mean_reaches, column=0), "by which the number was chosen", "validation reported"),
        WrongAnswer(variant(mean_reaches, ddof=0), "the standard error", "divided by n"),
        WrongAnswer(variant(mean_reaches, root=False), "the standard error", "spread for standard error"),
        WrongAnswer(never_none, "the answer is None", "the last one where none is enough"),
    ),
)
def filter_sweep(score, filters, seeds, least):
    for num_filters in filters:
        validation, test = np.transpose([score(num_filters, seed) for seed in seeds])
        if validation.mean() >= least:
            standard_error = test.std(ddof=1) / np.sqrt(len(test))
            return num_filters, test.mean(), standard_error
    return None
