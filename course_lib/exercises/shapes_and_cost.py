"""Exercises of the chapter *How large is the output, and what does it cost?*"""

import torch
from torch import nn

from course_lib.exercises.framework import Exercise, WrongAnswer, expect, expect_close


def my_output_size(input_size, kernel_size, stride, padding):
    return (input_size + 2 * padding - kernel_size) // stride + 1


# Cases that separate the common mistakes; the sizes from Dumoulin and Visin (2016) and by counting.
SIZES = (
    ((7, 3, 1, 0), 5),
    ((8, 3, 1, 1), 8),
    ((8, 3, 2, 0), 3),
    ((9, 5, 3, 2), 3),
    ((6, 3, 2, 1), 3),
    ((32, 3, 2, 1), 16),
    ((227, 11, 4, 0), 55),
)


def _sizes(answer):
    for arguments, expected in SIZES:
        got = answer(*arguments)
        case = "input_size={}, kernel_size={}, stride={}, padding={}".format(*arguments)
        expect(got is not None, "Expected a number, got None. Does your function end with `return`?")
        input_size, kernel_size, stride, padding = arguments
        exact = (input_size + 2 * padding - kernel_size) / stride + 1
        expect(
            got == expected or got != exact,
            f"{case}: there are no {exact} positions, a part of a step does not exist: round down.",
        )
        expect(got == expected, f"{case}: expected {expected} positions, your function returned {got!r}.")


output_size = Exercise(
    name="output_size",
    checks=(_sizes,),
    reference=my_output_size,
    hints=(
        "How much room has the window to move in, once it lies at its first position?",
        "Padding counts on both sides; // rounds down; the first position needs no step.",
    ),
    wrong_answers=(
        WrongAnswer(lambda n, k, s, p: (n + 2 * p - k) // s, "expected 5", "the first position forgotten"),
        WrongAnswer(lambda n, k, s, p: (n + p - k) // s + 1, "expected 8", "padding counted once"),
        WrongAnswer(lambda n, k, s, p: (n + 2 * p - k) / s + 1, "round down", "no floor"),
        WrongAnswer(lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1, "expected 3", "rounded up"),
        WrongAnswer(lambda n, k, s, p: (n + 2 * p - k + 1) // s, "expected 55", "the 1 inside the division"),
    ),
)


def same_padding(kernel_size, dilation=1):
    return dilation * (kernel_size - 1) // 2


def _same_padding(answer):
    for kernel_size, dilation, expected in ((3, 1, 1), (5, 1, 2), (7, 1, 3), (1, 1, 0), (3, 2, 2), (5, 3, 6)):
        got = answer(kernel_size, dilation)
        expect(
            got == expected,
            f"kernel_size={kernel_size}, dilation={dilation}: a padding of {expected} keeps the size, "
            f"your function returned {got!r}.",
        )


def _same_padding_keeps_the_size_in_torch(answer):
    images = torch.zeros(1, 1, 20, 20)
    for kernel_size, dilation in ((3, 1), (7, 2)):
        layer = nn.Conv2d(1, 1, kernel_size, padding=answer(kernel_size, dilation), dilation=dilation)
        shape = tuple(layer(images).shape[2:])
        expect(shape == (20, 20), f"torch makes {shape} of a 20 x 20 image with kernel_size={kernel_size}.")


same_padding = Exercise(
    name="same_padding",
    checks=(_same_padding, _same_padding_keeps_the_size_in_torch),
    reference=same_padding,
    hints=(
        "Set stride to 1 in the formula of the size and ask when it gives the input size back.",
        "The window spans dilation * (kernel_size - 1) + 1 pixels.",
    ),
    wrong_answers=(
        WrongAnswer(lambda k, d=1: k // 2, "dilation=2", "dilation ignored"),
        WrongAnswer(lambda k, d=1: d * (k - 1), "a padding of 1", "both sides' sum"),
        WrongAnswer(lambda k, d=1: d * k // 2, "dilation=2", "the span of k pixels"),
        WrongAnswer(lambda k, d=1: 1, "kernel_size=5", "always 1"),
    ),
)


def my_network(num_classes):
    """Return three blocks of convolution, ReLU and pooling, and a dense head."""
    return nn.Sequential(
        nn.Conv2d(3, 16, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(2),   # (16, 16, 16)
        nn.Conv2d(16, 32, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(2),  # (32, 8, 8)
        nn.Conv2d(32, 64, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(2),  # (64, 4, 4)
        nn.Flatten(), nn.Linear(64 * 4 * 4, num_classes),                         # (num_classes,)
    )  # fmt: skip


def _three_blocks_shapes(answer):
    network = answer(7)
    expect(network is not None, "Expected a network, got None. Does your function end with `return`?")
    expect(isinstance(network, nn.Sequential), f"Expected an nn.Sequential, got {type(network).__name__}.")
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    channels = [(layer.in_channels, layer.out_channels) for layer in convolutions]
    expected = [(3, 16), (16, 32), (32, 64)]
    expect(channels == expected, f"The convolutions should lead {expected}, yours lead {channels}.")
    pools = sum(isinstance(layer, nn.MaxPool2d) for layer in network.modules())
    expect(pools == 3, f"Expected three max-pooling layers, found {pools}.")
    for layer in convolutions:
        expect(layer.padding in ((1, 1), "same"), f"{layer} does not keep the size: same padding is 1 here.")
    shape = tuple(network(torch.zeros(2, 3, 32, 32)).shape)
    expect(shape == (2, 7), f"Two images and 7 classes should give logits of shape (2, 7), got {shape}.")


def _three_blocks_count(answer):
    # 448 + 4,640 + 18,496 for the convolutions, 1,024 * 10 + 10 for the head
    count = sum(parameter.numel() for parameter in answer(10).parameters())
    expect(
        count == 33_834, f"With 10 classes the network should have 33,834 parameters, yours has {count:,}."
    )


def _without_padding(num_classes):
    layers = list(my_network(num_classes))
    for index in (0, 3, 6):
        old = layers[index]
        layers[index] = nn.Conv2d(old.in_channels, old.out_channels, 3)
    layers[-1] = nn.Linear(64 * 2 * 2, num_classes)
    return nn.Sequential(*layers)


def _two_blocks(num_classes):
    return nn.Sequential(*list(my_network(num_classes))[:6], nn.Flatten(), nn.Linear(32 * 8 * 8, num_classes))


def _normalised(num_classes):
    layers = list(my_network(num_classes))
    return nn.Sequential(layers[0], nn.BatchNorm2d(16), *layers[1:])


three_blocks = Exercise(
    name="three_blocks",
    checks=(_three_blocks_shapes, _three_blocks_count),
    reference=my_network,
    hints=(
        "Write the shape behind every line: 32, 16, 8, 4.",
        "The dense layer takes channels times height times width of the last map.",
    ),
    wrong_answers=(
        WrongAnswer(_without_padding, "same padding", "no padding"),
        WrongAnswer(_two_blocks, "should lead", "a block missing"),
        WrongAnswer(_normalised, "33,834", "batch normalisation added"),
        WrongAnswer(
            lambda n: nn.Sequential(*list(my_network(n))[:-1], nn.Linear(512, n)), "cannot be multiplied"
        ),
    ),
)


def separable_fraction(in_channels, out_channels, kernel_size):
    full = in_channels * out_channels * kernel_size**2
    separable = in_channels * kernel_size**2 + in_channels * out_channels
    return separable / full


def _separable(answer):
    # Howard et al. (2017): 8,768 against 73,728 weights from 64 to 128 channels
    expect_close(answer(64, 128, 3), 8_768 / 73_728, "64 to 128 channels, 3x3")
    for in_channels, out_channels, kernel_size in ((8, 8, 5), (3, 32, 3), (100, 10, 7)):
        full = nn.Conv2d(in_channels, out_channels, kernel_size, bias=False)
        depthwise = nn.Conv2d(in_channels, in_channels, kernel_size, groups=in_channels, bias=False)
        pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        expected = (depthwise.weight.numel() + pointwise.weight.numel()) / full.weight.numel()
        what = f"{in_channels} to {out_channels} channels, {kernel_size}x{kernel_size}"
        expect_close(answer(in_channels, out_channels, kernel_size), expected, what)


separable_fraction = Exercise(
    name="separable_fraction",
    checks=(_separable,),
    reference=separable_fraction,
    hints=(
        "The depthwise part has one kernel per input channel.",
        "The pointwise part is a 1x1 convolution: in_channels times out_channels weights.",
    ),
    wrong_answers=(
        WrongAnswer(lambda c, o, k: 1 / k**2, "expected 0.118924", "only the 1x1 part"),
        WrongAnswer(lambda c, o, k: 1 / o, "expected 0.118924", "only the depthwise part"),
        WrongAnswer(lambda c, o, k: 1 / (1 / o + 1 / k**2), "expected 0.118924", "the saving turned over"),
        WrongAnswer(lambda c, o, k: 1 / c + 1 / k**2, "expected 0.118924", "input for output channels"),
    ),
)
