"""The book's models: the counts that the book states, the arithmetic that the diagrams show."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from course_lib import geometry
from course_lib.models import (
    MLP,
    BatchNormCNN,
    DropoutCNN,
    FastCNN,
    ImageClassifier,
    LeNet5,
    LinearClassifier,
    SimpleCNN,
    num_parameters,
)

COUNTS = {
    LinearClassifier: 7_850, MLP: 101_770, SimpleCNN: 206_922, DropoutCNN: 421_642, BatchNormCNN: 421_834,
    LeNet5: 61_706, FastCNN: 38_714,
}  # fmt: skip
MODELS = tuple(COUNTS)


@pytest.mark.parametrize(("model", "count"), COUNTS.items())
def test_parameter_counts_are_those_that_the_book_states(model, count):
    assert num_parameters(model()) == count


def test_counts_for_photographs_and_of_buffers_are_those_of_the_layers():
    # 25,711,114: two convolutions with normalisation and a dense head on 224 x 224 RGB, by arithmetic
    assert num_parameters(BatchNormCNN(in_channels=3, image_size=224)) == 25_711_114
    assert sum(buffer.numel() for buffer in BatchNormCNN().buffers()) == 2 * (32 + 64) + 2


def test_counts_by_layer_agree_with_the_formulas():
    conv1, conv2, dense1, dense2 = (num_parameters(layer) for layer in SimpleCNN() if num_parameters(layer))
    assert [conv1, conv2, dense1, dense2] == [160, 4_640, 200_832, 1_290]
    assert conv1 == geometry.conv2d_parameters(1, 16, 3)
    assert conv2 == geometry.conv2d_parameters(16, 32, 3)
    assert dense1 == geometry.linear_parameters(32 * 7 * 7, 128)


def test_num_parameters_counts_frozen_ones_but_no_buffers():
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    model[0].requires_grad_(False)
    assert num_parameters(model) == 3 * 2 + 2 + 2 + 2


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("shape", "num_classes"), [((1, 28, 28), 10), ((3, 32, 32), 7), ((1, 8, 8), 3), ((1, 20, 20), 2)], ids=str
)
def test_every_image_gets_one_logit_per_class(model, shape, num_classes):
    if model in (LeNet5, FastCNN) and shape[1] == 8:
        pytest.skip("three layers without padding leave nothing of it; the next test")
    logits = model(num_classes=num_classes, in_channels=shape[0], image_size=shape[1])(torch.rand(5, *shape))
    assert logits.shape == (5, num_classes)


@pytest.mark.parametrize(("model", "smallest"), [(LeNet5, 12), (FastCNN, 20)])
def test_images_too_small_for_a_model_are_refused_when_it_is_built(model, smallest):
    assert model(image_size=smallest)(torch.zeros(2, 1, smallest, smallest)).shape == (2, 10)
    with pytest.raises(ValueError, match=f"{model.__name__} leaves nothing of images of {smallest - 1} x"):
        model(image_size=smallest - 1)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "shape", [(8, 28, 28), (8, 3, 28, 28), (8, 1, 27, 28), (8, 1, 28, 27), (8, 784)], ids=str
)
def test_images_of_another_shape_are_refused_with_both_shapes(model, shape):
    with pytest.raises(ValueError) as error:
        model()(torch.zeros(shape))
    for words in (model.__name__, "(N, 1, 28, 28)", str(tuple(shape))):
        assert words in str(error.value)


def test_the_linear_classifier_is_a_weighted_sum(rng):
    model = LinearClassifier().double()
    images = rng.normal(size=(4, 1, 28, 28))
    weight, bias = model[1].weight.detach().numpy(), model[1].bias.detach().numpy()
    expected = images.reshape(4, 784) @ weight.T + bias
    # float64: only the order of summation differs
    np.testing.assert_allclose(model(torch.from_numpy(images)).detach(), expected, rtol=1e-10, atol=1e-12)


def test_the_mlp_has_one_hidden_layer_of_the_given_width(rng):
    model = MLP(hidden_features=9).double()
    images = rng.normal(size=(4, 1, 28, 28))
    first, second = (model[i] for i in (1, 3))
    hidden = np.maximum(
        0, images.reshape(4, 784) @ first.weight.detach().numpy().T + first.bias.detach().numpy()
    )
    expected = hidden @ second.weight.detach().numpy().T + second.bias.detach().numpy()
    assert hidden.shape == (4, 9)
    np.testing.assert_allclose(model(torch.from_numpy(images)).detach(), expected, rtol=1e-10, atol=1e-12)


def test_the_cnn_is_two_convolutions_with_relu_and_pooling_then_two_dense_layers(rng):
    model = SimpleCNN().double()
    images = torch.from_numpy(rng.normal(size=(2, 1, 28, 28)))
    w = [parameter.detach() for parameter in model.parameters()]
    x = functional.max_pool2d(functional.conv2d(images, w[0], w[1], padding=1).relu(), 2)
    x = functional.max_pool2d(functional.conv2d(x, w[2], w[3], padding=1).relu(), 2)
    x = functional.linear(x.flatten(1), w[4], w[5]).relu()
    expected = functional.linear(x, w[6], w[7])
    torch.testing.assert_close(model(images).detach(), expected, rtol=1e-10, atol=1e-12)


def normalised(x, gain, shift):
    """Batch normalisation from its definition: by the mean and the biased variance over batch and places."""
    mean, variance = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), unbiased=False, keepdim=True)
    return (x - mean) / torch.sqrt(variance + 1e-5) * gain[:, None, None] + shift[:, None, None]


def randomised_weights(model, rng):
    """Random gains and shifts too: with 1 and 0 a normalisation could stand in the wrong place unseen."""
    for parameter in model.parameters():
        parameter.data = torch.from_numpy(rng.normal(size=parameter.shape)) / 5
    return [parameter.detach() for parameter in model.parameters()]


def pooled(x):
    return functional.max_pool2d(x, 2)


def test_the_networks_with_normalisation_compute_what_their_diagrams_say(rng):
    images = torch.from_numpy(rng.normal(size=(4, 1, 28, 28)))
    fast = FastCNN().double()
    w = randomised_weights(fast, rng)
    x = normalised(pooled(functional.conv2d(images, w[0], padding=2)), w[1], w[2]).relu()
    x = normalised(functional.conv2d(x, w[3]), w[4], w[5]).relu()
    x = normalised(pooled(functional.conv2d(x, w[6])), w[7], w[8]).relu()
    x = normalised(functional.conv2d(x, w[9]), w[10], w[11]).relu()
    expected = functional.linear(x.flatten(1), w[12], w[13])
    torch.testing.assert_close(fast(images).detach(), expected, rtol=1e-9, atol=1e-9)  # float64

    model = BatchNormCNN(dropout=0).double()
    w = randomised_weights(model, rng)
    x = pooled(normalised(functional.conv2d(images, w[0], w[1], padding=1), w[2], w[3]).relu())
    x = pooled(normalised(functional.conv2d(x, w[4], w[5], padding=1), w[6], w[7]).relu())
    expected = functional.linear(functional.linear(x.flatten(1), w[8], w[9]).relu(), w[10], w[11])
    torch.testing.assert_close(model(images).detach(), expected, rtol=1e-9, atol=1e-9)


def test_lenet_is_two_convolutions_with_pooling_and_three_dense_layers(rng):
    images = torch.from_numpy(rng.normal(size=(3, 1, 28, 28)))
    model = LeNet5(activation=nn.Tanh, pooling=nn.AvgPool2d).double()
    w = [parameter.detach() for parameter in model.parameters()]
    x = functional.avg_pool2d(functional.conv2d(images, w[0], w[1], padding=2).tanh(), 2)
    x = functional.avg_pool2d(functional.conv2d(x, w[2], w[3]).tanh(), 2).flatten(1)
    for weight, bias in ((w[4], w[5]), (w[6], w[7])):
        x = functional.linear(x, weight, bias).tanh()
    expected = functional.linear(x, w[8], w[9])
    torch.testing.assert_close(model(images).detach(), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("model", [DropoutCNN, BatchNormCNN])
def test_dropout_stands_in_front_of_the_last_layer_and_silences_its_share(model, rng):
    model, seen = model(dropout=0.75), []
    model[-1].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    images = torch.from_numpy(rng.normal(size=(64, 1, 28, 28))).float()
    torch.manual_seed(0)
    model.eval()[-2].train()  # only the dropout: normalisation would differ, too
    model(images)
    model.eval()(images)
    training, evaluating = seen
    alive = evaluating > 0
    # about 4,000 units are alive: the share's standard error is .007
    assert (training[alive] == 0).double().mean().item() == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("model", MODELS)
def test_the_loss_of_a_model_that_knows_nothing_is_the_logarithm_of_the_number_of_classes(model):
    model = model()
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    loss = functional.cross_entropy(model(torch.rand(6, 1, 28, 28)), torch.arange(6))
    assert loss.item() == pytest.approx(np.log(10), rel=1e-6)  # float32


@pytest.mark.parametrize("model", MODELS)
def test_every_parameter_gets_a_gradient(model):
    torch.manual_seed(0)
    model = model()
    functional.cross_entropy(model(torch.rand(16, 1, 28, 28)), torch.arange(16) % 10).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.abs().max() > 0, name


def test_a_slice_of_a_model_is_a_plain_stack_with_the_same_layers():
    model = SimpleCNN()
    head = model[:3]
    assert type(head) is nn.Sequential
    assert head[0] is model[0]
    assert head(torch.rand(2, 1, 20, 12)).shape == (2, 16, 10, 6)  # no shape check: any size of image


def test_an_image_classifier_can_be_built_from_any_layers():
    model = ImageClassifier((2, 3, 4), nn.Flatten(), nn.Linear(24, 5))
    assert model(torch.zeros(1, 2, 3, 4)).shape == (1, 5)
    with pytest.raises(ValueError, match=r"expects images of shape \(N, 2, 3, 4\)"):
        model(torch.zeros(1, 2, 4, 3))
