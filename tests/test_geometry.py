"""Sizes, receptive fields and parameter counts, against torch and against published tables."""

import itertools
import math

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from course_lib.geometry import (
    Window,
    conv2d_multiply_adds,
    conv2d_parameters,
    linear_parameters,
    output_size,
    receptive_field,
    trace,
    transposed_output_size,
)

sizes = st.integers(1, 40)
windows = st.builds(Window, st.integers(1, 7), st.integers(1, 4), st.integers(0, 5), st.integers(1, 3))
LIMITS = ((1, 5), (1, 4), (0, 3), (1, 3))  # of kernel_size, stride, padding, dilation
pair_windows = st.builds(
    Window, *(st.tuples(st.integers(*limits), st.integers(*limits)) for limits in LIMITS)
)


def convolution(*windows, dtype=torch.float64):
    """Torch's own layers for these windows, all weights one, one-dimensional."""
    layers = [
        nn.Conv1d(1, 1, w.kernel_size, w.stride, w.padding, w.dilation, bias=False, dtype=dtype)
        for w in windows
    ]
    for layer in layers:
        nn.init.ones_(layer.weight)
    return nn.Sequential(*layers)


# --- against torch


@settings(max_examples=300, deadline=None, derandomize=True)
@given(sizes, windows)
def test_the_output_size_is_that_of_a_torch_convolution_or_both_refuse(input_size, window):
    images = torch.zeros(1, 1, input_size, 1)
    weight = torch.zeros(1, 1, window.kernel_size, 1)
    settings = ((window.stride, 1), (window.padding, 0), (window.dilation, 1))
    try:
        expected = functional.conv2d(images, weight, None, *settings).shape[2]
    except RuntimeError:
        with pytest.raises(ValueError, match="does not fit"):
            output_size(input_size, window)
    else:
        assert output_size(input_size, window) == expected


@settings(max_examples=150, deadline=None, derandomize=True)
@given(sizes, sizes, pair_windows)
def test_pairs_are_answered_as_torch_answers_them(height, width, window):
    weight = torch.zeros(1, 1, *window.kernel_size)
    images = torch.zeros(1, 1, height, width)
    try:
        expected = functional.conv2d(images, weight, None, window.stride, window.padding, window.dilation)
    except RuntimeError:
        with pytest.raises(ValueError):
            output_size((height, width), window)
    else:
        assert output_size((height, width), window) == expected.shape[2:]


@settings(max_examples=250, deadline=None, derandomize=True)
@given(st.integers(30, 80), st.lists(windows, min_size=1, max_size=4))
def test_a_trace_is_what_a_stack_of_torch_convolutions_does(input_size, stack):
    images = torch.zeros(1, 1, input_size, dtype=torch.float64)
    expected = []
    try:
        for layer in convolution(*stack):
            images = layer(images)
            expected.append(images.shape[2])
    except RuntimeError:
        with pytest.raises(ValueError, match="does not fit"):
            trace(input_size, stack)
    else:
        layers = trace(input_size, stack)
        assert [layer.output_size for layer in layers] == expected
        field = receptive_field(stack)
        assert (layers[-1].receptive_field, layers[-1].jump) == (field.size, field.jump)
        assert layers[-1].start == (field.size - 1) / 2 - field.padding


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.lists(windows, min_size=1, max_size=3), st.integers(0, 6), st.integers(0, 4))
def test_field_jump_and_centre_are_where_the_gradient_of_a_unit_is_not_zero(stack, extra, ahead):
    field = receptive_field(stack)
    unit = math.ceil(field.padding / field.jump) + ahead  # the first whose field begins inside the image
    first = unit * field.jump - field.padding
    input_size = first + field.size + extra
    assume(input_size < 3000)
    images = torch.zeros(1, 1, input_size, dtype=torch.float64, requires_grad=True)
    output = convolution(*stack)(images)
    output[0, 0, unit].backward()
    seen = images.grad[0, 0].nonzero().flatten()
    last = trace(input_size, stack)[-1]
    assert (seen.min().item(), seen.max().item()) == (first, first + field.size - 1)
    assert last.start + unit * last.jump == (seen.min().item() + seen.max().item()) / 2


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.integers(1, 12), windows, st.integers(0, 3))
def test_a_transposed_size_is_torchs(input_size, window, output_padding):
    images, weight = torch.zeros(1, 1, input_size), torch.zeros(1, 1, window.kernel_size)
    arguments = (window.stride, window.padding, output_padding, 1, window.dilation)
    try:
        expected = functional.conv_transpose1d(images, weight, None, *arguments).shape[2]
    except RuntimeError:
        expected = 0
    if expected:
        assert transposed_output_size(input_size, window, output_padding) == expected
    else:
        with pytest.raises(ValueError):
            transposed_output_size(input_size, window, output_padding)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kernel_size", [1, 3, (5, 2)])
def test_parameter_counts_are_those_of_torchs_layers(kernel_size, bias, groups):
    layer = nn.Conv2d(4, 6, kernel_size, bias=bias, groups=groups)
    expected = sum(parameter.numel() for parameter in layer.parameters())
    assert conv2d_parameters(4, 6, kernel_size, bias, groups) == expected
    dense = sum(parameter.numel() for parameter in nn.Linear(7, 5, bias=bias).parameters())
    assert linear_parameters(7, 5, bias) == dense


@pytest.mark.parametrize(("size", "window", "groups"), [
    pytest.param(9, Window(3, padding=1), 1, id="square"),
    pytest.param((9, 12), Window((5, 2), stride=(2, 1)), 1, id="pairs"),
    pytest.param((9, 12), Window(3, 2), 2, id="groups"),
])  # fmt: skip
def test_multiply_adds_are_half_of_the_operations_that_torch_counts(size, window, groups):
    height, width = size if isinstance(size, tuple) else (size, size)
    layer = nn.Conv2d(4, 6, window.kernel_size, window.stride, window.padding, groups=groups)
    with FlopCounterMode(display=False) as counter:
        layer(torch.zeros(1, 4, height, width))
    assert conv2d_multiply_adds(4, 6, size, window, groups) == counter.get_total_flops() // 2


def test_the_smallest_layers_have_a_weight_and_a_bias():
    assert conv2d_parameters(1, 1, 1) == linear_parameters(1, 1) == 2


# --- against published tables


@pytest.mark.parametrize(
    ("input_size", "window", "expected"),
    [
        # Dumoulin and Visin (2016), figures 2.1 to 2.7
        (4, Window(3, 1, 0), 2),
        (5, Window(4, 1, 2), 6),
        (5, Window(3, 1, 1), 5),
        (5, Window(3, 1, 2), 7),
        (5, Window(3, 2, 0), 2),
        (5, Window(3, 2, 1), 3),
        (6, Window(3, 2, 1), 3),
        (7, Window(3, dilation=2), 3),  # the same, section 5.1
        (32, Window(3, stride=2, padding=1), 16),  # 16.5 by the formula without its floor
        (7, Window(3), 5),  # CS231n, convolutional networks
        (7, Window(3, stride=2), 3),
        (227, Window(11, stride=4), 55),
    ],
    ids=str,
)
def test_published_sizes(input_size, window, expected):
    assert output_size(input_size, window) == expected


def test_a_dilated_window_of_three_spans_five():
    assert Window(3, dilation=2).extent == 5


def test_published_transposed_sizes():
    assert transposed_output_size(3, Window(3, 2, 1)) == 5  # Dumoulin and Visin (2016), section 4.5
    assert transposed_output_size(3, Window(3, 2, 1), output_padding=1) == 6


def dense(*features):
    return sum(linear_parameters(*pair) for pair in itertools.pairwise(features))


VGG16 = (
    (3, 64), (64, 64), None, (64, 128), (128, 128), None, (128, 256), (256, 256), (256, 256), None,
    (256, 512), (512, 512), (512, 512), None, (512, 512), (512, 512), (512, 512), None,
)  # fmt: skip
VGG16_CONVOLUTIONS = sum(conv2d_parameters(*block, 3) for block in VGG16 if block)


def alexnet(widths, groups):
    kernels = (11, 5, 3, 3, 3)
    layers = zip((3, *widths), widths, kernels, groups, strict=False)
    return sum(conv2d_parameters(*pair, kernel, groups=group) for *pair, kernel, group in layers)


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        pytest.param(conv2d_parameters(3, 16, 3), 448, id="conv-3-16"),
        pytest.param(
            linear_parameters(3 * 32 * 32, 16 * 32 * 32), 50_348_032, id="dense-map-of-the-same-shape"
        ),
        pytest.param(dense(784, 10), 7_850, id="linear"),
        pytest.param(dense(784, 128, 10), 101_770, id="mlp"),
        pytest.param(dense(784, 512, 256, 10), 535_818, id="three-layer-mlp"),
        pytest.param(
            conv2d_parameters(1, 6, 5) + conv2d_parameters(6, 16, 5) + dense(400, 120, 84, 10),
            61_706,
            id="lenet-5",
        ),
        pytest.param(conv2d_parameters(3, 96, 11), 34_944, id="alexnet-conv1"),
        pytest.param(
            alexnet((96, 256, 384, 384, 256), (1, 2, 1, 2, 2)) + dense(9216, 4096, 4096, 1000),
            60_965_224,
            id="alexnet-2012",
        ),
        pytest.param(
            alexnet((96, 256, 384, 384, 256), (1,) * 5) + dense(9216, 4096, 4096, 1000),
            62_378_344,
            id="alexnet-ungrouped",
        ),
        pytest.param(
            alexnet((64, 192, 384, 256, 256), (1,) * 5) + dense(9216, 4096, 4096, 1000),
            61_100_840,
            id="alexnet-torchvision",
        ),
        pytest.param(VGG16_CONVOLUTIONS, 14_714_688, id="vgg-16-convolutions"),
        pytest.param(linear_parameters(25_088, 4096), 102_764_544, id="vgg-16-first-dense"),
        pytest.param(VGG16_CONVOLUTIONS + dense(25_088, 4096, 4096, 1000), 138_357_544, id="vgg-16"),
        pytest.param(
            conv2d_parameters(64, 64, 3, bias=False, groups=64) + conv2d_parameters(64, 128, 1, bias=False),
            8_768,
            id="depthwise-separable",
        ),
        pytest.param(conv2d_parameters(64, 128, 3, bias=False), 73_728, id="not-separable"),
    ],
)
def test_published_parameter_counts(count, expected):
    assert count == expected


CONV3, POOL2 = Window(3, padding=1), Window(2, stride=2)
VGG16_WINDOWS = [CONV3 if block else POOL2 for block in VGG16]
# AlexNet: conv1, pool1, conv2, pool2, conv3, conv4, conv5, pool5
ALEXNET_WINDOWS = [
    Window(11, 4, 2), Window(3, 2), Window(5, padding=2), Window(3, 2), CONV3, CONV3, CONV3, Window(3, 2),
]  # fmt: skip
LENET_WINDOWS = [Window(5), POOL2, Window(5), POOL2, Window(5)]


def resnet50(stride_in):
    """The longest path through ResNet-50: the stem, then bottlenecks of 1x1, 3x3, 1x1."""
    path = [Window(7, 2, 3), Window(3, 2, 1)]
    for stage, num_blocks in enumerate((3, 4, 6, 3)):
        for block in range(num_blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            first, second = (stride, 1) if stride_in == "1x1" else (1, stride)
            path += [Window(1, first), Window(3, second, 1), Window(1)]
    return path


@pytest.mark.parametrize(
    ("stack", "size", "jump"),
    [
        # Araujo, Norris and Sim (2019), table of receptive fields
        pytest.param(ALEXNET_WINDOWS, 195, 32, id="alexnet"),
        pytest.param(VGG16_WINDOWS, 212, 32, id="vgg-16"),
        pytest.param(resnet50("1x1"), 483, 32, id="resnet-50-of-the-paper"),
        pytest.param(resnet50("3x3"), 427, 32, id="resnet-50-of-torchvision"),
        pytest.param([], 1, 1, id="no-layer-sees-a-pixel"),
    ],
)
def test_published_receptive_fields(stack, size, jump):
    field = receptive_field(stack)
    assert (field.size, field.jump) == (size, jump)


def test_receptive_fields_along_vgg_16():
    pools = [index for index, window in enumerate(VGG16_WINDOWS) if window is POOL2]
    layers = trace(224, VGG16_WINDOWS)
    assert [layers[index].receptive_field for index in pools] == [6, 16, 44, 100, 212]
    assert [layers[index].output_size for index in pools] == [112, 56, 28, 14, 7]


def test_receptive_fields_of_the_books_small_networks():
    assert [layer.receptive_field for layer in trace(28, [CONV3, POOL2, CONV3, POOL2])] == [3, 4, 8, 10]
    assert [layer.receptive_field for layer in trace(32, LENET_WINDOWS)] == [5, 6, 14, 16, 32]
    assert [layer.output_size for layer in trace(32, LENET_WINDOWS)] == [28, 14, 10, 5, 1]


@pytest.mark.parametrize("num_layers", range(1, 6))
def test_stacks_of_three_grow_by_two_per_layer_or_double_with_stride_two(num_layers):
    assert receptive_field([Window(3)] * num_layers).size == 2 * num_layers + 1
    assert receptive_field([Window(3, stride=2)] * num_layers).size == 2 ** (num_layers + 1) - 1


def test_a_generator_of_windows_is_read_once_and_whole():
    stack = [Window(3), Window(2, stride=2), Window(3)]
    assert receptive_field(window for window in stack) == receptive_field(stack)
    assert trace(20, (window for window in stack)) == trace(20, stack)


# --- bad input


@pytest.mark.parametrize("name", ["kernel_size", "stride", "padding", "dilation"])
@pytest.mark.parametrize("value", [-1, 1.5, True, "3", None, (1, 2, 3), (1, -1), [3, 3]])
def test_a_window_refuses_nonsense_by_name(name, value):
    with pytest.raises(ValueError) as error:
        Window(**{"kernel_size": 3, name: value})
    assert name in str(error.value)
    assert repr(value) in str(error.value)


@pytest.mark.parametrize("name", ["kernel_size", "stride", "dilation"])
def test_only_padding_may_be_zero(name):
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1"):
        Window(**{"kernel_size": 3, name: 0})
    assert Window(3, padding=0).padding == 0


def test_a_window_takes_numpys_integers():
    assert output_size(np.int64(32), Window(np.int64(3), np.int32(2), 1)) == 16


@pytest.mark.parametrize("integer", [np.uint8, np.int8, np.int32])
def test_numpys_small_integers_do_not_wrap(integer):
    window = Window(integer(100), padding=integer(100), dilation=integer(3))
    plain = Window(100, padding=100, dilation=3)
    assert window == plain
    assert {type(value) for value in vars(window).values()} == {int}
    assert output_size(integer(120), window) == output_size(120, plain)
    assert transposed_output_size(integer(120), Window(integer(5), integer(4)), integer(3)) == 484
    assert conv2d_parameters(integer(120), integer(100), (integer(3), integer(5))) == 180_100
    assert conv2d_parameters(integer(120), integer(100), 3, groups=integer(10)) == 100 * (12 * 9 + 1)
    assert linear_parameters(integer(127), integer(127), bias=False) == 127 * 127
    assert receptive_field([window] * 3).size == 1 + 3 * 99 * 3


def test_the_parameters_of_a_very_large_layer_are_counted_exactly():
    assert linear_parameters(np.int32(50_000), np.int32(50_000), bias=False) == 2_500_000_000


def test_an_extent_and_a_record_compare_and_print_as_what_they_are():
    assert Window(3) != (3, 1, 0, 1)
    field = receptive_field([Window(3)])
    assert repr(field) == "ReceptiveField(size=3, jump=1, padding=0)"
    assert field == receptive_field([Window(3)]) != receptive_field([Window(5)])
    for record, name in ((field, "size"), (trace(9, [Window(3)])[0], "jump")):
        with pytest.raises(AttributeError):
            setattr(record, name, 7)


@pytest.mark.parametrize("input_size", [0, -1, 2.0, True, None])
def test_a_transposed_input_without_pixels_is_refused(input_size):
    with pytest.raises(ValueError, match="input_size must be an integer of at least 1"):
        transposed_output_size(input_size, Window(3))


@pytest.mark.parametrize("output_padding", [-1, 2, 1.0, True, None])
def test_an_output_padding_that_the_stride_does_not_reach_is_refused(output_padding):
    with pytest.raises(ValueError, match=r"output_padding must be an integer in 0\.\.1, got"):
        transposed_output_size(3, Window(3, stride=2), output_padding)
    assert transposed_output_size(3, Window(3, stride=2), 1) == 8


def test_a_transposed_window_that_leaves_nothing_is_refused():
    with pytest.raises(ValueError, match="leaves nothing of an input of 1 pixels: 0"):
        transposed_output_size(1, Window(2, padding=1))
    assert transposed_output_size(1, Window(3, padding=1)) == 1


def test_a_window_cannot_be_changed():
    with pytest.raises(AttributeError):
        Window(3).stride = 2


@pytest.mark.parametrize("input_size", [0, -3, 2.0, True, None])
def test_an_input_without_pixels_is_refused(input_size):
    with pytest.raises(ValueError, match="input_size must be an integer of at least 1"):
        output_size(input_size, Window(1))


def test_a_window_that_does_not_fit_is_refused_with_the_numbers():
    with pytest.raises(
        ValueError, match="spans 7 pixels does not fit into an input of 4 pixels with padding 1"
    ):
        output_size(4, Window(3, dilation=3, padding=1))
    assert output_size(5, Window(3, dilation=3, padding=1)) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"in_channels": 4, "out_channels": 6, "groups": 4}, "4 for 4 and 6"),
        ({"in_channels": 3, "out_channels": 6, "groups": 2}, "2 for 3 and 6"),
        ({"in_channels": 3, "out_channels": 6, "groups": 0}, "groups"),
        ({"in_channels": 0, "out_channels": 6}, "in_channels"),
        ({"in_channels": 3, "out_channels": 0}, "out_channels"),
        ({"in_channels": 3, "out_channels": 1.5}, "out_channels"),
        ({"in_channels": 3, "out_channels": 6, "kernel_size": 0}, "kernel_size"),
    ],
    ids=str,
)
def test_impossible_convolutions_are_refused_by_name(arguments, words):
    with pytest.raises(ValueError, match=words):
        conv2d_parameters(**{"kernel_size": 3, **arguments})


@pytest.mark.parametrize("count", [0, -1, 2.0, True, None])
@pytest.mark.parametrize("name", ["in_features", "out_features"])
def test_a_dense_layer_without_features_is_refused_by_name(name, count):
    with pytest.raises(ValueError, match=f"{name} must be an integer of at least 1"):
        linear_parameters(**{"in_features": 3, "out_features": 4, name: count})
