"""The network in Keras and the one in PyTorch: the same numbers, and the steps without which they are not."""

import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.keras_twin import channels_last, keras_weights
from course_lib.models import SimpleCNN

HAS_KERAS = importlib.util.find_spec("keras") is not None

# In a process of its own: the first import of Keras settles its backend and where its settings lie.
TWINS = """
import json, keras, numpy as np, torch
from torch.nn import functional
from course_lib.keras_twin import channels_last, keras_cnn, keras_weights
from course_lib.models import SimpleCNN
torch.manual_seed(0)
ours, theirs = SimpleCNN(), keras_cnn()
images, labels = torch.randn(8, 1, 28, 28), torch.arange(8)
def difference():
    with torch.no_grad():
        return (ours(images) - theirs(channels_last(images))).abs().max().item()
found = {"parameters": theirs.count_params()}
for name, order in (("unordered", False), ("ordered", True)):
    theirs.set_weights(keras_weights(ours, order))
    found[name] = difference()
optimizer = torch.optim.SGD(ours.parameters(), lr=0.1)
functional.cross_entropy(ours(images), labels).backward()
optimizer.step()
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
theirs.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss)
before = theirs.get_weights()
theirs.train_on_batch(channels_last(images), labels.numpy())
found["after a step"] = difference()
found["step"] = max(abs(a - b).max() for a, b in zip(theirs.get_weights(), before)).item()
print(json.dumps(found))
"""


@pytest.mark.pipeline  # importing Keras takes ten seconds of a slow machine
@pytest.mark.skipif(not HAS_KERAS, reason="Keras is not installed")
def test_the_twins_answer_alike_before_and_after_a_step_of_descent(tmp_path):
    settings = {"KERAS_BACKEND": "torch", "KERAS_HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", TWINS], env=os.environ | settings, capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    assert found["parameters"] == 206_922
    assert found["ordered"] < 1e-5  # float32: only the order of sums differs
    assert found["unordered"] > 1e-2
    assert found["step"] > 1e-3
    assert found["after a step"] < 1e-5


def test_the_weights_of_the_dense_layer_follow_the_maps_position_by_position():
    model = SimpleCNN()
    maps = torch.randn(2, 32, 7, 7)
    kernel = keras_weights(model)[4]  # (1568, 128)
    by_position = maps.permute(0, 2, 3, 1).flatten(1).numpy() @ kernel
    by_channel = nn.functional.linear(maps.flatten(1), model[7].weight).detach().numpy()
    np.testing.assert_allclose(by_position, by_channel, atol=1e-5)  # float32, 1,568 products
    other = maps.permute(0, 2, 3, 1).flatten(1).numpy() @ keras_weights(model, order_of_flatten=False)[4]
    assert np.abs(other - by_channel).max() > 0.1


def test_the_weights_come_in_the_order_and_the_shapes_of_keras():
    model = SimpleCNN()
    weights = keras_weights(model)
    assert [weight.shape for weight in weights[1::2]] == [(16,), (32,), (128,), (10,)]
    assert weights[2][0, 2, 5, 7] == model[3].weight[7, 5, 0, 2]
    np.testing.assert_array_equal(weights[6], model[9].weight.detach().numpy().T)


def test_images_are_turned_and_not_reshaped():
    images = torch.randn(2, 3, 4, 5)
    assert channels_last(images).shape == (2, 4, 5, 3)
    assert channels_last(images)[1, 2, 4, 0] == images[1, 0, 2, 4]
