"""Augment or architect: an MLP and a CNN on digits that are shifted or turned while they train, or not.

For the chapter *Real images*: 4,000 digits of MNIST, five epochs with AdamW and one cycle. In each epoch
every digit is as it is, moved by up to 4 pixels in each direction, or turned by up to 30 degrees. Tested are
all test digits as they are, moved alike, turned by 30 degrees to either side, and turned by 45 degrees. Both
models have a learning rate of their own, chosen with a seed of its own on validation digits and without any
change: of three rates the best, and further ones as long as the best lies at the edge. Then seeds 0 to 2.

    python benchmarks/turned_digits.py                    # about three minutes on one quiet thread

Results are kept in _build/turned_digits.json; a run that was interrupted goes on where it was. The chapter
trains one seed of four of the arms itself.
"""

import argparse
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import torch

from course_lib.data import load_mnist, turn_images
from course_lib.experiments import Record
from course_lib.models import MLP, SimpleCNN
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, evaluate, randomly_shifted, randomly_turned, train

RESULTS = Path(__file__).parents[1] / "course_lib" / "data" / "turned_digits.json"
RATES, FIRST_RATES = (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1), (1e-3, 3e-3, 1e-2)
SEEDS, TUNING_SEED = (0, 1, 2), 100
NUM_DIGITS, NUM_VALIDATION, MOST_SHIFT, MOST_DEGREES = 4000, 2000, 4, 30
CONFIG = TrainConfig(5, 64, 1e-3, optimizer="adamw", weight_decay=0.01, schedule="one-cycle")
MODELS, CHANGES = {"MLP": MLP, "CNN": SimpleCNN}, ("none", "shift", "turn")


def main():
    """Choose rates, train, test; print a line for each model and change."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    settings = {"images": NUM_DIGITS, "epochs": CONFIG.num_epochs, "shift": MOST_SHIFT, "turn": MOST_DEGREES}
    record = Record(parser.parse_args().out, **settings)
    for name in MODELS:
        rate = chosen_rate(record, name)
        for change in CHANGES:
            for seed in SEEDS:
                found = record.keep(
                    partial(tested, name, change, rate, seed), "arms", name, change, "test", seed
                )
                print(name, change, seed, found, flush=True)


@cache
def digits(held_out=False):
    """Return 4,000 digits, with the validation digits or with all test digits."""
    data = load_mnist(offline_default=False)
    return (data.validation_split(NUM_VALIDATION, seed=0) if held_out else data).sample(NUM_DIGITS, seed=0)


def chosen_rate(record, name):
    """Return the best of three rates, and of their neighbours at an edge."""

    def score(rate):
        model, data = trained(name, "none", digits(held_out=True), rate, TUNING_SEED)
        return round(evaluate(model, data.validation_images, data.validation_labels)[1], 4)

    tried, waiting = {}, list(FIRST_RATES)
    while waiting:
        for rate in waiting:
            tried[rate] = record.keep(lambda r=rate: score(r), "search", name, "validation", f"{rate:g}")
        best = RATES.index(max(tried, key=tried.get))
        waiting = [rate for rate in RATES[best - 1 : best + 2] if rate not in tried]
    return record.keep(lambda: RATES[best], "search", name, "rate")


def trained(name, change, data, rate, seed):
    """Return a fresh model after its training, and its data."""
    set_seed(seed)
    model, draws = MODELS[name](), torch.Generator().manual_seed(seed)
    augment = {
        "none": None,
        "shift": lambda images: randomly_shifted(images, MOST_SHIFT, data.background, draws),
        "turn": lambda images: randomly_turned(images, MOST_DEGREES, data.background, draws),
    }[change]
    least = replace(
        data,
        test_images=data.test_images[:1],
        test_labels=data.test_labels[:1],
        validation_images=None,
        validation_labels=None,
    )  # fmt: skip (nothing is measured while it trains)
    train(model, least, replace(CONFIG, learning_rate=rate, seed=seed), augment=augment)
    return model, data


def moved(data, images):
    """Return the images as they are, shifted, turned, and turned by 45 degrees; the same for every model."""
    draws = torch.Generator().manual_seed(0)
    sides = 2 * torch.randint(2, (len(images),), generator=draws) - 1  # left or right
    return {
        "none": images,
        "shift": randomly_shifted(images, MOST_SHIFT, data.background, draws),
        "turn": turn_images(images, MOST_DEGREES * sides, data.background),
        "turn 45": turn_images(images, 45, data.background),
    }


def tested(name, change, rate, seed):
    """Return the accuracy on all test digits, by how they are changed."""
    model, data = trained(name, change, digits(), rate, seed)
    kinds = moved(data, data.test_images).items()
    return {kind: round(evaluate(model, images, data.test_labels)[1], 4) for kind, images in kinds}


if __name__ == "__main__":
    main()
