"""The ladder from 98 to 99.5 %: what each change is worth, paired over seeds.

Without ``--rung``, the whole ladder at a small scale: for every seed each rung trains on the same
random tenth of MNIST's images, with a learning rate that was chosen for it on validation images, all
with equal effort; the test images are read once, after the last epoch. ``--rung NAME`` runs one rung so.
``--rung fast`` is the claim itself: FastCNN on all training images, its recipe fixed beforehand,
eight epochs; then the vote of all seeds, and its seconds per epoch beside SimpleCNN's.
``--scale full`` runs rungs on all 60,000 images for five epochs: FastCNN with each of its parts taken away,
unless another ``--group`` is named (all of them take many hours of one core).

    python benchmarks/mnist_ladder.py --rung fast --seeds 3    # about five minutes
    python benchmarks/mnist_ladder.py                          # about half an hour
    python benchmarks/mnist_ladder.py --scale full             # about an hour

With ``--results FILE`` each result is kept as soon as it is there, and a later call goes on from it;
the epochs of ``--rung fast`` are kept in the folder that ``--checkpoints`` names.
"""

import argparse
import os
import statistics
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch

from course_lib.data import load_mnist, shift_images
from course_lib.experiments import Record, choose_rate
from course_lib.ladder import FAST_CONFIG, RUNGS, by_rung, paired_gain
from course_lib.models import num_parameters
from course_lib.reproducibility import default_device, set_seed
from course_lib.training import evaluate, predict
from course_lib.training.loop import Run

NUM_VALIDATION, TUNING_SEEDS = 10_000, (100,)
TARGET, TARGET_VOTE, TARGET_RATIO = 0.9958, 0.9965, 1.5
SHIFTS = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))


@dataclass(frozen=True)
class Scale:
    """On how many images for how many epochs rungs are measured, and how their rates are found."""

    num_images: int
    num_epochs: int
    tuning_images: int
    tuning_epochs: int
    rates: tuple  # and further ones beyond the better, as long as they help

    @property
    def settings(self):
        """What the stored results depend on."""
        tuning = {} if self.tuning_images == self.num_images else {"tuning_images": self.tuning_images}
        return {
            "train_images": self.num_images, "num_epochs": self.num_epochs, "rates": self.rates,
            "tuning_epochs": self.tuning_epochs, "tuning_seeds": TUNING_SEEDS,
            "validation_images": NUM_VALIDATION, "device": str(default_device()), **tuning,
        }  # fmt: skip


SMALL = Scale(6_000, 3, 6_000, 1, (1e-3, 3e-3))  # all rungs in half an hour of one core
FULL = Scale(60_000, 5, 12_000, 2, (3e-3, 1e-2))  # the recipe's own rate is 1e-2


def main():
    """Run what was asked for, print and keep it; fail where the claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rung", choices=RUNGS)
    parser.add_argument("--group", choices=("ladder", "null", "alone", "without"), help="one part of it")
    parser.add_argument("--scale", choices=("small", "full"), default="small")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--results", type=Path, help="a JSON file; nothing is kept without")
    parser.add_argument("--checkpoints", type=Path, help="a folder, so that FastCNN's epochs survive a kill")
    arguments = parser.parse_args()
    os.environ["TQDM_DISABLE"] = "1"
    data = load_mnist(offline_default=False)
    scale = FULL if arguments.scale == "full" else SMALL
    record = Record(arguments.results, **scale.settings)
    print(f"torch {torch.__version__} on {default_device()}, {torch.get_num_threads()} threads", flush=True)
    if arguments.rung == "fast" and scale is SMALL:
        return fast(data, record, arguments.seeds, arguments.checkpoints)
    chosen = [name for name in RUNGS if arguments.rung in (None, name)]
    group = arguments.group or ("without" if scale is FULL and arguments.rung is None else None)
    chosen = [name for name in chosen if group in (None, RUNGS[name].group)]
    chosen = ["fast", *chosen] if scale is FULL and group == "without" else chosen
    return ladder(data, record, chosen, arguments.seeds, scale)


def ladder(data, record, names, num_seeds, scale):
    """Tune every rung, then run all of them seed by seed; print the paired gains."""
    for name in names:
        facts = record.keep(partial(tuned, RUNGS[name], data, scale), "rungs", name, "choice")
        print(f"{name:<22} rate {facts['learning_rate']:g}", flush=True)
    for number in range(num_seeds):
        for name in names:
            rung, seed = RUNGS[name], RUNGS[name].first_seed + number
            rate = record.values["results"]["rungs"][name]["choice"]["learning_rate"]
            found = record.keep(partial(tested, rung, rate, data, seed, scale), "rungs", name, "test", seed)
            print(f"{number}: {name:<22} {found['accuracy']:.2%}", flush=True)
    rungs = by_rung(record.values)
    for name in names:
        print_rung(rungs, name)
    if len(names) == 1:
        print_mean(rungs[names[0]]["test_accuracy"])
    return 0


def tuned(rung, data, scale):
    """Return the facts of a rung with the learning rate that was best on validation images."""
    split = data.validation_split(NUM_VALIDATION).sample(scale.tuning_images)
    config, rates = rung.config(num_epochs=scale.tuning_epochs), list(scale.rates)
    choice = choose_rate(rung.make_model, split, config, rates, TUNING_SEEDS)
    accuracies = {rate: values.tolist() for rate, values in choice.accuracies.items()}
    while choice.rate in (min(rates), max(rates)) and len(rates) < 5:  # the best lies perhaps further out
        further = round(choice.rate * (1 / 3 if choice.rate == min(rates) else 3), 5)
        beyond = choose_rate(rung.make_model, split, config, (further,), TUNING_SEEDS)
        accuracies[further] = beyond.accuracies[further].tolist()
        rates.append(further)
        if statistics.mean(accuracies[further]) <= statistics.mean(accuracies[choice.rate]):
            break
        choice = replace(choice, rate=further)
    return {
        "group": rung.group, "before": rung.before, "change": rung.change,
        "parameters": num_parameters(rung.make_model()), "learning_rate": choice.rate,
        "validation_accuracy": accuracies,
    }  # fmt: skip


def tested(rung, rate, data, seed, scale):
    """Return the test accuracy of a rung with a seed, on the random images that belong to that seed."""
    config = rung.config(num_epochs=scale.num_epochs, learning_rate=rate, seed=seed)
    drawn = data.sample(scale.num_images, seed=seed)
    start = time.process_time()
    # ten images of its own to measure after each epoch, because the test images are read once
    model, _ = rung.run(drawn.validation_split(10), config)
    seconds = round((time.process_time() - start) / scale.num_epochs, 2)
    return {"accuracy": evaluate(model, data.test_images, data.test_labels)[1], "seconds_per_epoch": seconds}


def print_rung(rungs, name):
    """Print a rung with its gain over the one before, and over SimpleCNN."""
    facts = rungs[name]
    mean = statistics.mean(facts["test_accuracy"])
    print(f"{name:<22} {facts['parameters']:>8,} {mean:8.2%}", end="")
    for against in dict.fromkeys((facts["before"], "simple")):
        known = against is not None and against != name and against in rungs
        if known and min(len(facts["seeds"]), len(rungs[against]["seeds"])) > 1:
            gain = paired_gain({"rungs": rungs}, name, against)
            print(
                f"   against {against}: {100 * gain.difference:+.2f} +- {100 * gain.standard_error:.2f}",
                end="",
            )
    print()


def print_mean(accuracies):
    """Print the line with which a run of one rung ends."""
    print(f"mean {100 * statistics.mean(accuracies):.2f} % over {len(accuracies)} seeds")


def fast(data, record, num_seeds, folder):
    """Measure FastCNN and the vote of all seeds, unless that is known; return 0 if the claim holds."""
    facts = record.keep(partial(measured, data, num_seeds, folder), "fast", num_seeds)
    ratio = facts["seconds_per_epoch"]["ratio"]
    print(f"seconds per epoch: {ratio:.2f} times SimpleCNN's")
    print(f"vote of {num_seeds}: {facts['vote']['accuracy']:.2%}, by majority {facts['majority']:.2%}")
    print_mean(facts["test_accuracy"])
    reached = statistics.mean(facts["test_accuracy"]) >= TARGET and ratio <= TARGET_RATIO
    return 0 if reached and (num_seeds < 5 or facts["vote"]["accuracy"] >= TARGET_VOTE) else 1


def measured(data, num_seeds, folder):
    """Train FastCNN with every seed, let them vote, time it beside SimpleCNN; return the facts."""
    members, five_shifts = [], []
    for seed in range(num_seeds):
        path = None if folder is None else folder / f"fast-{seed}.npz"
        model, history = RUNGS["fast"].run(data, replace(FAST_CONFIG, seed=seed), path)
        members.append(predict(model, data.test_images).softmax(1).cpu())
        five_shifts.append(accuracy(over_shifts(model, data), data))
        by_epoch = " ".join(f"{value:.2%}" for value in history.test_accuracy)
        print(f"seed {seed}: {by_epoch}; five shifts {five_shifts[-1]:.2%}", flush=True)
    return {
        "num_epochs": FAST_CONFIG.num_epochs, "seeds": list(range(num_seeds)),
        "wrong": [wrong(member, data) for member in members], "five_shifts": five_shifts,
        "test_accuracy": [accuracy(member, data) for member in members],
        "vote": {"accuracy": accuracy(voted(members), data), "wrong": wrong(voted(members), data)},
        "majority": accuracy(majority(members), data), "seconds_per_epoch": seconds_per_epoch(data),
    }  # fmt: skip


def seconds_per_epoch(data, rounds=3):
    """Return processor seconds of one epoch of FastCNN and of SimpleCNN, which take turns."""
    runs = {}
    for name, config in (("fast", FAST_CONFIG), ("simple", RUNGS["simple"].config())):
        set_seed(0)
        model = RUNGS[name].make_model().to(default_device()).to(memory_format=torch.channels_last)
        runs[name] = Run(model, config, data.background)
    images = data.train_images.to(default_device(), memory_format=torch.channels_last)
    labels, seconds = data.train_labels.to(default_device()), {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = time.process_time(), time.perf_counter()
            run.epoch(images, labels)  # ends with numbers in Python: nothing is under way any more
            seconds[name].append((time.process_time() - start[0], time.perf_counter() - start[1]))
    medians = {
        name: [round(statistics.median(column), 2) for column in zip(*values, strict=True)]
        for name, values in seconds.items()
    }
    pairs = zip(seconds["fast"], seconds["simple"], strict=True)
    ratio = statistics.median(ours[0] / theirs[0] for ours, theirs in pairs)
    return {"processor_and_wall": medians, "ratio": round(ratio, 3), "rounds": rounds}


def accuracy(probabilities, data):
    """Return the share of test images whose largest probability is that of their label."""
    return 1 - len(wrong(probabilities, data)) / len(data.test_labels)


def wrong(probabilities, data):
    """Return the positions of the test images that are classified wrongly."""
    return (probabilities.argmax(1) != data.test_labels).nonzero().flatten().tolist()


def voted(members):
    """Return the mean probability, as `course_lib.training.vote` does with models."""
    return torch.stack(members).mean(0)


def majority(members):
    """Return how many members answer each class; the mean probability decides between equals."""
    votes = sum(torch.nn.functional.one_hot(member.argmax(1), member.shape[1]) for member in members)
    return votes + voted(members) / 2


def over_shifts(model, data):
    """Return one model's mean probability over five positions of each image."""
    shifted = (shift_images(data.test_images, *move, data.background) for move in SHIFTS)
    return torch.stack([predict(model, images).softmax(1).cpu() for images in shifted]).mean(0)


if __name__ == "__main__":
    raise SystemExit(main())
