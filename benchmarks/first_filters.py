"""Do edges help? The first layer of the CNN learned, or frozen: trained elsewhere, random, or made of slopes.

SimpleCNN in versions that differ in the 16 kernels of its first layer alone. Learned with the rest; frozen
at their random start; frozen as a CNN has left them that was trained on 10,000 other images; frozen with
as much constant, slope, curvature and rest as those, but in random directions; frozen at the random start
of which only the slope is kept, or the slope is removed. What is left is stretched to the length that the
kernel had. The control for the last two keeps, or removes, two other directions, drawn by seed and
orthogonal to both slopes.

Twenty epochs on 300 images of MNIST, because with many of them every version comes close to the ceiling,
with a rate that climbs and falls to zero. Each version gets the same search for its peak: three rates, on
2,000 validation images, with two seeds of its own, and further ones beyond an edge. Then eight seeds at the
best rate, measured on 4,000 test images drawn at random. Every result is written at once, and a run that
was interrupted goes on where it was.

    python benchmarks/first_filters.py                          # about four minutes on one thread
    python benchmarks/first_filters.py --seeds 1 --out mine.json

Results are kept in course_lib/data/first_filters.json, where the chapter *What did it learn?* reads them.
"""

import os
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from sweep_options import sweep_options

from course_lib.data import load_mnist, sample_indices
from course_lib.experiments import Record, search_rate
from course_lib.inspection import degree_basis
from course_lib.models import SimpleCNN
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, evaluate, train

RESULTS = Path(__file__).parents[1] / "course_lib" / "data" / "first_filters.json"
SCHEDULE = "triangular"  # climbs at first: a large rate at once kills a run now and then
RATES = (1e-3, 3e-3, 1e-2)
GRID = (1e-4, 3e-4, *RATES, 3e-2, 1e-1)  # where an edge did best, its neighbour is tried, too
TUNING_SEEDS = (100, 101)
NUM_IMAGES, NUM_EPOCHS, BATCH_SIZE, NUM_ELSEWHERE = 300, 20, 64, 10_000
NUM_VALIDATION, NUM_TEST = 2000, 4000
ARMS = ("random", "slope only", "slope removed", "two others only", "two others removed")
MORE = ("learned", "trained elsewhere", "same shares")  # measured with --more; no page shows them yet


def main():
    """Tune, train, write; print a line for each version."""
    parser = sweep_options(__doc__, RESULTS, seeds=8)
    parser.add_argument("--more", action="store_true", help="learned kernels, too")
    arguments = parser.parse_args()
    os.environ["TQDM_DISABLE"] = "1"
    record = Record(
        arguments.out, images=NUM_IMAGES, epochs=NUM_EPOCHS, batch_size=BATCH_SIZE, schedule=SCHEDULE,
        rates=RATES, tuning_seeds=TUNING_SEEDS, elsewhere=NUM_ELSEWHERE,
        test=NUM_TEST,
    )  # fmt: skip
    few, others = splits(load_mnist(offline_default=False))
    elsewhere = cache(partial(trained_kernels, others))
    for name in ARMS + MORE * arguments.more:
        rate = record.keep(partial(best_rate, record, name, few, elsewhere), name, "rate")
        for seed in range(arguments.seeds):
            record.keep(partial(accuracy, name, few, elsewhere, rate, seed), name, "test", seed)
        print(name, record.values["results"][name], flush=True)


def splits(data):
    """Return 300 training images, with validation images, and 10,000 others to train kernels on."""
    apart = data.validation_split(NUM_VALIDATION, seed=0)
    rest = replace(apart, validation_images=None, validation_labels=None)
    rest = rest.sample(NUM_IMAGES + NUM_ELSEWHERE, seed=0).validation_split(NUM_IMAGES, seed=0)
    chosen = sample_indices(data.test_labels, min(NUM_TEST, len(data.test_labels)), seed=0)
    few = replace(
        apart, train_images=rest.validation_images, train_labels=rest.validation_labels,
        test_images=data.test_images[chosen], test_labels=data.test_labels[chosen],
    )  # fmt: skip
    return few, replace(rest, validation_images=None, validation_labels=None)


def best_rate(record, name, few, elsewhere):
    """Return the rate that does best on validation images, in the mean over the tuning seeds."""

    def score(rate):
        runs = [accuracy(name, few, elsewhere, rate, seed, validation=True) for seed in TUNING_SEEDS]
        return round(float(np.mean(runs)), 5)

    return search_rate(
        lambda rate: record.keep(partial(score, rate), name, "validation", f"{rate:g}"), RATES, GRID
    )


def accuracy(name, few, elsewhere, rate, seed, validation=False):
    """Train a version; return its accuracy afterwards, on the validation or on the test images."""
    model = build(name, seed, elsewhere)
    fit(model, few, TrainConfig(NUM_EPOCHS, BATCH_SIZE, rate, seed=seed, schedule=SCHEDULE))
    part = "validation" if validation else "test"
    return round(evaluate(model, getattr(few, f"{part}_images"), getattr(few, f"{part}_labels"))[1], 4)


def fit(model, data, config):
    """Train without measuring in between, but for ten images, as `train` does after every epoch."""
    watched = sample_indices(data.test_labels, 10)
    data = replace(
        data, validation_images=None, validation_labels=None,
        test_images=data.test_images[watched], test_labels=data.test_labels[watched],
    )  # fmt: skip
    train(model, data, config)


def build(name, seed, elsewhere=None):
    """Return the network of a version: the initial weights of a seed, but for the first layer's kernels.

    ``elsewhere`` returns the kernels that were trained elsewhere with a seed.
    """
    trained = elsewhere(seed) if name in ("trained elsewhere", "same shares") else None
    set_seed(seed)
    model = SimpleCNN()
    kernels = model[0].weight.detach().flatten(1).numpy()  # (16, 9)
    made = changed(kernels, trained, name, seed)
    lengths = (np.linalg.norm(values, axis=1, keepdims=True) for values in (kernels, made))
    made = torch.as_tensor(made * np.divide(*lengths), dtype=torch.float32)
    with torch.no_grad():
        model[0].weight.copy_(made.reshape(16, 1, 3, 3))
    model[0].requires_grad_(name == "learned")
    return model


def trained_kernels(others, seed):
    """Return the first kernels, (16, 9), of a network with another seed that learned the other images."""
    set_seed(1000 + seed)
    model = SimpleCNN()
    fit(model, others, TrainConfig(2, BATCH_SIZE, 1e-3, seed=1000 + seed, schedule="cosine"))
    return model[0].weight.detach().flatten(1).numpy()


def changed(kernels, trained, name, seed):
    """Return the kernels of a version, shape (16, 9), of any length."""
    patterns, degrees = degree_basis()
    flat, rng = patterns.reshape(9, 9), np.random.default_rng(seed)
    if name == "same shares":
        return redirected(trained @ flat.T, degrees, rng) @ flat
    if not name.endswith(("only", "removed")):
        return kernels if trained is None else trained
    plane = flat[degrees == 1]  # (2, 9)
    if name.startswith("two others"):
        mixed, _ = np.linalg.qr(rng.normal(size=(7, 2)))
        plane = mixed.T @ flat[degrees != 1]
    inside = kernels @ plane.T @ plane
    return inside if name.endswith("only") else kernels - inside


def redirected(parts, degrees, rng):
    """Give what each kernel has of constant, slope, curvature and rest a random direction, (16, 9)."""
    drawn = rng.normal(size=parts.shape)
    for degree in range(4):
        group = degrees.clip(max=3) == degree
        lengths = (np.linalg.norm(values[:, group], axis=1, keepdims=True) for values in (parts, drawn))
        drawn[:, group] *= np.divide(*lengths)
    return drawn


if __name__ == "__main__":
    main()
