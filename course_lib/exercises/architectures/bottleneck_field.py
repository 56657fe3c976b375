"""427 or 483: the field of a ResNet by where its blocks put their stride."""

from itertools import combinations

import numpy as np

from course_lib.exercises.framework import WrongAnswer, exercise, expect_integer

# Araujo, Norris and Sim (2019): ResNet-50, -101 and -152 of the paper 483, 1027, 1507; 427: measured
CASES = (
    ((3, 4, 6, 3), True, 483), ((3, 4, 6, 3), False, 427), ((3, 4, 23, 3), True, 1027),
    ((3, 8, 36, 3), True, 1507), ((1,), False, 19), ((2, 1), True, 43), ((2, 1), False, 35),
)  # fmt: skip


def fields(answer):
    """Check that every network has its field, for both places of the stride."""
    for blocks, first, expected in CASES:
        what = f"Stages of {blocks} blocks, stride in the {'1x1' if first else '3x3'}"
        got = answer(blocks, first)
        try:
            expect_integer(got, expected, what)
        except AssertionError as error:
            raise AssertionError(f"{error}{likely(got, blocks, first)}") from None


def field(blocks, stride_first, stem=(11, 4), first_too=False, every=False, steps=2):
    """Walk through the 3x3 layers alone; the rest of the arguments are for wrong answers."""
    size, jump = stem
    for stage, count in enumerate(blocks):
        for block in range(count):
            strided = ((stage > 0 or first_too) and block == 0) or every
            if strided and stride_first:
                jump *= 2
            size += steps * jump
            if strided and not stride_first:
                jump *= 2
    return size


MISTAKES = (
    {"stem": ((7, 2), " The stem's pooling sees further, too, and doubles the step.")},
    {"first_too": (True, " The first stage has no stride.")},
    {"steps": (1, " A 3x3 sees a pixel on both sides: it adds two steps.")},
    {"steps": (3, " A 3x3 is three wide, and one of the three was seen before: it adds two steps.")},
    {"every": (True, " Only the first block of a stage has a stride.")},
)


def likely(got, blocks, first):
    """Return words about the mistakes, as few as possible, that lead to this number."""
    for number in (1, 2, 3):
        for made in combinations(MISTAKES, number):
            chosen = {name: value for one in made for name, (value, _) in one.items()}
            if isinstance(got, (int, np.integer)) and got == field(blocks, first, **chosen):
                return "".join(words for one in made for _, words in one.values())
    return ""


@exercise(
    title="From 427 to 483",
    difficulty="idea",
    checks=(fields,),
    hints=(
        "Only the 3x3 of a block widens the field, by two steps. How long is a step when it comes?",
        "Begin with the stem: a 7x7 with stride 2 and a 3x3 pooling with stride 2 see 11 pixels, and a "
        "step is 4 pixels long. The first stage has no stride.",
    ),
    wrong_answers=(
        WrongAnswer(lambda blocks, first: field(blocks, True), "3x3: expected 427, got 483", "always first"),
        WrongAnswer(lambda blocks, first: field(blocks, False), "1x1: expected 483, got 427", "never first"),
        WrongAnswer(
            lambda blocks, first: field(blocks, first, (7, 2)),
            "The stem's pooling sees further",
            "the pooling forgotten",
        ),
        WrongAnswer(lambda blocks, first: field(blocks, first, (1, 1)), "expected 483", "no stem"),
        WrongAnswer(
            lambda blocks, first: field(blocks, first, every=True),
            "Only the first block",
            "a stride in each block",
        ),
        WrongAnswer(
            lambda blocks, first: field(blocks, first, first_too=True),
            "The first stage has no stride",
            "a stride in each stage",
        ),
        WrongAnswer(
            lambda blocks, first: field(blocks, first, (7, 2), steps=1),
            "doubles the step. A 3x3 sees a pixel on both sides",
            "two mistakes at once",
        ),
    ),
)
def bottleneck_field(blocks, stride_first):
    """Return the receptive field of a ResNet with so many bottlenecks in each stage."""
    size, jump = 11, 4
    for stage, num_blocks in enumerate(blocks):
        for block in range(num_blocks):
            halves = stage > 0 and block == 0
            if halves and stride_first:
                jump *= 2
            size += 2 * jump
            if halves and not stride_first:
                jump *= 2
    return size
