"""Keep it float32: not even a float64 array on the way."""

from typing import ClassVar

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect,
    expect_close,
)


class Watched(np.ndarray):
    """An array that notices every float64 array of its size that is computed from it."""

    widened: ClassVar[list] = []

    def __array_finalize__(self, parent):
        if self.dtype == np.float64 and self.ndim:
            Watched.widened.append(self.shape)


def stays_float32(answer):
    """Check that no float64 array as large as the batch is made on the way."""
    images = (3 + 2 * np.random.default_rng(0).normal(size=(4, 1, 5, 6))).astype(np.float32)
    watched = images.copy().view(Watched)
    Watched.widened = []
    got = answer(watched)
    expect(isinstance(got, np.ndarray), f"Return the batch as an array, got {type(got).__name__}.")
    expect(got.dtype == np.float32, f"float32 went in, {got.dtype} came out: which operand is float64?")
    expect(
        not Watched.widened,
        "The result is float32, but on the way there was a float64 array as large as the batch. "
        "A cast at the end comes too late; and std(dtype=np.float64) makes such an array inside.",
    )
    got = np.asarray(got)
    expect_close(got.mean(dtype=np.float64), 0, "The mean of your batch", atol=1e-5)
    expect_close(got.std(dtype=np.float64), 1, "The standard deviation of your batch", rtol=1e-5)
    expected = (images - images.mean()) / images.std()
    expect_close(got, expected, "Your batch (one mean and one deviation for all of it)", atol=1e-4)


def as_given(images):
    shift = np.array(images.mean(dtype=np.float64))
    scale = np.sqrt(np.mean((images - shift) ** 2))
    return (images - shift) / scale


@exercise(
    title="Keep it float32",
    difficulty="idea",
    checks=(stays_float32,),
    hints=(
        "Print the type of shift and of scale. Which of NumPy's numbers win over a float32 array?",
        "What has no precision of its own, and adapts to the array that it meets?",
    ),
    mistakes=(
        Mistake(
            "np.mean(centred", "np.sum(centred", "A variance is the mean of the squares; this is their sum."
        ),
        Mistake("return centred", "return images", "The mean is not subtracted."),
    ),
    wrong_answers=(
        WrongAnswer(as_given, "which operand is float64", "as given"),
        WrongAnswer(lambda images: as_given(images).astype(np.float32), "too late", "a cast at the end"),
        WrongAnswer(
            lambda x: (x - x.mean((2, 3), keepdims=True)) / x.std((2, 3), keepdims=True),
            "for all of it",
            "image by image",
        ),
        WrongAnswer(lambda images: images - float(images.mean()), "standard deviation", "not scaled"),
        WrongAnswer(lambda images: images / float(images.std()), "mean", "not shifted"),
    ),
)
def standardise(images):
    shift = float(images.mean(dtype=np.float64))
    centred = images - shift
    scale = float(np.sqrt(np.mean(centred**2, dtype=np.float64)))
    return centred / scale
