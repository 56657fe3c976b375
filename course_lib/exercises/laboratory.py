"""Exercises of the chapter *What can a network of 114 parameters prove?*"""

import numpy as np

from course_lib.exercises.framework import Exercise, WrongAnswer, as_array, expect, expect_close
from course_lib.exercises.laboratory_networks import five_classes, occlusion_map, strided_cnn

__all__ = ["dropout", "filter_sweep", "five_classes", "occlusion_map", "sizes", "strided_cnn"]


def sizes(kernel_size, num_filters, num_classes):
    convolved = 8 - kernel_size + 1
    pooled = convolved // 2
    kernels = num_filters * (kernel_size**2 + 1)
    head = num_classes * (num_filters * pooled**2 + 1)
    return convolved, pooled, kernels + head


def _sizes(answer):
    # counted on the layers themselves, with parameters that separate the usual slips
    for case, expected in (
        ((3, 3, 3), (6, 3, 114)),
        ((3, 3, 4), (6, 3, 142)),
        ((2, 3, 3), (7, 3, 99)),
        ((5, 3, 3), (4, 2, 117)),
        ((7, 8, 10), (2, 1, 490)),
    ):
        got = answer(*case)
        expect(got is not None, "Expected three numbers, got None. Does your function end with `return`?")
        what = "kernel_size={}, num_filters={}, num_classes={}".format(*case)
        expect(np.shape(got) == (3,), f"{what}: expected three numbers, got {got!r}.")
        for name, value, right in zip(
            ("the convolved map's side", "the pooled map's side", "the parameters"),
            got,
            expected,
            strict=True,
        ):
            expect(value == right, f"{what}: expected {right} for {name}, got {value!r}.")


sizes = Exercise(
    name="sizes",
    checks=(_sizes,),
    reference=sizes,
    hints=(
        "At how many places does a kernel of that size fit into a row of 8 pixels?",
        "Half of 7 is 3 here: a pooling window that does not fit is left out. Every layer has biases.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda k, f, c: (8 - k, (8 - k) // 2, 0), "the convolved map's side", "a position forgotten"
        ),
        WrongAnswer(
            lambda k, f, c: (
                9 - k,
                -(-(9 - k) // 2),
                f * (k * k + 1) + c * (f * (-(-(9 - k) // 2)) ** 2 + 1),
            ),
            "expected 3 for the pooled map's side, got 4",
            "rounded up",
        ),
        WrongAnswer(
            lambda k, f, c: (9 - k, (9 - k) // 2, f * k * k + c * f * ((9 - k) // 2) ** 2),
            "expected 114 for the parameters, got 108",
            "no biases",
        ),
        WrongAnswer(
            lambda k, f, c: (9 - k, (9 - k) // 2, 37 * f + 3),
            "num_classes=4",
            "the formula for three classes",
        ),
        WrongAnswer(
            lambda k, f, c: (9 - k, (9 - k) // 2, f * (k * k + 1) + c * (9 * f + 1)),
            "kernel_size=5",
            "always nine pooled numbers",
        ),
        WrongAnswer(lambda k, f, c: f * (k * k + 1), "three numbers", "one number"),
    ),
)


def dropout(x, kept, p):
    return x * kept / (1 - p)


def _dropout(answer):
    x = np.array([[2.0, -4.0, 6.0, 0.0], [1.0, 3.0, -5.0, 7.0]])
    kept = np.array([[True, False, True, True], [False, True, True, False]])
    before = x.copy()
    for p, expected in (
        (0.5, [[4, 0, 12, 0], [0, 6, -10, 0]]),
        (0.75, [[8, 0, 24, 0], [0, 12, -20, 0]]),
        (0.2, [[2.5, 0, 7.5, 0], [0, 3.75, -6.25, 0]]),
    ):
        got = as_array(answer(x, kept, p), f"p={p}")
        expect(np.array_equal(x, before), f"p={p}: your function changed its input x; return a new array.")
        expect(
            got.shape != x.shape or not np.allclose(got, x * kept),
            f"p={p}: the kept numbers are not scaled, so their sum shrinks on average.",
        )
        expect(
            got.shape != x.shape or not np.allclose(got, x * ~kept / (1 - p)),
            f"p={p}: you kept what should be dropped; kept is True where a number stays.",
        )
        expect_close(got, expected, f"p={p}")


dropout = Exercise(
    name="dropout",
    checks=(_dropout,),
    reference=dropout,
    hints=(
        "Multiplying by True keeps a number, by False it becomes zero.",
        "A number survives with probability 1 - p; divided by that, its mean stays what it was.",
    ),
    wrong_answers=(
        WrongAnswer(lambda x, kept, p: x * kept, "not scaled", "no scaling"),
        WrongAnswer(lambda x, kept, p: x * ~kept / (1 - p), "should be dropped", "the mask inverted"),
        WrongAnswer(lambda x, kept, p: x * kept / p, "p=0.75", "divided by p"),
        WrongAnswer(lambda x, kept, p: x * kept * (1 - p), "p=0.5", "scaled down, not up"),
        WrongAnswer(lambda x, kept, p: x * kept / kept.mean(), "p=0.5", "scaled by this mask's share"),
        WrongAnswer(lambda x, kept, p: x[kept] / (1 - p), "expected shape (2, 4)", "dropped numbers removed"),
    ),
)


def filter_sweep(score, filters, seeds, least):
    for num_filters in filters:
        values = [score(num_filters, seed) for seed in seeds]
        if np.mean(values) >= least:
            return num_filters
    return None


# accuracies by number of filters, one per seed: made up, so that every rule gives another answer
_SCORES = {1: (1.0, 0.7, 0.7), 2: (0.96, 1.0, 0.96), 3: (0.98, 0.99, 1.0), 4: (1.0, 1.0, 1.0)}


def _filter_sweep(answer):
    seen = set()

    def score(num_filters, seed):
        seen.add((num_filters, seed))
        return _SCORES[num_filters][seed]

    got = answer(score, (1, 2, 3, 4), (0, 1, 2), 0.985)
    expect(seen, "Your function never called score(num_filters, seed).")
    expect(
        {seed for _, seed in seen} == {0, 1, 2},
        f"Every seed must run; you used the seeds {sorted({seed for _, seed in seen})} of [0, 1, 2].",
    )
    slips = {
        1: "The best seed is not the mean: with 1 filter two of three seeds stay at 0.7.",
        4: "The mean of the seeds must reach least, not every single one.",
        None: "3 filters have the mean 0.99, which is at least 0.985.",
    }
    expect(isinstance(got, (int, np.integer)) or got is None, f"Expected a number of filters, got {got!r}.")
    expect(got == 3, f"least=0.985: expected 3. {slips.get(got, f'You returned {got!r}.')}")
    got = answer(score, (1, 2, 3, 4), (0, 1, 2), 1.0)
    expect(got == 4, f"least=1.0: expected 4, whose mean is exactly 1; you returned {got!r}.")
    got = answer(score, (1, 2), (0, 1, 2), 0.985)
    expect(got is None, f"If no number of filters is enough, the answer is None; you returned {got!r}.")


filter_sweep = Exercise(
    name="filter_sweep",
    checks=(_filter_sweep,),
    reference=filter_sweep,
    hints=(
        "For each number of filters, collect one score per seed before you judge.",
        "Return inside the loop at the first mean that is at least `least`; after the loop, None.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda score, filters, seeds, least: _first(score, filters, seeds, lambda v: max(v) >= least),
            "best seed is not the mean",
            "the best seed",
        ),
        WrongAnswer(
            lambda score, filters, seeds, least: _first(score, filters, seeds, lambda v: min(v) >= least),
            "not every single one",
            "the worst seed",
        ),
        WrongAnswer(
            lambda score, filters, seeds, least: _first(score, filters, [0], lambda v: v[0] >= least),
            "Every seed must run",
            "one seed",
        ),
        WrongAnswer(
            lambda score, filters, seeds, least: _first(score, filters, seeds, lambda v: np.mean(v) > least),
            "least=1.0: expected 4",
            "more than, not at least",
        ),
        WrongAnswer(
            lambda score, filters, seeds, least: max(
                filters, key=lambda f: np.mean([score(f, s) for s in seeds])
            ),
            "not every single one",
            "the best, not the smallest",
        ),
        WrongAnswer(
            lambda score, filters, seeds, least: (
                _first(score, filters, seeds, lambda v: np.mean(v) >= least) or filters[-1]
            ),
            "the answer is None",
            "the last one where none is enough",
        ),
    ),
)


def _first(score, filters, seeds, good):
    return next((f for f in filters if good([score(f, s) for s in seeds])), None)
