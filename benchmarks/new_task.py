"""Does a trunk that learned one task help with another? With the controls, and with labels without sense.

The experiment of the chapter *Deep networks* with ten seeds: a small CNN learns the digits 0 to 4 of MNIST
(2,500 images, two epochs), with real labels, with the same labels shuffled, or not at all. Then its trunk
gets a new head for 5 to 9: frozen, the head fitted to convergence, or fine-tuned, with equal steps. The
new task comes twice: 100 images with their labels (60 steps), and 500 images with shuffled labels
(120 steps), where no trunk can help beyond chance on new images.

    python benchmarks/new_task.py                          # about three minutes on one thread
    python benchmarks/new_task.py --seeds 1 --out mine.json

Results are kept in course_lib/data/new_task.json, where the chapter reads them; a run that was interrupted
goes on where it was. The functions are those of the chapter.
"""

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from sweep_options import sweep_options
from torch import nn
from torch.nn import functional

from course_lib.data import load_mnist, sample_indices
from course_lib.experiments import Record
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, evaluate, predict, train

RESULTS = Path(__file__).parents[1] / "course_lib" / "data" / "new_task.json"
LABELS = ("real", "shuffled", "none")  # of the first task
STEPS = {"real": 60, "shuffled": 120}  # by the labels of the new task
NUM_IMAGES = {"real": 100, "shuffled": 500}


def main():
    """Train every trunk, use it in both ways for both tasks, keep the accuracies."""
    arguments = sweep_options(__doc__, RESULTS, seeds=10).parse_args()
    record = Record(arguments.out, images=NUM_IMAGES, steps=STEPS)
    data = load_mnist(offline_default=False)
    for seed in range(arguments.seeds):
        for labels in LABELS:
            record.keep(lambda s=seed, first=labels: one_trunk(data, first, s), labels, seed)
            print(seed, labels, record.values["results"][labels][str(seed)], flush=True)


def one_trunk(data, labels, seed):
    """Return training and test accuracy by the new task's labels and by what the trunk may do."""
    trunk = pretrain(five_digits(data, 0, num_train=2500), labels, seed)
    found = {}
    for new in ("real", "shuffled"):
        task = five_digits(data, 5, NUM_IMAGES[new], seed=1)
        task = shuffled_labels(task, seed) if new == "shuffled" else task
        set_seed(seed)
        for how, accuracies in (
            ("frozen", fit_head(trunk, task)), ("fine-tuned", fine_tune(trunk, task, STEPS[new])),
        ):  # fmt: skip
            found[f"{new}, {how}"] = [round(value, 4) for value in accuracies]
    return found


def five_digits(data, lowest, num_train, seed=0):
    """Return the data with only five of the digits, their labels from 0 on."""
    parts = {}
    for part, count in (("train", num_train), ("test", 1000)):
        images, labels = getattr(data, f"{part}_images"), getattr(data, f"{part}_labels")
        among = np.flatnonzero((labels >= lowest) & (labels < lowest + 5))
        chosen = among[sample_indices(labels[among], min(count, len(among)), seed)]
        parts |= {f"{part}_images": images[chosen], f"{part}_labels": labels[chosen] - lowest}
    return replace(data, class_names=data.class_names[lowest : lowest + 5], **parts)


def trunk_and_head():
    """Return the network: two convolutions and a linear layer."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),       # (8, 14, 14)
        nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),     # (16, 7, 7)
        nn.Flatten(), nn.Linear(784, 5),                                                    # (5,)
    )  # fmt: skip


def shuffled_labels(data, seed):
    """Return the data with its training labels in another order."""
    order = torch.randperm(len(data.train_labels), generator=torch.Generator().manual_seed(seed))
    return replace(data, train_labels=data.train_labels[order])


def pretrain(source, labels, seed):
    """Return a network that learned the first task, or noise, or nothing."""
    set_seed(seed)
    model = trunk_and_head()
    if labels != "none":
        task = source if labels == "real" else shuffled_labels(source, seed)
        train(model, task, TrainConfig(2, 64, seed=seed))
    return model


def fine_tune(model, task, num_steps):
    """Train a copy with a new head, 100 images a step; return training and test accuracy."""
    model = nn.Sequential(*deepcopy(model)[:-1], nn.Linear(784, 5)).train()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(num_steps):
        batch = torch.randperm(len(task.train_labels))[:100]
        loss = functional.cross_entropy(model(task.train_images[batch]), task.train_labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return accuracies(model, task)


def fit_head(model, task):
    """Fit a linear head on the frozen trunk's features to convergence; return both accuracies."""
    trunk = deepcopy(model)[:-1].eval()
    features = predict(trunk, task.train_images)
    scale = features.std()
    head = nn.Linear(784, 5)
    optimiser = torch.optim.LBFGS(head.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def loss():
        optimiser.zero_grad()
        value = functional.cross_entropy(head(features / scale), task.train_labels)
        value = value + 1e-4 * head.weight.square().sum()
        value.backward()
        return value

    optimiser.step(loss)
    with torch.no_grad():
        head.weight /= scale
    return accuracies(nn.Sequential(*trunk, head), task)


def accuracies(model, task):
    """Return training and test accuracy, both in evaluation mode."""
    pairs = ((task.train_images, task.train_labels), (task.test_images, task.test_labels))
    return [evaluate(model, *pair)[1] for pair in pairs]


if __name__ == "__main__":
    main()
