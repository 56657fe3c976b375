"""Three blocks for colour images: the shapes from line to line, and nothing that does not belong."""

import torch
from torch import nn

from course_lib.exercises.framework import WrongAnswer, exercise, expect, expect_close
from course_lib.exercises.framework.shapes import in_words


def shapes(answer):
    """Check that three convolutions keep the size, lead from 3 to 64 channels, and end in logits."""
    expect(not isinstance(answer, nn.Module), "Give the function that makes the network, not a network.")
    network = answer(7)
    expect(network is not None, "Expected a network, got None. Does your function end with `return`?")
    expect(isinstance(network, nn.Sequential), f"Expected an nn.Sequential, got {type(network).__name__}.")
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    channels = [(layer.in_channels, layer.out_channels) for layer in convolutions]
    expected = [(3, 16), (16, 32), (32, 64)]
    expect(channels == expected, f"The convolutions should lead {expected}, yours lead {channels}.")
    for layer in convolutions:
        expect(layer.padding in ((1, 1), "same"), f"{layer} does not keep the size: same padding is 1 here.")
    try:
        shape = tuple(network(torch.zeros(2, 3, 32, 32)).shape)
    except (RuntimeError, ValueError) as error:
        raise AssertionError(
            f"Your network does not take images of 3 x 32 x 32. {in_words(error) or error}"
        ) from None
    expect(shape == (2, 7), f"Two images and 7 classes should give logits of shape (2, 7), got {shape}.")


def count(answer):
    """Check that the network has 33,834 parameters."""
    # 448 + 4,640 + 18,496 for the convolutions, 1,024 * 10 + 10 for the head
    network = answer(10)
    network(torch.zeros(1, 3, 32, 32))  # a lazy layer has its parameters only now
    number = sum(parameter.numel() for parameter in network.parameters())
    expect(
        number == 33_834,
        f"With 10 classes the network should have 33,834 parameters, yours has {number:,}.",
    )


def outputs(answer):
    """With its weights copied into the solution, the answer must compute the same logits."""
    network, solution = answer(10).eval(), my_network.reference(10)
    network(torch.zeros(1, 3, 32, 32))
    for own, copied in zip(network.parameters(), solution.parameters(), strict=True):
        copied.data = own.data.clone()
    images = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        logits, expected = network(images), solution(images)
    normalised = torch.allclose(logits.exp().sum(1), torch.ones(4)) or torch.allclose(
        logits.sum(1), torch.ones(4)
    )
    expect(not normalised, "Your network ends in a softmax; the loss takes logits and does that itself.")
    expect_close(
        logits,
        expected,
        "With your weights, convolution, ReLU and max-pooling three times, then the head",
        rtol=1e-3,
    )


def changed(edit):
    """Return an answer that edits the list of the solution's layers."""

    def answer(num_classes):
        layers = list(my_network.reference(num_classes))
        return nn.Sequential(*edit(layers, num_classes))

    return answer


def without_padding(layers, num_classes):
    for index in (0, 3, 6):
        layers[index] = nn.Conv2d(layers[index].in_channels, layers[index].out_channels, 3)
    return [*layers[:-1], nn.Linear(64 * 2 * 2, num_classes)]


def without_relu(layers, num_classes):
    return [layer for layer in layers if not isinstance(layer, nn.ReLU)]


def with_means(layers, num_classes):
    return [nn.AvgPool2d(2) if isinstance(layer, nn.MaxPool2d) else layer for layer in layers]


@exercise(
    name="three_blocks",
    title="Three blocks for colour images",
    difficulty="idea",
    checks=(shapes, count, outputs),
    hints=(
        "Write the shape behind every line, from (3, 32, 32) on.",
        "The dense layer takes channels times height times width of the last map.",
    ),
    wrong_answers=(
        WrongAnswer(changed(without_padding), "same padding", "no padding"),
        WrongAnswer(
            changed(lambda layers, n: [*layers[:6], nn.Flatten(), nn.Linear(32 * 8 * 8, n)]),
            "should lead",
            "a block missing",
        ),
        WrongAnswer(
            changed(lambda layers, n: [layers[0], nn.BatchNorm2d(16), *layers[1:]]),
            "33,834",
            "batch normalisation added",
        ),
        WrongAnswer(
            changed(lambda layers, n: [*layers[:-1], nn.Linear(512, n)]),
            "gets 1024",
            "a wrong head",
        ),
        WrongAnswer(changed(without_relu), "With your weights, convolution, ReLU", "no ReLU"),
        WrongAnswer(
            changed(lambda layers, n: [*layers, nn.Softmax(dim=1)]), "ends in a softmax", "a softmax"
        ),
        WrongAnswer(
            changed(lambda layers, n: [*layers, nn.LogSoftmax(dim=1)]), "ends in a softmax", "a log-softmax"
        ),
        WrongAnswer(nn.Sequential(nn.Flatten()), "makes the network, not a network", "no function"),
        WrongAnswer(changed(with_means), "max-pooling three times", "means for maxima"),
    ),
)
def my_network(num_classes):
    return nn.Sequential(
        nn.Conv2d(3, 16, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(2),   # (16, 16, 16)
        nn.Conv2d(16, 32, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(2),  # (32, 8, 8)
        nn.Conv2d(32, 64, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(2),  # (64, 4, 4)
        nn.Flatten(), nn.Linear(64 * 4 * 4, num_classes),                         # (num_classes,)
    )  # fmt: skip
