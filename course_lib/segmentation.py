"""One class for every pixel: training, a score, and ways to cut a pair of digits without learning."""

import torch
from scipy import ndimage
from torch.optim import Adam

from course_lib.data.touching import BACKGROUND, IGNORED, INK, LEFT, RIGHT
from course_lib.evaluation import predict
from course_lib.training.loop import channels_last, train_epoch
from course_lib.training.schedules import rate_factor


def train_segmenter(model, pairs, num_epochs=4, seed=0, learning_rate=3e-2, batch_size=20):
    """Train a network that answers for every pixel, in place; return the loss of each epoch.

    Adam with a one-cycle learning rate; pixels that both digits claim do not count.

    Parameters
    ----------
    model : torch.nn.Module
        From images (N, 1, H, W) to logits (N, 3, H, W).
    pairs : course_lib.data.TouchingDigits
    num_epochs, seed, batch_size : int
    learning_rate : float
        The highest of the cycle.

    Returns
    -------
    list of float
        Mean cross-entropy per pixel.
    """
    optimizer = Adam(model.parameters(), lr=learning_rate)
    generator = torch.Generator().manual_seed(seed)
    steps = -(-len(pairs) // batch_size)
    factors = [rate_factor("one-cycle", step, num_epochs * steps, 0.3) for step in range(num_epochs * steps)]
    rates = [learning_rate * factor for factor in factors]
    losses = []
    with channels_last(model):  # a quarter of the time on a CPU
        for epoch in range(num_epochs):
            these = {"rates": rates[epoch * steps : (epoch + 1) * steps]}
            found = train_epoch(model, pairs.images, pairs.labels, optimizer, batch_size, generator, **these)
            losses.append(found[0])
    return losses


def predict_pixels(model, images):
    """Return the class of each pixel, (N, H, W), in evaluation mode and without gradients."""
    return predict(model, images).argmax(dim=1)


def digit_overlap(predicted, labels):
    """Return the mean intersection over union of the two digits, for each image.

    Parameters
    ----------
    predicted, labels : torch.Tensor
        (N, H, W): 1 for the left digit, 2 for the right one. Pixels labelled -100 do not count.

    Returns
    -------
    torch.Tensor
        (N,), from 0 to 1.
    """
    counted = labels != IGNORED
    scores = []
    for digit in (LEFT, RIGHT):
        found, wanted = (predicted == digit) & counted, labels == digit
        both, either = ((found & wanted).sum(dim=(1, 2)), (found | wanted).sum(dim=(1, 2)))
        scores.append(both / either.clamp(min=1))
    return torch.stack(scores).mean(dim=0)


def cut_at(images, columns):
    """Call ink left of a column the left digit and the rest the right one.

    Parameters
    ----------
    images : torch.Tensor
        (N, 1, H, W), ink from 0 to 1.
    columns : torch.Tensor
        (N,), the first column of the right digit.

    Returns
    -------
    torch.Tensor
        (N, H, W), classes.
    """
    ink = images[:, 0] >= INK
    right = torch.arange(images.shape[-1]) >= columns[:, None, None]
    return torch.where(ink, torch.where(right, RIGHT, LEFT), BACKGROUND)


def thinnest_column(images):
    """Return the column with the least ink in the middle half of each pair's width, (N,)."""
    ink = images[:, 0].sum(dim=1)  # (N, W)
    width = ink.shape[1]
    middle = ink[:, width // 4 : 3 * width // 4]
    return middle.argmin(dim=1) + width // 4


def best_column(images, labels):
    """Return the column whose cut scores best, found with the labels in hand: an oracle, (N,)."""
    columns = range(1, images.shape[-1])
    scores = [digit_overlap(cut_at(images, torch.full((len(images),), c)), labels) for c in columns]
    return torch.stack(scores).argmax(dim=0) + 1


def connected_components(images):
    """Call the leftmost connected piece of ink the left digit and all others the right one, (N, H, W)."""
    answers = []
    for ink in images[:, 0] >= INK:
        pieces, _ = ndimage.label(ink.numpy(), structure=torch.ones(3, 3).numpy())
        columns = torch.from_numpy(pieces).amax(dim=0)
        leftmost = int(columns[columns > 0][0])
        pieces = torch.from_numpy(pieces)
        answers.append(torch.where(pieces == leftmost, LEFT, torch.where(pieces > 0, RIGHT, BACKGROUND)))
    return torch.stack(answers)
