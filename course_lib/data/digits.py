"""Handwritten digits: MNIST, and those that ship with scikit-learn and stand in for it."""

import os

import numpy as np

from course_lib.data import files
from course_lib.data.files import MNIST, DataError
from course_lib.data.image_data import OFFLINE_NAME, ImageData
from course_lib.data.stand_in import announce
from course_lib.data.tensors import normalised

MNIST_MEAN, MNIST_STD = 0.1307, 0.3081  # of all training pixels, to the four digits everyone uses
NUM_OFFLINE_TEST = 360  # a fifth of the 1,797 digits


def load_mnist(offline_default=True):
    """Return MNIST, normalised: 60,000 + 10,000 handwritten digits of 1 x 28 x 28.

    Parameters
    ----------
    offline_default : bool
        Where MNIST is neither on disk nor in reach, use scikit-learn's 1,797 digits instead
        and say so, with the reason. With False, raise DataError.

    Raises
    ------
    DataError
        If the file on disk is broken; the message says how to repair it.
    """
    if not os.path.exists(MNIST.path):
        try:
            files.download(MNIST)
        except DataError as error:
            if not offline_default:
                raise
            announce(MNIST.name, "the 1,797 handwritten digits that ship with scikit-learn", str(error))
            return offline_digits()
    arrays = files.read_arrays(MNIST)
    return normalised(
        {name: array[..., None] if name.startswith("x") else array for name, array in arrays.items()},
        class_names=tuple("0123456789"), name=MNIST.name, source=str(MNIST.mirrors[0]),
        mean=MNIST_MEAN, std=MNIST_STD,
    )  # fmt: skip


def load_digits():
    """Return scikit-learn's handwritten digits as they are: 1 x 8 x 8 arrays in 0..1, no torch.

    The order is scikit-learn's; the last 360 are the test set, from writers who partly differ.
    """
    from sklearn import datasets

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
    import torch
    from torch.nn import functional

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
    shown = (padded - mean) / std
    return ImageData(
        shown[:-NUM_OFFLINE_TEST], labels[:-NUM_OFFLINE_TEST],
        shown[-NUM_OFFLINE_TEST:], labels[-NUM_OFFLINE_TEST:],
        class_names=digits.class_names, name=OFFLINE_NAME, source="scikit-learn, resized to 28x28",
        mean=mean, std=std,
    )  # fmt: skip
