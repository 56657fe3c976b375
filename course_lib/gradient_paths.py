"""Every path from the input to a unit made visible, without touching the module.

While `OpenToGradients` is active, torch's functions answer in place of the module's own choices:
positive weights, averages for maxima, no nonlinearity. What is left is which pixels are
connected to which unit.
"""

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode


def last_feature_map(module, images):
    """Return a module's last map (1, C, H, W), computed so that every path to it carries gradient.

    Raises ValueError if the module makes no such map.
    """
    try:
        with OpenToGradients():
            output = module(images)
    except EndOfMap as end:
        output = end.args[0]
    if not isinstance(output, torch.Tensor) or output.ndim != 4 or not output.requires_grad:
        raise ValueError(
            f"{type(module).__name__} makes no feature map of shape (1, C, H, W) from its input."
        )
    return output


class EndOfMap(Exception):
    """The feature map is about to be collapsed to a vector; ``args[0]`` is the map."""


class OpenToGradients(TorchFunctionMode):
    """While active, torch's functions let every gradient through; no module is changed."""

    PIXELWISE = frozenset(
        {"relu", "relu_", "relu6", "leaky_relu", "elu", "gelu", "silu", "sigmoid", "tanh", "hardtanh",
         "hardswish", "hardsigmoid", "softplus", "batch_norm", "layer_norm", "group_norm", "instance_norm",
         "dropout", "dropout2d"}
    )  # fmt: skip
    COLLAPSING = frozenset({"flatten", "view", "reshape", "mean", "squeeze"})

    def __init__(self):
        super().__init__()
        self.pooled = {}  # from a globally pooled map to the map itself

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        if name in self.PIXELWISE:
            return args[0]
        if name.startswith("max_pool2d"):
            return _average_pool(*args, **kwargs)
        if name.startswith("conv") or name == "linear":
            return func(args[0], _positive(args[1], args[0].dtype), None, *args[3:])
        result = func(*args, **kwargs)
        if name.startswith("adaptive_"):
            self.pooled[id(result)] = (result, args[0])
        if name in self.COLLAPSING and args[0].ndim == 4 and result.ndim < 4:
            raise EndOfMap(self.pooled.get(id(args[0]), (None, args[0]))[1])
        return result


def _positive(weight, dtype):
    """Weights that average: positive, so that no two paths cancel, and neither growing nor shrinking."""
    return torch.full(weight.shape, 1 / weight[0].numel(), dtype=dtype)


def _average_pool(images, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, **_):
    """Max-pooling's window, every pixel of it counting alike."""
    channels = images.shape[1]
    height, width = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    if dilation in (1, (1, 1)):
        return functional.avg_pool2d(images, (height, width), stride, padding, ceil_mode)
    kernel = torch.full((channels, 1, height, width), 1 / (height * width), dtype=images.dtype)
    return functional.conv2d(images, kernel, None, stride or kernel_size, padding, dilation, groups=channels)
