"""Two 3x3 layers, or a bottleneck: what do they cost?"""

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect,
    expect_integer,
)

# ResNet-50's third stage has 256 and 1024 channels; the others tell small mistakes apart
CASES = ((64, 4), (256, 4), (12, 2), (9, 3))


def pairs(answer):
    """Check that every case gives the weights of both blocks."""
    for channels, reduction in CASES:
        got = answer(channels, reduction)
        what = f"{channels} channels, reduction {reduction}"
        expect(got is not None, "Expected a pair, got None. Does your function end with `return`?")
        is_pair = hasattr(got, "__len__") and len(got) == 2
        expect(is_pair, f"{what}: expected a pair (basic, bottleneck), got {got!r}.")
        inner = channels // reduction
        expect_integer(got[0], 2 * 9 * channels**2, f"{what}, weights of the basic block")
        expect_integer(got[1], 2 * channels * inner + 9 * inner**2, f"{what}, weights of the bottleneck")


@exercise(
    title="Two blocks",
    difficulty="warm-up",
    checks=(pairs,),
    hints=(
        "The weights of a convolution are kernel times kernel times channels in times channels out.",
        "A bottleneck is a 1x1 down, a 3x3 at the narrow width, and a 1x1 up again.",
    ),
    mistakes=(
        Mistake("2 * 3 * 3", "1 * 3 * 3", "A basic block has two convolutions, this is one."),
        Mistake(
            "inner * inner",
            "channels * inner",
            "The 3x3 convolution of the bottleneck has the few inner channels at both its ends.",
        ),
        Mistake(" + inner * channels", "", "The 1x1 convolution that leads back to all channels is missing."),
    ),
    wrong_answers=(
        WrongAnswer(
            lambda channels, reduction: (9 * channels**2, block_costs.reference(channels, reduction)[1]),
            "weights of the basic block: expected 73728, got 36864",
            "one convolution instead of two",
        ),
        WrongAnswer(
            lambda channels, reduction: (
                18 * channels**2,
                channels**2 // reduction + 9 * (channels // reduction) ** 2,
            ),
            "weights of the bottleneck",
            "the way up forgotten",
        ),
        WrongAnswer(
            lambda channels, reduction: (
                18 * channels**2,
                11 * (channels // reduction) ** 2,
            ),
            "weights of the bottleneck",
            "all three at the narrow width",
        ),
        WrongAnswer(
            lambda channels, reduction: (18 * channels**2 + 2 * channels, 0),
            "weights of the basic block",
            "with biases",
        ),
        WrongAnswer(lambda channels, reduction: 18 * channels**2, "a pair (basic, bottleneck)", "one number"),
    ),
)
def block_costs(channels, reduction):
    inner = channels // reduction
    basic = 2 * 3 * 3 * channels * channels
    bottleneck = channels * inner + 3 * 3 * inner * inner + inner * channels
    return basic, bottleneck
