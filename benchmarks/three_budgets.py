"""Which family of networks is best: at equal parameters, at equal multiply-adds, at equal seconds?

Four families of the chapter *Architectures*: a hidden layer (MLP), two convolutions with a dense head
(plain), a small residual network, and the same with separable convolutions. The residual network is the
measure: each of the others is as wide as its parameters, its multiply-adds or the processor seconds of
its training steps allow, which makes nine networks. They learn CIFAR-10 from 4,000 photographs, four
epochs with AdamW and one cycle.

Each gets the same search for a learning rate: three rates on 2,000 validation images, with a seed of its
own, and further ones beyond an edge as long as they help. Then seeds 0 to 4 at the best rate; a seed
draws the photographs, too. All test images are read once, after the last epoch; which of them were
answered rightly is kept as bits. Named before the first run: at equal parameters the separable network
beats the plain one, at equal seconds it loses to it. Seeds 3 and 4 were added later, because the first three
had not settled the former.

    python benchmarks/three_budgets.py                          # a quarter of an hour on one quiet thread
    python benchmarks/three_budgets.py --seeds 1 --out mine.json

Results are kept in course_lib/data/three_budgets.json, where the chapter reads them; a run that was
interrupted goes on where it was. Seconds are those of the machine that ran it.
"""

import statistics
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from sweep_options import sweep_options
from torch import nn

from course_lib.architectures import measure
from course_lib.data import load_cifar10
from course_lib.evaluation import correct_answers
from course_lib.experiments import Record, search_rate
from course_lib.models import MLP, ImageClassifier, SmallResNet
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, predict, train
from course_lib.training.loop import Run

RESULTS = Path(__file__).parents[1] / "course_lib" / "data" / "three_budgets.json"
NUM_IMAGES, NUM_VALIDATION, TUNING_SEED = 4000, 2000, 100
CONFIG = TrainConfig(4, 128, 1e-2, optimizer="adamw", weight_decay=0.01, schedule="one-cycle")
RATES = (1e-3, 3e-3, 1e-2)
GRID = (1e-4, 3e-4, *RATES, 3e-2, 1e-1)  # where an edge did best, its neighbour is tried, too


def plain(channels, hidden_features):
    """Return two convolutions with pooling and a dense head: SimpleCNN with widths of one's own."""
    return ImageClassifier(
        (3, 32, 32),
        nn.Conv2d(3, channels, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),                   # (16, 16, 16)
        nn.Conv2d(channels, 2 * channels, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),        # (32, 8, 8)
        nn.Flatten(), nn.Linear(128 * channels, hidden_features), nn.ReLU(),                # (128,)
        nn.Linear(hidden_features, 10),                                                     # (10,)
    )  # fmt: skip


FAMILIES = {
    "residual": lambda width: SmallResNet((width, 2 * width, 4 * width)),
    "MLP": lambda width: MLP(width, in_channels=3, image_size=32),
    "plain": plain,
    "separable": lambda width: SmallResNet((width, 2 * width, 4 * width), separable=True),
}
REFERENCE = "residual"
WIDTHS = {
    REFERENCE: (16,),
    "MLP, parameters": (25,), "MLP, multiply-adds": (1122,), "MLP, seconds": (2600,),
    "plain, parameters": (8, 74), "plain, multiply-adds": (22, 176), "plain, seconds": (26, 208),
    "separable": (39,),  # 8 % fewer parameters, 7 % more multiply-adds: it stands for both budgets
    "separable, seconds": (18,),
}  # fmt: skip
BUDGETS = {
    "parameters": (REFERENCE, "separable", "plain, parameters", "MLP, parameters"),
    "multiply-adds": (REFERENCE, "separable", "plain, multiply-adds", "MLP, multiply-adds"),
    "seconds": (REFERENCE, "separable, seconds", "plain, seconds", "MLP, seconds"),
}


def main():
    """Tune, train, write; print a line for each result."""
    parser = sweep_options(__doc__, RESULTS, seeds=5)
    parser.add_argument("--network", choices=list(WIDTHS), action="append", help="only these")
    arguments = parser.parse_args()
    settings = {"images": NUM_IMAGES, "epochs": CONFIG.num_epochs, "batch_size": CONFIG.batch_size}
    record = Record(arguments.out, **settings, rates=RATES, tuning_seed=TUNING_SEED)
    data = load_cifar10(offline_default=False)
    split = data.validation_split(NUM_VALIDATION, seed=0)
    names = arguments.network or list(WIDTHS)
    for name in names:
        record.keep(partial(costs, name), name, "costs")
        rate = record.keep(partial(best_rate, record, name, split), name, "rate")
        print(name, rate, flush=True)
    for seed in range(arguments.seeds):
        for name in names:
            rate = record.values["results"][name]["rate"]
            found = record.keep(partial(tested, name, data, rate, seed), name, "test", seed)
            print(seed, name, found["accuracy"], flush=True)


def build(name):
    """Return a network, freshly initialised."""
    return FAMILIES[name.split(", ")[0]](*WIDTHS[name])


def best_rate(record, name, split):
    """Return the rate that does best on validation images."""
    return search_rate(
        lambda rate: record.keep(lambda: tuned(name, split, rate), name, "validation", f"{rate:g}"),
        RATES, GRID,
    )  # fmt: skip


def tuned(name, split, rate):
    """Return the validation accuracy after the last epoch: the same effort as what is reported."""
    held_out = split.sample(NUM_IMAGES, seed=TUNING_SEED)
    set_seed(TUNING_SEED)
    config = replace(CONFIG, learning_rate=rate, seed=TUNING_SEED)
    return round(train(build(name), held_out, config).validation_accuracy[-1], 4)


def tested(name, data, rate, seed):
    """Return the test accuracy after the last epoch, and one bit for each test image."""
    drawn = data.sample(NUM_IMAGES, seed=seed)
    one = replace(drawn, test_images=data.test_images[:1], test_labels=data.test_labels[:1])
    set_seed(seed)
    model = build(name)
    train(model, one, replace(CONFIG, learning_rate=rate, seed=seed))  # all are read once, after it
    correct = correct_answers(predict(model, data.test_images), data.test_labels).numpy()
    return {"accuracy": round(float(correct.mean()), 4), "correct": np.packbits(correct).tobytes().hex()}


def costs(name, rounds=9):
    """Return parameters, multiply-adds, and processor seconds of training against the reference's."""
    ledger = measure(build(name), (3, 32, 32))
    models = [build(each).to(memory_format=torch.channels_last) for each in (name, REFERENCE)]
    runs = [Run(model, CONFIG, background=None) for model in models]
    pairs = [[seconds(run) for run in runs] for _ in range(rounds)]  # in turn
    ratio = statistics.median(mine / reference for mine, reference in pairs[1:])
    return {
        "parameters": ledger.parameters, "multiply_adds": ledger.multiply_adds,
        "seconds": round(ratio, 3),
    }  # fmt: skip


def seconds(run, num_steps=4):
    """Return the processor seconds of a few training steps."""
    images = torch.rand(num_steps * CONFIG.batch_size, 3, 32, 32).to(memory_format=torch.channels_last)
    start = time.process_time()
    run.epoch(images, torch.zeros(len(images), dtype=torch.int64))
    return time.process_time() - start


if __name__ == "__main__":
    main()
