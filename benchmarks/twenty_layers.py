"""Which of initialisation, normalisation and skips makes 20 layers trainable?

Seven networks of the chapter *Deep networks*, all with 18 convolutions in nine blocks, three epochs on
5,000 images of MNIST. Each gets the same search for a learning rate: four rates, on 5,000 validation
images, with a seed of its own, and further ones beyond an edge of them as long as they help. Then seeds
0 to 4 at the best rate, measured on all test images after the last epoch. Every result is written at
once, and a run that was interrupted goes on where it was.

    python benchmarks/twenty_layers.py                          # about ten minutes on one thread
    python benchmarks/twenty_layers.py --seeds 1 --out mine.json

Results are kept in course_lib/data/twenty_layers.json, where the chapter reads them.
"""

import json
import os
from functools import partial
from pathlib import Path

from sweep_options import sweep_options
from torch.nn import functional

from course_lib.data import load_mnist, sample_indices
from course_lib.experiments import Record, search_rate
from course_lib.models import DeepStack, he_initialise
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, train

RESULTS = Path(__file__).parents[1] / "course_lib" / "data" / "twenty_layers.json"
RATES = (3e-4, 1e-3, 3e-3, 1e-2)
GRID = (1e-4, *RATES, 3e-2, 1e-1)  # where an edge did best, its neighbour is tried, too
TUNING_SEED = 100
NUM_IMAGES, NUM_EPOCHS, BATCH_SIZE = 5000, 3, 64
# name: (He's initialisation or torch's, what the stack has)
ARMS = {
    "plain, torch's": (False, {}),
    "plain, He": (True, {}),
    "plain, torch's, BN": (False, {"normalised": True}),
    "plain, He, BN": (True, {"normalised": True}),
    "residual, He": (True, {"residual": True}),
    "residual, He, from 0": (True, {"residual": True, "branch_scale": 0.0}),
    "residual, He, BN": (True, {"residual": True, "normalised": True}),
}


def main():
    """Tune, train, write; print a line for each result."""
    arguments = sweep_options(__doc__, RESULTS, seeds=5).parse_args()
    os.environ["TQDM_DISABLE"] = "1"
    record = Record(
        arguments.out, images=NUM_IMAGES, epochs=NUM_EPOCHS, batch_size=BATCH_SIZE, tuning_seed=TUNING_SEED
    )
    data = load_mnist()
    held_out = data.validation_split(5000, seed=0).sample(NUM_IMAGES, seed=0)
    small = data.sample(NUM_IMAGES, seed=0)
    for name in ARMS:
        rate = record.keep(partial(best_rate, record, name, held_out), name, "rate")
        for seed in range(arguments.seeds):
            record.keep(partial(accuracy, name, small, rate, seed), name, "test", seed)
        record.keep(partial(at_the_start, name, small), name, "start")
        print(name, json.dumps(record.values["results"][name]), flush=True)


def best_rate(record, name, held_out):
    """Return the rate that does best on validation images."""
    return search_rate(
        lambda rate: record.keep(
            lambda: accuracy(name, held_out, rate, TUNING_SEED), name, "validation", f"{rate:g}"
        ),
        RATES, GRID,
    )  # fmt: skip


def build(name, seed):
    """Return the network of an arm, with the initial weights of a seed."""
    he, settings = ARMS[name]
    set_seed(seed)
    model = DeepStack(**settings)
    return he_initialise(model) if he else model


def accuracy(name, data, rate, seed):
    """Train; return the accuracy after the last epoch, on validation images where there are some."""
    config = TrainConfig(NUM_EPOCHS, BATCH_SIZE, rate, seed=seed)
    history = train(build(name, seed), data, config)
    return round((history.validation_accuracy or history.test_accuracy)[-1], 4)


def at_the_start(name, data, num_images=256):
    """Return the first loss and the norms of the gradients of every block's first convolution."""
    chosen = sample_indices(data.train_labels, num_images, seed=0)
    model = build(name, 0).train()
    loss = functional.cross_entropy(model(data.train_images[chosen]), data.train_labels[chosen])
    loss.backward()
    norms = [module.branch[0].weight.grad.norm().item() for module in model if hasattr(module, "branch")]
    return {"loss": round(loss.item(), 3), "gradients": [float(f"{norm:.3g}") for norm in norms]}


if __name__ == "__main__":
    main()
