"""The two exercises on the windows of a convolution of the chapter *What does loss.backward() do?*"""

import numpy as np

from course_lib.exercises.framework import Exercise, WrongAnswer, as_array, expect, expect_close
from course_lib.numpy_cnn.gradient_check import numerical_gradient


def conv2d(images, kernels):
    """The chapter's forward pass without its bias: (N, C, H, W) and (O, C, K, L) to (N, O, H', W')."""
    windows = np.lib.stride_tricks.sliding_window_view(images, kernels.shape[2:], axis=(2, 3))
    return np.einsum("ncijuv,ocuv->noij", windows, kernels)


def kernel_gradient(grad_output, images, conv2d):
    # the batch is what is summed over, so it plays the part of the channels
    images, grad_output = images.swapaxes(0, 1), grad_output.swapaxes(0, 1)  # (C, N, ...), (O, N, ...)
    return conv2d(images, grad_output).swapaxes(0, 1)  # (C, O, K, K) to (O, C, K, K)


def _kernel_problem():
    rng = np.random.default_rng(2)
    images, kernels = rng.normal(size=(3, 2, 4, 5)), rng.normal(size=(4, 2, 2, 2))
    upstream = rng.normal(size=(3, 4, 3, 4))
    numeric = numerical_gradient(lambda w: (upstream * conv2d(images, w)).sum(), kernels)
    return upstream, images, numeric


def _kernel_by_hand(answer):
    image, grad_output = np.arange(9.0).reshape(1, 1, 3, 3), np.array([[[[1.0, -1.0], [0.0, 2.0]]]])
    got = as_array(answer(grad_output, image, conv2d), "The chapter's example")
    expect(
        got.shape != (1, 1, 2, 2) or not np.allclose(got, [[[[15, 13], [9, 7]]]]),
        "The chapter's example: your gradient is turned by 180 degrees. Only the gradient of the image "
        "needs a turned kernel.",
    )
    expect_close(got, [[[[7, 9], [13, 15]]]], "The chapter's example")


def _kernel_against_differences(answer):
    upstream, images, numeric = _kernel_problem()
    got = as_array(answer(upstream.copy(), images.copy(), conv2d), "Three images, two channels, four kernels")
    what = "Three images, two channels, four kernels"
    expect(
        got.shape != (2, 4, 2, 2),
        f"{what}: shape (in_channels, out_channels, K, K); the layout of weight has out_channels first.",
    )
    if got.shape == numeric.shape:
        expect(
            not np.allclose(3 * got, numeric),
            f"{what}: that is the mean over the images. The loss has divided by N; from there on, gradients "
            "are sums.",
        )
    expect_close(got, numeric, f"{what}, against finite differences")


def _kernel_uses_conv2d(answer):
    calls = []

    def counting(*arguments):
        calls.append(1)
        return conv2d(*arguments)

    upstream, images, _ = _kernel_problem()
    answer(upstream, images, counting)
    expect(len(calls) == 1, f"Your function called conv2d {len(calls)} times: one call is enough.")


def _one_call_per_image(grad_output, images, conv2d):
    pairs = zip(grad_output, images, strict=True)
    return sum(_kernel_gradient(g[None], x[None], conv2d) for g, x in pairs)


_kernel_gradient = kernel_gradient
kernel_gradient = Exercise(
    name="kernel_gradient",
    checks=(_kernel_by_hand, _kernel_against_differences, _kernel_uses_conv2d),
    reference=kernel_gradient,
    hints=(
        "conv2d sums over positions and channels. Over what does the gradient of a kernel sum?",
        "Swap the first two axes of both arrays, call conv2d, and look at the shape that comes out.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda g, x, conv2d: conv2d(x.swapaxes(0, 1), g.swapaxes(0, 1)),
            "out_channels first",
            "not swapped",
        ),
        WrongAnswer(
            lambda g, x, conv2d: _kernel_gradient(g, x, conv2d) / len(x), "mean over the images", "mean"
        ),
        WrongAnswer(
            lambda g, x, conv2d: _kernel_gradient(g, x, conv2d)[..., ::-1, ::-1], "turned by 180", "turned"
        ),
        WrongAnswer(lambda g, x, conv2d: conv2d(x, g), "ValueError", "no axis swapped"),
        WrongAnswer(_one_call_per_image, "one call is enough", "a loop over the images"),
        WrongAnswer(
            lambda g, x, conv2d: _kernel_gradient(g[:1], x[:1], conv2d), "finite differences", "one image"
        ),
    ),
)


def input_gradient(grad_output, kernel, stride, input_size):
    grad_input = np.zeros(input_size)
    for i, grad in enumerate(grad_output):
        start = i * stride
        grad_input[start : start + len(kernel)] += grad * kernel  # windows may overlap
    return grad_input


def _scattered(grad_output, kernel, stride, input_size):
    """The definition, pixel by pixel: sum over the outputs that the pixel reaches."""
    rates = np.zeros((len(grad_output), input_size))
    for i in range(len(grad_output)):
        rates[i, i * stride : i * stride + len(kernel)] = kernel
    return rates.T @ grad_output


def _input_by_hand(answer):
    grad_output, kernel = np.array([1.0, 10.0]), np.array([1.0, 2.0, 3.0])
    what = "kernel (1, 2, 3), grad_output (1, 10), stride 2, input_size 5"
    got = as_array(answer(grad_output, kernel, 2, 5), what)
    expect(
        got.shape == (5,),
        f"{what}: the gradient of the input has the shape of the input, (5,), got {got.shape}.",
    )
    for other, mistake in (
        ([1, 2, 10, 20, 30], "two windows meet at pixel 2, and you kept the last one: add, with +=."),
        ([1, 12, 23, 30, 0], "that is the answer for stride 1. Where does the second window begin?"),
        ([3, 2, 31, 20, 10], "you turned the kernel. Laying copies down needs no turn; only a gather does."),
    ):  # fmt: skip
        expect(not np.allclose(got, other), f"{what}: {mistake}")
    expect_close(got, [1, 2, 13, 20, 30], what)


def _input_with_a_rest(answer):
    rng = np.random.default_rng(4)
    for size, width, stride in ((8, 3, 2), (9, 2, 3), (6, 4, 1)):
        kernel, grad_output = rng.normal(size=width), rng.normal(size=(size - width) // stride + 1)
        got = answer(grad_output.copy(), kernel.copy(), stride, size)
        what = f"input_size={size}, kernel of {width}, stride={stride}"
        expect_close(got, _scattered(grad_output, kernel, stride, size), what)


def _overwriting(grad_output, kernel, stride, input_size):
    grad_input = np.zeros(input_size)
    for i, grad in enumerate(grad_output):
        grad_input[i * stride : i * stride + len(kernel)] = grad * kernel
    return grad_input


def _as_long_as_read(grad_output, kernel, stride, input_size):
    return _input_gradient(grad_output, kernel, stride, (len(grad_output) - 1) * stride + len(kernel))


_input_gradient = input_gradient
input_gradient = Exercise(
    name="input_gradient",
    checks=(_input_by_hand, _input_with_a_rest),
    reference=input_gradient,
    hints=(
        "Output i looked at the pixels i * stride to i * stride + K - 1. Send its gradient back to them.",
        "Each output lays a copy of the kernel, times its gradient, over its window; copies overlap.",
    ),
    wrong_answers=(
        WrongAnswer(_overwriting, "add, with +=", "= where += belongs"),
        WrongAnswer(lambda g, w, s, n: _input_gradient(g, w, 1, n), "stride 1", "stride ignored"),
        WrongAnswer(lambda g, w, s, n: _input_gradient(g, w[::-1], s, n), "turned the kernel", "turned"),
        WrongAnswer(
            _as_long_as_read, "expected shape (8,), got (7,)", "the rest that no window reads left out"
        ),
        WrongAnswer(
            lambda g, w, s, n: np.convolve(g, w), "the shape of the input", "a full convolution: stride 1"
        ),
    ),
)
