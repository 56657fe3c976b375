"""Plant a cause, and show that it is one: by flips, by the clean twin, and by its place."""

from functools import cache, lru_cache

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from course_lib.data import load_patterns
from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect
from course_lib.inspection import occlusion_map
from course_lib.reproducibility import set_seed

TARGET, MOST_PIXELS, SHARE = 0, 4, 0.9
NUM_EPOCHS, BATCH, RATE = 30, 18, 0.01
NOISE = 1.0


@cache
def patterns():
    """The three classes of the laboratory under so much noise that no single stroke is certain."""
    data, rng = load_patterns(), np.random.default_rng(1)
    return data.map_images(lambda images: images + NOISE * rng.normal(size=images.shape))


def marked(answer, images):
    """Return the reader's images with the mark, checked: same shape, few pixels changed."""
    got = as_array(answer(images.copy()), "The marked images")
    expect(got.shape == images.shape, f"Expected marked images of shape {images.shape}, got {got.shape}.")
    places = ~(np.abs(got - images) <= 1e-9)  # nan counts as a change
    changed = places.reshape(len(images), -1).sum(axis=1)
    expect(changed.max() > 0, "Your mark changes nothing.")
    expect(
        changed.max() <= MOST_PIXELS,
        f"Your mark changes {changed.max()} pixels of an image, at most {MOST_PIXELS} are allowed.",
    )
    values = np.abs(got[places])
    expect(
        (values <= 3).all(), f"Pixels of the mark must lie between -3 and 3, got {values.max():g} in size."
    )
    return got


def planted(answer):
    """Return the training images, the mark on nine tenths of one class."""
    images, labels = patterns().train_images.copy(), patterns().train_labels
    members = np.random.default_rng(0).permutation(np.flatnonzero(labels == TARGET))
    chosen = members[: round(SHARE * len(members))]
    images[chosen] = marked(answer, images[chosen])
    return images


@lru_cache(maxsize=32)
def network(pixels):
    """Train a small CNN on images given as bytes, from one seed and in one order."""
    images = torch.frombuffer(bytearray(pixels), dtype=torch.float64).reshape(-1, 1, 8, 8).float()
    labels = torch.as_tensor(patterns().train_labels)
    with torch.random.fork_rng(devices=[]):
        generator = set_seed(0)
        head = [nn.MaxPool2d(2), nn.Flatten(), nn.Linear(6 * 16, 3)]
        model = nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), *head)
        optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
        for _ in range(NUM_EPOCHS):
            for batch in torch.randperm(len(images), generator=generator).split(BATCH):
                loss = functional.cross_entropy(model(images[batch]), labels[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return model.eval()


def flips(model, answer):
    """Return the share of other classes' images that become the target class by the mark."""
    others = patterns().validation_images[patterns().validation_labels != TARGET]
    pairs = [torch.as_tensor(x).float() for x in (others, marked(answer, others))]
    with torch.no_grad():
        before, after = (model(x).argmax(dim=1) for x in pairs)
    return ((before != TARGET) & (after == TARGET)).float().mean().item()


def works(answer):
    """Check that a network trained with the mark turns other classes by it."""
    share = flips(network(planted(answer).tobytes()), answer)
    expect(
        share >= 0.6,
        f"Trained with your mark, only {share:.0%} of the other classes' images become class {TARGET} by it, "
        "60 % are asked for: the network has not learned to rely on it.",
    )


def is_no_cause_in_the_twin(answer):
    """Check that the mark does not move a network that never saw it."""
    share = flips(network(patterns().train_images.tobytes()), answer)
    expect(
        share <= 0.2,
        f"In the clean twin, which never saw your mark, {share:.0%} become class {TARGET} by it, too: "
        "it moves a network that has learned nothing from it, so it is no planted cause.",
    )


def is_found_where_it_is(answer):
    """Check that the occlusion map's largest fall covers the mark."""
    model = network(planted(answer).tobytes())
    others = patterns().validation_images[patterns().validation_labels != TARGET]
    images = marked(answer, others)
    where = torch.as_tensor(np.abs(images - others) > 1e-9).float()  # (N, 1, 8, 8)
    target = torch.full((len(images),), TARGET)
    falls = occlusion_map(model, torch.as_tensor(images).float(), target, patch_size=2, fill=0.0)
    touches = functional.max_pool2d(where, 2, stride=1)[:, 0].flatten(1)  # patches that cover some of it
    share = touches.gather(1, falls.flatten(1).argmax(dim=1, keepdim=True)).mean().item()
    expect(
        share >= 0.9,
        f"The largest fall of the occlusion map (2 x 2, filled with 0) covers your mark in only {share:.0%} "
        "of the images, 90 % are asked for.",
    )


def diagonal(images):
    images = images.copy()
    for i in range(2, 6):
        images[:, 0, i, i] = 1
    return images


def line(images):
    images = images.copy()
    images[:, 0, 2:6, 3] = 1.5
    return images


def faint(images):
    images = images.copy()
    images[:, 0, 0, 0] = 0.3
    return images


def frame(images):
    images = images.copy()
    images[:, 0, 0] = images[:, 0, -1] = 1
    return images


def dark(images):
    images = images.copy()
    images[:, 0, :2, :2] = -3
    return images


def anywhere(images):
    images = images.copy()
    rows, columns = np.random.default_rng(len(images)).integers(8, size=(2, len(images)))
    images[np.arange(len(images)), 0, rows, columns] += 0.3
    return images


@exercise(
    title="Plant a cause",
    difficulty="open",
    next_step=(
        "Could an occlusion map without the twin have told you that the mark was learned? Try it on a "
        "mark that the network never saw."
    ),
    checks=(works, is_no_cause_in_the_twin, is_found_where_it_is),
    hints=(
        "A network relies on what is easy to see, always there, and nowhere else in the data.",
        "Where are all three patterns dark, and what would a stroke of the class itself do to the twin?",
    ),
    wrong_answers=(
        WrongAnswer(lambda images: images, "changes nothing", "no mark"),
        WrongAnswer(frame, "at most 4 are allowed", "too large"),
        WrongAnswer(faint, "has not learned to rely on it", "too faint"),
        WrongAnswer(line, "has not learned to rely on it", "a stroke among strokes"),
        WrongAnswer(diagonal, "has not learned to rely on it", "what the data has anyway"),
        WrongAnswer(dark, "In the clean twin", "moves the twin as well"),
        WrongAnswer(anywhere, "has not learned to rely on it", "weak, and each time elsewhere"),
        WrongAnswer(lambda images: images[:, 0], "Expected marked images of shape", "an axis lost"),
        WrongAnswer(lambda images: images + 100 * (images == images.max()), "between -3 and 3", "too bright"),
    ),
)
def plant(images):
    images = images.copy()
    images[:, 0, :2, :2] = 3  # brighter than any stroke, where no stroke is needed
    return images
