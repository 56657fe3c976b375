"""Pooling on paper: four windows, their largest numbers and their means."""

import numpy as np

from course_lib.exercises.framework import (
    NotAttempted,
    WrongAnswer,
    as_array,
    expect,
    expect_close,
    value_exercise,
)

# windows of [[3, 1, 0, 2], [5, 7, 4, 2], [2, 6, 1, 1], [0, 4, 8, -2]], worked out by hand
LARGEST, MEANS = [[7, 4], [6, 8]], [[4, 2], [3, 2]]


def two_maps(answer):
    """Return the reader's two maps as arrays (2, 2)."""
    is_pair = hasattr(answer, "__len__") and not isinstance(answer, str) and len(answer) == 2
    expect(is_pair, f"Expected a pair (largest values, means), got {type(answer).__name__}.")
    if all(part is Ellipsis for part in answer):
        raise NotAttempted
    maps = []
    for got, what in zip(answer, ("The max-pooled map", "The average-pooled map"), strict=True):
        expect(got is not Ellipsis, f"{what} is still open.")
        maps.append(as_array(got, what))
        expect(
            maps[-1].shape == (2, 2),
            f"{what}: four windows of 2x2 that do not overlap give shape (2, 2), got {maps[-1].shape}.",
        )
    return maps


def by_window(answer):
    """Check that both maps are pooled, the largest values first."""
    largest, means = two_maps(answer)
    expect(not np.array_equal(largest, MEANS), "You gave the means first; the largest values come first.")
    expect(
        not np.array_equal(means, 4 * np.array(MEANS)),
        "Your second map holds the sums of the windows; a mean is a quarter of that.",
    )
    expect_close(largest, LARGEST, "The max-pooled map")
    expect_close(means, MEANS, "The average-pooled map")


@value_exercise(
    name="pool_by_hand",
    title="Pooling by hand",
    difficulty="warm-up",
    next_step=(
        "Move the map one column to the right, with zeros coming in: which of the eight answers stay? "
        "Which kind of pooling keeps more of them?"
    ),
    checks=(by_window,),
    hints=(
        "The first window holds 3, 1, 5 and 7; the second starts two columns further right.",
        "Four windows, so both answers have two rows and two columns.",
    ),
    wrong_answers=(
        WrongAnswer((MEANS, LARGEST), "means first", "the order swapped"),
        WrongAnswer((LARGEST, [[16, 8], [12, 8]]), "sums of the windows", "sums instead of means"),
        WrongAnswer(([[7, 7, 4], [7, 7, 4], [6, 8, 8]], MEANS), "do not overlap", "stride 1"),
        WrongAnswer((LARGEST, [[4, 2], [3, 3]]), "index (1, 1)", "the minus sign overlooked"),
        WrongAnswer(([3, 7, 6, 8], MEANS), "shape (2, 2)", "the largest of each row"),
        WrongAnswer((LARGEST, ...), "still open", "half an answer"),
    ),
)
def by_hand():
    my_largest = [[7, 4], [6, 8]]
    my_means = [[4, 2], [3, 2]]
    return my_largest, my_means
