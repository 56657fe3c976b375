"""Kernels of 5x5 at the work of 3x3: a fair rung of the ladder."""

from torch import nn

from course_lib.exercises.framework import WrongAnswer, exercise, expect
from course_lib.exercises.pytorch_ladder.networks import layers_with_weights, made, work_by_layer
from course_lib.models import SimpleCNN

BUDGET = 1_218_048  # of SimpleCNN for one image: 112,896 + 903,168 + 200,704 + 1,280
ENOUGH = 0.95


def two_large_convolutions(answer):
    """Check that the network has two convolutions, both 5 x 5."""
    sizes = [
        layer.kernel_size for layer, _, _ in layers_with_weights(made(answer)) if isinstance(layer, nn.Conv2d)
    ]
    expect(sizes == [(5, 5)] * 2, f"Expected two convolutions with kernels of 5x5, got kernels {sizes}.")


def equal_work(answer):
    """Check that the network multiplies nearly as often as SimpleCNN, and no more often."""
    layers = work_by_layer(made(answer))
    work, by_layer = sum(layers), " + ".join(f"{layer:,}" for layer in layers)
    expect(
        work <= BUDGET,
        f"Your network multiplies {work:,} times for an image, layer by layer {by_layer}; "
        f"SimpleCNN {BUDGET:,} times: fewer channels.",
    )
    expect(
        work >= ENOUGH * BUDGET,
        f"Your network multiplies {work:,} times for an image, layer by layer {by_layer}. That is "
        f"{work / BUDGET:.0%} of SimpleCNN's: at least {ENOUGH:.0%} make it a fair comparison.",
    )


def with_channels(first, second, kernel_size=5):
    return nn.Sequential(
        nn.Conv2d(1, first, kernel_size, padding=kernel_size // 2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(first, second, kernel_size, padding=kernel_size // 2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(second * 49, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


@exercise(
    title="Larger kernels, fairly",
    difficulty="idea",
    checks=(two_large_convolutions, equal_work),
    hints=(
        "Write down the multiply-adds of all four layers, with a channels first and b after that.",
        "Choose the first number of channels, and solve for the second one. The dense layer reads it, too.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda: with_channels(16, 32),
            "2,508,800 + 200,704 + 1,280; SimpleCNN 1,218,048 times: fewer channels",
            "the widths left as they were",
        ),
        WrongAnswer(SimpleCNN, "kernels of 5x5", "kernels left as they were"),
        WrongAnswer(lambda: with_channels(6, 12), "at least 95%", "divided by 25/9 twice"),
        WrongAnswer(lambda: with_channels(8, 24), "fewer channels", "the dense layer forgotten"),
        WrongAnswer(with_channels(8, 23), "makes the network, not a network", "a network for a function"),
        WrongAnswer(
            lambda: nn.Sequential(with_channels(8, 23), nn.Softmax(dim=1)), "probabilities", "a softmax"
        ),
    ),
)
def large_kernels():
    return nn.Sequential(
        nn.Conv2d(1, 8, kernel_size=5, padding=2), nn.ReLU(),   # (8, 28, 28)
        nn.MaxPool2d(kernel_size=2),                            # (8, 14, 14)
        nn.Conv2d(8, 23, kernel_size=5, padding=2), nn.ReLU(),  # (23, 14, 14)
        nn.MaxPool2d(kernel_size=2),                            # (23, 7, 7)
        nn.Flatten(),                                           # (1127,)
        nn.Linear(23 * 7 * 7, 128), nn.ReLU(),                  # (128,)
        nn.Linear(128, 10),                                     # (10,)
    )  # fmt: skip
