"""The convolution in other memory layouts: what is compared in *Where the batch lies*.

The layers pass arrays of one shape, (N, C, H, W); these lie in memory in the order of their letters.
All other layers keep the order that they are given, so a network of these convolutions runs
from end to end in one layout.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from course_lib.numpy_cnn.convolution import Conv2d

LAYOUTS = ("CHWN", "NCHW", "NHWC")


class LaidOutConv2d(Conv2d):
    """A convolution (stride 1, no padding) whose feature maps lie in memory as its layout says.

    Parameters
    ----------
    in_channels, out_channels, kernel_size : int
    layout : {"CHWN", "NCHW", "NHWC"}
        From the outermost axis to the innermost; "CHWN" is what `Conv2d` does.
    rng, dtype
        As for `Conv2d`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> layer = LaidOutConv2d(1, 2, 3, layout="NHWC", rng=rng)
    >>> y = layer.forward(rng.normal(size=(4, 1, 8, 8)))
    >>> y.shape, y.transpose(0, 2, 3, 1).flags.c_contiguous
    ((4, 2, 6, 6), True)
    """

    def __init__(self, in_channels, out_channels, kernel_size, *, layout, rng, dtype=np.float64):
        super().__init__(in_channels, out_channels, kernel_size, rng=rng, dtype=dtype)
        if layout not in LAYOUTS:
            raise ValueError(f"layout must be one of {', '.join(LAYOUTS)}, got {layout!r}.")
        self.layout = layout
        self._columns = self._output_shape = None  # the memory of the columns is kept, as by Conv2d

    def forward(self, x):
        """Return the feature maps of images (N, C, H, W), shape (N, O, H', W')."""
        self._check_input(x, ("N", self.in_channels, "H", "W"))
        self._input_shape, size = x.shape, self.kernel_size
        windows = sliding_window_view(x, (size, size), axis=(2, 3))  # (N, C, H', W', K, K)
        self._output_shape = len(x), self.out_channels, *windows.shape[2:4]
        windows = windows.transpose(self._order)
        if self._columns is None or self._columns.shape != windows.shape:
            self._columns = np.empty(windows.shape, x.dtype)
        np.copyto(self._columns, windows)
        y = self._product(self._columns)
        y += self.bias if self.layout == "NHWC" else self.bias[:, None]
        return self._as_images(y, self._output_shape)

    def backward(self, grad_output, need_grad_input=True):
        """Set the gradients of weight and bias; return the gradient of the images, (N, C, H, W)."""
        self._check_grad_output(grad_output, self._output_shape)
        self.grad_bias = grad_output.sum(axis=(0, 2, 3))
        num_images, channels, size = len(grad_output), self.in_channels, self.kernel_size
        if self.layout == "NHWC":
            grad = grad_output.transpose(0, 2, 3, 1).reshape(-1, self.out_channels)
            matrix = self._columns.reshape(len(grad), -1)  # (N H' W', K K C)
            by_place = (matrix.T @ grad).reshape(size, size, channels, -1)
            self.grad_weight = by_place.transpose(3, 2, 0, 1)
            grad_columns = grad @ self._kernels() if need_grad_input else None
        elif self.layout == "NCHW":
            grad = grad_output.reshape(num_images, self.out_channels, -1)
            matrix = self._columns.reshape(num_images, -1, grad.shape[2])  # (N, C K K, H' W')
            self.grad_weight = (matrix @ grad.swapaxes(1, 2)).sum(axis=0).T.reshape(self.weight.shape)
            grad_columns = self._kernels().T @ grad if need_grad_input else None
        else:
            grad = grad_output.transpose(1, 2, 3, 0).reshape(self.out_channels, -1)
            matrix = self._columns.reshape(-1, grad.shape[1])  # (C K K, H' W' N)
            self.grad_weight = (matrix @ grad.T).T.reshape(self.weight.shape)
            grad_columns = self._kernels().T @ grad if need_grad_input else None
        return self._added_up(grad_columns) if need_grad_input else None

    @property
    def _order(self):
        """Where the columns' axes come from in windows (N, C, H', W', K, K)."""
        return {"CHWN": (1, 4, 5, 2, 3, 0), "NCHW": (0, 1, 4, 5, 2, 3), "NHWC": (0, 2, 3, 4, 5, 1)}[
            self.layout
        ]

    def _kernels(self):
        weight = self.weight.transpose(0, 2, 3, 1) if self.layout == "NHWC" else self.weight
        return weight.reshape(self.out_channels, -1)

    def _product(self, columns):
        """Return kernels times columns: (O, P), or (N, O, H' W'), or (P, O)."""
        length = self._kernels().shape[1]
        if self.layout == "NHWC":
            return columns.reshape(-1, length) @ self._kernels().T
        shape = (len(columns), length, -1) if self.layout == "NCHW" else (length, -1)
        return self._kernels() @ columns.reshape(shape)

    def _as_images(self, array, shape):
        """Return a matrix of this layout as a view of this shape (N, C, H, W)."""
        axes = ["NCHW".index(letter) for letter in self.layout]
        return array.reshape([shape[axis] for axis in axes]).transpose(np.argsort(axes))

    def _added_up(self, grad_columns):
        """Return the gradient of the images: every window's share added to its pixels."""
        grad_columns = grad_columns.reshape(self._columns.shape).transpose(np.argsort(self._order))
        axes = ["NCHW".index(letter) for letter in self.layout]
        grad = np.zeros([self._input_shape[axis] for axis in axes], grad_columns.dtype)
        grad = grad.transpose(np.argsort(axes))  # (N, C, H, W)
        rows, columns = self._output_shape[2:]
        for u, v in np.ndindex(self.kernel_size, self.kernel_size):
            grad[:, :, u : u + rows, v : v + columns] += grad_columns[..., u, v]
        return grad
