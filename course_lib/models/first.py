"""A weighted sum, a hidden layer, two convolutions: the models that the first part compares."""

from torch import nn

from course_lib.models.classifier import IMAGE_SIZE, ImageClassifier


class LinearClassifier(ImageClassifier):
    """Softmax regression: one weight per pixel and class, one bias per class.

    Derived in the chapter *How far does a weighted sum get?*

    >>> from course_lib.models import num_parameters
    >>> num_parameters(LinearClassifier())
    7850
    """

    def __init__(self, num_classes=10, in_channels=1, image_size=IMAGE_SIZE):
        super().__init__(
            (in_channels, image_size, image_size),
            nn.Flatten(),                                           # (784,)
            nn.Linear(in_channels * image_size**2, num_classes),    # (10,)
        )  # fmt: skip


class MLP(ImageClassifier):
    """A multilayer perceptron with one hidden layer of ReLU units.

    >>> from course_lib.models import num_parameters
    >>> num_parameters(MLP())
    101770
    """

    def __init__(self, hidden_features=128, num_classes=10, in_channels=1, image_size=IMAGE_SIZE):
        super().__init__(
            (in_channels, image_size, image_size),
            nn.Flatten(),                                               # (784,)
            nn.Linear(in_channels * image_size**2, hidden_features),    # (128,)
            nn.ReLU(),
            nn.Linear(hidden_features, num_classes),                    # (10,)
        )  # fmt: skip


class SimpleCNN(ImageClassifier):
    """Two convolutions with pooling, then a dense head.

    >>> from course_lib.models import num_parameters
    >>> num_parameters(SimpleCNN())
    206922
    """

    def __init__(self, num_classes=10, in_channels=1, image_size=IMAGE_SIZE):
        super().__init__(
            (in_channels, image_size, image_size),
            nn.Conv2d(in_channels, 16, kernel_size=3, padding=1), nn.ReLU(),    # (16, 28, 28)
            nn.MaxPool2d(kernel_size=2),                                        # (16, 14, 14)
            nn.Conv2d(16, 32, kernel_size=3, padding=1), nn.ReLU(),             # (32, 14, 14)
            nn.MaxPool2d(kernel_size=2),                                        # (32, 7, 7)
            nn.Flatten(),                                                       # (1568,)
            nn.Linear(32 * (image_size // 4) ** 2, 128), nn.ReLU(),             # (128,)
            nn.Linear(128, num_classes),                                        # (10,)
        )  # fmt: skip
