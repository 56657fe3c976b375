"""A test of equivariance that also holds for layers with a stride."""

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect,
)


def blur(image):
    return (image + np.roll(image, 1, axis=0) + np.roll(image, -1, axis=1)) / 3


def zero_padded(image):
    padded = np.pad(image, 1)
    return padded[:-2, 1:-1] + padded[2:, 1:-1] + image


def pooled(image):
    height, width = image.shape
    return image.reshape(height // 2, 2, width // 2, 2).max(axis=(1, 3))


def times_column(image):
    return image * np.arange(image.shape[1])


def times_row(image):
    return image * np.arange(len(image))[:, None]


CASES = (
    ("squares every pixel", np.square, (1, 2), True),
    ("blurs round the border, with rounding errors", blur, (1, 2), True),
    ("multiplies each column with its number", times_column, (1, 2), False),
    ("multiplies each column with its number", times_column, (3, 0), True),
    ("multiplies each row with its number", times_row, (1, 2), False),
    ("multiplies each row with its number", times_row, (0, 3), True),
    ("adds the rows above and below, with zeros at the border", zero_padded, (1, 2), False),
    ("turns the image upside down", lambda image: image[::-1], (1, 2), False),
    ("takes the largest of 2x2", pooled, (2, 4), True),
    ("takes the largest of 2x2", pooled, (2, 1), False),
    ("takes the largest of 2x2", pooled, (3, 4), False),
    ("takes the largest of 2x2, twice", lambda image: pooled(pooled(image)), (4, 8), True),
    ("takes the largest of 2x2, twice", lambda image: pooled(pooled(image)), (2, 4), False),
    ("keeps every second pixel", lambda image: image[::2, ::2], (-2, 6), True),
    ("keeps every second column", lambda image: image[:, ::2], (3, 2), True),
)


def yes_or_no(answer):
    """Check that every function gets its verdict, as a Boolean."""
    image = np.random.default_rng(0).normal(size=(8, 12))
    for what, function, (rows, columns), expected in CASES:
        got = answer(function, image, rows, columns)
        expect(got is not None, "Expected True or False, got None. Does your function end with `return`?")
        if getattr(got, "ndim", None) == 0 and hasattr(got, "item"):  # NumPy's or torch's own True
            got = got.item()
        expect(isinstance(got, bool), f"Expected True or False, no array and no number, got {got!r}.")
        verb = "commutes" if expected else "does not commute"
        expect(
            got == expected,
            f"A function that {what} {verb} with a shift by {rows} rows and {columns} columns; "
            f"your test says {got}.",
        )


def invariance(function, image, rows, columns):
    moved = np.roll(image, (rows, columns), (0, 1))
    return np.allclose(function(moved), function(image))


def without_stride(function, image, rows, columns):
    before, after = function(image), function(np.roll(image, (rows, columns), (0, 1)))
    return np.allclose(after, np.roll(before, (rows, columns), (0, 1)))


def rounded(function, image, rows, columns, factor=1, same=np.allclose):
    before, after = function(image), function(np.roll(image, (rows, columns), (0, 1)))
    steps = tuple(n * a // b for n, a, b in zip((rows, columns), before.shape, image.shape, strict=True))
    return same(after, np.roll(before, [factor * step for step in steps], (0, 1)))


def exactly(function, image, rows, columns):
    # a difference in the last digit, as a faster order of summation would give
    return rounded(function, image, rows, columns, same=lambda a, b: np.array_equal(a * (1 + 2e-16), b))


def no_whole_cells(function, image, rows, columns):
    strides = np.array(image.shape) // function(image).shape
    return bool((np.array([rows, columns]) % strides == 0).all())


@exercise(
    title="Is it equivariant?",
    difficulty="idea",
    checks=(yes_or_no,),
    hints=(
        "Two ways lead to the same place: shift and then apply, or apply and then shift. But how far?",
        "The shapes of the image and of the answer tell the stride of each axis. Which shifts of the image "
        "are whole cells of the answer?",
    ),
    mistakes=(
        Mistake(
            "pixels // size",
            "size // pixels",
            "The stride is upside down: it says how many pixels there are for one cell.",
        ),
        Mistake(
            "if shift % stride",
            "if shift < stride",
            "What matters is whether the shift is a multiple of the stride, not whether it is smaller.",
        ),
        Mistake(
            "shift // stride)",
            "shift)",
            "A cell is a stride wide, so that the output moves by fewer cells than the image by pixels.",
        ),
        Mistake(
            "shift // stride)",
            "shift * stride)",
            "A cell is a stride wide, so that the output moves by fewer cells than the image by pixels.",
        ),
        Mistake(
            "allclose(after",
            "allclose(before",
            "The moved output is compared with itself, not with the output of the moved image.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(invariance, "squares every pixel", "tests invariance"),
        WrongAnswer(without_stride, "the largest of 2x2 commutes", "moved by pixels, not by cells"),
        WrongAnswer(no_whole_cells, "each column with its number", "asks about the stride alone"),
        WrongAnswer(lambda f, x, rows, columns: rounded(f, x, rows, columns, -1), "squares", "back"),
        WrongAnswer(
            lambda f, image, rows, columns: rounded(f, image, columns, rows), "its number", "axes swapped"
        ),
        WrongAnswer(
            lambda f, image, rows, columns: rounded(f, image, 1, 2), "by 3 rows", "arguments ignored"
        ),
        WrongAnswer(
            lambda f, image, rows, columns: rounded(f, image, 0, columns), "each row", "one axis only"
        ),
        WrongAnswer(exactly, "your test says False", "exact comparison of rounded numbers"),
        WrongAnswer(lambda f, image, rows, columns: f(image) == image, "no array", "an array"),
        WrongAnswer(lambda f, image, rows, columns: True, "does not commute", "always True"),
    ),
)
def is_equivariant(function, image, rows, columns):
    before, after = function(image), function(np.roll(image, (rows, columns), axis=(0, 1)))
    cells = []
    for shift, pixels, size in zip((rows, columns), image.shape, before.shape, strict=True):
        stride = pixels // size
        if shift % stride:
            return False
        cells.append(shift // stride)
    return np.allclose(after, np.roll(before, cells, axis=(0, 1)))
