"""Cats and dogs from few labels: what are the features of a network for other classes worth?

For the chapter *Real images*. A small residual network learns the eight other classes of CIFAR-10 from
8,000 photographs, three epochs with AdamW and one cycle, at the rate that real_images.py found for it. Its
features, frozen, go to a logistic regression on 100 or 1,000 labelled cats and dogs. The controls: the same
training with shuffled labels; no training, but batch normalisations set by the same photographs; the pixels;
and the network trained on the labelled images alone.

The penalty of each regression is chosen by cross-validation within its own labels. The network without any
other photographs has the best of three learning rates, by the accuracy on 1,000 further cats and dogs: more
labels than the others are given. Then seeds 0 to 2; each draws weights and labelled images, the same ones for
every arm; of 100 labels there are three draws, whose mean counts. All test images of both classes are read at
the end.
Named before the first run: with 1,000 labels real labels beat every control, with 100 none of these steps
is settled.

    python benchmarks/borrowed_features.py                    # about three minutes on one quiet thread

Results are kept in course_lib/data/borrowed_features.json, where the chapter reads them; a run that was
interrupted goes on where it was.
"""

import argparse
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from course_lib.data import load_cifar10, sample_indices
from course_lib.experiments import Record
from course_lib.models import SmallResNet
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, evaluate, predict, train

RESULTS = Path(__file__).parents[1] / "course_lib" / "data" / "borrowed_features.json"
CAT, DOG = PAIR = (3, 5)
SEEDS, TUNING_SEED = (0, 1, 2), 100
NUM_IMAGES, NUM_CALIBRATION, NUM_VALIDATION = 10_000, 2000, 1000
NUM_DRAWS = {100: 3, 1000: 1}
SOURCE = TrainConfig(3, 64, 3e-3, optimizer="adamw", weight_decay=0.01, schedule="one-cycle")
SCRATCH = {100: replace(SOURCE, num_epochs=50), 1000: replace(SOURCE, num_epochs=20)}
RATES = (1e-3, 3e-3, 1e-2)
PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1)  # C of scikit-learn, small is strong
TRUNKS = ("real labels", "shuffled labels", "random", "pixels")


def main():
    """Train trunks, read from them, train without them; print a line for each result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RESULTS)
    record = Record(parser.parse_args().out, images=NUM_IMAGES, epochs=SOURCE.num_epochs)
    rates = {number: best_rate(record, number) for number in NUM_DRAWS}
    for seed in SEEDS:
        for number, rate in rates.items():
            for name in TRUNKS:
                run = partial(read_from, name, number, seed)
                print(name, number, seed, record.keep(run, name, number, seed), flush=True)
            run = partial(from_scratch, number, seed, rate)
            print("scratch", number, seed, record.keep(run, "from scratch", number, seed), flush=True)


@cache
def photographs():
    """Return the photographs of CIFAR-10 that train, and all that test."""
    return load_cifar10(offline_default=False).sample(NUM_IMAGES, seed=0)


def of_classes(images, labels, classes):
    """Return the images of these classes, with their labels."""
    among = torch.isin(labels, torch.tensor(classes))
    return images[among], labels[among]


@cache
def others():
    """Return the photographs that show neither a cat nor a dog."""
    data = photographs()
    return of_classes(data.train_images, data.train_labels, [k for k in range(10) if k not in PAIR])


def task(part):
    """Return all cats and dogs of a part, labelled 0 and 1."""
    images, labels = of_classes(
        getattr(photographs(), f"{part}_images"), getattr(photographs(), f"{part}_labels"), PAIR
    )
    return images, (labels == DOG).long()


def drawn(number, seed):
    """Return labelled cats and dogs, as many of each, one pair (images, labels) for each draw."""
    images, labels = task("train")
    chosen = [sample_indices(labels, number, seed=1000 * seed + draw) for draw in range(NUM_DRAWS[number])]
    return [(images[indices], labels[indices]) for indices in chosen]


def fitted(model, images, labels, config):
    """Return the model after its training; nothing is measured while it trains."""
    test = {"test_images": images[:1], "test_labels": labels[:1]}
    train(model, replace(photographs(), train_images=images, train_labels=labels, **test), config)
    return model.eval()


@cache
def trunk(name, seed):
    """Return frozen layers that turn images into features."""
    if name == "pixels":
        return nn.Flatten()
    images, labels = others()
    set_seed(seed)
    model = SmallResNet()
    if name == "random":
        return calibrated(model, images[sample_indices(labels, NUM_CALIBRATION, seed=seed)])[:-1]
    if name == "shuffled labels":
        labels = labels[torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))]
    return fitted(model, images, labels, replace(SOURCE, seed=seed))[:-1]


def calibrated(model, images):
    """Set the statistics of all batch normalisations by one batch."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # what comes next sets them, all at once
    with torch.no_grad():
        model.train()(images)
    return model.eval()


def read_from(name, number, seed):
    """Return the mean test accuracy over the draws of a logistic regression on frozen features."""
    frozen = trunk(name, seed)
    images, truth = task("test")
    asked = predict(frozen, images).numpy()
    scores = []
    for known, labels in drawn(number, seed):
        head = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
        head = GridSearchCV(head, {"logisticregression__C": list(PENALTIES)}, cv=5)
        head.fit(predict(frozen, known).numpy(), labels.numpy())
        scores.append(head.score(asked, truth.numpy()))
    return round(float(np.mean(scores)), 4)


def best_rate(record, number):
    """Return the best of three rates for a network that learns from the labelled images alone."""
    images, labels = task("train")
    chosen = sample_indices(labels, number + NUM_VALIDATION, seed=TUNING_SEED)
    known, asked = chosen[:number], chosen[number:]

    def score(rate):
        config = replace(SCRATCH[number], learning_rate=rate, seed=TUNING_SEED)
        set_seed(TUNING_SEED)
        model = fitted(SmallResNet(num_classes=2), images[known], labels[known], config)
        return round(evaluate(model, images[asked], labels[asked])[1], 4)

    keys = "rates", number
    tried = {rate: record.keep(partial(score, rate), *keys, "validation", f"{rate:g}") for rate in RATES}
    return record.keep(lambda: max(tried, key=tried.get), *keys, "rate")


def from_scratch(number, seed, rate):
    """Return the mean test accuracy over the draws of a network that saw no other photographs."""
    scores = []
    for images, labels in drawn(number, seed):
        set_seed(seed)
        config = replace(SCRATCH[number], learning_rate=rate, seed=seed)
        model = fitted(SmallResNet(num_classes=2), images, labels, config)
        scores.append(evaluate(model, *task("test"))[1])
    return round(float(np.mean(scores)), 4)


if __name__ == "__main__":
    main()
