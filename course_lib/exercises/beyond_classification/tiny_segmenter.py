"""Separate touching digits with as few parameters as possible: a check that trains."""

import numpy as np
import torch
from torch import nn

from course_lib.data import load_mnist, touching_digits
from course_lib.exercises.framework import Answer, WrongAnswer, exercise, expect
from course_lib.exercises.framework.shapes import in_words
from course_lib.models import FlatNet, UNet, num_parameters
from course_lib.reproducibility import set_seed
from course_lib.segmentation import digit_overlap, predict_pixels, train_segmenter

MOST_PARAMETERS, GOAL = 2000, 0.85
ENTROPY = 0.5  # what the shares of the classes alone give on the bars of the heat is 0.53


def made(answer):
    """Return the network that the reader's function makes, after a first look at its logits."""
    expect(not isinstance(answer, nn.Module), "Give the function that makes the network, not a network.")
    network = answer()
    expect(isinstance(network, nn.Module), f"Expected a torch module, got {type(network).__name__}.")
    try:
        shape = tuple(predict_shape(network))
    except (RuntimeError, ValueError) as error:
        raise AssertionError(
            f"Your network does not take images of 1 x 32 x 48. {in_words(error) or error}"
        ) from None
    expect(shape == (2, 3, 32, 48), f"Two pairs make logits of shape (2, 3, 32, 48), got {shape}.")
    return network


def predict_shape(network):
    with torch.no_grad():
        return getattr(network(torch.zeros(2, 1, 32, 48)), "shape", ())


def within_the_budget(answer):
    """Count the parameters."""
    count = num_parameters(made(answer))
    expect(
        count <= MOST_PARAMETERS, f"Your network has {count:,} parameters, {MOST_PARAMETERS:,} are allowed."
    )


def learns(answer):
    """The heat: a second of training on bars instead of digits."""
    set_seed(1)
    network = made(answer)
    losses = train_segmenter(network, bars(), num_epochs=8, batch_size=5)
    expect(
        losses[-1] < ENTROPY,
        f"In the heat, 8 epochs on touching bars, your network stays at a loss of {losses[-1]:.2f}.",
    )


def bars():
    """Return 60 pairs of upright bars that touch."""
    rng = np.random.default_rng(0)
    ink = np.zeros((20, 20, 12), dtype=np.float32)
    for bar in ink:
        bar[: rng.integers(8, 20), : rng.integers(6, 12)] = 1
    return touching_digits(ink, 60, seed=0)


def final(answer, data=None, seeds=(1001, 1002)):
    """Train the reader's network in full with seeds of our own; compare its mean overlap with the goal.

    2,000 pairs, four epochs, the test digits read once; about half a minute.
    """
    data = load_mnist() if data is None else data
    within_the_budget(answer)
    train = touching_digits(data.ink(data.train_images), 2000, seed=1000)
    test = touching_digits(data.ink(data.test_images), 400, seed=2000)
    overlaps = []
    for seed in seeds:
        set_seed(seed)
        network = made(answer)
        train_segmenter(network, train, num_epochs=4, seed=seed)
        overlaps.append(digit_overlap(predict_pixels(network, test.images), test.labels).mean().item())
    mean = sum(overlaps) / len(overlaps)
    shown = ", ".join(f"{overlap:.3f}" for overlap in overlaps)
    status = "correct" if mean >= GOAL else "not yet"
    return Answer("final", status, f"overlap {shown}, mean {mean:.3f}; the goal is {GOAL}.")


@exercise(
    title="Small and far-sighted",
    difficulty="open",
    next_step=(
        "At equal parameters, does another level of depth or another channel of width help more, and "
        "by more than two seeds differ?"
    ),
    checks=(within_the_budget, learns),
    hints=(
        "Where do the parameters of `UNet()` sit? Print `num_parameters` of its parts.",
        "`UNet` has a width. Or build your own: dilated layers, depthwise convolutions, shared weights.",
    ),
    wrong_answers=(
        WrongAnswer(UNet, "26,571 parameters", "too large"),
        WrongAnswer(FlatNet, "parameters", "too large"),
        WrongAnswer(UNet(width=2), "the function that makes", "a network"),
        WrongAnswer(lambda: nn.Conv2d(1, 3, 3), "got (2, 3, 30, 46)", "no padding"),
        WrongAnswer(lambda: nn.Conv2d(3, 3, 1), "does not take images", "colour"),
        WrongAnswer(lambda: Stuck(), "stays at a loss", "learns nothing"),
    ),
)
def tiny_segmenter():
    return UNet(width=2)


class Stuck(nn.Module):
    """Answers the same everywhere, whatever it learns."""

    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, images):
        return self.bias[None, :, None, None].expand(len(images), 3, *images.shape[-2:])
