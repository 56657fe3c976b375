"""The layers of `numpy_cnn` against torch, over random shapes, windows and memory layouts."""

import copy
import pickle

import numpy as np
import pytest
import torch
from numpy_cnn_cases import (
    CONVOLUTIONS,
    KINDS,
    LAYOUTS,
    NUM_CASES,
    POOLINGS,
    assert_close,
    every_layer,
    every_layout,
    fast_and_loops,
    in_layout,
    names,
    randomise,
)
from torch.nn import functional

from course_lib.numpy_cnn import AvgPool2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU


def assert_agrees_with_torch(layer, oracle, x, case):
    """Compare the output and all gradients, for a random upstream gradient."""
    inputs = [torch.tensor(array.copy(), requires_grad=True) for array in (x, *layer.parameters())]
    theirs = oracle(*inputs)
    ours = layer.forward(x)
    assert_close(ours, theirs.detach(), case)
    upstream = case.upstream(ours.shape)
    grad_input = layer.backward(upstream)
    expected = torch.autograd.grad(theirs, inputs, torch.tensor(upstream.copy()))
    for gradient, their_gradient in zip((grad_input, *layer.gradients()), expected, strict=True):
        assert_close(gradient, their_gradient, case)


# --- the cases are what they claim to be


@pytest.mark.parametrize("cases", [CONVOLUTIONS, POOLINGS], ids=["convolutions", "poolings"])
def test_at_least_300_cases_reach_every_corner(cases):
    assert len(set(cases)) == NUM_CASES >= 300
    assert sum(len(in_layout(cases, layout)) for layout in LAYOUTS) == NUM_CASES
    corners = {
        "height differs from width": [c.shape[2] != c.shape[3] for c in cases],
        "pixels left over": [c.output_size()[1] for c in cases],
        "one output pixel": [c.output_size()[0] == [1, 1] for c in cases],
        "one channel": [c.shape[1] == 1 for c in cases],
        "batch of one": [c.shape[0] == 1 for c in cases],
        "overlapping windows": [c.stride < c.kernel_size for c in cases],
        "gaps between windows": [c.stride > c.kernel_size for c in cases],
        "one input pixel high": [c.shape[2] == 1 for c in cases],
        "equal values": [c.seed % 2 == 0 for c in cases],
    }
    rare = {name: sum(hits) for name, hits in corners.items() if sum(hits) < 10}
    assert rare == {}


def test_convolutions_include_windows_larger_than_the_image_and_padding_beyond_the_kernel():
    assert sum(c.kernel_size > min(c.shape[2:]) for c in CONVOLUTIONS) >= 10
    assert sum(c.padding >= c.kernel_size for c in CONVOLUTIONS) >= 10


# --- against torch


@every_layout
def test_conv2d_and_its_gradients_are_torchs(layout):
    for case in in_layout(CONVOLUTIONS, layout):
        rng = np.random.default_rng(case.seed)
        window = (case.kernel_size, case.stride, case.padding)
        layer = randomise(Conv2d(case.shape[1], case.out_channels, *window, rng=rng), rng)
        settings = {"stride": case.stride, "padding": case.padding}
        assert_agrees_with_torch(
            layer, lambda x, w, b, s=settings: functional.conv2d(x, w, b, **s), case.images(), case
        )


@every_layout
def test_max_pooling_and_its_gradient_are_torchs_ties_included(layout):
    for case in in_layout(POOLINGS, layout):
        window = (case.kernel_size, case.stride)
        assert_agrees_with_torch(
            MaxPool2d(*window), lambda x, w=window: functional.max_pool2d(x, *w), case.images(), case
        )


@every_layout
def test_average_pooling_and_its_gradient_are_torchs(layout):
    for case in in_layout(POOLINGS, layout):
        window = (case.kernel_size, case.stride)
        assert_agrees_with_torch(
            AvgPool2d(*window), lambda x, w=window: functional.avg_pool2d(x, *w), case.images(), case
        )


@every_layout
def test_relu_and_its_gradient_are_torchs_zeros_included(layout):
    for case in in_layout(CONVOLUTIONS, layout):
        assert_agrees_with_torch(ReLU(), torch.relu, case.images(), case)


@every_layout
def test_flatten_and_its_gradient_are_torchs(layout):
    for case in in_layout(CONVOLUTIONS, layout):
        assert_agrees_with_torch(Flatten(), lambda x: torch.flatten(x, 1), case.images(), case)


@every_layout
def test_linear_and_its_gradients_are_torchs(layout):
    for case in in_layout(CONVOLUTIONS, layout):
        rng = np.random.default_rng(case.seed)
        x = case.images()[:, 0, 0]  # (N, W)
        layer = randomise(Linear(x.shape[1], case.out_channels, rng=rng), rng)
        assert_agrees_with_torch(layer, functional.linear, x, case)


@every_layout
def test_dropout_scales_what_it_keeps_and_carries_gradients_by_the_same_mask(layout):
    for case in in_layout(CONVOLUTIONS, layout):
        mask = np.random.default_rng(case.seed).random(case.shape) >= 0.4
        scale = torch.tensor(mask / 0.6)
        layer = Dropout(0.4, rng=np.random.default_rng(case.seed))
        assert_agrees_with_torch(layer, lambda x, s=scale: x * s, case.images(), case)


@pytest.mark.parametrize("stride", [1, 2, None], ids=["overlap", "half-overlap", "apart"])
def test_a_tie_in_a_constant_image_goes_to_the_first_pixel_as_in_torch(stride):
    x = np.zeros((1, 1, 7, 8))
    layer = MaxPool2d(3, stride)
    upstream = np.random.default_rng(0).normal(size=layer.forward(x).shape)
    ours = layer.backward(upstream)
    s = stride or 3
    expected = np.zeros_like(x)
    expected[:, :, : s * upstream.shape[2] : s, : s * upstream.shape[3] : s] = upstream
    np.testing.assert_array_equal(ours, expected)


def test_minus_infinity_and_the_largest_numbers_are_pooled_as_by_torch(rng):
    x = rng.normal(size=(2, 3, 6, 5))
    x[:, :, :3] = -np.inf  # whole windows of it
    x[:, :, 4, 2] = np.finfo(float).max
    layer, upstream = MaxPool2d(2), rng.normal(size=(2, 3, 3, 2))
    theirs_x = torch.tensor(x, requires_grad=True)
    theirs = functional.max_pool2d(theirs_x, 2)
    np.testing.assert_array_equal(layer.forward(x), theirs.detach())
    (expected,) = torch.autograd.grad(theirs, theirs_x, torch.tensor(upstream))
    np.testing.assert_array_equal(layer.backward(upstream), expected)


@fast_and_loops
@pytest.mark.parametrize("stride", [1, 2, 3], ids=["overlap", "apart", "gaps"])
def test_nan_is_pooled_and_given_its_gradient_as_by_torch(stride, module, rng):
    nan = np.nan
    x = rng.normal(size=(2, 2, 7, 8))
    x[0, 0, :2, :2] = [[nan, 9], [nan, 2]]  # the last of two
    x[0, 0, :2, 4:6] = [[1, nan], [9, 2]]  # before a larger number
    x[1, 1, 2:4] = nan  # whole windows
    x[1, 0, 4, 4] = -np.inf
    layer = module.MaxPool2d(2, stride)
    theirs_x = torch.tensor(x, requires_grad=True)
    theirs = functional.max_pool2d(theirs_x, 2, stride)
    np.testing.assert_array_equal(layer.forward(x), theirs.detach())
    upstream = rng.normal(size=theirs.shape)
    (expected,) = torch.autograd.grad(theirs, theirs_x, torch.tensor(upstream))
    # the same shares in another order: where windows overlap only rounding differs
    np.testing.assert_allclose(layer.backward(upstream), expected, rtol=1e-14)


@fast_and_loops
def test_relu_keeps_nan_and_its_gradient_as_torch_does(module):
    x = np.array([[np.nan, -1.0, -0.0, 0.0, 2.0, np.inf, -np.inf]])
    theirs_x = torch.tensor(x, requires_grad=True)
    theirs = torch.relu(theirs_x)
    layer, upstream = module.ReLU(), np.arange(1.0, 8.0)[None]
    np.testing.assert_array_equal(layer.forward(x), theirs.detach())
    (expected,) = torch.autograd.grad(theirs, theirs_x, torch.tensor(upstream))
    np.testing.assert_array_equal(layer.backward(upstream), expected)


def test_pooling_first_and_relu_first_are_the_same_numbers_and_gradients_to_the_last_bit():
    for case in POOLINGS:
        x, results = case.images(), []
        window = (case.kernel_size, case.stride)
        for stack in ([MaxPool2d(*window), ReLU()], [ReLU(), MaxPool2d(*window)]):
            y = x
            for layer in stack:
                y = layer.forward(y)
            grad = case.upstream(y.shape)
            for layer in reversed(stack):
                grad = layer.backward(grad)
            results.append((y, grad))
        np.testing.assert_array_equal(*(y for y, _ in results))
        np.testing.assert_array_equal(*(grad for _, grad in results))


def test_a_pointwise_convolution_copies_no_image_that_lies_with_the_batch_innermost(rng):
    x = LAYOUTS["batch-last"](rng.normal(size=(6, 2, 5, 4)))
    layer = Conv2d(2, 3, 1, rng=rng)
    layer.forward(x)
    assert np.shares_memory(layer._lowering.columns_matrix, x)


@fast_and_loops
def test_another_input_after_an_accepted_one_is_checked_again(module, rng):
    layer, x = module.Conv2d(2, 3, 3, rng=rng), rng.normal(size=(2, 2, 5, 5))
    layer.forward(x)
    for other in (x.astype(np.float32), x[:, :1], x.tolist(), x[0]):
        with pytest.raises(ValueError, match="Conv2d"):
            layer.forward(other)
    layer.weight = layer.weight.astype(np.float32)
    with pytest.raises(ValueError, match="float32"):
        layer.forward(x)


@pytest.mark.parametrize("shape", [(3,), (3, 4), (3, 2, 5), (2, 3, 2, 2, 3)], ids=len)
@pytest.mark.parametrize("kind", [k for k in KINDS if k.name in ("ReLU", "Flatten", "Dropout")], ids=names)
@fast_and_loops
def test_layers_without_a_window_take_any_rank(module, kind, shape, rng):
    layer, x = kind.make(module, rng=rng), rng.normal(size=shape)
    y = layer.forward(x)
    assert len(y) == len(x)
    assert layer.backward(np.ones_like(y)).shape == shape


# --- parameters


@pytest.mark.parametrize(("make", "fan_in"), [
    pytest.param(lambda rng, dtype: Conv2d(16, 64, 5, rng=rng, dtype=dtype), 400, id="Conv2d"),
    pytest.param(lambda rng, dtype: Linear(400, 64, rng=rng, dtype=dtype), 400, id="Linear"),
])  # fmt: skip
def test_initial_weights_have_mean_zero_and_variance_two_over_fan_in_and_biases_are_zero(make, fan_in):
    layer = make(np.random.default_rng(0), np.float64)
    sigma = np.sqrt(2 / fan_in)
    # 25,600 draws: the mean varies by sigma / 160, the deviation by sigma / 226; five times that
    assert abs(layer.weight.mean()) < 5 * sigma / 160
    assert abs(layer.weight.std() - sigma) < 5 * sigma / 226
    assert not layer.bias.any()
    again = make(np.random.default_rng(0), np.float32)
    np.testing.assert_array_equal(again.weight, layer.weight.astype(np.float32))


@fast_and_loops
def test_parameters_have_torchs_shapes_and_are_counted(module, rng):
    layer, theirs = module.Conv2d(3, 5, 2, rng=rng), torch.nn.Conv2d(3, 5, 2)
    assert [p.shape for p in layer.parameters()] == [tuple(p.shape) for p in theirs.parameters()]
    assert layer.num_parameters == sum(p.numel() for p in theirs.parameters()) == 65
    layer, theirs = module.Linear(7, 4, rng=rng), torch.nn.Linear(7, 4)
    assert [p.shape for p in layer.parameters()] == [tuple(p.shape) for p in theirs.parameters()]
    assert layer.num_parameters == sum(p.numel() for p in theirs.parameters()) == 32
    assert module.ReLU().num_parameters == module.MaxPool2d(2).num_parameters == 0


# --- float32 stays float32


@every_layer
@fast_and_loops
def test_float32_in_is_float32_out_and_agrees_with_float64(module, kind, rng):
    double = randomise(kind.make(module, rng=np.random.default_rng(1), dtype=np.float64), rng)
    single = kind.make(module, rng=np.random.default_rng(1), dtype=np.float32)
    for mine, other in zip(single.parameters(), double.parameters(), strict=True):
        mine[...] = other
    x, upstream = rng.normal(size=kind.shape), rng.normal(size=kind.output_shape)
    if kind.name == "Dropout":  # the drawing of one must not advance the other
        single._rng, double._rng = np.random.default_rng(3), np.random.default_rng(3)
    expected = [double.forward(x), double.backward(upstream), *double.parameters(), *double.gradients()]
    x, upstream = x.astype(np.float32), upstream.astype(np.float32)
    results = [single.forward(x), single.backward(upstream), *single.parameters(), *single.gradients()]
    assert {result.dtype for result in results} == {np.dtype(np.float32)}
    for result, value in zip(results, expected, strict=True):
        assert_close(result, value, kind.name, rtol=1e-5)  # float32 rounds at 6e-8, sums are short


def test_a_layer_whose_parameters_are_recast_computes_in_their_dtype(rng):
    layer, x = Conv2d(2, 3, 3, rng=rng), rng.normal(size=(2, 2, 5, 5))
    layer.forward(x)
    layer.weight, layer.bias = layer.weight.astype(np.float32), layer.bias.astype(np.float32)
    assert layer.forward(x.astype(np.float32)).dtype == np.float32


# --- arrays belong to whoever holds them


@every_layer
@fast_and_loops
def test_what_a_caller_holds_is_never_overwritten(module, kind, rng):
    layer = kind.make(module, rng=rng)
    x, upstream = rng.normal(size=kind.shape), rng.normal(size=kind.output_shape)
    held = [layer.forward(x), layer.backward(upstream), *layer.gradients()]
    before = copy.deepcopy(held)
    for num_images in (len(x), 2 * len(x), len(x)):  # the same size of batch, another one, the same again
        y = layer.forward(rng.normal(size=(num_images, *kind.shape[1:])))
        layer.backward(rng.normal(size=y.shape))
    for array, value in zip(held, before, strict=True):
        np.testing.assert_array_equal(array, value)


@every_layer
@fast_and_loops
def test_input_and_upstream_gradient_are_never_changed_in_any_layout(module, kind, rng):
    for name, layout in LAYOUTS.items():
        layer = kind.make(module, rng=rng)
        x, upstream = rng.normal(size=kind.shape), rng.normal(size=kind.output_shape)
        given = layout(x), layout(upstream)
        layer.forward(given[0])
        layer.backward(given[1])
        np.testing.assert_array_equal(given[0], x, err_msg=name)
        np.testing.assert_array_equal(given[1], upstream, err_msg=name)


@every_layer
@fast_and_loops
@pytest.mark.parametrize("num_images", [4, 9], ids=["same-batch-size", "another-batch-size"])
def test_backward_belongs_to_the_latest_forward(module, kind, num_images, rng):
    layer, fresh = (kind.make(module, rng=np.random.default_rng(5)) for _ in range(2))
    first, second = rng.normal(size=kind.shape), rng.normal(size=(num_images, *kind.shape[1:]))
    upstream = rng.normal(size=(num_images, *kind.output_shape[1:]))
    layer.forward(first)
    if kind.name == "Dropout":
        fresh.forward(first)  # draws as often
    for one in (layer, fresh):
        one.forward(second)
    np.testing.assert_array_equal(layer.backward(upstream), fresh.backward(upstream))
    for gradient, expected in zip(layer.gradients(), fresh.gradients(), strict=True):
        np.testing.assert_array_equal(gradient, expected)


@every_layer
@fast_and_loops
def test_without_the_gradient_of_the_input_those_of_the_parameters_are_the_same(module, kind, rng):
    layer = kind.make(module, rng=rng)
    upstream = rng.normal(size=kind.output_shape)
    layer.forward(rng.normal(size=kind.shape))
    assert layer.backward(upstream) is not None
    expected = layer.gradients()
    assert layer.backward(upstream, need_grad_input=False) is None
    for gradient, value in zip(layer.gradients(), expected, strict=True):
        np.testing.assert_array_equal(gradient, value)


@every_layer
@fast_and_loops
@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda layer: pickle.loads(pickle.dumps(layer))], ids=["deepcopy", "pickle"]
)
def test_a_copy_of_a_used_layer_computes_the_same_and_shares_nothing(module, kind, copied, rng):
    layer = kind.make(module, rng=np.random.default_rng(1))
    layer.forward(rng.normal(size=kind.shape))
    twin = copied(layer)
    x, upstream = rng.normal(size=kind.shape), rng.normal(size=kind.output_shape)
    np.testing.assert_array_equal(twin.forward(x), layer.forward(x))
    np.testing.assert_array_equal(twin.backward(upstream), layer.backward(upstream))
    for own, other in zip(twin.parameters(), layer.parameters(), strict=True):
        assert not np.shares_memory(own, other)
