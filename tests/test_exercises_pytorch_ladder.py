"""The final of the open task: it trains with seeds of its own and reads the test images once."""

from dataclasses import replace

import pytest
import torch

from course_lib.data.digits import offline_digits
from course_lib.exercises.pytorch_ladder import final
from course_lib.exercises.pytorch_ladder.networks import layers_with_weights, multiply_adds
from course_lib.geometry import Window, conv2d_multiply_adds, linear_parameters
from course_lib.models import LinearClassifier, SimpleCNN
from course_lib.training import TrainConfig


@pytest.fixture(scope="module")
def few_digits():
    data = offline_digits().sample(200)
    return replace(data, name="two hundred digits")


def linear(learning_rate):
    return lambda: (LinearClassifier(), TrainConfig(num_epochs=2, learning_rate=learning_rate))


def test_the_final_tells_every_accuracy_their_mean_and_the_goal(few_digits):
    answer = final(linear(0.01), few_digits, seeds=(7, 8))
    assert answer.status == "not yet"  # a linear model on 200 digits is far from 99.45 %
    *accuracies, mean, goal = (
        float(word) for word in answer.message.replace(",", "").split() if "." in word[:-1]
    )
    assert mean == pytest.approx(sum(accuracies) / 2, abs=0.011)
    assert (len(accuracies), goal) == (2, 99.45)
    assert final(linear(0.01), few_digits, seeds=(7, 8)) == answer  # the same seeds, the same answer
    assert final(linear(0.01), few_digits, seeds=(7, 9)) != answer


def test_an_entry_beyond_the_budget_does_not_reach_the_final(few_digits):
    with pytest.raises(AssertionError, match="206,922 parameters"):
        final(lambda: (SimpleCNN(), TrainConfig()), few_digits)


@pytest.mark.pipeline
def test_on_the_small_digits_the_goal_is_what_simple_cnn_reaches(few_digits):
    data = replace(few_digits, name=offline_digits().name)
    entry = final(linear(0.01), data, seeds=(7,))
    goal = float(entry.message.split()[-2])
    assert 50 < goal < 99.45


def test_the_work_of_a_network_is_counted_as_geometry_counts_it():
    first = conv2d_multiply_adds(1, 16, 28, Window(3, padding=1))
    second = conv2d_multiply_adds(16, 32, 14, Window(3, padding=1))
    dense = linear_parameters(1568, 128, bias=False) + linear_parameters(128, 10, bias=False)
    assert multiply_adds(SimpleCNN()) == first + second + dense == 1_218_048
    assert [layer.weight.ndim for layer, _, _ in layers_with_weights(SimpleCNN())] == [4, 4, 2, 2]


def test_looking_at_a_network_leaves_no_hook_behind():
    model = SimpleCNN()
    multiply_adds(model)
    assert not any(module._forward_hooks for module in model.modules())
    assert model.training
    assert torch.is_grad_enabled()
