"""Turned images against quarter turns, scipy and torchvision."""

import numpy as np
import pytest
import torch
from scipy import ndimage
from torchvision.transforms.v2 import functional as vision

from course_lib.data import turn_images
from course_lib.training import randomly_turned


@pytest.fixture
def images(rng):
    return torch.from_numpy(rng.random((3, 2, 9, 9)))  # float64


@pytest.mark.parametrize("quarters", [-1, 0, 1, 2, 3])
def test_a_quarter_turn_only_moves_pixels_counter_clockwise(images, quarters):
    turned = turn_images(images, 90 * quarters, fill=0.0)
    torch.testing.assert_close(turned, torch.rot90(images, quarters, (2, 3)))  # rounding of cos 90


@pytest.mark.parametrize("degrees", [30, -17.5, 180, 271])
@pytest.mark.parametrize("size", [(9, 9), (6, 11)], ids=["square", "wide"])
def test_every_pixel_is_what_scipy_interpolates(rng, degrees, size):
    image = rng.random(size)
    expected = ndimage.rotate(  # with axes (1, 0) counter-clockwise, as they are drawn
        image, degrees, axes=(1, 0), reshape=False, order=1, mode="grid-constant", cval=-0.4
    )
    turned = turn_images(torch.from_numpy(image)[None, None], degrees, fill=-0.4)
    np.testing.assert_allclose(turned[0, 0], expected, atol=1e-12)  # float64


def test_torchvision_turns_the_same_way_away_from_the_frame(rng):
    image = torch.zeros(1, 1, 28, 28)
    image[0, 0, 8:20, 8:20] = torch.from_numpy(rng.random((12, 12)))
    theirs = vision.rotate(image, 33, interpolation=vision.InterpolationMode.BILINEAR)
    torch.testing.assert_close(turn_images(image, 33, 0.0), theirs, rtol=1e-4, atol=1e-5)  # float32


def test_every_image_has_its_own_angle_and_every_channel_its_own_fill(images):
    fill, angles = np.array([-0.4, 2.0]), torch.tensor([10.0, -50.0, 123.0])
    together = turn_images(images, angles, fill)
    for index, angle in enumerate(angles.tolist()):
        for channel, value in enumerate(fill):
            one = images[index : index + 1, channel : channel + 1]
            alone = turn_images(one, angle, float(value))
            torch.testing.assert_close(together[index, channel], alone[0, 0])
    torch.testing.assert_close(together[:, :, 0, 0][1:], torch.from_numpy(fill).expand(2, 2))


def test_random_turns_stay_within_their_limits_and_follow_the_seed():
    images = torch.zeros(400, 1, 15, 15)
    images[:, 0, 1, 7] = 1.0  # a dot above the middle

    def turned(seed, most):
        return randomly_turned(images, most, 0.0, torch.Generator().manual_seed(seed))

    assert torch.equal(turned(0, 40), turned(0, 40))
    assert not torch.equal(turned(0, 40), turned(1, 40))
    torch.testing.assert_close(turned(0, 0), images)  # rounding of the places
    rows, columns = np.indices((15, 15)) - 7.0
    mass = turned(0, 40)[:, 0].numpy()
    right, up = (mass * columns).sum((1, 2)), -(mass * rows).sum((1, 2))
    degrees = np.degrees(np.arctan2(right, up))
    assert np.abs(degrees).max() < 42  # interpolation moves the mass of a dot a little
    assert np.abs(degrees).max() > 37
    assert abs(degrees.mean()) < 4  # 40 / sqrt(3) / 20 is one standard error of 1.15


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda x: turn_images(x[0], 10, 0.0), r"\(N, C, H, W\)", id="one image"),
        pytest.param(lambda x: turn_images(x.long(), 10, 0.0), "int64", id="integers"),
        pytest.param(lambda x: turn_images(x, float("nan"), 0.0), "one finite angle", id="nan"),
        pytest.param(lambda x: turn_images(x, torch.zeros(2), 0.0), "each of 3 images", id="two angles"),
        pytest.param(lambda x: randomly_turned(x, -1, 0.0, None), "at least 0, got -1", id="negative"),
        pytest.param(lambda x: randomly_turned(x, "30", 0.0, None), "got '30'", id="words"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(images, make, words):
    with pytest.raises(ValueError, match=words):
        make(images)
