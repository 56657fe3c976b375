"""Sizes, receptive fields and costs of convolutional layers: plain arithmetic, no torch.

A receptive field is a size in input pixels, a jump the effective stride: how many input
pixels lie between two neighbouring units. Everywhere a number describes one axis, a pair
(height, width) describes both, and the answer is then a pair too.
"""

from dataclasses import dataclass
from math import prod

from course_lib.checks import check_integer, is_integer
from course_lib.per_axis import for_both_axes


@dataclass(frozen=True)
class Window:
    """A sliding window: a convolution's or a pooling layer's.

    Parameters
    ----------
    kernel_size, stride, dilation : int or (int, int)
        At least 1; dilation 1 means neighbouring pixels, as in torch.
    padding : int or (int, int)
        Per side, at least 0.

    Raises
    ------
    ValueError
        For anything else; the message holds the numbers.

    Examples
    --------
    >>> Window(3, stride=2, padding=1)
    Window(kernel_size=3, stride=2, padding=1, dilation=1)
    >>> Window(kernel_size=3, dilation=2).extent
    5
    >>> Window(kernel_size=(3, 5)).extent
    (3, 5)
    """

    kernel_size: int | tuple
    stride: int | tuple = 1
    padding: int | tuple = 0
    dilation: int | tuple = 1

    def __post_init__(self):
        for name, least in (("kernel_size", 1), ("stride", 1), ("padding", 0), ("dilation", 1)):
            value = getattr(self, name)
            values = value if isinstance(value, tuple) and len(value) == 2 else (value,)
            if not all(is_integer(v) and v >= least for v in values):
                raise ValueError(
                    f"{name} must be an integer of at least {least}, or a pair of them, "
                    f"got {value!r} in {self!r}."
                )
            plain = tuple(int(v) for v in values)  # NumPy's small integers wrap where Python's grow
            object.__setattr__(self, name, plain if len(plain) == 2 else plain[0])

    @property
    def extent(self):
        """How many pixels the window spans, holes included."""
        return _extent(self)


@dataclass(frozen=True)
class ReceptiveField:
    """What one unit after a stack of layers sees: size, jump and total effective padding (left)."""

    size: int | tuple
    jump: int | tuple
    padding: int | tuple


@dataclass(frozen=True)
class LayerGeometry:
    """One line of a trace; ``start`` is the centre of unit 0 in input pixels."""

    output_size: int | tuple
    receptive_field: int | tuple
    jump: int | tuple
    start: float | tuple


@for_both_axes
def _extent(window):
    return window.dilation * (window.kernel_size - 1) + 1


@for_both_axes
def output_size(input_size, window):
    """Return the number of window positions along one axis, or along both for pairs.

    ``floor((input_size + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1``: what
    does not fill a whole step is never read.

    Source: Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning.

    Raises
    ------
    ValueError
        If the input is empty or the window does not fit into the padded input.

    Examples
    --------
    >>> output_size(32, Window(kernel_size=3, stride=2, padding=1))
    16
    """
    input_size = check_integer("input_size", input_size, least=1)
    room = input_size + 2 * window.padding - window.extent
    if room < 0:
        raise ValueError(
            f"A window that spans {window.extent} pixels does not fit into an input of {input_size} "
            f"pixels with padding {window.padding} per side."
        )
    return room // window.stride + 1


@for_both_axes
def trace(input_size, windows):
    """Return the geometry after each of a sequence of windows.

    Parameters
    ----------
    input_size : int
    windows : iterable of Window

    Returns
    -------
    list of LayerGeometry

    Examples
    --------
    >>> [layer.output_size for layer in trace(28, [Window(3, padding=1), Window(2, stride=2)])]
    [28, 14]
    """
    windows, layers = list(windows), []
    for index, window in enumerate(windows):
        input_size = output_size(input_size, window)
        field = receptive_field(windows[: index + 1])
        start = (field.size - 1) / 2 - field.padding
        layers.append(LayerGeometry(input_size, field.size, field.jump, start))
    return layers


@for_both_axes
def receptive_field(windows):
    """Return the receptive field of a unit after a stack of windows.

    ``r = 1 + sum_l (k_l - 1) d_l J_l`` with the jump before each layer
    ``J_l = prod_{i < l} s_i``; the padding adds up the same way.

    Source: Araujo, Norris and Sim (2019), Computing receptive fields of convolutional networks.

    Examples
    --------
    >>> receptive_field([Window(3), Window(2, stride=2), Window(3)])
    ReceptiveField(size=8, jump=2, padding=0)
    """
    windows = list(windows)
    jumps = [prod(window.stride for window in windows[:index]) for index in range(len(windows) + 1)]
    size = 1 + sum((window.extent - 1) * jump for window, jump in zip(windows, jumps, strict=False))
    padding = sum(window.padding * jump for window, jump in zip(windows, jumps, strict=False))
    return ReceptiveField(size, jumps[-1], padding)


@for_both_axes
def transposed_output_size(input_size, window, output_padding=0):
    """Return the size that a transposed convolution makes of an input.

    ``(input_size - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1``:
    the size (one of them, where the floor merged several) from which `output_size` leads back.

    Raises
    ------
    ValueError
        If nothing is left, or output_padding is not smaller than the stride or the dilation.

    Examples
    --------
    >>> transposed_output_size(3, Window(kernel_size=3, stride=2, padding=1))
    5
    """
    input_size = check_integer("input_size", input_size, least=1)
    most = max(window.stride, window.dilation) - 1
    if not is_integer(output_padding) or not 0 <= output_padding <= most:
        raise ValueError(f"output_padding must be an integer in 0..{most}, got {output_padding!r}.")
    size = (input_size - 1) * window.stride - 2 * window.padding + window.extent + int(output_padding)
    if size < 1:
        raise ValueError(f"{window!r} leaves nothing of an input of {input_size} pixels: {size}.")
    return size


def conv2d_parameters(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """Return the number of parameters of a 2-d convolution; `groups` divides both channel counts.

    >>> conv2d_parameters(3, 16, kernel_size=3)
    448
    """
    in_channels = check_integer("in_channels", in_channels, least=1)
    out_channels = check_integer("out_channels", out_channels, least=1)
    groups = check_integer("groups", groups, least=1)
    if in_channels % groups or out_channels % groups:
        raise ValueError(
            f"groups must divide both channel counts, got {groups} for {in_channels} and {out_channels}."
        )
    height, width = _pair(Window(kernel_size).kernel_size)
    return out_channels * (in_channels // groups * height * width + bool(bias))


def conv2d_multiply_adds(in_channels, out_channels, input_size, window, groups=1):
    """Return the multiply-adds of a 2-d convolution for one image: weights times positions.

    Parameters
    ----------
    input_size : int or (int, int)
        An integer is a square image.
    window : Window

    Examples
    --------
    >>> conv2d_multiply_adds(3, 16, 32, Window(kernel_size=3, padding=1))
    442368
    """
    height, width = _pair(output_size(input_size, window))
    weights = conv2d_parameters(in_channels, out_channels, window.kernel_size, bias=False, groups=groups)
    return weights * height * width


def linear_parameters(in_features, out_features, bias=True):
    """Return the number of parameters of a dense layer.

    Without the bias it is also the number of multiply-adds for one sample.

    >>> linear_parameters(784, 10)
    7850
    """
    in_features = check_integer("in_features", in_features, least=1)
    return check_integer("out_features", out_features, least=1) * (in_features + bool(bias))


def _pair(value):
    return value if isinstance(value, tuple) else (value, value)
