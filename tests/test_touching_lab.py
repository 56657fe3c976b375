"""The lab of touching digits: it shows what the networks answer and what they look at."""

import base64

import numpy as np
import pytest
import torch
from torch import nn

from course_lib import segmentation
from course_lib.inspection import measured_receptive_field
from course_lib.models import FlatNet, UNet
from course_lib.widgets import TouchingLab
from course_lib.widgets.touching_lab import reach


def bars(number=2):
    """Pairs of an L and a bar, with ink around them that is too thin to count."""
    pairs = torch.zeros(number, 2, 28, 28)
    pairs[:, 0, 4:24, 6:10] = pairs[:, 0, 20:24, 6:16] = 1
    pairs[:, 1, 5:22, 12:17] = 0.8
    pairs[:, :, 2, 2] = 0.1
    return pairs


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    return {"flat": FlatNet(width=3).eval(), "U-Net": UNet(width=2).eval()}


@pytest.fixture(scope="module")
def lab(networks):
    return TouchingLab(bars(), networks, pushes=(-3, 0, 2, 5))


def unpacked(text, shape):
    """Four classes in each byte, the lowest bits first."""
    packed = np.frombuffer(base64.b64decode(text), np.uint8)
    return np.stack([(packed >> bits) & 3 for bits in (0, 2, 4, 6)], axis=1).reshape(shape)


def test_the_figure_carries_what_cut_and_networks_answer(lab, networks):
    data = lab.data()
    answers = unpacked(data["answers"], (2, 4, 3, 32, 48))
    images = lab.images.unflatten(0, (2, 4))
    for pair, push in ((0, 0), (1, 3)):
        image = images[pair, push][None]
        cut = segmentation.cut_at(image, segmentation.thinnest_column(image))[0]
        np.testing.assert_array_equal(answers[pair, push, 0], cut)
        for model, network in enumerate(networks.values(), start=1):
            with torch.no_grad():
                expected = network(image)[0].argmax(dim=0)
            np.testing.assert_array_equal(answers[pair, push, model], expected)


def test_the_overlaps_are_those_of_the_answers_that_are_shown(lab):
    data = lab.data()
    answers = torch.from_numpy(unpacked(data["answers"], (8, 3, 32, 48)).astype(int))
    for model in range(3):
        expected = segmentation.digit_overlap(answers[:, model], lab.labels).reshape(2, 4)
        np.testing.assert_allclose(data["overlaps"][:, :, model], expected, atol=1e-4)  # four decimals
    truth = unpacked(data["truth"], (8, 32, 48))
    np.testing.assert_array_equal(truth == 3, lab.labels == -100)
    np.testing.assert_array_equal(truth[truth < 3], lab.labels[lab.labels >= 0])


def test_a_push_brings_the_right_digit_as_many_columns_nearer(lab):
    images = lab.images.unflatten(0, (2, 4))[0, :, 0]
    columns = [np.flatnonzero((image >= 0.5).any(dim=0)) for image in images]
    widths = [int(found[-1] - found[0]) for found in columns]
    assert np.diff(widths).tolist() == [-3, -2, -3]
    gap = images[0, :, columns[0][0] : columns[0][-1]]
    assert int((gap.amax(dim=0) == 0).sum()) == 3  # three columns of paper before the touch


def test_a_digit_can_be_pushed_past_a_narrow_one(networks):
    pairs = torch.zeros(1, 2, 28, 28)
    pairs[:, :, 5:20, 12:15] = 1
    lab = TouchingLab(pairs, {"flat": networks["flat"]}, pushes=(0, 9))
    right = (lab.labels == 2).any(dim=1)
    first = [np.flatnonzero(row)[0] for row in right]
    assert first == [24, 19]  # beside the other one at 21 to 23, then wholly past it, at 25 to 27


@pytest.mark.parametrize("network", [FlatNet(width=2), FlatNet(width=2, dilations=(1, 2, 1)), UNet(width=2)])
def test_the_reach_of_a_pixel_is_the_field_measured_elsewhere(network):
    up, down, left, right = reach(network)[0]  # 96 / 2 and 64 / 2 lie at the same place of every window
    assert (up + 1 + down, left + 1 + right) == measured_receptive_field(network, 64)


def test_a_box_depends_on_the_place_of_the_pixel_exactly_where_maps_are_halved():
    assert len({tuple(steps) for steps in reach(FlatNet(width=2))}) == 1
    halved = [tuple(steps) for steps in reach(UNet(width=2))]
    assert len(set(halved)) == 4
    assert halved[:4] == halved[4:]


def test_what_lies_outside_the_reach_changes_no_answer(networks):
    unet = networks["U-Net"]
    row, column = 17, 22
    up, down, _, _ = reach(unet)[row % 8]
    _, _, left, right = reach(unet)[column % 8]
    rows, columns = slice(max(0, row - up), row + down + 1), slice(max(0, column - left), column + right + 1)
    image = torch.rand(1, 1, 64, 64)
    other = torch.rand(1, 1, 64, 64)
    other[:, :, rows, columns] = image[:, :, rows, columns]
    with torch.no_grad():
        first, second = (unet(pixels)[0, :, row, column] for pixels in (image, other))
    assert torch.allclose(first, second, atol=1e-6)  # float32: convolutions sum in another order
    other[:, :, row - 2 : row + 3, column - 2 : column + 3] += 1  # well inside
    with torch.no_grad():
        assert not torch.allclose(first, unet(other)[0, :, row, column], atol=1e-6)


class Halved(nn.Conv2d):
    """Answers for every second pixel."""

    def __init__(self):
        super().__init__(1, 3, 3, stride=2, padding=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"pairs": torch.zeros(2, 28, 28)}, r"\(N, 2, H, W\).*\(2, 28, 28\)", id="no pairs"),
        pytest.param({"pairs": bars() * 2}, "ink from 0 to 1", id="normalised"),
        pytest.param({"pairs": bars() * 0}, "without ink", id="paper"),
        pytest.param({"networks": {}}, "at least one network", id="no network"),
        pytest.param({"networks": {"column cut": FlatNet(width=2)}}, "none called", id="a taken name"),
        pytest.param(
            {"networks": {"half": Halved()}}, r"'half' must give .*\(4, 3, 16, 24\)", id="half as large"
        ),
        pytest.param({"pushes": (3, 1)}, "rising order", id="backwards"),
        pytest.param({"pushes": (-40, 0)}, "Pair number 0 .* 40 pixels between", id="no room"),
        pytest.param({"pairs": bars(70)}, "too many for a page", id="too many"),
    ],
)
def test_bad_input_is_refused_with_what_came(change, message):
    with pytest.raises(ValueError, match=message):
        TouchingLab(**{"pairs": bars(), "networks": {"flat": FlatNet(width=2)}, "pushes": (0, 2), **change})


def test_names_are_text_and_not_markup():
    lab = TouchingLab(bars(1), {"<b>": FlatNet(width=2)}, pushes=(0, 1))
    assert "<b>" not in lab.fallback()
    assert "&lt;b&gt;" in lab.fallback()
