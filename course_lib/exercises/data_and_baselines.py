"""Exercises of the chapter *What is the task, and what is a good score?*"""

import math

import numpy as np

from course_lib.exercises.framework import Exercise, WrongAnswer, as_array, expect, expect_close


def _number(got, case):
    """Return the answer as a float, or nan where it is no single number: `expect_close` says so."""
    is_number = got is not None and got is not Ellipsis and np.ndim(got) == 0
    return float(as_array(got, case)) if is_number else math.nan


def majority_baseline(train_labels, test_labels):
    """Return the accuracy on the test labels of always answering the commonest training label."""
    values, counts = np.unique(np.asarray(train_labels), return_counts=True)
    majority = values[counts.argmax()]
    return float(np.mean(np.asarray(test_labels) == majority))


def _check_majority(answer):
    train, test = np.array([3, 3, 3, 7, 7]), np.array([7, 7, 7, 3])
    got = answer(train, test)
    case = f"training labels {train.tolist()}, test labels {test.tolist()}"
    number = _number(got, case)
    expect(number != 0.75, f"{case}: you chose the commonest test label. The test labels only score.")
    expect(number != 0.6, f"{case}: got 0.6, the share of 3 in training. Asked: its share in the test set.")
    expect_close(got, 0.25, case)


def _check_majority_words(answer):
    train, test = np.array(["cat", "dog", "cat"]), np.array(["dog", "cat"])
    try:
        got = answer(train, test)
    except Exception as error:
        raise AssertionError(f"Labels may be words, as in {train.tolist()}; yours raised {error!r}") from None
    expect_close(got, 0.5, f"training labels {train.tolist()}, test labels {test.tolist()}")


def _largest_share(labels):
    return np.unique(labels, return_counts=True)[1].max() / len(labels)


majority_baseline = Exercise(
    name="majority_baseline",
    checks=(_check_majority, _check_majority_words),
    reference=majority_baseline,
    hints=(
        "Choose the label by looking at the training labels only; then score that choice on the test labels.",
        "`np.unique(train_labels, return_counts=True)` counts labels of any kind, words included.",
    ),
    wrong_answers=(
        WrongAnswer(lambda train, test: _largest_share(test), "commonest test label", "test labels choose"),
        WrongAnswer(lambda train, test: _largest_share(train), "share in the test set", "scores in training"),
        WrongAnswer(lambda train, test: 1 / len(np.unique(train)), "expected 0.25, got 0.5", "chance level"),
        WrongAnswer(lambda train, test: (test == np.bincount(train).argmax()).mean(), "may be words"),
    ),
)  # fmt: skip


def nearest_class_mean(train_images, train_labels, images):
    """Return the class of the nearest training mean for each image; images are rows of pixels."""
    classes = np.unique(train_labels)
    means = np.stack([train_images[train_labels == k].mean(axis=0) for k in classes])  # (C, D)
    differences = images[:, None, :] - means[None, :, :]  # (N, C, D)
    distances = (differences**2).sum(axis=2)  # (N, C)
    return classes[distances.argmin(axis=1)]  # (N,)


def _check_means_by_hand(answer):
    # class 0 has the mean (0, 0), class 1 the mean (4, 0): one point lies nearer to each
    train = np.array([[-1.0, 0.0], [1.0, 0.0], [3.0, 0.0], [4.0, 0.0], [5.0, 0.0]])
    labels, images = np.array([0, 0, 1, 1, 1]), np.array([[1.5, 0.0], [2.5, 0.0]])
    got = answer(train, labels, images)
    case = "means (0, 0) and (4, 0), images at (1.5, 0) and (2.5, 0)"
    expect(
        np.shape(got) != (2, 2), f"{case}: one class per image, please, shape (2,). Are these the distances?"
    )
    farthest = np.shape(got) == (2,) and np.array_equal(as_array(got, case), [1, 0])
    expect(not farthest, f"{case}: you picked the farthest mean for both. The smallest distance wins.")
    expect_close(got, [0, 1], case)


def _check_means_against_sklearn(answer):
    from sklearn.neighbors import NearestCentroid

    rng = np.random.default_rng(5)
    labels = rng.permutation(np.repeat([2, 5, 8], [40, 10, 25]))  # unequal classes, not 0, 1, 2
    centres = rng.normal(size=(9, 6))
    train, images = centres[labels] + rng.normal(size=(75, 6)), 1.5 * rng.normal(size=(60, 6))
    got = as_array(answer(train, labels, images), "your answer")
    expected = NearestCentroid().fit(train, labels).predict(images)
    expect(got.shape == expected.shape, f"Expected one class per image, shape (60,), got {got.shape}.")
    strangers = sorted(set(got.tolist()) - {2.0, 5.0, 8.0})
    expect(
        not strangers, f"Classes 2, 5, 8; you answer {strangers}: a position in the list is not its class."
    )
    wrong = np.flatnonzero(got != expected)
    reason = "Is the difference squared before it is summed, and each mean over its own class?"
    expect(
        wrong.size == 0, f"{wrong.size} of 60 classes differ from scikit-learn's, first {wrong[:1]}. {reason}"
    )


def _distances(train_images, train_labels, images, measure=np.square):
    means = np.stack([train_images[train_labels == k].mean(axis=0) for k in np.unique(train_labels)])
    return np.abs(measure(images[:, None] - means).sum(axis=2))


def _signed(train, labels, images):
    return np.unique(labels)[_distances(train, labels, images, measure=np.positive).argmin(axis=1)]


nearest_class_mean = Exercise(
    name="nearest_class_mean",
    checks=(_check_means_by_hand, _check_means_against_sklearn),
    reference=nearest_class_mean,
    hints=(
        "First the means, one per class: `train_images[train_labels == k].mean(axis=0)`.",
        "`images[:, None, :] - means[None, :, :]` holds every difference, shape (N, C, D); "
        "square, sum over the last axis, take the argmin.",
    ),
    wrong_answers=(
        WrongAnswer(lambda *a: _distances(*a).argmax(axis=1), "farthest mean", "argmax for argmin"),
        WrongAnswer(_distances, "Are these the distances", "forgets the argmin"),
        WrongAnswer(lambda *a: _distances(*a).argmin(axis=1), "not its class", "index for label"),
        WrongAnswer(_signed, "squared before it is summed", "positive and negative cancel"),
    ),
)


def normalise_both(train_pixels, test_pixels):
    """Return (train, test) as floats, both normalised with the training set's mean and deviation."""
    train = train_pixels.astype(float)
    test = test_pixels.astype(float)
    mean, std = train.mean(), train.std()
    return (train - mean) / std, (test - mean) / std


def _check_normalised(answer):
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 200, (6, 4, 5), dtype=np.uint8)
    test_pixels = rng.integers(100, 256, (3, 4, 5), dtype=np.uint8)  # brighter on purpose
    got = answer(pixels, test_pixels)
    expect(isinstance(got, (tuple, list)) and len(got) == 2, "Return two arrays: train, test.")
    train, test = (as_array(part, "your answer") for part in got)
    expect(train.shape == pixels.shape, f"train: expected shape {pixels.shape}, got {train.shape}.")
    expect(test.shape == test_pixels.shape, f"test: expected shape {test_pixels.shape}, got {test.shape}.")
    _check_training_part(train, pixels)
    expect(abs(test.mean()) > 1e-6, "Your test images have mean 0, their own mean: use the training set's.")
    # the training set fixes the straight line from pixel to value; the test set must lie on it
    slope, offset = np.polyfit(pixels.ravel().astype(float), train.ravel(), 1)
    expect_close(test, slope * test_pixels + offset, "test images under the training set's map", rtol=1e-4)


def _check_training_part(train, pixels):
    expect_close(train.mean(), 0.0, "mean of your training images", atol=1e-6)
    # n or n - 1 in the denominator: both are welcome
    reason = "Divide by the standard deviation, not the variance."
    expect(
        abs(train.std() - 1) < 0.01, f"Your training images' std is {train.std():.4g}, expected 1. {reason}"
    )
    in_order = np.diff(train.ravel()[np.argsort(pixels, axis=None)]) > -1e-9
    reason = "One mean and one std for the whole set, not one per image or per position."
    expect(in_order.all(), f"A brighter pixel became smaller than a darker one. {reason}")


def _standardise(pixels, axis=None):
    return (pixels - pixels.mean(axis, keepdims=True)) / pixels.std(axis, keepdims=True)


normalise_both = Exercise(
    name="normalise_both",
    checks=(_check_normalised,),
    reference=normalise_both,
    hints=(
        "Two numbers, both computed from the training pixels, are all that you need.",
        "uint8 arithmetic wraps around below 0: convert with `.astype(float)` before you subtract.",
    ),
    wrong_answers=(
        WrongAnswer(lambda a, b: (_standardise(a), _standardise(b)), "their own mean", "statistics leak in"),
        WrongAnswer(lambda a, b: (_standardise(a, (1, 2)), _standardise(b, (1, 2))), "not one per image"),
        WrongAnswer(lambda a, b: ((a - a.mean()) / a.var(), (b - a.mean()) / a.var()), "not the variance"),
        WrongAnswer(lambda a, b: (a - np.uint8(a.mean()), b), "mean of your training", "uint8 wraps around"),
    ),
)


def images_needed(accuracy, half_width):
    """Return how many test images make the 95 % interval of an accuracy +- half_width (fractions)."""
    return math.ceil(1.96**2 * accuracy * (1 - accuracy) / half_width**2)


def _check_images_needed(answer):
    # by hand, the same for 1.96 and for 1.959964: 96.04, 864.36, 6146.56, 9507.96 rounded up
    cases = ((0.5, 0.1, 97), (0.9, 0.02, 865), (0.8, 0.01, 6147), (0.99, 0.002, 9508))
    for accuracy, half_width, expected in cases:
        case = f"accuracy={accuracy}, half_width={half_width}"
        got = answer(accuracy, half_width)
        _name_the_mistake(_number(got, case), accuracy, half_width, case)
        expect_close(got, expected, case, rtol=0, atol=0)


def _name_the_mistake(got, accuracy, half_width, case):
    variance = accuracy * (1 - accuracy)
    mistakes = (
        (variance / half_width**2, "that is one standard deviation; a 95 % interval takes 1.96 of them"),
        (1.96 * variance**0.5 / half_width, "that is the square root of the answer: n stands under a root"),
    )
    for value, message in mistakes:
        expect(not abs(got - value) < 1, f"{case}: got {got:g}; {message}.")
    exact = 1.96**2 * variance / half_width**2
    expect(not exact - 1 < got <= exact, f"{case}: got {got:g}; round up, or the interval is too wide.")


images_needed = Exercise(
    name="images_needed",
    checks=(_check_images_needed,),
    reference=images_needed,
    hints=(
        "Start from half_width = 1.96 * sqrt(accuracy * (1 - accuracy) / n) and solve for n.",
        "Square both sides; then n = 1.96**2 * accuracy * (1 - accuracy) / half_width**2, rounded up.",
    ),
    wrong_answers=(
        WrongAnswer(lambda p, h: int(1.96**2 * p * (1 - p) / h**2), "round up", "rounds down"),
        WrongAnswer(lambda p, h: math.ceil(p * (1 - p) / h**2), "1.96 of them", "one standard deviation"),
        WrongAnswer(lambda p, h: math.ceil(1.96 * (p * (1 - p)) ** 0.5 / h), "square root", "root kept"),
        WrongAnswer(lambda p, h: math.ceil(1.96**2 * p / h**2), "expected 97", "forgets 1 - p"),
    ),
)  # fmt: skip


def combine_batches(batch_means, batch_sizes):
    """Return the mean over all samples, from the means and the sizes of their batches."""
    batch_means = np.asarray(batch_means, dtype=float)
    batch_sizes = np.asarray(batch_sizes)
    return float((batch_means * batch_sizes).sum() / batch_sizes.sum())


def _check_combined(answer):
    values = np.random.default_rng(1).random(300) ** 3
    parts = np.split(values, [128, 256])  # 128, 128 and 44 samples
    means, sizes = [part.mean() for part in parts], [len(part) for part in parts]
    got = answer(np.array(means), np.array(sizes))
    case = "300 samples in batches of 128, 128 and 44"
    number = _number(got, case)
    expect(not np.isclose(number, np.mean(means)), f"{case}: each batch counts the same in your mean.")
    expect(not np.isclose(number, np.mean(means[:2])), f"{case}: the short batch is left out.")
    expect(not number > 1, f"{case}: {number:.4g} is no mean of values in 0..1. Divide by the samples.")
    expect_close(got, values.mean(), case)


combine_batches = Exercise(
    name="combine_batches",
    checks=(_check_combined,),
    reference=combine_batches,
    hints=(
        "A batch mean times its size is the sum over that batch.",
        "Add the sums, then divide once by the number of all samples.",
    ),
    wrong_answers=(
        WrongAnswer(lambda means, sizes: np.mean(means), "counts the same", "mean of means"),
        WrongAnswer(lambda means, sizes: np.mean(means[sizes == sizes.max()]), "left out", "drops the last"),
        WrongAnswer(lambda means, sizes: (means * sizes).sum() / len(sizes), "Divide by", "by batches"),
    ),
)
