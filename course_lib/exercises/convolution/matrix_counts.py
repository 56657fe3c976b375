"""The matrix of a layer: how many non-zeros, how many different values."""

from course_lib.exercises.framework import NotAttempted, WrongAnswer, exercise, expect, expect_integer

# 36 and 9: Dumoulin and Visin (2016); the others counted on the matrix itself
CASES = ((3, 4, (36, 9)), (3, 7, (225, 9)), (2, 5, (64, 4)), (1, 3, (9, 1)))


def counts(answer):
    for kernel_size, image_size, (num_nonzeros, num_values) in CASES:
        got = answer(kernel_size, image_size)
        if got is Ellipsis:
            raise NotAttempted
        case = f"kernel_size={kernel_size}, image_size={image_size}"
        expect(got is not None, "Expected a pair, got None. Does your function end with `return`?")
        expect(hasattr(got, "__len__") and len(got) == 2, f"{case}: expected a pair of numbers, got {got!r}.")
        expect_integer(got[0], num_nonzeros, f"{case}, non-zeros (positions times weights)")
        expect_integer(got[1], num_values, f"{case}, different values")


@exercise(
    difficulty="warm-up",
    checks=(counts,),
    hints=(
        "How many rows has the matrix? One per position of the kernel.",
        "Without padding there are image_size - kernel_size + 1 positions along each axis.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda k, n: ((n - k) ** 2 * k**2, k**2), "positions times weights", "a position forgotten"
        ),
        WrongAnswer(lambda k, n: (n**2 * k**2, k**2), "positions times weights", "counts padding"),
        WrongAnswer(lambda k, n: ((n - k + 1) * k**2, k**2), "positions times weights", "one axis only"),
        WrongAnswer(lambda k, n: ((n - k + 1) ** 2 * k**2,) * 2, "different values", "no sharing"),
        WrongAnswer(lambda k, n: (n - k + 1) ** 2 * k**2, "a pair", "one number"),
    ),
)
def matrix_counts(kernel_size, image_size):
    num_positions = (image_size - kernel_size + 1) ** 2
    return num_positions * kernel_size**2, kernel_size**2
