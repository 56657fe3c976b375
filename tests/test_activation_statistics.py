"""Activation statistics: the numbers of a hand-made batch, and a model that is left as it was."""

import pytest
import torch
from torch import nn

from course_lib.inspection import activation_statistics
from course_lib.models import Block, DeepStack, ResidualMLP


def test_the_numbers_are_those_of_a_batch_made_by_hand():
    layer = nn.Linear(1, 2, bias=False)
    layer.weight.data = torch.tensor([[1.0], [-2.0]])
    found = activation_statistics(nn.Sequential(layer, nn.ReLU()), torch.tensor([[1.0], [-1.0], [4.0]]))
    # outputs: (1, -2), (-1, 2), (4, -8); after the ReLU (1, 0), (0, 2), (4, 0)
    linear, relu = found["0"], found["1"]
    assert (linear.mean, linear.mean_absolute, linear.zeros) == (pytest.approx(-4 / 6), 3.0, 0.0)
    assert linear.variance == pytest.approx((19 / 3 + 76 / 3) / 2)  # over N - 1 = 2
    assert (relu.mean, relu.zeros) == (pytest.approx(7 / 6), 0.5)


def test_layers_come_in_the_order_of_execution_and_ten_after_nine():
    model = DeepStack(num_blocks=12, channels=2)
    names = list(activation_statistics(model, torch.rand(2, 1, 28, 28), Block))
    assert names == [str(i) for i in range(3, 15)]
    assert names != sorted(names)


def test_modes_buffers_and_hooks_are_as_before():
    model = ResidualMLP(num_blocks=2, hidden_features=8)
    model[2].eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    activation_statistics(model, 5 + torch.rand(9, 1, 28, 28))
    assert model.training
    assert not model[2].training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_hooks_are_removed_when_the_model_raises():
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(5, 2))
    with pytest.raises(RuntimeError):
        activation_statistics(model, torch.zeros(4, 3))
    assert not any(module._forward_hooks for module in model.modules())


def test_one_image_and_a_kind_that_is_not_there_are_refused():
    with pytest.raises(ValueError, match="at least 2"):
        activation_statistics(nn.Linear(1, 1), torch.zeros(1, 1))
    with pytest.raises(ValueError, match="no module of the kind"):
        activation_statistics(nn.Linear(1, 1), torch.zeros(2, 1), Block)
