"""The training loop of the book: data in one tensor, a permutation per epoch, no DataLoader.

Written out in *Linear, MLP, CNN, side by side*; the first chapter measures what a DataLoader costs.
"""

import math
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

import torch
from torch.nn import functional
from tqdm import tqdm

OPTIMIZERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}
SMALL_SET = 10_000  # below this many training images, more epochs
EVALUATION_BATCH = 500  # twice as fast as 1000: above 32 MB the C library maps every activation anew


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
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}.")
        for name in ("learning_rate", "momentum", "weight_decay"):
            value = getattr(self, name)
            if not _is_number(value) or value < 0:
                raise ValueError(f"{name} must be a finite number of at least 0, got {value!r}.")
        if self.learning_rate == 0:
            raise ValueError("learning_rate must be positive, got 0: nothing would be learned.")

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
    weights were still moving; ``test_loss`` and ``test_accuracy`` are measured after it.
    """

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    test_loss: list[float] = field(default_factory=list)
    test_accuracy: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

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
        Only the ``train_*`` fields train; the ``test_*`` fields are measured after each epoch.
    config : TrainConfig, optional

    Returns
    -------
    History

    Raises
    ------
    ValueError
        For an empty set, images and labels of different length, labels outside the
        model's classes, or images of a shape that the model does not take.
    """
    config = TrainConfig() if config is None else config
    device = _device(model)
    train_set = _on_device(data.train_images, data.train_labels, device)
    test_set = _on_device(data.test_images, data.test_labels, device)
    check_labelled_images(model, *train_set)
    check_labelled_images(model, *test_set)
    # channels_last: convolutions on a CPU read each pixel's channels together
    model.to(memory_format=torch.channels_last)
    with _seeded(config.seed, device):
        history = _run_epochs(model, train_set, test_set, config)
    model.to(memory_format=torch.contiguous_format)
    return history


def _run_epochs(model, train_set, test_set, config):
    """Train for all epochs, with a progress bar, and measure after each one."""
    optimizer, history = _optimizer(model, config), History()
    generator = torch.Generator().manual_seed(config.seed)
    with tqdm(range(config.num_epochs), desc=type(model).__name__, unit="epoch") as progress:
        for _ in progress:
            start = time.perf_counter()
            loss, accuracy = train_epoch(model, *train_set, optimizer, config.batch_size, generator)
            seconds = time.perf_counter() - start
            test_loss, test_accuracy = evaluate(model, *test_set)
            measured = {"test_loss": test_loss, "test_accuracy": test_accuracy, "seconds": seconds}
            history.append(train_loss=loss, train_accuracy=accuracy, **measured)
            progress.set_postfix(loss=f"{loss:.3f}", test=f"{test_accuracy:.2%}")
    return history


def train_epoch(model, images, labels, optimizer, batch_size, generator):
    """Visit every sample once, in random order; return the epoch's mean loss and accuracy.

    The means weigh samples, not batches: the last batch may be short.
    """
    model.train()
    total_loss = torch.zeros((), device=images.device)
    num_correct = torch.zeros((), device=images.device)
    order = torch.randperm(len(images), generator=generator).to(images.device)
    for batch in order.split(batch_size):
        batch_labels = labels[batch]  # (B,)
        logits = model(images[batch])  # (B, num_classes)
        loss = functional.cross_entropy(logits, batch_labels)  # ()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        total_loss += loss.detach() * len(batch)
        num_correct += (logits.detach().argmax(1) == batch_labels).sum()
    return total_loss.item() / len(images), num_correct.item() / len(images)


@torch.no_grad()
def predict(model, images):
    """Return the logits of all images, shape (N, num_classes), computed in evaluation mode.

    The model's mode (train or eval) is left as it was.
    """
    if len(images) == 0:
        raise ValueError("predict needs at least one image, got an empty set.")
    device, batches = _device(model), torch.as_tensor(images).split(EVALUATION_BATCH)
    with evaluation_mode(model):
        return torch.cat([model(batch.to(device)) for batch in batches])


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
    return loss, (logits.argmax(1) == labels).sum().item() / len(labels)


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
    num_classes = predict(model, images[:1]).shape[1]
    low, high = int(labels.min()), int(labels.max())
    if low < 0 or high >= num_classes:
        raise ValueError(
            f"{type(model).__name__} has {num_classes} classes, so labels must lie in 0..{num_classes - 1}; "
            f"got labels from {low} to {high}."
        )


def _on_device(images, labels, device):
    images = torch.as_tensor(images).to(device)
    if images.ndim == 4:  # otherwise the model says what it expects
        images = images.to(memory_format=torch.channels_last)
    return images, torch.as_tensor(labels).to(device)


def _device(model):
    """Return where a model lies; a model without parameters lies on the CPU."""
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))


@contextmanager
def _seeded(seed, device):
    """Give dropout its own random numbers, so that a result depends on nothing but the arguments."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _optimizer(model, config):
    settings = {"lr": config.learning_rate, "weight_decay": config.weight_decay}
    if config.optimizer == "sgd":
        settings["momentum"] = config.momentum
    # fused: one pass over all parameters instead of several small ones each
    return OPTIMIZERS[config.optimizer](model.parameters(), fused=True, **settings)


def describe(config):
    """Return the configuration as a dictionary of plain values, for cache keys and tables."""
    return asdict(config)
