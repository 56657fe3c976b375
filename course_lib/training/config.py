"""How to train, and what happened: the settings of a training and its history."""

from dataclasses import asdict, dataclass, field

import torch

from course_lib.checks import check_integer, is_number
from course_lib.training.schedules import SCHEDULES

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
    seed: int = 0  # drives batch order, shifts and dropout; the initial weights are the caller's
    schedule: str = "constant"  # or "cosine", "one-cycle", "triangular": from step to step, see `schedules`
    warmup: float = 0.25  # the share of the steps on which the last two rise
    label_smoothing: float = 0.0  # the share of each label that is spread over all classes
    max_shift: int = 0  # pixels by which each training image moves at most, anew in every epoch

    def __post_init__(self):
        if self.optimizer not in tuple(OPTIMIZERS):
            raise ValueError(f"optimizer must be one of {sorted(OPTIMIZERS)}, got {self.optimizer!r}.")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"schedule must be one of {sorted(SCHEDULES)}, got {self.schedule!r}.")
        for name, least in (("num_epochs", 1), ("batch_size", 1), ("seed", 0), ("max_shift", 0)):
            self._keep(name, check_integer(name, getattr(self, name), least))
        for name in ("learning_rate", "momentum", "weight_decay", "warmup", "label_smoothing"):
            value = getattr(self, name)
            if not is_number(value) or value < 0:
                raise ValueError(f"{name} must be a finite number of at least 0, got {value!r}.")
            self._keep(name, float(value))
        for name in ("warmup", "label_smoothing"):
            if getattr(self, name) > 1:
                raise ValueError(f"{name} is a share, at most 1, got {getattr(self, name)}.")
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
    weights were still moving, on shifted images and smoothed labels where there are such. After it,
    ``validation_loss`` and ``validation_accuracy`` are measured where the data has a validation set,
    and otherwise ``test_loss`` and ``test_accuracy``; the other two lists stay empty.
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


def describe(config):
    """Return the configuration as a dictionary of plain values, for cache keys and tables."""
    return asdict(config)
