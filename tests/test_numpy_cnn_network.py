"""Sequential, dropout in it, and the tiny networks of `numpy_cnn`: against torch and arithmetic."""

import numpy as np
import pytest
import torch
from numpy_cnn_cases import BOTH, assert_close, names
from torch import nn
from torch.nn import functional

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
    network,
    tiny_cnn,
    tiny_mlp,
)


def all_layers(rng, dtype=np.float64):
    """A network with one of each layer, for images (N, 2, 9, 8)."""
    return Sequential(
        Conv2d(2, 3, 3, padding=1, rng=rng, dtype=dtype), ReLU(),          # (3, 9, 8)
        MaxPool2d(2),                                                      # (3, 4, 4)
        Conv2d(3, 4, 2, stride=2, rng=rng, dtype=dtype), ReLU(),           # (4, 2, 2)
        AvgPool2d(2, stride=1), Flatten(), Dropout(0.3, rng=rng),          # (4,)
        Linear(4, 3, rng=rng, dtype=dtype),                                # (3,)
    )  # fmt: skip


def torch_twin(ours):
    """The same network in torch, with the same parameters, without dropout."""
    theirs = nn.Sequential(
        nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 4, 2, stride=2), nn.ReLU(),
        nn.AvgPool2d(2, stride=1), nn.Flatten(), nn.Linear(4, 3),
    ).double()  # fmt: skip
    fill(theirs, ours)
    return theirs


def fill(theirs, ours):
    """Copy the parameters of our network into torch's."""
    for parameter, values in zip(theirs.parameters(), ours.parameters(), strict=True):
        parameter.data = torch.tensor(values.copy())


# --- Sequential


@pytest.mark.parametrize("need_grad_input", [True, False])
def test_a_network_of_every_layer_and_its_gradients_are_torchs(need_grad_input, rng):
    ours = all_layers(rng).eval()
    theirs, x, labels = torch_twin(ours), rng.normal(size=(5, 2, 9, 8)), rng.integers(0, 3, 5)
    theirs_x = torch.tensor(x, requires_grad=True)
    functional.cross_entropy(theirs(theirs_x), torch.tensor(labels)).backward()
    _, grad_logits = cross_entropy(ours.forward(x), labels)
    grad_input = ours.backward(grad_logits, need_grad_input=need_grad_input)
    if need_grad_input:
        assert_close(grad_input, theirs_x.grad, "input")
    else:
        assert grad_input is None
    for gradient, parameter in zip(ours.gradients(), theirs.parameters(), strict=True):
        assert_close(gradient, parameter.grad, "parameters")


def test_training_computes_nothing_below_the_first_layer_that_learns(rng):
    class Untouchable(ReLU):
        def backward(self, grad_output, need_grad_input=True):
            raise AssertionError("nobody asked for this gradient")

    asked = []

    class Asked(Linear):
        def backward(self, grad_output, need_grad_input=True):
            asked.append(need_grad_input)
            return super().backward(grad_output, need_grad_input)

    stack = Sequential(Untouchable(), Flatten(), Asked(4, 3, rng=rng), ReLU(), Asked(3, 2, rng=rng))
    y = stack.forward(rng.normal(size=(2, 1, 2, 2)))
    assert stack.backward(np.ones_like(y), need_grad_input=False) is None
    assert asked == [True, False]  # the last layer first: the one before it needs its gradient
    assert Sequential(Flatten()).backward(y, need_grad_input=False) is None


def test_a_trace_has_every_activation_under_a_numbered_name(rng):
    ours, x = all_layers(rng).eval(), rng.normal(size=(2, 2, 9, 8))
    activations = ours.trace(x)
    assert list(activations) == [
        "input", "Conv2d", "ReLU", "MaxPool2d", "Conv2d 2", "ReLU 2", "AvgPool2d", "Flatten", "Dropout",
        "Linear",
    ]  # fmt: skip
    assert activations["input"] is x
    expected = x
    for layer, activation in zip(ours.layers, list(activations.values())[1:], strict=True):
        expected = layer.forward(expected)
        np.testing.assert_array_equal(activation, expected)
    np.testing.assert_array_equal(activations["Linear"], ours.forward(x))


def test_three_layers_of_a_kind_are_counted_up():
    assert list(Sequential(ReLU(), ReLU(), ReLU()).trace(np.ones((1, 1)))) == [
        "input", "ReLU", "ReLU 2", "ReLU 3"
    ]  # fmt: skip


def test_parameters_and_gradients_are_those_of_the_layers_from_the_input_on(rng):
    ours = all_layers(rng)
    ours.backward(np.ones_like(ours.forward(rng.normal(size=(2, 2, 9, 8)))))
    learning = [ours.layers[index] for index in (0, 3, 8)]
    assert [id(p) for p in ours.parameters()] == [id(a) for x in learning for a in (x.weight, x.bias)]
    assert [id(g) for g in ours.gradients()] == [
        id(a) for x in learning for a in (x.grad_weight, x.grad_bias)
    ]
    assert ours.num_parameters == (2 * 9 + 1) * 3 + (3 * 4 + 1) * 4 + (4 + 1) * 3
    assert repr(tiny_cnn(seed=0)) == "Sequential(Conv2d, ReLU, MaxPool2d, Flatten, Linear)"


def test_loaded_parameters_are_copies_and_the_network_then_computes_the_same(rng):
    ours, other, x = tiny_cnn(seed=0), tiny_cnn(seed=1), rng.normal(size=(2, 1, 8, 8))
    assert ours.load(other.parameters()) is ours
    np.testing.assert_array_equal(ours.forward(x), other.forward(x))
    ours.parameters()[0][...] = 0
    assert other.parameters()[0].all()


@pytest.mark.parametrize("num_images", [1, 7, 10, 11, 25])
def test_predict_is_forward_in_evaluation_mode_for_any_number_of_images(num_images, rng, monkeypatch):
    monkeypatch.setattr(network, "PREDICTION_BATCH", 10)
    sizes = []

    class Watched(Flatten):
        def forward(self, x):
            sizes.append(len(x))
            return super().forward(x)

    ours = Sequential(Watched(), Dropout(0.5, rng=rng), Linear(4, 3, rng=rng))
    x = rng.normal(size=(num_images, 1, 2, 2))
    logits = ours.predict(x)
    assert sum(sizes) == num_images
    assert max(sizes) <= 10
    np.testing.assert_allclose(logits, ours.eval().forward(x), rtol=1e-12)  # BLAS sums by batch size


def test_more_than_500_images_are_predicted_in_batches_of_500(rng):
    ours, x = tiny_cnn(seed=0), rng.normal(size=(1100, 1, 8, 8))
    np.testing.assert_allclose(ours.predict(x), ours.forward(x), rtol=1e-10)
    ours.predict(x[:501])
    assert len(ours.layers[-1].backward(np.zeros((1, 3)))) == 1  # the latest forward had the 501st image


def test_predict_restores_the_mode_of_every_layer_even_after_an_error(rng):
    ours = Sequential(Flatten(), Dropout(0.5, rng=rng), Dropout(0.5, rng=rng))
    ours.layers[1].training = False
    for images in (np.ones((2, 3)), np.ones((2, 3), int)):
        try:
            ours.predict(images)
        except ValueError:
            assert images.dtype == int
        assert [layer.training for layer in ours.layers] == [True, False, True]


def test_evaluate_is_the_mean_loss_and_the_share_of_right_answers(rng):
    ours, x, labels = tiny_cnn(seed=0), rng.normal(size=(30, 1, 8, 8)), rng.integers(0, 3, 30)
    loss, accuracy = ours.evaluate(x, labels)
    logits = torch.tensor(ours.forward(x))
    assert loss == pytest.approx(functional.cross_entropy(logits, torch.tensor(labels)).item(), rel=1e-10)
    assert accuracy == (logits.argmax(dim=1).numpy() == labels).mean()
    assert (type(loss), type(accuracy)) == (float, float)


# --- dropout


def test_dropout_drops_in_training_keeps_the_mean_and_does_nothing_in_evaluation():
    x = np.ones((200, 500))
    ours = Sequential(Dropout(0.3, rng=np.random.default_rng(0)))
    dropped = ours.train().forward(x)
    assert set(np.unique(dropped)) == {0.0, 1 / 0.7}
    # 100,000 draws: the share of zeros varies by sqrt(.3 * .7 / 100,000) = .0014; five times that
    assert abs((dropped == 0).mean() - 0.3) < 0.007
    assert abs(dropped.mean() - 1) < 0.01
    for _ in range(2):
        np.testing.assert_array_equal(ours.eval().forward(x), x)
    np.testing.assert_array_equal(ours.backward(2 * x), 2 * x)
    np.testing.assert_array_equal(Dropout(0, rng=np.random.default_rng(0)).forward(x), x)


def test_dropout_draws_anew_each_time_and_the_same_from_the_same_seed():
    x = np.ones((20, 20))
    first, second = (Dropout(0.5, rng=np.random.default_rng(4)) for _ in range(2))
    once, again = first.forward(x), first.forward(x)
    assert (once != again).any()
    np.testing.assert_array_equal(second.forward(x), once)
    np.testing.assert_array_equal(second.forward(x), again)


def test_train_and_eval_reach_every_layer_and_return_the_network(rng):
    ours = all_layers(rng)
    assert all(layer.training for layer in ours.layers)
    assert ours.eval() is ours
    assert not any(layer.training for layer in ours.layers)
    assert ours.train() is ours
    assert all(layer.training for layer in ours.layers)
    assert not ours.train(False).layers[0].training
    assert Dropout(0.5, rng=rng).training  # the class keeps its default


# --- the tiny networks


@pytest.mark.parametrize("module", BOTH, ids=names)
@pytest.mark.parametrize(("make", "arguments", "count"), [
    pytest.param(tiny_cnn, {}, 114, id="cnn"),
    pytest.param(tiny_cnn, {"num_classes": 4}, 142, id="cnn-4-classes"),
    pytest.param(tiny_mlp, {}, 1227, id="mlp"),
    pytest.param(tiny_mlp, {"num_classes": 4}, 1246, id="mlp-4-classes"),
])  # fmt: skip
def test_the_tiny_networks_have_the_parameters_of_the_book(make, arguments, count, module, rng):
    ours = make(**arguments, seed=0, layers=module)
    assert ours.num_parameters == sum(p.size for p in ours.parameters()) == count
    assert ours.forward(rng.normal(size=(2, 1, 8, 8))).shape == (2, arguments.get("num_classes", 3))


@pytest.mark.parametrize(("make", "theirs"), [
    pytest.param(tiny_cnn, [nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27, 3)],
                 id="cnn"),
    pytest.param(tiny_mlp, [nn.Flatten(), nn.Linear(64, 18), nn.ReLU(), nn.Linear(18, 3)], id="mlp"),
])  # fmt: skip
def test_the_tiny_networks_are_these_networks_of_torch(make, theirs, rng):
    ours, theirs = make(seed=0), nn.Sequential(*theirs).double()
    fill(theirs, ours)
    x = rng.normal(size=(5, 1, 8, 8))
    assert_close(ours.forward(x), theirs(torch.tensor(x)).detach(), "logits")


@pytest.mark.parametrize("width", [1, 2, 3, 8, 32])
def test_the_tiny_networks_grow_by_the_formulas_of_the_book(width):
    assert tiny_cnn(width, seed=0).num_parameters == 37 * width + 3
    assert tiny_cnn(width, 4, seed=0).num_parameters == 46 * width + 4
    assert tiny_mlp(width, seed=0).num_parameters == 68 * width + 3
    assert tiny_mlp(width, 4, seed=0).num_parameters == 69 * width + 4


@pytest.mark.parametrize("make", [tiny_cnn, tiny_mlp], ids=["cnn", "mlp"])
def test_with_small_weights_the_loss_starts_at_the_logarithm_of_the_number_of_classes(make, rng):
    for num_classes in (3, 4, 6):
        ours = make(num_classes=num_classes, seed=1)
        for parameter in ours.parameters():
            parameter *= 1e-2
        loss, _ = ours.evaluate(rng.normal(size=(40, 1, 8, 8)), rng.integers(0, num_classes, 40))
        assert loss == pytest.approx(np.log(num_classes), abs=1e-3)  # logits near 1e-4, two small layers


@pytest.mark.parametrize("make", [tiny_cnn, tiny_mlp], ids=["cnn", "mlp"])
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(make):
    networks = [make(seed=seed) for seed in (5, 5, 6)]
    for first, again, other in zip(*(ours.parameters() for ours in networks), strict=True):
        np.testing.assert_array_equal(first, again)
        assert (first != other).all() or not first.any()  # biases start at zero
    assert {p.dtype for p in make(seed=5, dtype=np.float32).parameters()} == {np.dtype(np.float32)}
