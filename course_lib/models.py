"""The book's torch models, each readable as its diagram.

Every line of a model is a stage, with the shape of one sample behind it.
"""

from torch import nn

IMAGE_SIZE = 28  # MNIST, and the digits that stand in for it offline


class ImageClassifier(nn.Sequential):
    """A stack of layers from images to logits that refuses images of another shape.

    Parameters
    ----------
    image_shape : tuple of int
        (channels, height, width) of one image.
    *layers : torch.nn.Module
        From images (N, channels, height, width) to logits (N, num_classes).
    """

    def __init__(self, image_shape, *layers):
        super().__init__(*layers)
        self.image_shape = tuple(image_shape)

    def __getitem__(self, index):
        # A slice of a SimpleCNN is a plain stack of layers, no longer a SimpleCNN.
        return nn.Sequential(*list(self)[index]) if isinstance(index, slice) else super().__getitem__(index)

    def forward(self, images):
        """Return the logits, shape (N, num_classes); ValueError for images of another shape."""
        if images.ndim != 4 or tuple(images.shape[1:]) != self.image_shape:
            expected = ", ".join(str(size) for size in self.image_shape)
            raise ValueError(
                f"{type(self).__name__} expects images of shape (N, {expected}), got {tuple(images.shape)}."
            )
        return super().forward(images)


class LinearClassifier(ImageClassifier):
    """Softmax regression: one weight per pixel and class, one bias per class.

    Derived in the chapter *How far does a weighted sum get?*

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


def num_parameters(module):
    """Return how many numbers a module learns: the elements of all its parameters."""
    return sum(parameter.numel() for parameter in module.parameters())
