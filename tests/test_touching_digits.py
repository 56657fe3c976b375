"""Pairs of digits that touch: they do, the labels say whose pixel is whose, and bad input is named."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from course_lib.data import offline_digits, touching, touching_digits


@pytest.fixture(scope="module")
def ink():
    data = offline_digits()
    return data.ink(data.train_images)


@pytest.fixture(scope="module")
def pairs(ink):
    return touching_digits(ink, 60, seed=3)


def test_shapes_kinds_and_ranges(pairs):
    assert len(pairs) == 60
    assert pairs.images.shape == (60, 1, 32, 48)
    assert pairs.labels.shape == (60, 32, 48)
    assert (pairs.images.dtype, pairs.labels.dtype) == (torch.float32, torch.int64)
    assert pairs.images.min() == 0
    assert pairs.images.max() <= 1
    assert set(pairs.labels.unique().tolist()) == {-100, 0, 1, 2}


def test_ink_is_labelled_and_paper_is_not(pairs):
    assert torch.equal(pairs.images[:, 0] >= 0.5, pairs.labels != 0)


def test_the_two_digits_touch_at_a_corner_at_least(pairs):
    eight = np.ones((3, 3))
    for labels in pairs.labels.numpy():
        left = np.isin(labels, (1, -100))
        right = np.isin(labels, (2, -100))
        assert (ndimage.binary_dilation(left, eight) & right).any()


def test_no_more_than_the_allowed_share_is_claimed_by_both(pairs):
    for labels in pairs.labels:
        both, smaller = (labels == -100).sum(), min((labels == 1).sum(), (labels == 2).sum())
        assert both <= 0.15 * (both + smaller)


def test_the_left_digit_lies_left(pairs):
    columns = torch.arange(48.0)
    for labels in pairs.labels:
        left, right = (
            (labels == digit).sum(0).float() @ columns / (labels == digit).sum() for digit in (1, 2)
        )
        assert left < right + 3  # a digit may lean over its neighbour


def test_digits_lie_in_every_row_down_to_the_last(pairs):
    used = (pairs.labels != 0).any(dim=2)
    assert used.any(dim=0).all()  # each of 60 pairs meets the last row once in six draws


def test_the_same_seed_gives_the_same_pairs_and_another_one_others(ink, pairs):
    again, other = touching_digits(ink, 60, seed=3), touching_digits(ink, 60, seed=4)
    assert torch.equal(again.images, pairs.images)
    assert torch.equal(again.labels, pairs.labels)
    assert not torch.equal(other.images, pairs.images)


def test_two_bars_meet_where_the_arithmetic_says():
    bar = np.ones((4, 2), dtype=np.float32)
    image, labels = touching.place(bar, bar, (0, 0), push=0)
    assert (image[:4] > 0).sum(axis=1).tolist() == [4] * 4  # side by side
    assert (labels == -100).sum() == 0
    _, labels = touching.place(bar, bar, (0, 0), push=1)
    assert (labels == -100).sum() == 4  # one column in common
    _, labels = touching.place(bar, bar, (0, 4), push=0)
    left, right = (np.flatnonzero((labels == digit).any(axis=0)) for digit in (1, 2))
    assert right[0] == left[-1] + 1  # corner at corner


def test_a_digit_is_cut_out_to_its_last_pixel_of_ink():
    digit = np.zeros((9, 9), dtype=np.float32)
    digit[2:5, 3:7] = 1
    digit[5, 7] = 0.4  # too pale to count
    assert touching.cut_out(digit).tolist() == [[1.0] * 4] * 3


def test_a_pixel_that_is_half_ink_belongs_to_its_digit():
    half = np.full((4, 2), 0.5, dtype=np.float32)
    _, labels = touching.place(half, half, (0, 0), push=0)
    assert [(labels == digit).sum() for digit in (1, 2)] == [8, 8]
    assert touching.cut_out(np.pad(half, 1)).shape == (4, 2)


def test_bars_in_rows_that_never_meet_are_no_pair():
    bar = np.ones((4, 2), dtype=np.float32)
    assert touching.place(bar, bar, (0, 10), push=0) is None


def test_what_is_wider_than_the_canvas_is_no_pair():
    wide = np.ones((4, 27), dtype=np.float32)
    assert touching.place(wide, wide, (0, 0), push=0) is None


@pytest.mark.parametrize(
    ("images", "number", "message"),
    [
        (np.zeros((3, 28, 28)), 1, "without ink"),
        (np.ones((3, 28, 28)), 1, "did not fit"),
        (np.ones((3, 8, 8)), 0, "num_samples"),
    ],
)
def test_what_makes_no_pairs_is_named(images, number, message):
    with pytest.raises(ValueError, match=message):
        touching_digits(images, number)
