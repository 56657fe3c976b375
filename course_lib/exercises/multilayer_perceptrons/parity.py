"""Parity of n bits, by hand: the zigzag that XOR is the beginning of."""

import itertools

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
)


def parameters_of(answer, num_bits):
    """Return the four arrays, after a look at their shapes."""
    got = answer(num_bits)
    expect(
        isinstance(got, tuple | list) and len(got) == 4,
        f"parity({num_bits}): return four things, weight_1, bias_1, weight_2 and bias_2.",
    )
    square, row = (num_bits, num_bits), (num_bits,)
    arrays = []
    for name, shape, value in zip(
        ("weight_1", "bias_1", "weight_2", "bias_2"), (square, row, row, ()), got, strict=True
    ):
        array = as_array(value, f"parity({num_bits}), {name}")
        expect(
            array.shape == shape, f"parity({num_bits}), {name}: expected shape {shape}, got {array.shape}."
        )
        arrays.append(array)
    return arrays


def holds_for(answer, num_bits):
    """Ask the network about every pattern of bits."""
    weight_1, bias_1, weight_2, bias_2 = parameters_of(answer, num_bits)
    for bits in itertools.product((0, 1), repeat=num_bits):
        got = weight_2 @ np.maximum(weight_1 @ bits + bias_1, 0) + bias_2
        expect(
            abs(got - sum(bits) % 2) < 1e-6,
            f"parity({num_bits}), x = {bits}: {sum(bits)} ones, so the output should be {sum(bits) % 2}; "
            f"your network gives {got:g}.",
        )


def two_bits(answer):
    """Check that the network is right for all inputs of two bits."""
    holds_for(answer, 2)


def three_bits(answer):
    """Check that the network is right for all inputs of three bits."""
    holds_for(answer, 3)


def other_sizes(answer):
    """Check that the network is right for one, four and seven bits."""
    for num_bits in (1, 4, 7):
        holds_for(answer, num_bits)


def with_weights(weight_2):
    """Return an answer that is right but for the weights of the second layer."""
    return lambda n: (np.ones((n, n)), -np.arange(n), weight_2(n), 0)


def xor_only(num_bits):
    return np.ones((2, 2)), np.array([0, -1]), np.array([1, -2]), 0


@exercise(
    title="Parity",
    difficulty="idea",
    checks=(two_bits, three_bits, other_sizes),
    hints=(
        "Let every hidden unit look at the number of ones. What must the output be at 0, 1, 2, 3, ... ones?",
        "Draw that zigzag. Each hidden unit may bend it once: where, and by how much does the slope change?",
    ),
    mistakes=(
        Mistake(
            "np.ones((num_bits, num_bits))",
            "np.eye(num_bits)",
            "Each unit reads one bit, and so none can count the ones.",
        ),
        Mistake(
            "-np.arange(num_bits)",
            "np.arange(num_bits)",
            "With biases above 0 no unit bends at a count of 1 or more.",
        ),
        Mistake("-np.arange(num_bits)", "-np.ones(num_bits)", "All units bend at the same count."),
        Mistake("2.0 * ", "1.0 * ", "A bend of 1 makes the line flat; it must turn round."),
        Mistake(
            "weight_2[0] = 1", "weight_2[0] = 0", "Without the first unit the line does not rise from 0."
        ),
    ),
    wrong_answers=(
        WrongAnswer(xor_only, "expected shape (3, 3), got (2, 2)", "XOR, whatever is asked for"),
        WrongAnswer(
            with_weights(lambda n: np.where(np.arange(n) % 2, -2, 1)),
            "3 ones, so the output should be 1; your network gives 0",
            "1, -2, 1: the slope is not turned round a second time",
        ),
        WrongAnswer(
            with_weights(lambda n: np.r_[1, np.full(n - 1, -2)]),
            "3 ones, so the output should be 1; your network gives -3",
            "every further bend goes down",
        ),
        WrongAnswer(
            lambda n: (np.ones((n, n)), np.zeros(n), np.r_[1, np.full(n - 1, -2)], 0), "x = ", "no biases"
        ),
        WrongAnswer(lambda n: np.ones((n, n)), "return four things", "only one of the four"),
    ),
)
def parity(num_bits):
    """Return the parameters of a network that says whether the number of ones is odd."""
    weight_1 = np.ones((num_bits, num_bits))  # every unit counts the ones
    bias_1 = -np.arange(num_bits)  # unit k bends at k ones
    weight_2 = 2.0 * (-1.0) ** np.arange(num_bits)  # the slope jumps between 1 and -1
    weight_2[0] = 1  # and starts at 0
    return weight_1, bias_1, weight_2, 0.0
