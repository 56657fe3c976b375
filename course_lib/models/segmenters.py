"""Networks that answer for every pixel: a U, and two that keep the size of the image."""

import torch
from torch import nn


class UNet(nn.Module):
    """A small U-Net: down two scales, up again, and at each scale a shortcut (skip) across the U.

    Ronneberger, Fischer and Brox (2015), with batch normalisation and padded convolutions.
    Height and width must be multiples of 4.

    Parameters
    ----------
    num_classes, in_channels : int
    width : int
        Channels of the first scale; the second has twice, the third four times as many.
    skips : bool
        Without them zeros cross the U: the same layers and parameters, and no shortcut.

    Examples
    --------
    >>> from course_lib.models import num_parameters
    >>> num_parameters(UNet()) == num_parameters(UNet(skips=False))
    True
    """

    def __init__(self, num_classes=3, in_channels=1, width=8, skips=True):
        super().__init__()
        a, b, c = width, 2 * width, 4 * width
        self.skips = skips
        self.down1 = nn.Sequential(*_conv(in_channels, a), *_conv(a, a))  # (8, 32, 48)
        self.down2 = nn.Sequential(nn.MaxPool2d(2), *_conv(a, b), *_conv(b, b))  # (16, 16, 24)
        self.bottom = nn.Sequential(nn.MaxPool2d(2), *_conv(b, c), *_conv(c, c))  # (32, 8, 12)
        self.up2 = nn.ConvTranspose2d(c, b, kernel_size=2, stride=2)  # (16, 16, 24)
        self.merge2 = nn.Sequential(*_conv(2 * b, b))  # (16, 16, 24)
        self.up1 = nn.ConvTranspose2d(b, a, kernel_size=2, stride=2)  # (8, 32, 48)
        self.merge1 = nn.Sequential(*_conv(2 * a, a))  # (8, 32, 48)
        self.answer = nn.Conv2d(a, num_classes, kernel_size=1)  # (3, 32, 48)

    def forward(self, images):
        """From images (N, C, H, W) to logits (N, num_classes, H, W)."""
        first = self.down1(images)
        second = self.down2(first)
        up = self._merge(self.merge2, second, self.up2(self.bottom(second)))
        return self.answer(self._merge(self.merge1, first, self.up1(up)))

    def _merge(self, layer, across, up):
        return layer(torch.cat([across if self.skips else torch.zeros_like(across), up], dim=1))


class FlatNet(nn.Sequential):
    """Convolutions of 3x3 at full size, with one dilation each, and a 1x1 convolution that answers.

    The default, five layers without dilation, sees 11 x 11 pixels; (1, 2, 4, 8, 1) sees 33 x 33.

    >>> FlatNet(dilations=(1, 2)).dilations
    (1, 2)
    """

    def __init__(self, num_classes=3, in_channels=1, width=26, dilations=(1, 1, 1, 1, 1)):
        channels = [in_channels, *[width] * len(dilations)]
        layers = [
            layer
            for inputs, outputs, dilation in zip(channels[:-1], channels[1:], dilations, strict=True)
            for layer in _conv(inputs, outputs, dilation)  # (26, 32, 48)
        ]
        super().__init__(*layers, nn.Conv2d(width, num_classes, kernel_size=1))  # (3, 32, 48)
        self.dilations = tuple(dilations)


def _conv(in_channels, out_channels, dilation=1):
    return (
        nn.Conv2d(in_channels, out_channels, 3, padding=dilation, dilation=dilation, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )
