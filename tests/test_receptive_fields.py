"""What a unit sees, measured by gradients, against the formula and against published tables."""

import copy
import importlib
import random

import pytest
import torch
from torch import nn
from torch.nn import functional

from course_lib.geometry import Window, output_size, receptive_field, trace
from course_lib.inspection import measured_receptive_field, windows_of
from course_lib.models import SimpleCNN


@pytest.fixture
def networks():
    """Torchvision's networks; importing them takes seconds, so only the tests that need them do."""
    return importlib.import_module("torchvision.models")


LENET5 = nn.Sequential(
    nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2),
    nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
    nn.Conv2d(16, 120, 5), nn.Tanh(),
)  # fmt: skip


def random_stack(seed):
    """A stack of one to four layers of every readable kind, and its windows."""
    choose = random.Random(seed)
    layers, channels = [], 1
    for _ in range(choose.randint(1, 4)):
        kernel = (choose.randint(1, 4), choose.randint(1, 4))
        stride, padding = choose.randint(1, 2), choose.randint(0, min(kernel) // 2)
        kind = choose.choice(("conv", "max", "average"))
        if kind == "conv":
            layers += [nn.Conv2d(channels, 3, kernel, stride, padding, dilation=choose.randint(1, 2))]
            layers += [nn.BatchNorm2d(3), choose.choice((nn.ReLU(), nn.Sigmoid(), nn.Identity()))]
            channels = 3
        elif kind == "max":
            layers += [nn.MaxPool2d(kernel, stride, padding, dilation=choose.randint(1, 2))]
        else:
            layers += [nn.AvgPool2d(kernel, stride, padding)]
    return nn.Sequential(*layers)


@pytest.mark.parametrize("seed", range(60))
def test_measured_and_computed_fields_agree_on_random_stacks(seed):
    stack = random_stack(seed)
    size = receptive_field(windows_of(stack)).size
    expected = size if isinstance(size, tuple) else (size, size)
    assert measured_receptive_field(stack, (140, 150)) == expected


def test_the_windows_of_a_stack_predict_the_sizes_that_torch_makes():
    for seed in range(40):
        stack = random_stack(seed)
        expected = tuple(stack(torch.zeros(2, 1, 61, 70)).shape[2:])
        assert trace((61, 70), windows_of(stack))[-1].output_size == expected


def test_fields_of_the_small_networks_of_the_book():
    # by hand: SimpleCNN 3, 4, 8, 10; LeNet-5 (1998) 5, 6, 14, 16, 32
    assert [layer.receptive_field for layer in trace(28, windows_of(SimpleCNN()))] == [3, 4, 8, 10]
    assert [layer.receptive_field for layer in trace(28, windows_of(LENET5))] == [5, 6, 14, 16, 32]
    assert measured_receptive_field(SimpleCNN(), 28) == (10, 10)
    assert measured_receptive_field(LENET5, 64) == (32, 32)


@pytest.mark.pipeline
def test_fields_of_torchvision_agree_with_the_published_tables(networks):
    # Araujo, Norris and Sim (2019); 427: stride in the 3x3 layer, as torchvision has it
    assert measured_receptive_field(networks.alexnet(), 256, in_channels=3) == (195, 195)
    assert measured_receptive_field(networks.resnet50(), 448, in_channels=3) == (427, 427)
    vgg = networks.vgg16().features
    assert measured_receptive_field(vgg, 256, in_channels=3) == (212, 212)
    fields = [layer.receptive_field for layer in trace(224, windows_of(vgg))]
    pools = [field for field, window in zip(fields, windows_of(vgg), strict=True) if window.kernel_size == 2]
    assert pools == [6, 16, 44, 100, 212]


class Branched(nn.Module):
    """Two ways from the input, of 3 and of 7 pixels; functional calls only."""

    def __init__(self):
        super().__init__()
        self.short, self.long = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(1, 2, 7, padding=3)

    def forward(self, images):
        long = torch.nn.functional.max_pool2d(torch.relu(self.long(images)), 2)
        return long + torch.nn.functional.avg_pool2d(self.short(images).sigmoid(), 2)


def test_of_two_branches_the_wider_one_counts():
    # 7 pixels, and one more from the pool of 2
    assert measured_receptive_field(Branched(), 32) == (8, 8)


def test_measuring_leaves_the_module_as_it_was(networks):
    module = nn.Sequential(*list(networks.resnet18().children())[:6])  # to the end of its second stage
    module.train()
    module[4].eval()
    module(torch.randn(2, 3, 64, 64)).sum().backward()
    before = copy.deepcopy(module.state_dict())
    gradients = [parameter.grad.clone() for parameter in module.parameters()]
    modes = [child.training for child in module.modules()]
    with torch.no_grad():
        measured_receptive_field(module, 128, in_channels=3)
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert all(torch.equal(a, b.grad) for a, b in zip(gradients, module.parameters(), strict=True))
    assert [child.training for child in module.modules()] == modes


def test_weights_that_cancel_and_units_that_are_off_do_not_hide_pixels():
    conv = nn.Conv2d(1, 2, 3)
    with torch.no_grad():
        conv.weight[0] = 1
        conv.weight[1] = -1  # the two channels cancel
        conv.bias.fill_(-100)  # no unit is ever on
    assert measured_receptive_field(nn.Sequential(conv, nn.ReLU(), nn.Conv2d(2, 1, 1)), 9) == (3, 3)


class Call(nn.Module):
    """A module whose forward pass is one function of the image."""

    def __init__(self, function):
        super().__init__()
        self.forward = function


KERNEL = torch.ones(1, 1, 3, 3, dtype=torch.float64)
CALLS = {  # each followed by a 3x3 convolution; the first number is the call's own field, the second its jump
    "stride": (lambda x: functional.conv2d(x, KERNEL, stride=2), 3, 2),
    "dilation": (lambda x: functional.conv2d(x, KERNEL, dilation=3), 7, 1),
    "weight": (lambda x: functional.conv2d(x, weight=KERNEL, padding=1, bias=torch.ones(1)), 3, 1),
    "all-by-name": (lambda x: torch.conv2d(input=x, weight=KERNEL, stride=(2, 2), groups=1), 3, 2),
    "transposed": (lambda x: functional.conv_transpose2d(x, weight=KERNEL, dilation=1), 3, 1),
    "max-pool": (lambda x: functional.max_pool2d(input=x, kernel_size=2), 2, 2),
    "max-pool-stride": (lambda x: functional.max_pool2d(x, [2, 2], stride=1), 2, 1),
    "max-pool-dilation": (lambda x: torch.max_pool2d(x, kernel_size=(2, 2), stride=1, dilation=3), 4, 1),
    "max-pool-indices": (lambda x: functional.max_pool2d(x, 2, stride=1, return_indices=True)[0], 2, 1),
    "average-pool": (lambda x: functional.avg_pool2d(input=x, kernel_size=2, stride=1), 2, 1),
    "pixelwise": (lambda x: functional.relu(input=functional.dropout(input=x, p=0.5)), 1, 1),
    "norm": (lambda x: functional.group_norm(input=x, num_groups=1), 1, 1),
}


@pytest.mark.parametrize(("function", "field", "jump"), CALLS.values(), ids=CALLS)
def test_arguments_by_name_count_like_arguments_by_position(function, field, jump):
    stack = nn.Sequential(Call(function), nn.Conv2d(1, 1, 3))
    assert measured_receptive_field(stack, 40) == (field + 2 * jump, field + 2 * jump)


def test_a_dense_layer_along_the_rows_sees_the_whole_row():
    dense = Call(lambda x: functional.linear(weight=torch.eye(12), bias=None, input=x))
    with pytest.raises(ValueError, match="larger input_size"):
        measured_receptive_field(dense, 12)


CONV, OTHER, POINT = nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 3, padding=1), nn.Conv2d(1, 1, 1)
POOL = nn.MaxPool2d(3, 1, 1)
CANCELLING = {
    "two-convolutions": lambda x: CONV(x) - OTHER(x) + POINT(x),
    "two-pools": lambda x: POOL(x) - nn.AvgPool2d(3, 1, 1)(x),
    "dilation-less-erosion": lambda x: POOL(x) + POOL(-x),
    "absolute-value": lambda x: CONV(x).relu() + (-CONV(x)).relu(),
    "channels": lambda x: torch.cat([CONV(x), -CONV(x)], 1),
}


@pytest.mark.parametrize("function", CANCELLING.values(), ids=CANCELLING)
def test_a_difference_of_branches_sees_what_the_branches_see(function):
    assert measured_receptive_field(Call(function), 12) == (3, 3)


def test_what_cancels_for_all_weights_is_not_seen():
    # the same kernel twice: x5 is seen by neither sum, whatever the weights are
    wide = nn.Conv2d(1, 1, 5, padding=2)
    assert measured_receptive_field(Call(lambda x: wide(x) - wide(x) + CONV(x)), 12) == (3, 3)


@pytest.mark.parametrize(
    "head",
    [
        lambda x: torch.flatten(input=x, start_dim=1),
        lambda x: functional.adaptive_avg_pool2d(input=x, output_size=1).flatten(1),
        lambda x: torch.mean(input=x, dim=(2, 3)),
        lambda x: x.amax((2, 3)),
        lambda x: x.reshape(1, -1),
        lambda x: functional.adaptive_avg_pool2d(x, 1).squeeze(),
        lambda x: functional.adaptive_max_pool2d(x, output_size=1).view(1, -1),
    ],
)
def test_of_a_classifier_the_map_before_the_head_is_measured(head):
    assert measured_receptive_field(nn.Sequential(nn.Conv2d(1, 4, 5), nn.ReLU(), Call(head)), 16) == (5, 5)


FLAT = [
    nn.ReLU(), nn.ReLU(inplace=True), nn.ReLU6(), nn.LeakyReLU(0), nn.ELU(), nn.SELU(), nn.CELU(), nn.GELU(),
    nn.SiLU(), nn.Mish(), nn.PReLU(init=0), nn.Sigmoid(), nn.Tanh(), nn.Hardtanh(), nn.Hardswish(),
    nn.Hardsigmoid(), nn.Softplus(), Call(torch.relu_),
]  # fmt: skip


@pytest.mark.parametrize("layer", FLAT, ids=lambda layer: type(layer).__name__)
def test_a_nonlinearity_lets_gradients_through_where_it_is_flat(layer):
    stack = nn.Sequential(nn.Conv2d(1, 1, 3), Call(lambda x: x - 1000), layer)
    assert measured_receptive_field(stack, 9) == (3, 3)


@pytest.mark.parametrize(
    "norm", [nn.GroupNorm(1, 2), nn.InstanceNorm2d(2), nn.LayerNorm(10), nn.BatchNorm2d(2)],
    ids=lambda layer: type(layer).__name__,
)  # fmt: skip
def test_statistics_of_the_whole_image_do_not_count_as_seen(norm):
    # in evaluation mode, too, these layers take the mean of the map: through it each unit depends on all
    assert measured_receptive_field(nn.Sequential(nn.Conv2d(1, 2, 3), norm), 12) == (3, 3)


@pytest.mark.parametrize(("layer", "size"), [
    pytest.param(nn.Conv2d(1, 1, 3, stride=4), 5, id="at-the-start"),  # one unit, rows 0 to 2 of 5
    pytest.param(nn.Conv2d(1, 1, 3), 4, id="at-the-end"),  # unit 1 of two, rows 1 to 3
])  # fmt: skip
def test_a_field_that_touches_one_border_may_be_larger_than_seen(layer, size):
    with pytest.raises(ValueError, match="larger input_size"):
        measured_receptive_field(layer, size)


class Total(nn.Module):
    """One number for an image."""

    def forward(self, images):
        return images.sum()


@pytest.mark.parametrize(
    ("module", "size", "message"),
    [
        pytest.param(
            nn.Sequential(*[nn.Conv2d(1, 1, 3, padding=1)] * 5), 8, "larger input_size", id="too-small"
        ),
        pytest.param(Total(), 8, "Total makes no feature map", id="no-map"),
    ],
)
def test_what_cannot_be_measured_is_said(module, size, message):
    with pytest.raises(ValueError, match=message):
        measured_receptive_field(module, size)


def test_a_network_whose_channels_are_weighed_by_the_whole_image_cannot_be_measured(networks):
    with pytest.raises(ValueError, match="cannot be measured"):
        measured_receptive_field(networks.efficientnet_b0(), 128, in_channels=3)


def test_a_layer_used_twice_is_read_twice():
    pool = nn.MaxPool2d(2)
    inner = nn.Sequential(pool, pool)
    stack = nn.Sequential(nn.Conv2d(1, 1, 3), pool, nn.Conv2d(1, 1, 3), pool, nn.Sequential(inner, inner))
    assert windows_of(stack) == [Window(3), Window(2, 2), Window(3)] + [Window(2, 2)] * 5
    short = stack[:4]
    assert receptive_field(windows_of(short)).size == 10
    assert measured_receptive_field(short, 40) == (10, 10)


def test_windows_are_read_from_nested_stacks_up_to_the_head():
    stack = nn.Sequential(
        nn.Sequential(nn.Conv2d(1, 2, (3, 5), padding="same"), nn.GELU()),
        nn.Sequential(nn.Sequential(nn.MaxPool2d(3, 2, 1)), nn.Dropout()),
        nn.Conv2d(2, 2, 3, padding="valid", dilation=2),
        nn.Flatten(), nn.Linear(10, 3),
    )  # fmt: skip
    assert windows_of(stack) == [Window((3, 5), 1, (1, 2)), Window(3, 2, 1), Window(3, dilation=2)]


@pytest.mark.parametrize(
    ("module", "message"),
    [
        pytest.param(nn.Sequential(nn.Conv2d(1, 1, 3), nn.Upsample(2)), "'1' is a Upsample", id="upsample"),
        pytest.param(nn.Sequential(nn.Sequential(nn.LSTM(3, 3))), "'0.0' is a LSTM", id="nested"),
        pytest.param(nn.Sequential(nn.AdaptiveAvgPool2d(1)), "'0' is a AdaptiveAvgPool2d", id="adaptive"),
        pytest.param(Branched(), "is a Branched", id="not-sequential"),
        pytest.param(nn.Sequential(nn.MaxPool2d(3, 2, ceil_mode=True)), "ceil_mode", id="rounds-up"),
        pytest.param(nn.Sequential(nn.Conv2d(1, 1, 4, padding="same")), "unequally", id="uneven-padding"),
        pytest.param(nn.Sequential(nn.ConvTranspose2d(1, 1, 3)), "ConvTranspose2d", id="transposed"),
    ],
)
def test_a_layer_without_a_window_is_named(module, message):
    with pytest.raises(ValueError, match=message):
        windows_of(module)


def test_a_pair_of_axes_answers_like_two_single_axes():
    windows = [Window((3, 5), (2, 1), (1, 0)), Window(2, 2), Window((1, 4), 1, (0, 2), (1, 2))]
    for axis, size in ((0, 40), (1, 33)):
        single = [window_on(window, axis) for window in windows]
        assert [layer.output_size[axis] for layer in trace((40, 33), windows)] == [
            layer.output_size for layer in trace(size, single)
        ]
        assert receptive_field(windows).size[axis] == receptive_field(single).size
    assert output_size((40, 33), windows[0]) == (20, 29)


def window_on(window, axis):
    values = (window.kernel_size, window.stride, window.padding, window.dilation)
    return Window(*(value[axis] if isinstance(value, tuple) else value for value in values))


@pytest.mark.parametrize(("arguments", "words"), [
    ({"input_size": 0}, "input_size must be an integer of at least 1, got 0"),
    ({"input_size": (9, 9.0)}, "input_size .* got 9.0"),
    ({"input_size": 9, "in_channels": True}, "in_channels .* got True"),
])  # fmt: skip
def test_an_input_that_is_none_is_refused_by_name(arguments, words):
    with pytest.raises(ValueError, match=words):
        measured_receptive_field(nn.Conv2d(1, 1, 3), **arguments)
