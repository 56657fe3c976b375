"""A residual network small enough to train on colour photographs without a graphics card."""

from torch import nn

from course_lib.models.classifier import ImageClassifier, check_size


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut around them: ``relu(branch(x) + shortcut(x))``.

    Where the shape changes, the shortcut is a 1x1 convolution with the stride of the block, and
    its own batch normalisation; elsewhere it does nothing.

    Parameters
    ----------
    in_channels, out_channels : int
    stride : int, optional
        Of the first convolution.
    residual : bool, optional
        Without it nothing is added, and there is no shortcut.
    separable : bool, optional
        Whether a 3x3 convolution is made of a depthwise one and a 1x1.
    """

    def __init__(self, in_channels, out_channels, stride=1, residual=True, separable=False):
        super().__init__()
        convolution = _separable if separable else _convolution
        self.branch = nn.Sequential(
            *convolution(in_channels, out_channels, stride), nn.BatchNorm2d(out_channels), nn.ReLU(),
            *convolution(out_channels, out_channels), nn.BatchNorm2d(out_channels),
        )  # fmt: skip
        self.shortcut = _shortcut(in_channels, out_channels, stride) if residual else None

    def forward(self, x):
        """Return an array of shape (N, out_channels, H / stride, W / stride), rounded up."""
        change = self.branch(x)
        return (change if self.shortcut is None else change + self.shortcut(x)).relu()


def _convolution(in_channels, out_channels, stride=1, groups=1):
    settings = {"kernel_size": 3, "stride": stride, "padding": 1, "groups": groups}
    return [nn.Conv2d(in_channels, out_channels, bias=False, **settings)]


def _separable(in_channels, out_channels, stride=1):
    depthwise = _convolution(in_channels, in_channels, stride, groups=in_channels)
    return [*depthwise, nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False)]


def _shortcut(in_channels, out_channels, stride):
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    projection = nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride, bias=False)
    return nn.Sequential(projection, nn.BatchNorm2d(out_channels))


class SmallResNet(ImageClassifier):
    """A stem, one `BasicBlock` for each width, the mean of each map, a linear layer.

    Each block but the first halves the map, and in the usual choice of widths it doubles the
    channels.

    Parameters
    ----------
    widths : sequence of int, optional
        The channels of the blocks; the stem has those of the first.
    residual, separable : bool, optional
        As in `BasicBlock`.
    num_classes, in_channels, image_size : int, optional

    References
    ----------
    He et al. (2016), Deep residual learning for image recognition, arXiv:1512.03385.

    Examples
    --------
    >>> from course_lib.models import num_parameters
    >>> num_parameters(SmallResNet())
    78042
    """

    def __init__(
        self,
        widths=(16, 32, 64),
        residual=True,
        separable=False,
        num_classes=10,
        in_channels=3,
        image_size=32,
    ):
        check_size(type(self).__name__, image_size, image_size // 2)
        first, *others = widths
        pairs = zip(widths[:-1], others, strict=True)
        kind = {"residual": residual, "separable": separable}
        super().__init__(
            (in_channels, image_size, image_size),
            *_convolution(in_channels, first), nn.BatchNorm2d(first), nn.ReLU(),            # (16, 32, 32)
            nn.MaxPool2d(kernel_size=2),                                                    # (16, 16, 16)
            BasicBlock(first, first, **kind),                                               # (16, 16, 16)
            *(BasicBlock(before, after, stride=2, **kind) for before, after in pairs),      # (64, 4, 4)
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),                                          # (64,)
            nn.Linear(widths[-1], num_classes),                                             # (10,)
        )  # fmt: skip
