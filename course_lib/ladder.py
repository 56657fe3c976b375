"""The ladder of the chapter on PyTorch's practice: its rungs, one change each, and their stored results.

The results come from ``benchmarks/mnist_ladder.py``, which takes too long for a page.
"""

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from torch import nn

from course_lib.metrics import compare_over_seeds
from course_lib.models import MLP, BatchNormCNN, DropoutCNN, FastCNN, ImageClassifier, SimpleCNN
from course_lib.reproducibility import default_device, set_seed
from course_lib.training import TrainConfig, train

RESULTS = Path(__file__).parent / "data" / "mnist_ladder.json"

# FastCNN's recipe: decoupled decay, large batches, smoothed labels, a triangle, and shifted images
FAST_RECIPE = {
    "batch_size": 256, "optimizer": "adamw", "weight_decay": 1e-2, "schedule": "triangular",
    "label_smoothing": 0.1, "max_shift": 2,
}  # fmt: skip
FAST_CONFIG = TrainConfig(num_epochs=8, learning_rate=1e-2, **FAST_RECIPE)


@dataclass(frozen=True)
class Rung:
    """One step: what it changes against the rung `before`, the model, and how it is trained.

    ``group`` is "ladder" (one on top of the other), "alone" (each change on SimpleCNN alone),
    "without" (FastCNN with one of its parts taken away) or "null" (nothing changes but the seeds).
    """

    name: str
    change: str
    before: str | None
    make_model: object = field(repr=False)
    settings: dict = field(default_factory=dict)
    group: str = "ladder"
    first_seed: int = 0

    def config(self, **settings):
        """Return the configuration of this rung; `settings` (epochs, rate, seed) complete it."""
        return TrainConfig(**{**self.settings, **settings})

    def run(self, data, config, checkpoint=None):
        """Train this rung's model with a configuration; return the model and its history.

        The seed of the configuration gives the initial weights, too.
        """
        set_seed(config.seed)
        model = self.make_model().to(default_device())
        return model, train(model, data, config, checkpoint)


def one_convolution():
    """Return SimpleCNN without its second convolution."""
    return ImageClassifier(
        (1, 28, 28),
        nn.Conv2d(1, 16, kernel_size=3, padding=1), nn.ReLU(),      # (16, 28, 28)
        nn.MaxPool2d(kernel_size=2),                                # (16, 14, 14)
        nn.Flatten(),                                               # (3136,)
        nn.Linear(3136, 128), nn.ReLU(),                            # (128,)
        nn.Linear(128, 10),                                         # (10,)
    )  # fmt: skip


def three_blocks(kernel_size=3):
    """Return BatchNormCNN with a third block of 64 channels."""
    padding = kernel_size // 2
    return ImageClassifier(
        (1, 28, 28),
        nn.Conv2d(1, 32, kernel_size, padding=padding),             # (32, 28, 28)
        nn.BatchNorm2d(32), nn.ReLU(),
        nn.MaxPool2d(kernel_size=2),                                # (32, 14, 14)
        nn.Conv2d(32, 64, kernel_size, padding=padding),            # (64, 14, 14)
        nn.BatchNorm2d(64), nn.ReLU(),
        nn.MaxPool2d(kernel_size=2),                                # (64, 7, 7)
        nn.Conv2d(64, 64, kernel_size, padding=padding),            # (64, 7, 7)
        nn.BatchNorm2d(64), nn.ReLU(),
        nn.MaxPool2d(kernel_size=2),                                # (64, 3, 3)
        nn.Flatten(),                                               # (576,)
        nn.Linear(576, 128), nn.ReLU(),                             # (128,)
        nn.Dropout(0.5),
        nn.Linear(128, 10),                                         # (10,)
    )  # fmt: skip


def changed_simple_cnn(dropout=0.0, batch_norm=False, kernel_size=3, third_block=False):
    """Return SimpleCNN with any of these changes."""

    def block(in_channels, out_channels):
        normalisation = [nn.BatchNorm2d(out_channels)] if batch_norm else []
        convolution = nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2)
        return [convolution, *normalisation, nn.ReLU(), nn.MaxPool2d(kernel_size=2)]

    third = block(32, 32) if third_block else []  # (32, 3, 3)
    return ImageClassifier(
        (1, 28, 28),
        *block(1, 16),                                  # (16, 14, 14)
        *block(16, 32),                                 # (32, 7, 7)
        *third,
        nn.Flatten(),                                   # (1568,), or (288,) behind a third block
        nn.Linear(288 if third_block else 1568, 128), nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(128, 10),
    )  # fmt: skip


def fast_without_batch_norm():
    """Return FastCNN without normalisation, its convolutions with the biases that they need then."""
    return ImageClassifier(
        (1, 28, 28),
        nn.Conv2d(1, 16, kernel_size=5, padding=2),             # (16, 28, 28)
        nn.MaxPool2d(kernel_size=2), nn.ReLU(),                 # (16, 14, 14)
        nn.Conv2d(16, 32, kernel_size=3), nn.ReLU(),            # (32, 12, 12)
        nn.Conv2d(32, 32, kernel_size=3),                       # (32, 10, 10)
        nn.MaxPool2d(kernel_size=2), nn.ReLU(),                 # (32, 5, 5)
        nn.Conv2d(32, 64, kernel_size=3), nn.ReLU(),            # (64, 3, 3)
        nn.Flatten(), nn.Linear(576, 10),                       # (10,)
    )  # fmt: skip


SHIFT, TRIANGLE = {"max_shift": 2}, {"schedule": "triangular"}
ADAMW = {"optimizer": "adamw", "weight_decay": 1e-2}


def _without(**settings):
    return {**FAST_RECIPE, **settings}


def _alone(name, change, settings=None, **network):
    make_model = partial(changed_simple_cnn, **network) if network else SimpleCNN
    return Rung(f"simple, {name}", change, "simple", make_model, settings or {}, "alone")


_RUNGS = (
    Rung("mlp", "one hidden layer of 128", None, MLP),
    Rung("one-conv", "a convolution in front of it", "mlp", one_convolution),
    Rung("simple", "a second convolution", "one-conv", SimpleCNN),
    Rung("wide", "twice the channels", "simple", partial(DropoutCNN, dropout=0)),
    Rung("dropout", "dropout in front of the last layer", "wide", DropoutCNN),
    Rung("batch-norm", "batch normalisation", "dropout", BatchNormCNN),
    Rung("shift", "images shifted by up to 2 pixels", "batch-norm", BatchNormCNN, SHIFT),
    Rung("adamw", "AdamW, decay 0.01", "shift", BatchNormCNN, SHIFT | ADAMW),
    Rung("triangular", "a triangular schedule", "adamw", BatchNormCNN, SHIFT | ADAMW | TRIANGLE),
    Rung("third-block", "a third block", "triangular", three_blocks, SHIFT | ADAMW | TRIANGLE),
    Rung(
        "five-by-five", "kernels of 5x5", "third-block",
        partial(three_blocks, kernel_size=5), SHIFT | ADAMW | TRIANGLE,
    ),
    Rung("fast", "FastCNN and its recipe, many changes at once", "five-by-five", FastCNN, FAST_RECIPE),
    Rung("other-seeds", "nothing but other seeds", "simple", SimpleCNN, {}, "null", first_seed=1000),
    _alone("dropout", "dropout", dropout=0.5),
    _alone("batch-norm", "batch normalisation", batch_norm=True),
    _alone("shift", "shifted images", SHIFT),
    _alone("adamw", "AdamW, decay 0.01", ADAMW),
    _alone("triangular", "a triangular schedule", TRIANGLE),
    _alone("third-block", "a third block", third_block=True),
    _alone("five-by-five", "kernels of 5x5", kernel_size=5),
    Rung("fast, no shift", "no shifted images", "fast", FastCNN, _without(max_shift=0), "without"),
    Rung("fast, no smoothing", "labels as they are", "fast", FastCNN, _without(label_smoothing=0), "without"),
    Rung("fast, constant", "a constant rate", "fast", FastCNN, _without(schedule="constant"), "without"),
    Rung("fast, batch 128", "batches of 128", "fast", FastCNN, _without(batch_size=128), "without"),
    Rung(
        "fast, adam", "Adam without decay", "fast", FastCNN,
        _without(optimizer="adam", weight_decay=0), "without",
    ),
    Rung("fast, no batch-norm", "no normalisation", "fast", fast_without_batch_norm, FAST_RECIPE, "without"),
)  # fmt: skip
RUNGS = {rung.name: rung for rung in _RUNGS}


def stored_results(path=RESULTS):
    """Return what the benchmark measured, as plain dictionaries and lists.

    ``["rungs"]`` is what `by_rung` returns; ``["fast"]`` has FastCNN's eight epochs and the vote of as
    many seeds as there are; ``["settings"]`` and ``["versions"]`` say how and with what.
    """
    kept = json.loads(Path(path).read_text(encoding="utf-8"))
    results = kept.pop("results")
    most_seeds = max(results["fast"], key=int)
    return kept | {"rungs": by_rung({"results": results}), "fast": results["fast"][most_seeds]}


def by_rung(kept):
    """Return the facts of every rung in the benchmark's record.

    ``parameters``, ``learning_rate`` and the validation accuracies by rate that chose it, and by
    ``seeds`` the ``test_accuracy`` and ``seconds_per_epoch`` of the processor.
    """
    return {
        name: facts["choice"] | {
            "seeds": [int(seed) for seed in facts["test"]],
            "test_accuracy": [found["accuracy"] for found in facts["test"].values()],
            "seconds_per_epoch": [found["seconds_per_epoch"] for found in facts["test"].values()],
        }
        for name, facts in kept["results"]["rungs"].items()
    }  # fmt: skip


def paired_gain(results, name, against):
    """Compare two rungs of stored results by the differences over the seeds that both have.

    Parameters
    ----------
    results : dict
        As `stored_results` returns them.
    name, against : str
        Of two rungs; rungs with seeds of their own are paired in their order.

    Returns
    -------
    course_lib.metrics.SeedComparison
        In fractions; positive where `name` is better.
    """
    first, second = (results["rungs"][rung]["test_accuracy"] for rung in (name, against))
    common = min(len(first), len(second))
    return compare_over_seeds(first[:common], second[:common])
