"""Depth lab in a browser: every number that it computes is what torch computes."""

import numpy as np
import pytest
from browser import THEMES, axe_violations, sticking_out

from course_lib.widgets import DepthLab

pytestmark = pytest.mark.book

FIRST = {"depth": 12, "variance": 2.0}


def shown(page):
    """The table of numbers: mean squares of activations and gradients, from the input on."""
    page.locator("details").evaluate("details => { details.open = true }")
    cells = page.locator("details td").all_inner_texts()
    numbers = np.array([float(cell.replace("\u2212", "-")) for cell in cells]).reshape(-1, 2)
    return numbers[:, 0], numbers[:, 1]


def agrees(page, **dials):
    for numbers, expected in zip(shown(page), DepthLab(**{**FIRST, **dials}).sizes(), strict=True):
        np.testing.assert_allclose(numbers, expected, rtol=0.051)  # two digits are shown


def said(page):
    return page.locator(".say").inner_text()


def press(page, name, key, times=1):
    dial = page.get_by_role("slider", name=name)
    for _ in range(times):
        dial.press(key)


@pytest.mark.parametrize(
    "dials",
    [
        {"variance": 1 / 3},
        {"variance": 3.3, "normalised": True},
        {"residual": True},
        {"residual": True, "branch_scale": 0.0},
        {"variance": 1.0, "normalised": True, "residual": True, "branch_scale": 0.2},
    ],
    ids=str,
)
def test_the_figure_starts_with_what_torch_computes(show, dials):
    agrees(show(DepthLab(**{**FIRST, **dials})), **dials)


def test_every_dial_works_by_keyboard_and_changes_what_it_names(show):
    page = show(DepthLab(**FIRST))
    press(page, "layers", "ArrowRight", times=3)
    agrees(page, depth=15)
    page.get_by_label("variance of a weight").select_option(label="torch's, 1/(3n)")
    agrees(page, depth=15, variance=1 / 3)
    page.get_by_label("batch normalisation").press("Space")
    agrees(page, depth=15, variance=1 / 3, normalised=True)
    page.get_by_label("skips").press("Space")
    press(page, "branch scale", "ArrowLeft", times=5)
    everything = {"depth": 15, "variance": 1 / 3, "normalised": True, "residual": True, "branch_scale": 0.95}
    agrees(page, **everything)
    page.get_by_role("button", name="other weights").press("Enter")
    agrees(page, **everything, draw=1)


def test_the_ends_of_the_dials_are_reached(show):
    page = show(DepthLab(**FIRST))
    press(page, "layers", "End")
    agrees(page, depth=40)
    press(page, "layers", "Home")
    agrees(page, depth=1)


def test_a_variance_of_ones_own_is_free_only_when_chosen(show):
    page = show(DepthLab(**FIRST))
    assert page.get_by_role("slider", name="variance times n").is_disabled()
    assert page.get_by_role("slider", name="branch scale").is_disabled()  # there is no branch yet
    page.get_by_label("variance of a weight").select_option(label="of your own")
    press(page, "variance times n", "End")
    agrees(page, variance=4.0)
    slider = page.get_by_role("slider", name="variance times n")
    words = "4, so 4/64 with n = 64 inputs of a unit"
    assert slider.get_attribute("aria-valuetext") == words
    assert page.locator("label", has=slider).inner_text().endswith(words)


def test_the_sentence_names_the_network_and_the_factor_of_a_layer(show):
    page = show(DepthLab(depth=20, variance=1 / 3))
    activations, gradients = DepthLab(depth=20, variance=1 / 3).sizes()
    for numbers in (activations[-1], gradients[0]):
        assert f"{numbers:.1e}".replace("e-", "e\u2212") in said(page)
        assert f"a factor of {numbers ** (1 / 20):.2f} per layer" in said(page)
    assert "20 layers, variance 0.333/n, without normalisation, without skips" in said(page)
    assert "half of n times the variance: 0.17" in said(page)


def read_off(page):
    """What stands beside the slider below the chart: the layer, and two numbers."""
    return page.locator(".reader .value").inner_text()


def test_the_pointer_in_the_chart_and_the_slider_below_it_read_off_the_same_layer(show):
    page = show(DepthLab(**FIRST))
    reader = page.get_by_role("slider", name="read off at layer")
    reader.press("Home")
    shown(page)  # opens the table
    first = page.locator("details td").all_inner_texts()[:2]
    assert read_off(page) == f"0: activations {first[0]}, gradients {first[1]}"
    box = page.locator("svg.fluid").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 16, box["y"] + 50)
    pointed_at = read_off(page)
    assert pointed_at.startswith("12: ")
    reader.press("Home")
    reader.press("End")
    assert read_off(page) == pointed_at
    assert reader.get_attribute("aria-valuetext") == f"layer {pointed_at}"
    press(page, "layers", "Home")  # a network of one layer has no twelfth
    assert read_off(page).startswith("1: ")


@pytest.mark.parametrize("theme", THEMES)
def test_the_figure_is_accessible_and_fits_a_telephone(show, theme):
    page = show(DepthLab(residual=True), theme=theme)
    page.locator("details").evaluate("details => { details.open = true }")
    assert axe_violations(page) == []
    page.set_viewport_size({"width": 360, "height": 900})
    assert sticking_out(page) == []
