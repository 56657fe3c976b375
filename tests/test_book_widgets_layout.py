"""How the figures lie: what belongs together is seen together, and nothing jumps when a number changes."""

import re

import numpy as np
import pytest
import torch
from browser import sticking_out, two_frames

from course_lib.geometry import Window
from course_lib.models import FlatNet, LinearClassifier, SimpleCNN, UNet
from course_lib.numpy_cnn import tiny_cnn
from course_lib.widgets import (
    ConvolutionStepper,
    DepthLab,
    DigitPlayground,
    GradientDescent,
    KernelEditor,
    LoweringStepper,
    MultiChannelStepper,
    PixelLab,
    ReceptiveFieldExplorer,
    ShiftLab,
    TinyCNNLive,
    TouchingLab,
    TurnLab,
)

pytestmark = pytest.mark.book

# Windows in which a figure is as wide as in a chapter: 720 pixels, and 358 on a telephone of 390
COLUMN, PHONE = 736, 374
LAPTOP = 750  # what its window of 800 pixels shows below the site's bar


def at_width(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.body.style.lineHeight = 1.65")  # as on the site
    two_frames(page)
    return page


def boxes(elements):
    """The left and the top side, the width and the height of all elements."""
    sides = elements.evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(b => [b.left, b.top, b.width, b.height])"
    )
    return np.array(sides)


@pytest.mark.parametrize("width", [COLUMN, PHONE])
def test_no_line_of_the_stepper_runs_through_a_number(width, show):
    page = at_width(show(ConvolutionStepper(np.eye(3), np.ones((2, 2)), padding=1)), width)
    for place in ("y0,0", "y1,1", "y3,3"):
        page.locator(f"[data-key='{place}']").focus()
        lines, cells = boxes(page.locator(".links line")), boxes(page.locator("td"))
        assert len(lines) == 4  # from the window to the kernel, from the kernel to the output
        assert min(np.hypot(lines[:, 2], lines[:, 3])) > 5  # there is a gap, and the line crosses it
        for left, top, length, height in lines:
            beside = (cells[:, 0] + cells[:, 2] <= left) | (left + length <= cells[:, 0])
            below = cells[:, 1] >= top + height  # on a telephone
            above = cells[:, 1] + cells[:, 3] <= top
            assert np.all(beside | below | above)


@pytest.mark.parametrize("width", [COLUMN, PHONE])
def test_the_output_stands_beside_its_kernel(width, show):
    page = at_width(show(ConvolutionStepper(np.eye(6), np.ones((3, 3)), stride=2, padding=1)), width)
    _, kernel, output = boxes(page.locator("table[role=grid]"))
    assert kernel[1] == output[1]
    assert kernel[0] + kernel[2] < output[0]
    page = at_width(show(MultiChannelStepper(np.ones((2, 3, 3)), np.ones((2, 2, 2, 2)), [0, 1])), width)
    channels, outputs = boxes(page.locator(".channels, .outputs"))
    if width == COLUMN:
        assert channels[0] + channels[2] < outputs[0]
    # an arrow points to where the products are
    sign = page.locator(".to").first.evaluate("e => getComputedStyle(e, '::before').content")
    kernel, products = boxes(page.locator(".channel table"))[1:3]
    assert sign == ('"\u2192"' if products[0] > kernel[0] + kernel[2] else '"\u2193"')
    assert products[0] > kernel[0] + kernel[2] or products[1] >= kernel[1] + kernel[3]
    assert page.locator(".links line").count() == (8 if width == COLUMN else 4)


def test_an_output_that_is_too_wide_beside_its_kernel_falls_below_it(show):
    page = at_width(show(ConvolutionStepper(np.eye(8), np.ones((3, 3)))), PHONE)
    _, kernel, output = boxes(page.locator("table[role=grid]"))
    assert output[1] > kernel[1] + kernel[3]
    assert output[0] + output[2] < PHONE
    assert sticking_out(page) == []


@pytest.mark.parametrize("width", [COLUMN, PHONE])
def test_the_padded_image_is_a_square_grid(width, show):
    page = at_width(show(ConvolutionStepper(np.eye(3), np.ones((2, 2)), padding=1)), width)
    sizes = boxes(page.locator("table[role=grid]").first.locator("td"))[:, 2:]
    np.testing.assert_allclose(sizes, sizes[0] * np.ones((25, 1)), atol=0.6)
    assert abs(sizes[0, 0] - sizes[0, 1]) < 4  # pixels: a caption may be wider than a small table


def test_the_pictures_of_the_editor_stay_in_line_with_relu(show):
    page = at_width(show(KernelEditor(np.random.default_rng(0).random((30, 40)))), COLUMN)
    for checked in (False, True):
        page.get_by_label("ReLU").set_checked(checked)
        photograph, response = boxes(page.locator("canvas"))
        assert photograph[1] == response[1]
    assert page.locator("figcaption").all_inner_texts() == ["photograph", "response, ReLU"]


@pytest.mark.parametrize("width", [COLUMN, PHONE])
def test_the_words_below_a_picture_of_the_touching_digits_take_one_line(width, show):
    pairs = torch.zeros(1, 2, 28, 28)
    pairs[0, 0, 4:24, 6:10] = pairs[0, 1, 5:22, 12:17] = 1
    page = at_width(show(TouchingLab(pairs, {"flat": FlatNet(width=3), "U-Net": UNet(width=2)})), width)
    captions = page.locator("figcaption")
    assert captions.all_inner_texts()[2].startswith("column cut: ")
    np.testing.assert_allclose(boxes(captions)[:, 3], boxes(captions)[0, 3])
    assert boxes(captions)[0, 3] < 1.8 * 16  # pixels: one line and its padding
    assert "its overlap with the truth" in page.locator(".quiet").inner_text()


@pytest.mark.parametrize("width", [COLUMN, PHONE])
def test_nothing_below_the_descent_moves_when_its_sentence_grows(width, show):
    figure = GradientDescent([[0.0679, 0.0312], [0.0312, 0.0454]], [3.0417, -2.4568], offset=0.12345)
    page = at_width(show(figure), width)
    heights, lengths = set(), set()
    for momentum in ("0", "0.95"):
        page.get_by_label("momentum").fill(momentum)
        for rate in ("too small", "right", "too large"):
            page.get_by_role("button", name=rate, exact=True).click()
            for _ in range(3):
                page.get_by_role("button", name="step", exact=True).click()
                heights.add(page.locator(".box").bounding_box()["height"])
                lengths.add(len(page.locator(".say").inner_text()))
    assert max(lengths) - min(lengths) > 20  # characters
    assert len(heights) == 1


@pytest.mark.parametrize("width", [COLUMN, PHONE])
def test_sixteen_feature_maps_lie_in_two_full_rows(width, show):
    page = at_width(show(DigitPlayground({"CNN": SimpleCNN()}, torch.rand(1, 1, 28, 28))), width)
    page.get_by_label("feature maps").check()
    tops = boxes(page.locator(".maps canvas"))[:, 1]
    assert [np.sum(tops == top) for top in np.unique(tops)] == [8, 8]


def four_models():
    models = {
        f"{name}, {data}": LinearClassifier() for name in ("MLP", "CNN") for data in ("plain", "turned")
    }
    return TurnLab(models, torch.rand(2, 1, 28, 28), [0, 1])


# What the chapters show
WHOLE = {
    "depth": lambda: DepthLab(20, 1 / 3),
    "explorer": lambda: ReceptiveFieldExplorer(
        [Window(3, padding=1), Window(3, padding=1), Window(2, 2)] * 2
    ),
    "lowering": lambda: LoweringStepper(6, 3),
    "pixels": lambda: PixelLab(torch.zeros(6, 1, 28, 28), torch.zeros(10, 1, 28, 28)),
    "stepper": lambda: ConvolutionStepper(np.eye(6), np.ones((3, 3)), stride=2, padding=1),
    "channels": lambda: MultiChannelStepper(np.ones((2, 3, 3)), np.ones((2, 2, 2, 2)), [0, 1]),
    "turns": four_models,
}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_figure_is_seen_whole_on_a_laptop(kind, show):
    page = at_width(show(WHOLE[kind]()), COLUMN)
    # with some air: another font has other lines
    assert page.locator(".box").bounding_box()["height"] < LAPTOP - 15


def test_the_slider_and_the_last_filter_are_seen_together_on_a_laptop(show):
    parameters = tiny_cnn(3, 3, seed=0).parameters()
    parameters[1][...] = 0.11, -0.88, 0.0  # words of different lengths
    images = {name: np.eye(8) for name in ("vertical", "horizontal", "diagonal", "noise", "the dot")}
    page = at_width(
        show(TinyCNNLive({0: parameters}, ["vertical", "horizontal", "diagonal"], images)), COLUMN
    )
    assert len(np.unique(boxes(page.locator(".begin button"))[:, 1])) == 1  # one line
    last = boxes(page.locator(".f"))[-1]
    # with room for the line above the figure, which names the cell
    assert last[1] + last[3] - page.get_by_role("slider").first.bounding_box()["y"] < LAPTOP - 32
    # the tables of all filters stand below each other
    lefts = boxes(page.locator(".f .c"))[:, 0]
    np.testing.assert_allclose(lefts, lefts[0])


# Figures that say what a pointer or keys do
HINTS = {
    "stepper": WHOLE["stepper"],
    "editor": lambda: KernelEditor(np.random.default_rng(0).random((30, 40))),
    "descent": lambda: GradientDescent([[1.0, 0.4], [0.4, 3.0]]),
    "shifts": lambda: ShiftLab(torch.rand(2, 1, 28, 28), {"linear": LinearClassifier()}, most_shift=3),
    "live": lambda: TinyCNNLive({0: tiny_cnn(3, 3, seed=0).parameters()}, ["a", "b", "c"]),
    "turns": four_models,
}


@pytest.mark.parametrize("kind", HINTS)
def test_who_has_a_finger_alone_is_told_of_no_keys_and_of_no_pointer(kind, show):
    words = r"arrow key|press|hover|pointer|[Pp]oint at"
    with_mouse = show(HINTS[kind]()).locator(".box").inner_text()
    assert re.search(words, with_mouse, re.IGNORECASE)
    with_finger = show(HINTS[kind](), has_touch=True, is_mobile=True).locator(".box").inner_text()
    assert not re.search(words, with_finger, re.IGNORECASE)
    assert re.search("touch", with_finger, re.IGNORECASE)
