"""What every layer has in common: parameters, their gradients, a mode, and clear refusals."""

from functools import lru_cache

import numpy as np

from course_lib.checks import check_integer
from course_lib.geometry import output_size


class Layer:
    """A step of a network: ``forward`` computes, ``backward`` carries gradients the other way.

    ``backward`` belongs to the latest ``forward``. The attributes named in ``names`` are the
    layer's parameters; the gradient of ``weight`` is ``grad_weight``, in the same shape.
    """

    names = ()
    training = True
    _accepted = None  # of the latest input: a sample's shape, the dtype, the dtype of the weights

    def parameters(self):
        """Return the layer's arrays, weight before bias; change them in place to train."""
        return [getattr(self, name) for name in self.names]

    def gradients(self):
        """Return the gradients of the latest ``backward``, in the order of `parameters`."""
        return [getattr(self, f"grad_{name}") for name in self.names]

    @property
    def num_parameters(self):
        """How many numbers the layer learns."""
        return sum(parameter.size for parameter in self.parameters())

    def _initialise(self, weight_shape, rng, dtype):
        """He initialisation: a ReLU halves the second moment, so the variance is 2 / fan_in."""
        dtype = np.dtype(dtype)
        if dtype.kind != "f":
            raise ValueError(f"{type(self).__name__} expects a floating-point dtype, got {dtype}.")
        check_rng(rng)
        fan_in = np.prod(weight_shape[1:])
        self.weight = rng.normal(0.0, np.sqrt(2 / fan_in), weight_shape).astype(dtype)
        self.bias = np.zeros(weight_shape[0], dtype)
        self.grad_weight = self.grad_bias = None

    def _check_input(self, x, shape):
        """Raise ValueError unless `x` has the shape, letters standing for any size, and a float dtype."""
        own_dtype = self.weight.dtype if self.names else None
        if self._is_like_the_latest(x, own_dtype):
            return
        self._check_array(x, shape, own_dtype)
        self._accepted = x.shape[1:], x.dtype, own_dtype

    def _is_like_the_latest(self, x, own_dtype):
        """Whether only the number of samples may differ: small layers compute faster than they check."""
        is_batch = isinstance(x, np.ndarray) and x.ndim > 0 and len(x) > 0
        return is_batch and (x.shape[1:], x.dtype, own_dtype) == self._accepted

    def _check_array(self, x, shape, own_dtype):
        name = type(self).__name__
        x_shape = getattr(x, "shape", None)
        fits = isinstance(x, np.ndarray) and len(x_shape) == len(shape)
        if not fits or any(isinstance(n, int) and n != m for n, m in zip(shape, x_shape, strict=True)):
            expected = ", ".join(map(str, shape))
            raise ValueError(f"{name} expects an array of shape ({expected}), got {described(x)}.")
        if len(x) == 0:
            raise ValueError(f"{name} needs at least one sample, got shape {x_shape}.")
        if x.dtype.kind != "f" or (own_dtype is not None and x.dtype != own_dtype):
            expected = own_dtype or "floating-point numbers"
            raise ValueError(
                f"{name} computes in {expected}, got {x.dtype}: convert the input with astype, "
                f"or build the layer with another dtype."
            )

    def _check_floats(self, x):
        """Raise ValueError unless `x` is a non-empty array of floats with a sample per row."""
        if self._is_like_the_latest(x, None):
            return
        ndim = max(getattr(x, "ndim", 0), 1)
        self._check_input(x, ("N", *"ABCDEFGH"[: ndim - 1]))

    def _check_grad_output(self, grad_output, shape):
        """Raise unless there was a forward pass, and the gradient has its output's shape and dtype."""
        name = type(self).__name__
        if shape is None:
            raise RuntimeError(f"{name}.backward needs a forward pass first: call forward(x), then backward.")
        if not isinstance(grad_output, np.ndarray) or grad_output.shape != tuple(shape):
            raise ValueError(
                f"{name}.backward expects grad_output of shape {tuple(shape)}, "
                f"the shape of its output, got {described(grad_output)}."
            )
        if grad_output.dtype != self._accepted[1]:
            raise ValueError(
                f"{name}.backward expects grad_output in {self._accepted[1]}, the dtype of its output, "
                f"got {grad_output.dtype}: convert it with astype."
            )


def check_count(what, value, least=1):
    """Raise ValueError unless `value` is an integer of at least `least`."""
    return check_integer(what, value, least)


def described(x):
    """Return what to say about something that is not the array we want: its shape, or its type."""
    return f"shape {x.shape}" if isinstance(x, np.ndarray) else f"a {type(x).__name__}"


def check_rng(rng):
    """Raise ValueError unless `rng` is a NumPy generator."""
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng must be a numpy.random.Generator (np.random.default_rng(0)), got {rng!r}.")


@lru_cache(maxsize=1024)  # every batch asks again
def map_size(height, width, window):
    """Return (H', W'), how many positions a window has in an image.

    >>> from course_lib.geometry import Window
    >>> map_size(28, 20, Window(kernel_size=3, stride=2))
    (13, 9)
    """
    return output_size((height, width), window)


def batch_last(x):
    """Return images (N, C, H, W) as (C, H, W, N), contiguous: no copy where they lie like that already.

    With the batch innermost every window of every image is one run of memory; the chapter
    *How fast can NumPy be, and what does it wait for?* measures what that is worth.
    """
    return np.ascontiguousarray(x.transpose(1, 2, 3, 0))


def batch_first(x):
    """Return (C, H, W, N) as a view (N, C, H, W): the shape of the field, the memory of `batch_last`."""
    return x.transpose(3, 0, 1, 2)
