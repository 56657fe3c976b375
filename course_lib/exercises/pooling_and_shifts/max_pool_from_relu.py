"""Max-pooling out of ReLU: what the one can say, the other can."""

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
    expect_close,
)


def clip(x):
    return np.maximum(x, 0)


def positive_and_negative(answer):
    """Check that maps of any sign are pooled by the given ReLU."""
    for what, feature_map, expected in (
        ("Positive numbers", [[1.0, 3, 2, 0], [4, 2, 1, 1]], [[4, 2]]),
        ("Negative numbers", [[-1.0, -3], [-4, -2], [-9, -8], [-6, -7]], [[-1], [-6]]),
        ("Mixed signs", [[-1.0, 2], [0, -5], [-3, -2], [-7, -2]], [[2], [-2]]),
    ):
        got = as_array(answer(np.array(feature_map), clip), what)
        expect(
            got.shape == np.shape(expected),
            f"{what}: a {len(feature_map)}x{len(feature_map[0])} map pooled in 2x2 windows "
            f"has shape {np.shape(expected)}, got {got.shape}.",
        )
        expect_close(got, expected, what)


def uses_relu(answer):
    """Hand out a relu of half the height: whoever takes the maximum another way does not notice."""
    feature_map = np.array([[1.0, 2.0], [3.0, 4.0]])
    same = np.array_equal(
        as_array(answer(feature_map, clip), "It"), as_array(answer(feature_map, lambda x: clip(x) / 2), "It")
    )
    expect(not same, "Your answer does not depend on relu: build the maximum from it, with plus and minus.")


def with_max(feature_map, relu):
    return feature_map.reshape(len(feature_map) // 2, 2, -1, 2).max(axis=(1, 3))


def called_for_show(feature_map, relu):
    relu(feature_map)
    return with_max(feature_map, relu)


def columns_only(feature_map, relu):
    left, right = feature_map[:, 0::2], feature_map[:, 1::2]
    return left + relu(right - left)


@exercise(
    name="max_pool_from_relu",
    title="Max-pooling out of ReLU",
    difficulty="idea",
    checks=(positive_and_negative, uses_relu),
    hints=(
        "Two numbers first: how much must be added to a to make it the larger of a and b?",
        "Is the largest of four numbers not the larger of two larger ones?",
    ),
    mistakes=(
        Mistake(
            "0::2], feature_map",
            "0:-1], feature_map",
            "These are all columns but the last one; a window begins in every second column.",
        ),
        Mistake(
            "wide[1::2])",
            "wide[:, 1::2])",
            "The colon comes first, so these are columns; each row is to be compared with the row below.",
        ),
        Mistake(
            "a + relu(b - a)",
            "relu(a - b)",
            "relu(a - b) says by how much a is larger than b, not which number that is.",
        ),
        Mistake("a + relu(b - a)", "relu(a) + relu(b)", "That adds both numbers, where one should win."),
    ),
    wrong_answers=(
        WrongAnswer(with_max, "does not depend on relu", "max"),
        WrongAnswer(called_for_show, "does not depend on relu", "relu is called and not used"),
        WrongAnswer(
            lambda x, relu: relu(with_max(x, relu)),
            "Negative numbers",
            "relu after the maximum: negative maxima become zero",
        ),
        WrongAnswer(
            lambda x, relu: columns_only(x, relu)[0::2], "Positive numbers", "every second row dropped"
        ),
        WrongAnswer(columns_only, "has shape", "the rows not pooled"),
        WrongAnswer(
            lambda x, relu: my_max_pool.reference(x, lambda d: relu(-d)),
            "Positive numbers",
            "a + relu(a - b)",
        ),
    ),
)
def my_max_pool(feature_map, relu):
    def maximum(a, b):
        return a + relu(b - a)

    wide = maximum(feature_map[:, 0::2], feature_map[:, 1::2])  # (H, W / 2)
    return maximum(wide[0::2], wide[1::2])  # (H / 2, W / 2)
