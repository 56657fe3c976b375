"""The digit playground in a browser: drawn on by pointer and keys, compared with torch."""

import numpy as np
import pytest
import torch
from browser import NARROW, THEMES, axe_violations, sticking_out
from torch import nn

from course_lib.data import shift_images
from course_lib.models import MLP, LinearClassifier, SimpleCNN
from course_lib.widgets import DigitPlayground

pytestmark = pytest.mark.book

MEAN, STD = 0.1307, 0.3081
CLOSE = 1e-3  # float16 rounds a weight by at most one part in 2,000


def digits(count, seed=0):
    """Images with strokes, whose brightness is a whole number of 1/255, normalised."""
    rng = np.random.default_rng(seed)
    brightness = np.zeros((count, 1, 28, 28), np.float32)
    for image in brightness:
        row, column = rng.integers(6, 14, 2)
        image[0, row : row + 10, column : column + 3] = rng.integers(100, 256, (10, 3)) / 255
        image[0, row : row + 3, column : column + 8] = rng.integers(100, 256, (3, 8)) / 255
    return torch.from_numpy((brightness - MEAN) / STD)


def models():
    torch.manual_seed(0)
    return {"linear": LinearClassifier().eval(), "MLP": MLP().eval(), "CNN": SimpleCNN().eval()}


def probabilities(page):
    """What every row of the figure says, (num_models, 10)."""
    rows = "rows => rows.map(row => [...row.querySelectorAll('td')].map(td => +td.dataset.probability))"
    return np.array(page.locator("tr[data-model]").evaluate_all(rows))


def by_torch(made, image):
    with torch.no_grad():
        return torch.stack([model(image[None]).softmax(dim=1)[0] for model in made.values()]).numpy()


def said(page):
    return page.locator("p.say").inner_text()


def test_probabilities_are_torchs_for_stored_digits_and_their_shifts(show):
    made, images = models(), digits(12)
    page = show(DigitPlayground(made, images))
    page.get_by_role("checkbox", name="move the digit").check()
    for index, image in enumerate(images):
        page.locator("select").select_option(label="ABCDEFGHIJKL"[index])
        assert np.abs(probabilities(page) - by_torch(made, image)).max() < CLOSE
        paper = page.locator("canvas.paper")
        for _ in range(index % 4):
            paper.press("ArrowDown")
            paper.press("ArrowLeft")
        moved = shift_images(image[None], index % 4, -(index % 4), -MEAN / STD)[0]
        assert np.abs(probabilities(page) - by_torch(made, moved)).max() < CLOSE


def test_pooled_heads_and_batch_normalisation_are_computed_too(show):
    torch.manual_seed(1)
    layers = (
        nn.Conv2d(1, 4, 5, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.AvgPool2d(3),
        nn.Conv2d(4, 10, 3), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(10, 10),
    )  # fmt: skip
    model = nn.Sequential(*layers)
    model(torch.rand(8, 1, 28, 28))  # running averages other than 0 and 1
    made, images = {"odd": model.eval()}, digits(3)
    page = show(DigitPlayground(made, images))
    for index, image in enumerate(images):
        page.locator("select").select_option(label="ABCDEFGHIJKL"[index])
        assert np.abs(probabilities(page) - by_torch(made, image)).max() < CLOSE


def test_a_digit_is_drawn_with_the_pointer(show):
    page = show(DigitPlayground(models()))
    assert "The paper is empty" in said(page)
    empty, box = probabilities(page), page.locator("canvas.paper").bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 60, steps=4)
    page.mouse.move(box["x"] + 100, box["y"] + 240, steps=4)
    page.mouse.up()
    assert np.abs(probabilities(page) - empty).max() > 1e-3
    assert said(page).startswith("linear: ")
    page.get_by_role("button", name="clear").click()
    np.testing.assert_allclose(probabilities(page), empty)


def ink(page, name="paper"):
    """The brightness of a canvas, (28, 28), from 0 to 255."""
    read = "c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, k) => k % 4 === 0)"
    return np.array(page.locator(f"canvas.{name}").evaluate(read)).reshape(28, 28)


def test_a_digit_is_drawn_and_moved_with_keys_alone(show):
    page = show(DigitPlayground({"linear": LinearClassifier()}))
    paper = page.locator("canvas.paper")
    paper.press("Space")
    for _ in range(5):
        paper.press("ArrowDown")
    paper.press("Space")
    page.get_by_role("checkbox", name="move the digit").check()
    drawn = ink(page)
    assert drawn[14:20, 14].min() == 255  # from the middle five pixels down
    assert drawn[:12].max() == 0
    paper.press("ArrowRight")
    np.testing.assert_array_equal(ink(page), np.roll(drawn, 1, axis=1))


def test_centring_moves_what_the_models_see_and_not_the_paper(show):
    images = shift_images(digits(1), -4, -4, -MEAN / STD)
    page = show(DigitPlayground({"linear": LinearClassifier()}, images))
    before, seen = ink(page), ink(page, "seen")
    np.testing.assert_array_equal(before, seen)
    page.get_by_role("checkbox", name="centre it for the models").check()
    np.testing.assert_array_equal(ink(page), before)
    rows, columns = np.indices((28, 28))
    after = ink(page, "seen")
    assert abs((rows * after).sum() / after.sum() - 14) <= 0.51
    assert abs((columns * after).sum() / after.sum() - 14) <= 0.51


def test_feature_maps_are_shown_on_demand_where_a_model_has_some(show):
    page = show(DigitPlayground(models(), digits(1)))
    assert page.locator("canvas.map").count() == 0
    page.get_by_role("checkbox", name="feature maps").check()
    assert page.locator("canvas.map").count() == 16
    assert (
        show(DigitPlayground({"linear": LinearClassifier()}))
        .get_by_role("checkbox", name="feature maps")
        .count()
        == 0
    )


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_nothing_sticks_out_and_axe_finds_nothing(theme, show):
    page = show(DigitPlayground(models(), digits(2)), theme=theme)
    page.set_viewport_size({"width": NARROW, "height": 900})
    page.get_by_role("checkbox", name="feature maps").check()
    assert sticking_out(page) == []
    assert axe_violations(page) == []
