"""427 or 483: the field of a ResNet by where its blocks put their stride."""

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
        expect_integer(answer(blocks, first), expected, what)


def field(blocks, stride_first, stem=11, jump=4, every=False, late=True):
    """Walk through the 3x3 layers alone; the rest of the arguments are for wrong answers."""
    size = stem
    for stage, count in enumerate(blocks):
        for block in range(count):
            strided = (stage > 0 and block == 0) or every
            if strided and stride_first:
                jump *= 2
            size += 2 * jump
            if strided and not stride_first and late:
                jump *= 2
    return size


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
            lambda blocks, first: field(blocks, first, 7, 2), "expected 483", "the pooling forgotten"
        ),
        WrongAnswer(
            lambda blocks, first: field((*blocks[:1], *blocks[1:]), first, 1, 1), "expected 483", "no stem"
        ),
        WrongAnswer(
            lambda blocks, first: field(blocks, first, every=True), "expected 483", "a stride in each block"
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
