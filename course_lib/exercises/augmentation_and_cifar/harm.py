"""Which symmetry changes the label? Measured: what transformed copies do to the nearest neighbour."""

from functools import cache

import torch

from course_lib.data import load_patterns, shift_images
from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect

LINES = ("vertical", "horizontal", "diagonal", "anti-diagonal")
TRANSFORMS = {
    "left and right swapped": lambda images: images.flip(3),
    "half a turn": lambda images: images.flip((2, 3)),
    "a quarter turn": lambda images: images.rot90(1, (2, 3)),
    "one pixel to the right": lambda images: shift_images(images, 0, 1, 0.0),
}


@cache
def lines():
    """Return 120 known and 120 new noisy images of lines (N, 1, 9, 9) with their labels."""
    data = load_patterns(30, 30, classes=LINES, size=9, noise=0.3, seed=3)
    parts = data.train_images, data.train_labels, data.validation_images, data.validation_labels
    return tuple(torch.from_numpy(part) for part in parts)


def nearest(known, known_labels, new, new_labels):
    """Return the percentage of new images whose nearest known image has their label."""
    distances = ((new[:, None] - known[None]) ** 2).sum(dim=(2, 3, 4))  # (M, N)
    return 100 * (known_labels[distances.argmin(dim=1)] == new_labels).double().mean().item()


def fall(transform, asked=None):
    """Return by how many points copies made with a transform lower the accuracy, on the images asked."""
    images, labels, new, new_labels = lines()
    new = new if asked is None else asked
    known, known_labels = torch.cat([images, transform(images)]), torch.cat([labels, labels])
    return nearest(images, labels, new, new_labels) - nearest(known, known_labels, new, new_labels)


def falls_in_points(answer):
    """Check that every transform has its fall in percentage points."""
    for name, transform in TRANSFORMS.items():
        got, expected = as_array(answer(transform, *lines()), "harm"), fall(transform)
        expect(got.ndim == 0, f"Expected one number, got shape {got.shape}.")
        if abs(got - expected) > 1e-3:
            raise AssertionError(
                f"Lines, copies with {name}: expected a fall of {expected:.1f} points, got {got:.1f}."
                + likely(float(got), transform)
            )


def likely(got, transform):
    """Return words about the mistakes that lead to this number, if they are known."""
    images, labels, new, new_labels = lines()
    apart = nearest(images, labels, new, new_labels) - nearest(images, labels, transform(new), new_labels)
    for first, value in (
        ("", fall(transform)),
        (
            " Did you compare changed images with unchanged ones alone? Known are the images and their "
            "copies, and the new ones stay as they come.",
            apart,
        ),
        (
            " Did you change the new images, too? Only copies of the known ones are changed; the new ones "
            "stay as they come.",
            fall(transform, transform(new)),
        ),
    ):
        for sign, turned in ((1, ""), (-1, " A fall is what was lost: before minus after.")):
            for scale, shrunk in ((1, ""), (0.01, " In percentage points it is a hundred times that.")):
                if abs(got - sign * scale * value) < 1e-6:
                    return first + turned + shrunk
    return ""


def slip(sign=1, scale=1.0, instead=False, ask=lambda transform, new: new):
    """Return an answer that differs from the right one in one respect."""

    def wrong(transform, images, labels, new, new_labels):
        known = transform(images) if instead else torch.cat([images, transform(images)])
        after = nearest(known, labels.repeat(len(known) // len(labels)), ask(transform, new), new_labels)
        return sign * scale * (nearest(images, labels, new, new_labels) - after)

    return wrong


@exercise(
    title="Harmful symmetries",
    difficulty="idea",
    checks=(falls_in_points,),
    hints=(
        "A label is wrong where the copy of one class looks like an image of another. Who would notice?",
        "Measure the nearest neighbour twice on the same new images: once it knows `images`, once it knows "
        "`images` and their copies. `torch.cdist` has all distances of two sets of vectors.",
    ),
    wrong_answers=(
        WrongAnswer(slip(sign=-1), "before minus after", "the sign"),
        WrongAnswer(slip(scale=0.01), "In percentage points", "a fraction"),
        WrongAnswer(
            slip(sign=-1, scale=0.01), "before minus after. In percentage points", "the sign of a fraction"
        ),
        WrongAnswer(
            lambda transform, images, labels, new, new_labels: fall(transform, transform(new)),
            "Did you change the new images, too?",
            "the new ones changed",
        ),
        WrongAnswer(slip(instead=True), "the new ones stay as they come", "instead of the images"),
        WrongAnswer(
            lambda transform, images, labels, new, new_labels: (
                nearest(images, labels, new, new_labels) - nearest(images, labels, transform(new), new_labels)
            ),
            "the new ones stay as they come",
            "how robust it is, not what copies do",
        ),
        WrongAnswer(
            slip(ask=lambda transform, new: transform(new)), "expected a fall of", "changed the new ones, too"
        ),
        WrongAnswer(
            lambda transform, images, labels, new, new_labels: 0.0, "expected a fall of", "harmless, it says"
        ),
    ),
)
def harm(transform, images, labels, new_images, new_labels):
    def percent_right(known, known_labels):
        distances = torch.cdist(new_images.flatten(1), known.flatten(1))  # (M, N)
        answers = known_labels[distances.argmin(dim=1)]
        return 100 * (answers == new_labels).double().mean()

    both, both_labels = torch.cat([images, transform(images)]), torch.cat([labels, labels])
    return percent_right(images, labels) - percent_right(both, both_labels)
