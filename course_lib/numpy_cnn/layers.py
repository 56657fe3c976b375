"""The layers of a small CNN, vectorised: NCHW in shape, torch's layouts for parameters.

Derived, one by one, in the chapter *What does loss.backward() do?*; made fast in
*How fast can NumPy be, and what does it wait for?*. The same layers as loops: ``numpy_cnn.loops``.
"""

import numpy as np

from course_lib.checks import is_number
from course_lib.numpy_cnn.base import Layer, check_count, check_rng
from course_lib.numpy_cnn.convolution import Conv2d
from course_lib.numpy_cnn.pooling import AvgPool2d, MaxPool2d

__all__ = ["AvgPool2d", "Conv2d", "Dropout", "Flatten", "Linear", "MaxPool2d", "ReLU"]


class ReLU(Layer):
    """The larger of each number and zero; the gradient at zero is zero, as in torch.

    Examples
    --------
    >>> ReLU().forward(np.array([[-1.0, 2.0]]))
    array([[0., 2.]])
    """

    _positive = None

    def forward(self, x):
        """Return an array of the shape of `x`, which is any with a sample per row."""
        self._check_floats(x)
        y = np.maximum(x, 0)
        self._positive = y != 0  # or nan, which keeps its gradient, as in torch
        return y

    def backward(self, grad_output, need_grad_input=True):
        """Return the gradient of the input: what came, where the input was positive."""
        self._check_grad_output(grad_output, None if self._positive is None else self._positive.shape)
        return grad_output * self._positive if need_grad_input else None


class Flatten(Layer):
    """One row of numbers per sample, channel by channel, row by row.

    Examples
    --------
    >>> Flatten().forward(np.zeros((5, 3, 2, 4))).shape
    (5, 24)
    """

    _input_shape = _output_shape = None

    def forward(self, x):
        """Return an array of shape (N, everything else)."""
        self._check_floats(x)
        y = x.reshape(len(x), -1)
        self._input_shape, self._output_shape = x.shape, y.shape
        return y

    def backward(self, grad_output, need_grad_input=True):
        """Return the same numbers in the shape of the input."""
        self._check_grad_output(grad_output, self._output_shape)
        return grad_output.reshape(self._input_shape) if need_grad_input else None


class Linear(Layer):
    r"""A dense layer: a weight for every pair of input and output.

    .. math:: y = x W^\top + b

    Parameters
    ----------
    in_features, out_features : int
    rng : numpy.random.Generator
        Draws the initial weights; biases start at zero.
    dtype : numpy.dtype, optional
        What the layer computes in; its input must have the same.

    Attributes
    ----------
    weight, grad_weight : numpy.ndarray
        Shape (out_features, in_features), as in torch.
    bias, grad_bias : numpy.ndarray
        Shape (out_features,).

    Raises
    ------
    ValueError
        For an input of another shape or dtype.

    Examples
    --------
    >>> layer = Linear(4, 2, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones((3, 4))).shape, layer.num_parameters
    ((3, 2), 10)
    """

    names = ("weight", "bias")
    _x = None

    def __init__(self, in_features, out_features, *, rng, dtype=np.float64):
        self.in_features = check_count("in_features", in_features)
        self.out_features = check_count("out_features", out_features)
        self._initialise((out_features, in_features), rng, dtype)

    def forward(self, x):
        """Return an array of shape (N, out_features) for one of shape (N, in_features)."""
        self._check_input(x, ("N", self.in_features))
        self._x = x
        return x @ self.weight.T + self.bias

    def backward(self, grad_output, need_grad_input=True):
        """Set the gradients of weight and bias; return the gradient of the input, (N, in_features)."""
        self._check_grad_output(grad_output, None if self._x is None else (len(self._x), self.out_features))
        self.grad_weight = grad_output.T @ self._x  # (out_features, in_features)
        self.grad_bias = grad_output.sum(axis=0)  # (out_features,)
        # grad_output @ weight, written so that the batch lies innermost (see `batch_last`)
        return (self.weight.T @ grad_output.T).T if need_grad_input else None


class Dropout(Layer):
    """In training, set each number to zero with probability `p` and scale the others by 1 / (1 - p).

    In evaluation mode (``Sequential.eval()``) it does nothing.

    Parameters
    ----------
    p : float
        In [0, 1).
    rng : numpy.random.Generator
        Draws who is dropped.

    Raises
    ------
    ValueError
        For a probability outside [0, 1).

    References
    ----------
    Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting.

    Examples
    --------
    >>> Dropout(0.5, rng=np.random.default_rng(0)).forward(np.ones((1, 4)))
    array([[2., 0., 0., 0.]])
    """

    _scale = None

    def __init__(self, p, *, rng):
        if not is_number(p) or not 0 <= p < 1:
            raise ValueError(f"Dropout expects a probability p with 0 <= p < 1, got {p!r}.")
        check_rng(rng)
        self.p, self._rng = p, rng

    def forward(self, x):
        """Return an array of the shape of `x`."""
        self._check_floats(x)
        kept = self._rng.random(x.shape) >= self.p if self.training else np.ones(x.shape, bool)
        self._scale = (kept / (1 - self.p if self.training else 1)).astype(x.dtype)
        return x * self._scale

    def backward(self, grad_output, need_grad_input=True):
        """Return the gradient of the input: dropped numbers get none."""
        self._check_grad_output(grad_output, None if self._scale is None else self._scale.shape)
        return grad_output * self._scale if need_grad_input else None
