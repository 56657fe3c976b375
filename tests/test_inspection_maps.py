"""Pictures of what an answer depends on: closed forms, torch's own gradients, examples made by hand."""

import copy

import pytest
import torch
from scipy.stats import spearmanr
from torch import nn
from torch.nn import functional

from course_lib.inspection import (
    ablation,
    activations,
    grad_cam,
    input_gradient,
    occlusion_map,
    randomised,
    rank_correlation,
    saliency,
)
from course_lib.models import MLP, SimpleCNN
from course_lib.reproducibility import set_seed


@pytest.fixture
def images():
    return torch.randn(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def linear(channels=1, height=3, width=4, classes=2):
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(channels * height * width, classes))


def global_average(channels=4, classes=3):
    """A network whose head averages every map: its class activation map has a closed form."""
    torch.manual_seed(1)
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]
    return nn.Sequential(nn.Conv2d(2, channels, 3, stride=2), nn.ReLU(), *head)


def state(model):
    return copy.deepcopy(model.state_dict()), [m.training for m in model.modules()]


# --- saliency


@pytest.mark.parametrize("label", [0, 1])
def test_the_gradient_of_a_linear_model_is_its_weights_everywhere(label):
    model, image = linear(channels=2), torch.randn(2, 3, 4)
    weights = model[1].weight[label].reshape(2, 3, 4)
    torch.testing.assert_close(input_gradient(model, image, label), weights)
    torch.testing.assert_close(saliency(model, image, label), weights.abs().amax(0))


def test_a_positive_and_a_larger_negative_channel_count_by_size():
    model = linear(channels=2, height=1, width=1)
    model[1].weight.data[0] = torch.tensor([2.0, -5.0])
    assert saliency(model, torch.zeros(2, 1, 1), 0).item() == 5


def test_saliency_is_the_slope_that_finite_differences_see(images):
    model, image, h = SimpleCNN().double(), images[0].double(), 1e-6
    found = saliency(model, image, 3)
    for row, column in ((5, 7), (14, 14), (20, 3)):
        nudge = torch.zeros_like(image)
        nudge[0, row, column] = h
        with torch.no_grad():
            rise = (model(image[None] + nudge) - model(image[None] - nudge))[0, 3] / (2 * h)
        assert found[row, column].item() == pytest.approx(rise.abs().item(), rel=1e-4, abs=1e-9)


# --- occlusion


@pytest.mark.parametrize(("size", "stride"), [(1, 1), (2, 1), (2, 2), (3, 1)])
def test_occlusion_of_a_sum_of_patches_is_the_sum_under_the_patch(size, stride):
    weights, image = torch.randn(1, 4, 5), torch.randn(1, 4, 5)
    model = nn.Sequential(nn.Flatten(), nn.Linear(20, 1, bias=False))
    model[1].weight.data = weights.reshape(1, 20)
    share = (weights * (image - 0.5))[None]  # what every pixel adds to the logit beyond the fill's part
    expected = functional.avg_pool2d(share, size, stride, divisor_override=1)[0, 0]
    found = occlusion_map(model, image, 0, size, stride, fill=0.5)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)  # float32: a difference of sums


def test_what_helps_when_it_is_covered_has_a_negative_fall():
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 1, bias=False))
    model[1].weight.data = torch.tensor([[1.0, -1.0, 0.0, 2.0]])
    found = occlusion_map(model, torch.ones(1, 2, 2), 0, patch_size=1, fill=0.0)
    torch.testing.assert_close(found, torch.tensor([[1.0, -1.0], [0.0, 2.0]]))


def test_the_patch_is_filled_with_the_smallest_value_of_the_image_unless_told():
    image = torch.rand(1, 3, 4) - 5
    model = linear()
    default = occlusion_map(model, image, 1, 2)
    torch.testing.assert_close(default, occlusion_map(model, image, 1, 2, fill=image.min().item()))
    assert not torch.allclose(default, occlusion_map(model, image, 1, 2, fill=0.0))


def test_a_patch_of_the_colour_that_was_there_costs_nothing_and_falls_by_exactly_zero():
    seen, image = [], torch.zeros(1, 5, 7)
    image[0, 3, 5] = 1.0
    model = linear(height=5, width=7)
    hook = model.register_forward_hook(lambda _module, inputs, _output: seen.append(len(inputs[0])))
    found = occlusion_map(model, image, 0, 2)
    hook.remove()
    assert sum(seen) == 1 + 4  # the image, and the four places of the patch that cover its one spot
    assert (found != 0).nonzero().tolist() == [[2, 4], [2, 5], [3, 4], [3, 5]]
    assert (occlusion_map(model, torch.zeros(1, 5, 7), 0, 2) == 0).all()  # no change at all


# --- Grad-CAM


@pytest.mark.parametrize("layer", ["1", 1, "module"])
def test_behind_a_global_average_grad_cam_is_the_maps_weighted_by_the_head(layer):
    model, image = global_average(), torch.randn(2, 9, 7)
    layer = model[1] if layer == "module" else layer
    maps = activations(model, image[None])["1"][0]  # (4, 4, 3)
    share = model[4].weight[2][:, None, None] * maps / maps[0].numel()
    torch.testing.assert_close(grad_cam(model, image, 2, layer), share.sum(0).relu())
    logit = model(image[None])[0, 2] - model[4].bias[2]
    torch.testing.assert_close(share.sum(), logit)  # before the ReLU the map adds up to the logit


def test_grad_cam_sees_a_layer_as_it_was_before_a_relu_in_place(images):
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(5 * 26 * 26, 10)]
    plain = nn.Sequential(*layers)
    in_place = nn.Sequential(layers[0], nn.ReLU(inplace=True), *layers[2:])
    expected = grad_cam(plain, images[0], 4, "0")
    assert expected.max() > 0
    torch.testing.assert_close(grad_cam(in_place, images[0], 4, "0"), expected)


def test_grad_cam_takes_the_mean_gradient_and_not_the_gradient_at_each_place(images):
    model = nn.Sequential(nn.Identity(), nn.Flatten(), nn.Linear(4, 1, bias=False))
    model[2].weight.data = torch.tensor([[4.0, 0.0, 0.0, 0.0]])  # a mean of 1 everywhere
    image = torch.tensor([[[1.0, 2.0], [3.0, -4.0]]])
    torch.testing.assert_close(grad_cam(model, image, 0, "0"), torch.tensor([[1.0, 2.0], [3.0, 0.0]]))


def test_grad_cam_refuses_a_layer_without_maps(images):
    with pytest.raises(ValueError, match=r"needs a layer with maps .* made \(1, 128\)"):
        grad_cam(SimpleCNN(), images[0], 0, "7")


# --- all maps

MAPS = {
    "saliency": saliency,
    "gradient": input_gradient,
    "occlusion": lambda model, image, label: occlusion_map(model, image, label, 9, 9),
    "cam": lambda model, image, label: grad_cam(model, image, label, "4"),
}
every_map = pytest.mark.parametrize("make", MAPS.values(), ids=MAPS)


@every_map
def test_a_batch_gives_what_its_images_give_one_by_one(make, images):
    model, labels = SimpleCNN(), torch.tensor([3, 0, 9])
    together = make(model, images, labels)
    for number, label in enumerate(labels):
        for image in (images[number], images[number : number + 1]):
            torch.testing.assert_close(make(model, image, int(label)), together[number], atol=1e-5, rtol=1e-4)


@every_map
@pytest.mark.parametrize("frozen", [False, True])
def test_the_model_is_only_read(make, images, frozen):
    model = nn.Sequential(*SimpleCNN(), nn.Dropout(0.5)).requires_grad_(not frozen)
    model[3].eval()
    (before, modes), pixels = state(model), images.clone()
    with torch.no_grad():  # the caller's own mode does not matter
        first, second = (make(model, images[0], 3) for _ in range(2))
    torch.testing.assert_close(first, second, atol=0, rtol=0)  # evaluation mode: nothing is dropped
    after, modes_after = state(model)
    assert modes == modes_after
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(p.grad is None for p in model.parameters())
    assert torch.equal(images, pixels)
    assert not images.requires_grad
    assert not first.requires_grad
    assert not any(module._forward_hooks for module in model.modules())


@every_map
@pytest.mark.parametrize(
    ("image", "label", "message"),
    [
        (torch.zeros(28, 28), 3, r"got \(28, 28\)"),
        (torch.zeros(2, 1, 28, 28), 3, "with N labels"),
        (torch.zeros(2, 1, 28, 28), torch.tensor([1, 2, 3]), r"and \(3,\)"),
        (torch.zeros(1, 28, 28), 10, "must lie in 0..9, got 10"),
        (torch.zeros(1, 28, 28), -1, "got -1"),
    ],
)
def test_what_is_no_image_with_a_label_is_refused(make, image, label, message):
    with pytest.raises(ValueError, match=message):
        make(SimpleCNN(), image, label)


@pytest.mark.parametrize(
    ("size", "stride", "message"), [(29, 1, "does not fit"), (0, 1, "patch"), (2, 0, "str")]
)
def test_patches_that_make_no_sense_are_refused(images, size, stride, message):
    with pytest.raises(ValueError, match=message):
        occlusion_map(MLP(), images[0], 0, size, stride)


# --- how alike


def test_the_rank_correlation_is_that_of_scipy_with_ties_and_masks():
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randint(0, 6, (4, 5, 6), generator=generator).float() for _ in range(2))
    where = torch.rand(4, 5, 6, generator=generator) < 0.7
    for mask in (where, None):
        found = rank_correlation(a, b, mask)
        for number in range(4):
            keep = where[number] if mask is not None else torch.ones(5, 6, dtype=torch.bool)
            expected = spearmanr(a[number][keep], b[number][keep]).statistic
            assert found[number].item() == pytest.approx(expected, abs=1e-12)


def test_only_the_order_counts_and_a_constant_map_has_none():
    a = torch.randn(5, 5)
    assert rank_correlation(a, a.exp()).item() == pytest.approx(1)
    assert rank_correlation(a, -a).item() == pytest.approx(-1)
    assert rank_correlation(a, torch.ones(5, 5)).isnan()
    with pytest.raises(ValueError, match="of one shape"):
        rank_correlation(a, a[1:])


# --- controls


def test_a_randomised_model_is_the_one_built_after_the_seed():
    set_seed(7)
    fresh = SimpleCNN()
    set_seed(0)
    model = SimpleCNN()
    before, _ = state(model)
    copied, draw = randomised(model, 7), torch.rand(1)
    assert all(torch.equal(copied.state_dict()[name], value) for name, value in fresh.state_dict().items())
    assert all(torch.equal(model.state_dict()[name], value) for name, value in before.items())
    set_seed(0)
    SimpleCNN()
    assert torch.equal(draw, torch.rand(1))  # torch's own random numbers went on undisturbed


def test_only_the_named_layers_are_drawn_anew():
    model = SimpleCNN()
    copied = randomised(model, 3, layers=["9", "3"])
    changed = {
        name.split(".")[0] for name, v in copied.state_dict().items() if not v.equal(model.state_dict()[name])
    }
    assert changed == {"3", "9"}
    for layers in (["1"], ["no such layer"]):
        with pytest.raises(ValueError, match="cannot be drawn anew; layers with weights are"):
            randomised(model, 3, layers)


def test_randomising_forgets_what_batch_normalisation_has_counted():
    model = nn.Sequential(nn.BatchNorm2d(2))
    model(torch.randn(4, 2, 3, 3) + 5)
    assert torch.equal(randomised(model, 0)[0].running_mean, torch.zeros(2))
    assert model[0].running_mean.min() > 0.1


@pytest.mark.parametrize("fill", [0.0, 1.5, torch.arange(16.0)], ids=["zero", "number", "one-each"])
def test_an_ablated_channel_says_the_fill_and_the_rest_of_the_network_follows(images, fill):
    model = SimpleCNN()
    before = model(images)
    values = activations(model, images)["1"]
    for channel in (2, 5):
        values[:, channel] = fill if isinstance(fill, float) else float(fill[channel])
    with ablation(model, "1", [2, 5], fill):
        torch.testing.assert_close(model(images), model[2:](values))
    assert torch.equal(model(images), before)  # and it is over afterwards


def test_ablation_of_nothing_changes_nothing_and_of_what_is_not_there_is_refused(images):
    model = SimpleCNN()
    before = model(images)
    with ablation(model, model[1], []):
        assert torch.equal(model(images), before)
    for channels in ([16], [-1]):
        with pytest.raises(ValueError, match=r"channels 0\.\.15"), ablation(model, "1", channels):
            model(images)
    assert torch.equal(model(images), before)


def test_the_first_channel_is_a_channel(images):
    model = SimpleCNN()
    with ablation(model, "1", [0]):
        assert model(images).shape == (len(images), 10)
