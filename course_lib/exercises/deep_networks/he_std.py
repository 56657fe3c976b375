"""He's standard deviation for the weights of a convolution, grouped ones included."""

from torch import nn

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect_close,
)

# (in_channels, kernel_size, groups): a unit adds up in_channels / groups * kernel_size**2 numbers
CASES = ((16, 3, 1), (1, 5, 1), (8, 1, 1), (32, 3, 4), (64, 3, 64))


def agrees_with_torch(answer):
    """Check that the deviation follows from torch's own fan-in."""
    for in_channels, kernel_size, groups in CASES:
        layer = nn.Conv2d(in_channels, in_channels, kernel_size, groups=groups)
        fan_in, _ = nn.init._calculate_fan_in_and_fan_out(layer.weight)
        what = f"in_channels={in_channels}, kernel_size={kernel_size}, groups={groups}"
        expect_close(answer(in_channels, kernel_size, groups), (2 / fan_in) ** 0.5, what)


@exercise(
    title="He's weights for a convolution",
    difficulty="warm-up",
    checks=(agrees_with_torch,),
    hints=(
        "How many products does one output number add up?",
        "In a grouped convolution an output channel reads only its own group's input channels.",
    ),
    mistakes=(
        Mistake(
            "kernel_size**2",
            "kernel_size",
            "A kernel has as many rows as columns: its pixels are kernel_size squared.",
        ),
        Mistake(
            "(2 / fan_in)",
            "(1 / fan_in)",
            "He's factor 2 is missing, which makes up for the half that ReLU cuts off.",
        ),
        Mistake(" ** 0.5", "", "This is the variance; the standard deviation is its root."),
        Mistake(
            "in_channels // groups",
            "in_channels",
            "With groups a unit reads the channels of its own group alone.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(lambda c, k, groups=1: (2 / c) ** 0.5, "kernel_size=3, groups=1", "kernel forgotten"),
        WrongAnswer(lambda c, k, groups=1: 2 * groups / (c * k * k), "in_channels=16", "variance"),
        WrongAnswer(lambda c, k, groups=1: (groups / (c * k * k)) ** 0.5, "in_channels=16", "no ReLU"),
        WrongAnswer(lambda c, k, groups=1: (2 / (c * k * k)) ** 0.5, "groups=4", "groups forgotten"),
        WrongAnswer(lambda c, k, groups=1: (2 * groups / (c * k)) ** 0.5, "in_channels=16", "one axis"),
    ),
)
def he_std(in_channels, kernel_size, groups=1):
    fan_in = in_channels // groups * kernel_size**2
    return (2 / fan_in) ** 0.5
