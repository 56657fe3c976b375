"""Pictures in colour: CIFAR-10, and the two photographs that ship with scikit-learn."""

from course_lib.data import files
from course_lib.data.files import CIFAR10
from course_lib.data.tensors import normalised

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


def load_cifar10():
    """Return CIFAR-10, normalised per channel: colour photographs of 3 x 32 x 32 in ten classes.

    Raises DataError if the data is out of reach or its file is broken.
    """
    arrays = files.load_arrays(CIFAR10)
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
