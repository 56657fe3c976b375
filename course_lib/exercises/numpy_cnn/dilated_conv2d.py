"""A convolution of the reader's own: all channels, a whole batch, dilated, and trained."""

import numpy as np

from course_lib.data import load_patterns
from course_lib.exercises.framework import NotAttempted, WrongAnswer, as_array, exercise, expect, expect_close
from course_lib.exercises.framework.guard import require_attempt
from course_lib.numpy_cnn import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, cross_entropy
from course_lib.numpy_cnn.base import Layer

# in_channels, out_channels, kernel_size, dilation; the shape of the images
CASES = (
    ((2, 3, 2, 2), (2, 2, 4, 5)),
    ((1, 2, 3, 3), (1, 1, 7, 9)),
    ((2, 1, 2, 1), (3, 2, 3, 4)),
)


def asked(what, function, *args, **kwargs):
    """Call into the reader's class; what it raises is said in the reader's language."""
    try:
        return function(*args, **kwargs)
    except (AssertionError, NotAttempted, NotImplementedError):
        raise
    except Exception as error:
        raise AssertionError(f"{what} raised {type(error).__name__}: {error}") from None


def built(answer, *geometry):
    layer = asked("Your constructor", answer, *geometry, rng=np.random.default_rng(1))
    for name in ("forward", "backward", "weight", "bias"):
        expect(hasattr(layer, name), f"A layer needs {name}; yours has none.")
    return layer


def spread_out(layer, dilation):
    """Return a plain convolution with the same weights, zeros between them: the oracle."""
    weight = np.asarray(layer.weight)
    out_channels, in_channels, size, _ = weight.shape
    twin = Conv2d(in_channels, out_channels, dilation * (size - 1) + 1, rng=np.random.default_rng(0))
    twin.weight[...] = 0
    twin.weight[:, :, ::dilation, ::dilation] = weight
    twin.bias[...] = layer.bias
    return twin


def example(answer, geometry, shape):
    rng = np.random.default_rng(3)
    layer = built(answer, *geometry)
    layer.bias = rng.normal(size=geometry[1])
    twin, x = spread_out(layer, geometry[3]), rng.normal(size=shape)
    return layer, twin, x, rng


def forward(answer):
    """Check that the maps are those of a convolution with zeros between its weights."""
    for geometry, shape in CASES:
        layer, twin, x, _ = example(answer, geometry, shape)
        require_attempt(type(layer).forward)
        what = f"forward: (in, out, kernel, dilation) = {geometry}, images {shape}"
        got = as_array(asked("forward", layer.forward, x.copy()), what)
        expected = twin.forward(x)
        expect(
            got.shape == expected.shape,
            f"{what}: expected shape {expected.shape}, got {got.shape}. "
            "How many pixels is a window wide, from its first one to its last?",
        )
        expect_close(got, expected, what)


def backward(answer):
    """Check that all three gradients are right, at a second call, too."""
    for geometry, shape in CASES:
        layer, twin, x, rng = example(answer, geometry, shape)
        upstream = rng.normal(size=twin.forward(x).shape)
        grad_x, spread = twin.backward(upstream), geometry[3]
        layer.forward(x.copy())
        for call in ("", ", called a second time"):
            got = asked("backward", layer.backward, upstream.copy())
            what = f"(in, out, kernel, dilation) = {geometry}, images {shape}{call}"
            for name in ("grad_weight", "grad_bias"):
                expect(hasattr(layer, name), f"backward leaves no {name} behind.")
            grad_bias = as_array(layer.grad_bias, "grad_bias")
            expect_close(grad_bias, twin.grad_bias, f"grad_bias, {what}")
            expected = twin.grad_weight[:, :, ::spread, ::spread]
            grad_weight = as_array(layer.grad_weight, "grad_weight")
            expect(
                len(x) == 1
                or grad_weight.shape != expected.shape
                or not np.allclose(len(x) * grad_weight, expected),
                f"grad_weight, {what}: a mean over the images, where the sum belongs.",
            )
            hasty = dilated_conv2d.reference(*geometry, rng=np.random.default_rng(0))
            hasty.weight, hasty.x = np.asarray(layer.weight), x
            written = overwritten(hasty, np.zeros_like(x), upstream)
            compare(grad_weight, expected, hasty.last, f"grad_weight, {what}")
            compare(as_array(got, what), grad_x, written, f"The gradient of the images, {what}")


def compare(got, expected, hasty, what):
    """Compare gradients, with words of its own for what = in place of += leaves."""
    alone = got.shape == expected.shape and np.allclose(got, hasty) and not np.allclose(got, expected)
    expect(not alone, f"{what}: of several windows only the last one is heard. What they give adds up.")
    expect_close(got, expected, what)


def losses(conv):
    """Train a small network with this convolution on nine bars; return its losses."""
    data, rng = load_patterns(3, 1), np.random.default_rng(0)
    network = Sequential(conv, ReLU(), MaxPool2d(2), Flatten(), Linear(12, 3, rng=rng))
    found = []
    for _ in range(60):
        loss, grad = cross_entropy(network.forward(data.train_images), data.train_labels)
        network.backward(grad)
        for parameter, gradient in zip(network.parameters(), network.gradients(), strict=True):
            parameter -= 0.2 * gradient
        found.append(loss)
    return found


def training(answer):
    """Check that the layer trains as the reference does, from the same weights."""
    ours = losses(built(dilated_conv2d.reference, 1, 3, 3, 2))
    layer = built(answer, 1, 3, 3, 2)
    before = np.array(layer.weight)
    yours = asked("Training with your layer", losses, layer)
    expect(
        not np.array_equal(layer.weight, before),
        "In 60 steps of training your weights never move. Does the class list its parameters in names?",
    )
    expect_close(yours, ours, "The losses of 60 steps of training, from the page's initial weights")


def spoiled(change, on="backward"):
    """Return a wrong answer: the reference, with one method's work changed afterwards."""

    def build(*geometry, rng):
        class Spoiled(dilated_conv2d.reference):
            def forward(self, x):
                y = super().forward(x)
                return change(self, y) if on == "forward" else y

            def backward(self, grad_output, need_grad_input=True):
                grad_x = super().backward(grad_output)
                return change(self, grad_x, grad_output) if on == "backward" else grad_x

        return Spoiled(*geometry, rng=rng)

    return build


def mean_over_images(layer, grad_x, grad_output):
    layer.grad_weight /= len(grad_output)
    return grad_x


def bias_of_one_image(layer, grad_x, grad_output):
    layer.grad_bias = grad_output[0].sum(axis=(1, 2))
    return grad_x


def overwritten(layer, grad_x, grad_output):
    for i, j in np.ndindex(grad_output.shape[2:]):
        here, grad = layer.window(i, j), grad_output[:, :, i, j]
        layer.last = np.einsum("no,ncuv->ocuv", grad, layer.x[here])
        grad_x[here] = np.einsum("no,ocuv->ncuv", grad, layer.weight)
    return grad_x


def last_window(layer, grad_x, grad_output):
    overwritten(layer, np.zeros_like(layer.x), grad_output)
    layer.grad_weight = layer.last
    return grad_x


def never_cleared(layer, grad_x, grad_output):
    layer.total = getattr(layer, "total", 0) + layer.grad_weight
    layer.grad_weight = layer.total
    return grad_x


def turned(layer, grad_x, grad_output):
    layer.grad_weight = layer.grad_weight[..., ::-1, ::-1]
    return grad_x


def not_dilated(*geometry, rng):
    return Conv2d(*geometry[:3], rng=rng)


def one_too_far(*geometry, rng):
    return dilated_conv2d.reference(*geometry[:3], geometry[3] + 1, rng=rng)


def without_names(*geometry, rng):
    layer = dilated_conv2d.reference(*geometry, rng=rng)
    layer.names = ()
    return layer


@exercise(
    name="dilated_conv2d",
    title="A convolution of your own",
    difficulty="idea",
    checks=(forward, backward, training),
    hints=(
        "One thing differs from the chapter's functions: which pixels a window takes. A slice has a step.",
        "From its first pixel to its last a window is dilation * (kernel_size - 1) + 1 pixels wide. "
        "With the right slice, forward and backward keep their three einsums.",
    ),
    wrong_answers=(
        WrongAnswer(not_dilated, "expected shape", "dilation ignored"),
        WrongAnswer(one_too_far, "from its first one to its last", "dilation counted from 0"),
        WrongAnswer(spoiled(lambda layer, y: y - layer.bias[:, None, None], "forward"), "forward", "no bias"),
        WrongAnswer(spoiled(mean_over_images), "where the sum belongs", "mean over the images"),
        WrongAnswer(spoiled(bias_of_one_image), "grad_bias", "bias hears from one image"),
        WrongAnswer(spoiled(overwritten), "The gradient of the images", "= where += belongs, in the images"),
        WrongAnswer(spoiled(last_window), "only the last one is heard", "= where += belongs, in the weights"),
        WrongAnswer(spoiled(turned), "grad_weight", "kernel's gradient turned"),
        WrongAnswer(spoiled(never_cleared), "called a second time", "adds to the gradients of the last call"),
        WrongAnswer(
            spoiled(lambda layer, y: None, "forward"), "end with `return`", "forward returns nothing"
        ),
        WrongAnswer(without_names, "list its parameters", "no names"),
    ),
)
class DilatedConv2d(Layer):
    names = ("weight", "bias")

    def __init__(self, in_channels, out_channels, kernel_size, dilation, *, rng):
        shape = out_channels, in_channels, kernel_size, kernel_size
        self.weight = rng.normal(0.0, np.sqrt(2 / np.prod(shape[1:])), shape)
        self.bias, self.dilation = np.zeros(out_channels), dilation
        self.reach = dilation * (kernel_size - 1) + 1  # of a window, in pixels

    def window(self, i, j):
        step = self.dilation
        return np.s_[:, :, i : i + self.reach : step, j : j + self.reach : step]

    def forward(self, x):
        self.x = x
        height, width = (n - self.reach + 1 for n in x.shape[2:])
        y = np.empty((len(x), len(self.weight), height, width))
        for i, j in np.ndindex(height, width):
            patch = x[self.window(i, j)]  # (N, C, K, K)
            y[:, :, i, j] = np.einsum("ncuv,ocuv->no", patch, self.weight) + self.bias
        return y

    def backward(self, grad_output, need_grad_input=True):
        grad_x, self.grad_weight = np.zeros_like(self.x), np.zeros_like(self.weight)
        self.grad_bias = grad_output.sum(axis=(0, 2, 3))
        for i, j in np.ndindex(grad_output.shape[2:]):
            here, grad = self.window(i, j), grad_output[:, :, i, j]
            self.grad_weight += np.einsum("no,ncuv->ocuv", grad, self.x[here])
            grad_x[here] += np.einsum("no,ocuv->ncuv", grad, self.weight)
        return grad_x


dilated_conv2d = DilatedConv2d
