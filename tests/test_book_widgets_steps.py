"""The figures that go in steps, in a browser: compared with torch, driven by pointer and keyboard."""

import re

import numpy as np
import pytest
import torch
from browser import THEMES, axe_violations, play_by_hand, sticking_out
from torch.nn import functional

from course_lib.widgets import BackpropGraph, GradientDescent, MultiChannelStepper

pytestmark = pytest.mark.book


def said(page):
    """What the figure says, with plain minus signs."""
    return page.locator(".say").inner_text().replace("\u2212", "-")


def numbers(text):
    return [float(value) for value in re.findall(r"-?\d+\.?\d*(?:e[+-]?\d+)?", text)]


def press(page, name, times=1):
    for _ in range(times):
        page.get_by_role("button", name=name, exact=True).click()


# --- gradient descent

HESSIAN = np.array([[1.0, 0.4], [0.4, 3.0]])


def descend(start, steps, rate, momentum):
    """Where torch arrives, with the loss and the gradient there."""
    weights = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    hessian = torch.from_numpy(HESSIAN)[: len(start), : len(start)]
    optimizer = torch.optim.SGD([weights], lr=rate, momentum=momentum)
    for step in range(steps + 1):
        optimizer.zero_grad()
        loss = weights @ hessian @ weights / 2
        loss.backward()
        if step < steps:
            optimizer.step()
    return [*weights.tolist(), loss.item(), *weights.grad.tolist()]


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize(("rate", "momentum"), [(0.05, 0.0), (0.3, 0.5), (0.7, 0.9), (0.9, 0.0)])
def test_the_descent_arrives_where_torch_does(show, size, rate, momentum):
    start = [-2.0, 1.0][:size]
    figure = GradientDescent(HESSIAN[:size, :size], start=start, momentum=momentum)
    page = show(figure)
    page.get_by_label("learning rate", exact=True).fill(str(rate))
    press(page, "reset")  # back to the first settings, before the first step
    assert said(page).startswith("After 0 steps: ")
    page.get_by_label("learning rate", exact=True).fill(str(rate))
    press(page, "step", 7)
    assert said(page).startswith("After 7 steps: ")
    shown = numbers(said(page).split("=")[1].split("It ")[0])
    expected = descend(start, 7, rate, momentum)
    np.testing.assert_allclose(shown, expected, rtol=6e-4)  # four digits
    limit = figure.largest_rate * (1 + momentum)
    assert ("diverges" in said(page)) == (rate > limit)


def test_the_three_rates_creep_arrive_and_leave(show):
    page = show(GradientDescent(HESSIAN))
    losses = {}
    for name in ("too small", "right", "too large"):
        press(page, name)
        losses[name] = numbers(said(page).split("loss")[1])[0]
    first = descend([-2.0, 1.0], 0, 0.1, 0.0)[2]
    assert losses["right"] < 0.05 * first < 0.5 * first < losses["too small"] < first
    assert "diverges" in said(page)
    press(page, "step", 10)
    assert numbers(said(page).split("loss")[1])[0] > losses["too large"]


def test_a_path_begins_where_the_reader_points_or_goes_by_keys(show):
    page = show(GradientDescent(HESSIAN))
    press(page, "reset")
    picture = page.locator(".map")
    box = picture.bounding_box()
    half = 3  # one and a half times the farthest start, 2
    picture.click(position={"x": box["width"] * 0.75, "y": box["height"] * 0.25})
    place = numbers(said(page).split("=")[1])[:2]
    np.testing.assert_allclose(place, [half / 2, half / 2], atol=0.05)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    moved = numbers(said(page).split("=")[1])[:2]
    np.testing.assert_allclose(np.subtract(moved, place), [-half / 20, -half / 20], atol=2e-3)


@pytest.mark.parametrize("size", [1, 2])
def test_the_numbers_on_the_axes_of_the_map_are_those_of_its_points(show, size):
    figure = GradientDescent(HESSIAN[:size, :size], [3.0, -2.5][:size], start=[1.0, -1.5][:size], offset=0.5)
    page = show(figure)
    press(page, "reset")  # the last point is the start
    ticks = page.locator(".map").evaluate(
        """map => [...map.querySelectorAll(".tick")].map(line => [
            line.getAttribute("x1") === line.getAttribute("x2") ? "x" : "y",
            +line.getAttribute(line.getAttribute("x1") === line.getAttribute("x2") ? "x1" : "y1"),
            +line.nextSibling.textContent.replace("\\u2212", "-")])"""
    )
    point = page.locator(".map .last").evaluate("e => [e.cx.baseVal.value, e.cy.baseVal.value]")
    values = [1.0, -1.5] if size == 2 else [1.0, 0.5 + (1 - 3) ** 2 / 2]
    for axis, at, value in zip("xy", point, values, strict=True):
        places, shown = np.array([tick[1:] for tick in ticks if tick[0] == axis]).T
        assert 3 <= len(shown) <= 8
        slope, offset = np.polyfit(places, shown, 1)
        np.testing.assert_allclose(slope * places + offset, shown, atol=1e-3)
        assert slope * at + offset == pytest.approx(value, abs=0.01)


def test_a_swipe_over_the_descent_scrolls_and_a_tap_begins_a_path(show):
    page = show(GradientDescent(HESSIAN), has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 390, "height": 500})
    page.evaluate("document.body.style.paddingBottom = '900px'")
    before, box = said(page), page.locator(".map").bounding_box()
    finger = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.8
    finger.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        point = {"x": x, "y": y - 15 * step}
        finger.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_function("scrollY > 60")
    assert said(page) == before
    page.locator(".map").tap(position={"x": box["width"] / 4, "y": box["height"] / 4})
    assert said(page) != before


# --- several channels


def channels(seed=0, in_channels=2, out_channels=2):
    rng = np.random.default_rng(seed)
    image = rng.integers(-4, 5, (in_channels, 4, 3))
    kernels = rng.integers(-4, 5, (out_channels, in_channels, 3, 2))
    return image, kernels, rng.integers(-4, 5, out_channels)


def assert_shows_convolution(page, image, kernels, bias):
    """Step through all output cells and compare the products, the sums and the output with torch."""
    x, w, b = (torch.from_numpy(np.asarray(array)).double() for array in (image, kernels, bias))
    output = functional.conv2d(x[None], w, b)[0]
    for o, i, j in np.ndindex(*output.shape):
        said_last = numbers(said(page).split("=")[-1])
        assert said(page).startswith(f"Output channel {o}, row {i}, column {j}: ")
        assert said_last == [output[o, i, j].item()]
        products = x[:, i : i + w.shape[2], j : j + w.shape[3]] * w[o]
        shown = page.locator(".products .value").all_inner_texts()
        assert [float(text.replace("\u2212", "-")) for text in shown] == products.flatten().tolist()
        sums = [float(text.replace("\u2212", "-")) for text in page.locator(".sum").all_inner_texts()]
        assert sums == products.sum(dim=(1, 2)).tolist()
        cells = page.locator("td[data-cell^=y]").all_inner_texts()
        assert [float(text.replace("\u2212", "-")) for text in cells] == output.flatten().tolist()
        press(page, "step")


@pytest.mark.parametrize(("in_channels", "out_channels"), [(2, 2), (3, 1), (1, 3)])
def test_every_product_of_several_channels_is_that_of_torch(show, in_channels, out_channels):
    arrays = channels(in_channels, in_channels, out_channels)
    assert_shows_convolution(show(MultiChannelStepper(*arrays)), *arrays)


def test_numbers_of_several_channels_can_be_changed_and_reset(show):
    image, kernels, bias = channels()
    page = show(MultiChannelStepper(image, kernels, bias))
    page.get_by_label("Input 1, row 2, column 1").fill("9")
    page.get_by_label("Kernel [0, 1], row 2, column 0").fill("-7")
    changed, weights = image.copy(), kernels.copy()
    changed[1, 2, 1], weights[0, 1, 2, 0] = 9, -7
    assert_shows_convolution(page, changed, weights, bias)
    press(page, "reset")
    assert_shows_convolution(page, image, kernels, bias)


def test_the_colour_of_a_product_is_that_of_its_pixel_and_its_weight(show):
    page = show(MultiChannelStepper(*channels()))
    page.locator("[data-key='y0,0,0']").focus()
    page.keyboard.press("ArrowRight")
    assert said(page).startswith("Output channel 0, row 0, column 1")
    colour = "all => all.map(e => getComputedStyle(e).backgroundColor)"
    pixels, weights, products = (
        page.locator(place).evaluate_all(colour) for place in ("td.used", "td.seen", ".products td")
    )
    assert pixels == weights == products
    assert len(set(products)) == 6  # 3 x 2 places, the same in both channels


# --- backpropagation

EXPRESSIONS = [
    "s = w * x + b; a = relu(s); loss = (a - w) ** 2",
    "a = x * x * w; loss = a / (b + x) - a",
    "loss = tanh(w * x) * exp(-b) + log(x * x + b * b) + w",
]


def by_torch(expression, values):
    """The loss and its gradients by the given numbers."""
    tensors = {name: torch.tensor(v, dtype=torch.float64, requires_grad=True) for name, v in values.items()}
    scope = {name: getattr(torch, name) for name in ("relu", "tanh", "exp", "log")} | tensors
    exec(expression, scope)
    scope["loss"].backward()
    return scope["loss"].item(), [tensor.grad.item() for tensor in tensors.values()]


def column(page, name):
    """The numbers of one column of the tape, None where nothing is known yet."""
    cells = page.locator(f"td.{name}").evaluate_all(
        "all => all.map(e => e.querySelector('input')?.value ?? e.textContent)"
    )
    return [numbers(text.replace("\u2212", "-"))[0] if text else None for text in cells]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_graph_arrives_at_the_gradients_of_torch_also_for_typed_numbers(show, expression):
    values = {"w": 0.7, "x": -1.3, "b": 2.1}
    page = show(BackpropGraph(expression, **values))
    press(page, "all steps")
    for changed in ({}, {"w": -0.4}, {"x": 1.5}):
        values |= changed
        for name, value in changed.items():
            page.get_by_label(name, exact=True).fill(str(value))
        loss, gradients = by_torch(expression, values)
        assert column(page, "value")[-1] == pytest.approx(loss, rel=6e-4)  # four digits
        assert column(page, "gradient")[:3] == pytest.approx(gradients, rel=6e-4, abs=1e-9)


def test_values_come_first_and_gradients_add_up_where_a_value_is_used_twice(show):
    page = show(BackpropGraph("s = w * x; loss = s * s + w", w=3, x=2))
    assert column(page, "value") == [3, 2, None, None, None]
    for known in ([6, None, None], [6, 36, None], [6, 36, 39]):
        press(page, "step")
        assert column(page, "value")[2:] == known
    assert column(page, "gradient") == [None] * 5
    expected = [
        [None, None, None, None, 1],
        [1, None, None, 1, 1],  # the last node is a sum: 1 to w, 1 to the product
        [1, None, 12, 1, 1],  # 6 + 6: s is multiplied by itself
        [25, 36, 12, 1, 1],  # 1 + 2 * 12
    ]
    for gradients in expected:
        press(page, "step")
        assert column(page, "gradient") == gradients
    assert "w is used 2 times" in said(page)
    press(page, "step")  # and again from the beginning
    assert column(page, "gradient") == [None] * 5


def test_a_number_without_a_result_is_refused(show):
    page = show(BackpropGraph("loss = log(x) / y", x=2, y=1))
    press(page, "all steps")
    before = column(page, "gradient")
    for name, text in (("x", "-1"), ("y", "0")):
        page.get_by_label(name, exact=True).fill(text)
        assert "the result is not a number" in said(page)
        assert column(page, "gradient") == before


FIGURES = {
    "graph": lambda: BackpropGraph(EXPRESSIONS[0], w=2.0, x=3.0, b=-1.0),
    "descent": lambda: GradientDescent(HESSIAN),
    "multi": lambda: MultiChannelStepper(*channels()),
}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", FIGURES)
def test_axe_finds_nothing_and_nothing_sticks_out(show, theme, name):
    page = show(FIGURES[name](), theme=theme)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert sticking_out(page) == []
        wide, inside = page.locator(".box").evaluate("e => [e.scrollWidth, e.clientWidth]")
        assert wide <= inside
        assert axe_violations(page) == []


@pytest.mark.parametrize("name", FIGURES)
def test_with_reduced_motion_there_are_single_steps_and_otherwise_play(show, name):
    page = show(FIGURES[name](), own_window=True)
    assert page.get_by_role("button", name="play").count() == 0
    play_by_hand(page)
    press(page, "reset")
    before = said(page)
    press(page, "play")
    page.get_by_role("button", name="pause").click()
    assert said(page) != before
    assert page.locator(".say").get_attribute("aria-live") == "polite"
