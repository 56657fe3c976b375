"""How many bytes do the columns take?"""

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
)

# the first is CS231n's example: 227x227x3, 11x11 kernels, stride 4 give a matrix of 363 x 3025
CASES = (
    ((1, 3, 227, 227), 11, 4, 0, 4, 4 * 363 * 3025),
    ((2, 1, 5, 7), 3, 1, 0, 8, 8 * 9 * 15 * 2),
    ((2, 1, 5, 7), 3, 1, 1, 8, 8 * 9 * 35 * 2),
    ((1, 4, 8, 8), 3, 2, 0, 4, 4 * 36 * 9),
    ((3, 1, 8, 9), 3, 2, 1, 2, 2 * 9 * 20 * 3),  # padding must be there before the stride divides
)


def counts(answer):
    """Check that every case takes exactly so many bytes."""
    for shape, size, stride, padding, itemsize, expected in CASES:
        got = as_array(answer(shape, size, stride, padding, itemsize), "The number of bytes")
        expect(
            got.shape == () and got == expected,
            f"images {shape}, kernel {size}, stride {stride}, padding {padding}, {itemsize} bytes each: "
            f"expected {expected:,} bytes, got {f'{got:,.12g}' if got.shape == () else got.tolist()}.",
        )


def padding_after_the_stride(input_shape, kernel_size, stride, padding, itemsize):
    num_images, channels, *sizes = input_shape
    rows, columns = ((size - kernel_size) // stride + 1 + 2 * padding for size in sizes)
    return itemsize * channels * kernel_size**2 * rows * columns * num_images


@exercise(
    title="How many bytes?",
    difficulty="warm-up",
    checks=(counts,),
    hints=(
        "How many numbers has one column? And how many windows are there in one image?",
        "The number of windows along an axis is the output size of the convolution; images are counted, too.",
    ),
    mistakes=(
        Mistake(
            "rows = (height + 2 * padding - kernel_size) // stride + 1",
            "rows = (height + 2 * padding - kernel_size) // stride",
            "One row of positions is missing: the first position counts, too.",
        ),
        Mistake("(width + 2 * padding", "(width + padding", "Padding stands on both sides of the width."),
        Mistake(
            "return itemsize",
            "return 8",
            "8 bytes are those of float64; how large a number is says itemsize.",
        ),
        Mistake(
            "kernel_size**2",
            "kernel_size",
            "A window has as many rows as columns: its pixels are kernel_size squared.",
        ),
        Mistake(" * num_images", "", "That is one image; every image has its columns."),
    ),
    wrong_answers=(
        WrongAnswer(
            lambda s, k, stride, p, b: columns_bytes.reference((1, *s[1:]), k, stride, p, b),
            "expected",
            "one image only",
        ),
        WrongAnswer(
            lambda s, k, stride, p, b: columns_bytes.reference(s, k, 1, p, b),
            "stride 4",
            "the stride ignored",
        ),
        WrongAnswer(
            lambda s, k, stride, p, b: b * s[0] * s[1] * k**2 * s[2] * s[3], "expected", "a window per pixel"
        ),
        WrongAnswer(
            lambda s, k, stride, p, b: columns_bytes.reference(s, k, stride, 0, b),
            "padding 1",
            "padding ignored",
        ),
        WrongAnswer(padding_after_the_stride, "stride 2, padding 1", "padding added after the division"),
    ),
)
def columns_bytes(input_shape, kernel_size, stride, padding, itemsize):
    num_images, channels, height, width = input_shape
    rows = (height + 2 * padding - kernel_size) // stride + 1
    columns = (width + 2 * padding - kernel_size) // stride + 1
    return itemsize * channels * kernel_size**2 * rows * columns * num_images
