"""Seven images on two processes are eight: the accuracy without those that were counted twice."""

import numpy as np

from course_lib.exercises.framework import WrongAnswer, exercise, expect_close


def padded_shares(correct, num_processes):
    """Share answers as torch's DistributedSampler does: the first images again until it is even."""
    correct = np.asarray(correct)
    count = -(-len(correct) // num_processes)
    places = np.resize(np.arange(len(correct)), count * num_processes)
    return [correct[places[rank::num_processes]].tolist() for rank in range(num_processes)]


CASES = (
    ([1, 0, 1, 1], 2),
    ([1, 0, 0, 0, 0, 0, 0], 2),
    ([0, 1, 1, 1, 1, 1, 1], 2),
    ([0, 0, 1, 1, 1, 1, 0, 1, 1], 4),
    ([1, 1, 0, 1, 0], 3),
    ([1, 0], 3),
)


def accuracies(answer):
    """The accuracy without the images that the sampler repeated."""
    for correct, num_processes in CASES:
        shares = padded_shares(correct, num_processes)
        what = f"{len(correct)} images on {num_processes} processes, shares {shares}"
        got = answer(shares, len(correct))
        try:
            expect_close(got, np.mean(correct), what)
        except AssertionError as error:
            raise AssertionError(f"{error}{likely(got, shares, len(correct))}") from None


def likely(got, shares, num_images):
    """Return words about the mistake that leads to this number, if one is known."""
    joined, total = np.concatenate(shares), sum(map(len, shares))
    surplus = f" {total} answers came for {num_images} images"
    for value, words in (
        (np.mean(joined), f"{surplus}: some images came twice, and both count here."),
        (np.sum(joined) / num_images, f"{surplus}: more hits are counted than images."),
        (
            np.mean(joined[:num_images]),
            " Image 1 is the first one of process 1: you do not count in the images' order.",
        ),
        (in_order(shares)[:num_images].sum() / total, f"{surplus}: you divide by the answers."),
        (joined[:num_images].sum() / total, f"{surplus}: you divide by the answers."),
    ):
        if isinstance(got, (int, float)) and np.isclose(got, value):
            return words
    return " Here no image came twice: all answers count." if total == num_images else ""


def in_order(shares):
    return np.array(shares).T.ravel()


def mean_of_all(shares, num_images):
    return float(np.mean(shares))


def mean_of_first(shares, num_images):
    return float(np.concatenate(shares)[:num_images].mean())


def without_last(shares, num_images):
    return float(np.concatenate([share[:-1] for share in shares]).mean()) if len(shares[0]) > 1 else 0.0


@exercise(
    title="Seven images are eight",
    difficulty="idea",
    checks=(accuracies,),
    hints=(
        "Process r has the images r, r + p, r + 2p, ... Which image is the k-th one of process r?",
        "Put the answers back into the order of the images; where are the ones that are too many?",
    ),
    wrong_answers=(
        WrongAnswer(mean_of_all, "some images came twice, and both count", "the mean of everything"),
        WrongAnswer(
            mean_of_first, "you do not count in the images' order", "cut without putting them in order"
        ),
        WrongAnswer(
            lambda shares, n: float(np.sum(shares) / n), "more hits are counted", "all hits, fewer images"
        ),
        WrongAnswer(
            lambda shares, n: float(in_order(shares)[:n].sum() / np.size(shares)),
            "8 answers came for 7 images: you divide by the answers",
            "all answers below the line",
        ),
        WrongAnswer(
            without_last, "Here no image came twice: all answers count", "the last one of each share dropped"
        ),
        WrongAnswer(lambda shares, n: float(np.mean(shares[0])), "4 images on 2", "the first process only"),
    ),
)
def unpadded_accuracy(shares, num_images):
    in_order = [correct for row in zip(*shares, strict=True) for correct in row]
    return sum(in_order[:num_images]) / num_images
