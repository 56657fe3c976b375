"""A gated layer, given its weights."""

import numpy as np
import torch

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
    expect_close,
)
from course_lib.models import GatedLayer

SIZES = ((4, 3, 2), (1, 2, 5))  # samples, inputs, outputs


def weights(in_features, out_features, seed):
    rng = np.random.default_rng(seed)
    shapes = ((out_features, in_features), (out_features,)) * 2
    return [rng.normal(size=shape) for shape in shapes]


def agrees_with_the_library(answer):
    """Check that the outputs are those of the library's layer, for several sizes."""
    for num_samples, in_features, out_features in SIZES:
        x = np.random.default_rng(9).normal(size=(num_samples, in_features))
        arrays = weights(in_features, out_features, num_samples)
        layer = GatedLayer(in_features, out_features).double()
        with torch.no_grad():
            for parameter, array in zip(layer.parameters(), arrays, strict=True):
                parameter.copy_(torch.from_numpy(array))
            expected = layer(torch.from_numpy(x)).numpy()
        what = f"{num_samples} samples, {in_features} inputs, {out_features} outputs"
        got = as_array(answer(x, *arrays), what)
        if got.shape == expected.shape:
            value = x @ arrays[0].T + arrays[1]
            swapped = (x @ arrays[2].T + arrays[3]) / (1 + np.exp(-value))
            expect(not np.allclose(got, swapped), f"{what}: you squash the value and keep the gate as it is.")
        expect_close(got, expected, what)


def closes_and_opens(answer):
    """Check that a gate far below zero lets nothing pass, one far above everything."""
    x, (value, bias, gate, _) = np.ones((2, 3)), weights(3, 2, 0)
    shut = answer(x, value, bias, gate, np.full(2, -40.0))
    expect_close(shut, np.zeros((2, 2)), "With a gate bias of -40 nothing should pass")
    wide = answer(x, value, bias, gate, np.full(2, 40.0))
    expect_close(wide, x @ value.T + bias, "With a gate bias of 40 everything should pass")


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


@exercise(
    title="A gated layer",
    difficulty="idea",
    checks=(agrees_with_the_library, closes_and_opens),
    hints=(
        "Two dense layers read the same x. Weights have shape (out_features, in_features), as in torch.",
        "The sigmoid lies between 0 and 1: of which of the two do you take it, so that it says how "
        "much passes?",
    ),
    mistakes=(
        Mistake(
            "value_weight.T",
            "value_weight",
            "The weights have shape (outputs, inputs), and each row of x holds the inputs: "
            "the weights are needed transposed.",
        ),
        Mistake(
            "1 / (1 + np.exp(-(x @ gate_weight.T + gate_bias)))",
            "np.maximum(0, x @ gate_weight.T + gate_bias)",
            "The gate is a ReLU, which has no upper end; a gate lies between 0 and 1.",
        ),
        Mistake(
            "1 / (1 + np.exp(-(x @ gate_weight.T + gate_bias)))",
            "np.tanh(x @ gate_weight.T + gate_bias)",
            "The gate is a tanh, which goes below 0; a gate lies between 0 and 1.",
        ),
        Mistake("value * gate", "value + gate", "The gate is added, where it should multiply."),
    ),
    wrong_answers=(
        WrongAnswer(lambda x, w, b, v, c: (x @ v.T + c) * sigmoid(x @ w.T + b), "you squash", "swapped"),
        WrongAnswer(lambda x, w, b, v, c: sigmoid(x @ w.T + b) * sigmoid(x @ v.T + c), "error", "both"),
        WrongAnswer(lambda x, w, b, v, c: (x @ w.T + b) * (x @ v.T + c > 0), "error", "a hard gate"),
        WrongAnswer(lambda x, w, b, v, c: x @ w.T + b + sigmoid(x @ v.T + c), "error", "added"),
        WrongAnswer(lambda x, w, b, v, c: (x @ w.T) * sigmoid(x @ v.T), "error", "no biases"),
    ),
)
def gated_layer(x, value_weight, value_bias, gate_weight, gate_bias):
    value = x @ value_weight.T + value_bias  # (N, out_features)
    gate = 1 / (1 + np.exp(-(x @ gate_weight.T + gate_bias)))
    return value * gate
