"""Looking at a network from outside: the shapes that flow through it, the values of its layers."""

from dataclasses import dataclass

import torch

from course_lib.models import num_parameters
from course_lib.training import evaluation_mode


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
        In the order of execution; layers are the modules without children.

    Examples
    --------
    >>> from course_lib.models import LinearClassifier
    >>> shape_trace(LinearClassifier(), torch.zeros(1, 1, 28, 28))
    layer  kind     output shape  parameters
    0      Flatten  784           0
    1      Linear   10            7,850
                    sum           7,850
    """
    traces = ShapeTrace()
    modules = dict(model.named_modules())
    for name, values in activations(model, images).items():
        module = modules[name]
        traces.append(
            LayerTrace(name, type(module).__name__, tuple(values.shape[1:]), num_parameters(module))
        )
    return traces


@torch.no_grad()
def activations(model, images):
    """Return the output of every layer for a batch, by the layer's name.

    Evaluation mode, no gradients; the model is left as it was. A layer used twice keeps its
    last output.

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
    found, hooks = {}, []

    def remember(name):
        def hook(_module, _inputs, output):
            found[name] = output.detach().clone()  # a clone: a later in-place ReLU must not change it

        return hook

    for name, module in model.named_modules():
        if not list(module.children()):
            hooks.append(module.register_forward_hook(remember(name)))
    try:
        with evaluation_mode(model):
            model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return found
