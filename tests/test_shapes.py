"""Coloured shapes: the same seed draws the same pixels, classes are even, and hue says what it should."""

import colorsys
import functools
import inspect

import numpy as np
import pytest
import torch

from course_lib.data import SHAPES_NAME, coloured_shapes, shapes


@functools.cache
def some():
    return coloured_shapes(200, 100)


@functools.cache
def plain_hue():
    return coloured_shapes(200, 100, informative_hue=False)


def test_the_same_seed_draws_the_same_pixels_and_another_seed_others():
    again, other = coloured_shapes(200, 100), coloured_shapes(200, 100, seed=1)
    assert again == some()
    assert other.fingerprint != some().fingerprint


def test_they_are_named_for_what_they_are():
    assert some().name == SHAPES_NAME
    assert "generated" in some().name
    assert "generated" in some().source
    assert some().is_offline_default


def test_there_are_as_many_as_is_announced():
    defaults = inspect.signature(coloured_shapes).parameters
    assert (defaults["num_train"].default, defaults["num_test"].default) == (8000, 2000)  # "10,000 pictures"


def test_shapes_kinds_and_classes_are_those_of_cifar():
    assert some().train_images.shape == (200, 3, 32, 32)
    assert some().train_images.dtype == torch.float32
    assert some().train_labels.dtype == torch.int64
    assert len(some().class_names) == 10


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_ten_classes_are_balanced_and_shuffled(part):
    labels = getattr(some(), f"{part}_labels")
    assert torch.bincount(labels).tolist() == [len(labels) // 10] * 10
    assert not torch.equal(labels, labels.sort().values)


def test_training_images_are_normalised_per_channel():
    # float32 sums over 204,800 pixels
    np.testing.assert_allclose(some().train_images.mean((0, 2, 3)), np.zeros(3), atol=1e-4)
    np.testing.assert_allclose(some().train_images.std((0, 2, 3), correction=0), np.ones(3), atol=1e-4)


def test_no_test_image_is_a_training_image():
    train = {image.numpy().tobytes() for image in some().train_images}
    assert len(train) == 200
    assert not train & {image.numpy().tobytes() for image in some().test_images}


def test_ink_of_a_coloured_image_is_its_brightness_between_black_and_white():
    ink = some().ink(some().test_images)
    assert ink.min() >= 0
    assert ink.max() <= 1
    whole = 255 * ink  # pixels were bytes
    torch.testing.assert_close(whole, whole.round(), rtol=0, atol=1e-3)
    assert some().ink(torch.as_tensor(some().background).float().reshape(1, 3, 1, 1)).abs().max() < 1e-6


@pytest.mark.parametrize("kind", list(shapes.KINDS))
def test_every_kind_lies_within_its_radius_and_differs_from_the_others(kind):
    y, x = np.mgrid[-1.2:1.2:121j, -1.2:1.2:121j]
    inside = {name: is_inside(x, y) for name, is_inside in shapes.KINDS.items()}
    assert np.hypot(x, y)[inside[kind]].max() < 1.1  # the plus has corners
    assert inside[kind].any()
    for other in set(inside) - {kind}:
        both, either = (inside[kind] & inside[other]).sum(), (inside[kind] | inside[other]).sum()
        assert both < 0.95 * either


def test_the_area_of_every_kind_is_that_of_its_formula():
    y, x = np.mgrid[-1.2:1.2:481j, -1.2:1.2:481j]
    # what two discs share: of radius 1, and of radius sqrt(1/2) half a unit to the right
    lens = np.arccos(0.75) + 0.5 * np.arccos(-0.25 / np.sqrt(0.5)) - np.sqrt(7) / 8
    areas = {
        "disc": np.pi, "ring": 0.7 * np.pi, "half disc": np.pi / 2, "crescent": np.pi - lens,
        "triangle": 3 * np.sqrt(3) / 4, "square": 2, "pentagon": 2.5 * np.sin(2 * np.pi / 5),
        "star": np.pi * (0.62**2 + 0.38**2 / 2), "plus": 4 * 0.6 - 0.36, "bar": 2 * 0.7,
    }  # fmt: skip
    for name, is_inside in shapes.KINDS.items():
        ours = is_inside(x, y).sum() * 0.005**2
        assert ours == pytest.approx(areas.pop(name), abs=0.04), name  # a row of points along a border: .01
    assert not areas


def test_a_hue_is_the_one_that_python_knows():
    for seed, hue in enumerate(np.linspace(0, 1, 13)):
        rng = np.random.default_rng(seed)
        expected = colorsys.hsv_to_rgb(hue, rng.uniform(0.35, 0.9), rng.uniform(0.45, 1))
        np.testing.assert_allclose(shapes._colour(hue, np.random.default_rng(seed)), expected, atol=1e-12)


def test_every_bar_crosses_its_picture_and_as_many_lie_on_either_side(rng):
    rows, columns = np.mgrid[:32, :32] - 15.5
    bars = [shapes._bar(rows, columns, rng) for _ in range(400)]
    assert all(bar.any() for bar in bars)
    right = [bar[:, 16:].sum() > bar[:, :16].sum() for bar in bars]
    assert abs(np.mean(right) - 0.5) < 0.1  # standard error .025


@pytest.mark.parametrize(
    ("draw", "low", "high"),
    [pytest.param(some, 2, 99, id="informative"), pytest.param(plain_hue, 0, 2, id="not")],
)
def test_the_hue_of_the_centre_depends_on_the_class_only_where_it_should(draw, low, high):
    data = draw()
    pixels = data.ink(torch.cat([data.train_images, data.test_images]))[:, :, 14:18, 14:18].mean((2, 3))
    labels = torch.cat([data.train_labels, data.test_labels])
    angle = 2 * np.pi * labels / 10
    # red minus cyan follows the cosine of the hue
    redness = pixels[:, 0] - (pixels[:, 1] + pixels[:, 2]) / 2
    correlation = torch.corrcoef(torch.stack([redness, angle.cos()]))[0, 1].abs().item()
    assert low <= correlation * len(labels) ** 0.5 < high  # in standard errors of no correlation


@pytest.mark.parametrize("number", [0, 2.5, "many"])
def test_a_number_that_is_none_is_named(number):
    with pytest.raises((ValueError, TypeError), match="num_train"):
        coloured_shapes(number)
