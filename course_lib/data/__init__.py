"""The data sets of the book, in memory, as arrays that a model can take at once.

MNIST and CIFAR-10 (downloaded once, verified, see ``course_lib.data.files``), the digits and the
photographs that ship with scikit-learn, generated patterns and coloured shapes. Images are NCHW; MNIST
and CIFAR-10 are normalised once, with the mean and the standard deviation of the training set.

Importing this package imports no torch: only the functions that return tensors do.
"""

from course_lib.data.digits import MNIST_MEAN, MNIST_STD, load_digits, load_mnist, offline_digits
from course_lib.data.files import DataError
from course_lib.data.image_data import OFFLINE_NAME, SHAPES_NAME, ImageData
from course_lib.data.patterns import load_patterns
from course_lib.data.photographs import CIFAR10_CLASSES, load_cifar10, load_photographs
from course_lib.data.shapes import coloured_shapes
from course_lib.data.shifts import shift_images
from course_lib.data.subsets import sample_indices
from course_lib.data.touching import TouchingDigits, touching_digits
from course_lib.data.turns import turn_images

__all__ = [
    "CIFAR10_CLASSES", "MNIST_MEAN", "MNIST_STD", "OFFLINE_NAME", "SHAPES_NAME", "DataError", "ImageData",
    "TouchingDigits", "coloured_shapes", "load_cifar10", "load_digits", "load_mnist", "load_patterns",
    "load_photographs", "offline_digits", "sample_indices", "shift_images", "touching_digits", "turn_images",
]  # fmt: skip
