"""The digit playground in a browser: drawn on by pointer and keys, compared with torch."""

import numpy as np
import pytest
import torch
from browser import NARROW, THEMES, axe_violations, sticking_out
from torch import nn

from course_lib.architectures import measure
from course_lib.data import load_mnist, shift_images
from course_lib.models import MLP, FastCNN, LinearClassifier, SimpleCNN
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, train
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


def take(page, index):
    """Lay a stored digit on the paper."""
    stored_digit(page, index).click()


def stored_digit(page, index):
    return page.get_by_role("button", name=f"stored digit {chr(ord('A') + index)}")


@pytest.fixture(scope="module")
def handwriting():
    """The digits that ship with scikit-learn, and four models that have learned from them for a moment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_OFFLINE", "1")
        patch.setenv("COURSE_DATA", "nowhere")
        data = load_mnist()
    data = data.map_images(  # to whole numbers of 1/255, as every picture of MNIST has them
        lambda x: ((x * data.std + data.mean).mul(255).round() / 255 - data.mean) / data.std
    )
    made = {}
    for name, build in {"linear": LinearClassifier, "MLP": MLP, "CNN": SimpleCNN, "FastCNN": FastCNN}.items():
        set_seed(0)
        made[name] = build()
        train(made[name], data, TrainConfig(num_epochs=2, batch_size=64))
    return data, {name: model.eval() for name, model in made.items()}


@pytest.mark.parametrize("part", range(10))
def test_probabilities_are_torchs_for_200_stored_digits_and_their_shifts(part, handwriting, show):
    data, made = handwriting
    images = data.test_images[20 * part : 20 * part + 20]
    page = show(DigitPlayground(made, images, mean=data.mean, std=data.std))
    page.get_by_role("checkbox", name="move the digit").check()
    paper, most = page.locator("canvas.paper"), 0
    for index, image in enumerate(images):
        take(page, index)
        assert np.abs(probabilities(page) - by_torch(made, image)).max() < CLOSE
        down, right = index % 5 - 2, index % 7 - 3
        for key, count in (
            ("ArrowDown", down),
            ("ArrowUp", -down),
            ("ArrowRight", right),
            ("ArrowLeft", -right),
        ):
            for _ in range(count):
                paper.press(key)
        moved = shift_images(image[None], down, right, data.background)[0]
        expected = by_torch(made, moved)
        assert np.abs(probabilities(page) - expected).max() < CLOSE
        most = max(most, expected.max())
    assert most > 0.9  # the models have something to say


def test_three_models_answer_in_a_few_times_what_their_multiplications_take(handwriting, show):
    data, made = handwriting
    three = {name: made[name] for name in ("linear", "MLP", "CNN")}
    page = show(DigitPlayground(three, data.test_images[:1], mean=data.mean, std=data.std))
    count = sum(measure(model, (1, 28, 28)).multiply_adds for model in three.values())
    # Timed in turn with four times as many in a plain loop, about as long: a slow or busy machine changes
    # both alike; the fastest of each counts.
    ratio = page.locator("canvas.paper").evaluate(
        """(paper, count) => {
        const box = paper.getBoundingClientRect();
        paper.setPointerCapture = () => {}; // a made-up pointer cannot be captured
        const send = (kind, k) => paper.dispatchEvent(new PointerEvent(kind, {
            bubbles: true, clientX: box.x + 40 + 3 * k, clientY: box.y + 60 + 2 * k, pointerId: 1 }));
        const [one, other] = [new Float32Array(1024).fill(0.5), new Float32Array(1024).fill(0.25)];
        const multiply = () => {
            let sum = 0;
            for (let k = 0; k < 4 * count; k++) sum += one[k & 1023] * other[k & 1023];
            return sum;
        };
        const milliseconds = (act) => {
            const start = performance.now();
            act();
            return performance.now() - start;
        };
        send("pointerdown", 0);
        const answers = [], products = [];
        for (let k = 1; k < 60; k++) {
            answers.push(milliseconds(() => send("pointermove", k)));
            products.push(milliseconds(multiply));
        }
        return (4 * Math.min(...answers)) / Math.min(...products);
    }""",
        count,
    )
    assert 0.5 < ratio < 20


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
        take(page, index)
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


def test_a_digit_is_drawn_with_a_finger(show):
    page = show(DigitPlayground(models()), has_touch=True, is_mobile=True)
    empty, box = ink(page), page.locator("canvas.paper").bounding_box()
    finger = page.context.new_cdp_session(page)

    def touch(kind, *points):
        places = [{"x": box["x"] + x, "y": box["y"] + y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    scrolled = page.evaluate("scrollY")
    touch("touchStart", (100, 60))
    for y in range(70, 210, 10):
        touch("touchMove", (100, y))
    touch("touchEnd")
    drawn = ink(page)
    column = int(100 / box["width"] * 28)
    assert (drawn[8:20, column] == 255).all()
    assert drawn.sum() > empty.sum()
    assert page.evaluate("scrollY") == scrolled  # the paper is drawn on, not pushed away


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


def test_the_stored_digit_on_the_paper_is_marked_until_something_is_drawn(show):
    page = show(DigitPlayground(models(), digits(3)))
    marked = [stored_digit(page, k).get_attribute("aria-pressed") for k in range(3)]
    assert marked == ["true", "false", "false"]
    stored_digit(page, 2).press("Enter")
    assert stored_digit(page, 2).get_attribute("aria-pressed") == "true"
    expected = np.round(255 * (digits(3)[2, 0].numpy() * STD + MEAN))
    np.testing.assert_array_equal(ink(page), expected)
    page.locator("canvas.paper").press("Space")
    assert page.locator(".stored [aria-pressed=true]").count() == 0


def test_the_first_stroke_replaces_the_digit_that_lies_there_and_adds_to_a_chosen_one(show):
    page = show(DigitPlayground(models(), digits(3)))
    paper = page.locator("canvas.paper")
    paper.press("Space")
    drawn = ink(page)
    rest = np.ones((28, 28), bool)
    rest[11:18, 11:18] = False
    assert drawn[14, 14] == 255
    assert drawn[rest].max() == 0
    stored_digit(page, 2).press("Enter")
    chosen = ink(page)
    paper.press("ArrowUp")
    paper.press("Space")
    assert chosen[rest].sum() > 0
    np.testing.assert_array_equal(ink(page)[rest], chosen[rest])


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
