"""The data sets as tensors: normalised, NCHW, split without leaks, and their stand-in without a network."""

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import npz_bytes
from scipy import ndimage
from sklearn import datasets

from course_lib import data
from course_lib.data import DataError, digits, photographs, stand_in

PIXELS = (0, 255)  # black, white


@pytest.fixture
def announcements():
    """The announcement comes once per process: let it come again."""
    stand_in.announce.cache_clear()
    yield
    stand_in.announce.cache_clear()


@pytest.fixture
def mnist_arrays(rng):
    """Three training and two test images; the first image is black on top and white below."""
    images = rng.integers(0, 256, (5, 28, 28), dtype=np.uint8)
    images[0, :14], images[0, 14:] = PIXELS
    labels = np.array([3, 1, 4, 1, 5], dtype=np.uint8)
    return {"x_train": images[:3], "y_train": labels[:3], "x_test": images[3:], "y_test": labels[3:]}


@pytest.fixture
def mnist_source(data_folder, monkeypatch):
    """MNIST's place in an empty folder: no checksums, no mirrors."""
    source = replace(digits.MNIST, array_sha256={}, mirrors=("http://127.0.0.1:9/no-mirror",))
    monkeypatch.setattr(digits, "MNIST", source)
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    return source


def put(source, content):
    source.path.parent.mkdir(parents=True, exist_ok=True)
    source.path.write_bytes(content)


def test_mnist_is_normalised_with_the_published_mean_and_deviation(mnist_source, mnist_arrays):
    put(mnist_source, npz_bytes(mnist_arrays))
    mnist = data.load_mnist()
    assert mnist.train_images.shape == (3, 1, 28, 28)
    assert mnist.test_images.shape == (2, 1, 28, 28)
    assert mnist.train_images.dtype == torch.float32
    assert mnist.train_labels.dtype == torch.int64
    # -0.4242 and 2.8215 are what every MNIST tutorial prints for black and white
    torch.testing.assert_close(mnist.train_images[0, 0, 0, 0].item(), -0.4242, rtol=0, atol=5e-5)
    torch.testing.assert_close(mnist.train_images[0, 0, 27, 0].item(), 2.8215, rtol=0, atol=5e-5)
    assert (mnist.name, mnist.is_offline_default, len(mnist.class_names)) == ("MNIST", False, 10)


def test_mnist_keeps_every_pixel_and_label_in_its_place(mnist_source, mnist_arrays):
    put(mnist_source, npz_bytes(mnist_arrays))
    mnist = data.load_mnist()
    for part in ("train", "test"):
        images, labels = getattr(mnist, f"{part}_images"), getattr(mnist, f"{part}_labels")
        raw = (images * mnist.std + mnist.mean)[:, 0] * 255
        # float32 keeps seven digits: pixels come back to within a thousandth
        np.testing.assert_allclose(raw.numpy(), mnist_arrays[f"x_{part}"], rtol=0, atol=1e-3)
        np.testing.assert_array_equal(labels.numpy(), mnist_arrays[f"y_{part}"])


def test_a_broken_mnist_file_is_an_error_and_no_reason_to_use_other_data(mnist_source):
    put(mnist_source, b"broken")
    with pytest.raises(DataError, match=r"mnist\.npz"):
        data.load_mnist(offline_default=True)


def test_without_mnist_the_offline_digits_come_and_it_is_said_once(mnist_source, announcements, capsys):
    assert data.load_mnist().is_offline_default
    said = capsys.readouterr().out
    assert "scikit-learn" in said
    assert "The reason: MNIST is not in" in said
    assert "COURSE_OFFLINE=1" in said
    data.load_mnist()
    assert capsys.readouterr().out == ""


def test_a_published_page_does_not_say_whose_home_the_data_is_missing_in(
    mnist_source, announcements, capsys, monkeypatch, tmp_path
):
    monkeypatch.setattr(stand_in.Path, "home", lambda: tmp_path)
    data.load_mnist()
    said = capsys.readouterr().out
    assert "~" in said
    assert str(tmp_path) not in said


def test_a_stand_in_is_announced_with_the_reason_and_what_differs(announcements, capsys):
    stand_in.announce("MNIST", "digits", f"no file in {Path.home()}/data")
    assert capsys.readouterr().out == (
        "MNIST is not on this computer and could not be fetched: using digits instead.\n"
        "The reason: no file in ~/data\n"
        "Where the text's numbers come from MNIST, yours will differ.\n"
    )


def test_a_stand_in_is_announced_in_lines_that_a_page_shows_whole(announcements, capsys):
    stand_in.announce("MNIST", "the 1,797 handwritten digits", "no connection, " * 20 + "/a-folder-of-my-own")
    lines = capsys.readouterr().out.splitlines()
    assert 60 < max(map(len, lines)) <= 80  # the limit of tests/test_book_outputs.py is 84
    assert lines[-2].endswith("/a-folder-of-my-own")


def test_a_line_of_an_announcement_is_full_at_eighty_letters(announcements, capsys):
    stand_in.announce("MNIST", "digits", "x" * (80 - len("The reason: a ")) + " " + "y z")
    assert len(capsys.readouterr().out.splitlines()[1]) == 80


def test_without_mnist_and_without_a_default_an_error_says_why(mnist_source):
    with pytest.raises(DataError, match="COURSE_OFFLINE=1"):
        data.load_mnist(offline_default=False)


def test_cifar_is_normalised_per_channel_with_channels_first(data_folder, rng):
    raw = rng.integers(0, (60, 160, 256), (20, 32, 32, 3)).astype(np.uint8)  # three different brightnesses
    arrays = {"x_train": raw[:16], "y_train": np.arange(16, dtype=np.uint8) % 10}
    arrays |= {"x_test": raw[16:], "y_test": np.arange(4, dtype=np.uint8)}
    put(photographs.CIFAR10, npz_bytes(arrays))
    cifar = data.load_cifar10()
    assert cifar.train_images.shape == (16, 3, 32, 32)
    # float32 sums over 16,384 pixels
    np.testing.assert_allclose(cifar.train_images.mean((0, 2, 3)), np.zeros(3), atol=1e-5)
    np.testing.assert_allclose(cifar.train_images.std((0, 2, 3), correction=0), np.ones(3), atol=1e-5)
    expected = (raw[16:] / 255 - np.array(cifar.mean)) / np.array(cifar.std)
    np.testing.assert_allclose(cifar.test_images.permute(0, 2, 3, 1), expected, atol=1e-5)
    published = "airplane automobile bird cat deer dog frog horse ship truck"  # the order of its labels
    assert cifar.class_names == tuple(published.split())


def test_without_cifar_and_without_a_default_an_error_names_the_file(data_folder, monkeypatch):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    with pytest.raises(DataError, match="CIFAR-10"):
        data.load_cifar10(offline_default=False)


def test_a_broken_cifar_file_is_an_error_and_no_reason_to_use_other_data(data_folder):
    put(photographs.CIFAR10, b"broken")
    with pytest.raises(DataError, match=r"cifar10\.npz"):
        data.load_cifar10(offline_default=True)


def test_without_cifar_the_generated_shapes_come_and_it_is_said_once(
    data_folder, announcements, capsys, monkeypatch
):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    few = functools.partial(data.coloured_shapes, 20, 10)  # 10,000 of them take seconds
    monkeypatch.setattr(photographs, "coloured_shapes", few)
    assert data.load_cifar10().is_offline_default
    said = " ".join(capsys.readouterr().out.split())
    assert "generated pictures of coloured shapes" in said
    assert "The reason: CIFAR-10 is not in" in said
    data.load_cifar10()
    assert capsys.readouterr().out == ""


# --- the digits that are always there


@functools.cache
def offline():
    return data.offline_digits()


def test_digits_are_scikit_learns_own_as_arrays():
    ours, theirs = data.load_digits(), datasets.load_digits()
    images = np.concatenate([ours.train_images, ours.test_images])
    np.testing.assert_array_equal(images[:, 0] * 16, theirs.images)
    np.testing.assert_array_equal(np.concatenate([ours.train_labels, ours.test_labels]), theirs.target)
    assert isinstance(ours.train_images, np.ndarray)
    assert ours.test_images.shape == (360, 1, 8, 8)


def test_offline_digits_look_like_mnist():
    ours = offline()
    assert ours.train_images.shape == (1437, 1, 28, 28)
    assert ours.test_images.shape == (360, 1, 28, 28)
    assert ours.train_images.dtype == torch.float32
    assert ours.train_labels.dtype == torch.int64
    assert ours.is_offline_default
    assert (ours.name, ours.source) == ("scikit-learn digits", "scikit-learn, resized to 28x28")
    assert (data.load_digits().name, data.load_digits().source) == ("digits 8x8", "scikit-learn")
    # normalised with constants of four digits, so the mean is off by up to 5e-5 / std
    assert abs(ours.train_images.mean().item()) < 1e-3
    assert abs(ours.train_images.std().item() - 1) < 1e-3


def test_offline_digits_are_resized_by_cubic_interpolation_within_black_and_white():
    ours = offline()
    images = torch.cat([ours.train_images, ours.test_images])
    pixels = (images * ours.std + ours.mean)[:, 0, 4:24, 4:24]
    assert -1e-6 < pixels.min() < pixels.max() < 1 + 1e-6  # the cubic polynomial overshoots and is cut
    digit = torch.from_numpy(datasets.load_digits().images).float()[:, None] / 16
    size = {"size": (20, 20), "mode": "bicubic", "align_corners": False}
    expected = torch.nn.functional.interpolate(digit, **size).clamp(0, 1)
    # every image once, in some order: all sums of pixels agree
    sums, theirs = pixels.sum((1, 2)).sort().values, expected.sum((1, 2, 3)).sort().values
    torch.testing.assert_close(sums, theirs, rtol=1e-4, atol=1e-3)


def test_offline_digits_have_a_black_border_of_four_pixels():
    images = offline().train_images
    border = torch.ones(28, 28, dtype=torch.bool)
    border[4:24, 4:24] = False
    torch.testing.assert_close(images[:, 0, border].unique().item(), float(offline().background))
    assert (images[:, 0, 4:24, 4:24] > images.min()).float().mean() > 0.3


def test_offline_digits_are_each_of_scikit_learns_digits_once_with_its_own_label():
    ours, theirs = offline(), datasets.load_digits()
    images = torch.cat([ours.train_images, ours.test_images])[:, :, 4:24, 4:24]
    small = torch.nn.functional.adaptive_avg_pool2d(images, 8).flatten(1)  # back to 8x8, almost
    original = torch.from_numpy(theirs.images).float().flatten(1)
    similarity = torch.corrcoef(torch.cat([small, original]))[: len(small), len(small) :]
    nearest = similarity.argmax(1)
    assert len(nearest.unique()) > 0.99 * len(nearest)  # a few digits look alike once averaged
    labels = torch.cat([ours.train_labels, ours.test_labels])
    matches = labels == torch.from_numpy(theirs.target)[nearest]
    assert matches.double().mean() > 0.995


def test_offline_digits_are_the_same_every_time_and_another_seed_splits_otherwise():
    assert data.offline_digits().fingerprint == offline().fingerprint
    assert data.offline_digits(seed=1).fingerprint != offline().fingerprint


def test_offline_digits_are_shuffled_so_that_every_class_is_in_the_test_set_in_proportion():
    counts = torch.bincount(offline().test_labels, minlength=10)
    assert counts.min() >= 20  # 36 expected each, deviation 5.7
    assert counts.max() <= 55


def test_there_are_two_photographs_in_colour():
    ours = data.load_photographs()
    theirs = datasets.load_sample_image("flower.jpg")
    assert sorted(ours) == ["china", "flower"]
    np.testing.assert_allclose(ours["flower"] * 255, theirs, atol=1e-9)
    assert ours["china"].shape == (427, 640, 3)


# --- shifting


@pytest.mark.parametrize("rows", [-5, -2, 0, 1, 5])
@pytest.mark.parametrize("columns", [-7, -1, 0, 3, 7])
def test_shifting_agrees_with_scipy(rng, rows, columns):
    images = rng.normal(size=(2, 3, 5, 7))
    ours = data.shift_images(torch.from_numpy(images), rows, columns, fill=-0.5)
    theirs = ndimage.shift(images, (0, 0, rows, columns), order=0, cval=-0.5)
    np.testing.assert_allclose(ours, theirs)


def test_shifting_further_than_the_image_is_an_error_with_both_sizes():
    with pytest.raises(ValueError, match="28 x 20 cannot move by 29 rows and 0 columns"):
        data.shift_images(torch.zeros(1, 1, 28, 20), 29, 0, fill=0.0)
    with pytest.raises(ValueError, match="-21 columns"):
        data.shift_images(torch.zeros(1, 1, 28, 20), 0, -21, fill=0.0)


def test_colour_images_are_filled_channel_by_channel(rng):
    images = torch.from_numpy(rng.normal(size=(2, 3, 4, 5)))
    fill = np.array([-1.0, -0.5, 0.25])
    shifted = data.shift_images(images, -1, 2, fill)
    for channel, value in enumerate(fill):
        alone = data.shift_images(images[:, channel : channel + 1], -1, 2, value)
        assert torch.equal(shifted[:, channel : channel + 1], alone)
        assert (shifted[:, channel, :, :2] == value).all()


def test_one_fill_value_in_an_array_serves_every_channel():
    images = torch.ones(1, 3, 4, 5)
    assert torch.equal(data.shift_images(images, 1, 0, np.array([7.0])), data.shift_images(images, 1, 0, 7.0))


@pytest.mark.parametrize(
    "fill", [np.zeros(2), np.zeros((3, 1)), np.zeros(4)], ids=lambda fill: str(fill.shape)
)
def test_a_fill_that_fits_no_channel_is_refused(fill):
    with pytest.raises(ValueError, match="one for each of 3 channels"):
        data.shift_images(torch.zeros(1, 3, 4, 5), 1, 0, fill)


def test_shifting_keeps_type_and_original():
    images = torch.ones(1, 1, 3, 3)
    shifted = data.shift_images(images, 1, 1, 0.5)
    assert shifted.dtype == torch.float32
    shifted.zero_()
    assert torch.equal(data.shift_images(images, 0, 0, 0.5), torch.ones(1, 1, 3, 3))
