"""The deep networks: counts, and that arms of an experiment differ in one thing."""

import math

import pytest
import torch
from torch import nn

from course_lib.models import (
    Block,
    DeepStack,
    GatedLayer,
    GatedMLP,
    ResidualMLP,
    he_initialise,
    num_parameters,
)
from course_lib.reproducibility import set_seed


def test_counts_are_those_of_the_arithmetic():
    stem, convolution, head = 16 * 9 + 16, 16 * 16 * 9 + 16, 16 * 10 + 10
    assert num_parameters(DeepStack()) == stem + 18 * convolution + head
    assert num_parameters(DeepStack(normalised=True)) == num_parameters(DeepStack()) + 19 * 16
    assert num_parameters(DeepStack(branch_scale=0.0)) == num_parameters(DeepStack()) + 9
    assert num_parameters(GatedMLP()) == 6 * 32 + 2 * 2 * (32 * 32 + 32) + 33 == 4_449
    assert num_parameters(ResidualMLP()) == 784 * 64 + 128 + 8 * 2 * (64 * 64 + 128) + 650


def test_twenty_layers_have_weights():
    assert sum(isinstance(layer, (nn.Conv2d, nn.Linear)) for layer in DeepStack().modules()) == 20


@pytest.mark.parametrize("build", [DeepStack, ResidualMLP])
def test_the_skip_changes_no_parameter_and_no_random_number(build):
    weights = []
    for residual in (False, True):
        set_seed(3)
        weights.append(build(residual=residual).state_dict())
    assert weights[0].keys() == weights[1].keys()
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [[2.0, 0.0]]),  # x + 3x, rectified
        ({"residual": False}, [[1.5, 0.0]]),
        ({"branch_scale": 0.0}, [[0.5, 0.0]]),
        ({"branch_scale": 2.0, "final_relu": False}, [[3.5, -7.0]]),
    ],
    ids=str,
)
def test_a_block_adds_its_branch_to_what_arrives(settings, expected):
    branch = nn.Linear(2, 2, bias=False)
    branch.weight.data = 3 * torch.eye(2)
    assert Block(branch, **settings)(torch.tensor([[0.5, -1.0]])).tolist() == expected


def test_a_branch_that_starts_at_zero_has_no_gradient_but_its_factor_has():
    set_seed(0)
    block = Block(nn.Linear(4, 4), branch_scale=0.0)
    block(torch.rand(5, 4)).sum().backward()
    assert not block.branch.weight.grad.any()
    assert block.scale.grad != 0


def test_a_gate_far_below_zero_lets_nothing_through():
    layer = GatedLayer(3, 2)
    nn.init.constant_(layer.gate.bias, -100.0)
    x = torch.rand(5, 3)
    assert layer(x).abs().max() < 1e-30
    nn.init.constant_(layer.gate.bias, 100.0)
    assert torch.allclose(layer(x), layer.value(x))


def test_he_initialisation_is_that_of_torch_and_leaves_normalisations_alone():
    model = nn.Sequential(nn.Conv2d(8, 64, 5), nn.BatchNorm2d(64), nn.Linear(300, 200))
    nn.init.constant_(model[1].weight, 7.0)
    set_seed(0)
    he_initialise(model)
    set_seed(0)
    twins = [torch.empty_like(model[i].weight) for i in (0, 2)]
    for twin, index in zip(twins, (0, 2), strict=True):
        nn.init.kaiming_normal_(twin, nonlinearity="relu")
        assert torch.allclose(twin, model[index].weight)
        assert not model[index].bias.any()
    # 12,800 numbers: their standard deviation is known to 0.6 %
    assert model[0].weight.std().item() == pytest.approx(math.sqrt(2 / (8 * 25)), rel=0.03)
    assert (model[1].weight == 7).all()
