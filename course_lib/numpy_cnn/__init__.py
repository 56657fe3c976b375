"""A convolutional network in NumPy, forward and backward, with nothing hidden. No torch."""

from course_lib.numpy_cnn import gradient_check, loops
from course_lib.numpy_cnn.fitting import History, fit
from course_lib.numpy_cnn.layers import AvgPool2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU
from course_lib.numpy_cnn.losses import cross_entropy, softmax
from course_lib.numpy_cnn.network import Sequential, tiny_cnn, tiny_mlp

__all__ = [
    "AvgPool2d", "Conv2d", "Dropout", "Flatten", "History", "Linear", "MaxPool2d", "ReLU", "Sequential",
    "cross_entropy", "fit", "gradient_check", "loops", "softmax", "tiny_cnn", "tiny_mlp",
]  # fmt: skip
