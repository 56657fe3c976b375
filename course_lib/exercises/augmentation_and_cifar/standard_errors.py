"""Seeds and images: three standard errors of one difference."""

import numpy as np

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect

QUESTIONS = ("new seeds, the same images", "the same networks, new images", "new seeds and new images")


def answers(num_seeds, num_images, of_seeds, of_images, seed):
    """Return differences with effects of seeds, of images and of both together: -1, 0 or 1 each."""
    rng = np.random.default_rng(seed)
    parts = rng.normal(0.1, of_seeds, (num_seeds, 1)) + rng.normal(0, of_images, num_images)
    return np.sign(np.round(parts + rng.normal(0, 0.5, (num_seeds, num_images))))


CASES = {
    "seeds that differ": (5, 400, 0.2, 0.1),
    "images that differ": (4, 300, 0.0, 0.7),
    "both": (3, 500, 0.1, 0.5),
}


def expected_errors(difference):
    """Return the three errors from the mean squares of a table of seeds by images."""
    num_seeds, num_images = difference.shape
    mean = difference.mean()
    by_seed, by_image = difference.mean(axis=1), difference.mean(axis=0)
    of_seeds = num_images * ((by_seed - mean) ** 2).sum() / (num_seeds - 1)
    of_images = num_seeds * ((by_image - mean) ** 2).sum() / (num_images - 1)
    rest = ((difference - by_seed[:, None] - by_image[None] + mean) ** 2).sum()
    rest /= (num_seeds - 1) * (num_images - 1)
    return np.sqrt(np.array([of_seeds, of_images, of_seeds + of_images - rest]) / difference.size)


def three_errors(answer):
    """Check the three standard errors on tables with different causes of scatter."""
    for number, (name, case) in enumerate(CASES.items()):
        difference = answers(*case, seed=number)
        got = as_array(answer(difference.copy()), "standard_errors")
        expect(got.shape == (3,), f"Expected three numbers, got shape {got.shape}.")
        for question, one, right in zip(QUESTIONS, got, expected_errors(difference), strict=True):
            if not np.isclose(one, right, rtol=1e-3):
                raise AssertionError(
                    f"{name}, {case[0]} seeds and {case[1]} images; {question}: "
                    f"expected {right:.5f}, got {one:.5f}.{likely(one, difference)}"
                )


def likely(got, difference):
    """Return words about the mistake that leads to this number, if one is known."""
    seeds, images, _ = expected_errors(difference)
    num_seeds, num_images = difference.shape
    for words, value in (
        (
            " That takes every answer for an independent one; yet a seed's answers have their network in "
            "common, and an image's answers their image.",
            difference.std(ddof=1) / difference.size**0.5,
        ),
        (
            " That takes every answer for an independent one.",
            difference.std() / difference.size**0.5,
        ),
        (" That is the spread of one run, not the error of a mean.", seeds * num_seeds**0.5),
        (
            " That is the spread of one run, not the error of a mean, and a sample knows one number less "
            "than it has: n - 1.",
            seeds * (num_seeds - 1) ** 0.5,
        ),
        (" That is the spread of single images, not the error of a mean.", images * num_images**0.5),
        (" A sample knows one number less than it has: n - 1.", seeds * (1 - 1 / num_seeds) ** 0.5),
        (
            " Nearly: what seed and image have to themselves neither stands in the first number alone nor in "
            "the second, but in both, so that you count it twice.",
            np.hypot(seeds, images),
        ),
        (" Neither of the two errors covers both questions.", max(seeds, images)),
    ):
        if np.isclose(got, value, rtol=1e-6):
            return words
    return ""


def slip(change):
    """Return an answer that is right but for one of its numbers."""

    def wrong(difference):
        seeds, images, both = expected_errors(difference)
        return change(difference, seeds, images, both)

    return wrong


@exercise(
    title="Seeds and images",
    difficulty="idea",
    checks=(three_errors,),
    hints=(
        "For the first two: average away what stays the same, and ask how sure you are of the mean of the "
        "numbers that remain. How many are they?",
        "For the third: the variance of a mean over seeds holds two things, what seeds do and what is left "
        "when seed and image are known. The one over images holds that rest once more.",
        "The rest of an answer: take away the means of its row and of its column, and add the mean of all.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda d: 3 * (d.std(ddof=1) / d.size**0.5,), "takes every answer for an independent one", "naive"
        ),
        WrongAnswer(
            slip(lambda d, seeds, images, both: (seeds * d.shape[0] ** 0.5, images, both)),
            "the spread of one run",
            "spread",
        ),
        WrongAnswer(
            slip(lambda d, seeds, images, both: (seeds * (d.shape[0] - 1) ** 0.5, images, both)),
            "not the error of a mean, and a sample knows",
            "spread of the population",
        ),
        WrongAnswer(
            slip(lambda d, seeds, images, both: (seeds * (1 - 1 / d.shape[0]) ** 0.5, images, both)),
            "n - 1",
            "population",
        ),
        WrongAnswer(
            slip(lambda d, seeds, images, both: (seeds, images, np.hypot(seeds, images))),
            "you count it twice",
            "simply added",
        ),
        WrongAnswer(
            slip(lambda d, seeds, images, both: (seeds, images, max(seeds, images))),
            "Neither of the two",
            "the larger one",
        ),
        WrongAnswer(
            slip(lambda d, seeds, images, both: (images, seeds, both)),
            "new seeds, the same images",
            "swapped",
        ),
    ),
)
def standard_errors(difference):
    num_seeds, num_images = difference.shape
    by_seed, by_image = difference.mean(axis=1), difference.mean(axis=0)
    seeds = by_seed.var(ddof=1) / num_seeds
    images = by_image.var(ddof=1) / num_images
    rest = difference - by_seed[:, None] - by_image + difference.mean()  # (num_seeds, num_images)
    counted_twice = (rest**2).sum() / ((num_seeds - 1) * (num_images - 1)) / rest.size
    return np.sqrt(seeds), np.sqrt(images), np.sqrt(seeds + images - counted_twice)
