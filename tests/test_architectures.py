"""The ledger of architectures against published tables, closed forms and measured fields."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from course_lib.architectures import measure, networks, summary
from course_lib.geometry import Window, conv2d_multiply_adds, conv2d_parameters, linear_parameters
from course_lib.inspection import measured_receptive_field
from course_lib.models import LeNet5, SimpleCNN, SmallResNet, num_parameters

# Importing torchvision takes seconds: what needs it is a test of the pipeline.
torchvisions = pytest.mark.pipeline

# Parameters: torchvision's own tables, and arithmetic for LeNet-5 (LeCun et al. 1998, as rebuilt)
PARAMETERS = {
    "LeNet-5": 61_706, "AlexNet": 61_100_840, "VGG-16": 138_357_544, "GoogLeNet": 6_624_904,
    "ResNet-18": 11_689_512, "ResNet-50": 25_557_032, "DenseNet-121": 7_978_856, "MobileNet-v2": 3_504_872,
    "EfficientNet-B0": 5_288_548, "ConvNeXt-Tiny": 28_589_128, "ViT-B/16": 86_567_656,
}  # fmt: skip
YEARS = (1998, 2012, 2014, 2014, 2015, 2015, 2016, 2018, 2019, 2022, 2020)
# Araujo, Norris and Sim (2019); 427: stride in the 3x3 layer, as torchvision has it
FIELDS = {"AlexNet": 195, "VGG-16": 212, "ResNet-50": 427}


@torchvisions
@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_the_published_ones(name):
    assert summary(name).parameters == PARAMETERS[name]


@torchvisions
def test_years_are_those_of_the_first_publication_and_every_network_has_an_idea():
    assert tuple(summary(name).year for name in PARAMETERS) == YEARS
    assert min(len(summary(name).idea) for name in PARAMETERS) > 20
    from course_lib.architectures.facts import facts_of

    assert [name for name in networks() if not facts_of(name)[1]] == []
    assert [facts_of(name)[0] for name in ("wide_resnet50_2", "resnext50_32x4d", "efficientnet_v2_s")] == [
        2016, 2016, 2021,
    ]  # fmt: skip


@torchvisions
def test_the_ledger_has_the_facts_that_others_published():
    vgg, resnet = summary("VGG-16"), summary("ResNet-50")
    assert (vgg.convolutions, vgg.dense_layers, resnet.convolutions) == (13, 3, 53)
    assert vgg.activations == 15_237_608  # sum over the layers' shapes, input included
    assert vgg.dense_share == pytest.approx(123_642_856 / 138_357_544)
    assert {name: summary(name).receptive_field for name in FIELDS} == FIELDS
    # torchvision's weights carry these
    billions = {name: summary(name).multiply_adds / 1e9 for name in ("AlexNet", "VGG-16", "ResNet-50")}
    assert billions == pytest.approx({"AlexNet": 0.714, "VGG-16": 15.47, "ResNet-50": 4.089}, rel=1e-3)


@torchvisions
def test_the_multiply_adds_of_vgg_are_those_of_the_formula():
    expected, channels, size = 0, 3, 224
    for widths in ((64, 64), (128, 128), (256,) * 3, (512,) * 3, (512,) * 3):
        for width in widths:
            expected += conv2d_multiply_adds(channels, width, size, Window(3, padding=1))
            channels = width
        size //= 2
    dense = ((512 * 7 * 7, 4096), (4096, 4096), (4096, 1000))
    expected += sum(linear_parameters(*pair, bias=False) for pair in dense)
    assert summary("VGG-16").multiply_adds == expected


PUBLISHED = (
    "alexnet", "vgg11", "vgg16", "googlenet", "inception_v3", "resnet18", "resnet50", "densenet121",
    "squeezenet1_0", "mobilenet_v2", "mobilenet_v3_large", "shufflenet_v2_x1_0", "mnasnet1_0",
    "efficientnet_b0", "regnet_x_1_6gf", "convnext_tiny", "swin_t", "vit_b_16",
)  # fmt: skip


@torchvisions
@pytest.mark.parametrize("name", PUBLISHED)
def test_multiply_adds_agree_with_those_that_torchvision_publishes_within_a_hundredth(name):
    from torchvision import models

    weights = models.get_model_weights(name)["DEFAULT"]
    size = weights.transforms().crop_size[0]
    assert summary(name, size).multiply_adds / 1e9 == pytest.approx(weights.meta["_ops"], rel=0.01)


@torchvisions
@pytest.mark.parametrize(
    ("name", "size"),
    [("alexnet", 256), ("vgg11", 224), ("squeezenet1_1", 256), ("resnet18", 512), ("googlenet", 512)],
)
def test_receptive_fields_are_those_that_gradients_measure(name, size):
    from torchvision import models

    settings = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    measured = measured_receptive_field(models.get_model(name, **settings), size, in_channels=3)
    assert (summary(name).receptive_field,) * 2 == measured


@torchvisions
def test_gates_and_attention_let_every_pixel_count():
    for name, window_field in (("EfficientNet-B0", 851), ("ViT-B/16", 16), ("swin_t", 4)):
        assert summary(name).receptive_field == math.inf
        assert summary(name).window_field == window_field
    assert summary("ConvNeXt-Tiny").receptive_field == 1688


@torchvisions
def test_larger_images_cost_more_and_nothing_else_changes():
    small, large = summary("resnet18", 224), summary("resnet18", 448)
    assert (small.parameters, small.receptive_field) == (large.parameters, large.receptive_field)
    convolved = small.multiply_adds - 512_000
    assert large.multiply_adds == 4 * convolved + 512_000
    assert summary("vit_b_16", 384).multiply_adds > 2.9 * summary("vit_b_16", 224).multiply_adds


@torchvisions
def test_names_are_found_however_they_are_written_and_no_others():
    assert summary("VIT b/16").name == "vit_b_16"
    assert summary("RegNet-X 1.6GF").parameters < summary("regnet_x_16gf").parameters / 4
    for name in ("resnet", "", "faster_rcnn", None, "regnetx16gf"):
        with pytest.raises(ValueError, match="There is no network"):
            summary(name)


@torchvisions
@pytest.mark.parametrize(("name", "size"), [("alexnet", 32), ("vit_b_16", 225), ("inception_v3", 64)])
def test_an_image_that_a_network_does_not_take_is_refused_by_name(name, size):
    with pytest.raises(ValueError, match=f"{name} does not take images of {size} x {size}"):
        summary(name, size)


def test_nothing_is_loaded_from_the_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a download")

    monkeypatch.setattr("torch.hub.load_state_dict_from_url", refuse)
    assert summary("lenet5").parameters == 61_706


# --- networks of one's own


def test_lenet_of_1998_has_the_paper_s_60_000_parameters_and_340_908_connections():
    """C3's maps see 3, 4 or 6 of S2's; subsampling has a weight and a bias a map; the last layer is fixed."""
    c1 = conv2d_parameters(1, 6, 5)
    c3 = sum(count * conv2d_parameters(seen, 1, 5) for seen, count in ((3, 6), (4, 9), (6, 1)))
    c5, f6 = conv2d_parameters(16, 120, 5), linear_parameters(120, 84)
    assert (c1, c3, c5, f6) == (156, 1516, 48_120, 10_164)
    assert c1 + 2 * 6 + c3 + 2 * 16 + c5 + f6 == 60_000
    subsampled = 5 * (6 * 14**2 + 16 * 5**2)  # four pixels and a bias for each place
    assert c1 * 28**2 + c3 * 10**2 + subsampled + c5 + f6 + 84 * 10 == 340_908


def test_lenet_by_hand():
    lenet = measure(LeNet5(), (1, 28, 28))
    assert lenet.multiply_adds == 6 * 25 * 784 + 16 * 150 * 100 + 400 * 120 + 120 * 84 + 84 * 10 == 416_520
    maps = 784 + 6 * 784 + 6 * 196 + 16 * 100 + 16 * 25
    assert lenet.activations == maps + 120 + 84 + 10
    assert lenet.dense_share == (48_120 + 10_164 + 850) / 61_706
    assert (lenet.convolutions, lenet.dense_layers, lenet.receptive_field) == (2, 3, 16)


def test_the_small_resnet_by_hand():
    assert num_parameters(SmallResNet()) == 78_042
    first, second, third = 3 * 16 * 9 * 1024, 2 * 16 * 16 * 9 * 256, (16 * 32 + 32 * 32) * 9 * 64
    shortcut, fourth = 16 * 32 * 64, (32 * 64 + 64 * 64) * 9 * 16
    expected = first + second + third + shortcut + fourth + 32 * 64 * 16 + 640
    assert measure(SmallResNet(), (3, 32, 32)).multiply_adds == expected == 3_457_664


@pytest.mark.parametrize(
    "model",
    [
        SimpleCNN(in_channels=3), SmallResNet(in_channels=3, image_size=64),
        SmallResNet((4, 6, 8), residual=False, image_size=64),
        SmallResNet((4, 4), separable=True, image_size=64),
    ],
    ids=["simple", "residual", "plain", "separable"],
)  # fmt: skip
def test_fields_of_the_books_networks_are_those_that_gradients_measure(model):
    size = model.image_shape[1]
    field = measure(model, model.image_shape).receptive_field
    assert measured_receptive_field(model, size, in_channels=3) == (field, field)


class Branches(nn.Module):
    """A 5x5 and a 1x1 side by side, joined; then one of each axis, a gate if asked for."""

    def __init__(self, gated=False):
        super().__init__()
        self.wide, self.narrow = nn.Conv2d(1, 2, 5, padding=2), nn.Conv2d(1, 2, 1)
        self.last = nn.Conv2d(4, 3, (3, 1), stride=2, dilation=(2, 1))
        self.gated = gated

    def forward(self, images):
        maps = torch.cat([self.narrow(images), self.wide(images)], 1)
        maps = self.last(functional.avg_pool2d(maps, 2))
        return maps * maps.mean((2, 3), keepdim=True).sigmoid() if self.gated else maps


def test_branches_are_joined_and_a_gate_lets_every_pixel_count():
    plain, gated = (measure(Branches(gated), (1, 40, 40)) for gated in (False, True))
    # rows: 5 of the wide branch, 1 of the pooling, 2 * 2 steps of two pixels
    assert plain.receptive_field == 5 + 1 + 8 == measured_receptive_field(Branches(), 40)[0]
    assert (gated.receptive_field, gated.window_field) == (math.inf, 14)


def test_what_a_block_without_addition_lacks_is_its_shortcuts():
    plain, residual = SmallResNet(residual=False), SmallResNet()
    shortcuts = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64
    assert num_parameters(residual) - num_parameters(plain) == shortcuts


def test_a_basic_block_adds_what_arrives(rng):
    from course_lib.models import BasicBlock

    block = BasicBlock(4, 4).double().eval()
    x = torch.from_numpy(rng.normal(size=(2, 4, 5, 7)))
    with torch.no_grad():
        np.testing.assert_allclose(block(x), (block.branch(x) + x).relu(), rtol=1e-12)
        assert BasicBlock(4, 6, stride=2)(x.float()).shape == (2, 6, 3, 4)


def test_measuring_leaves_a_network_as_it_is():
    model = SmallResNet().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    measure(model, (3, 32, 32))
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_a_sigmoid_attention_or_product_of_two_maps_is_counted():
    class Product(nn.Module):
        def forward(self, images):
            rows = images.flatten(2)
            return rows @ rows.transpose(1, 2)

    costs = measure(Product(), (3, 4, 5))
    assert costs.multiply_adds == 3 * 20 * 3
    assert costs.activations == 60 + 9
    assert costs.receptive_field == math.inf


def test_a_name_that_nobody_has_and_a_size_that_does_not_fit_are_refused_in_words():
    with pytest.raises(ValueError, match="There is no network 'lenet'; the names are lenet5"):
        summary("lenet")
    with pytest.raises(ValueError, match=r"lenet5 does not take images of 4 x 4"):
        summary("lenet5", 4)
