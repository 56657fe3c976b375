"""What the pixel lab takes along: pictures, means, distances, and what it refuses."""

import base64
import io
import re

import matplotlib.image
import numpy as np
import pytest
import torch

from course_lib.widgets import PixelLab

MEAN, STD = 0.2, 0.5


def pictures(count, seed=0):
    """Whole numbers of 1/255, normalised, with rows and columns of different number."""
    bytes_ = np.random.default_rng(seed).integers(0, 256, (count, 1, 7, 5))
    return torch.from_numpy((bytes_ / 255 - MEAN) / STD)


def lab(count=2, **settings):
    return PixelLab(pictures(count), pictures(3, seed=1) * 0.9, mean=MEAN, std=STD, **settings)


def test_distances_are_those_of_torch_between_normalised_pictures():
    expected = torch.cdist(pictures(2).flatten(1), 0.9 * pictures(3, seed=1).flatten(1))
    np.testing.assert_allclose(lab().distances(), expected, rtol=1e-12)  # only the order of sums differs


def test_pictures_are_kept_to_the_byte_and_means_to_a_65535th():
    data = lab().data()
    pixels = np.frombuffer(base64.b64decode(data["pixels"]), np.uint8).reshape(2, 7, 5)
    np.testing.assert_array_equal(pixels, np.round(255 * (pictures(2)[:, 0].numpy() * STD + MEAN)))
    means = np.frombuffer(base64.b64decode(data["means"]), "<u2").reshape(3, 7, 5) / 65535
    np.testing.assert_allclose(means, 0.9 * pictures(3, seed=1)[:, 0] * STD + MEAN, atol=0.51 / 65535)


def test_without_a_script_the_first_picture_and_its_distances_stay():
    figure = lab(class_names=["a", "<b>", "c"])
    text = figure.fallback()
    assert "35 numbers" in text
    assert "&lt;b&gt;" in text
    cells = re.findall("<td>(.*?)</td>", text)
    assert cells == [f"{distance:.1f}" for distance in figure.distances()[0]]
    picture = base64.b64decode(re.search('base64,(.*?)"', text)[1])
    shown = matplotlib.image.imread(io.BytesIO(picture), format="png")[::6, ::6, 0]
    np.testing.assert_allclose(shown, figure.images[0] / 255, atol=1e-6)  # float32


def test_the_task_stands_below_the_figure():
    assert "Make it a 9." in lab(task="Make it a 9.")._repr_html_()
    assert "ten distances" in lab()._repr_html_()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(
            lambda p: PixelLab(p[:, 0], p), r"images must be floats of shape .*\(3, 7, 5\)", id="3-d"
        ),
        pytest.param(lambda p: PixelLab(p, p.long()), "means must be floats", id="whole numbers"),
        pytest.param(lambda p: PixelLab(p[:0], p), "images must be floats", id="no images"),
        pytest.param(lambda p: PixelLab(p[..., 1:], p), "equally large", id="another size"),
        pytest.param(lambda p: PixelLab(p, p[:1]), "at least two means", id="one mean"),
        pytest.param(lambda p: PixelLab(p[[0] * 11], p), "at most 10 images", id="eleven images"),
        pytest.param(
            lambda p: PixelLab(torch.zeros(1, 1, 33, 3), torch.zeros(2, 1, 33, 3)), "32 x 32", id="33 rows"
        ),
        pytest.param(lambda p: PixelLab(p, p, std=0), "std must be positive", id="std"),
        pytest.param(lambda p: PixelLab(p, p, mean=0.9, std=STD), "images .* lie in 0..1", id="other mean"),
        pytest.param(lambda p: PixelLab(p, p * torch.nan, mean=MEAN, std=STD), "means .* nan", id="nan"),
        pytest.param(
            lambda p: PixelLab(p, p, mean=MEAN, std=STD, class_names="ab"), "3 means .* got 2", id="names"
        ),
        pytest.param(
            lambda p: PixelLab(p, p, mean=MEAN, std=STD, labels=[0, 3, 1]), r"0\.\.2, got \[0, 3, 1\]", id="3"
        ),
        pytest.param(
            lambda p: PixelLab(p, p, mean=MEAN, std=STD, labels=[0]), "Expected 3 labels", id="one label"
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(make, words):
    with pytest.raises(ValueError, match=words):
        make(pictures(3))
