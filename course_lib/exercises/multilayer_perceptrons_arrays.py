"""The exercises of the chapter on multilayer perceptrons that rearrange arrays: weights and pixels."""

import numpy as np

from course_lib.exercises.framework import Exercise, WrongAnswer, as_array, expect, expect_close

# --- two layers into one -----------------------------------------------------------------------


def _reference_collapse(weight_1, bias_1, weight_2, bias_2):
    weight = weight_2 @ weight_1  # (out, hidden) @ (hidden, in) = (out, in)
    bias = weight_2 @ bias_1 + bias_2  # (out,)
    return weight, bias


def _check_collapse(answer):
    rng = np.random.default_rng(0)
    weight_1, bias_1 = rng.normal(size=(4, 5)), rng.normal(size=4)
    weight_2, bias_2 = rng.normal(size=(3, 4)), rng.normal(size=3)
    got = answer(weight_1, bias_1, weight_2, bias_2)
    expect(isinstance(got, (tuple, list)) and len(got) == 2, "Return two things: weight, bias.")
    weight, bias = as_array(got[0], "weight"), as_array(got[1], "bias")
    expect(
        weight.shape == (3, 5),
        f"weight: layers 5 to 4 and 4 to 3 collapse into shape (3, 5), got {weight.shape}.",
    )
    # the oracle is what the two layers do, not a formula: an input of zeros isolates the bias
    at_zero = weight_2 @ (weight_1 @ np.zeros(5) + bias_1) + bias_2
    expect_close(bias, at_zero, "bias, which is the two layers' output for an input of zeros")
    for column, unit in enumerate(np.eye(5)):
        expected = weight_2 @ (weight_1 @ unit + bias_1) + bias_2 - at_zero
        expect_close(weight[:, column], expected, f"column {column} of weight")


collapse = Exercise(
    name="collapse",
    checks=(_check_collapse,),
    reference=_reference_collapse,
    hints=(
        "Write the second layer applied to the first, and multiply out.",
        "W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2).",
    ),
    wrong_answers=(
        WrongAnswer(lambda w1, b1, w2, b2: (w2 @ w1, b2), "output for an input of zeros", "b1 forgotten"),
        WrongAnswer(
            lambda w1, b1, w2, b2: (w2 @ w1, w2 @ b1), "output for an input of zeros", "b2 forgotten"
        ),
        WrongAnswer(
            lambda w1, b1, w2, b2: ((w2 @ w1).T, w2 @ b1 + b2), "collapse into shape (3, 5), got (5, 3)"
        ),
        WrongAnswer(lambda w1, b1, w2, b2: (w1 @ w2, w2 @ b1 + b2), "ValueError", "the wrong order"),
        WrongAnswer(lambda w1, b1, w2, b2: w2 @ w1, "Return two things", "no bias returned"),
        WrongAnswer(
            lambda w1, b1, w2, b2: (w2 @ np.maximum(w1, 0), w2 @ b1 + b2), "column 0 of weight", "a ReLU"
        ),
    ),
)

# --- undo a permutation --------------------------------------------------------------------------


def _reference_inverse_permutation(permutation):
    return np.argsort(permutation)


def _check_inverse(answer):
    letters = np.array(list("abcdefg"))
    # a cycle of three first: swaps are their own inverse and would hide a mistake
    for permutation in ([1, 2, 0], [2, 0, 3, 1], [4, 2, 6, 0, 5, 1, 3]):
        permutation = np.array(permutation)
        got = answer(permutation.copy())
        values = as_array(got, "inverse_permutation")
        expect(
            values.shape == permutation.shape and sorted(values.tolist()) == list(range(len(permutation))),
            f"For permutation = {permutation.tolist()}: expected every number from 0 to "
            f"{len(permutation) - 1} once, got {values.tolist()}.",
        )
        x = letters[: len(permutation)]
        back = x[permutation][values.astype(int)]
        expect(
            (back == x).all(),
            f"For permutation = {permutation.tolist()} and x = {''.join(x)!r}, x[permutation] is "
            f"{''.join(x[permutation])!r} and x[permutation][inverse] should be {''.join(x)!r}; "
            f"yours gives {''.join(back)!r}.",
        )


inverse_permutation = Exercise(
    name="inverse_permutation",
    checks=(_check_inverse,),
    reference=_reference_inverse_permutation,
    hints=(
        "The inverse answers the question: at which place of the permutation does 0 stand, then 1, then 2?",
        "`inverse[permutation] = np.arange(n)` says exactly this; `np.argsort` does it in one call.",
    ),
    wrong_answers=(
        WrongAnswer(lambda p: p, "should be 'abc'; yours gives 'cab'", "a permutation applied twice"),
        WrongAnswer(lambda p: p[::-1], "should be 'abc'; yours gives", "the permutation backwards"),
        WrongAnswer(lambda p: np.sort(p), "should be 'abc'; yours gives 'bca'", "sort, not argsort"),
        WrongAnswer(lambda p: -p, "expected every number from 0 to 2 once", "negated"),
    ),
)

# --- shift an image ------------------------------------------------------------------------------


def _reference_shift(image, rows, columns, fill):
    height, width = image.shape
    reach = max(abs(rows), abs(columns))
    framed = np.pad(image, reach, constant_values=fill)  # (height + 2 reach, width + 2 reach)
    top, left = reach - rows, reach - columns
    return framed[top : top + height, left : left + width]


_IMAGE = np.arange(1.0, 13.0).reshape(3, 4)  # height 3, width 4: a swap of the axes shows
_SHIFTS = (
    (1, 0, [[9, 9, 9, 9], [1, 2, 3, 4], [5, 6, 7, 8]], "down by 1"),
    (0, 1, [[9, 1, 2, 3], [9, 5, 6, 7], [9, 9, 10, 11]], "to the right by 1"),
    (-1, -2, [[7, 8, 9, 9], [11, 12, 9, 9], [9, 9, 9, 9]], "up by 1 and to the left by 2"),
    (0, 0, _IMAGE, "by nothing"),
    (5, 0, np.full((3, 4), 9), "down by 5, out of the frame"),
)


def _check_shift(answer):
    for rows, columns, expected, words in _SHIFTS:
        what = f"[[1..4], [5..8], [9..12]] moved {words} (rows={rows}, columns={columns}, fill=9)"
        got = answer(_IMAGE.copy(), rows, columns, 9)
        if got is not None and got is not Ellipsis:
            _name_the_mistake(as_array(got, what), rows, columns, expected, what)
        expect_close(got, expected, what)


def _name_the_mistake(got, rows, columns, expected, what):
    """Say which of the two likely mistakes was made, if it was one of them."""
    if np.array_equal(got, expected):
        return
    wrapped = np.roll(_IMAGE, (rows, columns), axis=(0, 1))
    opposite = _loop_shift(_IMAGE, -rows, -columns, 9)
    expect(
        not np.array_equal(got, wrapped), f"{what}: what leaves on one side must not come in on the other."
    )
    expect(not np.array_equal(got, opposite), f"{what}: yours moved in the opposite direction.")


def _loop_shift(image, rows, columns, fill):
    out = np.full_like(image, fill)
    for r, c in np.ndindex(*image.shape):
        if 0 <= r - rows < image.shape[0] and 0 <= c - columns < image.shape[1]:
            out[r, c] = image[r - rows, c - columns]
    return out


def _shift_positive_only(image, rows, columns, fill):
    return _loop_shift(image, max(rows, 0), max(columns, 0), fill)


shift = Exercise(
    name="shift",
    checks=(_check_shift,),
    reference=_reference_shift,
    hints=(
        "Start from `np.full_like(image, fill)` or from a padded copy; `np.roll` would wrap around.",
        "Pad by max(|rows|, |columns|) on all sides; the answer is a window of the padded image that starts "
        "`rows` higher and `columns` further left than the original.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda i, r, c, fill: np.roll(i, (r, c), axis=(0, 1)), "must not come in on the other", "wraps"
        ),
        WrongAnswer(lambda i, r, c, fill: _loop_shift(i, -r, -c, fill), "in the opposite direction"),
        WrongAnswer(lambda i, r, c, fill: _loop_shift(i, c, r, fill), "moved down by 1", "axes swapped"),
        WrongAnswer(lambda i, r, c, fill: _loop_shift(i, r, c, 0), "expected 9, got 0", "fill ignored"),
        WrongAnswer(_shift_positive_only, "moved up by 1", "negative shifts ignored"),
    ),
)
