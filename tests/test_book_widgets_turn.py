"""The turn lab in a browser: its probabilities are torch's, by pointer, finger, slider and keys."""

import numpy as np
import pytest
import torch
from browser import NARROW, THEMES, axe_violations, sticking_out
from test_book_playground import by_torch, digits, probabilities, said
from torch import nn

from course_lib.data import shift_images, turn_images
from course_lib.models import MLP
from course_lib.widgets import TurnLab
from course_lib.widgets.turn_lab import ANGLES

pytestmark = pytest.mark.book

MEAN, STD = 0.1307, 0.3081
CLOSE = 1e-3  # float16 rounds a weight by at most one part in 2,000
LABELS = [1, 4, 6]  # in this order they are offered


def models():
    torch.manual_seed(0)
    cnn = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(196, 10)
    )
    made = {"MLP": MLP(16), "CNN": cnn}
    for model in made.values():  # answers that depend on the image
        model[-1].weight.data *= 8
    return {name: model.eval() for name, model in made.items()}


def lab(made=None):
    return TurnLab(made or models(), digits(3), LABELS, mean=MEAN, std=STD)


def slide(page, degrees):
    page.get_by_role("slider").fill(str(degrees))


@pytest.mark.parametrize("degrees", [0, 1, 30, -45, 90, 137, 180, -180])
def test_probabilities_are_torchs_for_turned_digits(show, degrees):
    made = models()
    page = show(lab(made))
    for index, image in enumerate(digits(3)):
        page.get_by_role("combobox").select_option(index=index)
        slide(page, degrees)
        turned = turn_images(image[None], -degrees, -MEAN / STD)[0]
        assert np.abs(probabilities(page) - by_torch(made, turned)).max() < CLOSE
    assert probabilities(page).max() > 0.2  # the models have something to say: equal shares are 0.1


def test_a_digit_is_turned_first_and_moved_then(show):
    made = models()
    page = show(lab(made))
    image = page.locator("canvas")
    for _ in range(4):
        image.press("ArrowRight")
    page.get_by_role("checkbox", name="move").check()
    for key, times in (("ArrowDown", 9), ("ArrowLeft", 2)):
        for _ in range(times):
            image.press(key)
    turned = turn_images(digits(1), -20, -MEAN / STD)
    expected = by_torch(made, shift_images(turned, 9, -2, -MEAN / STD)[0])
    assert np.abs(probabilities(page) - expected).max() < CLOSE
    assert said(page).startswith("A 1, turned 20° clockwise, moved 2 left, 9 down.")
    image.press("Home")
    assert np.abs(probabilities(page) - by_torch(made, digits(1)[0])).max() < CLOSE
    assert "A 1, upright." in said(page)


def test_a_digit_is_dragged_around_its_middle(show):
    page = show(lab())
    box = page.locator("canvas").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(middle[0], middle[1] - 60)
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] - 60, steps=3)
    assert "turned 45° clockwise" in said(page)
    page.mouse.move(middle[0] + 60, middle[1] + 60, steps=5)
    page.mouse.move(middle[0] - 60, middle[1] + 60, steps=5)  # over the bottom: more than half a turn
    page.mouse.up()
    assert "turned 135° counter-clockwise" in said(page)
    page.mouse.move(middle[0], middle[1])
    assert "turned 135° counter-clockwise" in said(page)


def test_a_finger_turns_the_digit_and_not_the_page(show):
    page = show(lab(), has_touch=True, is_mobile=True)
    box = page.locator("canvas").bounding_box()
    finger = page.context.new_cdp_session(page)

    def touch(kind, *points):
        places = [
            {"x": box["x"] + box["width"] / 2 + x, "y": box["y"] + box["height"] / 2 + y} for x, y in points
        ]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    scrolled = page.evaluate("scrollY")
    touch("touchStart", (50, 0))
    for y in range(5, 55, 5):
        touch("touchMove", (50, y))
    touch("touchEnd")
    assert "turned 45° clockwise" in said(page)
    assert page.evaluate("scrollY") == scrolled


def test_a_press_on_a_strip_turns_the_digit_there_and_the_caption_tells_the_accuracy(show):
    figure = lab()
    page = show(figure)
    box = page.locator("[data-strip='1']").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + 20)
    assert "turned 90° clockwise" in said(page)
    share = 100 * figure.accuracy[:, ANGLES.index(90)]
    captions = page.locator("figcaption").all_inner_texts()
    assert captions == [
        f"{name}: right for {value:.1f} % of 3 images turned 90° clockwise"
        for name, value in zip(figure.layers, share, strict=True)
    ]
    markers = page.locator(".marker").evaluate_all("all => all.map(one => one.getAttribute('x1'))")
    assert markers == ["270", "270"]


def test_wrong_answers_are_called_wrong(show):
    made = models()
    page = show(lab(made))
    answer = by_torch(made, digits(3)[0]).argmax(axis=1)
    for name, best in zip(made, answer, strict=True):
        words = next(part for part in said(page).split(". ") if part.startswith(name))
        assert words.startswith(f"{name}: {best} (")
        assert words.rstrip(".").endswith("wrong") == (best != 1)


def test_everything_can_be_reached_by_keyboard_and_the_slider_says_where_it_is(show):
    page = show(lab())
    page.get_by_role("combobox").focus()
    reached = []
    for _ in range(5):
        reached.append(page.evaluate("document.activeElement.shadowRoot.activeElement.dataset.key"))
        page.keyboard.press("Tab")
    assert reached == ["pick", "upright again", "move", "image", "turn"]
    page.get_by_role("slider").press("ArrowRight")
    assert page.get_by_role("slider").get_attribute("aria-valuetext") == "turned 1° clockwise"
    page.get_by_role("slider").press("End")
    page.locator("canvas").press("ArrowUp")
    page.locator("canvas").press("ArrowDown")
    assert "turned 180° clockwise" in said(page)
    page.locator("canvas").press("ArrowRight")
    assert "turned 175° counter-clockwise" in said(page)  # once round


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1280, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing_and_nothing_sticks_out(show, theme, width):
    page = show(lab(), theme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    slide(page, -45)
    assert sticking_out(page) == []
    assert page.locator(".box").evaluate("e => e.scrollWidth - e.clientWidth") == 0
    assert axe_violations(page) == []


def test_without_scripts_the_table_stays(show):
    page = show(lab(), java_script_enabled=False)
    assert page.get_by_text("With JavaScript").count() == 1
    assert page.locator("table:visible").count() == 1
