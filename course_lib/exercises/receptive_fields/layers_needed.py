"""How many 3x3 layers does a field of a given size take?"""

from course_lib.exercises.framework import WrongAnswer, exercise, expect_integer

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
