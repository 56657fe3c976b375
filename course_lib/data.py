"""The data sets of the book, as tensors that a model can take at once.

MNIST and CIFAR-10 (downloaded once, verified, see ``data_files``), the digits and the
photographs that ship with scikit-learn, generated patterns. Images are NCHW; MNIST and CIFAR-10
are normalised once, with the mean and the standard deviation of the training set.
"""

import os
from functools import cache

import numpy as np
import torch
from sklearn import datasets
from torch.nn import functional

from course_lib import data_files
from course_lib.data_files import CIFAR10, MNIST, DataError
from course_lib.image_data import OFFLINE_NAME, ImageData
from course_lib.patterns import load_patterns

__all__ = [
    "ImageData", "load_cifar10", "load_digits", "load_mnist", "load_patterns", "load_photographs",
    "offline_digits", "shift_images",
]  # fmt: skip

MNIST_MEAN, MNIST_STD = 0.1307, 0.3081  # of all training pixels, to the four digits everyone uses
CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
NUM_OFFLINE_TEST = 360  # a fifth of the 1,797 digits


def load_mnist(offline_default=True):
    """Return MNIST, normalised: 60,000 + 10,000 handwritten digits of 1 x 28 x 28.

    Parameters
    ----------
    offline_default : bool
        Where MNIST is neither on disk nor in reach, use scikit-learn's 1,797 digits instead
        and say so. With False, raise DataError.

    Raises
    ------
    DataError
        If the file on disk is broken; the message says how to repair it.
    """
    if not os.path.exists(MNIST.path):
        try:
            data_files.download(MNIST)
        except DataError:
            if not offline_default:
                raise
            _announce_offline_default()
            return offline_digits()
    arrays = data_files.read_arrays(MNIST)
    return _as_image_data(
        {name: array[..., None] if name.startswith("x") else array for name, array in arrays.items()},
        class_names=tuple("0123456789"), name=MNIST.name, source=str(MNIST.mirrors[0]),
        mean=MNIST_MEAN, std=MNIST_STD,
    )  # fmt: skip


def load_cifar10():
    """Return CIFAR-10, normalised per channel: colour photographs of 3 x 32 x 32 in ten classes.

    Raises DataError if the data is out of reach or its file is broken.
    """
    arrays = data_files.load_arrays(CIFAR10)
    pixels = arrays["x_train"].reshape(-1, 3)
    return _as_image_data(
        arrays, class_names=CIFAR10_CLASSES, name=CIFAR10.name, source=CIFAR10.mirrors[0],
        mean=tuple((pixels.mean(0) / 255).tolist()), std=tuple((pixels.std(0) / 255).tolist()),
    )  # fmt: skip


def load_digits():
    """Return scikit-learn's handwritten digits as they are: 1 x 8 x 8 arrays in 0..1, no torch.

    The order is scikit-learn's; the last 360 are the test set, from writers who partly differ.
    """
    digits = datasets.load_digits()
    images = (digits.images / 16.0)[:, None]  # (1797, 1, 8, 8)
    labels = digits.target.astype(np.int64)  # (1797,)
    return ImageData(
        images[:-NUM_OFFLINE_TEST], labels[:-NUM_OFFLINE_TEST],
        images[-NUM_OFFLINE_TEST:], labels[-NUM_OFFLINE_TEST:],
        class_names=tuple("0123456789"), name="digits 8x8", source="scikit-learn",
    )  # fmt: skip


def offline_digits(seed=0):
    """Return scikit-learn's digits made to look like MNIST: 20x20, centred in 28x28, normalised.

    Shuffled with `seed` before the split, because the file is ordered by writer.
    """
    digits = load_digits()
    images = np.concatenate([digits.train_images, digits.test_images])
    labels = torch.from_numpy(np.concatenate([digits.train_labels, digits.test_labels]))
    order = torch.from_numpy(np.random.default_rng(seed).permutation(len(images)))
    large = functional.interpolate(
        torch.from_numpy(images).float(), size=20, mode="bicubic", align_corners=False
    ).clamp(0, 1)
    padded = functional.pad(large, (4, 4, 4, 4))[order]  # (1797, 1, 28, 28)
    labels = labels[order]
    train = padded[:-NUM_OFFLINE_TEST]
    mean, std = round(train.mean().item(), 4), round(train.std().item(), 4)
    normalised = (padded - mean) / std
    return ImageData(
        normalised[:-NUM_OFFLINE_TEST], labels[:-NUM_OFFLINE_TEST],
        normalised[-NUM_OFFLINE_TEST:], labels[-NUM_OFFLINE_TEST:],
        class_names=digits.class_names, name=OFFLINE_NAME, source="scikit-learn, resized to 28x28",
        mean=mean, std=std,
    )  # fmt: skip


def load_photographs():
    """Return scikit-learn's two photographs by name, arrays (427, 640, 3) in 0..1."""
    sample = datasets.load_sample_images()
    names = [name.removesuffix(".jpg") for name in ("china.jpg", "flower.jpg")]
    return {name: image / 255.0 for name, image in zip(names, sample.images, strict=True)}


def shift_images(images, rows, columns, fill):
    """Move images down by `rows` and right by `columns` pixels; what comes in is `fill`.

    Parameters
    ----------
    images : torch.Tensor
        Shape (N, C, H, W).
    rows, columns : int
        Negative values move up and left.
    fill : float
        ``ImageData.background`` for normalised images.

    Examples
    --------
    >>> shift_images(torch.tensor([[[[1., 2.], [3., 4.]]]]), rows=1, columns=0, fill=0.0)
    tensor([[[[0., 0.],
              [1., 2.]]]])
    """
    height, width = images.shape[-2:]
    if abs(rows) > height or abs(columns) > width:
        raise ValueError(f"Images of {height} x {width} cannot move by {rows} rows and {columns} columns.")
    # a negative padding crops
    return functional.pad(images, (columns, -columns, rows, -rows), value=float(fill))


def _as_image_data(arrays, *, mean, std, **facts):
    """Turn uint8 arrays (N, H, W, C) into normalised float tensors (N, C, H, W)."""
    scale = torch.tensor(std).reshape(-1, 1, 1) * 255
    offset = torch.tensor(mean).reshape(-1, 1, 1) * 255

    def images(name):
        raw = torch.from_numpy(arrays[name]).permute(0, 3, 1, 2).float().contiguous()
        return raw.sub_(offset).div_(scale)

    def labels(name):
        return torch.from_numpy(arrays[name]).long()

    return ImageData(
        images("x_train"), labels("y_train"), images("x_test"), labels("y_test"), mean=mean, std=std, **facts
    )


@cache  # once per process
def _announce_offline_default():
    print(
        "MNIST is not on this computer and could not be fetched: "
        "using the 1,797 handwritten digits that ship with scikit-learn instead."
    )
