"""The layers as their definitions read: a Python loop over the positions of the output.

Slow, and meant to be read: this is the twin that ``numpy_cnn.layers`` is tested against and
timed against. It shares the names of parameters and the refusals of `base`, and no arithmetic;
only Flatten and Dropout, in which nothing is a loop, are the same classes.
"""

import numpy as np

from course_lib.geometry import Window
from course_lib.numpy_cnn.base import Layer, check_count, map_size
from course_lib.numpy_cnn.layers import Dropout, Flatten

__all__ = ["AvgPool2d", "Conv2d", "Dropout", "Flatten", "Linear", "MaxPool2d", "ReLU"]


class _Windowed(Layer):
    """A layer that looks at its input through windows."""

    padding = 0
    _shape = None

    def _look_at(self, x, out_channels):
        """Remember the padded images, the output's shape, and the windows: (i, j, rows, columns)."""
        p, k, s = self.padding, self.kernel_size, self.stride
        height, width = map_size(*x.shape[2:], Window(k, s, p))
        self._shape = len(x), out_channels, height, width
        self._x = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        self._places = [
            (i, j, slice(i * s, i * s + k), slice(j * s, j * s + k))
            for i in range(height)
            for j in range(width)
        ]


class Conv2d(_Windowed):
    """At every position: multiply the window with every kernel, add up, add the bias."""

    names = ("weight", "bias")

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, *, rng, dtype=np.float64):
        self.in_channels = check_count("in_channels", in_channels)
        self.out_channels = check_count("out_channels", out_channels)
        self.kernel_size = check_count("kernel_size", kernel_size)
        self.stride = check_count("stride", stride)
        self.padding = check_count("padding", padding, least=0)
        self._initialise((out_channels, in_channels, kernel_size, kernel_size), rng, dtype)

    def forward(self, x):
        """Return the feature maps, shape (N, out_channels, H', W')."""
        self._check_input(x, ("N", self.in_channels, "H", "W"))
        self._look_at(x, self.out_channels)
        y = np.empty(self._shape, x.dtype)
        for i, j, rows, columns in self._places:
            patch = self._x[:, :, rows, columns]  # (N, C, K, K)
            y[:, :, i, j] = np.tensordot(patch, self.weight, axes=([1, 2, 3], [1, 2, 3])) + self.bias
        return y

    def backward(self, grad_output, need_grad_input=True):
        """Set the gradients of weight and bias; return the gradient of the images."""
        self._check_grad_output(grad_output, self._shape)
        self.grad_weight = np.zeros_like(self.weight)
        self.grad_bias = grad_output.sum(axis=(0, 2, 3))  # (O,)
        grad_x = np.zeros_like(self._x)
        for i, j, rows, columns in self._places:
            grad, patch = grad_output[:, :, i, j], self._x[:, :, rows, columns]  # (N, O), (N, C, K, K)
            self.grad_weight += np.tensordot(grad, patch, axes=([0], [0]))  # over the images
            if need_grad_input:  # over the outputs; windows overlap, so their shares add up
                grad_x[:, :, rows, columns] += np.tensordot(grad, self.weight, axes=([1], [0]))
        p, (height, width) = self.padding, grad_x.shape[2:]
        return grad_x[:, :, p : height - p, p : width - p] if need_grad_input else None


class _Pool2d(_Windowed):
    """What the pooling layers share: a window of their own, and a loop over its positions."""

    def __init__(self, kernel_size, stride=None):
        self.kernel_size = check_count("kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else check_count("stride", stride)

    def forward(self, x):
        """Return the pooled images, shape (N, C, H', W')."""
        self._check_input(x, ("N", "C", "H", "W"))
        self._look_at(x, x.shape[1])
        y = np.empty(self._shape, x.dtype)
        for i, j, rows, columns in self._places:
            y[:, :, i, j] = self._pooled(self._x[:, :, rows, columns])
        return y


class MaxPool2d(_Pool2d):
    """At every position: the largest number of the window, and whose it was."""

    def _pooled(self, patch):
        return patch.max(axis=(2, 3))

    def backward(self, grad_output, need_grad_input=True):
        """Return the gradient of the images: each window's goes to its first maximum, or its last nan."""
        self._check_grad_output(grad_output, self._shape)
        grad_x = np.zeros_like(self._x)
        n, c = np.indices(self._shape[:2])
        for i, j, rows, columns in self._places:
            patch = self._x[:, :, rows, columns].reshape(*self._shape[:2], -1)  # (N, C, K K)
            last_nan = self.kernel_size**2 - 1 - np.isnan(patch[:, :, ::-1]).argmax(axis=2)
            winner = np.where(np.isnan(patch).any(axis=2), last_nan, patch.argmax(axis=2))
            u, v = np.divmod(winner, self.kernel_size)
            grad_x[n, c, rows.start + u, columns.start + v] += grad_output[:, :, i, j]
        return grad_x if need_grad_input else None


class AvgPool2d(_Pool2d):
    """At every position: the mean of the window."""

    def _pooled(self, patch):
        return patch.mean(axis=(2, 3))

    def backward(self, grad_output, need_grad_input=True):
        """Return the gradient of the images: an equal share for every pixel of a window."""
        self._check_grad_output(grad_output, self._shape)
        grad_x = np.zeros_like(self._x)
        for i, j, rows, columns in self._places:
            grad_x[:, :, rows, columns] += grad_output[:, :, i, j, None, None] / self.kernel_size**2
        return grad_x if need_grad_input else None


class ReLU(Layer):
    """Number by number: itself where it is positive, otherwise zero."""

    _x = None

    def forward(self, x):
        """Return an array of the shape of `x`."""
        self._check_floats(x)
        self._x = x
        numbers = [max(number, 0.0) for number in x.ravel().tolist()]
        return np.array(numbers, x.dtype).reshape(x.shape)

    def backward(self, grad_output, need_grad_input=True):
        """Return what came where the input was positive (or nan, as in torch), and zero elsewhere."""
        self._check_grad_output(grad_output, None if self._x is None else self._x.shape)
        pairs = zip(grad_output.ravel().tolist(), self._x.ravel().tolist(), strict=True)
        numbers = [0.0 if number <= 0 else grad for grad, number in pairs]
        return np.array(numbers, self._x.dtype).reshape(self._x.shape) if need_grad_input else None


class Linear(Layer):
    """Sample by sample, output by output: a weighted sum."""

    names = ("weight", "bias")
    _x = None

    def __init__(self, in_features, out_features, *, rng, dtype=np.float64):
        self.in_features = check_count("in_features", in_features)
        self.out_features = check_count("out_features", out_features)
        self._initialise((out_features, in_features), rng, dtype)

    def forward(self, x):
        """Return an array of shape (N, out_features)."""
        self._check_input(x, ("N", self.in_features))
        self._x = x
        sums = [[weights @ sample for weights in self.weight] for sample in x]
        return np.array(sums, x.dtype) + self.bias

    def backward(self, grad_output, need_grad_input=True):
        """Set the gradients of weight and bias; return the gradient of the input."""
        self._check_grad_output(grad_output, None if self._x is None else (len(self._x), self.out_features))
        self.grad_weight = np.zeros_like(self.weight)
        self.grad_bias = grad_output.sum(axis=0)
        for grad, sample in zip(grad_output, self._x, strict=True):
            self.grad_weight += np.outer(grad, sample)
        return np.array([grad @ self.weight for grad in grad_output]) if need_grad_input else None
