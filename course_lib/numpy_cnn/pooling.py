"""Pooling: every window of an image becomes one number."""

import numpy as np

from course_lib.geometry import Window
from course_lib.numpy_cnn.base import Layer, check_count, map_size


class _Pool2d(Layer):
    """What the pooling layers share: the positions of their windows."""

    _input_shape = _output_shape = None

    def __init__(self, kernel_size, stride=None):
        self.kernel_size = check_count("kernel_size", kernel_size)
        self.stride = self.kernel_size if stride is None else check_count("stride", stride)
        self._window = Window(self.kernel_size, self.stride)

    def _start(self, x):
        """Check the images and remember how many windows they have."""
        self._check_input(x, ("N", "C", "H", "W"))
        if x.shape != self._input_shape:
            self._output_shape = (*x.shape[:2], *map_size(*x.shape[2:], self._window))
            self._input_shape = x.shape
            covered = tuple(n * self.kernel_size for n in self._output_shape[2:])
            self._is_tiling = self.stride == self.kernel_size and covered == x.shape[2:]

    def _slices(self, x):
        """Return, place by place in the window, that pixel of all windows: views (N, C, H', W')."""
        size, step = self.kernel_size, self.stride
        rows, columns = (n * step for n in self._output_shape[2:])
        return [
            x[:, :, u : u + rows : step, v : v + columns : step] for u in range(size) for v in range(size)
        ]


class MaxPool2d(_Pool2d):
    r"""The largest value of every window; a tie goes to the first, row by row, as in torch.

    .. math:: y_{n,c,i,j} = \max_{u,v} x_{n,c,\,si+u,\,sj+v}

    A window that contains nan gives nan, and its gradient goes to the last nan, as in torch.

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
        self._places = first, *others = self._slices(x)
        y = first.copy(order="K")  # "K": the memory layout of the input
        for pixels in others:
            np.maximum(y, pixels, out=y)
        self._x, self._y = x, y
        return y

    def backward(self, grad_output, need_grad_input=True):
        """Return the gradient of the images: each window's goes to the pixel that won."""
        self._check_grad_output(grad_output, self._output_shape)
        if not need_grad_input:
            return None
        # where the windows tile the image every pixel is written below
        grad_input = (np.empty_like if self._is_tiling else np.zeros_like)(self._x)
        has_nan = np.isnan(self._y.max())  # the largest of numbers with nan is nan
        winners = self._winners_with_nan() if has_nan else self._winners()
        for won, grad_pixels in zip(winners, self._slices(grad_input), strict=True):
            if self.stride < self.kernel_size:  # a pixel may win in several windows
                grad_pixels += grad_output * won
            else:
                np.multiply(grad_output, won, out=grad_pixels)
        return grad_input

    def _winners(self):
        """Yield, place by place, whether that pixel of each window is the first of the largest."""
        first, *others = self._places
        won = first == self._y
        yield won
        waiting = ~won  # windows without a winner yet
        for pixels in others[:-1]:
            won = pixels == self._y
            won &= waiting
            waiting ^= won
            yield won
        if others:
            yield waiting  # the last pixel wins where no other did

    def _winners_with_nan(self):
        """Return the same, but in windows with nan, which equals nothing, the last nan wins."""
        nan, winners = np.isnan(self._y), []
        waiting = nan
        for pixels, won in zip(reversed(self._places), reversed(list(self._winners())), strict=True):
            last_nan = np.isnan(pixels) & waiting
            waiting = waiting ^ last_nan
            winners.insert(0, np.where(nan, last_nan, won))
        return winners


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
        first, *others = self._slices(x)
        y = first.copy(order="K")
        for pixels in others:
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
