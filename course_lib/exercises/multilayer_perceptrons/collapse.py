"""Many layers into one: somebody forgot every ReLU."""

import itertools

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
    expect_close,
)


def layers_of(*sizes):
    rng = np.random.default_rng(len(sizes))
    return [
        (rng.normal(size=(after, before)), rng.normal(size=after))
        for before, after in itertools.pairwise(sizes)
    ]


def run(layers, x):
    """What the layers do, one after the other: the oracle."""
    for weight, bias in layers:
        x = weight @ x + bias
    return x


def same_outputs(answer, *sizes):
    """Compare the one layer with the stack on random inputs."""
    layers, case = layers_of(*sizes), f"Layers of sizes {' to '.join(map(str, sizes))}"
    got = answer(layers)
    expect(isinstance(got, tuple | list) and len(got) == 2, f"{case}: return two things, weight and bias.")
    weight, bias = as_array(got[0], f"{case}, weight"), as_array(got[1], f"{case}, bias")
    shape = sizes[-1], sizes[0]
    expect(weight.shape == shape, f"{case}, weight: expected shape {shape}, got {weight.shape}.")
    at_zero = run(layers, np.zeros(sizes[0]))
    expect_close(bias, at_zero, f"{case}, bias, which is the output for an input of zeros")
    for column, unit in enumerate(np.eye(sizes[0])):
        expect_close(weight[:, column], run(layers, unit) - at_zero, f"{case}, column {column} of weight")


def one_layer(answer):
    """Check that one layer stays what it is."""
    same_outputs(answer, 5, 3)


def two_layers(answer):
    """Check that two layers become one with the same outputs."""
    same_outputs(answer, 5, 4, 3)


def four_layers(answer):
    """Check that four layers become one with the same outputs."""
    same_outputs(answer, 2, 6, 3, 5, 4)


def first_two(layers):
    return collapse.reference(layers[:2])


def with_relu(layers):
    weight, bias = layers[0]
    for next_weight, next_bias in layers[1:]:
        weight, bias = next_weight @ np.maximum(weight, 0), next_weight @ bias + next_bias
    return weight, bias


@exercise(
    title="A tower without ReLU",
    difficulty="warm-up",
    checks=(one_layer, two_layers, four_layers),
    hints=(
        "Two layers become one as in the text. What is left to do when there are four?",
        "Which bias comes out at the top if the input is zero, and through which weights has it passed?",
    ),
    mistakes=(
        Mistake(
            "next_weight @ weight",
            "weight @ next_weight",
            "The layers are multiplied in the wrong order: the next one acts on what the "
            "first one gives, so it stands on the left.",
        ),
        Mistake(
            "next_weight @ weight",
            "weight + next_weight",
            "Layers that follow each other multiply; they do not add up.",
        ),
        Mistake(
            "next_weight @ bias + next_bias",
            "bias + next_bias",
            "The biases of two layers do not add up: the first one still goes through the next weights.",
        ),
        Mistake(
            "next_weight @ bias + next_bias",
            "next_bias",
            "The first bias is lost: it goes through the next weights.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(lambda layers: (collapse.reference(layers)[0], layers[-1][1]), "input of zeros", "top"),
        WrongAnswer(first_two, "expected shape (4, 2)", "written for two layers"),
        WrongAnswer(
            lambda layers: (collapse.reference(layers)[0], sum(bias.sum() for _, bias in layers)),
            "bias, which is the output for an input of zeros: expected shape (3,), got ()",
            "biases added up",
        ),
        WrongAnswer(lambda layers: collapse.reference(layers)[0], "return two things", "no bias"),
        WrongAnswer(with_relu, "column 0 of weight", "a ReLU on the weights"),
        WrongAnswer(
            lambda layers: (collapse.reference(layers)[0].T, collapse.reference(layers)[1]),
            "expected shape (3, 5), got (5, 3)",
            "transposed",
        ),
    ),
)
def collapse(layers):
    """Return (weight, bias) of the one layer that does what all layers do."""
    weight, bias = layers[0]
    for next_weight, next_bias in layers[1:]:
        weight = next_weight @ weight  # (out, hidden) @ (hidden, in)
        bias = next_weight @ bias + next_bias  # (out,)
    return weight, bias
