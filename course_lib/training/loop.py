"""The loop itself: epochs, batches, steps. Internal; import from ``course_lib.training``."""

import os
import time
from contextlib import contextmanager

import torch
from torch.nn import functional
from tqdm import tqdm

from course_lib.evaluation import check_labelled_images, correct_answers, device_of, evaluate
from course_lib.training.augmentation import randomly_shifted
from course_lib.training.checkpoints import Checkpoint
from course_lib.training.config import OPTIMIZERS, History, TrainConfig
from course_lib.training.schedules import rate_factor


def train(model, data, config=None, checkpoint=None, augment=None):
    """Train a classifier in place and return its history.

    Parameters
    ----------
    model : torch.nn.Module
        From images (N, C, H, W) to logits (N, num_classes). Trained where it lies (CPU or GPU).
    data : course_lib.data.ImageData
        Only the ``train_*`` fields train. The validation images are measured after each epoch;
        where there are none, the test images.
    config : TrainConfig, optional
    checkpoint : str or path, optional
        A file that keeps the state after each epoch. If it is there already, the training goes on
        from it, and ends with the weights of one that was never interrupted. Beside it lies the
        state of the epoch before, named ``.previous``.
    augment : callable, optional
        ``augment(images)`` returns as many images, changed at random; called at the beginning of each
        epoch with all training images. What it draws from torch follows ``config.seed``. No checkpoint
        can say by which function its images were changed: give one or the other.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        For an empty set, images and labels of different length, labels outside the
        model's classes, pixels that are no numbers, or images that the model does not take; for a
        checkpoint together with `augment`.
    CheckpointError
        For a checkpoint that is damaged, or that was made by another call than this one.
    """
    if augment is not None and checkpoint is not None:
        raise ValueError("A checkpoint cannot keep `augment`: give one of the two.")
    config = TrainConfig() if config is None else config
    device, measured = device_of(model), "validation" if data.has_validation else "test"
    sets = [
        _on_device(getattr(data, f"{part}_images"), getattr(data, f"{part}_labels"), device)
        for part in ("train", measured)
    ]
    for images, labels in sets:
        check_labelled_images(model, images, labels)
    file = None if checkpoint is None else Checkpoint(checkpoint, model, data, config)
    with channels_last(model), _seeded(config.seed, device):
        run = Run(model, config, data.background, augment)
        if file is not None:
            file.restore(run)
        return _run_epochs(run, *sets, measured, file)


class Run:
    """A training under way: whatever changes from epoch to epoch, and how it changes."""

    def __init__(self, model, config, background, augment=None):
        self.model, self.config, self.background, self.augment = model, config, background, augment
        self.optimizer, self.history = _optimizer(model, config), History()
        self.generator = torch.Generator().manual_seed(config.seed)  # of shifts and batch order

    def epoch(self, images, labels):
        """Train for one epoch; return its mean loss and accuracy."""
        config, done = self.config, len(self.history.seconds)
        if config.max_shift:
            images = randomly_shifted(images, config.max_shift, self.background, self.generator)
        if self.augment is not None:
            images = self.augment(images).to(memory_format=torch.channels_last)
        return train_epoch(
            self.model, images, labels, self.optimizer, config.batch_size, self.generator,
            label_smoothing=config.label_smoothing, rates=_epoch_rates(config, done, len(images)),
        )  # fmt: skip


def _run_epochs(run, train_set, measured_set, measured, file):
    """Train for the epochs that are left, with a progress bar; measure and save after each one."""
    done, num_epochs = len(run.history.seconds), run.config.num_epochs
    name = type(run.model).__name__
    is_quiet = os.environ.get("TQDM_DISABLE") == "1"  # tqdm itself looks once, when it is imported
    with tqdm(
        total=num_epochs, initial=done, desc=name, unit="epoch", leave=False, disable=is_quiet
    ) as progress:
        for _ in range(done, num_epochs):
            start = time.perf_counter()
            loss, accuracy = run.epoch(*train_set)
            seconds = time.perf_counter() - start
            run.history.append(train_loss=loss, train_accuracy=accuracy, seconds=seconds)
            after_loss, after_accuracy = evaluate(run.model, *measured_set)
            run.history.append(**{f"{measured}_loss": after_loss, f"{measured}_accuracy": after_accuracy})
            if file is not None:
                file.save(run)
            progress.set_postfix({"loss": f"{loss:.3f}", measured: f"{after_accuracy:.2%}"})
            progress.update()
    return run.history


def train_epoch(model, images, labels, optimizer, batch_size, generator, *, label_smoothing=0.0, rates=None):
    """Visit every sample once, in random order; return the epoch's mean loss and accuracy.

    The means weigh samples, not batches: the last batch may be short. With `rates`, one per batch,
    each step has a learning rate of its own.
    """
    model.train()
    total_loss, num_correct = 0.0, 0  # tensors from the first batch on, in the precision of the losses
    order = torch.randperm(len(images), generator=generator).to(images.device)
    for step, batch in enumerate(order.split(batch_size)):
        batch_labels = labels[batch]  # (B,)
        logits = model(images[batch])  # (B, num_classes)
        loss = functional.cross_entropy(logits, batch_labels, label_smoothing=label_smoothing)  # ()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if rates is not None:
            _set_rate(optimizer, rates[step])
        optimizer.step()
        total_loss += loss.detach() * len(batch)
        num_correct += correct_answers(logits.detach(), batch_labels).sum()
    return total_loss.item() / len(images), num_correct.item() / len(images)


def _set_rate(optimizer, rate):
    for group in optimizer.param_groups:
        group["lr"] = rate


def _epoch_rates(config, epoch, num_images):
    """Return the learning rates of an epoch's steps, or None where they never change."""
    if config.schedule == "constant":
        return None
    num_steps = -(-num_images // config.batch_size)  # rounded up: the last batch may be short
    factors = (
        rate_factor(config.schedule, step, config.num_epochs * num_steps, config.warmup)
        for step in range(epoch * num_steps, (epoch + 1) * num_steps)
    )
    return [config.learning_rate * factor for factor in factors]


def _on_device(images, labels, device):
    images = torch.as_tensor(images).to(device)
    if images.ndim == 4:  # otherwise the model says what it expects
        images = images.to(memory_format=torch.channels_last)
    return images, torch.as_tensor(labels).to(device)


@contextmanager
def channels_last(model):
    """Let convolutions on a CPU read each pixel's channels together, and put the weights back after."""
    model.to(memory_format=torch.channels_last)
    try:
        yield
    finally:
        model.to(memory_format=torch.contiguous_format)


@contextmanager
def _seeded(seed, device):
    """Give dropout its own random numbers, so that a result depends on nothing but the arguments."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _optimizer(model, config):
    settings = {"lr": config.learning_rate, "weight_decay": config.weight_decay}
    if config.optimizer == "sgd":
        settings["momentum"] = config.momentum
    # fused: one pass over all parameters instead of several small ones each
    return OPTIMIZERS[config.optimizer](model.parameters(), fused=True, **settings)
