"""What an entry may be made of, and how large it is."""

from dataclasses import dataclass

import torch
from torch import nn

from course_lib.evaluation import evaluation_mode
from course_lib.reproducibility import set_seed

MOST_PARAMETERS, MOST_MULTIPLY_ADDS = 10_000, 600_000
IMAGE_SHAPE, NUM_CLASSES = (1, 28, 28), 10


class Residual(nn.Sequential):
    """Layers whose output is added to their input, which must have the same shape."""

    def forward(self, x):
        return x + super().forward(x)


# Layers whose arithmetic is counted below, or is next to nothing. A layer of one's own could hide both.
ALLOWED = (
    nn.Sequential, Residual, nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.GroupNorm, nn.ReLU, nn.LeakyReLU,
    nn.GELU, nn.SiLU, nn.Hardswish, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d,
    nn.AdaptiveMaxPool2d, nn.Flatten, nn.Dropout, nn.Dropout2d, nn.ZeroPad2d, nn.Identity,
)  # fmt: skip
HOOKS = (
    "_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks",
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """What an entry costs: its parameters, and its multiply-adds for one image."""

    num_parameters: int
    multiply_adds: int

    def __str__(self):
        return f"{self.num_parameters:,} parameters, {self.multiply_adds:,} multiply-adds"


def reference():
    """Return the network to beat: three blocks with 8, 16 and 32 channels and one dense layer.

    >>> print(measured(reference()))
    8,834 parameters, 510,912 multiply-adds
    """
    layers, in_channels = [], 1
    for channels in (8, 16, 32):  # (8, 14, 14), (16, 7, 7), (32, 3, 3)
        layers += [
            nn.Conv2d(in_channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels), nn.ReLU(), nn.MaxPool2d(2),
        ]  # fmt: skip
        in_channels = channels
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(288, NUM_CLASSES))


def measured(network):
    """Return the size of an entry that keeps the rules.

    Convolutions and dense layers are counted, a layer that is used twice twice; normalisation,
    activations and pooling are not. The running statistics of a normalisation are no parameters.

    Raises
    ------
    ValueError
        That says which rule is broken: a layer that is not allowed, a hook or an attribute of its
        own, the wrong logits, too many parameters or multiply-adds.
    """
    check_layers(network)
    size = Size(sum(p.numel() for p in network.parameters()), count_multiply_adds(network))
    if size.num_parameters > MOST_PARAMETERS:
        raise ValueError(f"{size.num_parameters:,} parameters, at most {MOST_PARAMETERS:,} are allowed.")
    if size.multiply_adds > MOST_MULTIPLY_ADDS:
        raise ValueError(f"{size.multiply_adds:,} multiply-adds, at most {MOST_MULTIPLY_ADDS:,} are allowed.")
    return size


def check_layers(network):
    """Refuse layers of other types, hooks, and anything that somebody attached to a layer."""
    for name, layer in network.named_modules():
        what = f"{type(layer).__name__} {name}".strip()
        if type(layer) not in ALLOWED:  # a subclass may compute whatever it likes
            raise ValueError(
                f"{what} is not among the allowed layers: {', '.join(c.__name__ for c in ALLOWED)}."
            )
        if any(getattr(layer, hooks) for hooks in HOOKS):
            raise ValueError(f"{what} has a hook; the count would not see what it does.")
        attached = [key for key, value in vars(layer).items() if torch.is_tensor(value) or callable(value)]
        own = {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}
        attached += [key for key in (*layer._parameters, *layer._buffers) if key not in own]
        if attached:
            raise ValueError(f"{what} carries {', '.join(attached)}, which no such layer has of itself.")


def count_multiply_adds(network):
    """Return the products of all convolutions and dense layers for one image; check the logits."""
    counted, hooks = [], []

    def count(layer, _, output):
        positions = output.shape[2] * output.shape[3] if isinstance(layer, nn.Conv2d) else 1
        counted.append(layer.weight.numel() * positions)

    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            hooks.append(layer.register_forward_hook(count))
    try:
        with evaluation_mode(network), torch.inference_mode():
            logits = network(torch.zeros(2, *IMAGE_SHAPE))
    except RuntimeError as error:
        raise ValueError(f"The network does not take images of shape {IMAGE_SHAPE}: {error}") from None
    finally:
        for hook in hooks:
            hook.remove()
    if tuple(logits.shape) != (2, NUM_CLASSES):
        raise ValueError(f"Two images make logits of shape (2, {NUM_CLASSES}), got {tuple(logits.shape)}.")
    return sum(counted)


def reset(network, seed):
    """Draw all weights anew, in place: whatever was learned before is gone.

    A layer starts as torch starts it; the seed decides about the numbers.
    """
    set_seed(seed)
    for layer in network.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return network
