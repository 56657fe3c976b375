"""The model between the linear one and the MLP: a linear model on features that a person chose.

Derived and taken apart in the chapter *How far does a weighted sum get?*; the later chapters put it
beside networks that find their own features.
"""

import torch
from torch import nn
from torch.nn import functional

from course_lib.models import IMAGE_SIZE, ImageClassifier

ZONE_SIZE = 4  # pixels; 7 x 7 zones in an image of 28 x 28
NUM_DIRECTIONS = 4


def zoned_edges(images):
    """Return how strong the edges of four directions are in every zone of 4 x 4 pixels.

    Sobel differences to the right and downwards, each split into its positive and its negative
    part, averaged over zones. The outermost pixels, which have no neighbours on one side, count 0.

    Parameters
    ----------
    images : torch.Tensor
        Shape (N, 1, H, W), H and W divisible by 4.

    Returns
    -------
    torch.Tensor
        Shape (N, 4, H / 4, W / 4): brighter right, brighter below, brighter left, brighter above.

    Examples
    --------
    >>> bright_below = torch.zeros(1, 1, 4, 4)
    >>> bright_below[..., 2:, :] = 1
    >>> zoned_edges(bright_below).flatten().tolist()
    [0.0, 0.125, 0.0, 0.0]
    """
    across = images[..., 2:] - images[..., :-2]  # (N, 1, H, W - 2)
    down = images[..., 2:, :] - images[..., :-2, :]  # (N, 1, H - 2, W)
    right = across[..., :-2, :] + 2 * across[..., 1:-1, :] + across[..., 2:, :]
    lower = down[..., :-2] + 2 * down[..., 1:-1] + down[..., 2:]
    edges = functional.pad(torch.cat([right, lower], dim=1) / 8, (1, 1, 1, 1))  # (N, 2, H, W)
    strengths = torch.cat([edges.relu(), (-edges).relu()], dim=1)  # (N, 4, H, W)
    return functional.avg_pool2d(strengths, ZONE_SIZE)


class EdgeClassifier(ImageClassifier):
    """Softmax regression on zoned edges: 4 x 49 features, each standardised, nothing else learned.

    >>> sum(parameter.numel() for parameter in EdgeClassifier().parameters())
    1970
    """

    def __init__(self, num_classes=10, image_size=IMAGE_SIZE):
        num_features = NUM_DIRECTIONS * (image_size // ZONE_SIZE) ** 2
        super().__init__((1, image_size, image_size), StandardEdges(num_features))
        self.append(nn.Linear(num_features, num_classes))


class StandardEdges(nn.Module):
    """Zoned edges, flattened, minus their mean and divided by their spread in the training images."""

    def __init__(self, num_features):
        super().__init__()
        self.register_buffer("mean", torch.zeros(num_features))
        self.register_buffer("spread", torch.ones(num_features))

    def measure(self, images):
        """Take mean and spread from training images."""
        features = _in_parts(zoned_edges, images).flatten(1)  # (N, num_features)
        self.mean.copy_(features.mean(dim=0))
        self.spread.copy_(features.std(dim=0) + 0.01)  # zones that are always empty stay finite

    def forward(self, images):
        """Return features of shape (N, num_features)."""
        return (zoned_edges(images).flatten(1) - self.mean) / self.spread


def fit_edge_classifier(data, num_steps=60, penalty=1e-4):
    """Return an `EdgeClassifier` fitted to all training images by L-BFGS.

    Cross-entropy plus ``penalty / 2`` times the sum of the squared weights, from zero: no random
    number and no learning rate takes part.

    Parameters
    ----------
    data : course_lib.data.ImageData
    num_steps : int, optional
        At most so many.
    penalty : float, optional

    Returns
    -------
    EdgeClassifier
    """
    model = EdgeClassifier(len(data.class_names), data.train_images.shape[-1])
    edges, linear = model
    edges.measure(data.train_images)
    features = _in_parts(edges, data.train_images)  # (N, num_features)
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    optimizer = torch.optim.LBFGS(
        linear.parameters(), max_iter=num_steps, history_size=10, line_search_fn="strong_wolfe"
    )

    def penalised_loss():
        optimizer.zero_grad()
        loss = functional.cross_entropy(linear(features), data.train_labels)
        loss = loss + penalty / 2 * linear.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(penalised_loss)
    return model.eval()


def _in_parts(function, images, size=5_000):
    with torch.no_grad():
        return torch.cat([function(part) for part in images.split(size)])  # in parts, for the memory
