"""Exercises of the chapter *What does a hidden layer buy, and what does it not know?*"""

import itertools

import numpy as np

from course_lib.exercises.framework import Exercise, WrongAnswer, as_array, expect, expect_close
from course_lib.exercises.multilayer_perceptrons_arrays import (  # noqa: F401
    collapse,
    inverse_permutation,
    shift,
)

# --- parity of three bits -----------------------------------------------------------------


def _reference_parity():
    weight_1 = np.ones((3, 3))  # every unit counts the ones: s = x1 + x2 + x3
    bias_1 = np.array([0, -1, -2])  # relu(s), relu(s - 1), relu(s - 2)
    weight_2 = np.array([1, -2, 2])  # slopes 1, then 1 - 2 = -1, then -1 + 2 = 1
    return weight_1, bias_1, weight_2, 0


def _check_parity_shapes(answer):
    parameters = answer()
    expect(
        isinstance(parameters, (tuple, list)) and len(parameters) == 4,
        "Return four things: weight_1, bias_1, weight_2, bias_2.",
    )
    names_and_shapes = (("weight_1", (3, 3)), ("bias_1", (3,)), ("weight_2", (3,)), ("bias_2", ()))
    for (name, shape), value in zip(names_and_shapes, parameters, strict=True):
        got = as_array(value, name).shape
        expect(got == shape, f"{name}: expected shape {shape}, got {got}.")


def _check_parity_values(answer):
    weight_1, bias_1, weight_2, bias_2 = (np.asarray(p, dtype=float) for p in answer())
    for bits in itertools.product((0, 1), repeat=3):
        got = weight_2 @ np.maximum(weight_1 @ bits + bias_1, 0) + bias_2
        expect(
            abs(got - sum(bits) % 2) < 1e-6,
            f"For x = {bits}, with {sum(bits)} ones, the output should be {sum(bits) % 2}; "
            f"your network gives {got:g}.",
        )


parity = Exercise(
    name="parity",
    checks=(_check_parity_shapes, _check_parity_values),
    reference=_reference_parity,
    hints=(
        "Let every hidden unit look at the number of ones, s = x1 + x2 + x3. "
        "The output must be 0, 1, 0, 1 at s = 0, 1, 2, 3.",
        "relu(s - k) is flat up to k and has slope 1 after it. Its output weight is the change of slope "
        "at k. The zigzag has slope 1, then -1, then 1: which changes at 0, 1 and 2?",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda: (np.ones((3, 3)), np.array([0, -1, -2]), np.array([1, -2, 1]), 0),
            "with 3 ones, the output should be 1; your network gives 0",
            "the XOR weights, continued without the last change of slope",
        ),
        WrongAnswer(
            lambda: (np.ones((3, 3)), np.zeros(3), np.array([1, -2, 2]), 0),
            "with 2 ones, the output should be 0; your network gives 2",
            "no biases: all units bend at the same place",
        ),
        WrongAnswer(
            lambda: (np.ones((3, 2)), np.array([0, -1, -2]), np.array([1, -2, 2]), 0),
            "weight_1: expected shape (3, 3)",
            "two inputs, as in XOR",
        ),
        WrongAnswer(lambda: np.ones((3, 3)), "Return four things", "only one of the four"),
    ),
)

# --- a deep forward pass -------------------------------------------------------------------

# By hand: hidden (1*2 - 1*3, 2*2 + 0*3 + 1, -1*2 + 1*3 - 2) = (-1, 5, -1), after ReLU (0, 5, 0);
# logits (1*5 + 0, -1*5 + 2) = (5, -3).
_HAND_X = np.array([[2.0, 3.0]])
_HAND_LAYERS = [
    (np.array([[1.0, -1.0], [2.0, 0.0], [-1.0, 1.0]]), np.array([0.0, 1.0, -2.0])),
    (np.array([[3.0, 1.0, 4.0], [2.0, -1.0, 1.0]]), np.array([0.0, 2.0])),
]


def _reference_forward(x, layers):
    *hidden_layers, (weight, bias) = layers
    for hidden_weight, hidden_bias in hidden_layers:
        x = np.maximum(x @ hidden_weight.T + hidden_bias, 0)  # (N, hidden_features)
    return x @ weight.T + bias  # (N, num_classes)


def _check_forward_by_hand(answer):
    got = answer(_HAND_X.copy(), list(_HAND_LAYERS))
    if got is not None and got is not Ellipsis:
        values = as_array(got, "forward")
        expect(
            values.shape == (1, 2),
            f"forward for x of shape (1, 2) and layers 2-3-2: expected shape (1, 2), got {values.shape}.",
        )
        expect(
            values[0, 1] < 0 or values[0, 0] != 5,
            "The last logit should be -3, a negative number: there is no ReLU after the last layer.",
        )
    expect_close(got, [[5, -3]], "forward for x = [[2, 3]], where the hidden values are (0, 5, 0)")


def _check_forward_without_hidden_layer(answer):
    weight, bias = _HAND_LAYERS[0]
    got = answer(np.array([[2.0, 3.0], [0.0, 0.0]]), [(weight, bias)])
    expect_close(got, [[-1, 5, -1], [0, 1, -2]], "forward with a single layer, which is a linear model")


def _check_forward_three_layers(answer):
    # |x| = relu(x) + relu(-x), applied to x - 4: (x = 1, 4, 6) -> |x - 4| = 3, 0, 2, then 1 - that
    ramps = (np.array([[1.0], [-1.0]]), np.array([-4.0, 4.0]))
    total = (np.array([[1.0, 1.0]]), np.array([0.0]))
    tent = (np.array([[-1.0]]), np.array([1.0]))
    got = answer(np.array([[1.0], [4.0], [6.0]]), [ramps, total, tent])
    expect_close(got, [[-2], [1], [-1]], "forward with three layers that compute 1 - |x - 4| at x = 1, 4, 6")


def _forward_relu_everywhere(x, layers):
    for weight, bias in layers:
        x = np.maximum(x @ weight.T + bias, 0)
    return x


def _forward_without_relu(x, layers):
    for weight, bias in layers:
        x = x @ weight.T + bias
    return x


def _forward_without_bias(x, layers):
    for weight, _ in layers[:-1]:
        x = np.maximum(x @ weight.T, 0)
    return x @ layers[-1][0].T


def _forward_relu_once(x, layers):
    x = x @ layers[0][0].T + layers[0][1]
    for weight, bias in layers[1:]:
        x = np.maximum(x, 0) @ weight.T + bias
        break
    return x


def _forward_untransposed(x, layers):
    for weight, bias in layers[:-1]:
        x = np.maximum(x @ weight + bias, 0)
    return x @ layers[-1][0] + layers[-1][1]


forward = Exercise(
    name="forward",
    checks=(_check_forward_by_hand, _check_forward_without_hidden_layer, _check_forward_three_layers),
    reference=_reference_forward,
    hints=(
        "One layer is `x @ weight.T + bias`. Loop over all layers but the last, and apply "
        "`np.maximum(..., 0)` to each result.",
        "`*hidden_layers, (weight, bias) = layers` splits off the last layer, which gets no ReLU.",
    ),
    wrong_answers=(
        WrongAnswer(_forward_relu_everywhere, "no ReLU after the last layer", "ReLU on the logits"),
        WrongAnswer(_forward_without_relu, "hidden values are (0, 5, 0)", "no ReLU at all"),
        WrongAnswer(_forward_without_bias, "the largest error is at index", "biases forgotten"),
        WrongAnswer(_forward_relu_once, "three layers", "works for two layers only"),
        WrongAnswer(_forward_untransposed, "ValueError", "weight not transposed"),
    ),
)

# --- counting parameters ---------------------------------------------------------------------


def _reference_count_parameters(sizes):
    layers = itertools.pairwise(sizes)  # (784, 128), (128, 10)
    return sum(in_features * out_features + out_features for in_features, out_features in layers)


def _check_counts(answer):
    # 535,818 is the count of a network in a published tutorial; the others are counted in the chapter
    for sizes, expected in (([784, 128, 10], 101_770), ([784, 10], 7_850), ([784, 512, 256, 10], 535_818)):
        got = as_array(answer(list(sizes)), f"sizes = {sizes}")
        likely_mistakes = (
            (sum(sizes[1:]), "All biases are missing: each layer has one per output."),
            (-sizes[0], "The input has no biases: only the layers after it do."),
            (sum(sizes[1:-1]), "The biases of the hidden layers are missing."),
            (sizes[-1], "The biases of the last layer are missing."),
        )
        for missing, words in likely_mistakes:
            expect(missing == 0 or got != expected - missing, f"sizes = {sizes}: {words}")
        expect_close(got, expected, f"sizes = {sizes}", rtol=0, atol=0)


count_parameters = Exercise(
    name="count_parameters",
    checks=(_check_counts,),
    reference=_reference_count_parameters,
    hints=(
        "A layer from m to n features has m * n weights and n biases.",
        "`zip(sizes[:-1], sizes[1:])` gives the pairs (m, n) of all layers; sum over them.",
    ),
    wrong_answers=(
        WrongAnswer(lambda s: sum(m * n for m, n in itertools.pairwise(s)), "All biases are missing"),
        WrongAnswer(
            lambda s: sum(m * n for m, n in itertools.pairwise(s)) + sum(s), "The input has no biases"
        ),
        WrongAnswer(
            lambda s: sum(m * n for m, n in itertools.pairwise(s)) + s[-1],
            "The biases of the hidden layers are missing",
        ),
        WrongAnswer(
            lambda s: sum(m * n for m, n in itertools.pairwise(s)) + sum(s[1:-1]),
            "The biases of the last layer are missing",
        ),
        WrongAnswer(
            lambda s: (s[0] + 1) * s[1] + (s[1] + 1) * s[-1] if len(s) > 2 else (s[0] + 1) * s[1],
            "[784, 512, 256, 10]: expected 535818",
            "written for one hidden layer",
        ),
    ),
)
