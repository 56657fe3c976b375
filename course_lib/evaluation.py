"""How good a model is on labelled images, without training it.

Written out in *Linear, MLP, CNN, side by side*.
"""

from contextlib import contextmanager

import torch
from torch.nn import functional

EVALUATION_BATCH = 500  # twice as fast as 1000: above 32 MB the C library maps every activation anew


@torch.no_grad()
def predict(model, images):
    """Return the logits of all images, shape (N, num_classes), computed in evaluation mode.

    The model's mode (train or eval) is left as it was.
    """
    if len(images) == 0:
        raise ValueError("predict needs at least one image, got an empty set.")
    device, batches = device_of(model), torch.as_tensor(images).split(EVALUATION_BATCH)
    with evaluation_mode(model):
        outputs = [model(_channels_together(batch.to(device))) for batch in batches]
    return torch.cat(outputs).contiguous()


def _channels_together(batch):
    """Return float32 images with the channels of a pixel side by side: convolutions take half the time."""
    if batch.ndim == 4 and batch.dtype == torch.float32:
        return batch.to(memory_format=torch.channels_last)
    return batch


def vote(models, images):
    """Return the mean of several models' probabilities, shape (N, num_classes), in evaluation mode.

    The vote's answer is the class with the largest mean; a model that is sure counts for more than
    one that hesitates.

    >>> from torch import nn
    >>> sure, unsure = nn.Linear(1, 2), nn.Linear(1, 2)
    >>> sure.bias.data, unsure.bias.data = torch.tensor([4.0, 0.0]), torch.tensor([0.0, 1.0])
    >>> vote([sure, unsure], torch.zeros(1, 1))
    tensor([[0.6255, 0.3745]])
    """
    models = list(models)
    if not models:
        raise ValueError("A vote needs at least one model, got none.")
    return torch.stack([predict(model, images).softmax(1) for model in models]).mean(0)


@contextmanager
def evaluation_mode(model):
    """Put a model into evaluation mode for the length of a ``with`` block.

    Afterwards every module is in the mode that it was in, frozen parts included.
    """
    modes = {module: module.training for module in model.modules()}
    model.eval()
    try:
        yield model
    finally:
        for module, mode in modes.items():
            module.training = mode


def evaluate(model, images, labels):
    """Return (mean cross-entropy, accuracy) over all images, as Python floats.

    Raises ValueError as `train` does.
    """
    check_labelled_images(model, images, labels)
    logits = predict(model, images)  # (N, num_classes)
    labels = torch.as_tensor(labels).to(logits.device)  # (N,)
    loss = functional.cross_entropy(logits, labels).item()
    return loss, correct_answers(logits, labels).sum().item() / len(labels)


def check_labelled_images(model, images, labels):
    """Raise ValueError unless images and labels belong together and fit the model."""
    if len(images) == 0:
        raise ValueError("The set is empty: training and evaluation need at least one image.")
    if len(images) != len(labels):
        raise ValueError(f"Expected one label per image, got {len(images)} images and {len(labels)} labels.")
    images, labels = torch.as_tensor(images), torch.as_tensor(labels)
    if labels.ndim != 1 or labels.dtype != torch.int64:
        raise ValueError(
            f"Expected labels of shape (N,) and type torch.int64, "
            f"got shape {tuple(labels.shape)} and type {labels.dtype}."
        )
    dtype = next((p.dtype for p in model.parameters()), images.dtype)
    if images.dtype != dtype:
        name = type(model).__name__
        raise ValueError(f"{name} computes in {dtype}, got images of {images.dtype}: convert the images.")
    if not images.isfinite().all():
        raise ValueError("Some pixels are nan or infinite: nothing can be learned from them, nor measured.")
    num_classes = predict(model, images[:1]).shape[1]
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= num_classes:
        raise ValueError(
            f"{type(model).__name__} has {num_classes} classes, so labels must lie in 0..{num_classes - 1}; "
            f"got labels from {low} to {high}."
        )


def correct_answers(logits, labels):
    """Whether each image is classified correctly; logits that are not a number are no answer."""
    return (logits.argmax(1) == labels) & ~logits.isnan().any(1)


def device_of(model):
    """Return where a model lies; a model without parameters lies on the CPU."""
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
