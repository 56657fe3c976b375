"""The convolution: one copy of all windows, one matrix product."""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from course_lib.geometry import Window
from course_lib.numpy_cnn.base import Layer, batch_first, batch_last, check_count, map_size

POINTWISE = Window(1)


class Conv2d(Layer):
    r"""A convolution in the field's sense: the cross-correlation of images with learned kernels.

    .. math:: y_{n,o,i,j} = b_o + \sum_{c,u,v} w_{o,c,u,v} \, x_{n,c,\,si+u-p,\,sj+v-p}

    Parameters
    ----------
    in_channels, out_channels, kernel_size : int
    stride, padding : int, optional
        `padding` is per side, with zeros.
    rng : numpy.random.Generator
        Draws the initial weights; biases start at zero.
    dtype : numpy.dtype, optional
        What the layer computes in; its input must have the same.

    Attributes
    ----------
    weight, grad_weight : numpy.ndarray
        Shape (out_channels, in_channels, kernel_size, kernel_size), as in torch.
    bias, grad_bias : numpy.ndarray
        Shape (out_channels,).

    Raises
    ------
    ValueError
        For images of another rank, another number of channels, another dtype, or too small.

    References
    ----------
    Chellapilla, Puri, Simard (2006), High performance convolutional neural networks.

    Examples
    --------
    >>> layer = Conv2d(1, 3, kernel_size=3, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones((2, 1, 8, 6))).shape
    (2, 3, 6, 4)
    >>> layer.num_parameters
    30
    """

    names = ("weight", "bias")

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0, *, rng, dtype=np.float64):
        self.in_channels = check_count("in_channels", in_channels)
        self.out_channels = check_count("out_channels", out_channels)
        self.kernel_size = check_count("kernel_size", kernel_size)
        self.stride = check_count("stride", stride)
        self.padding = check_count("padding", padding, least=0)
        self._window = Window(self.kernel_size, self.stride, self.padding)
        self._initialise((out_channels, in_channels, kernel_size, kernel_size), rng, dtype)
        self._lowering = None

    def forward(self, x):
        """Return the feature maps (N, O, H', W') of images (N, C, H, W)."""
        self._check_input(x, ("N", self.in_channels, "H", "W"))
        if self._lowering is None or self._lowering.made_for != (x.shape, x.dtype):
            self._lowering = _Lowering(x.shape, self, x.dtype)
        columns = self._lowering.columns_of(x)  # (C K K, H' W' N)
        y = self._kernels() @ columns  # (O, H' W' N)
        y += self.bias[:, None]
        return batch_first(y.reshape(self._lowering.output_shape))  # (N, O, H', W')

    def backward(self, grad_output, need_grad_input=True):
        """Set the gradients of weight and bias; return the gradient of the images, (N, C, H, W).

        The first layer of a network can do without: with ``need_grad_input=False`` it returns None.
        """
        lowering = self._lowering
        self._check_grad_output(grad_output, lowering and _batch_first_shape(lowering.output_shape))
        grad = batch_last(grad_output).reshape(self.out_channels, -1)  # (O, H' W' N)
        # the long side first: BLAS is slow where a wide matrix meets a narrow one
        self.grad_weight = (lowering.columns_matrix @ grad.T).T.reshape(self.weight.shape)
        self.grad_bias = grad.sum(axis=1)  # (O,)
        if not need_grad_input:
            return None
        return lowering.images_of(self._kernels().T @ grad)  # (N, C, H, W)

    def _kernels(self):
        return self.weight.reshape(self.out_channels, -1)  # (O, C K K)

    def __getstate__(self):
        """A copy makes its own workspace: copied views would no longer share their memory."""
        return self.__dict__ | {"_lowering": None}


class _Lowering:
    """From images to the matrix whose columns are their windows, and back; its memory is kept.

    Made for one shape and dtype of input: another batch gets another one.
    """

    def __init__(self, input_shape, layer, dtype):
        self.made_for = input_shape, dtype
        num_images, channels, height, width = self.input_shape = input_shape
        self.size, self.stride, self.padding = layer.kernel_size, layer.stride, layer.padding
        rows, columns = map_size(height, width, layer._window)
        self.output_shape = (layer.out_channels, rows, columns, num_images)
        self.columns_shape = (channels, self.size, self.size, rows, columns, num_images)
        self.matrix_shape = channels * self.size**2, rows * columns * num_images
        self.is_pointwise = layer._window == POINTWISE  # its columns are the image itself
        self.padded_shape = (channels, height + 2 * self.padding, width + 2 * self.padding, num_images)
        self._padded = None  # made when an image is first copied
        self._inside = slice(self.padding, self.padding + height), slice(self.padding, self.padding + width)
        self._columns = None if self.is_pointwise else np.empty(self.columns_shape, dtype)

    def columns_of(self, x):
        """Return the matrix of all windows of images (N, C, H, W)."""
        image = x.transpose(1, 2, 3, 0)  # (C, H, W, N), and no copy where the batch lies innermost already
        if self.is_pointwise:
            self.columns_matrix = image.reshape(self.matrix_shape)
            return self.columns_matrix
        if image.flags.c_contiguous and not self.padding:
            windows = self._windows_of(image)
        else:
            windows = self._windows_of_a_copy(image)
        np.copyto(self._columns, windows)
        self.columns_matrix = self._columns.reshape(self.matrix_shape)
        return self.columns_matrix

    def _windows_of_a_copy(self, image):
        if self._padded is None:
            self._padded = np.zeros(self.padded_shape, image.dtype)  # the border stays zero
            self._padded_windows = self._windows_of(self._padded)
        self._padded[:, *self._inside] = image
        return self._padded_windows

    def _windows_of(self, image):
        """Return the windows of (C, H, W, N) as a view: six indices for four."""
        by_channel, by_row, by_column, by_sample = image.strides
        # In bytes: to the next window below, and to the one on the right
        down, right = self.stride * by_row, self.stride * by_column
        strides = by_channel, by_row, by_column, down, right, by_sample
        return as_strided(image, self.columns_shape, strides, writeable=False)

    def images_of(self, grad_columns):
        """Add every window's gradient to the pixels it came from: the transpose of `columns_of`.

        K x K additions of whole slices; a scatter (``np.add.at``) would visit each number alone.
        Libraries call it col2im.
        """
        _, size, _, rows, columns, _ = self.columns_shape
        num_images, channels, height, width = self.input_shape
        if self.is_pointwise:
            return batch_first(grad_columns.reshape(channels, height, width, num_images))
        grad_columns = grad_columns.reshape(self.columns_shape)
        grad_padded = np.zeros(self.padded_shape, grad_columns.dtype)
        for u in range(size):
            for v in range(size):
                u_end, v_end = u + rows * self.stride, v + columns * self.stride
                grad_padded[:, u : u_end : self.stride, v : v_end : self.stride] += grad_columns[:, u, v]
        return batch_first(grad_padded[:, *self._inside])  # (N, C, H, W)


def _batch_first_shape(shape):
    return shape[3], *shape[:3]
