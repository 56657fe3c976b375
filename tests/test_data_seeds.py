"""A seed draws what it drew when the book's numbers were measured: places, sizes, colours and noise."""

import numpy as np
import pytest

from course_lib.data import coloured_shapes, load_patterns, offline_digits, touching_digits
from course_lib.data.textures import textured_shapes


def shadow(images):
    """Return one number of each image that any moved or recoloured pixel changes."""
    rows = np.asarray(images, dtype=float).reshape(len(images), -1)
    return rows @ np.cos(np.arange(rows.shape[1]))


def test_coloured_shapes_are_the_same_pictures_as_before():
    data = coloured_shapes(20, 1)
    assert data.train_labels.tolist() == [4, 9, 6, 2, 3, 6, 3, 1, 0, 8, 0, 2, 7, 5, 8, 7, 4, 9, 1, 5]
    pixels = 255 * data.ink(data.train_images)
    expected = [
        820.09, -605.33, 1300.28, 267.38, -230.46, 136.07, -157.08, 1103.59, 875.04, 1203.08,
        1236.44, 1726.11, -290.01, -498.1, 40.54, 430.12, 586.11, -2140.94, -1402.02, -149.07,
    ]  # fmt: skip
    np.testing.assert_allclose(shadow(pixels), expected, atol=1)  # a byte of one pixel
    other = coloured_shapes(4, 1, seed=1, informative_hue=False)
    expected = [1354.73, 415.17, 998.91, -136.83]
    np.testing.assert_allclose(shadow(255 * other.ink(other.train_images)), expected, atol=1)


def test_patterns_and_textures_are_the_same_images_as_before():
    data = load_patterns()
    expected = [0.08, -0.75, -1.37, 1.12, 0.27, -0.71]
    np.testing.assert_allclose(shadow(data.train_images[:6]), expected, atol=0.01)
    np.testing.assert_allclose(shadow(data.validation_images[:3]), [-0.14, -0.4, 0.69], atol=0.01)
    images = textured_shapes(np.arange(8) % 4, np.arange(8) // 2, 0.3, seed=0)
    expected = [3.62, 0.55, 4.24, 2.33, -1.92, 1.86, 5.63, 7.57]
    np.testing.assert_allclose(shadow(images), expected, atol=0.01)


def test_touching_digits_are_the_same_pairs_as_before():
    data = offline_digits()
    pairs = touching_digits(data.ink(data.train_images[:50]), 4, seed=3)
    counts = [[int((labels == owner).sum()) for owner in (1, 2, -100)] for labels in pairs.labels]
    assert counts == [[121, 132, 0], [121, 124, 0], [125, 145, 0], [124, 142, 0]]
    np.testing.assert_allclose(shadow(pairs.images), [1.62, -2.21, -0.08, 0.76], atol=0.01)


@pytest.mark.parametrize("number", [1, 10])
def test_one_picture_is_enough(number):
    data = coloured_shapes(number, 1)
    assert (len(data.train_images), len(data.test_images)) == (number, 1)
