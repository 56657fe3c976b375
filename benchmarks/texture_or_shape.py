"""Which cue does a network follow when shape and texture disagree, and which could it have learned?

A CNN and an MLP for the chapter *Beyond classification*, on generated shapes with textures: 2,000
training images in which the two cues agree (agree), or of which one says nothing about the class (shape
alone, texture alone: the controls of what can be learned). Networks that saw the cues agree are asked
about 2,000 images in which they disagree; the controls, about new images of their own kind. Each network
has one learning rate: the best of four by its mean accuracy on the two single cues at the middle
contrast, with a seed of its own. Then seeds 0 to 2 at every contrast. A run that was interrupted goes on
where it was.

    python benchmarks/texture_or_shape.py        # about three minutes on one thread

Results are kept in course_lib/data/texture_or_shape.json, where the chapter reads them.
"""

from pathlib import Path

import numpy as np
import torch
from sweep_options import sweep_options

from course_lib.data.textures import textured_shapes
from course_lib.evaluation import predict
from course_lib.experiments import Record
from course_lib.models import MLP, SimpleCNN
from course_lib.reproducibility import set_seed
from course_lib.training.loop import channels_last, train_epoch

RESULTS = Path(__file__).parents[1] / "course_lib" / "data" / "texture_or_shape.json"
RATES = (3e-4, 1e-3, 3e-3, 1e-2)
CONTRASTS = (0.1, 0.2, 0.3, 0.4, 0.5)
NUM_TRAIN, NUM_TEST, NUM_EPOCHS, BATCH = 2000, 2000, 8, 64
TUNING_SEED = 100
ARMS = {"CNN": SimpleCNN, "MLP": MLP}
KINDS = ("agree", "shape", "texture")


def main():
    """Tune, train, write; print a line for each result."""
    arguments = sweep_options(__doc__, RESULTS, seeds=3).parse_args()
    torch.set_num_threads(1)
    record = Record(arguments.out, images=NUM_TRAIN, epochs=NUM_EPOCHS, rates=RATES, contrasts=CONTRASTS)
    for name in ARMS:
        rate = record.keep(lambda n=name: best_rate(record, n), name, "rate")
        for contrast in CONTRASTS:
            for kind in KINDS:
                for seed in range(arguments.seeds):
                    found = record.keep(
                        lambda n=name, k=kind, c=contrast, s=seed, r=rate: score(n, k, c, r, s),
                        name, f"{contrast:g}", kind, seed,
                    )  # fmt: skip
                    print(name, contrast, kind, seed, found, flush=True)


def best_rate(record, name):
    """Return the rate with the best mean accuracy on the two single cues at the middle contrast."""
    middle = CONTRASTS[len(CONTRASTS) // 2]
    means = {
        rate: record.keep(
            lambda r=rate: round(
                sum(score(name, kind, middle, r, TUNING_SEED)[kind] for kind in KINDS[1:]) / 2, 4
            ),
            name, "validation", f"{rate:g}",
        )
        for rate in RATES
    }  # fmt: skip
    return max(means, key=means.get)


def score(name, kind, contrast, rate, seed):
    """Train once; return the shares of answers that are the image's shape and its texture."""
    images, shapes, textures = draw(NUM_TRAIN, kind, contrast, 2 * seed)
    model = fit(ARMS[name], images, textures if kind == "texture" else shapes, rate, seed)
    asked = "disagree" if kind == "agree" else kind
    images, shapes, textures = draw(NUM_TEST, asked, contrast, 2 * seed + 1)
    answers = predict(model, images).argmax(dim=1)
    return {
        "shape": round((answers == shapes).double().mean().item(), 4),
        "texture": round((answers == textures).double().mean().item(), 4),
    }


def draw(number, kind, contrast, seed):
    """Return images, shapes and textures: equal, never equal, or independent of each other."""
    rng = np.random.default_rng(seed)
    shapes = rng.integers(4, size=number)
    textures = {"agree": shapes, "disagree": (shapes + rng.integers(1, 4, size=number)) % 4}.get(
        kind, rng.integers(4, size=number)
    )
    images = textured_shapes(shapes, textures, contrast, seed)
    return images, torch.from_numpy(shapes), torch.from_numpy(textures)


def fit(network, images, labels, rate, seed):
    """Return a network trained with Adam, every network for the same number of epochs."""
    set_seed(seed)
    model, generator = network(num_classes=4), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), rate)
    with channels_last(model):
        for _ in range(NUM_EPOCHS):
            train_epoch(model, images, labels, optimizer, BATCH, generator)
    return model


if __name__ == "__main__":
    main()
