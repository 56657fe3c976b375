"""The book's models: the counts that the book states, the arithmetic that the diagrams show."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from course_lib import geometry
from course_lib.models import MLP, ImageClassifier, LinearClassifier, SimpleCNN, num_parameters

MODELS = (LinearClassifier, MLP, SimpleCNN)


@pytest.mark.parametrize(
    ("model", "count"), [(LinearClassifier, 7_850), (MLP, 101_770), (SimpleCNN, 206_922)]
)
def test_parameter_counts_are_those_that_the_book_states(model, count):
    assert num_parameters(model()) == count


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
    ("shape", "num_classes"), [((1, 28, 28), 10), ((3, 32, 32), 7), ((1, 8, 8), 3)], ids=str
)
def test_every_image_gets_one_logit_per_class(model, shape, num_classes):
    logits = model(num_classes=num_classes, in_channels=shape[0], image_size=shape[1])(torch.rand(5, *shape))
    assert logits.shape == (5, num_classes)


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
