"""Bars anywhere: features of the reader's own, judged by a linear model at places it never saw."""

from functools import cache

import numpy as np

from course_lib.data.patterns import load_patterns
from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect, expect_close

SIZE, MOST = 16, 20
ENOUGH = 0.95  # pixels reach about a third; three numbers can reach 1.00


@cache
def bars():
    """Return bars near the middle to train on, and bars up to five pixels away from it."""
    near, far = load_patterns(60, 1, size=SIZE, shift=1), load_patterns(60, 1, size=SIZE, shift=5, seed=8)
    return near.train_images[:, 0], near.train_labels, far.train_images[:, 0], far.train_labels


def accuracy_elsewhere(near_features, near_labels, far_features, far_labels):
    """Fit a linear model (least squares with a small penalty) near the middle; score it elsewhere."""
    mean, spread = near_features.mean(axis=0), near_features.std(axis=0) + 1e-9
    near = np.column_stack([(near_features - mean) / spread, np.ones(len(near_features))])
    far = np.column_stack([(far_features - mean) / spread, np.ones(len(far_features))])
    matrix = near.T @ near + 1e-2 * len(near) * np.eye(near.shape[1])
    theta = np.linalg.solve(matrix, near.T @ np.eye(3)[near_labels])
    return ((far @ theta).argmax(axis=1) == far_labels).mean()


def features_of(answer, images):
    """Return the reader's features (N, k), after a look at their shape."""
    got = as_array(answer(images), "Your features")
    expect(
        got.ndim == 2 and len(got) == len(images),
        f"Your features must have the shape ({len(images)}, k), one row per image; got {got.shape}.",
    )
    expect(1 <= got.shape[1] <= MOST, f"Your features may be {MOST} numbers per image, got {got.shape[1]}.")
    expect(np.isfinite(got).all(), "Your features must be finite numbers.")
    return got


def of_one_image_each(answer):
    """Check that an image's features do not depend on its batch."""
    images = bars()[0]
    got = features_of(answer, images)
    expect_close(
        features_of(answer, images[3:4]), got[3:4], "One image alone, without the others of its batch"
    )


def hold_elsewhere(answer):
    """Check that a linear model on the features reads bars at places where it saw none."""
    near, near_labels, far, far_labels = bars()
    near_features = features_of(answer, near)
    score = accuracy_elsewhere(near_features, near_labels, features_of(answer, far), far_labels)
    known = accuracy_elsewhere(near_features, near_labels, near_features, near_labels)
    expect(
        score >= ENOUGH,
        f"On bars at other places a linear model on your features gets {100 * score:.0f} % right, "
        f"{100 * ENOUGH:.0f} % are asked for; on the bars that it was fitted to, {100 * known:.0f} %. "
        + (
            "Which of your numbers change when a bar only moves?"
            if known >= ENOUGH
            else "Which numbers differ from direction to direction, and do not cancel in a mean?"
        ),
    )


def coarse_pixels(images):
    return images.reshape(-1, 4, 4, 4, 4).mean(axis=(2, 4)).reshape(-1, 16)


def signed_edges(images):
    right, below = np.diff(images, axis=2), np.diff(images, axis=1)
    return np.stack([right.mean(axis=(1, 2)), below.mean(axis=(1, 2))], axis=1)


@exercise(
    name="anywhere",
    title="Bars anywhere",
    difficulty="open",
    next_step="Which two different images does your phi confuse, and would the digits survive that?",
    checks=(of_one_image_each, hold_elsewhere),
    hints=(
        "What do all vertical bars share, wherever they are, and no horizontal ones? Look at differences.",
        "The chapter lost its places, to its harm. Here they must be lost, after a step that is not linear.",
    ),
    wrong_answers=(
        WrongAnswer(lambda images: images.reshape(len(images), -1), "20 numbers per image", "the pixels"),
        WrongAnswer(coarse_pixels, "when a bar only moves", "coarse pixels know the place"),
        WrongAnswer(lambda images: images.mean(axis=(1, 2))[:, None], "asked for", "the ink alone"),
        WrongAnswer(signed_edges, "do not cancel", "signed edges cancel"),
        WrongAnswer(lambda images: images.mean(axis=(1, 2)), "one row per image", "shape (N,)"),
        WrongAnswer(
            lambda images: my_phi.reference(images - images.mean(axis=0)), "One image alone", "batch"
        ),
    ),
)
def my_phi(images):
    """Return three numbers per image: edges across, edges down, and how often they agree."""
    right = images[:, :-1, 1:] - images[:, :-1, :-1]
    below = images[:, 1:, :-1] - images[:, :-1, :-1]
    parts = right**2, below**2, right * below
    return np.stack([part.mean(axis=(1, 2)) for part in parts], axis=1)  # (N, 3)
