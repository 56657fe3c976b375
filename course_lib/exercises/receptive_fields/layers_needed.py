"""How many 3x3 layers does a field of a given size take?"""

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect_integer,
)

# 2n + 1 for stride 1; 3, 7, 15, 31, 63 for stride 2; 1, 3, 9, 27 pixels more for stride 3
CASES = (
    (1, 1, 0),
    (3, 1, 1),
    (4, 1, 2),
    (21, 1, 10),
    (224, 1, 112),
    (15, 2, 3),
    (16, 2, 4),
    (224, 2, 7),
    (28, 3, 4),
)


def counts(answer):
    """Check that every case needs exactly so many layers."""
    for size, stride, expected in CASES:
        expect_integer(answer(size, stride), expected, f"To see {size} pixels with stride {stride}, layers")


@exercise(
    title="How many layers does it take?",
    difficulty="idea",
    checks=(counts,),
    hints=(
        "Let a loop add layers until the field is large enough.",
        "What does one more layer add to the field, and what does it do to the next layer's addition?",
    ),
    mistakes=(
        Mistake(
            "field < size", "field <= size", "A field as large as the size is large enough, and you go on."
        ),
        Mistake(
            "2 * jump",
            "2",
            "The units under a kernel are counted as neighbouring pixels, also where strides "
            "have moved them apart.",
        ),
        Mistake(
            "2 * jump", "3 * jump", "A kernel of 3 reaches one unit further on either side, not three in all."
        ),
        Mistake("jump *= stride", "jump += stride", "Strides multiply, they do not add up."),
    ),
    wrong_answers=(
        WrongAnswer(lambda size, stride=1: (size - 1) // 2, "To see 4 pixels", "rounded down"),
        WrongAnswer(
            lambda size, stride=1: -(-(size - 1) // 2), "To see 15 pixels with stride 2", "stride ignored"
        ),
        WrongAnswer(lambda size, stride=1: -(-(size - 1) // 4), "expected 2", "two pixels on each side"),
        WrongAnswer(lambda size, stride=1: -(-(size - 1) // (2 * stride)), "To see 15 pixels", "stride once"),
        WrongAnswer(
            lambda size, stride=1: max(1, layers_needed.reference(size, stride)),
            "To see 1 pixels",
            "never none",
        ),
    ),
)
def layers_needed(size, stride=1):
    field, jump, count = 1, 1, 0
    while field < size:
        field += 2 * jump
        jump *= stride
        count += 1
    return count
