"""The weights of a dense layer, in the shape of a convolution's."""

import numpy as np
import torch
from torch.nn import functional

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect

ORDER = "In which order does Flatten read a map?"
SHAPES = ((3, 2, 4, 5), (10, 16, 5, 5), (1, 3, 1, 1))  # outputs, channels, height, width


def equal_answers(answer):
    """Ask both layers about the same random maps; the answers decide, not the form of the weights."""
    for outputs, channels, height, width in SHAPES:
        generator = torch.Generator().manual_seed(outputs)
        dense = torch.randn(outputs, channels * height * width, generator=generator, dtype=torch.float64)
        maps = torch.randn(4, channels, height, width, generator=generator, dtype=torch.float64)
        what = f"{outputs} outputs of maps {channels} x {height} x {width}"
        kernel = as_array(answer(dense.clone(), channels, height, width), what)
        wanted = (outputs, channels, height, width)
        expect(kernel.shape == wanted, f"{what}: expected kernels of shape {wanted}, got {kernel.shape}.")
        got = functional.conv2d(maps, torch.from_numpy(np.array(kernel)))[:, :, 0, 0]
        error = (got - functional.linear(maps.flatten(1), dense)).abs().max().item()
        words = f"{what}: the right shape, but the answers differ by up to {error:.1f}. {ORDER}"
        expect(error < 1e-9, words + likely(np.array(kernel), dense.numpy().reshape(wanted)))


def likely(kernel, right):
    """Return words about the mistake that leads to this kernel, if one is known."""
    if np.allclose(kernel, np.flip(right, (2, 3))):
        return " Yours are turned by half, but nn.Conv2d does not turn them back."
    across = right.reshape(len(right), -1).T.reshape(right.shape)
    if np.allclose(kernel, across) or np.allclose(kernel, np.flip(across, (2, 3))):
        return " Each of yours mixes weights of several outputs; a row of the dense weight belongs to one."
    return ""


def turned(weight, channels, height, width):
    return weight.reshape(-1, channels, height, width).flip(2, 3)


def channels_last(weight, channels, height, width):
    return weight.reshape(-1, height, width, channels).permute(0, 3, 1, 2)


@exercise(
    title="From dense to convolution",
    difficulty="idea",
    checks=(equal_answers,),
    hints=(
        "nn.Flatten reads channel by channel, each row by row. In which order do the weights come?",
        "Nothing has to be moved: the same numbers, read in another shape.",
    ),
    wrong_answers=(
        WrongAnswer(channels_last, "In which order", "channels innermost"),
        WrongAnswer(lambda w, c, h, v: w.reshape(-1, c, v, h), "got (3, 2, 5, 4)", "sides exchanged"),
        WrongAnswer(lambda w, c, h, v: w.T.reshape(-1, c, h, v), "mixes weights of several", "transposed"),
        WrongAnswer(
            lambda w, c, h, v: w.reshape(-1, c, h, v).flip(2, 3),
            "Yours are turned by half",
            "turned, as a true convolution",
        ),
        WrongAnswer(lambda w, c, h, v: w, "expected kernels of shape", "unchanged"),
    ),
)
def dense_to_convolution(weight, channels, height, width):
    return weight.reshape(-1, channels, height, width)
