"""Looking at a network from outside: its shapes, the values of its layers, what a unit sees."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from course_lib.checks import check_integer
from course_lib.evaluation import evaluation_mode
from course_lib.geometry import Window
from course_lib.gradient_paths import last_feature_map


@dataclass(frozen=True)
class LayerTrace:
    """One layer of a shape trace; ``output_shape`` is that of one sample."""

    name: str
    kind: str
    output_shape: tuple
    num_parameters: int


class ShapeTrace(list):
    """A list of `LayerTrace` that prints as a table."""

    def __repr__(self):
        header = ("layer", "kind", "output shape", "parameters")
        rows = [(t.name, t.kind, " x ".join(map(str, t.output_shape)), f"{t.num_parameters:,}") for t in self]
        rows.append(("", "", "sum", f"{sum(t.num_parameters for t in self):,}"))
        widths = [max(len(row[i]) for row in [header, *rows]) for i in range(4)]
        padded = ([cell.ljust(w) for cell, w in zip(row, widths, strict=True)] for row in [header, *rows])
        return "\n".join("  ".join(row).rstrip() for row in padded)


def shape_trace(model, images):
    """Return the output shape and the parameter count of every layer of a model.

    Parameters
    ----------
    model : torch.nn.Module
    images : torch.Tensor
        Any batch that the model takes, for example one image, shape (1, C, H, W).

    Returns
    -------
    ShapeTrace
        In the order of execution; layers are the modules without children. A layer used twice has
        two lines, its parameters stand in the first one.

    Examples
    --------
    >>> from course_lib.models import LinearClassifier
    >>> shape_trace(LinearClassifier(), torch.zeros(1, 1, 28, 28))
    layer  kind     output shape  parameters
    0      Flatten  784           0
    1      Linear   10            7,850
                    sum           7,850
    """
    traces, counted = ShapeTrace(), set()
    for name, module, output in _executions(model, images):
        new = {id(parameter): parameter.numel() for parameter in module.parameters()}
        count = sum(size for key, size in new.items() if key not in counted)
        counted |= new.keys()
        traces.append(LayerTrace(name, type(module).__name__, tuple(output.shape[1:]), count))
    return traces


def activations(model, images):
    """Return the output of every layer for a batch, by the layer's name.

    Evaluation mode, no gradients; the model is left as it was. A layer used more often than it
    has names keeps its last output.

    Parameters
    ----------
    model : torch.nn.Module
    images : torch.Tensor
        Shape (N, C, H, W).

    Returns
    -------
    dict of str to torch.Tensor
        In the order of execution.
    """
    return {name: output for name, _, output in _executions(model, images)}


@torch.no_grad()
def _executions(model, images):
    """Return (name, layer, output) for every call of a layer, in order; layers have no children."""
    found, names, hooks = [], defaultdict(list), []
    for name, module in model.named_modules(remove_duplicate=False):  # one layer may have two names
        names[module].append(name)

    def remember(module, _inputs, output):
        name = names[module].pop(0) if len(names[module]) > 1 else names[module][0]
        found.append((name, module, output.detach().clone()))  # a clone: an in-place ReLU may follow

    for module in names:
        if not list(module.children()):
            hooks.append(module.register_forward_hook(remember))
    try:
        with evaluation_mode(model):
            model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def kept_bytes(model, images):
    """Return the bytes that autograd keeps between a forward and its backward pass.

    The parameters themselves are left out, and a buffer that several layers read counts once.
    Derived in the chapter on shapes and cost. On the device ``meta`` nothing is computed.

    Parameters
    ----------
    model : torch.nn.Module
    images : torch.Tensor
        A batch, on the device of the model.

    Examples
    --------
    >>> kept_bytes(nn.Linear(3, 5), torch.zeros(2, 3))  # its input: 2 x 3 numbers of 4 bytes
    24
    """
    kept, own = {}, [parameter.untyped_storage() for parameter in model.parameters()]

    def remember(tensor):
        storage = tensor.untyped_storage()
        kept[id(storage)] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(remember, lambda tensor: tensor):
        model(images)
    parameters = {id(storage) for storage in own}
    return sum(storage.nbytes() for key, storage in kept.items() if key not in parameters)


def plane_energy(kernels):
    r"""Return how much of every kernel is an edge detector: the share of its energy in two slopes.

    The best-fitting plane without its constant, the horizontal slope :math:`h` and the vertical
    slope :math:`v` of the kernel's grid, both of length 1, explains of a kernel :math:`w` the share

    .. math:: \frac{(w \cdot h)^2 + (w \cdot v)^2}{w \cdot w}

    A linear ramp has 1, Sobel's kernel 8 / 9, a line or a blob 0, and random kernels of K x L numbers
    on average 2 / (K L). It measures the shape of an edge, not of every useful detector.
    Used in the chapter *Laboratory*.

    Parameters
    ----------
    kernels : array_like or torch.Tensor
        Shape (N, K, L) or (N, 1, K, L), at least 2 x 2.

    Returns
    -------
    numpy.ndarray
        Shape (N,), in 0..1; nan for a kernel of zeros, which has no shape.

    Raises
    ------
    ValueError
        For another shape.

    Examples
    --------
    >>> sobel, line = [[1, 0, -1], [2, 0, -2], [1, 0, -1]], [[-1, 2, -1]] * 3
    >>> plane_energy([sobel, line]).round(3)
    array([0.889, 0.   ])
    """
    if isinstance(kernels, torch.Tensor):
        kernels = kernels.detach().cpu()
    kernels = np.asarray(kernels, dtype=float)
    if kernels.ndim == 4 and kernels.shape[1] == 1:
        kernels = kernels[:, 0]
    if kernels.ndim != 3 or min(kernels.shape[1:]) < 2:
        raise ValueError(
            f"plane_energy expects kernels of shape (N, K, L), 2 x 2 or more, got {kernels.shape}."
        )
    slopes = [axis - axis.mean() for axis in np.indices(kernels.shape[1:])]  # orthogonal to each other
    explained = sum((kernels * slope).sum(axis=(1, 2)) ** 2 / (slope**2).sum() for slope in slopes)  # (N,)
    with np.errstate(invalid="ignore"):
        return explained / (kernels**2).sum(axis=(1, 2))


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
