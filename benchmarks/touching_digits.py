"""Which network separates digits that touch: a U, or convolutions at full size?

Four networks of about 27,000 parameters for the chapter *Beyond classification*: a U-Net, the same with
zeros in place of its skips, five 3x3 layers at full size (field of 11 pixels), and the same five with
dilations (field of 33). 2,000 pairs of MNIST's training digits, four epochs. Each gets the same search
for a learning rate: four rates, on 400 pairs of other training digits, with a seed of its own. Then
seeds 0 to 2 at the best rate, measured on 400 pairs of test digits after the last epoch. A run that was
interrupted goes on where it was.

    python benchmarks/touching_digits.py        # about ten minutes on one thread

Results are kept in course_lib/data/touching_digits.json, where the chapter reads them.
"""

import time
from pathlib import Path

from sweep_options import sweep_options

from course_lib.data import load_mnist, touching_digits
from course_lib.experiments import Record
from course_lib.models import FlatNet, UNet, num_parameters
from course_lib.reproducibility import set_seed
from course_lib.segmentation import digit_overlap, predict_pixels, train_segmenter

RESULTS = Path(__file__).parents[1] / "course_lib" / "data" / "touching_digits.json"
RATES = (3e-3, 1e-2, 3e-2, 1e-1)
TUNING_SEED = 100
ARMS = {
    "U-Net": UNet,
    "U-Net without skips": lambda: UNet(skips=False),
    "flat": lambda: FlatNet(width=27),
    "flat, dilated": lambda: FlatNet(width=27, dilations=(1, 2, 4, 8, 1)),
}


def main():
    """Tune, train, write; print a line for each result."""
    arguments = sweep_options(__doc__, RESULTS, seeds=3).parse_args()
    record = Record(arguments.out, pairs=2000, epochs=4, rates=RATES)
    train, held_out, test = draw_pairs(load_mnist(offline_default=False))
    for name, network in ARMS.items():
        record.keep(lambda n=network: num_parameters(n()), name, "parameters")
        chosen = {
            rate: record.keep(
                lambda r=rate, n=name: score(n, train, held_out, r), name, "validation", f"{rate:g}"
            )["mean"]
            for rate in RATES
        }
        rate = record.keep(lambda c=chosen: max(c, key=c.get), name, "rate")
        for seed in range(arguments.seeds):
            found = record.keep(
                lambda r=rate, n=name, s=seed: score(n, train, test, r, s), name, "test", seed
            )
            print(name, rate, seed, found["mean"], flush=True)


def draw_pairs(data):
    """Return pairs to train on, to choose with and to test with; no digit is in two of them."""
    held_out = data.validation_split(10_000, seed=0)
    parts = (held_out.train_images, 2000), (held_out.validation_images, 400), (data.test_images, 400)
    return [touching_digits(data.ink(images), count, seed) for seed, (images, count) in enumerate(parts)]


def score(name, train, measured, rate, seed=TUNING_SEED):
    """Train; return the mean overlap of the digits, its error over pairs, and the seconds."""
    set_seed(seed)
    model = ARMS[name]()
    start = time.process_time()
    train_segmenter(model, train, num_epochs=4, seed=seed, learning_rate=rate)
    seconds = time.process_time() - start
    overlaps = digit_overlap(predict_pixels(model, measured.images), measured.labels)
    error = (overlaps.std() / len(overlaps) ** 0.5).item()
    return {"mean": round(overlaps.mean().item(), 4), "error": round(error, 4), "seconds": round(seconds, 1)}


if __name__ == "__main__":
    main()
