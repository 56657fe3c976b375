"""Batch normalisation, group normalisation or none: which batch size suits which?

FastCNN's four convolutions with either normalisation or with none, He's initial weights in all, trained
three times over the same 2,000 images of MNIST in batches of 2, 8, 32 or 128: equal images, not equal steps.
The control for the batch is batch normalisation over pairs: batches of 32 or 128 for the step, of which mean
and variance are taken two images at a time. Batch normalisation is measured twice, with the running numbers
that training left, and after they were counted anew on the training images with the final weights.

For every normalisation, batch size and measure the learning rate is the best of three on 2,000 validation
images, with a seed of its own, and further ones are tried beyond an edge of them as long as they help. Then
seeds 0 to 4 at that rate; a seed draws 2,000 training and 2,000 test images, too. Named before the first
run: in batches of two batch normalisation loses a point against group normalisation, in batches of 128 it
does not.

    python benchmarks/batch_sizes.py                          # about ten minutes on one thread
    python benchmarks/batch_sizes.py --seeds 1 --out mine.json

Results are kept in course_lib/data/batch_sizes.json, where the chapter on deep networks reads them; a run
that was interrupted goes on where it was.
"""

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from sweep_options import sweep_options
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
AS_TRAINED, ANEW = "as trained", "counted anew"
MEASURES = {"BN": (AS_TRAINED, ANEW), "GN": (AS_TRAINED,), "none": (AS_TRAINED,), "pairs": (AS_TRAINED, ANEW)}
RATES = (1e-3, 3e-3, 1e-2)
GRID = (3e-5, 1e-4, 3e-4, *RATES, 3e-2, 1e-1)  # where an edge did best, its neighbour is tried, too
NUM_IMAGES, NUM_EPOCHS, TUNING_SEED = 2000, 3, 100  # as many to train on, to validate and to test


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
    arguments = sweep_options(__doc__, RESULTS, seeds=5).parse_args()
    os.environ["TQDM_DISABLE"] = "1"
    record = Record(arguments.out, images=NUM_IMAGES, epochs=NUM_EPOCHS, rates=RATES, tuning_seed=TUNING_SEED)
    data = load_mnist(offline_default=False)
    held_out = data.validation_split(NUM_IMAGES, seed=0).sample(NUM_IMAGES, seed=TUNING_SEED)
    for kind, sizes in SIZES.items():
        for size in reversed(sizes):  # the cheap ones first
            rates = record.keep(partial(best_rates, record, held_out, kind, size), kind, size, "rate")
            for rate in sorted(set(rates.values())):
                for seed in range(arguments.seeds):
                    run = partial(measured, drawn(data, seed), kind, size, rate, seed)
                    record.keep(run, kind, size, "test", f"{rate:g}", seed)
            print(kind, size, record.values["results"][kind][str(size)], flush=True)


def drawn(data, seed):
    """Return 2,000 training and 2,000 test images, drawn by a seed."""
    chosen = sample_indices(data.test_labels, NUM_IMAGES, seed=seed)
    tested = {"test_images": data.test_images[chosen], "test_labels": data.test_labels[chosen]}
    return replace(data.sample(NUM_IMAGES, seed=seed), **tested)


def best_rates(record, held_out, kind, size):
    """Return, by measure, the rate with the best validation accuracy; what every rate reached is kept."""

    def tried(how, rate):
        run = partial(measured, held_out, kind, size, rate, TUNING_SEED)
        return record.keep(run, kind, size, "validation", f"{rate:g}")[how]

    return {how: search_rate(partial(tried, how), RATES, GRID) for how in MEASURES[kind]}


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
    """Train; return the accuracy by measure, on the validation images where there are some."""
    part = "validation" if data.has_validation else "test"
    images, labels = getattr(data, f"{part}_images"), getattr(data, f"{part}_labels")
    one = replace(data, **{f"{part}_images": images[:1], f"{part}_labels": labels[:1]})
    model = build(kind, seed)
    train(model, one, TrainConfig(NUM_EPOCHS, size, rate, seed=seed))  # all are read after it
    found = {AS_TRAINED: round(evaluate(model, images, labels)[1], 4)}
    if ANEW in MEASURES[kind]:
        count_anew(model, data.train_images)
        found[ANEW] = round(evaluate(model, images, labels)[1], 4)
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
