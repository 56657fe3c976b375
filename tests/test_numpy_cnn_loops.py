"""The layers as loops are the same functions as the fast ones: forward, backward, in training."""

import numpy as np
import pytest
from numpy_cnn_cases import CONVOLUTIONS, POOLINGS, assert_close, every_layout, in_layout, randomise

from course_lib.numpy_cnn import layers, loops
from course_lib.numpy_cnn.base import Layer
from course_lib.numpy_cnn.losses import cross_entropy
from course_lib.numpy_cnn.network import tiny_cnn, tiny_mlp


def assert_twins_agree(make, x, case):
    """Build the layer from both modules; compare output and gradients for a random upstream gradient."""
    fast, slow = (randomise(make(module), np.random.default_rng(case.seed)) for module in (layers, loops))
    y = fast.forward(x)
    assert_close(slow.forward(x), y, case)
    upstream = case.upstream(y.shape)
    assert_close(slow.backward(upstream), fast.backward(upstream), case)
    for own, other in zip(slow.gradients(), fast.gradients(), strict=True):
        assert_close(own, other, case)


@every_layout
def test_conv2d_as_loops_is_conv2d(layout):
    for case in in_layout(CONVOLUTIONS, layout):
        window = (case.kernel_size, case.stride, case.padding)

        def make(module, c=case, w=window):
            return module.Conv2d(c.shape[1], c.out_channels, *w, rng=np.random.default_rng(0))

        assert_twins_agree(make, case.images(), case)


@every_layout
@pytest.mark.parametrize("name", ["MaxPool2d", "AvgPool2d"])
def test_pooling_as_loops_is_pooling_ties_included(name, layout):
    for case in in_layout(POOLINGS, layout):
        assert_twins_agree(
            lambda module, c=case: getattr(module, name)(c.kernel_size, c.stride), case.images(), case
        )


@every_layout
def test_relu_and_flatten_as_loops_are_relu_and_flatten(layout):
    for case in in_layout(CONVOLUTIONS, layout):
        assert_twins_agree(lambda module: module.ReLU(), case.images(), case)
        assert_twins_agree(lambda module: module.Flatten(), case.images(), case)


@every_layout
def test_linear_as_loops_is_linear(layout):
    for case in in_layout(CONVOLUTIONS, layout):
        x = case.images()[:, 0, 0]  # (N, W)
        sizes = x.shape[1], case.out_channels
        assert_twins_agree(lambda module, s=sizes: module.Linear(*s, rng=np.random.default_rng(0)), x, case)


def test_a_convolution_as_loops_is_the_sum_over_seven_indices(rng):
    layer = randomise(loops.Conv2d(2, 3, 2, stride=2, padding=1, rng=rng), rng)
    x = rng.normal(size=(2, 2, 3, 4))
    y, expected = layer.forward(x), np.empty((2, 3, 2, 3))
    for n, o, i, j in np.ndindex(expected.shape):
        expected[n, o, i, j] = layer.bias[o]
        for c, u, v in np.ndindex(2, 2, 2):
            row, column = 2 * i + u - 1, 2 * j + v - 1
            if 0 <= row < 3 and 0 <= column < 4:
                expected[n, o, i, j] += layer.weight[o, c, u, v] * x[n, c, row, column]
    assert_close(y, expected, "seven loops")


@pytest.mark.parametrize("name", ["AvgPool2d", "Conv2d", "Linear", "MaxPool2d", "ReLU"])
def test_the_loops_share_no_arithmetic_with_the_layers_that_they_are_the_oracle_of(name):
    slow, fast = getattr(loops, name), getattr(layers, name)
    shared = set(slow.__mro__) & set(fast.__mro__)
    assert shared == {Layer, object}
    assert not hasattr(Layer, "forward")
    assert not hasattr(Layer, "backward")


@pytest.mark.parametrize("make", [tiny_cnn, tiny_mlp], ids=["cnn", "mlp"])
def test_the_slow_twin_of_a_network_starts_and_learns_alike(make, rng):
    fast, slow = make(seed=3), make(seed=3, layers=loops)
    assert {type(layer).__module__ for layer in slow.layers} == {loops.__name__, layers.__name__}  # Flatten
    x, labels = rng.normal(size=(6, 1, 8, 8)), rng.integers(0, 3, 6)
    for _ in range(3):
        losses = []
        for network in (fast, slow):
            loss, grad_logits = cross_entropy(network.forward(x), labels)
            network.backward(grad_logits, need_grad_input=False)
            for parameter, gradient in zip(network.parameters(), network.gradients(), strict=True):
                parameter -= 0.1 * gradient
            losses.append(loss)
        assert losses[1] == pytest.approx(losses[0], rel=1e-10)  # only the order of sums differs
    for own, other in zip(slow.parameters(), fast.parameters(), strict=True):
        assert_close(own, other, "after three steps")
