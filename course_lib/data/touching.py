"""Pairs of digits that touch, with a label for every pixel."""

from dataclasses import dataclass

import numpy as np

from course_lib.checks import check_integer

HEIGHT, WIDTH = 32, 48
BACKGROUND, LEFT, RIGHT, IGNORED = 0, 1, 2, -100  # torch's cross-entropy skips -100 by default
INK = 0.5  # a pixel that is at least half ink belongs to the digit
MOST_OVERLAP, MOST_PUSH = 0.15, 3


@dataclass(frozen=True)
class TouchingDigits:
    """Images of two digits that touch.

    Attributes
    ----------
    images : torch.Tensor
        (N, 1, 32, 48), float32 ink from 0 to 1.
    labels : torch.Tensor
        (N, 32, 48), int64: 0 background, 1 the left digit, 2 the right one, -100 where both lie.
    """

    images: object
    labels: object

    def __len__(self):
        return len(self.images)


def touching_digits(ink, num_samples, seed=0):
    """Draw pairs of digits and push them together until they touch.

    The digits are cut out, put into random rows, and the right one slides to the left until two
    pixels touch, at a corner at least, and then by 0 to 3 pixels more. Pairs that overlap by more
    than 15 % of the smaller digit are drawn again.

    Parameters
    ----------
    ink : array_like
        (M, H, W) or (M, 1, H, W), digits of at most 28 x 28 pixels, from 0 (paper) to 1 (full ink).
    num_samples : int
    seed : int

    Returns
    -------
    TouchingDigits

    Raises
    ------
    ValueError
        If a hundred draws in a row fit nowhere: then these are no digits.
    """
    import torch  # the package is imported without it

    check_integer("num_samples", num_samples, least=1)
    ink = np.asarray(ink, dtype=np.float32).reshape(-1, *np.shape(ink)[-2:])
    rng = np.random.default_rng(seed)
    pairs = [_draw(ink, rng) for _ in range(num_samples)]
    images, labels = (np.stack(arrays) for arrays in zip(*pairs, strict=True))
    return TouchingDigits(torch.from_numpy(images[:, None]), torch.from_numpy(labels))


def place(left, right, rows, push):
    """Put two digits on one canvas so that they touch, and push them together.

    Parameters
    ----------
    left, right : array
        (h, w), cut-out digits.
    rows : tuple of int
        The upper row of each.
    push : int
        Columns by which the right one goes on after the first touch; negative leaves a gap.

    Returns
    -------
    tuple of array or None
        Image (32, 48) and labels (32, 48); None if the two do not meet or do not fit.
    """
    canvases = [np.zeros((HEIGHT, 3 * WIDTH), dtype=np.float32) for _ in range(2)]  # room to pass
    for canvas, digit, row, column in zip(canvases, (left, right), rows, (WIDTH, 2 * WIDTH), strict=True):
        canvas[row : row + len(digit), column : column + digit.shape[1]] = digit
    distance = _columns_until_touch(*(canvas >= INK for canvas in canvases))
    if distance is None:
        return None
    canvases[1] = np.roll(canvases[1], -(distance + push), axis=1)
    return _on_one_canvas(*canvases)


def _draw(ink, rng):
    for _ in range(100):
        left, right = (cut_out(digit) for digit in ink[rng.integers(len(ink), size=2)])
        rows = [rng.integers(HEIGHT - len(digit) + 1) for digit in (left, right)]
        pair = place(left, right, rows, rng.integers(MOST_PUSH + 1))
        if pair is not None and _overlap(pair[1]) <= MOST_OVERLAP:
            return pair
    raise ValueError("A hundred pairs did not fit on 32 x 48 pixels. Are these digits?")


def cut_out(digit):
    """Return the part of a digit (H, W) that holds its ink; ValueError if there is none."""
    rows, columns = (np.flatnonzero((digit >= INK).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        raise ValueError("A digit without ink: no pixel reaches 0.5. Pass ink from 0 to 1.")
    return digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _columns_until_touch(left, right):
    """Return by how many columns `right` can move until a pixel of it touches one of `left`."""
    columns = np.arange(left.shape[1])
    last = np.where(left, columns, -np.inf).max(axis=1)  # (H,) of each row; -inf in a row without ink
    first = np.where(right, columns, np.inf).min(axis=1)
    pairs = ((first, last), (first[1:], last[:-1]), (first[:-1], last[1:]))  # rows above and below, too
    gap = min((a - b).min() for a, b in pairs)
    return int(gap) - 1 if np.isfinite(gap) else None


def _on_one_canvas(left, right):
    used = np.flatnonzero(((left > 0) | (right > 0)).any(axis=0))
    if used[-1] - used[0] >= WIDTH:
        return None
    shift = (WIDTH - (used[-1] - used[0] + 1)) // 2 - used[0]
    left, right = (np.roll(digit, shift, axis=1)[:, :WIDTH] for digit in (left, right))
    labels = np.where(left >= INK, LEFT, BACKGROUND)
    labels = np.where(right >= INK, np.where(labels == LEFT, IGNORED, RIGHT), labels)
    return np.maximum(left, right), labels.astype(np.int64)


def _overlap(labels):
    """Return the share of the smaller digit's pixels that both digits claim."""
    both = (labels == IGNORED).sum()
    return both / (both + min((labels == LEFT).sum(), (labels == RIGHT).sum()))
