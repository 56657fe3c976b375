"""What the layers of a network make: shapes, values, and the bytes that training keeps."""

from collections import defaultdict
from dataclasses import dataclass

import torch

from course_lib.evaluation import evaluation_mode


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
    >>> from torch import nn
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
