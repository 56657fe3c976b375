"""Exercises of the chapter *What moves when the image moves?*, second part: tests of moving images."""

import numpy as np

from course_lib.exercises.framework import Exercise, WrongAnswer, as_array, expect, expect_close


def is_equivariant(function, image, rows, columns):
    def shift(array):
        return np.roll(array, (rows, columns), axis=(0, 1))

    return np.allclose(function(shift(image)), shift(function(image)))


def _blur(image):
    return (image + np.roll(image, 1, axis=0) + np.roll(image, -1, axis=1)) / 3


def _gradient(image):
    return np.roll(image, -1, axis=1) - image


def _zero_padded(image):
    padded = np.pad(image, 1)
    return padded[:-2, 1:-1] + padded[2:, 1:-1] + image


CASES = (
    ("squares every pixel", np.square, True),
    ("takes differences of neighbours, round the border", _gradient, True),
    ("blurs round the border, with rounding errors", _blur, True),
    ("multiplies each column with its number", lambda image: image * np.arange(image.shape[1]), False),
    ("multiplies each row with its number", lambda image: image * np.arange(len(image))[:, None], False),
    ("adds the rows above and below, with zeros at the border", _zero_padded, False),
    ("turns the image upside down", lambda image: image[::-1], False),
)


def _is_equivariant(answer):
    image = np.random.default_rng(0).normal(size=(5, 6))
    for what, function, expected in CASES:
        got = answer(function, image.copy(), 1, 2)
        expect(
            isinstance(got, (bool, np.bool_)), f"Expected True or False, got {got!r}: one answer, no array."
        )
        verb = "commutes with shifts" if expected else "does not commute with shifts"
        expect(bool(got) == expected, f"A function that {what} {verb}; your test says {bool(got)}.")


def _invariance(function, image, rows, columns):
    return np.allclose(function(np.roll(image, (rows, columns), (0, 1))), function(image))


def _columns_only(function, image, rows, columns):
    return np.allclose(function(np.roll(image, columns, 1)), np.roll(function(image), columns, 1))


def _exactly(function, image, rows, columns):
    shifted = function(np.roll(image, (rows, columns), (0, 1)))
    # a difference in the last digit, as a faster order of summation would give
    return np.array_equal(shifted * (1 + 2e-16), np.roll(function(image), (rows, columns), (0, 1)))


def _other_way(function, image, rows, columns):
    shifted = function(np.roll(image, (rows, columns), (0, 1)))
    return np.allclose(shifted, np.roll(function(image), (-rows, -columns), (0, 1)))


is_equivariant = Exercise(
    name="is_equivariant",
    checks=(_is_equivariant,),
    reference=is_equivariant,
    hints=(
        "Two ways lead to the same place: shift and then apply, or apply and then shift.",
        "np.roll(array, (rows, columns), axis=(0, 1)) shifts both axes; compare with np.allclose.",
    ),
    wrong_answers=(
        WrongAnswer(_invariance, "squares every pixel", "tests invariance"),
        WrongAnswer(_columns_only, "each row with its number", "one axis only"),
        WrongAnswer(_other_way, "squares every pixel", "the result shifted the other way"),
        WrongAnswer(_exactly, "your test says False", "exact comparison of rounded numbers"),
        WrongAnswer(lambda function, image, rows, columns: function(image) == image, "no array", "an array"),
        WrongAnswer(lambda function, image, rows, columns: True, "does not commute", "always True"),
    ),
)


def shift_consistency(predictions):
    return np.mean(predictions[1:] == predictions[:-1])


def _shift_consistency(answer):
    for what, predictions, expected in (
        ("Two images that never change", [[3, 1], [3, 1], [3, 1]], 1.0),
        ("One image of two changes at the last of two steps", [[3, 1], [3, 1], [3, 2]], 0.75),
        ("An answer that changes and comes back", [[3], [5], [3], [3], [3]], 0.5),
        ("A change that stays", [[3, 7], [5, 7], [5, 7]], 0.75),
    ):
        predictions = np.array(predictions)
        case = f"{what}, predictions of shape {predictions.shape}"
        got = as_array(answer(predictions), case)
        expect(got.ndim == 0, f"{case}: expected one number, got shape {got.shape}.")
        expect(got <= 1, f"{case}: expected a fraction in 0..1, got {got:g}. Divide by the number of pairs.")
        expect_close(got, expected, case)


shift_consistency = Exercise(
    name="shift_consistency",
    checks=(_shift_consistency,),
    reference=shift_consistency,
    hints=(
        "predictions[1:] and predictions[:-1] hold the later and the earlier member of every pair.",
        "The mean of an array of True and False is the fraction of True.",
    ),
    wrong_answers=(
        WrongAnswer(lambda p: np.mean(p == p[0]), "One image of two", "the first shift counted"),
        WrongAnswer(lambda p: np.mean(p[1:] == p[0]), "changes and comes back", "compared with the first"),
        WrongAnswer(lambda p: np.mean((p == p[0]).all(axis=0)), "One image of two", "all shifts or nothing"),
        WrongAnswer(lambda p: np.sum(p[1:] == p[:-1]), "a fraction", "a count"),
        WrongAnswer(lambda p: np.mean(p[:, 1:] == p[:, :-1]), "Two images", "images compared"),
        WrongAnswer(lambda p: (p[1:] == p[:-1]).mean(axis=1), "one number", "one fraction per step"),
    ),
)
