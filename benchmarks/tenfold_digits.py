"""What are ten times the images worth, to a CNN and to a vision transformer?

For the chapter *Beyond classification*: 1,000 or 10,000 of MNIST's training digits, AdamW and one cycle, and
as many steps with the few as with the many. Each network gets, for each number of images, the same search for
a learning rate: three rates on 2,000 other training digits, with a seed of its own, and further ones beyond
an edge as long as they help. Then seeds 0 to 2, which draw the digits, too, measured on all test digits after
the last epoch. Named before the first run: the CNN is ahead with both, and farther with the few.

    python benchmarks/tenfold_digits.py        # about six minutes on one quiet thread

Results are kept in course_lib/data/tenfold_digits.json, where the chapter reads them; a run that was
interrupted goes on where it was.
"""

import argparse
from dataclasses import replace
from functools import partial
from pathlib import Path

from course_lib.data import load_mnist
from course_lib.evaluation import evaluate
from course_lib.experiments import Record, search_rate
from course_lib.models import SimpleCNN, VisionTransformer
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, train

RESULTS = Path(__file__).parents[1] / "course_lib" / "data" / "tenfold_digits.json"
ARMS = {"CNN": SimpleCNN, "transformer": VisionTransformer}
NUM_EPOCHS = {1000: 60, 10_000: 6}  # equal steps
NUM_HELD_OUT, TUNING_SEED, SEEDS = 2000, 100, (0, 1, 2)
CONFIG = TrainConfig(6, 125, 1e-3, optimizer="adamw", weight_decay=0.01, schedule="one-cycle")
RATES, GRID = (1e-3, 3e-3, 1e-2), (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)


def main():
    """Choose rates, train, test; print a line for each result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    record = Record(parser.parse_args().out, epochs=NUM_EPOCHS, batch_size=CONFIG.batch_size)
    data = load_mnist(offline_default=False).validation_split(NUM_HELD_OUT, seed=TUNING_SEED)
    for number in NUM_EPOCHS:
        for name in ARMS:
            keys = name, number
            rate = record.keep(partial(best_rate, record, data, *keys), *keys, "rate")
            for seed in SEEDS:
                found = record.keep(partial(score, data, *keys, "test", seed, rate), *keys, "test", seed)
                print(name, number, rate, seed, found, flush=True)


def best_rate(record, data, name, number):
    """Return the rate that does best on digits that neither train nor test."""
    return search_rate(
        lambda rate: record.keep(
            lambda: score(data, name, number, "validation", TUNING_SEED, rate),
            name, number, "validation", f"{rate:g}",
        ),
        RATES, GRID,
    )  # fmt: skip


def score(data, name, number, part, seed, rate):
    """Train once; return the accuracy on the digits of a part, measured after the last epoch."""
    least = {f"{kind}_{field}": getattr(data, f"{kind}_{field}")[:1]
             for kind in ("validation", "test") for field in ("images", "labels")}  # fmt: skip
    set_seed(seed)
    model = ARMS[name]()
    config = replace(CONFIG, num_epochs=NUM_EPOCHS[number], learning_rate=rate, seed=seed)
    train(model, replace(data.sample(number, seed=seed), **least), config)
    images, labels = getattr(data, f"{part}_images"), getattr(data, f"{part}_labels")
    return round(evaluate(model, images, labels)[1], 4)


if __name__ == "__main__":
    main()
