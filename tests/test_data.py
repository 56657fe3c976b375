"""The data sets as tensors: normalised, NCHW, split without leaks, and their stand-in without a network."""

import functools
import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import npz_bytes
from scipy import ndimage
from sklearn import datasets

from course_lib import data
from course_lib.data_files import DataError

PIXELS = (0, 255)  # black, white


@pytest.fixture
def announcements():
    """The announcement comes once per process: let it come again."""
    data._announce_offline_default.cache_clear()
    yield
    data._announce_offline_default.cache_clear()


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
    source = replace(data.MNIST, array_sha256={}, mirrors=("http://127.0.0.1:9/no-mirror",))
    monkeypatch.setattr(data, "MNIST", source)
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
    digits = data.load_mnist()
    assert digits.is_offline_default
    assert "scikit-learn" in capsys.readouterr().out
    data.load_mnist()
    assert capsys.readouterr().out == ""


def test_without_mnist_and_without_a_default_an_error_says_why(mnist_source):
    with pytest.raises(DataError, match="COURSE_OFFLINE=1"):
        data.load_mnist(offline_default=False)


def test_cifar_is_normalised_per_channel_with_channels_first(data_folder, rng):
    raw = rng.integers(0, (60, 160, 256), (20, 32, 32, 3)).astype(np.uint8)  # three different brightnesses
    arrays = {"x_train": raw[:16], "y_train": np.arange(16, dtype=np.uint8) % 10}
    arrays |= {"x_test": raw[16:], "y_test": np.arange(4, dtype=np.uint8)}
    put(data.CIFAR10, npz_bytes(arrays))
    cifar = data.load_cifar10()
    assert cifar.train_images.shape == (16, 3, 32, 32)
    # float32 sums over 16,384 pixels
    np.testing.assert_allclose(cifar.train_images.mean((0, 2, 3)), np.zeros(3), atol=1e-5)
    np.testing.assert_allclose(cifar.train_images.std((0, 2, 3), correction=0), np.ones(3), atol=1e-5)
    expected = (raw[16:] / 255 - np.array(cifar.mean)) / np.array(cifar.std)
    np.testing.assert_allclose(cifar.test_images.permute(0, 2, 3, 1), expected, atol=1e-5)
    assert len(cifar.class_names) == 10


def test_a_missing_cifar_is_an_error_that_names_the_file(data_folder, monkeypatch):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    with pytest.raises(DataError, match="CIFAR-10"):
        data.load_cifar10()


# --- the digits that are always there


@functools.cache
def offline():
    return data.offline_digits()


def test_digits_are_scikit_learns_own_as_arrays():
    digits, theirs = data.load_digits(), datasets.load_digits()
    images = np.concatenate([digits.train_images, digits.test_images])
    np.testing.assert_array_equal(images[:, 0] * 16, theirs.images)
    np.testing.assert_array_equal(np.concatenate([digits.train_labels, digits.test_labels]), theirs.target)
    assert isinstance(digits.train_images, np.ndarray)
    assert digits.test_images.shape == (360, 1, 8, 8)


def test_offline_digits_look_like_mnist():
    digits = offline()
    assert digits.train_images.shape == (1437, 1, 28, 28)
    assert digits.test_images.shape == (360, 1, 28, 28)
    assert digits.train_images.dtype == torch.float32
    assert digits.train_labels.dtype == torch.int64
    assert digits.is_offline_default
    # normalised with constants of four digits, so the mean is off by up to 5e-5 / std
    assert abs(digits.train_images.mean().item()) < 1e-3
    assert abs(digits.train_images.std().item() - 1) < 1e-3


def test_offline_digits_have_a_black_border_of_four_pixels():
    images = offline().train_images
    border = torch.ones(28, 28, dtype=torch.bool)
    border[4:24, 4:24] = False
    torch.testing.assert_close(images[:, 0, border].unique().item(), float(offline().background))
    assert (images[:, 0, 4:24, 4:24] > images.min()).float().mean() > 0.3


def test_offline_digits_are_each_of_scikit_learns_digits_once_with_its_own_label():
    digits, theirs = offline(), datasets.load_digits()
    images = torch.cat([digits.train_images, digits.test_images])[:, :, 4:24, 4:24]
    small = torch.nn.functional.adaptive_avg_pool2d(images, 8).flatten(1)  # back to 8x8, almost
    original = torch.from_numpy(theirs.images).float().flatten(1)
    similarity = torch.corrcoef(torch.cat([small, original]))[: len(small), len(small) :]
    nearest = similarity.argmax(1)
    assert len(nearest.unique()) > 0.99 * len(nearest)  # a few digits look alike once averaged
    labels = torch.cat([digits.train_labels, digits.test_labels])
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
    photographs = data.load_photographs()
    theirs = datasets.load_sample_image("flower.jpg")
    assert sorted(photographs) == ["china", "flower"]
    np.testing.assert_allclose(photographs["flower"] * 255, theirs, atol=1e-9)
    assert photographs["china"].shape == (427, 640, 3)


# --- ImageData


@pytest.fixture
def small(rng):
    """Ten training and four test images of 1 x 3 x 2, all pixels different."""
    images = torch.arange(14.0 * 6).reshape(14, 1, 3, 2)
    labels = torch.arange(14) % 3
    return data.ImageData(
        images[:10], labels[:10], images[10:], labels[10:],
        class_names=("a", "b", "c"), name="small", source="here", mean=0.25, std=0.5,
    )  # fmt: skip


def test_first_keeps_the_first_training_images_and_the_whole_test_set(small):
    fewer = small.first(4)
    torch.testing.assert_close(fewer.train_images, small.train_images[:4])
    torch.testing.assert_close(fewer.train_labels, small.train_labels[:4])
    assert len(fewer.test_images) == 4


def test_a_validation_split_parts_the_training_set_and_never_touches_the_test_set(small):
    split = small.validation_split(3)
    torch.testing.assert_close(torch.cat([split.train_images, split.test_images]), small.train_images)
    torch.testing.assert_close(torch.cat([split.train_labels, split.test_labels]), small.train_labels)
    assert len(split.test_images) == 3
    assert not set(split.test_images.flatten().tolist()) & set(small.test_images.flatten().tolist())
    assert "validation" in split.source


@pytest.mark.parametrize("count", [0, -1, 11, 2.0, True, "3", None])
def test_a_nonsensical_number_of_images_is_refused_with_the_limits(small, count):
    with pytest.raises(ValueError, match="between 1 and 10"):
        small.first(count)


def test_a_validation_split_leaves_at_least_one_training_image(small):
    assert len(small.validation_split(9).train_images) == 1
    with pytest.raises(ValueError, match="between 1 and 9"):
        small.validation_split(10)


def test_map_images_changes_images_of_both_sets_and_no_label(small):
    negative = small.map_images(lambda images: -images)
    torch.testing.assert_close(negative.train_images, -small.train_images)
    torch.testing.assert_close(negative.test_images, -small.test_images)
    torch.testing.assert_close(negative.train_labels, small.train_labels)


@pytest.mark.parametrize("name", ["train_images", "train_labels", "test_images", "test_labels"])
def test_the_fingerprint_knows_every_array(small, name):
    changed = getattr(small, name).clone()
    changed.view(-1)[-1] += 1
    assert replace(small, **{name: changed}).fingerprint != small.fingerprint
    assert replace(small, **{name: getattr(small, name).clone()}).fingerprint == small.fingerprint


def test_the_fingerprint_knows_shapes_and_types(small):
    reshaped = small.train_images.reshape(10, 1, 2, 3)
    assert replace(small, train_images=reshaped).fingerprint != small.fingerprint
    assert replace(small, train_labels=small.train_labels.int()).fingerprint != small.fingerprint


def test_the_fingerprint_is_that_of_the_same_numbers_as_arrays(small):
    arrays = {name: getattr(small, name).numpy() for name in ("train_images", "test_labels")}
    assert replace(small, **arrays).fingerprint == small.fingerprint
    assert len(small.fingerprint) == hashlib.sha256().digest_size * 2


def test_background_is_what_black_became(small):
    assert float(small.background) == pytest.approx((0 - 0.25) / 0.5)
    coloured = replace(small, mean=(0.5, 0.25), std=(0.5, 0.5))
    np.testing.assert_allclose(coloured.background, [-1.0, -0.5])


def test_data_introduces_itself_with_its_sizes(small):
    assert repr(small) == "small: 10 training and 4 test images of 1 x 3 x 2, 3 classes"


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
