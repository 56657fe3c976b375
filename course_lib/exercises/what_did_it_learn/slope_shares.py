"""How much of three famous kernels is slope? By hand."""

from course_lib.exercises.framework import WrongAnswer, expect, expect_close, value_exercise
from course_lib.inspection import plane_energy

KERNELS = {
    "Prewitt": [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
    "Sobel": [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
    "Laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
}
MISTAKES = (
    ("Sobel", 8 / 72**0.5, "That is the cosine with the slope; a share of the sum of squares is its square."),
    ("Sobel", 6**2 / 6 / 12, "Its middle row counts twice, in the product with the slope as well."),
    ("Sobel", 1.0, "Its rows have one direction and two sizes; all rows of a plane are alike."),
    ("Laplacian", 2 / 9, "So much of a random kernel is slope, on average; in this one left balances right."),
)


def shares(answer):
    """Check that the three shares are those of a fitted plane, to two digits."""
    expect(
        hasattr(answer, "__len__") and len(answer) == 3, f"Expected three numbers in a list, got {answer!r}."
    )
    expected = plane_energy(list(KERNELS.values()))
    for name, got, share in zip(KERNELS, answer, expected, strict=True):
        try:
            expect_close(got, share, name, atol=6e-3)  # two digits are enough
        except AssertionError as error:
            raise AssertionError(f"{error}{likely(got, name)}") from None


def likely(got, name):
    """Return words about the mistake that leads to this number, if one is known."""
    for of, value, words in MISTAKES:
        if name == of and isinstance(got, (int, float)) and abs(got - value) < 6e-3:
            return f" {words}"
    return ""


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
        WrongAnswer([1, 0.943, 0], "That is the cosine", "the root: a cosine and no share"),
        WrongAnswer([1, 0.889, 0.222], "So much of a random kernel is slope", "the mean of random kernels"),
        WrongAnswer([1, 0.5, 0], "Its middle row counts twice", "Prewitt's product"),
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
