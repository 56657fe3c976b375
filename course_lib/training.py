"""The training loop of the book: data in one tensor, a permutation per epoch, no DataLoader.

Written out in *Linear, MLP, CNN, side by side*; the first chapter measures what a DataLoader costs.
"""

import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

import torch
from torch.nn import functional
from tqdm import tqdm

from course_lib.checks import check_integer, is_number
from course_lib.evaluation import check_labelled_images, correct_answers, device_of, evaluate, predict

__all__ = ["History", "TrainConfig", "describe", "evaluate", "predict", "train", "train_epoch"]

OPTIMIZERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}
SMALL_SET = 10_000  # below this many training images, more epochs


@dataclass(frozen=True)
class TrainConfig:
    """How to train: every setting that changes the result, with the book's usual value.

    Raises ValueError for a setting that makes no sense.
    """

    num_epochs: int = 5
    batch_size: int = 128
    learning_rate: float = 1e-3  # Adam's own default; try 0.1 with "sgd"
    optimizer: str = "adam"  # or "adamw", "sgd"
    momentum: float = 0.9  # "sgd" only
    weight_decay: float = 0.0
    seed: int = 0  # drives batch order and dropout; the initial weights are the caller's

    def __post_init__(self):
        if self.optimizer not in tuple(OPTIMIZERS):
            raise ValueError(f"optimizer must be one of {sorted(OPTIMIZERS)}, got {self.optimizer!r}.")
        for name, least in (("num_epochs", 1), ("batch_size", 1), ("seed", 0)):
            self._keep(name, check_integer(name, getattr(self, name), least))
        for name in ("learning_rate", "momentum", "weight_decay"):
            value = getattr(self, name)
            if not is_number(value) or value < 0:
                raise ValueError(f"{name} must be a finite number of at least 0, got {value!r}.")
            self._keep(name, float(value))
        if self.learning_rate == 0:
            raise ValueError("learning_rate must be positive, got 0: nothing would be learned.")

    def _keep(self, name, value):
        object.__setattr__(self, name, value)  # plain numbers for NumPy's, once, before anybody reads them

    @classmethod
    def for_data(cls, data, **settings):
        """Return the book's usual settings for a data set: more passes over a small one.

        5 epochs, or 20 for fewer than 10,000 training images: the 1,437 digits of the offline
        default make 12 steps an epoch where MNIST makes 469.
        """
        return cls(**{"num_epochs": 5 if len(data.train_images) >= SMALL_SET else 20, **settings})


@dataclass
class History:
    """What happened, one entry per epoch; accuracies are fractions, seconds are for training only.

    ``train_loss`` and ``train_accuracy`` are running means over the epoch, taken while the
    weights were still moving. After it, ``validation_loss`` and ``validation_accuracy`` are measured
    where the data has a validation set, and otherwise ``test_loss`` and ``test_accuracy``; the other
    two lists stay empty.
    """

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)

    def append(self, **values):
        """Add one epoch's values, by name."""
        for name, value in values.items():
            getattr(self, name).append(float(value))


def train(model, data, config=None):
    """Train a classifier in place and return its history.

    Parameters
    ----------
    model : torch.nn.Module
        From images (N, C, H, W) to logits (N, num_classes). Trained where it lies (CPU or GPU).
    data : course_lib.data.ImageData
        Only the ``train_*`` fields train. The validation images are measured after each epoch;
        where there are none, the test images.
    config : TrainConfig, optional

    Returns
    -------
    History

    Raises
    ------
    ValueError
        For an empty set, images and labels of different length, labels outside the
        model's classes, pixels that are no numbers, or images that the model does not take.
    """
    config = TrainConfig() if config is None else config
    device, measured = device_of(model), "validation" if data.has_validation else "test"
    sets = [
        _on_device(getattr(data, f"{part}_images"), getattr(data, f"{part}_labels"), device)
        for part in ("train", measured)
    ]
    for images, labels in sets:
        check_labelled_images(model, images, labels)
    with _channels_last(model), _seeded(config.seed, device):
        return _run_epochs(model, *sets, measured, config)


def _run_epochs(model, train_set, measured_set, measured, config):
    """Train for all epochs, with a progress bar, and measure after each one."""
    optimizer, history = _optimizer(model, config), History()
    generator = torch.Generator().manual_seed(config.seed)
    with tqdm(range(config.num_epochs), desc=type(model).__name__, unit="epoch", leave=False) as progress:
        for _ in progress:
            start = time.perf_counter()
            loss, accuracy = train_epoch(model, *train_set, optimizer, config.batch_size, generator)
            seconds = time.perf_counter() - start
            history.append(train_loss=loss, train_accuracy=accuracy, seconds=seconds)
            after_loss, after_accuracy = evaluate(model, *measured_set)
            history.append(**{f"{measured}_loss": after_loss, f"{measured}_accuracy": after_accuracy})
            progress.set_postfix({"loss": f"{loss:.3f}", measured: f"{after_accuracy:.2%}"})
    return history


def train_epoch(model, images, labels, optimizer, batch_size, generator):
    """Visit every sample once, in random order; return the epoch's mean loss and accuracy.

    The means weigh samples, not batches: the last batch may be short.
    """
    model.train()
    total_loss, num_correct = 0.0, 0  # tensors from the first batch on, in the precision of the losses
    order = torch.randperm(len(images), generator=generator).to(images.device)
    for batch in order.split(batch_size):
        batch_labels = labels[batch]  # (B,)
        logits = model(images[batch])  # (B, num_classes)
        loss = functional.cross_entropy(logits, batch_labels)  # ()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total_loss += loss.detach() * len(batch)
        num_correct += correct_answers(logits.detach(), batch_labels).sum()
    return total_loss.item() / len(images), num_correct.item() / len(images)


def _on_device(images, labels, device):
    images = torch.as_tensor(images).to(device)
    if images.ndim == 4:  # otherwise the model says what it expects
        images = images.to(memory_format=torch.channels_last)
    return images, torch.as_tensor(labels).to(device)


@contextmanager
def _channels_last(model):
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


def describe(config):
    """Return the configuration as a dictionary of plain values, for cache keys and tables."""
    return asdict(config)
