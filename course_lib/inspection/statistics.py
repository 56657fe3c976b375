"""Activation statistics by hooks: how large, how varied and how sparse the outputs of layers are."""

from contextlib import contextmanager
from dataclasses import dataclass

import torch

from course_lib.evaluation import evaluation_mode


@dataclass(frozen=True)
class ActivationStatistics:
    """Numbers about one layer's output for a batch; ``variance`` is over images, averaged over units."""

    mean: float
    mean_absolute: float
    variance: float
    zeros: float


@contextmanager
def forward_hooks(modules, hook):
    """Call ``hook(name, output)`` whenever one of the named modules has run; remove all hooks afterwards.

    Parameters
    ----------
    modules : dict of str to torch.nn.Module
    hook : callable
        What it returns is ignored: a value that a hook of torch's returns would replace the output.
    """

    def listener(name):
        def listen(_module, _inputs, output):
            hook(name, output)

        return listen

    handles = [module.register_forward_hook(listener(name)) for name, module in modules.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@torch.no_grad()
def activation_statistics(model, images, kind=None):
    """Return statistics of the outputs of a model's layers for a batch, in the order of execution.

    Evaluation mode, no gradients; the model is left as it was, its running statistics included.
    Used in the chapter on deep networks.

    Parameters
    ----------
    model : torch.nn.Module
    images : torch.Tensor
        Shape (N, ...), at least two images.
    kind : type or tuple of types, optional
        Which modules to listen to; the default is all that have no children.

    Returns
    -------
    dict of str to ActivationStatistics
        By the module's name. A module that runs more than once keeps its last output.

    Raises
    ------
    ValueError
        For a single image, or if the model has no module of that kind.

    Examples
    --------
    >>> from torch import nn
    >>> model = nn.Sequential(nn.Identity(), nn.ReLU())
    >>> activation_statistics(model, torch.tensor([[-1.0], [3.0]]))["1"]
    ActivationStatistics(mean=1.5, mean_absolute=1.5, variance=4.5, zeros=0.5)
    """
    if len(images) < 2:
        raise ValueError(f"A variance over images needs at least 2 of them, got {len(images)}.")
    modules = {
        name: module
        for name, module in model.named_modules()
        if (isinstance(module, kind) if kind else not list(module.children()))
    }
    if not modules:
        raise ValueError(f"{type(model).__name__} has no module of the kind {kind}.")
    found = {}

    def remember(name, output):
        found.pop(name, None)
        found[name] = ActivationStatistics(
            output.mean().item(),
            output.abs().mean().item(),
            output.var(dim=0).mean().item(),
            (output == 0).float().mean().item(),
        )

    with evaluation_mode(model), forward_hooks(modules, remember):
        model(images)
    return found
