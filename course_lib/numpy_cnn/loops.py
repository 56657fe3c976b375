"""The layers as their definitions read: a Python loop over the positions of the output.

Slow, and meant to be read: this is the twin that ``numpy_cnn.layers`` is tested against and
timed against. A layer's constructor and its errors are those of the fast one.
"""

import numpy as np

from course_lib.geometry import Window, output_size
from course_lib.numpy_cnn import layers
from course_lib.numpy_cnn.layers import Dropout, Flatten  # nothing in them is a loop

__all__ = ["AvgPool2d", "Conv2d", "Dropout", "Flatten", "Linear", "MaxPool2d", "ReLU"]


class _Positions:
    """Remembers the input; names the positions of the output and the window that each looks at."""

    _shape = None

    def _positions(self, x, channels=None):
        """Return the padded images and a list of (row, column, rows of the window, columns of the window)."""
        padding = getattr(self, "padding", 0)
        window = Window(self.kernel_size, self.stride, padding)
        height, width = (output_size(size, window) for size in x.shape[2:])
        self._shape = (len(x), channels or x.shape[1], height, width)
        self._x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
        s, k = self.stride, self.kernel_size
        self._places = [
            (i, j, slice(i * s, i * s + k), slice(j * s, j * s + k))
            for i in range(height)
            for j in range(width)
        ]
        return self._x, self._places


class Conv2d(_Positions, layers.Conv2d):
    """At every position: multiply the window with every kernel, add up, add the bias."""

    def forward(self, x):
        """Return the feature maps, shape (N, out_channels, H', W')."""
        self._check_input(x, ("N", self.in_channels, "H", "W"))
        x, places = self._positions(x, self.out_channels)
        y = np.empty(self._shape, x.dtype)
        for i, j, rows, columns in places:
            patch = x[:, :, rows, columns]  # (N, C, K, K)
            y[:, :, i, j] = np.tensordot(patch, self.weight, axes=([1, 2, 3], [1, 2, 3])) + self.bias
        return y

    def backward(self, grad_output, need_grad_input=True):
        """Set the gradients of weight and bias; return the gradient of the images."""
        self._check_grad_output(grad_output, self._shape)
        self.grad_weight = np.zeros_like(self.weight)
        self.grad_bias = grad_output.sum(axis=(0, 2, 3))  # (O,)
        grad_x = np.zeros_like(self._x)
        for i, j, rows, columns in self._places:
            grad = grad_output[:, :, i, j]  # (N, O)
            self.grad_weight += np.tensordot(grad, self._x[:, :, rows, columns], axes=(0, 0))
            if need_grad_input:
                grad_x[:, :, rows, columns] += np.tensordot(grad, self.weight, axes=1)  # windows overlap
        p = self.padding
        return grad_x[:, :, p : -p or None, p : -p or None] if need_grad_input else None


class MaxPool2d(_Positions, layers.MaxPool2d):
    """At every position: the largest number of the window, and whose it was."""

    def forward(self, x):
        """Return the pooled images, shape (N, C, H', W')."""
        self._check_input(x, ("N", "C", "H", "W"))
        x, places = self._positions(x)
        y = np.empty(self._shape, x.dtype)
        for i, j, rows, columns in places:
            y[:, :, i, j] = x[:, :, rows, columns].max(axis=(2, 3))
        return y

    def backward(self, grad_output, need_grad_input=True):
        """Return the gradient of the images: each window's goes to its first maximum."""
        self._check_grad_output(grad_output, self._shape)
        grad_x = np.zeros_like(self._x)
        n, c = np.indices(self._shape[:2])
        for i, j, rows, columns in self._places:
            patch = self._x[:, :, rows, columns].reshape(*self._shape[:2], -1)  # (N, C, K K)
            u, v = np.divmod(patch.argmax(axis=2), self.kernel_size)  # the first one, row by row
            grad_x[n, c, rows.start + u, columns.start + v] += grad_output[:, :, i, j]
        return grad_x if need_grad_input else None


class AvgPool2d(_Positions, layers.AvgPool2d):
    """At every position: the mean of the window."""

    def forward(self, x):
        """Return the pooled images, shape (N, C, H', W')."""
        self._check_input(x, ("N", "C", "H", "W"))
        x, places = self._positions(x)
        y = np.empty(self._shape, x.dtype)
        for i, j, rows, columns in places:
            y[:, :, i, j] = x[:, :, rows, columns].mean(axis=(2, 3))
        return y

    def backward(self, grad_output, need_grad_input=True):
        """Return the gradient of the images: an equal share for every pixel of a window."""
        self._check_grad_output(grad_output, self._shape)
        grad_x = np.zeros_like(self._x)
        for i, j, rows, columns in self._places:
            grad_x[:, :, rows, columns] += grad_output[:, :, i, j, None, None] / self.kernel_size**2
        return grad_x if need_grad_input else None


class ReLU(layers.ReLU):
    """Number by number: itself where it is positive, otherwise zero."""

    def forward(self, x):
        """Return an array of the shape of `x`."""
        super().forward(x)
        numbers = [max(number, 0.0) for number in x.ravel().tolist()]
        return np.array(numbers, x.dtype).reshape(x.shape)


class Linear(layers.Linear):
    """Sample by sample, output by output: a weighted sum."""

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
