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
    """While active, torch's functions let every gradient through; no module is changed.

    Each stand-in below has the parameter names of the function that it replaces, so that calls by
    position and by keyword mean the same. What it multiplies by is drawn: with equal numbers,
    the difference of two branches would cancel, and their pixels would seem unseen.
    """

    PIXELWISE = frozenset(
        {"relu", "relu_", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish", "prelu",
         "sigmoid", "tanh", "hardtanh", "hardswish", "hardsigmoid", "softplus", "batch_norm", "layer_norm",
         "group_norm", "instance_norm", "dropout", "dropout2d"}
    )  # fmt: skip
    COLLAPSING = frozenset({"flatten", "view", "reshape", "mean", "amax", "squeeze"})

    def __init__(self):
        super().__init__()
        self.pooled = {}  # from a globally pooled map to the map itself
        self.drawn = {}  # a weight used twice is replaced by the same numbers
        self.generator = torch.Generator().manual_seed(0)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        if name in self.PIXELWISE:
            return self._scaled(_first(*args, **kwargs))
        if name.startswith("max_pool2d"):
            pooled = self._scaled(_average_pool(*args, **kwargs))
            return (pooled, func(*args, **kwargs)[1]) if name.endswith("indices") else pooled
        if name.startswith("conv") or name == "linear":
            return self._weighted(func, *args, **kwargs)
        result = func(*args, **kwargs)
        if name.startswith("adaptive_"):
            self.pooled[id(result)] = (result, _first(*args, **kwargs))
        if name in self.COLLAPSING and result.ndim < _first(*args, **kwargs).ndim == 4:
            images = _first(*args, **kwargs)
            raise EndOfMap(self.pooled.get(id(images), (None, images))[1])
        return result

    def _weighted(self, func, input, weight, bias=None, *settings, **named):
        """A convolution or a dense layer without bias, its weights positive: no two paths cancel."""
        if id(weight) not in self.drawn:  # the weight is kept, too: its id must not be given away
            self.drawn[id(weight)] = weight, self._draw(weight.shape) / weight[0].numel()
        return func(input, self.drawn[id(weight)][1].to(input.dtype), None, *settings, **named)

    def _scaled(self, images):
        """A positive multiple: relu(x) + relu(-x) sees what x sees."""
        return images * self._draw(()).item()

    def _draw(self, shape):
        return 0.5 + torch.rand(shape, generator=self.generator)


def _first(*args, **kwargs):
    """The tensor that a function is called on, given by position or by name."""
    return args[0] if args else kwargs["input"]


def _average_pool(
    input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False
):
    """Max-pooling's window, every pixel of it counting alike."""
    channels = input.shape[1]
    height, width = kernel_size if isinstance(kernel_size, (tuple, list)) else (kernel_size, kernel_size)
    if dilation in (1, (1, 1)):
        return functional.avg_pool2d(input, (height, width), stride, padding, ceil_mode)
    kernel = torch.full((channels, 1, height, width), 1 / (height * width), dtype=input.dtype)
    return functional.conv2d(input, kernel, None, stride or kernel_size, padding, dilation, groups=channels)
