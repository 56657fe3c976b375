"""Do doubled channels pay, and what did each change of LeNet-5 bring?

Small residual networks of the chapter *Architectures* that differ in their widths, on 4,000 photographs
of CIFAR-10 for four epochs with AdamW and one cycle, and the four variants of LeNet-5, on 10,000 digits
of MNIST. Each gets the same search for a learning rate: four rates, on validation images, with a seed of
its own. Then the seeds at the best rate, measured on all test images after the last epoch; which of them
were answered rightly is kept as bits, so that two networks can be compared image by image. Every result
is written at once, and a run that was interrupted goes on where it was.

    python benchmarks/architectures.py                              # about 15 minutes on one quiet thread
    python benchmarks/architectures.py --arm doubling --out mine.json

Results are kept in course_lib/data/architectures.json, where the chapter reads them. Other families of
networks at equal cost: three_budgets.py.
"""

from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
from sweep_options import sweep_options
from torch import nn

from course_lib.architectures import measure
from course_lib.data import load_cifar10, load_mnist
from course_lib.evaluation import correct_answers
from course_lib.experiments import Record
from course_lib.models import LeNet5, SmallResNet
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, predict, train

RESULTS = Path(__file__).parents[1] / "course_lib" / "data" / "architectures.json"
TUNING_SEED = 100
NUM_IMAGES = {"photographs": 4000, "digits": 10_000}
LOADERS = {"photographs": load_cifar10, "digits": load_mnist}
CIFAR = TrainConfig(4, 128, 1e-2, optimizer="adamw", weight_decay=0.01, schedule="one-cycle")
MNIST = TrainConfig(5, 64, 1e-3)
CIFAR_RATES, MNIST_RATES = (1e-3, 3e-3, 1e-2, 3e-2), (3e-4, 1e-3, 3e-3, 1e-2)


# name: how it is made. What is equal to "doubling" stands behind the comma.
PHOTOGRAPHS = {
    "doubling": SmallResNet,
    "constant, multiply-adds": lambda: SmallResNet((22, 22, 22)),
    "shrinking, multiply-adds": lambda: SmallResNet((23, 12, 6)),
    "constant, parameters": lambda: SmallResNet((37, 37, 37)),
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
    parser = sweep_options(__doc__, RESULTS, seeds=3)
    parser.add_argument("--arm", choices=list(ARMS), action="append", help="only these")
    arguments = parser.parse_args()
    record = Record(arguments.out, images=NUM_IMAGES, tuning_seed=TUNING_SEED)
    for name in arguments.arm or ARMS:
        rate = record.keep(partial(best_rate, record, name), name, "rate")
        for seed in range(arguments.seeds):
            found = record.keep(partial(tested, name, rate, seed), name, "test", seed)
            print(name, rate, seed, found["accuracy"], flush=True)
        if name in PHOTOGRAPHS:
            record.keep(partial(costs, name), name, "costs")


def best_rate(record, name):
    """Return the rate that does best on validation images."""
    rates = CIFAR_RATES if name in PHOTOGRAPHS else MNIST_RATES
    found = {rate: record.keep(partial(tuned, name, rate), name, "validation", f"{rate:g}") for rate in rates}
    return max(found, key=found.get)


@cache
def data_of(which):
    """Return the photographs or digits that are trained on, with all test images."""
    return LOADERS[which](offline_default=False).sample(NUM_IMAGES[which], seed=0)


@cache
def tuning_data(which):
    """Return as many images, and 2,000 validation images beside them; test images are neither."""
    data = LOADERS[which](offline_default=False)
    return data.validation_split(2000, seed=0).sample(NUM_IMAGES[which], seed=0)


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
    return {"accuracy": round(float(correct.mean()), 4), "correct": np.packbits(correct).tobytes().hex()}


def costs(name):
    """Return parameters and multiply-adds of one image."""
    ledger = measure(ARMS[name](), (3, 32, 32))
    return {"parameters": ledger.parameters, "multiply_adds": ledger.multiply_adds}


if __name__ == "__main__":
    main()
