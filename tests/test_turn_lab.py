"""What the turn lab takes along: models, digits, accuracies by angle, and what it refuses."""

import base64

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.models import MLP, LinearClassifier
from course_lib.widgets import TurnLab
from course_lib.widgets.turn_lab import ANGLES

IMAGES, LABELS = torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(0)), torch.arange(6)


class WhereIsInk(nn.Module):
    """Answers 0, 1, 2, 3 for ink at the top, on the right, at the bottom, on the left of 5x5 pixels."""

    def forward(self, images):
        rows = [images[:, 0, i, j] for i, j in ((0, 2), (2, 4), (4, 2), (2, 0))]
        return torch.stack(rows, dim=1)


def test_the_accuracies_are_those_of_images_turned_clockwise(monkeypatch):
    monkeypatch.setattr("course_lib.widgets.turn_lab.packed_layers", lambda name, model: [])
    images = torch.zeros(4, 1, 5, 5)
    for index, (i, j) in enumerate(((0, 2), (2, 4), (4, 2), (2, 0))):
        images[index, 0, i, j] = 1.0
    for quarters in (-2, -1, 0, 1, 2):
        answers = (torch.arange(4) + quarters) % 4
        lab = TurnLab({"a": WhereIsInk()}, images, answers, mean=0.0, std=1.0)
        place = ANGLES.index(90 * quarters)
        assert lab.accuracy[0, place] == 1.0
        assert lab.accuracy[0, (place + 6) % 24] == 0.0  # a quarter turn later


def test_the_first_images_of_each_class_can_be_turned_and_all_are_counted():
    labels = torch.tensor([4, 1, 4, 4, 0, 1])
    lab = TurnLab({"a": MLP(8), "b": LinearClassifier()}, IMAGES, labels, per_class=2)
    data = lab.data()
    assert (data["labels"], data["count"]) == ([0, 1, 1, 4, 4], "6")
    assert lab.shown.tolist() == [4, 1, 5, 0, 2]
    assert len(base64.b64decode(data["pixels"])) == 5 * 28 * 28
    assert [model["name"] for model in data["models"]] == ["a", "b"]
    assert data["accuracy"].shape == (2, len(data["angles"]))


def test_the_digits_are_brightness_again():
    pixels = torch.tensor([[0, 255], [51, 102]], dtype=torch.float32).repeat(14, 14)
    images = ((pixels / 255 - 0.2) / 0.5)[None, None]
    lab = TurnLab({"a": LinearClassifier()}, images, [3], mean=0.2, std=0.5)
    np.testing.assert_array_equal(lab.pixels()[0], pixels)


def test_four_models_that_a_chapter_trains_stay_small():
    cnn = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(784, 10),
    )  # fmt: skip
    models = {"MLP": MLP(32), "MLP, turned": MLP(32), "CNN": cnn, "CNN, turned": cnn}
    block = TurnLab(models, IMAGES, LABELS)._repr_html_()
    assert len(block) < 260_000


def test_without_a_script_the_accuracies_stay():
    lab = TurnLab({"a < b": LinearClassifier()}, IMAGES, LABELS)
    assert "a &lt; b" in lab.fallback()
    assert "Right answers to 6 turned images" in lab.fallback()
    assert f"<td>{100 * lab.accuracy[0, ANGLES.index(-90)]:.1f}</td>" in lab.fallback()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda m: TurnLab({}, IMAGES, LABELS), "at least one model", id="no models"),
        pytest.param(lambda m: TurnLab(MLP(), IMAGES, LABELS), "dictionary", id="not a dictionary"),
        pytest.param(lambda m: TurnLab(m, IMAGES[0], LABELS), r"\(N, 1, S, S\)", id="one image"),
        pytest.param(lambda m: TurnLab(m, IMAGES[..., 1:], LABELS), r"\(6, 1, 28, 27\)", id="not square"),
        pytest.param(lambda m: TurnLab(m, IMAGES * torch.nan, LABELS), "finite", id="nan"),
        pytest.param(lambda m: TurnLab(m, IMAGES, LABELS[1:]), "Expected 6 whole numbers", id="labels"),
        pytest.param(lambda m: TurnLab(m, IMAGES, LABELS + 7), r"0\.\.9", id="label 12"),
        pytest.param(lambda m: TurnLab(m, IMAGES, LABELS, per_class=0), "per_class", id="nothing shown"),
        pytest.param(
            lambda m: TurnLab(m, torch.rand(41, 1, 28, 28), torch.zeros(41).long(), per_class=41),
            "41 images to turn",
            id="much shown",
        ),
        pytest.param(lambda m: TurnLab(m, IMAGES, LABELS, std=0), "std must be positive", id="std"),
        pytest.param(lambda m: TurnLab(m, IMAGES, LABELS, class_names="abc"), "got 3 names", id="names"),
        pytest.param(
            lambda m: TurnLab({**m, "b": LinearClassifier(4)}, IMAGES, LABELS), r"\[10, 4\]", id="classes"
        ),
        pytest.param(lambda m: TurnLab({"a": MLP(300)}, IMAGES, LABELS), "too many for a page", id="weights"),
        pytest.param(
            lambda m: TurnLab({"a": nn.Sequential(nn.Tanh())}, IMAGES, LABELS), "cannot compute", id="tanh"
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=words):
        make({"a": LinearClassifier()})
