"""The missing control, of the reader's own design: neighbourhoods gone, and nothing else."""

from functools import cache, lru_cache

import numpy as np

from course_lib.data.patterns import load_patterns
from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect
from course_lib.numpy_cnn import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, fit

# in a random order of the pixels softmax regression has 0.965, the convolution 0.63 to 0.66;
# as they are 0.96 and 1.00
KEPT, TAKEN = 0.93, 0.8
SIZE = 16


@cache
def images():
    """Return training and test images that move by up to 5 pixels, with their labels."""
    train, test = (load_patterns(60, 200, size=SIZE, shift=5, seed=seed) for seed in (7, 8))
    return (train.train_images, train.train_labels), (test.test_images, test.test_labels)


def treated(answer):
    """Return both sets after the reader's treatment, each in a call of its own."""
    result = []
    for pictures, labels in images():
        got = answer(pictures.copy())
        got = as_array(got, "The images")
        expect(got.shape == pictures.shape, f"The images: expected shape {pictures.shape}, got {got.shape}.")
        result.append((np.ascontiguousarray(got), labels))
    return result


def the_same_numbers(answer):
    """Check that every image keeps its numbers, in whatever order."""
    for (got, _), (pictures, _) in zip(treated(answer), images(), strict=True):
        expect(
            np.allclose(np.sort(got.reshape(len(got), -1)), np.sort(pictures.reshape(len(got), -1))),
            "An image of yours holds other numbers than it did. Then a loss might come from that: "
            "take away the neighbourhoods and nothing else.",
        )


def dense_loses_nothing(answer):
    """Check that softmax regression is as good as on the images as they were."""
    score = accuracy(dense, 80, *pixels(treated(answer)))
    expect(
        score >= KEPT,
        f"Softmax regression, which knows of no neighbours, falls from 96 % to {100 * score:.0f} %: "
        "your control takes away more than neighbourhoods. What must hold for all images alike?",
    )


def the_same_for_every_image(answer):
    """One order of the pixels for all images is linear: of a sum of images it makes the sum."""
    first, second = np.random.default_rng(0).normal(size=(2, 3, 1, SIZE, SIZE))
    one, other, both = (as_array(answer(x), "The images") for x in (first, second, first + second))
    expect(
        np.allclose(one + other, both),
        "Where a pixel goes depends on what is in the image. Then more is lost than neighbourhoods: "
        "each image must be treated in the very same way.",
    )


def convolution_loses(answer):
    """Check that a convolution is much worse than on the images as they were."""
    score = accuracy(convolution, 40, *pixels(treated(answer)))
    expect(
        score <= TAKEN,
        f"The convolution still gets {100 * score:.0f} % right, so your images still hold something "
        "that it lives on. What does a 3x3 kernel see of a line in them?",
    )


def dense():
    return Sequential(Flatten(), Linear(SIZE**2, 3, rng=np.random.default_rng(0)))


def convolution():
    rng = np.random.default_rng(0)
    return Sequential(Conv2d(1, 8, 3, rng=rng), ReLU(), MaxPool2d(SIZE - 2), Flatten(), Linear(8, 3, rng=rng))


def pixels(sets):
    """Return the images of both sets as bytes."""
    return [pictures.astype(float).tobytes() for pictures, _ in sets]


@lru_cache(maxsize=32)
def accuracy(make_network, num_epochs, *pixels):
    """Train on the first images and return the accuracy on the others; on equal ones it is known already."""
    shape = (-1, 1, SIZE, SIZE)
    train, test = (
        (np.frombuffer(pictures).reshape(shape), labels)
        for pictures, (_, labels) in zip(pixels, images(), strict=True)
    )
    network = make_network()
    fit(network, train, test, num_epochs=num_epochs, seed=0)
    return network.evaluate(*test)[1]


def reordered(order):
    return lambda pictures: pictures.reshape(len(pictures), -1)[:, order].reshape(pictures.shape)


def each_its_own(pictures):
    flat = pictures.reshape(len(pictures), -1)
    return np.random.default_rng(0).permuted(flat, axis=1).reshape(pictures.shape)


def another_for_every_call(pictures):
    return reordered(np.random.default_rng(len(pictures)).permutation(SIZE**2))(pictures)


def blocks():
    """The picture cut into 16 blocks of 4x4, the blocks in a random order: within them all is as it was."""
    places = np.arange(SIZE**2).reshape(4, 4, 4, 4).transpose(0, 2, 1, 3).reshape(16, 4, 4)
    shuffled = places[np.random.default_rng(0).permutation(16)].reshape(4, 4, 4, 4)
    return shuffled.transpose(0, 2, 1, 3).ravel()


def rows_and_columns():
    """Rows in a random order and columns in the same one: lines stay lines."""
    order = np.random.default_rng(0).permutation(SIZE)
    return np.arange(SIZE**2).reshape(SIZE, SIZE)[order][:, order].ravel()


@exercise(
    title="The missing control",
    difficulty="open",
    next_step=(
        "Which treatment would take away the positions and leave the neighbourhoods as they were, and "
        "which of the models should it hurt?"
    ),
    checks=(the_same_numbers, dense_loses_nothing, the_same_for_every_image, convolution_loses),
    hints=(
        "Write down what a linear model would not notice at all. Then what a 3x3 kernel cannot do without.",
        "Draw a few of your images. Can you still see which pattern it was?",
        "Would somebody who wrote your control for the test images, later, get the same pictures?",
    ),
    wrong_answers=(
        WrongAnswer(lambda pictures: pictures, "still gets", "nothing taken away"),
        WrongAnswer(lambda pictures: pictures[:, :, ::-1], "still gets", "upside down"),
        WrongAnswer(reordered(blocks()), "still gets", "blocks that keep their inside"),
        WrongAnswer(reordered(rows_and_columns()), "still gets", "whole rows and columns moved"),
        WrongAnswer(each_its_own, "more than neighbourhoods", "every image in an order of its own"),
        WrongAnswer(another_for_every_call, "more than neighbourhoods", "another order in every call"),
        WrongAnswer(lambda pictures: np.sort(pictures, axis=-1), "what is in the image", "rows sorted"),
        WrongAnswer(lambda pictures: 0 * pictures, "other numbers", "everything gone"),
        WrongAnswer(lambda pictures: pictures[:100], "expected shape", "images lost"),
    ),
)
def missing_control(images):
    order = np.random.default_rng(0).permutation(16 * 16)
    flat = images.reshape(len(images), -1)  # (N, 256)
    return flat[:, order].reshape(images.shape)
