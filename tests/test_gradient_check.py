"""The gradient check itself, against closed forms and planted mistakes; then every layer, and a network."""

import numpy as np
import pytest
from numpy_cnn_cases import BOTH, KINDS, LAYOUTS, names, randomise

from course_lib.numpy_cnn import (
    AvgPool2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
    cross_entropy,
    softmax,
    tiny_cnn,
    tiny_mlp,
)
from course_lib.numpy_cnn.base import Layer
from course_lib.numpy_cnn.gradient_check import check_layer, numerical_gradient, relative_error

# Central differences of step 1e-6 err by about 1e-16 / 1e-6 (rounding) and 1e-12 (curvature), so that
# 1e-6 leaves room for a thousand terms in a sum and catches any mistake that is visible at all.
TOLERANCE = 1e-6


# --- the instrument


@pytest.mark.parametrize(("function", "derivative"), [
    pytest.param(lambda v: (v**3).sum(), lambda v: 3 * v**2, id="cubes"),
    pytest.param(lambda v: np.sin(v).sum(), np.cos, id="sines"),
    pytest.param(lambda v: np.prod(v), lambda v: np.prod(v) / v, id="product"),
    pytest.param(lambda v: 7.0, np.zeros_like, id="constant"),
])  # fmt: skip
@pytest.mark.parametrize("shape", [(), (4,), (2, 3, 2)], ids=str)
def test_a_numerical_gradient_is_the_closed_form(function, derivative, shape, rng):
    x = np.asarray(rng.uniform(0.5, 2.0, shape))
    np.testing.assert_allclose(numerical_gradient(function, x), derivative(x), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("step", [1.0, 0.1])
def test_differences_are_central_and_as_wide_as_the_step(step, rng):
    x = rng.normal(size=(2, 3))
    # ((x + h)^3 - (x - h)^3) / 2h = 3 x^2 + h^2, without remainder
    ours = numerical_gradient(lambda v: (v**3).sum(), x, step)
    np.testing.assert_allclose(ours, 3 * x**2 + step**2, rtol=1e-10)


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "read-only"])
def test_the_array_is_restored_exactly_in_any_layout(layout, rng):
    numbers = 1e-9 * rng.normal(size=(3, 2, 4))  # adding the step and taking it away again loses digits
    x = LAYOUTS[layout](numbers.copy())
    weights = rng.normal(size=x.shape)
    ours = numerical_gradient(lambda v: (weights * v).sum(), x)
    np.testing.assert_allclose(ours, weights, rtol=1e-8)
    np.testing.assert_array_equal(x, numbers)


def test_the_array_is_restored_even_if_the_function_raises():
    x = np.array([1.0, 2.0, 3.0])
    calls = []

    def stumble(v):
        calls.append(v.copy())
        if len(calls) == 4:  # at x[1] - step
            raise RuntimeError
        return v.sum()

    with pytest.raises(RuntimeError):
        numerical_gradient(stumble, x)
    np.testing.assert_array_equal(x, [1.0, 2.0, 3.0])
    assert calls[3][1] < 2.0


@pytest.mark.parametrize(("x", "got"), [
    pytest.param(np.ones(2, np.float32), "float32", id="float32"),
    pytest.param(np.ones(2, int), "int64", id="int"),
    pytest.param([1.0, 2.0], "a list", id="list"),
])  # fmt: skip
def test_what_is_not_float64_is_refused_by_name(x, got):
    with pytest.raises(ValueError, match=f"float64, got {got}"):
        numerical_gradient(np.sum, x)
    with pytest.raises(ValueError, match=f"float64, got {got}"):
        check_layer(ReLU(), x, rng=np.random.default_rng(0))


def test_a_layer_in_float32_is_refused_by_name(rng):
    with pytest.raises(ValueError, match="float64, got float32"):
        check_layer(Linear(2, 1, rng=rng, dtype=np.float32), np.ones((1, 2)), rng=rng)


@pytest.mark.parametrize(("a", "b", "expected"), [
    pytest.param([1.0, 100.0], [2.0, 100.0], 0.01, id="relative-to-the-largest"),
    pytest.param([3.0], [-1.0], 4 / 3, id="signs"),
    pytest.param([-8.0, 1.0], [-4.0, 1.0], 0.5, id="absolute-values"),
    pytest.param([1.0], [4.0], 0.75, id="larger-second"),
    pytest.param([1e-20], [2e-20], 0.5, id="tiny-is-not-zero"),
    pytest.param([0.0, 0.0], [0.0, 0.0], 0.0, id="zeros"),
    pytest.param([], [], 0.0, id="empty"),
])  # fmt: skip
def test_a_relative_error_is_the_hand_computed_one(a, b, expected):
    error = relative_error(np.array(a), np.array(b))
    assert type(error) is float
    assert error == pytest.approx(expected)


@pytest.mark.parametrize(("size", "expected"), [(1e-4, 1e-8), (0.01, 1e-8), (0.5, 2e-10)])
def test_small_numbers_are_compared_relative_to_the_floor_and_larger_ones_are_not(size, expected):
    assert relative_error([size], [size + 1e-10], floor=0.01) == pytest.approx(expected, rel=1e-5)


def test_the_floor_hides_no_nan():
    assert not relative_error([np.nan], [0.0], floor=0.01) < TOLERANCE


@pytest.mark.parametrize(("a", "b"), [([np.nan, 1.0], [1.0, 1.0]), ([1.0], [np.nan]), ([np.nan], [np.nan])])
def test_not_a_number_is_never_an_agreement(a, b):
    assert not relative_error(a, b) < TOLERANCE


def test_arrays_of_two_shapes_have_no_relative_error():
    with pytest.raises(ValueError, match=r"\(2, 1\) and \(2,\)"):
        relative_error(np.ones((2, 1)), np.ones(2))


# --- mistakes that it must find


class Forgetful(Linear):
    """Plants one mistake into the backward pass of a dense layer."""

    def __init__(self, mistake, rng):
        super().__init__(4, 3, rng=rng)
        self.mistake = mistake

    def backward(self, grad_output, need_grad_input=True):
        grad_input = super().backward(grad_output)
        if self.mistake == "input":
            return grad_input * 1.001
        if self.mistake == "weight":
            self.grad_weight = self.grad_weight / len(grad_output)
        if self.mistake == "bias":
            self.grad_bias = np.zeros(3)
        return grad_input


@pytest.mark.parametrize("mistake", ["input", "weight", "bias"])
def test_a_mistake_in_one_gradient_shows_in_that_one_alone(mistake, rng):
    errors = check_layer(Forgetful(mistake, rng), rng.normal(size=(5, 4)), rng=rng)
    assert [name for name, error in errors.items() if error > TOLERANCE] == [mistake]
    assert errors[mistake] > 5e-4


class ConstantSum(Layer):
    """A softmax whose backward pass forgets everything: right only for an upstream gradient of ones."""

    def forward(self, x):
        self._check_input(x, ("N", "C"))
        return softmax(x)

    def backward(self, grad_output, need_grad_input=True):
        return np.zeros_like(grad_output)


def test_a_layer_whose_outputs_sum_to_a_constant_cannot_pass_with_a_gradient_of_zero(rng):
    assert check_layer(ConstantSum(), rng.normal(size=(3, 4)), rng=rng)["input"] == 1.0


class AllTogether(Layer):
    """The sum of a softmax's outputs: its gradient is zero, and differences see rounding alone."""

    def forward(self, x):
        return softmax(x).sum(axis=1)

    def backward(self, grad_output, need_grad_input=True):
        return np.zeros((len(grad_output), 4))


def test_a_gradient_of_zero_is_not_rejected_for_the_rounding_of_the_differences(rng):
    assert check_layer(AllTogether(), rng.normal(size=(3, 4)), rng=rng)["input"] < TOLERANCE


def test_the_upstream_gradient_comes_from_the_generator_and_is_no_constant(rng):
    seen = []

    class Watched(ReLU):
        def backward(self, grad_output, need_grad_input=True):
            seen.append(grad_output)
            return super().backward(grad_output)

    for seed in (0, 0, 1):
        check_layer(Watched(), rng.normal(size=(3, 4)), rng=np.random.default_rng(seed))
    np.testing.assert_array_equal(seen[0], seen[1])
    assert len(np.unique([seen[0], seen[2]])) == 24


# --- every layer, and a network


@pytest.mark.parametrize("kind", KINDS, ids=names)
@pytest.mark.parametrize("module", BOTH, ids=names)
def test_every_layer_passes_the_gradient_check(module, kind, rng):
    layer = randomise(kind.make(module, rng=rng), rng)
    x = rng.normal(size=kind.shape)
    before = [array.copy() for array in (x, *layer.parameters())]
    errors = check_layer(layer, x, rng=rng)
    assert list(errors) == ["input", *layer.names]
    assert max(errors.values()) < TOLERANCE
    for array, value in zip((x, *layer.parameters()), before, strict=True):
        np.testing.assert_array_equal(array, value)


def test_a_dropout_layer_passes_whoever_else_draws_from_its_generator(rng):
    layer = Dropout(0.5, rng=rng)
    x = rng.normal(size=(4, 6))
    for _ in range(3):
        assert check_layer(layer, x, rng=rng)["input"] < TOLERANCE


def test_a_checked_layer_is_as_it_was(rng):
    layer = Linear(3, 2, rng=rng)
    check_layer(layer, rng.normal(size=(4, 3)), rng=rng)
    assert layer.grad_weight is None
    mask_rng = np.random.default_rng(3)
    check_layer(Dropout(0.5, rng=mask_rng), rng.normal(size=(4, 6)), rng=rng)
    assert mask_rng.random() == np.random.default_rng(3).random()


@pytest.mark.parametrize(("layer", "shape"), [
    pytest.param(lambda r: Conv2d(1, 1, 1, rng=r), (1, 1, 1, 1), id="conv-one-pixel"),
    pytest.param(lambda r: Conv2d(2, 1, 3, stride=3, padding=2, rng=r), (2, 2, 4, 7), id="conv-gaps"),
    pytest.param(lambda r: Conv2d(1, 2, 4, stride=2, padding=1, rng=r), (1, 1, 5, 8), id="conv-overlap"),
    pytest.param(lambda r: MaxPool2d(3, stride=1), (2, 1, 4, 6), id="max-overlap"),
    pytest.param(lambda r: AvgPool2d(3, stride=2), (2, 1, 6, 8), id="average-overlap"),
    pytest.param(lambda r: AvgPool2d(2, stride=3), (1, 2, 8, 6), id="average-gaps"),
    pytest.param(lambda r: Linear(1, 1, rng=r), (1, 1), id="linear-one-number"),
])  # fmt: skip
def test_unusual_windows_pass_the_gradient_check(layer, shape, rng):
    assert max(check_layer(layer(rng), rng.normal(size=shape), rng=rng).values()) < TOLERANCE


def network_of_every_layer(rng):
    return Sequential(
        Conv2d(1, 3, 3, padding=1, rng=rng), ReLU(), MaxPool2d(2),        # (3, 3, 4)
        Conv2d(3, 2, 2, rng=rng), AvgPool2d(2, stride=1),                 # (2, 1, 2)
        Flatten(), Dropout(0.5, rng=rng), Linear(4, 3, rng=rng),          # (3,)
    )  # fmt: skip


@pytest.mark.parametrize(("make", "shape"), [
    pytest.param(network_of_every_layer, (3, 1, 6, 8), id="every-layer"),
    pytest.param(lambda rng: tiny_cnn(seed=1), (3, 1, 8, 8), id="tiny-cnn"),
    pytest.param(lambda rng: tiny_mlp(2, seed=1), (3, 1, 8, 8), id="tiny-mlp"),
])  # fmt: skip
def test_a_whole_network_with_its_loss_passes_the_gradient_check(make, shape, rng):
    network, x, labels = make(rng).eval(), rng.normal(size=shape), np.array([2, 0, 1])

    def loss(_):
        return cross_entropy(network.forward(x), labels)[0]

    _, grad_logits = cross_entropy(network.forward(x), labels)
    grad_input = network.backward(grad_logits)
    gradients = [grad_input, *network.gradients()]  # before the forward passes of the check
    for gradient, array in zip(gradients, [x, *network.parameters()], strict=True):
        assert relative_error(gradient, numerical_gradient(loss, array)) < TOLERANCE


@pytest.mark.parametrize("num_classes", [2, 3, 10])
def test_the_gradient_of_the_loss_passes_the_gradient_check(num_classes, rng):
    logits, labels = 3 * rng.normal(size=(4, num_classes)), rng.integers(0, num_classes, 4)
    _, grad_logits = cross_entropy(logits, labels)
    numeric = numerical_gradient(lambda z: cross_entropy(z, labels)[0], logits)
    assert relative_error(grad_logits, numeric) < TOLERANCE
