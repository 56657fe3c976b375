"""CIFAR-10 instead of MNIST: from the bytes of a file to what a network takes."""

import numpy as np
import torch

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
)

MEAN, STD = (0.49, 0.48, 0.45), (0.25, 0.24, 0.26)
SHAPES = ((2, 32, 32, 3), (3, 5, 7, 3))  # the second one tells rows from columns


def pictures(shape):
    """Return random pixels and what a network takes, computed one number at a time."""
    pixels = np.random.default_rng(shape[1]).integers(0, 256, shape, dtype=np.uint8)
    expected = np.empty((shape[0], shape[3], *shape[1:3]))
    for n, row, column, channel in np.ndindex(shape):
        value = pixels[n, row, column, channel] / 255
        expected[n, channel, row, column] = (value - MEAN[channel]) / STD[channel]
    return pixels, expected


def channels_first(answer):
    """Check that the colours come before rows and columns."""
    for shape in SHAPES:
        pixels, expected = pictures(shape)
        got = as_array(answer(pixels, MEAN, STD), "to_batch")
        what = f"Pixels of shape {shape}"
        expect(got.shape == expected.shape, f"{what}: expected shape {expected.shape}, got {got.shape}.")


def every_number(answer):
    """Check that every number is where it belongs, and what it should be."""
    for shape in SHAPES:
        pixels, expected = pictures(shape)
        got = as_array(answer(pixels, MEAN, STD), "to_batch")
        if np.allclose(got, expected, atol=1e-4):  # float32
            continue
        n, channel, row, column = np.unravel_index(np.abs(got - expected).argmax(), got.shape)
        value, place = pixels[n, row, column, channel], f"row {row}, column {column}, channel {channel}"
        same_numbers = np.allclose(np.sort(got, axis=None), np.sort(expected, axis=None), atol=1e-4)
        likely = (
            "The numbers are right, but in other places: `reshape` renames places and moves nothing."
            if same_numbers
            else f"Its byte is {value}; its channel's mean is {MEAN[channel]}, of pixels between 0 and 1."
        )
        raise AssertionError(
            f"{place} of picture {n}: expected {expected[n, channel, row, column]:.3f}, "
            f"got {got[n, channel, row, column]:.3f}. {likely}"
        )


def single_precision(answer):
    """Check that the numbers are what the weights are: 32 bits."""
    got = answer(pictures(SHAPES[0])[0], MEAN, STD)
    kind = str(getattr(got, "dtype", type(got).__name__))
    expect("float32" in kind, f"A network computes in float32, and refuses what you give it: {kind}.")


def normalised(pixels, mean=MEAN, std=STD):
    return ((pixels / 255 - np.array(mean)) / np.array(std)).astype(np.float32)


@exercise(
    title="CIFAR-10 instead of MNIST",
    difficulty="warm-up",
    checks=(channels_first, every_number, single_precision),
    hints=(
        "Three steps: bytes become numbers between 0 and 1, each colour is normalised by its own mean and "
        "standard deviation, and the axes change their order. Which step is easiest with the colours last?",
        "`reshape` keeps the numbers in their order in memory. What moves axes is `permute` in torch, "
        "`transpose` in NumPy.",
    ),
    mistakes=(
        Mistake(
            "permute(0, 3, 1, 2)",
            "reshape(-1, 3, 32, 32)",
            "`reshape` moves nothing, so that colours would land in other pixels, and it "
            "knows one size of picture; `permute` moves the axis of the channels.",
        ),
        Mistake("permute(0, 3, 1, 2)", "permute(0, 3, 2, 1)", "Rows and columns are swapped."),
        Mistake(
            " / 255",
            " / 1",
            "The bytes are not divided by 255, and mean and std are those of pixels between 0 and 1.",
        ),
        Mistake(
            "torch.tensor(std)",
            "torch.tensor(mean)",
            "Divided by the mean, where the standard deviation is expected.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(
            lambda pixels, mean, std: normalised(pixels).reshape(len(pixels), 3, *pixels.shape[1:3]),
            "`reshape` renames places",
            "scrambled",
        ),
        WrongAnswer(
            lambda pixels, mean, std: normalised(pixels).transpose(0, 3, 2, 1),
            "expected shape (3, 3, 5, 7), got (3, 3, 7, 5)",
            "mirrored at the diagonal",
        ),
        WrongAnswer(
            lambda pixels, mean, std: normalised(pixels), "expected shape (2, 3, 32, 32)", "colours last"
        ),
        WrongAnswer(
            lambda pixels, mean, std: normalised(255.0 * pixels).transpose(0, 3, 1, 2),
            "of pixels between 0 and 1",
            "bytes",
        ),
        WrongAnswer(
            lambda pixels, mean, std: normalised(pixels, np.mean(mean), np.mean(std)).transpose(0, 3, 1, 2),
            "its channel's mean",
            "one mean for all colours",
        ),
        WrongAnswer(
            lambda pixels, mean, std: normalised(pixels).transpose(0, 3, 1, 2).astype(float),
            "float32",
            "double precision",
        ),
    ),
)
def to_batch(pixels, mean, std):
    images = torch.from_numpy(pixels).float() / 255  # (N, H, W, 3)
    images = (images - torch.tensor(mean)) / torch.tensor(std)
    return images.permute(0, 3, 1, 2)  # (N, 3, H, W)
