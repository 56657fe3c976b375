"""The loop that trains a network of NumPy layers."""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from course_lib.checks import check_integer, is_number
from course_lib.numpy_cnn.losses import correct_answers, cross_entropy
from course_lib.numpy_cnn.network import check_set


@dataclass
class History:
    """What happened, one entry per epoch; accuracies are fractions, seconds are for training only.

    ``train_loss`` and ``train_accuracy`` are running means over the epoch, taken while the weights
    were still moving. ``snapshots`` holds copies of all parameters by epoch; 0 is before training.
    """

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    snapshots: dict[int, list[np.ndarray]] = field(default_factory=dict)


def fit(
    network, train, validation, *, num_epochs=80, learning_rate=0.12, batch_size=18, seed, snapshot_epochs=()
):
    """Train a network in place by stochastic gradient descent; return its history.

    Parameters
    ----------
    network : Sequential
    train, validation : tuple of (images, labels)
        Arrays of shapes (N, C, H, W) and (N,).
    num_epochs, batch_size : int, optional
    learning_rate : float, optional
    seed : int
        Drives the order of the samples.
    snapshot_epochs : iterable of int, optional
        After which epochs to copy the parameters; 0 is before training.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        For empty sets, labels that do not fit, settings that make no sense.
    """
    from tqdm import tqdm  # takes longer to import than this package

    snapshot_epochs = _checked_settings(num_epochs, batch_size, learning_rate, seed, snapshot_epochs)
    for name, (images, labels) in (("train", train), ("validation", validation)):
        check_set(f"The {name} set", images, labels)
        if not np.isfinite(images).all():
            raise ValueError(f"The {name} set has pixels that are nan or infinite: nothing can be learned.")
    rng, history = np.random.default_rng(seed), History()
    if 0 in snapshot_epochs:
        history.snapshots[0] = _copies(network)
    is_quiet = os.environ.get("TQDM_DISABLE") == "1"  # tqdm itself looks once, when it is imported
    epochs = range(1, num_epochs + 1)
    with tqdm(epochs, desc="fit", unit="epoch", leave=False, disable=is_quiet) as progress:
        for epoch in progress:
            start = time.perf_counter()
            loss, accuracy = _fit_epoch(network, *train, learning_rate, batch_size, rng)
            history.seconds.append(time.perf_counter() - start)
            history.train_loss.append(loss)
            history.train_accuracy.append(accuracy)
            loss, accuracy = network.evaluate(*validation)
            history.validation_loss.append(loss)
            history.validation_accuracy.append(accuracy)
            if epoch in snapshot_epochs:
                history.snapshots[epoch] = _copies(network)
            progress.set_postfix(loss=f"{history.train_loss[-1]:.3f}", validation=f"{accuracy:.2%}")
    return history


def _fit_epoch(network, images, labels, learning_rate, batch_size, rng):
    """Visit every sample once, in random order; return the epoch's mean loss and accuracy."""
    parameters = network.train().parameters()
    total_loss, num_correct = 0.0, 0
    order = rng.permutation(len(images))
    for start in range(0, len(images), batch_size):
        batch = order[start : start + batch_size]
        batch_labels = labels[batch]
        logits = network.forward(images[batch])  # (B, num_classes)
        loss, grad_logits = cross_entropy(logits, batch_labels)
        network.backward(grad_logits, need_grad_input=False)
        for parameter, gradient in zip(parameters, network.gradients(), strict=True):
            parameter -= learning_rate * gradient
        total_loss += loss * len(batch)  # the last batch may be short
        num_correct += np.count_nonzero(correct_answers(logits, batch_labels))
    return total_loss / len(images), float(num_correct / len(images))


def _copies(network):
    return [parameter.copy() for parameter in network.parameters()]


def _checked_settings(num_epochs, batch_size, learning_rate, seed, snapshot_epochs):
    check_integer("num_epochs", num_epochs, least=1)
    check_integer("batch_size", batch_size, least=1)
    check_integer("seed", seed, least=0)
    if not is_number(learning_rate) or learning_rate <= 0:
        raise ValueError(f"learning_rate must be a positive number, got {learning_rate!r}.")
    epochs = set(snapshot_epochs) if isinstance(snapshot_epochs, Iterable) else None
    if epochs is None or not epochs <= set(range(num_epochs + 1)):
        raise ValueError(f"snapshot_epochs must be epochs in 0..{num_epochs}, got {snapshot_epochs!r}.")
    return epochs
