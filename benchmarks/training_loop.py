"""How much the book's training loop saves: data held as one tensor against a dataset and a DataLoader.

The experiment of the chapter *Linear, MLP, CNN, side by side* (three models on all of MNIST, tested
after each epoch), run twice from the same initial weights: with ``course_lib.training.train``, and as
tutorials write it, with torchvision's dataset, transforms and a DataLoader. Each model is trained
both ways in turn, so that a busy machine slows both; the claim is the median of the pairs' ratios.

The transforms are those that torchvision's documentation recommends (``transforms.v2``); most older
tutorials use their predecessors (``--transforms v1``), which take two thirds of the time.
Last, the loop of the tutorials in its parts, in microseconds an image: fetching an image from the
dataset (indexing), transforming it, stacking images to a batch (collation), and each model's arithmetic.

    python benchmarks/training_loop.py                     # 5 epochs, 3 pairs: about six minutes
    python benchmarks/training_loop.py --epochs 1 --pairs 1 --transforms v1
"""

import argparse
import json
import os
import statistics
import struct
import tempfile
import time
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader, default_collate
from torchvision import datasets, transforms
from torchvision.transforms import v2

from course_lib.data import MNIST_MEAN, MNIST_STD, load_mnist
from course_lib.data import files as data_files
from course_lib.models import MLP, LinearClassifier, SimpleCNN
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, train

MODELS = (LinearClassifier, MLP, SimpleCNN)
BATCH_SIZE, LEARNING_RATE = 128, 1e-3
TRANSFORMS = {
    "v1": [transforms.ToTensor(), transforms.Normalize((MNIST_MEAN,), (MNIST_STD,))],
    "v2": [v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize((MNIST_MEAN,), (MNIST_STD,))],
}
TARGET_RATIO = 4.0
# Two runs of one model differ in their batch order: by at most half a percentage point after an epoch or more
SAME_ACCURACY = 0.005


def main():
    """Run the pairs, print what they took and reached, and fail where the claim does not hold."""
    arguments = parsed_arguments()
    os.environ["TQDM_DISABLE"] = "1"
    data_files.load_arrays(data_files.MNIST)  # a download, where needed, is not part of the comparison
    print(
        f"{arguments.epochs} epochs, {arguments.pairs} pairs, {torch.get_num_threads()} threads, "
        f"torchvision's transforms {arguments.transforms}"
    )
    with tempfile.TemporaryDirectory() as folder:
        write_idx_files(Path(folder))
        pairs = []
        for seed in range(arguments.pairs):
            pairs.append(run_pair(arguments.epochs, seed, folder, arguments.transforms))
            print_pair(seed, *pairs[-1])
        print_parts(folder, arguments.transforms)
    if arguments.results:
        ratios = [total(theirs) / total(ours) for ours, theirs in pairs]
        ours = {name: statistics.median(pair[0][name][0] for pair in pairs) for name in pairs[0][0]}
        arguments.results.write_text(json.dumps({"ratios": ratios, "ours": ours}), encoding="utf-8")
    return report(pairs)


def parsed_arguments():
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--results", type=Path, help="keep the ratios, and our seconds, as JSON")
    parser.add_argument("--transforms", choices=TRANSFORMS, default="v2")
    return parser.parse_args()


def write_idx_files(folder):
    """Write MNIST in its original format, so that torchvision has nothing to download."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    arrays = data_files.load_arrays(data_files.MNIST)
    for part, name in (("train", "train"), ("test", "t10k")):
        images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        header = struct.pack(">IIII", 0x803, *images.shape)
        (raw / f"{name}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        (raw / f"{name}-labels-idx1-ubyte").write_bytes(
            struct.pack(">II", 0x801, len(labels)) + labels.tobytes()
        )


def fresh(model, seed):
    """Return a model with the initial weights that belong to the seed: the same in both loops."""
    set_seed(seed)
    return model()


def run_pair(num_epochs, seed, folder, version):
    """Run the experiment both ways, in turn model by model; return two dicts of (seconds, test accuracy)."""
    ours, theirs = {}, {}
    mnist, ours["loading"] = timed(load_mnist, offline_default=False)
    loaders, theirs["loading"] = timed(usual_loaders, folder, version)
    config = TrainConfig(num_epochs, BATCH_SIZE, LEARNING_RATE, seed=seed)
    for model in MODELS:
        history, seconds = timed(train, fresh(model, seed), mnist, config)
        ours[model.__name__] = (seconds[0], history.test_accuracy[-1])
        accuracy, seconds = timed(usual_loop, fresh(model, seed), *loaders, num_epochs)
        theirs[model.__name__] = (seconds[0], accuracy)
    return ours, theirs


def timed(function, *args, **kwargs):
    """Return what a function returns, and (seconds, None)."""
    start = time.perf_counter()
    result = function(*args, **kwargs)
    return result, (time.perf_counter() - start, None)


def usual_loaders(folder, version):
    """Return the training and the test set as tutorials load them."""
    transform = transforms.Compose(TRANSFORMS[version])
    train_set = datasets.MNIST(folder, train=True, transform=transform)
    test_set = datasets.MNIST(folder, train=False, transform=transform)
    return DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True), DataLoader(test_set, batch_size=1000)


def usual_loop(model, train_loader, test_loader, num_epochs):
    """Train as every tutorial does, test after each epoch; return the last test accuracy."""
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    for _ in range(num_epochs):
        train_epoch(model, train_loader, optimizer)
        accuracy = tested(model, test_loader)
    return accuracy


def train_epoch(model, batches, optimizer):
    """Take one step on each batch."""
    criterion = nn.CrossEntropyLoss()
    model.train()
    running_loss, correct = 0.0, 0
    for images, labels in batches:
        optimizer.zero_grad()
        logits = model(images)
        loss = criterion(logits, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item() * len(labels)
        correct += (logits.argmax(1) == labels).sum().item()


@torch.no_grad()
def tested(model, loader):
    """Return the accuracy over a loader's images."""
    model.eval()
    correct = sum((model(images).argmax(1) == labels).sum().item() for images, labels in loader)
    return correct / len(loader.dataset)


def print_parts(folder, version):
    """Print what the usual loop spends its time on, measured part by part on a random tenth of the images."""
    plain, transform = datasets.MNIST(folder, train=True), transforms.Compose(TRANSFORMS[version])
    order = torch.randperm(len(plain), generator=torch.Generator().manual_seed(0))[: len(plain) // 10]
    pairs, indexing = timed(lambda: [plain[index] for index in order.tolist()])
    samples, transforming = timed(lambda: [(transform(image), label) for image, label in pairs])
    starts = range(0, len(samples), BATCH_SIZE)
    batches, collation = timed(lambda: [default_collate(samples[i : i + BATCH_SIZE]) for i in starts])
    parts = {"indexing": indexing[0], "transform": transforming[0], "collation": collation[0]}
    for make in MODELS:
        model = fresh(make, 0)
        optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
        parts[f"arithmetic, {make.__name__}"] = timed(train_epoch, model, batches, optimizer)[1][0]
    print("\nthe usual loop in parts, microseconds an image")
    for name, seconds in parts.items():
        print(f"  {name:<28} {1e6 * seconds / len(order):7.1f}")


def total(results):
    """Return the seconds of a whole run."""
    return sum(seconds for seconds, _ in results.values())


def print_pair(number, ours, theirs):
    """Print a pair of runs, model by model."""
    print(f"\npair {number + 1:<14} course_lib           Dataset + DataLoader   ratio")
    for name in ours:
        (seconds, accuracy), (usual_seconds, usual_accuracy) = ours[name], theirs[name]
        reached = ("", "") if accuracy is None else (f"{accuracy:8.2%}", f"{usual_accuracy:8.2%}")
        print(
            f"  {name:<16} {seconds:7.1f} s {reached[0]:<10} {usual_seconds:7.1f} s {reached[1]:<10} "
            f"{usual_seconds / seconds:6.2f}"
        )
    print(f"  {'all':<16} {total(ours):7.1f} s {'':<10} {total(theirs):7.1f} s {'':<10} ", end="")
    print(f"{total(theirs) / total(ours):6.2f}", flush=True)


def report(pairs):
    """Print the medians; return 0 where ratio and accuracies are as claimed, otherwise 1."""
    ratio = statistics.median(total(theirs) / total(ours) for ours, theirs in pairs)
    print(f"\nmedian ratio {ratio:.2f} (target: at least {TARGET_RATIO:g})")
    good = ratio >= TARGET_RATIO
    for name in (model.__name__ for model in MODELS):
        mine, usual = (statistics.median(run[name][1] for run in runs) for runs in zip(*pairs, strict=True))
        same = abs(mine - usual) <= SAME_ACCURACY
        good = good and same
        print(f"{name:<16} median accuracy {mine:.2%} and {usual:.2%}: {'the same' if same else 'DIFFERENT'}")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
