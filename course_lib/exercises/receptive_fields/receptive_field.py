"""Any list of layers: the size of the last map and the field of its units."""

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect,
    expect_integer,
)

VGG_TWO_BLOCKS = [(3, 1, 1), (3, 1, 1), (2, 2, 0)] * 2
ALEXNET = [(11, 4, 2), (3, 2, 0), (5, 1, 2), (3, 2, 0), *[(3, 1, 1)] * 3, (3, 2, 0)]
CASES = (
    # fields: Araujo, Norris and Sim (2019); sizes: torchvision's maps; small ones by counting
    ("one 3x3 layer", 7, [(3, 1, 0)], (5, 3)),
    ("two 3x3 layers, padded", 9, [(3, 1, 1)] * 2, (9, 5)),
    ("a 3x3 layer with stride 2, then one with stride 1", 32, [(3, 2, 1), (3, 1, 1)], (16, 7)),
    ("conv, conv, pool, twice", 32, VGG_TWO_BLOCKS, (8, 16)),
    ("conv, conv, pool, twice, on a small image", 12, VGG_TWO_BLOCKS, (3, 16)),
    ("AlexNet", 224, ALEXNET, (6, 195)),
)


def pairs(answer):
    """Check that every stack gets its size of map and field."""
    for what, input_size, layers, (size, field) in CASES:
        got = answer(input_size, list(layers))
        expect(got is not None, "Expected a pair, got None. Does your function end with `return`?")
        is_pair = hasattr(got, "__len__") and len(got) == 2
        expect(is_pair, f"{what}: expected a pair (size, field), got {got!r}.")
        expect_integer(got[0], size, f"{what}, units of the last map per axis")
        expect_integer(got[1], field, f"{what}, pixels that a unit sees per axis")


def stride_first(input_size, layers):
    size, field, jump = receptive_field(input_size, layers)[0], 1, 1
    for kernel_size, stride, _ in layers:
        jump *= stride
        field += (kernel_size - 1) * jump
    return size, field


def pool_without_kernel(input_size, layers):
    unpooled = [(1, stride, 0) if size == 2 else (size, stride, p) for size, stride, p in layers]
    return receptive_field(input_size, layers)[0], receptive_field(10_000, unpooled)[1]


def padding_ignored(input_size, layers):
    unpadded = [(size, stride, 0) for size, stride, _ in layers]
    return receptive_field(input_size, unpadded)[0], receptive_field(input_size, layers)[1]


def cut_at_the_image(input_size, layers):
    size, field = receptive_field(input_size, layers)
    return size, min(field, input_size)


def strides_ignored(input_size, layers):
    return receptive_field(input_size, layers)[0], 1 + sum(size - 1 for size, _, _ in layers)


def receptive_field(input_size, layers):
    return size_and_field.reference(input_size, layers)


@exercise(
    name="receptive_field",
    title="Any list of layers",
    difficulty="warm-up",
    checks=(pairs,),
    hints=(
        "Carry three numbers through the list: the size, the field and the jump.",
        "A layer is measured with the jump of the layers below it; the size has a floor.",
    ),
    mistakes=(
        Mistake(
            "field, jump = 1, 1",
            "field, jump = 0, 1",
            "The field starts too small: before the first layer a unit is a pixel and sees itself.",
        ),
        Mistake("2 * padding", "padding", "Padding stands on both sides."),
        Mistake(
            "(kernel_size - 1) * jump",
            "kernel_size - 1",
            "The units under a kernel are counted as neighbouring pixels, also where strides "
            "have moved them apart.",
        ),
        Mistake(
            "(kernel_size - 1) * jump",
            "(kernel_size - 1) * stride",
            "How far apart the units under a kernel are follows from the strides of the "
            "layers before, not from its own.",
        ),
        Mistake("jump *= stride", "jump += stride", "Strides multiply, they do not add up."),
    ),
    wrong_answers=(
        WrongAnswer(stride_first, "a unit sees per axis: expected 7", "the jump updated too early"),
        WrongAnswer(pool_without_kernel, "a unit sees per axis: expected 16", "the pool's kernel forgotten"),
        WrongAnswer(strides_ignored, "a unit sees per axis: expected 7", "strides ignored"),
        WrongAnswer(padding_ignored, "units of the last map per axis: expected 9", "padding ignored"),
        WrongAnswer(lambda n, layers: receptive_field(n, layers)[1], "a pair", "the field only"),
        WrongAnswer(cut_at_the_image, "a small image, pixels that a unit sees", "no larger than the image"),
    ),
)
def size_and_field(input_size, layers):
    """Return the output size and the receptive field after all layers."""
    field, jump = 1, 1
    for kernel_size, stride, padding in layers:
        input_size = (input_size + 2 * padding - kernel_size) // stride + 1
        field += (kernel_size - 1) * jump
        jump *= stride
    return input_size, field
