"""Networks by name, without weights. Internal; import from ``course_lib.architectures``."""

import inspect
import re
from functools import cache

import torch
from torch.overrides import TorchFunctionMode

from course_lib.models import IMAGE_SIZE, LeNet5

LENET5 = "lenet5"
USUAL_SIZE = 224  # pixels per side of the photographs that these networks were made for
WITHOUT = {"aux_logits": False, "init_weights": False}  # extra heads that only help training; random numbers


@cache
def networks():
    """Return the names that `summary` takes: LeNet-5, and torchvision's classification networks.

    >>> names = networks()
    >>> names[0], "resnet50" in names, "vit_b_16" in names
    ('lenet5', True, True)
    """
    import torchvision  # seconds: only who asks for a network pays

    return (LENET5, *torchvision.models.list_models(module=torchvision.models))


def known_name(name):
    """Return a network's name as torchvision writes it: ViT-B/16 is vit_b_16.

    Raises ValueError if there is none of that name.
    """
    # regnet_x_1_6gf is not regnet_x_16gf: with its separators first, without any only where that is clear
    for spelling in ("_", ""):
        fitting = [known for known in networks() if _spelt(known, spelling) == _spelt(name, spelling)]
        if len(fitting) == 1:
            return fitting[0]
    raise ValueError(f"There is no network {name!r}; the names are {', '.join(networks())}.")


def _spelt(name, separator):
    return re.sub(r"[^a-z0-9]+", separator, str(name).lower())


def build(name, image_size=None):
    """Return a network on the meta device and the shape (1, channels, height, width) that it takes."""
    if name == LENET5:
        size = IMAGE_SIZE if image_size is None else image_size
        with torch.device("meta"):
            return LeNet5(image_size=size).eval(), (1, 1, size, size)
    import torchvision

    size = USUAL_SIZE if image_size is None else image_size
    builder = torchvision.models.get_model_builder(name)
    takes = inspect.signature(inspect.unwrap(builder)).parameters
    known = {"image_size": size} if name.startswith("vit") else {}
    known |= {key: value for key, value in WITHOUT.items() if name in ("googlenet", "inception_v3")}
    if name == "maxvit_t":
        known["input_size"] = (size, size)
    with Unfilled():
        model = builder(**{key: value for key, value in known.items() if key in takes or "kwargs" in takes})
    return model.to("meta").eval(), (1, 3, size, size)


class Unfilled(TorchFunctionMode):
    """While active, new tensors have a shape and no memory.

    ``torch.device("meta")`` does that to *all* new tensors; some networks compute their widths with
    small tensors first, and need their numbers.
    """

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func in (torch.empty, torch.zeros, torch.ones):
            kwargs["device"] = "meta"
        return func(*args, **kwargs)
