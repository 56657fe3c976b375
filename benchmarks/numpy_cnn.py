"""How fast the network in NumPy is: against the same layers as loops, and against PyTorch.

Two experiments: fitting the network of 114 parameters of the laboratory for 80 epochs, and one forward
and backward pass over images of MNIST's shape, 1, 64 and 512 at once (*How fast can NumPy be, and what
does it wait for?*). In the second, everyone pools before the ReLU: the same numbers, a quarter of the
work; PyTorch is also timed in the usual order, as "torch, ReLU first".
The twin is ``course_lib.numpy_cnn.loops``: a Python loop over output positions, tensordot over the
batch. All take turns, so that a busy machine slows all of them; the claims are medians of the
rounds' ratios. They are about equal means, one thread for each library: PyTorch spreads all of its work
over the cores, NumPy only its matrix products. What all cores make of it is measured and shown, too.
Then, how memory grows with batch and kernel.

    python benchmarks/numpy_cnn.py                # 7 rounds on one thread and on all cores, two minutes
    python benchmarks/numpy_cnn.py --threads 1    # on one thread alone
"""

import argparse
import json
import os
import statistics
import time
import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import nn
from torch.nn import functional

from course_lib import numpy_cnn
from course_lib.data import load_patterns
from course_lib.numpy_cnn import layers, loops

# (experiment, who, ratio): on one thread who takes at least `ratio` times our seconds
TARGETS = (
    ("fit", "loops", 6.0),
    ("fit", "torch", 1 / 0.4),
    ("pass, 64", "loops", 8.0),
    ("pass, 64", "torch", 1 / 0.7),
)
NUM_EPOCHS, LEARNING_RATE, BATCH_SIZE = 80, 0.12, 18
BATCHES = {1: 200, 64: 60, 512: 8}  # passes of each round


def main():
    """Run the rounds, print the medians and the memory; fail where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--results", type=Path, help="keep the ratios of all rounds as JSON")
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, torch.get_num_threads()}))
    arguments = parser.parse_args()
    os.environ["TQDM_DISABLE"] = "1"
    ratios = {}
    good = [race(threads, arguments.rounds, ratios) for threads in arguments.threads]
    if arguments.results:
        arguments.results.write_text(json.dumps(ratios), encoding="utf-8")
    print_memory()
    return 0 if all(good) else 1


def race(threads, rounds, kept):
    """Run all experiments with so many threads for each library; return whether the claims hold.

    The ratios of the rounds are kept, by experiment and by who; those of one thread with their claims.
    """
    torch.set_num_threads(threads)
    count = f"{threads} threads, no claims" if threads > 1 else "1 thread"
    print(f"\n{rounds} rounds, torch {torch.__version__}, {count}")
    with threadpool_limits(threads):
        experiments = {"fit": fitting()} | {f"pass, {n}": one_pass(n) for n in BATCHES}
        targets = TARGETS if threads == 1 else ()
        seconds = {name: measured(runs, rounds) for name, runs in experiments.items()}
    for name, taken in seconds.items():
        kept[name if threads == 1 else f"{name}, {threads} threads"] = ratios_of(name, taken, targets)
    return all([report(name, taken, targets) for name, taken in seconds.items()])


def measured(runs, rounds):
    """Return seconds by who and round; everyone runs once before the clock starts."""
    for run in runs.values():
        run()
    seconds = {who: [] for who in runs}
    for _ in range(rounds):
        for who, run in runs.items():
            seconds[who].append(run())
    return seconds


def fitting():
    """Return the three ways to fit the tiny network, each a function that returns its seconds."""
    data = load_patterns()
    train = data.train_images, data.train_labels
    validation = data.validation_images, data.validation_labels

    def ours(implementation):
        network = numpy_cnn.tiny_cnn(seed=0, layers=implementation)
        settings = {"num_epochs": NUM_EPOCHS, "learning_rate": LEARNING_RATE, "batch_size": BATCH_SIZE}
        history, seconds = timed(numpy_cnn.fit, network, train, validation, seed=0, **settings)
        assert history.validation_accuracy[-1] == 1.0  # all three learn the task
        return seconds

    tensors = [torch.from_numpy(array) for array in (*train, *validation)]
    return {
        "layers": lambda: ours(layers),
        "loops": lambda: ours(loops),
        "torch": lambda: torch_fit(*tensors),
    }


def torch_fit(images, labels, validation_images, validation_labels):
    """Fit the same network from the same weights in PyTorch, data in one tensor; return the seconds."""
    model = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27, 3)
    ).double()  # fmt: skip
    with torch.no_grad():
        for parameter, values in zip(
            model.parameters(), numpy_cnn.tiny_cnn(seed=0).parameters(), strict=True
        ):
            parameter.copy_(torch.from_numpy(values))
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    generator = torch.Generator().manual_seed(0)
    start = time.perf_counter()
    for _ in range(NUM_EPOCHS):
        loss_sum, num_correct = 0.0, 0
        for batch in torch.randperm(len(images), generator=generator).split(BATCH_SIZE):
            logits = model(images[batch])
            loss = functional.cross_entropy(logits, labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(batch)
            num_correct += (logits.argmax(1) == labels[batch]).sum().item()
        with torch.no_grad():
            logits = model(validation_images)
            functional.cross_entropy(logits, validation_labels).item()
            accuracy = (logits.argmax(1) == validation_labels).double().mean().item()
    seconds = time.perf_counter() - start
    assert accuracy == 1.0
    return seconds


def mnist_network(implementation):
    """Return the network of the second experiment: two convolutions on 28x28, in float32."""
    rng = np.random.default_rng(0)
    settings = {"rng": rng, "dtype": np.float32}
    return numpy_cnn.Sequential(
        implementation.Conv2d(1, 8, 3, **settings), implementation.MaxPool2d(2), implementation.ReLU(),
        implementation.Conv2d(8, 16, 3, **settings), implementation.MaxPool2d(2), implementation.ReLU(),
        implementation.Flatten(), implementation.Linear(400, 10, **settings),
    )  # fmt: skip


def torch_network(middle):
    """Return the same network in PyTorch, with these two steps after each convolution."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3), *middle, nn.Conv2d(8, 16, 3), *middle, nn.Flatten(), nn.Linear(400, 10)
    )  # fmt: skip


def one_pass(num_images):
    """Return the ways through one batch, forward and backward, each returning seconds per pass."""
    rng = np.random.default_rng(0)
    images = rng.normal(size=(num_images, 1, 28, 28)).astype(np.float32)
    labels = rng.integers(0, 10, num_images)
    torch_images, torch_labels = torch.from_numpy(images), torch.from_numpy(labels)

    def ours(network):
        _, grad_logits = numpy_cnn.cross_entropy(network.forward(images), labels)
        network.backward(grad_logits, need_grad_input=False)

    def theirs(model):
        model.zero_grad()
        functional.cross_entropy(model(torch_images), torch_labels).backward()

    pool, relu = nn.MaxPool2d(2), nn.ReLU()
    steps = {
        "layers": partial(ours, mnist_network(layers)),
        "torch": partial(theirs, torch_network((pool, relu))),
        "torch, ReLU first": partial(theirs, torch_network((relu, pool))),
    }
    runs = {who: partial(median_seconds, step, BATCHES[num_images]) for who, step in steps.items()}
    if num_images == 64:
        runs["loops"] = partial(median_seconds, partial(ours, mnist_network(loops)), 2)
    return runs


def timed(function, *args, **kwargs):
    """Return what a function returns, and its seconds."""
    start = time.perf_counter()
    result = function(*args, **kwargs)
    return result, time.perf_counter() - start


def median_seconds(function, times):
    """Return the median seconds of several calls."""
    return statistics.median(timed(function)[1] for _ in range(times))


def ratios_of(experiment, seconds, claims):
    """Return for everyone else the ratio of each round, who by ours, and the least that is claimed."""
    least = {who: target for name, who, target in claims if name == experiment}
    return {
        who: {
            "ratios": [theirs / ours for theirs, ours in zip(taken, seconds["layers"], strict=True)],
            "least": least.get(who),
        }
        for who, taken in seconds.items()
        if who != "layers"
    }


def report(experiment, seconds, claims):
    """Print the medians and ratios of one experiment; return whether its claims hold."""
    print(f"\n{experiment}\n  layers {1e3 * statistics.median(seconds['layers']):10.2f} ms")
    good = True
    for who, pairs in ratios_of(experiment, seconds, claims).items():
        ratio, least = statistics.median(pairs["ratios"]), pairs["least"]
        good = good and ratio >= (least or 0)
        claim = f"  (claim: at least {least:.2f})" if least else ""
        print(
            f"  {who:<20} {1e3 * statistics.median(seconds[who]):10.2f} ms, {ratio:6.2f} times ours: "
            f"ours takes {1 / ratio:.2f} of it{claim}"
        )
    return good


def print_memory():
    """Print the peak of memory for one convolution, forward and backward, in float32."""
    sizes, batches = (1, 3, 5, 7), (1, 16, 64, 256)
    print("\nMB at the peak of one pass through Conv2d(8, 16) on 28 x 28; an image batch itself in brackets")
    print("  batch      " + "".join(f"{size:>8}x{size}" for size in sizes))
    for batch in batches:
        x = np.zeros((batch, 8, 28, 28), np.float32)
        row = "".join(f"{peak_megabytes(x, size):10.1f}" for size in sizes)
        print(f"  {batch:>4} ({x.nbytes / 1e6:4.1f})" + row)


def peak_megabytes(x, kernel_size):
    """Return the peak of allocated memory during forward and backward, the layer's own included."""
    layer = numpy_cnn.Conv2d(8, 16, kernel_size, rng=np.random.default_rng(0), dtype=np.float32)
    tracemalloc.start()
    layer.backward(layer.forward(x))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


if __name__ == "__main__":
    raise SystemExit(main())
