"""Is the backward pass the derivative of the forward pass? Finite differences answer."""

import copy

import numpy as np

# Differences carry rounding of about 1e-16 / step = 1e-10: relative to a gradient that is zero this
# is an error of 100 %, relative to the floor one of 1e-8.
FLOOR = 1e-2


def numerical_gradient(function, x, step=1e-6):
    r"""Return the gradient of a scalar function by central differences.

    .. math:: \frac{\partial f}{\partial x_k} \approx \frac{f(x + h e_k) - f(x - h e_k)}{2h}

    Parameters
    ----------
    function : callable
        From an array like `x` to a number.
    x : numpy.ndarray
        In float64: in float32 the difference drowns in rounding. It is changed and restored in place.
    step : float, optional
        The width :math:`h`; smaller is not better, see the chapter *What does loss.backward() do?*.

    Raises
    ------
    ValueError
        For an array that is not float64.

    Examples
    --------
    >>> numerical_gradient(lambda v: (v**2).sum(), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    _check_float64(x)
    gradient = np.empty(x.shape)
    for index in np.ndindex(x.shape):
        original = x[index]
        try:
            x[index] = original + step
            above = function(x)
            x[index] = original - step
            below = function(x)
        finally:
            x[index] = original
        gradient[index] = (above - below) / (2 * step)
    return gradient


def relative_error(a, b, floor=0.0):
    """Return the largest difference of two arrays, relative to the largest number in either.

    Where all numbers are smaller than `floor`, the difference is relative to `floor`.

    >>> relative_error(np.array([1.0, 100.0]), np.array([2.0, 100.0]))
    0.01
    >>> relative_error(np.zeros(2), np.array([1e-10, -1e-10]), floor=0.01)
    1e-08
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"Expected two arrays of one shape, got {a.shape} and {b.shape}.")
    largest = np.maximum(np.abs(a).max(initial=floor), np.abs(b).max(initial=floor))  # keeps nan
    return 0.0 if largest == 0 else float(np.abs(a - b).max() / largest)  # nan stays nan: it is no agreement


def check_layer(layer, x, *, rng, step=1e-6):
    """Compare a layer's gradients with finite differences; return the relative error of each.

    The upstream gradient is random. With all ones, every layer whose outputs sum to a constant
    would have a gradient of zero and pass whatever it computes. All passes are made by copies of the
    layer: each copy of a dropout layer draws the same mask, which makes it a function of its input.

    Parameters
    ----------
    layer : Layer
        In float64.
    x : numpy.ndarray
    rng : numpy.random.Generator
    step : float, optional

    Returns
    -------
    dict
        From "input" and the names of the parameters to relative errors; about 1e-9 is good,
        above 1e-6 is a bug (or a kink of a ReLU or a tie of a maximum within `step`).

    Examples
    --------
    >>> from course_lib.numpy_cnn import Linear
    >>> rng = np.random.default_rng(0)
    >>> errors = check_layer(Linear(3, 2, rng=rng), rng.normal(size=(4, 3)), rng=rng)
    >>> {name: error < 1e-6 for name, error in errors.items()}
    {'input': True, 'weight': True, 'bias': True}
    """
    for array in (x, *layer.parameters()):
        _check_float64(array)
    layer = copy.deepcopy(layer)  # its parameters are moved, and its random numbers stand still
    twin = copy.deepcopy(layer)
    upstream = rng.normal(size=twin.forward(x).shape)
    grad_input = twin.backward(upstream)
    gradients = dict(zip(("input", *layer.names), (grad_input, *twin.gradients()), strict=True))
    arrays = dict(zip(("input", *layer.names), (x, *layer.parameters()), strict=True))

    def loss(_):
        return np.sum(upstream * copy.deepcopy(layer).forward(x))

    return {
        name: relative_error(gradients[name], numerical_gradient(loss, array, step), FLOOR)
        for name, array in arrays.items()
    }


def _check_float64(x):
    if not isinstance(x, np.ndarray) or x.dtype != np.float64:
        got = x.dtype if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
        raise ValueError(f"A gradient check needs arrays of float64, got {got}: convert input and layer.")
