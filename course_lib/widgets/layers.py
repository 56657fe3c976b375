"""A torch model as the list of layers that the scripts of the figures compute."""

import torch
from torch import nn

from course_lib.widgets.snapshots import packed

SILENT = (nn.Flatten, nn.Dropout, nn.Dropout2d, nn.Identity)


def packed_layers(name, model):
    """Return the layers of a model in evaluation mode, weights as base64 of float16.

    Batch normalisation behind a convolution or a dense layer becomes part of it; elsewhere it is a layer
    that scales each channel and adds to it.

    Parameters
    ----------
    name : str
        What the figure calls the model.
    model : torch.nn.Module
        A stack, also of stacks.

    Raises
    ------
    ValueError
        Names a layer that the figures cannot compute.
    """
    layers = []
    for layer in _leaves(model):
        if isinstance(layer, nn.BatchNorm2d | nn.BatchNorm1d) and layers and "weights" in layers[-1]:
            _normalise(layers[-1], layer)
        elif not isinstance(layer, SILENT):
            layers.append(_described(name, layer))
    return [{key: _plain(value) for key, value in layer.items()} for layer in layers]


def _leaves(module):
    if isinstance(module, nn.Sequential):
        return [leaf for child in module for leaf in _leaves(child)]
    return [module]


def _described(name, layer):
    if isinstance(layer, nn.BatchNorm2d):
        scale, offset = _scale_and_offset(layer)
        return {"kind": "scale", "weights": scale, "biases": offset}
    if isinstance(layer, nn.Linear):
        return {"kind": "linear", "weights": layer.weight.detach(), "biases": _biases(layer)}
    if isinstance(layer, nn.Conv2d) and _is_plain(layer):
        size, padding = layer.kernel_size[0], layer.padding[0]
        weights = {"weights": layer.weight.detach(), "biases": _biases(layer)}
        return {"kind": "conv", "size": size, "padding": padding, **weights}
    if isinstance(layer, nn.ReLU):
        return {"kind": "relu"}
    for kind, local, whole in (
        ("max", nn.MaxPool2d, nn.AdaptiveMaxPool2d),
        ("mean", nn.AvgPool2d, nn.AdaptiveAvgPool2d),
    ):
        if isinstance(layer, whole) and layer.output_size in (1, (1, 1)):
            return {"kind": kind, "size": 0}
        if isinstance(layer, local) and _is_tiling(layer):
            return {"kind": kind, "size": layer.kernel_size}
    raise ValueError(f"The figure cannot compute the layer {layer} of the model {name!r}.")


def _is_tiling(layer):
    """Whether the windows of a pooling are square, side by side, and all inside the image."""
    size = layer.kernel_size
    whole = isinstance(size, int) and layer.stride == size and layer.padding == 0
    return whole and not layer.ceil_mode and getattr(layer, "dilation", 1) == 1


def _is_plain(layer):
    """Whether a convolution is square, with stride 1 and the same padding by zeros on all sides."""
    square = len(set(layer.kernel_size)) == 1 and isinstance(layer.padding, tuple)
    one = (1, 1)
    return (
        square and len(set(layer.padding)) == 1 and layer.padding_mode == "zeros" and layer.groups == 1
        and layer.stride == one and layer.dilation == one
    )  # fmt: skip


def _biases(layer):
    return torch.zeros(layer.weight.shape[0]) if layer.bias is None else layer.bias.detach()


def _normalise(layer, norm):
    scale, offset = _scale_and_offset(norm)
    layer["weights"] = layer["weights"] * scale.reshape(-1, *[1] * (layer["weights"].ndim - 1))
    layer["biases"] = layer["biases"] * scale + offset


def _scale_and_offset(norm):
    """What a normalisation with fixed means and variances does to each channel."""
    scale = norm.weight.detach() / (norm.running_var + norm.eps).sqrt()
    return scale, norm.bias.detach() - norm.running_mean * scale


def _plain(value):
    return packed(value.cpu().numpy(), "<f2") if isinstance(value, torch.Tensor) else value
