"""LeNet-5 from its description: 61,706 parameters, and nothing but the text to go by."""

from torch import nn

from course_lib.exercises.framework import WrongAnswer, exercise, expect
from course_lib.exercises.pytorch_ladder.networks import expect_activations, layers_with_weights, made
from course_lib.models import LeNet5, num_parameters

NAMES = ("the first convolution", "the second convolution", "the first dense layer", "the second", "the last")
SIZES = (156, 2_416, 48_120, 10_164, 850)
MAPS = ((6, 28, 28), (16, 10, 10), (120,), (84,), (10,))


def layer_by_layer(answer):
    """Check that five layers have the asked maps and parameters."""
    layers = layers_with_weights(made(answer))
    expect(
        len(layers) == 5, f"Expected five layers with weights, two of them convolutions, got {len(layers)}."
    )
    for name, shape, count, (layer, _, y) in zip(NAMES, MAPS, SIZES, layers, strict=True):
        got = tuple(y.shape[1:])
        expect(got == shape, f"{name}: expected an output of shape {shape}, got {got}.")
        parameters = num_parameters(layer)
        expect(parameters == count, f"{name}: expected {count:,} parameters, got {parameters:,}.")


def nothing_else_learns(answer):
    """Check that there are no further parameters."""
    total = num_parameters(made(answer))
    expect(total == sum(SIZES), f"Expected {sum(SIZES):,} parameters in all, got {total:,}.")


def bends_after_every_layer(answer):
    """Check that an activation stands between every two layers with weights."""
    expect_activations(layers_with_weights(made(answer)), NAMES)


def rebuilt(padding=2, features=400, activation=nn.ReLU):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=padding), activation(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), activation(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(features, 120), activation(), nn.Linear(120, 84), activation(), nn.Linear(84, 10),
    )  # fmt: skip


@exercise(
    title="LeNet-5 from its description",
    difficulty="idea",
    checks=(layer_by_layer, nothing_else_learns, bends_after_every_layer),
    hints=(
        "Follow the size of the maps: 28, 28, 14, 10, 5. What does the first convolution need for that?",
        "120 units that read 16 maps of 5x5: how many weights has each, and how many biases are there?",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda: rebuilt(padding=0, features=256),
            "the first convolution: expected an",
            "no padding",
        ),
        WrongAnswer(
            lambda: rebuilt(activation=nn.Identity), "an activation is missing", "a stack of weighted sums"
        ),
        WrongAnswer(lambda: nn.Sequential(rebuilt(), nn.Softmax(1)), "probabilities", "a softmax at the end"),
        WrongAnswer(
            lambda: nn.Sequential(*list(rebuilt())[:7], nn.Linear(400, 84), nn.ReLU(), nn.Linear(84, 10)),
            "five layers with weights",
            "a dense layer missing",
        ),
        WrongAnswer(
            lambda: nn.Sequential(nn.BatchNorm2d(1), rebuilt()),
            "61,706 parameters",
            "batch norm added",
        ),
        WrongAnswer(LeNet5(), "not a network", "a network for a function"),
        WrongAnswer(
            lambda: rebuilt(features=256),
            "A dense layer that takes 256 numbers gets 400",
            "sizes that do not fit",
        ),
    ),
)
def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, kernel_size=5, padding=2), nn.ReLU(),   # (6, 28, 28)
        nn.MaxPool2d(kernel_size=2),                            # (6, 14, 14)
        nn.Conv2d(6, 16, kernel_size=5), nn.ReLU(),             # (16, 10, 10)
        nn.MaxPool2d(kernel_size=2),                            # (16, 5, 5)
        nn.Flatten(),                                           # (400,)
        nn.Linear(400, 120), nn.ReLU(),                         # (120,)
        nn.Linear(120, 84), nn.ReLU(),                          # (84,)
        nn.Linear(84, 10),                                      # (10,)
    )  # fmt: skip
