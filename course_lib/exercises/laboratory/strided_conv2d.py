"""A stride inside Conv2d: keep every second answer, and send the gradient back to where it came from."""

import numpy as np

from course_lib.data.patterns import load_patterns
from course_lib.exercises.framework import WrongAnswer, exercise, expect, expect_close
from course_lib.exercises.laboratory.layers_of_a_reader import asked, built, require_both_methods
from course_lib.numpy_cnn import Conv2d, Flatten, Linear, ReLU, Sequential, fit

# in_channels, out_channels, kernel_size; the shape of the images: with and without a remainder
CASES = (((1, 3, 3), (2, 1, 8, 8)), ((2, 4, 3), (3, 2, 7, 10)), ((3, 2, 2), (2, 3, 5, 6)))


def twins(answer, geometry):
    """Return the reader's layer and the library's with stride 2, of the same weights."""
    layer = built(answer, *geometry, rng=np.random.default_rng(1))
    require_both_methods(layer)
    expect(isinstance(layer, Conv2d), "Your class must begin with `class StridedConv2d(Conv2d):`.")
    rng = np.random.default_rng(2)
    layer.bias[...] = rng.normal(size=geometry[1])
    twin = Conv2d(*geometry, stride=2, rng=rng)
    twin.weight, twin.bias = layer.weight.copy(), layer.bias.copy()
    return layer, twin, rng


def forward(answer):
    """Check that the maps are those of Conv2d with stride 2."""
    for geometry, shape in CASES:
        layer, twin, rng = twins(answer, geometry)
        x = rng.normal(size=shape)
        got = asked("forward", layer.forward, x.copy())
        expect_close(got, twin.forward(x), f"forward: (in, out, kernel) = {geometry}, images {shape}")


def backward(answer):
    """Check that all three gradients are those of Conv2d with stride 2."""
    for geometry, shape in CASES:
        layer, twin, rng = twins(answer, geometry)
        x = rng.normal(size=shape)
        upstream = rng.normal(size=twin.forward(x).shape)
        asked("forward", layer.forward, x.copy())
        got = asked("backward", layer.backward, upstream.copy())
        what = f"backward: (in, out, kernel) = {geometry}, images {shape}"
        expect_close(got, twin.backward(upstream), f"{what}: the gradient of the images")
        for name in ("grad_weight", "grad_bias"):
            expect_close(getattr(layer, name), getattr(twin, name), f"{what}: {name}")


def learns(answer):
    """Without any pooling, on the patterns of the chapter."""
    rng, data = np.random.default_rng(0), load_patterns()
    train, validation = (
        (data.train_images, data.train_labels),
        (data.validation_images, data.validation_labels),
    )
    network = Sequential(built(answer, 1, 3, 3, rng=rng), ReLU(), Flatten(), Linear(27, 3, rng=rng))
    before = network.layers[0].weight.copy()
    history = asked("Training", fit, network, train, validation, num_epochs=20, seed=0)
    reached = history.validation_accuracy[-1]
    expect(
        reached > 0.95 and not np.array_equal(before, network.layers[0].weight),
        f"In a network of 114 parameters without pooling, your layer leads to {reached:.0%} after 20 epochs.",
    )


def spoiled(change, method="backward"):
    """Return the reference with what one of its methods returns changed."""

    def make(*geometry, rng):
        layer = strided_conv2d.reference(*geometry, rng=rng)
        original = getattr(layer, method)
        setattr(layer, method, lambda x, *rest: change(layer, original(x, *rest), x))
        return layer

    return make


class NotSpread(Conv2d):
    """Backward that repeats the gradient instead of setting zeros between."""

    def forward(self, x):
        self.full = super().forward(x)
        return self.full[:, :, ::2, ::2].copy()

    def backward(self, grad_output, need_grad_input=True):
        repeated = grad_output.repeat(2, axis=2).repeat(2, axis=3)
        height, width = self.full.shape[2:]
        return super().backward(np.ascontiguousarray(repeated[:, :, :height, :width]), need_grad_input)


class ForwardOnly(Conv2d):
    def forward(self, x):
        return super().forward(x)[:, :, ::2, ::2]

    def backward(self, grad_output, need_grad_input=True):
        return super().backward(grad_output, need_grad_input)


class SecondPixels(Conv2d):
    """Every second pixel of the image, in place of every second answer."""

    def forward(self, x):
        return super().forward(np.ascontiguousarray(x[:, :, ::2, ::2]))

    def backward(self, grad_output, need_grad_input=True):
        return super().backward(grad_output, need_grad_input)


class HalfWay(NotSpread):
    def backward(self, grad_output, need_grad_input=True): ...


class StartsLate(NotSpread):
    def forward(self, x):
        return np.ascontiguousarray(Conv2d.forward(self, x)[:, :, 1::2, 1::2])


@exercise(
    name="strided_conv2d",
    title="A stride inside Conv2d",
    difficulty="idea",
    checks=(forward, backward, learns),
    hints=(
        "A convolution with stride 2 gives some of the answers of the one with stride 1. Which?",
        "The answers that were thrown away had no influence on the loss. What is their gradient?",
        "Conv2d's own backward wants a gradient as large as Conv2d's own output.",
    ),
    wrong_answers=(
        WrongAnswer(ForwardOnly, "backward raised ValueError", "backward gets the small gradient"),
        WrongAnswer(NotSpread, "gradient of the images", "repeated instead of zeros between"),
        WrongAnswer(SecondPixels, "forward", "every second pixel"),
        WrongAnswer(HalfWay, "backward is still to be written", "forward alone"),
        WrongAnswer(StartsLate, "forward", "starts at the second place"),
        WrongAnswer(lambda *geometry, rng: Conv2d(*geometry, rng=rng), "expected shape", "stride 1"),
        WrongAnswer(spoiled(lambda layer, got, x: None), "end with `return`", "no return"),
        WrongAnswer(lambda: 0, "Your constructor raised", "no class"),
    ),
)
class StridedConv2d(Conv2d):
    def forward(self, x):
        self.everywhere = super().forward(x)
        return self.everywhere[:, :, ::2, ::2].copy()

    def backward(self, grad_output, need_grad_input=True):
        spread = np.zeros_like(self.everywhere)
        spread[:, :, ::2, ::2] = grad_output
        return super().backward(spread, need_grad_input)


strided_conv2d = StridedConv2d
