"""Exercises of the chapter *What does one unit see?*"""

import numpy as np

from course_lib.exercises.framework import Exercise, WrongAnswer, expect


def size_and_field(input_size, layers):
    """Return the output size and the receptive field after all layers."""
    field, jump = 1, 1
    for kernel_size, stride, padding in layers:
        input_size = (input_size + 2 * padding - kernel_size) // stride + 1
        field += (kernel_size - 1) * jump
        jump *= stride
    return input_size, field


VGG_TWO_BLOCKS = [(3, 1, 1), (3, 1, 1), (2, 2, 0)] * 2
ALEXNET = [(11, 4, 2), (3, 2, 0), (5, 1, 2), (3, 2, 0), *[(3, 1, 1)] * 3, (3, 2, 0)]


def _size_and_field(answer):
    # fields: Araujo, Norris and Sim (2019); sizes: torchvision's maps; small ones by counting
    for what, input_size, layers, expected in (
        ("one 3x3 layer", 7, [(3, 1, 0)], (5, 3)),
        ("two 3x3 layers, padded", 9, [(3, 1, 1)] * 2, (9, 5)),
        ("a 3x3 layer with stride 2, then one with stride 1", 32, [(3, 2, 1), (3, 1, 1)], (16, 7)),
        ("conv, conv, pool, twice", 32, VGG_TWO_BLOCKS, (8, 16)),
        ("AlexNet", 224, ALEXNET, (6, 195)),
    ):
        got = answer(input_size, list(layers))
        expect(got is not None, "Expected a pair, got None. Does your function end with `return`?")
        expect(np.shape(got) == (2,), f"{what}: expected a pair (size, field), got {got!r}.")
        expect(
            got[0] == expected[0], f"{what}: the map has {expected[0]} units per axis, you say {got[0]!r}."
        )
        expect(
            got[1] == expected[1], f"{what}: a unit sees {expected[1]} pixels per axis, you say {got[1]!r}."
        )


def _stride_first(input_size, layers):
    size, field, jump = size_and_field(input_size, layers)[0], 1, 1
    for kernel_size, stride, _ in layers:
        jump *= stride
        field += (kernel_size - 1) * jump
    return size, field


def _pool_without_kernel(input_size, layers):
    unpooled = [
        (1, stride, 0) if kernel_size == 2 else (kernel_size, stride, p) for kernel_size, stride, p in layers
    ]
    return size_and_field(input_size, layers)[0], size_and_field(10_000, unpooled)[1]


receptive_field = Exercise(
    name="receptive_field",
    checks=(_size_and_field,),
    reference=size_and_field,
    hints=(
        "Carry three numbers through the list: the size, the field and the jump.",
        "field += (kernel_size - 1) * jump comes before jump *= stride; the size has a floor.",
    ),
    wrong_answers=(
        WrongAnswer(_stride_first, "a unit sees 7", "the jump updated too early"),
        WrongAnswer(_pool_without_kernel, "a unit sees 16", "the pool's kernel forgotten"),
        WrongAnswer(
            lambda n, layers: (size_and_field(n, layers)[0], 1 + sum(k - 1 for k, _, _ in layers)),
            "a unit sees 7",
            "strides ignored",
        ),
        WrongAnswer(
            lambda n, layers: (
                size_and_field(n, [(k, s, 0) for k, s, _ in layers])[0],
                size_and_field(n, layers)[1],
            ),
            "the map has 9",
            "padding ignored",
        ),
        WrongAnswer(lambda n, layers: size_and_field(n, layers)[1], "a pair", "the field only"),
    ),
)


def layers_needed(size, stride=1):
    """Return how many 3x3 layers a field of `size` pixels needs."""
    field, jump, count = 1, 1, 0
    while field < size:
        field += 2 * jump
        jump *= stride
        count += 1
    return count


def _layers_needed(answer):
    # 2n + 1 for stride 1; 3, 7, 15, 31, 63 for stride 2
    for size, stride, expected in (
        (3, 1, 1),
        (4, 1, 2),
        (21, 1, 10),
        (224, 1, 112),
        (15, 2, 3),
        (16, 2, 4),
        (224, 2, 7),
    ):
        got = answer(size, stride)
        expect(
            got == expected,
            f"To see {size} pixels with stride {stride} it takes {expected} layers, you say {got!r}.",
        )


layers_needed = Exercise(
    name="layers_needed",
    checks=(_layers_needed,),
    reference=layers_needed,
    hints=(
        "Let a loop add layers until the field is large enough.",
        "Each layer adds 2 times the jump, and the jump grows by the stride after it.",
    ),
    wrong_answers=(
        WrongAnswer(lambda size, stride=1: (size - 1) // 2, "To see 4 pixels", "rounded down"),
        WrongAnswer(
            lambda size, stride=1: -(-(size - 1) // 2), "To see 15 pixels with stride 2", "stride ignored"
        ),
        WrongAnswer(lambda size, stride=1: -(-(size - 1) // 4), "takes 2 layers", "two pixels on each side"),
        WrongAnswer(lambda size, stride=1: -(-(size - 1) // (2 * stride)), "To see 15 pixels", "stride once"),
    ),
)


def centre(index, layers):
    """Return the input pixel, counted from 0, at the centre of one unit."""
    field, jump, total_padding = 1, 1, 0
    for kernel_size, stride, padding in layers:
        field += (kernel_size - 1) * jump
        total_padding += padding * jump
        jump *= stride
    return -total_padding + index * jump + (field - 1) / 2


def _centre(answer):
    for index, layers, expected in (
        (0, [(3, 1, 1)], 0),  # same padding: unit 0 sits on pixel 0
        (4, [(3, 1, 0)], 5),
        (1, [(2, 2, 0)], 2.5),  # between pixels 2 and 3
        (3, [(3, 2, 1)], 6),
        (2, [(3, 1, 1), (2, 2, 0), (3, 1, 1)], 4.5),
    ):
        got = answer(index, list(layers))
        expect(
            got == expected,
            f"Unit {index} after {layers} is centred at pixel {expected}, you say {got!r}.",
        )


centre = Exercise(
    name="centre",
    checks=(_centre,),
    reference=centre,
    hints=(
        "Where does the field of unit 0 begin? Its centre lies (field - 1) / 2 further right.",
        "Units are one jump apart; the padding moves everything left by its sum, each in its own jump.",
    ),
    wrong_answers=(
        WrongAnswer(lambda i, layers: i * np.prod([s for _, s, _ in layers]), "pixel 5", "only the jump"),
        WrongAnswer(
            lambda i, layers: _centre_of(i, [(k, s, 0) for k, s, _ in layers]), "pixel 0", "padding forgotten"
        ),
        WrongAnswer(
            lambda i, layers: _centre_of(i, layers) + 0.5, "pixel 0", "pixels counted from their edge"
        ),
        WrongAnswer(lambda i, layers: int(_centre_of(i, layers)), "pixel 2.5", "rounded"),
    ),
)
_centre_of = centre.reference
