"""Pictures in colour: CIFAR-10, and the two photographs that ship with scikit-learn."""

import os

from course_lib.data import files
from course_lib.data.files import CIFAR10, DataError
from course_lib.data.shapes import coloured_shapes
from course_lib.data.stand_in import announce
from course_lib.data.tensors import normalised

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def load_cifar10(offline_default=True):
    """Return CIFAR-10, normalised per channel: colour photographs of 3 x 32 x 32 in ten classes.

    Parameters
    ----------
    offline_default : bool
        Where CIFAR-10 is neither on disk nor in reach, use 10,000 generated pictures of coloured
        shapes instead and say so, with the reason. With False, raise DataError.

    Raises
    ------
    DataError
        If the file on disk is broken; the message says how to repair it.
    """
    if not os.path.exists(CIFAR10.path):
        try:
            files.download(CIFAR10)
        except DataError as error:
            if not offline_default:
                raise
            announce(CIFAR10.name, "10,000 generated pictures of coloured shapes", str(error))
            return coloured_shapes()
    arrays = files.read_arrays(CIFAR10)
    pixels = arrays["x_train"].reshape(-1, 3)
    return normalised(
        arrays, class_names=CIFAR10_CLASSES, name=CIFAR10.name, source=CIFAR10.mirrors[0],
        mean=tuple((pixels.mean(0) / 255).tolist()), std=tuple((pixels.std(0) / 255).tolist()),
    )  # fmt: skip


def load_photographs():
    """Return scikit-learn's two photographs by name, arrays (427, 640, 3) in 0..1."""
    from sklearn import datasets

    sample = datasets.load_sample_images()
    names = [name.removesuffix(".jpg") for name in ("china.jpg", "flower.jpg")]
    return {name: image / 255.0 for name, image in zip(names, sample.images, strict=True)}
