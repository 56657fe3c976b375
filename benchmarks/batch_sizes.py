"""Batch normalisation, group normalisation or none: which batch size suits which?

FastCNN's four convolutions with either normalisation or with none, He's initial weights in all, trained
once over the same 2,000 images of MNIST in batches of 2, 8, 32 or 128: equal images, not equal steps. The
control for the batch is batch normalisation over pairs: batches of 32 or 128 for the step, of which mean
and variance are taken two images at a time. For every pair of a normalisation and a batch size the learning
rate is the best of three on 2,000 validation images, with a seed of its own, and further ones beyond an
edge of them as long as they help. Then seeds 0 to 4 at that rate, each measured once, on 4,000
test images drawn at random; with batch normalisation also after its running numbers were counted anew.

    python benchmarks/batch_sizes.py                          # about four minutes on one thread
    python benchmarks/batch_sizes.py --seeds 1 --out mine.json

Results are kept in course_lib/data/batch_sizes.json; a run that was interrupted goes on where it was. No
page shows them yet.
"""

import argparse
import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import nn

from course_lib.data import load_mnist, sample_indices
from course_lib.experiments import Record, search_rate
from course_lib.ladder import fast_without_batch_norm
from course_lib.models import FastCNN, he_initialise
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, evaluate, train

RESULTS = Path(__file__).parents[1] / "course_lib" / "data" / "batch_sizes.json"
ALL_SIZES = (2, 8, 32, 128)
SIZES = {"BN": ALL_SIZES, "GN": ALL_SIZES, "none": ALL_SIZES, "pairs": (32, 128)}
RATES = (1e-3, 3e-3, 1e-2)
GRID = (3e-5, 1e-4, 3e-4, *RATES, 3e-2, 1e-1)  # where an edge did best, its neighbour is tried, too
NUM_IMAGES, NUM_VALIDATION, NUM_TEST, TUNING_SEED = 2000, 2000, 4000, 100


class PairNorm(nn.BatchNorm2d):
    """Batch normalisation that takes mean and variance over few images at a time, however large the batch."""

    num_images = 2

    def forward(self, x):
        """Return the normalised x; in evaluation mode as usual."""
        if not self.training:
            return super().forward(x)
        return torch.cat([nn.BatchNorm2d.forward(self, part) for part in x.split(self.num_images)])


def main():
    """Tune, train, keep; print a line for each pair."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    os.environ["TQDM_DISABLE"] = "1"
    record = Record(arguments.out, images=NUM_IMAGES, rates=RATES, tuning_seed=TUNING_SEED, test=NUM_TEST)
    data = load_mnist(offline_default=False)
    held_out, small = splits(data)
    for kind, sizes in SIZES.items():
        for size in reversed(sizes):  # the cheap ones first
            rate = record.keep(partial(best_rate, record, held_out, kind, size), kind, size, "rate")
            for seed in range(arguments.seeds):
                run = partial(measured, small, kind, size, rate, seed)
                record.keep(run, kind, size, "test", seed)
            print(kind, size, record.values["results"][kind][str(size)], flush=True)


def splits(data):
    """Return 2,000 training images with validation images, and 2,000 with test images drawn at random."""
    chosen = sample_indices(data.test_labels, NUM_TEST, seed=0)
    measured_on = {"test_images": data.test_images[chosen], "test_labels": data.test_labels[chosen]}
    held_out = data.validation_split(NUM_VALIDATION, seed=0).sample(NUM_IMAGES, seed=0)
    return held_out, replace(data.sample(NUM_IMAGES, seed=0), **measured_on)


def best_rate(record, held_out, kind, size):
    """Return the rate with the best validation accuracy; every rate's accuracy is kept, too."""
    return search_rate(
        lambda rate: record.keep(
            lambda: measured(held_out, kind, size, rate, TUNING_SEED)["as trained"],
            kind, size, "validation", f"{rate:g}",
        ),
        RATES, GRID,
    )  # fmt: skip


def build(kind, seed):
    """Return FastCNN with batch normalisation, over pairs or not, group normalisation, or none."""
    model = fast_without_batch_norm() if kind == "none" else FastCNN()
    set_seed(seed)
    he_initialise(model)
    for place, layer in enumerate(model):
        if isinstance(layer, nn.BatchNorm2d):
            channels = layer.num_features
            others = {"GN": nn.GroupNorm(channels // 4, channels), "pairs": PairNorm(channels), "BN": layer}
            model[place] = others[kind]
    return model


def measured(data, kind, size, rate, seed):
    """Train once over the images; return the accuracy, on validation images where there are some."""
    model = build(kind, seed)
    history = train(model, data, TrainConfig(1, size, rate, seed=seed))
    if data.has_validation:
        return {"as trained": round(history.validation_accuracy[-1], 4)}
    found = {"as trained": round(history.test_accuracy[-1], 4)}
    if kind in ("BN", "pairs"):
        count_anew(model, data.train_images)
        found["counted anew"] = round(evaluate(model, data.test_images, data.test_labels)[1], 4)
    return found


@torch.no_grad()
def count_anew(model, images, num_images=500):
    """Replace the running mean and variance of every layer by those of the images, weights as they are."""
    for layer in model:
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
            layer.momentum, layer.num_images = None, num_images  # a plain mean over all batches
    model.train()
    for part in images.split(num_images):
        model(part)


if __name__ == "__main__":
    main()
