"""Pooling: every window of an image becomes one number."""

import numpy as np

from course_lib.geometry import Window, output_size
from course_lib.numpy_cnn.base import Layer, check_count


class _Pool2d(Layer):
    """What the pooling layers share: the positions of their windows."""

    def __init__(self, kernel_size, stride=None):
        self.kernel_size = check_count("kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else check_count("stride", stride)
        self._input_shape = self._output_shape = None

    def _start(self, x):
        """Check the images and remember the shapes that belong to them."""
        self._check_input(x, ("N", "C", "H", "W"))
        if x.shape != self._input_shape:
            window = Window(self.kernel_size, self.stride)
            sizes = [output_size(size, window) for size in x.shape[2:]]
            self._input_shape, self._output_shape = x.shape, (*x.shape[:2], *sizes)

    def _slices(self, x):
        """Yield, place by place in the window, that pixel of all windows: views (N, C, H', W')."""
        rows, columns = self._output_shape[2:]
        for u in range(self.kernel_size):
            for v in range(self.kernel_size):
                u_end, v_end = u + rows * self.stride, v + columns * self.stride
                yield x[:, :, u : u_end : self.stride, v : v_end : self.stride]


class MaxPool2d(_Pool2d):
    r"""The largest value of every window; a tie goes to the first, row by row, as in torch.

    .. math:: y_{n,c,i,j} = \max_{u,v} x_{n,c,\,si+u,\,sj+v}

    Parameters
    ----------
    kernel_size : int
    stride : int, optional
        The kernel size, if not given. Rows and columns that fill no window are not read.

    Raises
    ------
    ValueError
        For a window larger than the image.

    Examples
    --------
    >>> MaxPool2d(2).forward(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 5.,  7.],
             [13., 15.]]]])
    """

    def forward(self, x):
        """Return the pooled images, shape (N, C, H', W')."""
        self._start(x)
        slices = self._slices(x)
        y = next(slices).copy(order="K")  # "K": the memory layout of the input
        for pixels in slices:
            np.maximum(y, pixels, out=y)
        self._x, self._y = x, y
        return y

    def backward(self, grad_output, need_grad_input=True):
        """Return the gradient of the images: each window's goes to the pixel that won."""
        self._check_grad_output(grad_output, self._output_shape)
        if not need_grad_input:
            return None
        grad_input = np.zeros_like(self._x)
        rest = np.array(grad_output)  # what no pixel has claimed yet
        for pixels, grad_pixels in zip(self._slices(self._x), self._slices(grad_input), strict=True):
            claimed = rest * (pixels == self._y)
            grad_pixels += claimed
            rest -= claimed
        return grad_input


class AvgPool2d(_Pool2d):
    r"""The mean of every window.

    .. math:: y_{n,c,i,j} = \frac{1}{K^2} \sum_{u,v} x_{n,c,\,si+u,\,sj+v}

    Parameters and errors as for `MaxPool2d`.

    Examples
    --------
    >>> AvgPool2d(2).forward(np.arange(16.0).reshape(1, 1, 4, 4))
    array([[[[ 2.5,  4.5],
             [10.5, 12.5]]]])
    """

    def forward(self, x):
        """Return the pooled images, shape (N, C, H', W')."""
        self._start(x)
        slices = self._slices(x)
        y = next(slices).copy(order="K")
        for pixels in slices:
            y += pixels
        y /= self.kernel_size**2
        self._x = x  # for its shape and layout
        return y

    def backward(self, grad_output, need_grad_input=True):
        """Return the gradient of the images: an equal share for every pixel of a window."""
        self._check_grad_output(grad_output, self._output_shape)
        if not need_grad_input:
            return None
        grad_input = np.zeros_like(self._x)
        share = grad_output / self.kernel_size**2
        for grad_pixels in self._slices(grad_input):
            grad_pixels += share
        return grad_input
