"""When no CNN? Four networks on digits whose pixels, or whose patches, were moved; equal processor seconds.

An MLP, a CNN, a small vision transformer and an MLP-mixer for the chapter *Beyond classification*, on
10,000 of MNIST's training digits: as they are, with all pixels moved by one permutation, and with the
sixteen patches of 7x7 pixels moved as wholes. Every training has the epochs that fit into the same
processor seconds, after a timing of one epoch of each network. Each network gets the same search for a
learning rate, on digits as they are and on moved pixels: four rates, one-cycle, on 2,000 other training
digits, with a seed of its own. (Moved patches take the rate of digits as they are.) Then seeds 0 to 2 at
the best rate, with images and permutation of their own, measured on all test digits after the last
epoch; and once more, but for moved patches, with equal epochs, those of the slowest network. A run that
was interrupted goes on where it was.

    python benchmarks/moved_pixels.py        # about twelve minutes on one thread

Results are kept in course_lib/data/moved_pixels.json, where the chapter reads them.
"""

import time
from pathlib import Path

import torch
from sweep_options import sweep_options

from course_lib.data import load_mnist
from course_lib.evaluation import evaluate
from course_lib.experiments import Record
from course_lib.models import MLP, MLPMixer, SimpleCNN, VisionTransformer, num_parameters
from course_lib.reproducibility import set_seed
from course_lib.training.loop import channels_last, train_epoch
from course_lib.training.schedules import rate_factor

RESULTS = Path(__file__).parents[1] / "course_lib" / "data" / "moved_pixels.json"
RATES = (3e-4, 1e-3, 3e-3, 1e-2)
NUM_IMAGES, NUM_HELD_OUT, SECONDS = 10_000, 2000, 8
TUNING_SEED = 100
PATCH, BATCH = 7, 128
ARMS = {"MLP": MLP, "CNN": SimpleCNN, "transformer": VisionTransformer, "mixer": MLPMixer}
ORDERS = ("in order", "patches moved", "pixels moved")


def main():
    """Time, tune, train, write; print a line for each result."""
    arguments = sweep_options(__doc__, RESULTS, seeds=3).parse_args()
    torch.set_num_threads(1)
    settings = {"images": NUM_IMAGES, "seconds": SECONDS, "rates": RATES, "patch": PATCH}
    run = Runs(Record(arguments.out, **settings), load_mnist(offline_default=False))
    for name in ARMS:
        run.describe(name)
    for order in ORDERS:
        for seed in range(arguments.seeds):
            for name in ARMS:
                print(order, seed, name, run.tested(name, order, seed)["accuracy"], flush=True)
    slowest = min(run.epochs(name) for name in ARMS)
    for order in ("in order", "pixels moved"):
        for seed in range(arguments.seeds):
            for name in ARMS:
                run.tested(name, order, seed, slowest)


class Runs:
    """The runs of the benchmark, each kept in the record."""

    def __init__(self, record, data):
        self.record, self.data = record, data

    def describe(self, name):
        """Keep what a network is: its parameters and the seconds of an epoch."""
        self.record.keep(lambda: num_parameters(ARMS[name]()), name, "parameters")
        self.record.keep(lambda: round(self._seconds_of_an_epoch(name), 3), name, "seconds an epoch")

    def _seconds_of_an_epoch(self, name):
        data = self.data.sample(NUM_IMAGES, seed=TUNING_SEED)
        given = data.train_images, data.train_labels
        return min(fit(name, *given, 1e-3, 1, TUNING_SEED)[1] for _ in range(3))

    def epochs(self, name):
        """Return how many epochs fit into the seconds, at least one."""
        return max(1, round(SECONDS / self.record.values["results"][name]["seconds an epoch"]))

    def tested(self, name, order, seed, epochs=None):
        """Return accuracy and processor seconds of one run, on the test digits."""
        if epochs == self.epochs(name):  # the slowest network: the same run
            kept = self.tested(name, order, seed)
            return self.record.keep(lambda: kept, name, order, "equal epochs", seed)
        what = "equal seconds" if epochs is None else "equal epochs"
        rate, epochs = self.rate(name, order), epochs or self.epochs(name)
        return self.record.keep(lambda: self.score(name, order, rate, epochs, seed), name, order, what, seed)

    def rate(self, name, order):
        """Return the learning rate that is best on held-out training digits in this order.

        Moved patches get the rate of digits in order.
        """
        if order == "patches moved":
            return self.record.keep(lambda: self.rate(name, "in order"), name, order, "rate")
        tried = {
            rate: self.record.keep(
                lambda r=rate: self.score(name, order, r, self.epochs(name), TUNING_SEED, held_out=True),
                name, order, "validation", f"{rate:g}",
            )["accuracy"]
            for rate in RATES
        }  # fmt: skip
        return self.record.keep(lambda: max(tried, key=tried.get), name, order, "rate")

    def score(self, name, order, rate, epochs, seed, held_out=False):
        """Train once; return what the network reached and how long it took."""
        split = self.data.validation_split(NUM_HELD_OUT, seed=TUNING_SEED)
        part, moved = split.sample(NUM_IMAGES, seed=seed), positions(order, seed)
        model, seconds = fit(name, move(part.train_images, moved), part.train_labels, rate, epochs, seed)
        if held_out:
            images, labels = split.validation_images, split.validation_labels
        else:
            images, labels = split.test_images, split.test_labels
        accuracy = evaluate(model, move(images, moved), labels)[1]
        return {"accuracy": round(accuracy, 4), "epochs": epochs, "seconds": round(seconds, 1)}


def fit(name, images, labels, rate, epochs, seed):
    """Train a network with Adam and a one-cycle rate; return it and the processor seconds."""
    set_seed(seed)
    model, generator = ARMS[name](), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), rate)
    steps = -(-len(images) // BATCH)
    rates = [rate * rate_factor("one-cycle", step, epochs * steps, 0.25) for step in range(epochs * steps)]
    images = images.to(memory_format=torch.channels_last)
    start = time.process_time()
    with channels_last(model):
        for epoch in range(epochs):
            these = rates[epoch * steps : (epoch + 1) * steps]
            train_epoch(model, images, labels, optimizer, BATCH, generator, rates=these)
    return model, time.process_time() - start


def positions(order, seed):
    """Return where each of the 784 pixels comes from."""
    generator, pixels = torch.Generator().manual_seed(seed), torch.arange(784)
    if order == "in order":
        return pixels
    if order == "pixels moved":
        return pixels[torch.randperm(784, generator=generator)]
    tiles = pixels.view(4, PATCH, 4, PATCH).transpose(1, 2).reshape(16, PATCH, PATCH)
    tiles = tiles[torch.randperm(16, generator=generator)]
    return tiles.view(4, 4, PATCH, PATCH).transpose(1, 2).reshape(784)


def move(images, moved):
    """Move the pixels of every image in the same way."""
    return images.flatten(1)[:, moved].view_as(images)


if __name__ == "__main__":
    main()
