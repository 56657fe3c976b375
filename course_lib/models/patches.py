"""Networks that cut an image into patches: a small vision transformer and an MLP-mixer.

Neither is told which patches are neighbours: a patch is one row of a table, and what it lies beside
has to be learned.
"""

import torch
from torch import nn

from course_lib.models.classifier import IMAGE_SIZE, ImageClassifier


class Patches(nn.Module):
    """Cut an image into patches, describe each by `width` numbers, and add where it lay.

    One linear map for all patches, written as the convolution that it is, and one learned vector for
    each place.
    """

    def __init__(self, in_channels, image_size, patch_size, width):
        super().__init__()
        num_patches = (image_size // patch_size) ** 2
        self.describe = nn.Conv2d(in_channels, width, kernel_size=patch_size, stride=patch_size)
        self.places = nn.Parameter(0.02 * torch.randn(num_patches, width))  # as in both papers

    def forward(self, images):
        """From images (N, C, H, W) to a table for each, (N, num_patches, width)."""
        maps = self.describe(images)  # (N, 64, 4, 4)
        return maps.flatten(2).transpose(1, 2) + self.places  # (N, 16, 64)


class Attention(nn.Module):
    """Every patch asks every patch, and takes a weighted mean of what they answer."""

    def __init__(self, width, num_heads):
        super().__init__()
        self.heads = nn.MultiheadAttention(width, num_heads, batch_first=True)

    def forward(self, table):
        """From a table (N, num_patches, width) to one of the same shape."""
        return self.heads(table, table, table, need_weights=False)[0]


class AcrossPatches(nn.Module):
    """The same small MLP along each column of the table: it mixes patches, not features."""

    def __init__(self, num_patches, hidden_features):
        super().__init__()
        self.mix = _mlp(num_patches, hidden_features)

    def forward(self, table):
        """From a table (N, num_patches, width) to one of the same shape."""
        return self.mix(table.transpose(1, 2)).transpose(1, 2)


class TableBlock(nn.Module):
    """Mix patches, then mix features; each step normalises first and is added to what came in."""

    def __init__(self, width, across, hidden_features):
        super().__init__()
        self.norm1, self.across = nn.LayerNorm(width), across
        self.norm2, self.within = nn.LayerNorm(width), _mlp(width, hidden_features)

    def forward(self, table):
        """From a table (N, num_patches, width) to one of the same shape."""
        table = table + self.across(self.norm1(table))
        return table + self.within(self.norm2(table))


class MeanPatch(nn.Module):
    """The mean over all patches."""

    def forward(self, table):
        """From a table (N, num_patches, width) to (N, width)."""
        return table.mean(dim=1)


class VisionTransformer(ImageClassifier):
    """A small vision transformer: patches, blocks with attention, the mean patch, a linear layer.

    Parameters
    ----------
    patch_size : int
        It must divide the image's size.
    width, depth, num_heads : int
        Numbers for each patch, blocks, and heads of each attention.
    num_classes, in_channels, image_size : int

    References
    ----------
    Dosovitskiy et al. (2021), An image is worth 16x16 words, arXiv:2010.11929, which takes one more
    row of the table where this takes the mean.

    Examples
    --------
    >>> from course_lib.models import num_parameters
    >>> num_parameters(VisionTransformer())
    105418
    """

    def __init__(
        self,
        patch_size=7,
        width=64,
        depth=3,
        num_heads=4,
        num_classes=10,
        in_channels=1,
        image_size=IMAGE_SIZE,
    ):
        _check_patches(type(self).__name__, image_size, patch_size)
        super().__init__(
            (in_channels, image_size, image_size),
            Patches(in_channels, image_size, patch_size, width),                                    # (16, 64)
            *(TableBlock(width, Attention(width, num_heads), 2 * width) for _ in range(depth)),     # (16, 64)
            nn.LayerNorm(width), MeanPatch(),                                                       # (64,)
            nn.Linear(width, num_classes),                                                          # (10,)
        )  # fmt: skip


class MLPMixer(ImageClassifier):
    """An MLP-mixer: as the vision transformer, with a small MLP in the place of attention.

    Parameters
    ----------
    patch_size : int
        It must divide the image's size.
    width, depth : int
        Numbers for each patch, and blocks.
    across : int
        Hidden units of the MLP that mixes patches.
    num_classes, in_channels, image_size : int

    References
    ----------
    Tolstikhin et al. (2021), MLP-Mixer, arXiv:2105.01601, which has no vectors for places.

    Examples
    --------
    >>> from course_lib.models import num_parameters
    >>> num_parameters(MLPMixer())
    58714
    """

    def __init__(
        self, patch_size=7, width=64, depth=3, across=32, num_classes=10, in_channels=1, image_size=IMAGE_SIZE
    ):
        _check_patches(type(self).__name__, image_size, patch_size)
        patches = (image_size // patch_size) ** 2
        super().__init__(
            (in_channels, image_size, image_size),
            Patches(in_channels, image_size, patch_size, width),                                    # (16, 64)
            *(TableBlock(width, AcrossPatches(patches, across), 2 * width) for _ in range(depth)),  # (16, 64)
            nn.LayerNorm(width), MeanPatch(),                                                       # (64,)
            nn.Linear(width, num_classes),                                                          # (10,)
        )  # fmt: skip


def _mlp(features, hidden_features):
    return nn.Sequential(
        nn.Linear(features, hidden_features), nn.GELU(), nn.Linear(hidden_features, features)
    )


def _check_patches(name, image_size, patch_size):
    if patch_size < 1 or image_size % patch_size:
        raise ValueError(f"{name}: patches of {patch_size} pixels do not tile images of {image_size} pixels.")
