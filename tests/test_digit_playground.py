"""What the digit playground takes along: layers, digits, and what it refuses."""

import base64
import re

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.models import MLP, FastCNN, LinearClassifier, SimpleCNN
from course_lib.widgets import DigitPlayground
from course_lib.widgets.layers import packed_layers


def halves(text):
    return np.frombuffer(base64.b64decode(text), "<f2").astype(np.float32)


def test_layers_are_listed_in_order_with_their_weights_as_float16():
    model = SimpleCNN()
    layers = packed_layers("CNN", model)
    kinds = ["conv", "relu", "max", "conv", "relu", "max", "linear", "relu", "linear"]
    assert [layer["kind"] for layer in layers] == kinds
    assert (layers[0]["size"], layers[0]["padding"], layers[2]["size"]) == (3, 1, 2)
    weights = model[0].weight.detach().numpy().ravel()
    np.testing.assert_array_equal(halves(layers[0]["weights"]), weights.astype(np.float16))


def test_batch_normalisation_becomes_part_of_the_layer_before():
    model = nn.Sequential(nn.Conv2d(1, 3, 3, bias=False), nn.BatchNorm2d(3))
    model(torch.rand(4, 1, 28, 28))
    (layer,) = packed_layers("a", model.eval())
    merged = nn.Conv2d(1, 3, 3)
    merged.weight.data = torch.from_numpy(halves(layer["weights"])).reshape(3, 1, 3, 3)
    merged.bias.data = torch.from_numpy(halves(layer["biases"]))
    x = torch.rand(2, 1, 28, 28)
    torch.testing.assert_close(merged(x), model(x), rtol=0.01, atol=0.01)  # float16


def test_batch_normalisation_behind_a_pooling_is_a_layer_of_its_own():
    model = FastCNN()
    model(torch.rand(4, 1, 28, 28))
    layers = packed_layers("fast", model.eval())
    assert [layer["kind"] for layer in layers[:4]] == ["conv", "max", "scale", "relu"]
    scale, offset = (torch.from_numpy(halves(layers[2][key])) for key in ("weights", "biases"))
    x = torch.rand(2, 16, 3, 3)
    scaled = x * scale[:, None, None] + offset[:, None, None]
    torch.testing.assert_close(scaled, model[2](x), rtol=0.01, atol=0.01)  # float16


def test_the_stored_digits_are_brightness_again():
    pixels = torch.tensor([[0, 255], [51, 102]], dtype=torch.float32).repeat(14, 14)
    images = ((pixels / 255 - 0.2) / 0.5)[None, None]
    shown = DigitPlayground({"a": LinearClassifier()}, images, mean=0.2, std=0.5)
    np.testing.assert_array_equal(shown.pixels()[0], pixels)


def test_without_a_script_the_answers_to_the_stored_digits_stay():
    model, images = LinearClassifier().eval(), torch.rand(3, 1, 28, 28)
    text = DigitPlayground({"a < b": model}, images).fallback()
    assert "a &lt; b" in text
    assert "".join(f"<td>{int(k)}</td>" for k in model(images).argmax(dim=1)) in text
    assert "<td>" not in DigitPlayground({"a": model}).fallback()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda: DigitPlayground({}), "at least one model", id="no models"),
        pytest.param(lambda: DigitPlayground(MLP()), "dictionary", id="not a dictionary"),
        pytest.param(lambda: DigitPlayground({"a": MLP()}, std=0), "std must be positive", id="std"),
        pytest.param(
            lambda: DigitPlayground({"a": MLP()}, torch.rand(28, 28)), r"\(N, 1, 28, 28\)", id="one image"
        ),
        pytest.param(
            lambda: DigitPlayground({"a": MLP()}, torch.rand(27, 1, 28, 28)), "at most 26", id="many images"
        ),
        pytest.param(lambda: DigitPlayground({"a": MLP(600)}), "too many for a page", id="too many weights"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(1, 2, 3, stride=2),
        nn.Conv2d(1, 2, (3, 5)),
        nn.Conv2d(1, 2, 3, padding=1, padding_mode="circular"),
        nn.Conv2d(1, 2, 3, padding="same"),
        nn.Conv2d(2, 2, 3, groups=2),
        nn.Conv2d(1, 2, 3, dilation=2),
        nn.MaxPool2d(3, stride=2),
        nn.MaxPool2d(2, padding=1),
        nn.MaxPool2d(3, ceil_mode=True),
        nn.MaxPool2d((2, 3)),
        nn.AdaptiveAvgPool2d(2),
        nn.Tanh(),
        nn.BatchNorm1d(1),
    ],
    ids=str,
)
def test_a_layer_that_the_figure_cannot_compute_is_named(layer):
    with pytest.raises(ValueError, match=r"cannot compute the layer .* of the model 'a'"):
        packed_layers("a", nn.Sequential(layer, nn.Flatten()))


def test_one_window_over_the_whole_map_has_no_size():
    model = nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.AdaptiveAvgPool2d((1, 1)), nn.AvgPool2d(2))
    sizes = [(layer["kind"], layer["size"]) for layer in packed_layers("a", model)]
    assert sizes == [("max", 0), ("mean", 0), ("mean", 2)]


def test_the_tip_leaves_open_what_becomes_of_a_digit_that_is_moved():
    # the third chapter asks for a prediction, and the figure stands on pages before it
    assert not {"move", "shift", "corner"} & set(re.findall(r"\w+", DigitPlayground.tip))
