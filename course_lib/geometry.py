"""Sizes, receptive fields and costs of convolutional layers: plain arithmetic, no torch.

A receptive field is a size in input pixels, a jump the effective stride: how many input
pixels lie between two neighbouring units.
"""

from dataclasses import dataclass
from math import prod


@dataclass(frozen=True)
class Window:
    """A sliding window along one axis: a convolution's or a pooling layer's.

    Parameters
    ----------
    kernel_size, stride, dilation : int
        At least 1; dilation 1 means neighbouring pixels, as in torch.
    padding : int
        Per side, at least 0.

    Examples
    --------
    >>> Window(3, stride=2, padding=1)
    Window(kernel_size=3, stride=2, padding=1, dilation=1)
    >>> Window(kernel_size=3, dilation=2).extent
    5
    """

    kernel_size: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def __post_init__(self):
        for name, least in (("kernel_size", 1), ("stride", 1), ("padding", 0), ("dilation", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ValueError(f"{name} must be an integer of at least {least}, got {value!r} in {self!r}.")

    @property
    def extent(self):
        """How many pixels the window spans, holes included."""
        return self.dilation * (self.kernel_size - 1) + 1


@dataclass(frozen=True)
class ReceptiveField:
    """What one unit after a stack of layers sees: size, jump and total effective padding (left)."""

    size: int
    jump: int
    padding: int


@dataclass(frozen=True)
class LayerGeometry:
    """One line of a trace; ``start`` is the centre of unit 0 in input pixels."""

    output_size: int
    receptive_field: int
    jump: int
    start: float


def output_size(input_size, window):
    """Return the number of window positions along one axis.

    ``floor((input_size + 2 padding - dilation (kernel_size - 1) - 1) / stride) + 1``: what
    does not fill a whole step is never read.

    Raises
    ------
    ValueError
        If the input is empty or the window does not fit into the padded input.

    References
    ----------
    Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning.

    Examples
    --------
    >>> output_size(32, Window(kernel_size=3, stride=2, padding=1))
    16
    """
    if not isinstance(input_size, int) or isinstance(input_size, bool) or input_size < 1:
        raise ValueError(f"input_size must be an integer of at least 1, got {input_size!r}.")
    room = input_size + 2 * window.padding - window.extent
    if room < 0:
        raise ValueError(
            f"A window that spans {window.extent} pixels does not fit into an input of {input_size} "
            f"pixels with padding {window.padding} per side."
        )
    return room // window.stride + 1


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


def receptive_field(windows):
    """Return the receptive field of a unit after a stack of windows.

    ``r = 1 + sum_l (k_l - 1) d_l J_l`` with the jump before each layer
    ``J_l = prod_{i < l} s_i``; the padding adds up the same way.

    References
    ----------
    Araujo, Norris and Sim (2019), Computing receptive fields of convolutional neural networks.

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


def conv2d_parameters(in_channels, out_channels, kernel_size, bias=True, groups=1):
    """Return the number of parameters of a 2-d convolution.

    Parameters
    ----------
    kernel_size : int or (int, int)
    groups : int
        Divides both channel counts.

    Examples
    --------
    >>> conv2d_parameters(3, 16, kernel_size=3)
    448
    """
    if in_channels % groups or out_channels % groups:
        raise ValueError(
            f"groups={groups} must divide in_channels={in_channels} and out_channels={out_channels}."
        )
    height, width = (kernel_size, kernel_size) if isinstance(kernel_size, int) else kernel_size
    return out_channels * (in_channels // groups * height * width + bool(bias))


def linear_parameters(in_features, out_features, bias=True):
    """Return the number of parameters of a dense layer.

    >>> linear_parameters(784, 10)
    7850
    """
    return out_features * (in_features + bool(bias))
