"""The nearest class mean in NumPy."""

import numpy as np

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect, expect_close


def by_hand(answer):
    """Check that two points on a line get the class of the nearer mean."""
    # class 0 has the mean (0, 0), class 1 the mean (4, 0): one point lies nearer to each
    train = np.array([[-1.0, 0.0], [1.0, 0.0], [3.0, 0.0], [4.0, 0.0], [5.0, 0.0]])
    labels, images = np.array([0, 0, 1, 1, 1]), np.array([[1.5, 0.0], [2.5, 0.0]])
    case = "means (0, 0) and (4, 0), images at (1.5, 0) and (2.5, 0)"
    got = as_array(answer(train, labels, images), case)
    expect(got.shape != (2, 2), f"{case}: one class per image, please, shape (2,). Are these the distances?")
    farthest = np.array_equal(got, [1, 0])
    expect(not farthest, f"{case}: you picked the farthest mean for both. The smallest distance wins.")
    strangers = strangers_in(got, {0, 1})
    expect(not strangers, f"{case}: you answer {strangers}, which no training image has as its class.")
    if got.shape == (2,) and got[0] == got[1]:
        raise AssertionError(
            f"{case}: you give both class {got[0]:g}, though they are nearest to different means. "
            "A difference has a sign, and a large negative one is not near: is it squared before the sum?"
        )
    expect_close(got, [0, 1], case)


def against_scikit_learn(answer):
    """Check that the classes are NearestCentroid's, also where they are not 0, 1, 2."""
    from sklearn.neighbors import NearestCentroid

    rng = np.random.default_rng(5)
    labels = rng.permutation(np.repeat([2, 5, 8], [40, 10, 25]))  # unequal classes, not 0, 1, 2
    centres = rng.normal(size=(9, 6))
    train, images = centres[labels] + rng.normal(size=(75, 6)), 1.5 * rng.normal(size=(60, 6))
    got = as_array(answer(train, labels, images), "your answer")
    expected = NearestCentroid().fit(train, labels).predict(images)
    expect(got.shape == expected.shape, f"Expected one class per image, shape (60,), got {got.shape}.")
    strangers = strangers_in(got, {2, 5, 8})
    expect(
        not strangers,
        f"The classes are 2, 5 and 8, and you answer {strangers}: the position of the nearest mean in the "
        "list of means is not yet its class.",
    )
    wrong = np.flatnonzero(got != expected)
    reason = "Is the difference squared before it is summed, and each mean over its own class?"
    expect(
        wrong.size == 0, f"{wrong.size} of 60 classes differ from scikit-learn's, first {wrong[:1]}. {reason}"
    )


def strangers_in(got, classes):
    """Return the answers that are no classes, as words."""
    return ", ".join(f"{label:g}" for label in sorted(set(got.ravel().tolist()) - classes))


def distances(train_images, train_labels, images, measure=np.square):
    means = np.stack([train_images[train_labels == k].mean(axis=0) for k in np.unique(train_labels)])
    return np.abs(measure(images[:, None] - means).sum(axis=2))


def ten_classes(train, labels, images):
    with np.errstate(invalid="ignore"):
        sums = np.stack([train[labels == k].sum(axis=0) for k in range(10)])
        means = sums / np.bincount(labels, minlength=10)[:, None]  # 0 / 0 for a class without images
    return np.square(images[:, None] - means).sum(axis=2).argmin(axis=1)


def signed(train, labels, images):
    return np.unique(labels)[distances(train, labels, images, measure=np.positive).argmin(axis=1)]


def most_negative(train, labels, images):
    means = np.stack([train[labels == k].mean(axis=0) for k in np.unique(labels)])
    return np.unique(labels)[(images[:, None] - means).sum(axis=2).argmin(axis=1)]


@exercise(
    title="The nearest class mean in NumPy",
    difficulty="idea",
    checks=(by_hand, against_scikit_learn),
    hints=(
        "First the means, one per class that occurs: a Boolean mask picks a class's images.",
        "Every image must meet every mean: which shapes broadcast to (N, C, D)?",
    ),
    wrong_answers=(
        WrongAnswer(lambda *a: distances(*a).argmax(axis=1), "farthest mean", "argmax for argmin"),
        WrongAnswer(distances, "Are these the distances", "forgets the argmin"),
        WrongAnswer(lambda *a: distances(*a).argmin(axis=1), "not yet its class", "index for label"),
        WrongAnswer(ten_classes, "no training image has", "means of classes without images"),
        WrongAnswer(most_negative, "squared before the sum", "the most negative difference wins"),
        WrongAnswer(signed, "squared before it is summed", "positive and negative cancel"),
    ),
)
def nearest_class_mean(train_images, train_labels, images):
    classes = np.unique(train_labels)
    means = np.stack([train_images[train_labels == k].mean(axis=0) for k in classes])  # (C, D)
    differences = images[:, None, :] - means[None, :, :]  # (N, C, D)
    distances = (differences**2).sum(axis=2)  # (N, C)
    return classes[distances.argmin(axis=1)]  # (N,)
