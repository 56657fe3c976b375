"""How many bytes does each machine of a ring send in one step?"""

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect_close,
)

CASES = (
    # parameters, machines, bytes of one number, expected: counted message by message
    (12, 1, 4, 0),
    (12, 2, 4, 48),
    (12, 3, 4, 64),
    (12, 4, 2, 36),
    (206_922, 2, 4, 827_688),
    (25_557_032, 8, 2, 89_449_612),
)


def counted(answer):
    """Bytes for several numbers of gradients and machines, counted by hand."""
    for num_parameters, machines, bytes_each, expected in CASES:
        got = answer(num_parameters, machines, bytes_each)
        what = f"{num_parameters:,} gradients of {bytes_each} bytes on {machines} machines"
        expect_close(got, expected, what, rtol=1e-9)


@exercise(
    title="Bytes in a ring",
    difficulty="warm-up",
    checks=(counted,),
    hints=(
        "How many rounds are there, and which part of the array does a machine send in each?",
        "p - 1 rounds add up, p - 1 more hand out the sums. One machine alone sends nothing.",
    ),
    mistakes=(
        Mistake("num_parameters * bytes_each", "num_parameters * 1", "That counts numbers, not their bytes."),
        Mistake(" / machines", " / 1", "In each round a machine sends one part, not all gradients."),
        Mistake(
            "2 * (machines - 1)",
            "machines - 1",
            "That adds the gradients up; then the sums must go round to everybody.",
        ),
        Mistake(
            "2 * (machines - 1)",
            "2 * machines",
            "A machine need not send to itself: that is one round too many, twice.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(lambda n, p, b=4: n * b, "on 1 machines: expected 0", "the array once"),
        WrongAnswer(lambda n, p, b=4: (p - 1) / p * n * b, "expected 48, got 24", "half of the way"),
        WrongAnswer(
            lambda n, p, b=4: 2 * (p - 1) * n * b, "expected 48, got 96", "the whole array each round"
        ),
        WrongAnswer(lambda n, p, b=4: 2 * (p - 1) / p * n * 4, "of 2 bytes", "always four bytes"),
        WrongAnswer(lambda n, p, b=4: 2 * (p - 1) / p * n, "expected 48, got 12", "numbers, no bytes"),
    ),
)
def bytes_sent(num_parameters, machines, bytes_each=4):
    part = num_parameters * bytes_each / machines
    rounds = 2 * (machines - 1)
    return rounds * part
