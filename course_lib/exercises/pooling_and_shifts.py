"""Exercises of the chapter *What moves when the image moves?*"""

import numpy as np

from course_lib.exercises.framework import Exercise, WrongAnswer, as_array, expect, expect_close
from course_lib.exercises.pooling_and_shifts_moves import is_equivariant, shift_consistency

__all__ = ["global_average", "is_equivariant", "max_pool_from_relu", "pool_by_hand", "shift_consistency"]

# windows of [[3, 1, 0, 2], [5, 7, 4, 2], [2, 6, 1, 1], [0, 4, 8, -2]], worked out by hand
_LARGEST, _MEANS = [[7, 4], [6, 8]], [[4, 2], [3, 2]]


def _pool_by_hand(answer):
    expect(
        isinstance(answer, (tuple, list)) and len(answer) == 2,
        f"Expected a pair (largest values, means), got {type(answer).__name__}.",
    )
    for got, what in zip(answer, ("The max-pooled map", "The average-pooled map"), strict=True):
        if got is not Ellipsis:
            shape = as_array(got, what).shape
            expect(
                shape == (2, 2),
                f"{what}: four windows of 2x2 that do not overlap give shape (2, 2), got {shape}.",
            )
    means = None if answer[1] is Ellipsis else as_array(answer[1], "The average-pooled map")
    expect(not np.array_equal(answer[0], _MEANS), "You gave the means first; the largest values come first.")
    expect(
        means is None or not np.array_equal(means, 4 * np.array(_MEANS)),
        "Your second map holds the sums of the windows; a mean is a quarter of that.",
    )
    expect_close(answer[0], _LARGEST, "The max-pooled map")
    expect_close(answer[1], _MEANS, "The average-pooled map")


pool_by_hand = Exercise(
    name="pool_by_hand",
    checks=(_pool_by_hand,),
    reference=(_LARGEST, _MEANS),
    hints=(
        "The first window holds 3, 1, 5 and 7; the second starts two columns further right.",
        "Four windows, so both answers have two rows and two columns.",
    ),
    wrong_answers=(
        WrongAnswer((_MEANS, _LARGEST), "means first", "the order swapped"),
        WrongAnswer((_LARGEST, [[16, 8], [12, 8]]), "sums of the windows", "sums instead of means"),
        WrongAnswer(([[7, 7, 4], [7, 7, 4], [6, 8, 8]], _MEANS), "do not overlap", "stride 1"),
        WrongAnswer(([[7, 4], [6, 8]], [[4, 2], [3, 3]]), "index (1, 1)", "the minus sign overlooked"),
        WrongAnswer(([3, 7, 6, 8], _MEANS), "shape (2, 2)", "the largest of each row"),
    ),
)


def max_pool_from_relu(feature_map, relu):
    def maximum(a, b):
        return a + relu(b - a)

    wide = maximum(feature_map[:, 0::2], feature_map[:, 1::2])  # (H, W / 2)
    return maximum(wide[0::2], wide[1::2])  # (H / 2, W / 2)


def _relu(x):
    return np.maximum(x, 0)


def _pool_positive_and_negative(answer):
    for what, feature_map, expected in (
        ("Positive numbers", [[1.0, 3, 2, 0], [4, 2, 1, 1]], [[4, 2]]),
        ("Negative numbers", [[-1.0, -3], [-4, -2], [-9, -8], [-6, -7]], [[-1], [-6]]),
        ("Mixed signs", [[-1.0, 2], [0, -5], [-3, -2], [-7, -2]], [[2], [-2]]),
    ):
        got = as_array(answer(np.array(feature_map), _relu), what)
        expect(
            got.shape == np.shape(expected),
            f"{what}: a {len(feature_map)}x{len(feature_map[0])} map pooled in 2x2 windows "
            f"has shape {np.shape(expected)}, got {got.shape}.",
        )
        expect_close(got, expected, what)


def _pool_uses_relu(answer):
    calls = []

    def counting(x):
        calls.append(x)
        return _relu(x)

    answer(np.array([[1.0, 2.0], [3.0, 4.0]]), counting)
    expect(calls, "Your function never called relu: build the maximum from it, with plus and minus.")


max_pool_from_relu = Exercise(
    name="max_pool_from_relu",
    checks=(_pool_positive_and_negative, _pool_uses_relu),
    reference=max_pool_from_relu,
    hints=(
        "If b is larger than a, then max(a, b) is a plus the difference; otherwise it is a plus nothing.",
        "max(a, b) = a + relu(b - a). Take it of neighbouring columns, then of neighbouring rows.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda x, relu: x.reshape(len(x) // 2, 2, -1, 2).max(axis=(1, 3)), "never called relu", "max"
        ),
        WrongAnswer(
            lambda x, relu: relu(x.reshape(len(x) // 2, 2, -1, 2).max(axis=(1, 3))),
            "Negative numbers",
            "relu after the maximum: negative maxima become zero",
        ),
        WrongAnswer(
            lambda x, relu: x[0::2, 0::2] + relu(x[0::2, 1::2] - x[0::2, 0::2]),
            "Positive numbers",
            "columns only, every second row dropped",
        ),
        WrongAnswer(
            lambda x, relu: x[:, 0::2] + relu(x[:, 1::2] - x[:, 0::2]), "has shape", "the rows not pooled"
        ),
        WrongAnswer(
            lambda x, relu: _solution(x, lambda d: relu(-d)),
            "Positive numbers",
            "a + relu(a - b)",
        ),
    ),
)
_solution = max_pool_from_relu.reference


def global_average(maps):
    return maps.mean(axis=(2, 3))


def _global_average(answer):
    for num_images, channels, height, width in ((2, 3, 4, 5), (3, 2, 7, 7), (1, 4, 1, 6)):
        size = height * width
        # channel c of image n counts c, c + 1, ... and is n brighter: its mean is the middle of that
        maps = np.arange(size, dtype=float).reshape(1, 1, height, width)
        maps = maps + np.arange(channels)[:, None, None] + 10.0 * np.arange(num_images)[:, None, None, None]
        expected = (size - 1) / 2 + np.arange(channels) + 10.0 * np.arange(num_images)[:, None]
        shape = (num_images, channels, height, width)
        got = as_array(answer(maps), f"Maps of shape {shape}")
        expect(
            got.shape == (num_images, channels),
            f"Maps of shape {shape}: one number per image and channel has shape {(num_images, channels)}, "
            f"got {got.shape}.",
        )
        expect(
            not np.allclose(got, maps.max(axis=(2, 3))) or size == 1,
            f"Maps of shape {shape}: that is the largest value of each map, asked is the mean.",
        )
        expect_close(got, expected, f"Maps of shape {shape}")


global_average = Exercise(
    name="global_average",
    checks=(_global_average,),
    reference=global_average,
    hints=(
        "Which two of the four axes disappear?",
        "An axis argument may be a tuple; the map's rows and columns are the axes 2 and 3.",
    ),
    wrong_answers=(
        WrongAnswer(lambda maps: maps.mean(axis=(1, 2, 3)), "per image and channel", "channels averaged"),
        WrongAnswer(lambda maps: maps.mean(axis=(2, 3), keepdims=True), "got (2, 3, 1, 1)", "axes kept"),
        WrongAnswer(lambda maps: maps.sum(axis=(2, 3)), "expected", "sums"),
        WrongAnswer(lambda maps: maps.sum(axis=(2, 3)) / 49, "Maps of shape (2, 3, 4, 5)", "always 7x7"),
        WrongAnswer(lambda maps: maps.max(axis=(2, 3)), "asked is the mean", "global max"),
        WrongAnswer(lambda maps: maps.reshape(len(maps), -1), "got (2, 60)", "flatten"),
    ),
)
