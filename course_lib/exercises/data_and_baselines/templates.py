"""Fifty pictures: templates of the reader's own, judged by how well they read new digits."""

import numpy as np

from course_lib.data import load_digits, sample_indices
from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect

MOST_TEMPLATES, LEAST_ACCURACY, SPLITS = 50, 0.95, 3


def splits():
    """Three random thirds to test on, the rest to train on; rows of 64 pixels."""
    data = load_digits()
    images = np.concatenate([data.train_images, data.test_images]).reshape(-1, 64)
    labels = np.concatenate([data.train_labels, data.test_labels])
    for seed in range(SPLITS):
        order = sample_indices(labels, len(labels), seed=seed)
        test, train = np.split(order, [len(order) // 3])
        yield images[train], labels[train], images[test], labels[test]


def read_templates(got, num_pixels):
    """Return the reader's pictures and labels as arrays, or say what is wrong with them."""
    expect(got is not None, "Expected pictures and labels, got None. Does your function end with `return`?")
    expect(
        isinstance(got, (tuple, list)) and len(got) == 2, "Return two arrays: the pictures and their labels."
    )
    pictures, labels = as_array(got[0], "Your pictures"), as_array(got[1], "Your labels")
    expect(
        pictures.ndim == 2 and pictures.shape[1] == num_pixels,
        f"Expected pictures as rows, shape (n, {num_pixels}), got {pictures.shape}.",
    )
    expect(
        labels.shape == pictures.shape[:1],
        f"{len(pictures)} pictures need as many labels, got {labels.shape}.",
    )
    expect(len(pictures) >= 1, "Return at least one picture.")
    expect(
        len(pictures) <= MOST_TEMPLATES,
        f"At most {MOST_TEMPLATES} pictures are allowed, got {len(pictures)}.",
    )
    return pictures, labels


def reads_new_digits(answer):
    """Check that the pictures read digits of random splits that they were not made from."""
    accuracies = []
    for train_images, train_labels, test_images, test_labels in splits():
        pictures, labels = read_templates(answer(train_images, train_labels), test_images.shape[1])
        distances = ((test_images[:, None] - pictures) ** 2).sum(axis=2)  # (N, n)
        accuracies.append(np.mean(labels[distances.argmin(axis=1)] == test_labels))
    mean = float(np.mean(accuracies))
    expect(
        mean >= LEAST_ACCURACY,
        f"Your pictures read {100 * mean:.1f} % of new digits (mean of {SPLITS} random splits); "
        f"{100 * LEAST_ACCURACY:.0f} % are asked for. {what_may_be_missing(mean, pictures, labels)}",
    )


def what_may_be_missing(accuracy, pictures, labels):
    """Return a question about pictures that read too little."""
    if accuracy < 0.5:
        return "That is near guessing: was each picture made from images of its own class alone?"
    if len(pictures) == len(np.unique(labels)):
        return "One picture for each class: what becomes of a digit that is written in two ways?"
    return "Which digits do they confuse, and whose pictures are missing there?"


def class_means(images, labels):
    return np.stack([images[labels == k].mean(axis=0) for k in range(10)]), np.arange(10)


def of_all_classes(images, labels):
    return np.stack([images.mean(axis=0)] * 10), np.arange(10)


def five_of_each(images, labels):
    chosen = np.concatenate([np.flatnonzero(labels == k)[:5] for k in range(10)])
    return images[chosen], labels[chosen]


@exercise(
    name="templates",
    title="Fifty pictures",
    difficulty="open",
    next_step=(
        "With how many pictures instead of fifty does your method stop gaining? Find the number on a "
        "validation split."
    ),
    checks=(reads_new_digits,),
    hints=(
        "Look at the digits that the class means get wrong: what do the sevens among them have in common?",
        "One average smears two ways of writing. Could a class have several averages?",
    ),
    wrong_answers=(
        WrongAnswer(class_means, "written in two ways", "one mean for each class"),
        WrongAnswer(five_of_each, "Which digits do they confuse", "five pictures of each class"),
        WrongAnswer(of_all_classes, "near guessing", "the mean of all images, under ten names"),
        WrongAnswer(lambda images, labels: (images, labels), "At most 50 pictures", "all of them"),
        WrongAnswer(lambda images, labels: class_means(images, labels)[0], "Return two arrays", "no labels"),
        WrongAnswer(lambda images, labels: (images[0], labels[0]), "pictures as rows", "one picture, no row"),
    ),
)
def my_templates(train_images, train_labels):
    from sklearn.cluster import KMeans

    pictures, labels = [], []
    for k in range(10):
        groups = KMeans(n_clusters=5, n_init=3, random_state=0).fit(train_images[train_labels == k])
        pictures.append(groups.cluster_centers_)  # (5, D)
        labels += [k] * 5
    return np.concatenate(pictures), np.array(labels)
