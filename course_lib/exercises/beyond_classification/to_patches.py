"""Images as tables of patches, so that one dense layer on their rows is the strided convolution."""

import numpy as np
import torch
from torch.nn import functional

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect

SHAPES = (((2, 1, 4, 6), 2), ((3, 3, 6, 9), 3), ((1, 2, 8, 4), 4))  # images (N, C, H, W), patch_size


def drawn(shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)), dtype=torch.float64)


def asked(answer, shape, size):
    """Return the images, what the answer makes of them, and words for both; its shape is checked."""
    images, (number, channels, height, width) = drawn(shape), shape
    what = f"Images {shape}, patches of {size}x{size}"
    table = as_array(answer(images.clone(), size), what)
    wanted = (number, (height // size) * (width // size), channels * size**2)
    expect(table.shape == wanted, f"{what}: expected a table of shape {wanted}, got {table.shape}.")
    return images.numpy(), np.array(table), what


def places(answer):
    """Each row holds the pixels of one patch; rows of patches come one after the other."""
    for shape, size in SHAPES:
        images, table, what = asked(answer, shape, size)
        columns = shape[3] // size
        for row in range(table.shape[1]):
            top, left = size * (row // columns), size * (row % columns)
            patch = images[:, :, top : top + size, left : left + size].reshape(len(images), -1)
            place = f"row {row} should hold the patch whose corner is pixel ({top}, {left})"
            same = np.allclose(np.sort(table[:, row]), np.sort(patch))
            expect(same, f"{what}: {place}, but {elsewhere(table[0, row], images[0], size)}.")


def elsewhere(row, image, size):
    """Say where the pixels of a row of the table come from."""
    found = [np.argwhere(image == value)[:1, 1:] for value in row]
    pixels = np.unique(np.concatenate(found), axis=0)
    if len(pixels) == size**2 and np.ptp(pixels, axis=0).max() == size - 1:
        return f"it holds the one at {tuple(map(int, pixels[0]))}: patches go row by row, as one reads"
    return "it holds pixels from elsewhere: cut a side into its patches first, then each into its pixels"


def one_dense_layer(answer):
    """With the weights of a convolution, a dense layer on the rows gives the convolution's maps."""
    for shape, size in SHAPES:
        images, table, what = asked(answer, shape, size)
        kernels = drawn((5, shape[1], size, size))
        maps = functional.conv2d(torch.from_numpy(images), kernels, stride=size)
        dense = table @ kernels.reshape(5, -1).numpy().T
        error = np.abs(dense - maps.flatten(2).transpose(1, 2).numpy()).max()
        expect(
            error < 1e-9,
            f"{what}: each row holds its patch, but in another order than the weights of a convolution, "
            f"which go by channel, row and column; the answers differ by up to {error:.1f}.",
        )


def cut(images, size):
    """Return the images cut, (N, C, rows, size, columns, size)."""
    number, channels, height, width = images.shape
    return images.reshape(number, channels, height // size, size, width // size, size)


@exercise(
    title="One dense layer for all patches",
    difficulty="idea",
    checks=(places, one_dense_layer),
    hints=(
        "Cut first: read each side as two, (rows, patch_size) and (columns, patch_size). "
        "Nothing moves by that.",
        "Then order the six axes: what numbers the rows of the table comes first, what lies inside a "
        "patch comes last, as nn.Conv2d orders its weights.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda images, size: images.reshape(len(images), -1, images.shape[1] * size**2),
            "it holds pixels from elsewhere: cut a side",
            "read in another shape, nothing moved",
        ),
        WrongAnswer(
            lambda images, size: cut(images, size).permute(0, 4, 2, 1, 3, 5).flatten(3).flatten(1, 2),
            "pixel (0, 2), but it holds the one at (2, 0): patches go row by row",
            "column by column",
        ),
        WrongAnswer(
            lambda images, size: cut(images, size).permute(0, 2, 4, 3, 5, 1).flatten(3).flatten(1, 2),
            "go by channel, row and column",
            "channels innermost",
        ),
        WrongAnswer(
            lambda images, size: cut(images, size).permute(0, 2, 4, 1, 5, 3).flatten(3).flatten(1, 2),
            "go by channel, row and column",
            "each patch transposed",
        ),
        WrongAnswer(
            lambda images, size: functional.unfold(images, size).transpose(1, 2),
            "expected a table of shape (2, 6, 4), got (2, 15, 4)",
            "patches that overlap",
        ),
        WrongAnswer(
            lambda images, size: functional.unfold(images, size, stride=size),
            "expected a table of shape (2, 6, 4), got (2, 4, 6)",
            "pixels by patches",
        ),
    ),
)
def to_patches(images, patch_size):
    """From images (N, C, H, W) to one row for each patch, (N, num_patches, C * patch_size ** 2)."""
    number, channels, height, width = images.shape
    rows, columns = height // patch_size, width // patch_size
    patches = images.reshape(number, channels, rows, patch_size, columns, patch_size)
    patches = patches.permute(0, 2, 4, 1, 3, 5)  # (N, rows, columns, C, patch_size, patch_size)
    return patches.reshape(number, rows * columns, channels * patch_size**2)
