"""A detector of the reader's own: one kernel that tells diagonals from other lines."""

import numpy as np
from scipy import signal

from course_lib.data.patterns import load_patterns
from course_lib.exercises.framework import WrongAnswer, as_array, expect, value_exercise

DIRECTIONS = ("diagonal", "vertical", "horizontal", "anti-diagonal")
ENOUGH = 0.97  # a 3x3 diagonal of ones reaches 0.99, a 5x5 one 1.00, a 2x2 one 0.94


def strongest_responses(kernel):
    """Return the largest response after a ReLU in every image, and the images' labels, both (400,)."""
    data = load_patterns(100, 1, classes=DIRECTIONS, seed=5, shift=2, noise=0.25)
    responses = [signal.correlate2d(image[0], kernel, mode="valid").max() for image in data.train_images]
    return np.maximum(responses, 0), data.train_labels


def separation(found, others):
    """Return the mean of the two shares that the best threshold gets right."""
    return max(((found >= cut).mean() + (others < cut).mean()) / 2 for cut in found)


def a_kernel(answer):
    """Check that the answer is a finite kernel of at most 5 x 5 numbers."""
    kernel = as_array(answer, "Your kernel")
    expect(kernel.ndim == 2 and kernel.size, f"Your kernel must have two axes, got shape {kernel.shape}.")
    expect(max(kernel.shape) <= 5, f"Your kernel may have 5x5 numbers at most, got shape {kernel.shape}.")
    expect(np.isfinite(kernel).all(), "Your kernel must hold finite numbers.")


def finds_diagonals(answer):
    """Check that the strongest response tells diagonals from all other lines."""
    kernel = as_array(answer, "Your kernel")
    responses, labels = strongest_responses(kernel)
    means = [responses[labels == index].mean() for index in range(len(DIRECTIONS))]
    told = ", ".join(f"{name} {mean:.2f}" for name, mean in zip(DIRECTIONS, means, strict=True))
    rival = 1 + int(np.argmax(means[1:]))
    expect(
        means[0] > means[rival],
        f"Your kernel answers to {DIRECTIONS[rival]} lines at least as strongly as to diagonal ones. "
        f"Mean of the strongest response: {told}.{against_all(kernel)}",
    )
    score = separation(responses[labels == 0], responses[labels != 0])
    expect(
        score >= ENOUGH,
        f"The best threshold is right in {100 * score:.1f} % of the cases, "
        f"{100 * ENOUGH:.0f} % are asked for. "
        f"Mean of the strongest response: {told}. Is it another direction that comes close, or the noise?"
        f"{against_all(kernel)}",
    )


def against_all(kernel):
    """Return what to say about a kernel that cannot answer to any line."""
    silent = " No weight is above 0: no pixel votes for a line, and the ReLU leaves only noise."
    return "" if (kernel > 0).any() else silent


@value_exercise(
    title="A detector of your own",
    difficulty="open",
    next_step=(
        "Turn your kernel by 90 degrees: which lines does it find now? How many kernels would tell "
        "all four directions apart?"
    ),
    checks=(a_kernel, finds_diagonals),
    hints=(
        "Lay your kernel over a diagonal and over the three other lines, at its best place, and add up.",
        "Noise differs from pixel to pixel: the more pixels of the line vote, the less it matters.",
    ),
    wrong_answers=(
        WrongAnswer(np.array([[-1, 2, -1]] * 3), "to vertical lines", "another direction"),
        WrongAnswer(3 * np.eye(3)[::-1] - 1, "to anti-diagonal lines", "the other diagonal"),
        WrongAnswer(np.ones((3, 3)), "at least as strongly", "no direction at all"),
        WrongAnswer(
            np.array([[0, 1, 2], [-1, 0, 1], [-2, -1, 0]]), "at least as strongly", "an edge, not a line"
        ),
        WrongAnswer(np.eye(2), "97 % are asked for", "too few pixels vote"),
        WrongAnswer(np.zeros((3, 3)), "No weight is above 0", "nothing"),
        WrongAnswer(
            np.eye(5) - 1, "No weight is above 0", "votes against what lies beside the line, for nothing"
        ),
        WrongAnswer(np.eye(7), "5x5 numbers at most", "too large"),
    ),
)
def diagonal_detector():
    my_detector = 5 * np.eye(5) - 1  # the line votes for, everything beside it against
    return my_detector
