"""Cases for a gradient check, designed by the reader, and nine broken convolutions to try them on."""

import operator

import numpy as np

from course_lib.exercises.framework import NotAttempted, WrongAnswer, expect, value_exercise
from course_lib.numpy_cnn import Conv2d
from course_lib.numpy_cnn.gradient_check import check_layer

BUDGET = 40  # numbers in all images together
LIMIT = 1e-6


def gradients(grad_output, x, weight, stride=1, padding=0):
    """The right gradients, of images, weight and bias."""
    out_channels, in_channels, size, _ = weight.shape
    layer = Conv2d(in_channels, out_channels, size, stride, padding, rng=np.random.default_rng(0))
    layer.weight[...] = weight
    layer.forward(x)
    return layer.backward(grad_output), layer.grad_weight, layer.grad_bias


def first_image_only(grad, x, weight, stride, padding):
    right = gradients(grad, x, weight, stride, padding)
    return right[0], gradients(grad[:1], x[:1], weight, stride, padding)[1], right[2]


def first_kernel_only(grad, x, weight, stride, padding):
    right = gradients(grad, x, weight, stride, padding)
    return gradients(grad[:, :1], x, weight[:1], stride, padding)[0], *right[1:]


def first_channel_for_all(grad, x, weight, stride, padding):
    grad_x, grad_weight, grad_bias = gradients(grad, x, weight, stride, padding)
    return grad_x, np.broadcast_to(grad_weight[:, :1], weight.shape), grad_bias


def turned_kernel(grad, x, weight, stride, padding):
    right = gradients(grad, x, weight, stride, padding)
    return gradients(grad, x, weight[..., ::-1, ::-1], stride, padding)[0], *right[1:]


def square_of_the_outputs(grad, x, weight, stride, padding):
    side, seen = min(grad.shape[2:]), np.zeros_like(grad)
    seen[:, :, :side, :side] = grad[:, :, :side, :side]
    return gradients(seen, x, weight, stride, padding)


def border_kept(grad, x, weight, stride, padding):
    right = gradients(grad, x, weight, stride, padding)
    padded = np.pad(x, 2 * [(0, 0)] + 2 * [(padding, padding)])
    grad_padded = gradients(grad, padded, weight, stride)[0]
    return grad_padded[:, :, : x.shape[2], : x.shape[3]], *right[1:]


def without_stride(grad, x, weight, stride, padding):
    """Return the gradients of a layer that forgets, for its input, that the windows lie `stride` apart."""
    right = gradients(grad, x, weight, stride, padding)
    size = weight.shape[-1]
    height, width = (n + size - 1 for n in grad.shape[2:])
    read = np.zeros((*x.shape[:2], height, width))
    grad_padded = np.zeros((*x.shape[:2], *(n + 2 * padding for n in x.shape[2:])))
    grad_padded[:, :, :height, :width] = gradients(grad, read, weight)[0]
    inside = np.s_[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]
    return grad_padded[inside], *right[1:]


def aligned_at_the_end(grad, x, weight, stride, padding):
    """Return the gradients of a layer that leaves over the first pixels in place of the last."""
    grad_x, *others = gradients(grad, x, weight, stride, padding)
    rests = [(n + 2 * padding - weight.shape[-1]) % stride for n in x.shape[2:]]
    return np.roll(grad_x, rests, axis=(2, 3)), *others


def overwritten(grad, x, weight, stride, padding):
    """Return the gradients of a layer in which windows that overlap overwrite each other."""
    right = gradients(grad, x, weight, stride, padding)
    size = weight.shape[-1]
    grad_padded = np.zeros((*x.shape[:2], *(n + 2 * padding for n in x.shape[2:])))
    for i, j in np.ndindex(grad.shape[2:]):
        here = np.s_[:, :, i * stride : i * stride + size, j * stride : j * stride + size]
        grad_padded[here] = np.einsum("no,ocuv->ncuv", grad[:, :, i, j], weight)
    inside = np.s_[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]
    return grad_padded[inside], *right[1:]


SUSPECTS = {
    first_image_only: "whose weights hear from the first image only",
    first_kernel_only: "whose images hear from the first kernel only",
    first_channel_for_all: "that gives the first channel's weights to all channels",
    turned_kernel: "that turns the kernel on the way back to the image",
    square_of_the_outputs: "that reads as many columns of grad_output as rows, at most",
    border_kept: "that cuts the padded border off at the wrong side",
    without_stride: "that lays its copies of the kernel one pixel apart, whatever the stride",
    aligned_at_the_end: "that lays its windows to the end of the image, not to the beginning",
    overwritten: "that writes = where += belongs",
}


class Suspect(Conv2d):
    """A convolution whose way back is one of the functions above."""

    def __init__(self, way_back, geometry):
        super().__init__(*geometry, rng=np.random.default_rng(1))
        self.way_back = way_back

    def forward(self, x):
        self.x = x
        return super().forward(x)

    def backward(self, grad_output, need_grad_input=True):
        found = self.way_back(grad_output, self.x, self.weight, self.stride, self.padding)
        grad_input, self.grad_weight, self.grad_bias = found
        return grad_input


def error(way_back, case):
    """Return the largest relative error that the gradient check sees in one case."""
    shape, out_channels, kernel_size, stride, padding = case
    geometry = shape[1], out_channels, kernel_size, stride, padding
    rng = np.random.default_rng(2)
    return max(check_layer(Suspect(way_back, geometry), rng.normal(size=shape), rng=rng).values())


def read(answer):
    """Return the cases with the size of their images; AssertionError for what is no case."""
    expect(
        isinstance(answer, (list, tuple)) and len(answer), f"Expected a list of cases, got {answer!r:.60}."
    )
    total = 0
    for number, case in enumerate(answer):
        if case is Ellipsis:
            raise NotAttempted
        try:
            (n, c, h, w), _, _, _, _ = case
            total += operator.index(n * c * h * w)
        except (TypeError, ValueError):
            raise AssertionError(
                f"Case {number} should be ((N, C, H, W), out_channels, kernel_size, stride, padding), "
                f"got {case!r:.60}."
            ) from None
    return answer, total


def layers_exist(answer):
    """Check that every case is a layer that can be built, and all fit into the budget."""
    found, total = read(answer)
    expect(
        total <= BUDGET,
        f"Your images have {total} numbers; the budget is {BUDGET}. Which of them are needed?",
    )
    for number, case in enumerate(found):
        try:
            error(gradients, case)
        except (TypeError, ValueError) as reason:
            raise AssertionError(f"Case {number}, {case!r:.60}, is no layer that exists: {reason}") from None


def all_are_caught(answer):
    """Check that each broken layer differs from the right one in a case at least."""
    found, _ = read(answer)
    escaped = [bug for bug in SUSPECTS if all(error(bug, case) < LIMIT for case in found)]
    if escaped:
        raise AssertionError(
            f"Your cases catch {len(SUSPECTS) - len(escaped)} of {len(SUSPECTS)} broken layers. "
            f"One that passes all of them is a layer {SUSPECTS[escaped[0]]}."
        )


MIXED = ((2, 2, 1, 1), 2, 1, 1, 0)
OVERLAP = ((1, 1, 2, 3), 1, 2, 1, 0)
REST = ((1, 1, 1, 4), 1, 1, 2, 0)
BORDER = ((1, 1, 1, 1), 1, 3, 1, 1)


@value_exercise(
    title="Cases that catch",
    difficulty="open",
    next_step=(
        "Leave out one case at a time: which mistake escapes then, and which coincidence had hidden it?"
    ),
    checks=(layers_exist, all_are_caught),
    hints=(
        "Take one mistake at a time: what is the smallest layer in which it changes a number?",
        "Where does a layer with a single image, channel or kernel, with square outputs, without stride, "
        "without padding, or with windows that do not touch hide a mistake?",
    ),
    wrong_answers=(
        WrongAnswer([((1, 1, 4, 4), 1, 2, 1, 0)], "first image only", "one of everything"),
        WrongAnswer([((2, 2, 7, 8), 3, 3, 2, 1)], "the budget is 40", "one large case"),
        WrongAnswer([OVERLAP, REST, BORDER], "first image only", "no case with a batch"),
        WrongAnswer([MIXED, REST, BORDER], "turns the kernel", "no kernel with more than one weight inside"),
        WrongAnswer([MIXED, OVERLAP, BORDER], "whatever the stride", "no stride"),
        WrongAnswer(
            [MIXED, OVERLAP, ((1, 1, 1, 3), 1, 1, 2, 0), BORDER], "to the end of the image", "no rest"
        ),
        WrongAnswer([MIXED, OVERLAP, REST], "padded border", "no padding"),
        WrongAnswer(
            [MIXED, ((1, 1, 3, 3), 1, 2, 1, 0), ((1, 1, 4, 4), 1, 1, 2, 0), BORDER],
            "as many columns of grad_output as rows",
            "all outputs square",
        ),
        WrongAnswer([((1, 1, 2, 2), 1, 3, 1, 0)], "no layer that exists", "a window that does not fit"),
        WrongAnswer([(1, 1, 4, 4)], "should be ((N, C, H, W)", "a shape alone"),
    ),
)
def cases():
    my_cases = [
        ((2, 2, 1, 1), 2, 1, 1, 0),  # a batch, channels and kernels
        ((1, 1, 2, 3), 1, 2, 1, 0),  # windows that overlap, in outputs that are not square
        ((1, 1, 1, 4), 1, 1, 2, 0),  # a stride, with a pixel left over
        ((1, 1, 1, 1), 1, 3, 1, 1),  # padding
    ]
    return my_cases
