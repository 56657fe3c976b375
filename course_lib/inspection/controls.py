"""The controls: the same network with fresh weights, and with some of its filters switched off."""

import copy
from contextlib import contextmanager

import numpy as np
import torch

from course_lib.checks import check_integer


def randomised(model, seed, layers=None):
    """Return a copy of a model with fresh random weights; the model itself stays as it is.

    Every layer draws as torch draws when it is built, in the order of the model: of all layers, the
    copy is the model that was built after ``set_seed(seed)``.

    Parameters
    ----------
    model : torch.nn.Module
    seed : int
        At least 0. Torch's own random numbers are left where they were.
    layers : sequence of str, optional
        The names of the layers that are drawn anew, as in `activations`; by default all.

    Raises
    ------
    ValueError
        For a layer that does not exist, has no weights, or does not know how to draw them.

    References
    ----------
    Adebayo et al. (2018), arXiv:1810.03292.

    Examples
    --------
    >>> linear = torch.nn.Linear(3, 2)
    >>> fresh = randomised(linear, seed=0)
    >>> torch.equal(fresh.weight, linear.weight), torch.equal(fresh.weight, randomised(linear, 0).weight)
    (False, True)
    """
    seed = check_integer("seed", seed, least=0)
    copied = copy.deepcopy(model)
    own = {name: m for name, m in copied.named_modules() if list(m.parameters(recurse=False))}
    names = tuple(own if layers is None else layers)
    for name in names:
        if name not in own or not hasattr(own[name], "reset_parameters"):
            raise ValueError(f"{name!r} cannot be drawn anew; layers with weights are {list(own)}.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for name, module in own.items():
            if name in names:
                module.reset_parameters()
    return copied


def other_of_class(labels, seed=0):
    """Return for each image the position of another one of its class, drawn at random.

    Parameters
    ----------
    labels : torch.Tensor or array_like
        Shape (N,); with one label for all, any other image may come.
    seed : int, optional

    Returns
    -------
    torch.Tensor
        Shape (N,), a permutation without a fixed point, but for an image alone in its class.

    Examples
    --------
    >>> other_of_class([7, 1, 7, 1])
    tensor([2, 3, 0, 1])
    """
    labels, rng = np.asarray(labels), np.random.default_rng(seed)
    order = np.arange(len(labels))
    for group in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == group))
        order[members] = np.roll(members, 1)
    return torch.from_numpy(order)


@contextmanager
def ablation(model, layer, channels, fill=0.0):
    """Switch off some channels of a layer for the length of a ``with`` block.

    Parameters
    ----------
    model : torch.nn.Module
    layer : str or torch.nn.Module
        One of the model's layers, or its name as in `activations`; its output is (N, K, ...).
    channels : sequence of int
        Which of the K.
    fill : float or torch.Tensor, optional
        What they say instead: one number, or K numbers, one for each channel of the layer. Zero is
        a value that a channel may never have; its mean over images is one that the next layer knows.

    Raises
    ------
    ValueError
        As soon as the model runs, for channels that the layer does not have.

    Examples
    --------
    >>> identity = torch.nn.Identity()
    >>> with ablation(identity, "", channels=[1]):
    ...     identity(torch.ones(1, 3))
    tensor([[1., 0., 1.]])
    """
    module = layer if isinstance(layer, torch.nn.Module) else model.get_submodule(str(layer))
    chosen = torch.as_tensor(channels, dtype=torch.int64).reshape(-1)

    def replace(_module, _inputs, output):
        num_channels = output.shape[1]
        if len(chosen) and not 0 <= int(chosen.min()) <= int(chosen.max()) < num_channels:
            raise ValueError(f"The layer has channels 0..{num_channels - 1}, got {chosen.tolist()}.")
        values = torch.as_tensor(fill, dtype=output.dtype, device=output.device).expand(num_channels)
        shape = (1, -1) + (1,) * (output.ndim - 2)
        output = output.clone()  # the layer's own output may be somebody else's, too
        output[:, chosen] = values[chosen].reshape(shape)
        return output

    hook = module.register_forward_hook(replace)
    try:
        yield model
    finally:
        hook.remove()
