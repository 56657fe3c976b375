"""A third block at the work of two: where the parameters of a small CNN lie."""

from torch import nn

from course_lib.exercises.framework import WrongAnswer, exercise, expect
from course_lib.exercises.pytorch_ladder.networks import (
    expect_activations,
    layers_with_weights,
    made,
    multiply_adds,
)
from course_lib.models import SimpleCNN

BUDGET = 1_218_048  # of SimpleCNN for one image
# all but the third block: 112,896 + 903,168 + 1,280; and for each of its channels 14,112 + 1,152
MOST = (BUDGET - 1_017_344) // 15_264
NAMES = ("the first convolution", "the second one", "the third one", "the first dense layer", "the last")


def three_blocks_of_3x3(answer):
    """Check the convolutions, their maps, and that each is followed by a ReLU and a pooling."""
    layers = layers_with_weights(made(answer))
    kernels = [layer.kernel_size for layer, _, _ in layers if isinstance(layer, nn.Conv2d)]
    expect(kernels == [(3, 3)] * 3, f"Expected three convolutions with kernels of 3x3, got {kernels}.")
    sizes = [tuple(y.shape[1:]) for layer, _, y in layers if isinstance(layer, nn.Conv2d)]
    channels = sizes[2][0]
    expected = [(16, 28, 28), (32, 14, 14), (channels, 7, 7)]
    expect(sizes == expected, f"The convolutions should make {expected}, got {sizes}.")
    expect(
        len(layers) == 5 and layers[3][1].shape[-1] == 9 * channels,
        f"The third block ends with a pooling, too: maps of 3x3, so that the dense layer reads "
        f"{9 * channels} numbers, and a second dense layer follows it.",
    )
    hidden = layers[3][2].shape[-1]
    expect(hidden == 128, f"The hidden layer keeps its 128 units, got {hidden}.")
    expect_activations(layers, NAMES)


def as_wide_as_the_work_allows(answer):
    """Check that the network multiplies at most as often as SimpleCNN, and could not be wider."""
    network = made(answer)
    work, channels = multiply_adds(network), layers_with_weights(network)[2][2].shape[1]
    expect(
        work <= BUDGET,
        f"With {channels} channels your network multiplies {work:,} times for an image, SimpleCNN "
        f"{BUDGET:,} times: fewer channels.",
    )
    expect(channels == MOST, f"With {channels} channels there is room for more: {work:,} of {BUDGET:,}.")


def with_third(channels, features=None, pool=True, activation=nn.ReLU):
    """Return SimpleCNN with a third block of so many channels, or with a mistake in it."""
    third = [nn.Conv2d(32, channels, 3, padding=1), activation(), *[nn.MaxPool2d(2)] * pool]
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), *third,
        nn.Flatten(), nn.Linear(features or 9 * channels, 128), nn.ReLU(), nn.Linear(128, 10),
    )  # fmt: skip


@exercise(
    title="A third block, fairly",
    difficulty="idea",
    checks=(three_blocks_of_3x3, as_wide_as_the_work_allows),
    hints=(
        "What does the third pooling make of 7x7? The dense layer has to know.",
        "Write the work of all layers as a number plus a number for each channel of the third block.",
    ),
    wrong_answers=(
        WrongAnswer(SimpleCNN, "three convolutions", "no third block"),
        WrongAnswer(lambda: with_third(32), "fewer channels", "as wide as the second block"),
        WrongAnswer(lambda: with_third(14), "fewer channels", "the dense layer forgotten"),
        WrongAnswer(lambda: with_third(12), "room for more", "a channel too few"),
        WrongAnswer(
            lambda: with_third(13, features=1568), "does not take images", "the dense layer of before"
        ),
        WrongAnswer(lambda: with_third(13, features=208), "does not take images", "7 halved to 4"),
        WrongAnswer(lambda: with_third(13, 637, pool=False), "ends with a pooling", "no third pooling"),
        WrongAnswer(lambda: with_third(13, activation=nn.Identity), "activation is missing", "no third ReLU"),
    ),
)
def third_block():
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, padding=1), nn.ReLU(),      # (16, 28, 28)
        nn.MaxPool2d(kernel_size=2),                                # (16, 14, 14)
        nn.Conv2d(16, 32, kernel_size=3, padding=1), nn.ReLU(),     # (32, 14, 14)
        nn.MaxPool2d(kernel_size=2),                                # (32, 7, 7)
        nn.Conv2d(32, 13, kernel_size=3, padding=1), nn.ReLU(),     # (13, 7, 7)
        nn.MaxPool2d(kernel_size=2),                                # (13, 3, 3)
        nn.Flatten(),                                               # (117,)
        nn.Linear(13 * 3 * 3, 128), nn.ReLU(),                      # (128,)
        nn.Linear(128, 10),                                         # (10,)
    )  # fmt: skip
