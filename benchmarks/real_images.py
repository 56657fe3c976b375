"""Four models on photographs, three of them also with a tenth: a matter of images or of steps?

For the chapter *Real images*, in parts that can be run one by one:

* `search`: for each model the best learning rate, by its accuracy on 2,000 validation photographs of CIFAR-10
  after three epochs with 18,000: of three rates the best, and further ones as long as the best lies at the
  edge; with a seed of its own.
* `many`: a linear model, an MLP, a CNN and a small ResNet on 20,000 photographs for five epochs.
* `long`: the same for ten epochs.
* `few`: the four on 2,000 of them, for as many steps and for as many epochs.
* `addition`: the residual network without its shortcuts, with as many parameters, at a rate of its own.
* `augment`: the residual network on 2,000 photographs for twenty epochs, as they are, with flips, with crops,
  with both, and upside down as a control.

All train with AdamW and one cycle, batches of 64, at the rate of the search, with seeds 0 to 2; all test
images are read after the last epoch. The file of CIFAR-10 that was read for the stored results has 20,000
training images, and as test images the first 1,000 of the official ones and 4,000 further training images.

    python benchmarks/real_images.py                    # about 45 minutes on one quiet thread
    python benchmarks/real_images.py --part few

Results are kept in course_lib/data/real_images.json, where the chapter reads them; what is not stored there
yet, a run adds.
"""

import argparse
import time
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
from torchvision.transforms import v2

from course_lib.data import load_cifar10, sample_indices
from course_lib.evaluation import correct_answers
from course_lib.experiments import Record
from course_lib.models import MLP, LinearClassifier, SimpleCNN, SmallResNet, num_parameters
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, each_image, evaluate, predict, train

RESULTS = Path(__file__).parents[1] / "course_lib" / "data" / "real_images.json"
RATES, FIRST_RATES = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1), (1e-3, 3e-3, 1e-2)
SEEDS, TUNING_SEED = (0, 1, 2), 100
MANY, FEW, NUM_VALIDATION = 20_000, 2000, 2000
SEARCH = TrainConfig(3, 64, 1e-2, optimizer="adamw", weight_decay=0.01, schedule="one-cycle")
CONFIG, NUM_EPOCHS_CHANGED = replace(SEARCH, num_epochs=5), 20
LONG = replace(CONFIG, num_epochs=CONFIG.num_epochs * MANY // FEW)  # as many steps with few images
TWICE = replace(CONFIG, num_epochs=2 * CONFIG.num_epochs)
SIZES = {
    "many": (MANY, CONFIG), "many, twice as long": (MANY, TWICE),
    "few, equal steps": (FEW, LONG), "few, equal epochs": (FEW, CONFIG),
}  # fmt: skip
COLOUR = {"in_channels": 3, "image_size": 32}
LADDER = {
    "linear": partial(LinearClassifier, **COLOUR), "MLP": partial(MLP, **COLOUR),
    "CNN": partial(SimpleCNN, **COLOUR), "SmallResNet": SmallResNet,
}  # fmt: skip
PLAIN = partial(SmallResNet, (16, 33, 65), residual=False)  # 29 parameters more than with shortcuts
FLIP, CROP = v2.RandomHorizontalFlip(), v2.RandomCrop(32, padding=4, padding_mode="reflect")
CHANGES = {
    "none": None, "flip": FLIP, "crop": CROP, "flip and crop": v2.Compose([FLIP, CROP]),
    "upside down": v2.RandomVerticalFlip(),
}  # fmt: skip


def main():
    """Run the parts, keep what they find."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=list(PARTS), action="append", help="only these")
    parser.add_argument("--out", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    settings = {"many": MANY, "few": FEW, "epochs": CONFIG.num_epochs, "search_epochs": SEARCH.num_epochs}
    record = Record(arguments.out, **settings)
    for name in arguments.part or PARTS:
        PARTS[name](record)


@cache
def photographs(number, held_out=False):
    """Return as many photographs; `held_out`: without the validation images, which come beside them."""
    data = load_cifar10(offline_default=False).sample(MANY, seed=0)
    data = data.validation_split(NUM_VALIDATION, seed=0) if held_out else data
    return data.sample(min(number, len(data.train_labels)), seed=0)


def trained(make_model, data, config, augment=None):
    """Return a fresh model after its training, and the processor's seconds."""
    set_seed(config.seed)
    model = make_model()
    least = replace(
        data,
        test_images=data.test_images[:1],
        test_labels=data.test_labels[:1],
        validation_images=None,
        validation_labels=None,
    )  # fmt: skip (nothing is measured while it trains)
    start = time.process_time()
    train(model, least, config, augment=augment)
    return model, time.process_time() - start


def found(model, data, seconds):
    """Return accuracies on plain training images and on all test images, and one bit for each of these."""
    correct = correct_answers(predict(model, data.test_images), data.test_labels).numpy()
    seen = sample_indices(data.train_labels, min(FEW, len(data.train_labels)))
    _, train_accuracy = evaluate(model, data.train_images[seen], data.train_labels[seen])
    return {
        "accuracy": round(float(correct.mean()), 4), "train": round(train_accuracy, 4),
        "seconds": round(seconds, 1), "correct": np.packbits(correct).tobytes().hex(),
    }  # fmt: skip


def chosen_rate(record, score, *keys):
    """Return the rate with the best `score(rate)`: the best of three, and of their neighbours at an edge."""
    tried, waiting = {}, list(FIRST_RATES)
    while waiting:
        for rate in waiting:
            tried[rate] = record.keep(lambda r=rate: round(score(r), 4), *keys, "validation", f"{rate:g}")
        best = RATES.index(max(tried, key=tried.get))
        waiting = [rate for rate in RATES[best - 1 : best + 2] if rate not in tried]
    return record.keep(lambda: RATES[best], *keys, "rate")


# --- the ladder, with many images and with few


def search(record):
    """Choose a rate for each model."""
    for name, make_model in LADDER.items():
        print(name, chosen_rate(record, partial(validated, make_model), "search", name), flush=True)


def validated(make_model, rate):
    """Return the accuracy on validation photographs after the short training of the search."""
    data = photographs(MANY, held_out=True)
    model, _ = trained(make_model, data, replace(SEARCH, learning_rate=rate, seed=TUNING_SEED))
    return evaluate(model, data.validation_images, data.validation_labels)[1]


def rate_of(record, name):
    """Return the rate that the search chose."""
    return record.values["results"]["search"][name]["rate"]


def many(record):
    """Train the four models on many images; keep their answers."""
    record.keep(lambda: as_digits(photographs(MANY).test_labels), "test labels")
    for name in LADDER:
        one_model(record, "many", name)


def long(record):
    """Train the four for twice as many epochs."""
    for name in LADDER:
        one_model(record, "many, twice as long", name)


def few(record):
    """Train the four on few images, with as many steps as on many and with as many epochs."""
    for name in LADDER:
        for size in ("few, equal epochs", "few, equal steps"):
            one_model(record, size, name)


def one_model(record, size, name):
    """Train with each seed, keep the results; with many images the answers, too."""
    (number, config), make_model, rate = SIZES[size], LADDER[name], rate_of(record, name)
    record.keep(lambda: num_parameters(make_model()), "ladder", size, name, "parameters")

    def result(seed):
        data = photographs(number)
        model, seconds = trained(make_model, data, replace(config, learning_rate=rate, seed=seed))
        answers = {}
        if size == "many":
            answers["answers"] = as_digits(predict(model, data.test_images).argmax(1))
        return found(model, data, seconds) | answers

    for seed in SEEDS:
        kept = record.keep(partial(result, seed), "ladder", size, name, "test", seed)
        print(size, name, rate, seed, kept["accuracy"], kept["train"], kept["seconds"], flush=True)


def as_digits(labels):
    """Return labels from 0 to 9 as a text of as many digits."""
    return "".join(str(label) for label in labels.tolist())


# --- the residual network without its shortcuts, and with changed photographs


def addition(record):
    """Train the residual network without shortcuts; its twin with them is in the ladder."""
    record.keep(lambda: num_parameters(PLAIN()), "no addition", "parameters")
    rate = chosen_rate(record, partial(validated, PLAIN), "no addition")
    for size in ("many", "many, twice as long"):
        number, config = SIZES[size]
        config = replace(config, learning_rate=rate)
        seeds(record, partial(short, PLAIN, number, config), "no addition", size)


def augment(record):
    """Train the residual network on changed photographs, at the rate that was found without a change."""
    config = replace(CONFIG, num_epochs=NUM_EPOCHS_CHANGED, learning_rate=rate_of(record, "SmallResNet"))
    for name, change in CHANGES.items():
        change = change and each_image(change)
        seeds(record, partial(short, SmallResNet, FEW, config, augment=change), "augmented", name)


def seeds(record, run, *keys):
    """Keep `run(seed)` for each seed."""
    for seed in SEEDS:
        print(*keys, seed, record.keep(partial(run, seed), *keys, "test", seed), flush=True)


def short(make_model, number, config, seed, augment=None):
    """Return accuracies and seconds of one training, without the answers."""
    data = photographs(number)
    model, seconds = trained(make_model, data, replace(config, seed=seed), augment)
    return {name: value for name, value in found(model, data, seconds).items() if name != "correct"}


PARTS = {
    "search": search, "many": many, "long": long, "few": few, "addition": addition, "augment": augment,
}  # fmt: skip


if __name__ == "__main__":
    main()
