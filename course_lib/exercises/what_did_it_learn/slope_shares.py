"""How much of three famous kernels is slope? By hand."""

from course_lib.exercises.framework import WrongAnswer, expect, expect_close, value_exercise
from course_lib.inspection import plane_energy

KERNELS = {
    "Prewitt": [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
    "Sobel": [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
    "Laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
}


def shares(answer):
    """Check that the three shares are those of a fitted plane, to two digits."""
    expect(
        hasattr(answer, "__len__") and len(answer) == 3, f"Expected three numbers in a list, got {answer!r}."
    )
    expected = plane_energy(list(KERNELS.values()))
    for name, got, share in zip(KERNELS, answer, expected, strict=True):
        expect_close(got, share, name, atol=6e-3)  # two digits are enough


@value_exercise(
    title="Three famous kernels",
    difficulty="warm-up",
    checks=(shares,),
    hints=(
        "The slopes are [-1, 0, 1] in every row, and its transpose. Is one of the three a multiple?",
        "Sobel: its product with the slope, squared, over the slope's sum of squares is what is explained.",
    ),
    wrong_answers=(
        WrongAnswer([1, 1, 0], "Sobel: expected 0.888889, got 1", "Sobel taken for a plane"),
        WrongAnswer([1, 0.943, 0], "Sobel", "the root: a cosine and no share"),
        WrongAnswer([1, 0.889, 0.222], "Laplacian: expected 0", "the mean of random kernels"),
        WrongAnswer([100, 88.9, 0], "Prewitt: expected 1, got 100", "percent"),
        WrongAnswer([1, 0.889], "three numbers", "one missing"),
    ),
)
def slope_shares():
    prewitt = 6**2 / 6 / 6  # the slope itself
    sobel = 8**2 / 6 / 12
    laplacian = 0  # as much to the left as to the right
    my_shares = [prewitt, sobel, laplacian]
    return my_shares
