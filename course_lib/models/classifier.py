"""What every model of the book is: a stack of layers that refuses images of another shape. Internal."""

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


def num_parameters(module):
    """Return how many numbers a module learns: the elements of all its parameters."""
    return sum(parameter.numel() for parameter in module.parameters())


def check_size(name, image_size, map_size):
    """Raise ValueError if nothing is left of an image where the dense layers begin."""
    if map_size < 1:
        raise ValueError(f"{name} leaves nothing of images of {image_size} x {image_size}: take larger ones.")
