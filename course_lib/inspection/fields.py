"""What a unit sees: windows read from a module, and the receptive field measured."""

import torch
from torch import nn

from course_lib.checks import check_integer
from course_lib.evaluation import evaluation_mode
from course_lib.geometry import Window
from course_lib.gradient_paths import last_feature_map

PIXELWISE = (
    nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Hardswish, nn.ReLU6,
    nn.BatchNorm2d, nn.Dropout, nn.Dropout2d, nn.Identity,
)  # fmt: skip


def windows_of(module):
    """Return the sliding windows of a sequential module, in the order of execution.

    Reading ends at the first ``Flatten`` or ``Linear``: behind it every unit sees everything.

    Parameters
    ----------
    module : torch.nn.Module
        A convolution, a pooling layer or an ``nn.Sequential`` of such (nested ones too).

    Returns
    -------
    list of Window

    Raises
    ------
    ValueError
        Names a layer that is no window and not pixelwise, for example a branch; measure its
        field with `measured_receptive_field` instead.

    Examples
    --------
    >>> windows_of(nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU()))
    [Window(kernel_size=3, stride=1, padding=1, dilation=1)]
    """
    windows = []
    for name, layer in _leaves(module):
        if isinstance(layer, (nn.Flatten, nn.Linear)):
            break
        if not isinstance(layer, PIXELWISE):
            windows.append(_window_of(name, layer))
    return windows


def _leaves(module, name=""):
    if not isinstance(module, nn.Sequential):
        yield name, module
        return
    for child_name, child in module._modules.items():  # named_children drops a layer's second use
        yield from _leaves(child, f"{name}.{child_name}" if name else child_name)


def _window_of(name, layer):
    if not isinstance(layer, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)):
        raise ValueError(
            f"Layer {name!r} is a {type(layer).__name__}: it has no single sliding window to read."
        )
    if getattr(layer, "ceil_mode", False):
        raise ValueError(f"Layer {name!r} rounds its size up (ceil_mode=True); windows here round down.")
    if layer.padding == "valid":
        padding = 0
    elif layer.padding == "same":
        padding = _same_padding(name, layer)
    else:
        padding = layer.padding
    values = (layer.kernel_size, layer.stride, padding, getattr(layer, "dilation", 1))
    return Window(*(_simplest(value) for value in values))


def _same_padding(name, layer):
    spans = [d * (k - 1) for k, d in zip(layer.kernel_size, layer.dilation, strict=True)]
    if any(span % 2 for span in spans):
        raise ValueError(f"Layer {name!r} pads its two sides unequally (padding='same', even extent).")
    return tuple(span // 2 for span in spans)


def _simplest(value):
    """A pair of equal numbers is one number."""
    return value[0] if isinstance(value, tuple) and value[0] == value[-1] else value


def measured_receptive_field(module, input_size, in_channels=1):
    """Return the receptive field (rows, columns) of a module's last feature map, measured.

    The gradient of the central unit with respect to the input is non-zero exactly where the
    unit looks, once nothing blocks or hides gradients: for the measurement max-pooling averages,
    weights are drawn positive, nonlinearities and normalisations pass everything. The module itself
    is only read: its weights, buffers, gradients and mode stay as they are. Derived in the
    chapter on receptive fields.

    Parameters
    ----------
    module : torch.nn.Module
        Any module that takes images (1, in_channels, H, W), branches included. Of a classifier
        the map is measured that its head flattens or averages.
    input_size : int or (int, int)
        Large enough that the field of the central unit ends inside the image.
    in_channels : int

    Raises
    ------
    ValueError
        If the field reaches the border of the image, so that it may be larger than seen, or
        the module makes no feature map.

    Examples
    --------
    >>> measured_receptive_field(nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2)), 16)
    (4, 4)
    """
    sides = input_size if isinstance(input_size, tuple) else (input_size, input_size)
    height, width = (check_integer("input_size", side, least=1) for side in sides)
    check_integer("in_channels", in_channels, least=1)
    images = torch.ones(1, in_channels, height, width, dtype=torch.float64, requires_grad=True)
    # evaluation mode: a batch normalisation in training mode would count this as a batch
    with torch.enable_grad(), evaluation_mode(module):
        feature_map = last_feature_map(module, images)
        rows, columns = feature_map.shape[2:]
        # other weights for other channels: of x and -x together, the sum sees nothing
        weights = torch.linspace(1, 2, feature_map.shape[1], dtype=feature_map.dtype)
        unit = (weights * feature_map[0, :, rows // 2, columns // 2]).sum()
        (gradient,) = torch.autograd.grad(unit, images)
    if not gradient.isfinite().all() or not gradient.any():
        raise ValueError(
            f"{type(module).__name__} cannot be measured: no usable gradient arrives at its input. "
            "Where a module multiplies its map by a global average, every unit sees the whole image."
        )
    seen = gradient[0].abs().sum(0) > 0
    return tuple(_extent_inside(seen.any(1 - axis), (height, width)) for axis in (0, 1))


def _extent_inside(seen, input_size):
    positions = seen.nonzero()
    first, last = int(positions.min()), int(positions.max())
    if first == 0 or last == len(seen) - 1:
        raise ValueError(
            "The field of the central unit reaches the border of the input, "
            f"{input_size[0]} x {input_size[1]} pixels, and may be larger than seen: use a larger input_size."
        )
    return last - first + 1
