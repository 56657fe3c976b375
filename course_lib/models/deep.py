"""Deep networks that differ in one thing each: the skip, the normalisation, the initialisation, the gate."""

import torch
from torch import nn

from course_lib.models.classifier import IMAGE_SIZE, ImageClassifier, check_size


class Block(nn.Module):
    """A branch, with a skip around it: ``after(x + scale * branch(x))``.

    Parameters
    ----------
    branch : torch.nn.Module
        Its output has the shape of its input.
    residual : bool, optional
        Without it the block is plain: ``after(scale * branch(x))``.
    branch_scale : float, optional
        Where the learned factor of the branch starts; None is the factor 1, not learned.
    final_relu : bool, optional
        Whether ``after`` is a ReLU, or nothing.
    """

    def __init__(self, branch, residual=True, branch_scale=None, final_relu=True):
        super().__init__()
        self.branch = branch
        self.residual = residual
        self.scale = None if branch_scale is None else nn.Parameter(torch.tensor(float(branch_scale)))
        self.after = nn.ReLU() if final_relu else nn.Identity()

    def forward(self, x):
        """Return an array of the shape of ``x``."""
        change = self.branch(x)
        if self.scale is not None:
            change = self.scale * change
        return self.after(x + change if self.residual else change)


class DeepStack(ImageClassifier):
    """A stem, blocks of two convolutions on small maps, the mean of each map, a linear layer.

    With nine blocks that is 20 layers with weights. Plain by default; ``residual=True`` adds the
    skips and not one parameter.

    Parameters
    ----------
    num_blocks : int, optional
    residual, normalised : bool, optional
        Whether blocks have a skip, and convolutions a batch normalisation (then no bias).
    branch_scale : float, optional
        As in `Block`.
    channels, num_classes, in_channels, image_size : int, optional

    Examples
    --------
    >>> from course_lib.models import num_parameters
    >>> num_parameters(DeepStack()), num_parameters(DeepStack(residual=True))
    (42090, 42090)
    """

    def __init__(
        self, num_blocks=9, residual=False, normalised=False, branch_scale=None, channels=16, num_classes=10,
        in_channels=1, image_size=IMAGE_SIZE,
    ):  # fmt: skip
        check_size(type(self).__name__, image_size, image_size // 2)
        blocks = [
            Block(_two_convolutions(channels, normalised), residual, branch_scale) for _ in range(num_blocks)
        ]
        super().__init__(
            (in_channels, image_size, image_size),
            nn.AvgPool2d(kernel_size=2),                                                # (1, 14, 14)
            *_convolution(in_channels, channels, normalised, stride=2), nn.ReLU(),      # (16, 7, 7)
            *blocks,                                                                    # (16, 7, 7)
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),                                      # (16,)
            nn.Linear(channels, num_classes),                                           # (10,)
        )  # fmt: skip


def _two_convolutions(channels, normalised):
    first = _convolution(channels, channels, normalised)
    return nn.Sequential(*first, nn.ReLU(), *_convolution(channels, channels, normalised))


def _convolution(in_channels, out_channels, normalised, stride=1):
    settings = {"kernel_size": 3, "stride": stride, "padding": 1}
    if not normalised:
        return [nn.Conv2d(in_channels, out_channels, **settings)]
    # its own shift makes a bias in front of it superfluous
    return [nn.Conv2d(in_channels, out_channels, bias=False, **settings), nn.BatchNorm2d(out_channels)]


class ResidualMLP(ImageClassifier):
    """Dense blocks with skips: each adds something to what arrives.

    Parameters
    ----------
    num_blocks, hidden_features : int, optional
    residual, branch_scale, final_relu : optional
        As in `Block`.
    num_classes, in_channels, image_size : int, optional

    Examples
    --------
    >>> from course_lib.models import num_parameters
    >>> num_parameters(ResidualMLP())
    118538
    """

    def __init__(
        self, num_blocks=8, hidden_features=64, residual=True, branch_scale=None, final_relu=True,
        num_classes=10, in_channels=1, image_size=IMAGE_SIZE,
    ):  # fmt: skip
        branches = [
            nn.Sequential(
                nn.Linear(hidden_features, hidden_features, bias=False), nn.BatchNorm1d(hidden_features),
                nn.ReLU(),
                nn.Linear(hidden_features, hidden_features, bias=False), nn.BatchNorm1d(hidden_features),
            )
            for _ in range(num_blocks)
        ]  # fmt: skip
        super().__init__(
            (in_channels, image_size, image_size),
            nn.Flatten(),                                                               # (784,)
            nn.Linear(in_channels * image_size**2, hidden_features, bias=False),        # (64,)
            nn.BatchNorm1d(hidden_features), nn.ReLU(),
            *(Block(branch, residual, branch_scale, final_relu) for branch in branches),    # (64,)
            nn.Linear(hidden_features, num_classes),                                    # (10,)
        )  # fmt: skip


class GatedLayer(nn.Module):
    """``value(x) * sigmoid(gate(x))``: one dense layer proposes, another decides how much passes."""

    def __init__(self, in_features, out_features):
        super().__init__()
        self.value = nn.Linear(in_features, out_features)
        self.gate = nn.Linear(in_features, out_features)

    def forward(self, x):
        """Return an array of shape (N, out_features)."""
        return self.value(x) * torch.sigmoid(self.gate(x))


class GatedMLP(nn.Sequential):
    """Gated layers instead of ReLUs, for rows of numbers.

    >>> from course_lib.models import num_parameters
    >>> num_parameters(GatedMLP())
    4449
    >>> GatedMLP()(torch.zeros(5, 2)).shape
    torch.Size([5, 1])
    """

    def __init__(self, in_features=2, hidden_features=32, out_features=1):
        super().__init__(
            GatedLayer(in_features, hidden_features),       # (32,)
            GatedLayer(hidden_features, hidden_features),   # (32,)
            GatedLayer(hidden_features, hidden_features),   # (32,)
            nn.Linear(hidden_features, out_features),       # (1,)
        )  # fmt: skip


@torch.no_grad()
def he_initialise(model):
    """Draw the weights of all dense layers and convolutions anew, with variance 2 / fan_in; return the model.

    ``fan_in`` is the number of inputs that one output adds up: `in_features`, or in_channels times the
    area of the kernel. Biases become 0; normalisations keep their values. The random numbers are those
    of torch's global generator. Derived in the chapter on deep networks.

    References
    ----------
    He et al. (2015), Delving deep into rectifiers, arXiv:1502.01852.

    Examples
    --------
    >>> layer = he_initialise(nn.Linear(200, 300))
    >>> bool(abs(layer.weight.var() * 200 / 2 - 1) < 0.05), layer.bias.any().item()
    (True, False)
    """
    for layer in model.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            fan_in = layer.weight[0].numel()
            layer.weight.normal_(0.0, (2 / fan_in) ** 0.5)
            if layer.bias is not None:
                layer.bias.zero_()
    return model
