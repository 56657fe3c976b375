"""The figures that go in steps, in a browser: compared with torch, driven by pointer and keyboard."""

import re

import numpy as np
import pytest
import torch
from browser import THEMES, axe_violations, sticking_out

from course_lib.widgets import GradientDescent

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


FIGURES = {
    "descent": lambda: GradientDescent(HESSIAN),
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
    page = show(FIGURES[name]())
    assert page.get_by_role("button", name="play").count() == 0
    page.emulate_media(reduced_motion="no-preference")
    page.reload()
    press(page, "reset")
    before = said(page)
    press(page, "play")
    page.get_by_role("button", name="pause").click()
    assert said(page) != before
    assert page.locator(".say").get_attribute("aria-live") == "polite"
