"""The capstone: a network within the budget that learns, by the rules of the scoreboard."""

import torch
from torch import nn

from course_lib import capstone
from course_lib.data.digits import offline_digits
from course_lib.exercises.framework import WrongAnswer, exercise, expect

HEAT_IMAGES = 300
HEAT = 0.3  # seen: the reference 0.88, the same with a global average 0.72, one number for each image 0.12


def keeps_the_rules(answer):
    """Check that the function makes a network that the capstone's rules admit."""
    expect(not isinstance(answer, nn.Module), "Give the function that makes the network, not a network.")
    network = answer()
    expect(network is not None, "Expected a network, got None. Does your function end with `return`?")
    expect(isinstance(network, nn.Module), f"Expected a torch module, got {type(network).__name__}.")
    try:
        capstone.measured(network)
    except ValueError as error:
        raise AssertionError(str(error)) from None


def makes_a_new_one_each_time(answer):
    """Check that two calls give two networks of the same layers."""
    first, second = answer(), answer()
    expect(first is not second, "Your function returns the same network twice; the checker needs a new one.")
    expect(repr(first) == repr(second), "Your function makes two different networks in two calls.")


def learns(answer):
    """The heat: the small digits, in seconds."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a set is slower on several
    try:
        accuracy = capstone.try_out(answer, data=offline_digits().sample(HEAT_IMAGES))
    finally:
        torch.set_num_threads(threads)
    expect(
        accuracy >= HEAT,
        f"In the heat, {HEAT_IMAGES} small digits, your network reads {100 * accuracy:.0f} % of the "
        f"validation images, {100 * HEAT:.0f} % are asked for.",
    )


class Own(nn.Module):
    def forward(self, x):
        return x.flatten(1)[:, :10]


def with_hook():
    network = capstone.reference()
    network[0].register_forward_hook(lambda layer, inputs, output: 2 * output)
    return network


ONE = capstone.reference()


@exercise(
    name="entry",
    title="The capstone",
    difficulty="open",
    next_step=(
        "What would have to be measured for you to give up your claim? Write that down before the "
        "final, beside the margin."
    ),
    checks=(keeps_the_rules, makes_a_new_one_each_time, learns),
    hints=(
        "Where do the reference's parameters sit, and where its multiply-adds? The two budgets bind in "
        "different places.",
        "Depthwise layers and strides save work, a pooled head saves parameters. Try each with the same "
        "seed.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)),
            "101,770 parameters",
            "the MLP",
        ),
        WrongAnswer(
            lambda: nn.Sequential(
                nn.Conv2d(1, 32, 5, padding=2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)
            ),
            "627,520 multiply-adds",
            "too much work",
        ),
        WrongAnswer(Own, "not among the allowed layers", "a layer of one's own"),
        WrongAnswer(with_hook, "has a hook", "a hook"),
        WrongAnswer(lambda: ONE, "the same network twice", "one network"),
        WrongAnswer(lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 9)), "got (2, 9)", "nine classes"),
        WrongAnswer(
            lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 10)),
            "In the heat",
            "learns nothing",
        ),
        WrongAnswer(ONE, "Give the function", "no function"),
    ),
)
def my_entry():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(288, 10),
    )  # fmt: skip
