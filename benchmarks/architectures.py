"""Which design is better depends on what is held equal: parameters, multiply-adds or seconds.

Networks of the chapter *Architectures*, trained on 4,000 photographs of CIFAR-10 for four epochs with
AdamW and one cycle, and the four variants of LeNet-5, on 10,000 digits of MNIST. Each gets the same
search for a learning rate: four rates, on validation images, with a seed of its own. Then seeds 0 to
2 at the best rate, measured on all test images after the last epoch; which of them were answered
rightly is kept as bits, so that two networks can be compared image by image. Every result is written
at once, and a run that was interrupted goes on where it was.

    python benchmarks/architectures.py                              # about 15 minutes on one quiet thread
    python benchmarks/architectures.py --arm doubling --out mine.json

Results are kept in course_lib/data/architectures.json, where the chapter reads them.
"""

import argparse
import datetime
import json
import statistics
import time
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from course_lib.architectures import measure
from course_lib.data import load_cifar10, load_mnist
from course_lib.evaluation import correct_answers
from course_lib.models import LeNet5, SmallResNet
from course_lib.reproducibility import set_seed, versions
from course_lib.training import TrainConfig, predict, train

RESULTS = Path(__file__).parents[1] / "course_lib" / "data" / "architectures.json"
TUNING_SEED = 100
CIFAR = TrainConfig(4, 128, 1e-2, optimizer="adamw", weight_decay=0.01, schedule="one-cycle")
MNIST = TrainConfig(5, 64, 1e-3)
CIFAR_RATES, MNIST_RATES = (1e-3, 3e-3, 1e-2, 3e-2), (3e-4, 1e-3, 3e-3, 1e-2)


def dense_head(channels, hidden_features):
    """Return two convolutions with pooling and a dense head: SimpleCNN with widths of one's own."""
    return nn.Sequential(
        nn.Conv2d(3, channels, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),               # (16, 16, 16)
        nn.Conv2d(channels, 2 * channels, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),    # (32, 8, 8)
        nn.Flatten(), nn.Linear(2 * channels * 64, hidden_features), nn.ReLU(),         # (128,)
        nn.Linear(hidden_features, 10),                                                 # (10,)
    )  # fmt: skip


# name: how it is made. What is equal to "doubling" stands behind the comma.
PHOTOGRAPHS = {
    "doubling": SmallResNet,
    "constant, multiply-adds": lambda: SmallResNet((22, 22, 22)),
    "shrinking, multiply-adds": lambda: SmallResNet((23, 12, 6)),
    "constant, parameters": lambda: SmallResNet((37, 37, 37)),
    "separable, parameters": lambda: SmallResNet((40, 80, 160), separable=True),
    "separable, seconds": lambda: SmallResNet((18, 36, 72), separable=True),
    "separable, multiply-adds": lambda: SmallResNet((38, 76, 152), separable=True),
    "dense head, parameters": lambda: dense_head(8, 74),
    "dense head, multiply-adds": lambda: dense_head(22, 176),
    "dense head, seconds": lambda: dense_head(24, 192),
}
DIGITS = {
    "LeNet-5, tanh, average": lambda: LeNet5(nn.Tanh, nn.AvgPool2d),
    "LeNet-5, tanh, max": lambda: LeNet5(nn.Tanh, nn.MaxPool2d),
    "LeNet-5, ReLU, average": lambda: LeNet5(nn.ReLU, nn.AvgPool2d),
    "LeNet-5, ReLU, max": LeNet5,
}
ARMS = PHOTOGRAPHS | DIGITS


def main():
    """Tune, train, write; print a line for each network."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arm", choices=list(ARMS), action="append", help="only these")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    results = read(arguments.out)
    for name in arguments.arm or ARMS:
        arm = results["arms"].setdefault(name, {"validation": {}, "test": {}, "correct": {}})
        for rate in CIFAR_RATES if name in PHOTOGRAPHS else MNIST_RATES:
            if f"{rate:g}" not in arm["validation"]:
                arm["validation"][f"{rate:g}"] = tuned(name, rate)
                write(results, arguments.out)
        arm["rate"] = float(max(arm["validation"], key=arm["validation"].get))
        for seed in range(arguments.seeds):
            if str(seed) not in arm["test"]:
                arm["test"][str(seed)], arm["correct"][str(seed)] = tested(name, arm["rate"], seed)
                write(results, arguments.out)
        if name in PHOTOGRAPHS and "seconds" not in arm:
            arm |= costs(name)
            write(results, arguments.out)
        print(name, {key: value for key, value in arm.items() if key != "correct"}, flush=True)


def read(path):
    """Return what a former run found, or an empty record."""
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    return {
        "versions": versions(), "date": datetime.date.today().isoformat(),
        "threads": torch.get_num_threads(), "arms": {},
    }  # fmt: skip


def write(results, path):
    """Write all results, whole or not at all."""
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


@cache
def data_of(which):
    """Return the 4,000 photographs or 10,000 digits that are trained on, with all test images."""
    return (
        load_cifar10(offline_default=False).sample(4000, seed=0)
        if which == "photographs"
        else load_mnist().sample(10_000, seed=0)
    )


@cache
def tuning_data(which):
    """Return as many images, and 2,000 validation images beside them; test images are neither."""
    everything, number = (
        (load_cifar10(offline_default=False), 4000) if which == "photographs" else (load_mnist(), 10_000)
    )
    return everything.validation_split(2000, seed=0).sample(number, seed=0)


def recipe(name):
    """Return (the data's name, the settings) of a network."""
    return ("photographs", CIFAR) if name in PHOTOGRAPHS else ("digits", MNIST)


def tuned(name, rate):
    """Return the validation accuracy after the last epoch: the same effort as what is reported.

    A search with fewer images and epochs prefers larger rates than the report needs.
    """
    which, config = recipe(name)
    set_seed(TUNING_SEED)
    config = replace(config, learning_rate=rate, seed=TUNING_SEED)
    return round(train(ARMS[name](), tuning_data(which), config).validation_accuracy[-1], 4)


def tested(name, rate, seed):
    """Return the test accuracy after the last epoch, and one bit for each test image."""
    which, config = recipe(name)
    data = data_of(which)
    set_seed(seed)
    model = ARMS[name]()
    one = replace(data, test_images=data.test_images[:1], test_labels=data.test_labels[:1])
    train(model, one, replace(config, learning_rate=rate, seed=seed))  # all are read once, after it
    correct = correct_answers(predict(model, data.test_images), data.test_labels).numpy()
    return round(float(correct.mean()), 4), np.packbits(correct).tobytes().hex()


def costs(name, rounds=7):
    """Return parameters, multiply-adds, and processor seconds of a training step against doubling's."""
    ledger = measure(ARMS[name](), (3, 32, 32))
    steps = [(one_step(ARMS[name]()), one_step(SmallResNet())) for _ in range(rounds)]
    ratio = statistics.median(mine / reference for mine, reference in steps)
    return {
        "parameters": ledger.parameters, "multiply_adds": ledger.multiply_adds,
        "seconds": round(ratio, 3),
    }  # fmt: skip


def one_step(model):
    """Return the processor seconds of the second of two training steps with 128 images."""
    images, labels = torch.zeros(128, 3, 32, 32), torch.zeros(128, dtype=torch.int64)
    model, images = (x.to(memory_format=torch.channels_last) for x in (model, images))
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    for _ in range(2):
        start = time.process_time()
        functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
        optimizer.zero_grad()
    return time.process_time() - start


if __name__ == "__main__":
    main()
