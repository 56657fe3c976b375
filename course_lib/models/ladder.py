"""The convolutional networks of the ladder from 98 to 99.5 %, and the one of 1998."""

from torch import nn

from course_lib.models.classifier import IMAGE_SIZE, ImageClassifier, check_size


class DropoutCNN(ImageClassifier):
    """SimpleCNN with twice the channels, and dropout in front of the last layer.

    With ``dropout=0`` the wider network alone.

    >>> from course_lib.models import num_parameters
    >>> num_parameters(DropoutCNN())
    421642
    """

    def __init__(self, dropout=0.5, num_classes=10, in_channels=1, image_size=IMAGE_SIZE):
        super().__init__(
            (in_channels, image_size, image_size),
            nn.Conv2d(in_channels, 32, kernel_size=3, padding=1), nn.ReLU(),    # (32, 28, 28)
            nn.MaxPool2d(kernel_size=2),                                        # (32, 14, 14)
            nn.Conv2d(32, 64, kernel_size=3, padding=1), nn.ReLU(),             # (64, 14, 14)
            nn.MaxPool2d(kernel_size=2),                                        # (64, 7, 7)
            nn.Flatten(),                                                       # (3136,)
            nn.Linear(64 * (image_size // 4) ** 2, 128), nn.ReLU(),             # (128,)
            nn.Dropout(dropout),
            nn.Linear(128, num_classes),                                        # (10,)
        )  # fmt: skip


class BatchNormCNN(ImageClassifier):
    """DropoutCNN with a batch normalisation between each convolution and its ReLU.

    Its buffers are no parameters: a running mean and variance for each of 96 channels, and two counters.

    >>> from course_lib.models import num_parameters
    >>> num_parameters(BatchNormCNN())
    421834
    >>> sum(buffer.numel() for buffer in BatchNormCNN().buffers())
    194
    """

    def __init__(self, dropout=0.5, num_classes=10, in_channels=1, image_size=IMAGE_SIZE):
        super().__init__(
            (in_channels, image_size, image_size),
            nn.Conv2d(in_channels, 32, kernel_size=3, padding=1),       # (32, 28, 28)
            nn.BatchNorm2d(32), nn.ReLU(),
            nn.MaxPool2d(kernel_size=2),                                # (32, 14, 14)
            nn.Conv2d(32, 64, kernel_size=3, padding=1),                # (64, 14, 14)
            nn.BatchNorm2d(64), nn.ReLU(),
            nn.MaxPool2d(kernel_size=2),                                # (64, 7, 7)
            nn.Flatten(),                                               # (3136,)
            nn.Linear(64 * (image_size // 4) ** 2, 128), nn.ReLU(),     # (128,)
            nn.Dropout(dropout),
            nn.Linear(128, num_classes),                                # (10,)
        )  # fmt: skip


class LeNet5(ImageClassifier):
    """The network of LeCun et al. (1998) as it is usually rebuilt: 28x28 images, padded to their 32x32.

    The original has 60,000 parameters: its second convolution reads only some of the six maps.
    For its own look, ``activation=nn.Tanh, pooling=nn.AvgPool2d``.

    >>> from course_lib.models import num_parameters
    >>> num_parameters(LeNet5())
    61706
    """

    def __init__(
        self, activation=nn.ReLU, pooling=nn.MaxPool2d, num_classes=10, in_channels=1, image_size=IMAGE_SIZE
    ):
        map_size = (image_size // 2 - 4) // 2
        check_size("LeNet5", image_size, map_size)
        super().__init__(
            (in_channels, image_size, image_size),
            nn.Conv2d(in_channels, 6, kernel_size=5, padding=2), activation(),  # (6, 28, 28)
            pooling(kernel_size=2),                                             # (6, 14, 14)
            nn.Conv2d(6, 16, kernel_size=5), activation(),                      # (16, 10, 10)
            pooling(kernel_size=2),                                             # (16, 5, 5)
            nn.Flatten(),                                                       # (400,)
            nn.Linear(16 * map_size**2, 120), activation(),                     # (120,)
            nn.Linear(120, 84), activation(),                                   # (84,)
            nn.Linear(84, num_classes),                                         # (10,)
        )  # fmt: skip


class FastCNN(ImageClassifier):
    """Four narrow convolutions with batch normalisation and one dense layer: small, and 99.5 %.

    Pooling comes first, so that normalisation and ReLU touch a quarter of the numbers; convolutions
    have no bias, because the normalisation behind them subtracts it again.

    >>> from course_lib.models import num_parameters
    >>> num_parameters(FastCNN())
    38714
    """

    def __init__(self, num_classes=10, in_channels=1, image_size=IMAGE_SIZE):
        map_size = (image_size // 2 - 4) // 2 - 2
        check_size("FastCNN", image_size, map_size)
        super().__init__(
            (in_channels, image_size, image_size),
            nn.Conv2d(in_channels, 16, kernel_size=5, padding=2, bias=False),   # (16, 28, 28)
            nn.MaxPool2d(kernel_size=2), nn.BatchNorm2d(16), nn.ReLU(),         # (16, 14, 14)
            nn.Conv2d(16, 32, kernel_size=3, bias=False),                       # (32, 12, 12)
            nn.BatchNorm2d(32), nn.ReLU(),
            nn.Conv2d(32, 32, kernel_size=3, bias=False),                       # (32, 10, 10)
            nn.MaxPool2d(kernel_size=2), nn.BatchNorm2d(32), nn.ReLU(),         # (32, 5, 5)
            nn.Conv2d(32, 64, kernel_size=3, bias=False),                       # (64, 3, 3)
            nn.BatchNorm2d(64), nn.ReLU(),
            nn.Flatten(),                                                       # (576,)
            nn.Linear(64 * map_size**2, num_classes),                           # (10,)
        )  # fmt: skip
