"""Seeds, threads and the device: what must be fixed for a run to repeat itself."""

import os
import platform
import random
from importlib import metadata

import numpy as np
import torch

from course_lib.checks import check_integer


def set_seed(seed):
    """Seed Python, NumPy and torch; return a torch generator with the same seed.

    The initial weights of a torch model come from torch's global generator, so call this
    just before the model is built. Batch order has a seed of its own: ``TrainConfig.seed``.

    Parameters
    ----------
    seed : int
        At least 0.

    Returns
    -------
    torch.Generator
        For everything that accepts ``generator=``.

    Examples
    --------
    >>> generator = set_seed(0)
    >>> first = torch.rand(3)
    >>> generator = set_seed(0)
    >>> torch.equal(first, torch.rand(3))
    True
    """
    seed = check_integer("seed", seed, least=0)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 (libraries still read the global state)
    torch.manual_seed(seed)
    return torch.Generator().manual_seed(seed)


def default_device():
    """Return the device on which the book trains: the fastest that this machine has.

    CUDA, then Apple's MPS, then the CPU; ``$COURSE_DEVICE`` decides otherwise, for example "cpu".
    Models are built on the CPU, so that a seed gives the same weights everywhere, and then moved:
    ``SimpleCNN().to(default_device())``. `train` and `predict` follow the model.

    Raises
    ------
    ValueError
        If ``COURSE_DEVICE`` names no device that torch knows.
    """
    chosen = os.environ.get("COURSE_DEVICE")
    if chosen:
        try:
            return torch.device(chosen)
        except RuntimeError as error:
            raise ValueError(
                f"COURSE_DEVICE={chosen} is no device of torch's, such as cpu or cuda."
            ) from error
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def versions():
    """Return the versions that a result depends on, by name.

    Results on another machine differ in the last digits: other instructions, other sums.
    """
    packages = ("torch", "torchvision", "numpy", "scikit-learn", "matplotlib")
    found = {"Python": platform.python_version()}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found
