"""Bars, dots and crosses: generated images, small enough to see every number of a network."""

import numpy as np

from course_lib.checks import check_integer, is_number
from course_lib.data.image_data import ImageData

# From the distance of every pixel to the pattern's row and column, and to its two diagonals
PATTERNS = {
    "vertical": lambda row, column, falling, rising: column == 0,
    "horizontal": lambda row, column, falling, rising: row == 0,
    "diagonal": lambda row, column, falling, rising: falling == 0,
    "dot": lambda row, column, falling, rising: (row // 2 == 0) & (column // 2 == 0),  # 2 x 2 pixels
    "cross": lambda row, column, falling, rising: (row == 0) | (column == 0),
    "anti-diagonal": lambda row, column, falling, rising: rising == 0,
}


def load_patterns(
    num_train_per_class=60,
    num_validation_per_class=30,
    size=8,
    classes=("vertical", "horizontal", "diagonal"),
    seed=7,
    *,
    shift=1,
    noise=0.12,
    brightness=(0.85, 1.15),
):
    """Return generated images of simple patterns: 1 x size x size, float64, no torch.

    Lines are one pixel wide and as long as the image, a dot has 2 x 2 pixels. A pattern sits near
    the middle, moved by up to `shift` pixels, has its own brightness, and lies under Gaussian noise.
    The same arguments give the same pixels.

    Parameters
    ----------
    num_train_per_class, num_validation_per_class : int, optional
        There are as many test images as validation images, drawn after them.
    size : int, optional
        Height and width.
    classes : sequence of str, optional
        Of "vertical", "horizontal", "diagonal", "dot", "cross", "anti-diagonal".
    seed : int, optional
    shift : int, optional
        The most a pattern is moved: lines sideways, dots and crosses in both directions.
    noise : float, optional
        Standard deviation of the noise in every pixel.
    brightness : (float, float), optional
        The range of the pattern's value; the background is 0.

    Raises
    ------
    ValueError
        For an unknown class, or patterns that would leave the image.

    Examples
    --------
    >>> load_patterns()
    patterns: 180 training, 90 validation and 90 test images of 1 x 8 x 8, 3 classes
    """
    classes = tuple(classes)
    _check(classes, size, shift, noise, brightness, num_train_per_class, num_validation_per_class)
    rng = np.random.default_rng(seed)
    settings = {"size": size, "shift": shift, "noise": noise, "brightness": brightness, "rng": rng}
    numbers = num_train_per_class, num_validation_per_class, num_validation_per_class
    train, validation, test = (_images(classes, number, **settings) for number in numbers)
    return ImageData(
        *train, *test, class_names=classes, name="patterns", source="generated",
        validation_images=validation[0], validation_labels=validation[1],
    )  # fmt: skip


def _images(classes, number, *, size, shift, noise, brightness, rng):
    """Return `number` images of each class, shuffled: (N, 1, size, size), and their labels (N,)."""
    labels = rng.permutation(np.repeat(np.arange(len(classes)), number))  # (N,)
    images = rng.normal(0.0, noise, (len(labels), 1, size, size))
    moves = rng.integers(-shift, shift + 1, (len(labels), 2))
    strengths = rng.uniform(*brightness, len(labels))
    for image, label, move, strength in zip(images, labels, moves, strengths, strict=True):
        image[0] += strength * _pattern(classes[label], size, *move)
    return images, labels


def _pattern(name, size, down, right):
    """Return one pattern moved by `down` rows and `right` columns, an array (size, size) of booleans."""
    rows, columns = np.indices((size, size))
    middle = (size - 1) // 2
    row, column = rows - middle - down, columns - middle - right
    return PATTERNS[name](row, column, rows - columns - down, rows + columns - (size - 1) - down)


def _check(classes, size, shift, noise, brightness, *numbers):
    unknown = [name for name in classes if name not in PATTERNS]
    if unknown or len(set(classes)) < len(classes) or len(classes) < 2:
        raise ValueError(f"classes must be at least two different ones of {list(PATTERNS)}, got {classes}.")
    for name, value, least in (
        ("size", size, 3), ("shift", shift, 0),
        ("num_train_per_class", numbers[0], 1), ("num_validation_per_class", numbers[1], 1),
    ):  # fmt: skip
        check_integer(name, value, least)
    room = size // 2 - 1
    if shift > room:
        raise ValueError(f"A pattern in an image of {size} can move by at most {room}, got shift={shift}.")
    if not is_number(noise) or noise < 0:
        raise ValueError(f"noise must be a finite number of at least 0, got {noise!r}.")
    if np.shape(brightness) != (2,) or not 0 <= brightness[0] <= brightness[1] < np.inf:
        raise ValueError(f"brightness must be (lowest, highest), got {brightness!r}.")
