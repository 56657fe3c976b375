"""The figures of a trained network in a browser: driven by pointer and keyboard, compared with torch."""

import numpy as np
import pytest
import test_book_widgets as figures
import torch
from browser import THEMES, axe_violations, open_page, play_by_hand, sticking_out
from torch.nn import functional

from course_lib.numpy_cnn import tiny_cnn
from course_lib.widgets import FilterTimeline, TinyCNNLive

pytestmark = pytest.mark.book

NAMES = ("vertical", "horizontal", "diagonal")
ROUNDED = 6e-4  # numbers show three decimals; float32 adds less than 1e-5


def network(seed, filters=3, classes=3):
    """A network with random biases, so that none can be forgotten unseen."""
    made = tiny_cnn(filters, classes, seed=seed)
    for parameter in made.parameters()[1::2]:
        parameter[...] = np.random.default_rng(seed).normal(0, 0.5, parameter.shape)
    return made


def live(*seeds, image=None, classes=3, **sizes):
    """The figure of random networks, one for each epoch 0, 10, 20, ..."""
    snapshots = {10 * n: network(seed, classes=classes, **sizes).parameters() for n, seed in enumerate(seeds)}
    return TinyCNNLive(snapshots, [f"class {k}" for k in range(classes)], image)


def ink(strength, *pixels):
    """An image (8, 8) that is zero but for some pixels (row, column)."""
    image = np.zeros((8, 8))
    for pixel in pixels:
        image[pixel] = strength
    return image


def number(text):
    return float(text.split()[-1 if text.split()[0].isalpha() else 0].replace("\u2212", "-"))


def numbers(page, selector):
    """Read the numbers of all these elements: what a screen reader says, or else what stands there."""
    texts = page.locator(selector).evaluate_all("all => all.map(e => e.ariaLabel || e.textContent)")
    return np.array([number(text) for text in texts])


def said(page, name="say"):
    return page.locator(f"p.{name}").inner_text()


def by_torch(parameters, image):
    """Every activation, computed by torch, under the names that the figure's tables have."""
    kernels, biases, weights, offsets = (torch.from_numpy(np.array(values)) for values in parameters)
    x = torch.from_numpy(image.reshape(1, 1, 8, 8))
    c = functional.conv2d(x, kernels, biases)
    p = functional.max_pool2d(c.relu(), 2)
    z = functional.linear(p.flatten(1), weights, offsets)
    w = weights.unflatten(1, (-1, 9)).transpose(0, 1)  # (F, num_classes, 9): a row of tables each
    sums = (w * p.flatten(2)[0][:, None]).sum(dim=2)  # (F, num_classes)
    maps = {"x": x, "k": kernels, "c": c, "r": c.relu(), "p": p, "w": w}
    return maps | {"h": sums, "z": z, "y": z.softmax(1)}


def assert_shows(page, parameters, image):
    """Compare every number in the page with torch and with numpy_cnn."""
    expected = by_torch(parameters, image)
    for name in "xkcrpw":
        got = numbers(page, f"table.{name} td")
        np.testing.assert_allclose(got, expected[name].flatten(), atol=ROUNDED, err_msg=name)
    ours = tiny_cnn(len(parameters[1]), len(parameters[3]), seed=0).load(parameters)
    trace = ours.trace(image.reshape(1, 1, 8, 8))
    for name, layer in {"c": "Conv2d", "r": "ReLU", "p": "MaxPool2d"}.items():
        np.testing.assert_allclose(numbers(page, f"table.{name} td"), trace[layer].ravel(), atol=ROUNDED)
    np.testing.assert_allclose(numbers(page, "td.z"), trace["Linear"][0], atol=ROUNDED)
    np.testing.assert_allclose(numbers(page, "td.z"), expected["z"][0], atol=ROUNDED)
    np.testing.assert_allclose(numbers(page, "td.y") / 100, expected["y"][0], atol=ROUNDED)
    hundredth = 6e-3  # biases and sums show two decimals
    np.testing.assert_allclose(numbers(page, "[data-at^=b]"), parameters[1], atol=hundredth)
    np.testing.assert_allclose(numbers(page, "td.o"), parameters[3], atol=hundredth)
    np.testing.assert_allclose(numbers(page, "[data-at^=h]"), expected["h"].flatten(), atol=hundredth)


@pytest.mark.parametrize("seed", range(8))
def test_the_live_network_computes_what_torch_and_numpy_compute(show, seed):
    rng = np.random.default_rng(seed)
    filters, classes = int(rng.integers(1, 6)), int(rng.integers(2, 6))
    image = rng.normal(0.3, 0.6, (8, 8))
    page = show(live(seed, filters=filters, classes=classes, image=image))
    assert_shows(page, network(seed, filters, classes).parameters(), image)


def test_the_live_network_shows_114_numbers_and_says_so(show):
    page = show(live(1))
    shown = sum(page.locator(place).count() for place in ("table.k td", "[data-at^=b]", "table.w td", "td.o"))
    assert shown == 114
    legend = page.locator("details.quiet")
    assert legend.get_attribute("open") is None  # what one changes and what it changes come first
    legend.locator("summary").click()
    assert "114 numbers" in legend.inner_text()


def test_the_slider_goes_through_the_epochs_of_the_live_network(show):
    page = show(live(1, 2, 3))
    slider, line = page.get_by_role("slider", name="epoch"), ink(1, *((i, 3) for i in range(8)))
    slider.focus()
    for key, epoch, seed in (("Home", 0, 1), ("ArrowRight", 10, 2), ("End", 20, 3)):
        page.keyboard.press(key)
        assert_shows(page, network(seed).parameters(), line)
        assert said(page).startswith(f"Epoch {epoch}: class ")
        assert slider.get_attribute("aria-valuetext") == f"epoch {epoch}"


def test_a_filter_set_back_has_its_first_kernel_and_bias_and_nothing_else_changes(show):
    image = np.random.default_rng(0).random((8, 8))
    page = show(live(1, 2, image=image))
    page.get_by_role("button", name="reset to initial").nth(1).click()
    mixed = network(2).parameters()
    for values, first in zip(mixed[:2], network(1).parameters(), strict=False):
        values[1] = first[1]
    assert_shows(page, mixed, image)
    page.get_by_role("button", name="back to trained").click()
    assert_shows(page, network(2).parameters(), image)


def pixel(page, row, column):
    return page.locator("table.x td").nth(8 * row + column)


def test_a_pointer_draws_without_gaps_and_takes_ink_away(show):
    page = show(live(1))
    page.get_by_role("button", name="clear").click()
    pixel(page, 1, 0).hover()
    page.mouse.down()
    pixel(page, 1, 7).hover()  # one jump over six pixels
    pixel(page, 4, 7).hover()
    page.mouse.up()
    pixel(page, 6, 2).hover()  # without the button nothing is drawn
    drawn = ink(1, *((1, j) for j in range(8)), (2, 7), (3, 7), (4, 7))
    assert_shows(page, network(1).parameters(), drawn)
    pixel(page, 1, 3).click()
    drawn[1, 3] = 0
    assert_shows(page, network(1).parameters(), drawn)
    page.get_by_role("button", name="vertical line").click()
    assert_shows(page, network(1).parameters(), ink(1, *((i, 3) for i in range(8))))


def test_a_stroke_that_begins_outside_the_image_draws_nothing(show):
    page = show(live(1))
    page.get_by_role("button", name="clear").click()
    page.locator("p.say").hover()
    page.mouse.down()
    pixel(page, 2, 2).hover()
    pixel(page, 5, 5).hover()
    page.mouse.up()
    assert_shows(page, network(1).parameters(), ink(1))


def test_a_finger_draws(show):
    page = show(live(1), has_touch=True)
    page.get_by_role("button", name="clear").tap()
    pixel(page, 2, 5).tap()
    drag = page.context.new_cdp_session(page)
    for kind, column in (("touchStart", 1), ("touchMove", 2), ("touchMove", 4), ("touchEnd", None)):
        box = pixel(page, 6, column or 0).bounding_box()
        place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        points = [] if column is None else [place]
        drag.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    drawn = ink(1, (2, 5), *((6, j) for j in range(1, 5)))
    assert_shows(page, network(1).parameters(), drawn)


def test_keys_draw_with_the_brightness_that_was_chosen(show):
    page = show(live(1))
    page.get_by_role("button", name="clear").click()
    page.get_by_role("slider", name="brightness").focus()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    pixel(page, 3, 3).focus()
    for key in ("ArrowDown", " ", "End", "Enter", "Home", "Enter", "Enter"):
        page.keyboard.press(key)
    assert_shows(page, network(1).parameters(), ink(0.7, (4, 3), (4, 7)))


def test_a_hidden_square_is_zero_and_its_effect_is_said(show):
    rng = np.random.default_rng(3)
    image = rng.random((8, 8))
    page = show(live(4, image=image))
    parameters = network(4).parameters()
    page.get_by_label("occlude").check()
    whole = by_torch(parameters, image)["y"][0].numpy()
    for row, column, move in ((5, 2, "pointer"), (0, 7, "focus"), (1, 7, "ArrowDown")):
        cell = pixel(page, row, column)
        if move == "pointer":
            cell.hover()
        elif move == "focus":
            cell.focus()
        else:
            page.keyboard.press(move)
        covered = image.copy()
        covered[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2] = 0
        assert_shows(page, parameters, covered)
        assert page.locator("td.lost").count() == (covered == 0).sum()
        change = 100 * (by_torch(parameters, covered)["y"][0].numpy() - whole)[whole.argmax()]
        words = said(page)
        assert words.startswith(f"Epoch 0: class {whole.argmax()}, {100 * whole.max():.1f} %.")
        assert abs(number(words.split("a change of ")[1]) - change) < 1e-3  # points, three decimals
    page.keyboard.press(" ")  # with a square hidden, nothing is drawn
    page.get_by_label("occlude").uncheck()
    assert_shows(page, parameters, image)
    assert "hatched" not in said(page)


def test_an_answer_that_an_occlusion_turns_is_said(show):
    parameters = tiny_cnn(1, 2, seed=0).parameters()
    kernel, bias, weights, offsets = parameters
    kernel[...], bias[...], weights[...], offsets[...] = 0, 0, 0, (0, 1)
    kernel[0, 0, 1, 1] = 1  # the map is the image without its border
    weights[0] = 3  # a single bright pixel gives 3 against 1
    page = show(TinyCNNLive({0: parameters}, ["dot", "nothing"], ink(1, (3, 3))))
    assert said(page).startswith("Epoch 0: dot, 88.1 %.")  # 1 / (1 + exp(-2)) = 0.8808
    page.get_by_label("occlude").check()
    pixel(page, 2, 2).hover()
    assert "26.9 %" in said(page)  # 1 / (1 + exp(1)) = 0.2689
    assert said(page).endswith("the answer is now nothing.")
    assert page.locator("td.y.on").inner_text() == "73.1 %"


@pytest.mark.parametrize(
    ("kind", "index", "sources", "words"),
    [
        pytest.param("k", 4, "", "filter 1, row 1, column 1: 2", id="weight"),
        pytest.param("c", 7, "x", "convolved, row 1, column 1: 1\u00b72 + bias 0.5 = 2.5", id="convolution"),
        pytest.param("r", 0, "c", "ReLU, row 0, column 0: max(0, 0.5) = 0.5", id="relu"),
        pytest.param("p", 0, "r", "pooled, row 0, column 0: max(0.5, 0.5, 0.5, 2.5) = 2.5", id="pool"),
        pytest.param("w", 9, "p", "column 0: pooled 2.5 gives \u22122.5 by the weight \u22121", id="linear"),
    ],
)  # fmt: skip
def test_every_number_says_where_it_comes_from(show, kind, index, sources, words):
    parameters = tiny_cnn(1, 2, seed=0).parameters()
    kernel, bias, weights, _ = parameters
    kernel[...], bias[...], weights[...] = 0, 0.5, -1
    kernel[0, 0, 1, 1] = 2
    page = show(TinyCNNLive({0: parameters}, ["a", "b"], ink(1, (2, 2))))
    for reach in ("hover", "focus"):
        page.get_by_role("button", name="clear").hover()
        getattr(page.locator(f"table.{kind} td").nth(index), reach)()
        assert words in said(page, "look")
        count = {"": 0, "x": 9, "c": 1, "r": 4, "p": 1}[sources]
        assert page.locator("td.src").count() == count
        assert page.locator(f"table.{sources or 'x'} td.src").count() == count


def focused(page):
    """What has the focus: its table's or its own kind, and its place."""
    return page.evaluate(
        "() => { let e = document.activeElement; while (e.shadowRoot) e = e.shadowRoot.activeElement;"
        " return e.matches('td') ? [e.closest('table').className, e.parentNode.rowIndex, e.cellIndex]"
        " : [e.tagName, e.textContent || e.type]; }"
    )


def test_arrow_keys_go_from_one_table_of_a_filter_to_the_next(show):
    page = show(live(1))
    page.locator("table.k td").first.focus()
    kinds = [focused(page)[0]]
    for _ in range(26):
        page.keyboard.press("ArrowRight")
        kinds += focused(page)[:1] if focused(page)[0] != kinds[-1] else []
    assert kinds == ["k", "c", "r", "p", "w"]
    assert page.locator(".f").first.locator("td[tabindex='0']").count() == 1
    assert "\u00d7 class 2, row 0, column 2" in said(page, "look")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    assert "\u00d7 class 1, row 0, column 0" in said(page, "look")


def test_the_tab_key_reaches_every_control_and_each_filter_once(show):
    page = show(live(1, 2))
    reached = []
    for _ in range(13):
        page.keyboard.press("Tab")
        reached.append(focused(page))
    filters = [["k", 0, 0], ["BUTTON", "reset to initial"]] * 3
    assert reached[:6] == [
        ["INPUT", "range"], ["BUTTON", "vertical line"], ["BUTTON", "clear"], ["x", 3, 3],
        ["INPUT", "range"], ["INPUT", "checkbox"],
    ]  # fmt: skip
    assert reached[6:12] == filters


def timeline(**settings):
    rng = np.random.default_rng(6)
    kernels = {epoch: rng.normal(size=(3, 1, 3, 3)) for epoch in (0, 1, 5)}
    return FilterTimeline(kernels, **settings), kernels


def test_the_timeline_shows_the_kernels_and_cosines_of_every_epoch(show):
    figure, kernels = timeline(accuracy={0: 1 / 3, 5: 0.95})
    page = show(figure)
    page.get_by_role("slider", name="epoch").focus()
    for key, epoch in (("Home", 0), ("ArrowRight", 1), ("End", 5)):
        page.keyboard.press(key)
        # two decimals
        np.testing.assert_allclose(numbers(page, "[role=grid] td"), kernels[epoch].ravel(), atol=5.1e-3)
        first, now = (torch.from_numpy(kernels[e]).flatten(1) for e in (0, epoch))
        expected = functional.cosine_similarity(first, now)
        # a float16 has eleven bits: 5e-4 of a number
        captions = page.locator("figcaption").all_inner_texts()
        assert all(text.startswith("cosine with epoch 0: ") for text in captions)
        np.testing.assert_allclose([number(t.split(": ")[1]) for t in captions], expected, atol=1e-3)
        known = {0: "Epoch 0, validation accuracy 33.3 %.", 1: "Epoch 1. Cosine", 5: "accuracy 95.0 %."}
        assert known[epoch] in said(page)


def test_a_number_has_one_colour_at_all_epochs_and_its_sign_chooses_which(show):
    kernels = {0: [1, -1, 2, 0], 1: [4, -4, 2, 0], 2: [1, -2, 2, 0]}
    page = show(FilterTimeline({e: np.reshape(k, (1, 1, 2, 2)).astype(float) for e, k in kernels.items()}))
    page.get_by_role("slider", name="epoch").focus()
    colours, opacity = {}, {}
    for key, epoch in (("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2)):
        page.keyboard.press(key)
        shown = page.locator("[role=grid] td").evaluate_all(
            "all => all.map(e => getComputedStyle(e).backgroundColor)"
        )
        for value, colour in zip(kernels[epoch], shown, strict=True):
            assert colours.setdefault(value, colour) == colour
            opacity[value] = float(colour.rstrip(")").split("/")[-1])
    assert opacity[0] == 0
    assert opacity[4] == opacity[-4] > 0.5
    for value in (1, -1, 2, -2):  # proportional; a color-mix has a tenth of a percent
        assert opacity[value] == pytest.approx(abs(value) / 4 * opacity[4], abs=1e-3)
    hue = {value: colour.split("/")[0] for value, colour in colours.items()}
    assert hue[1] == hue[4] != hue[-1] == hue[-4]


def test_play_goes_through_the_epochs_and_can_be_stopped(show):
    page = show(timeline()[0], own_window=True)
    play_by_hand(page)
    button = page.get_by_role("button", name="play")
    button.click()
    assert said(page).startswith("Epoch 0.")
    page.get_by_role("button", name="pause").click()
    page.clock.run_for(5000)  # longer than a tick
    assert said(page).startswith("Epoch 0.")
    button.click()
    assert said(page).startswith("Epoch 1.")
    page.clock.run_for(5000)
    assert said(page).startswith("Epoch 5.")
    assert button.is_visible()  # it has stopped by itself
    assert page.locator("p.say").get_attribute("aria-live") == "polite"


def test_with_reduced_motion_the_button_takes_one_step(show):
    page = show(timeline()[0], own_window=True)
    page.clock.install()
    assert page.get_by_role("button", name="play").count() == 0
    for epoch in (0, 1, 5, 0):
        page.get_by_role("button", name="step").click()
        page.clock.run_for(5000)
        assert said(page).startswith(f"Epoch {epoch}.")


def test_the_slider_of_the_timeline_is_as_long_as_the_training(show):
    rng = np.random.default_rng(7)
    page = show(FilterTimeline({epoch: rng.normal(size=(1, 1, 3, 3)) for epoch in range(81)}))
    slider = page.get_by_role("slider", name="epoch")
    assert [slider.get_attribute(name) for name in ("min", "max")] == ["0", "80"]
    slider.focus()
    page.keyboard.press("Home")
    for epoch in range(1, 81):
        page.keyboard.press("ArrowRight")
        assert slider.get_attribute("aria-valuetext") == f"Epoch {epoch}"


def test_epochs_that_were_not_kept_are_skipped_in_both_directions(show):
    page = show(timeline()[0])  # 0, 1 and 5
    slider = page.get_by_role("slider", name="epoch")
    slider.fill("3")
    assert slider.input_value() == "1"  # down from 5
    slider.fill("2")
    assert slider.input_value() == "5"  # up from 1
    x = page.locator("polyline").first.evaluate("line => [...line.points].map(p => p.x)")
    assert (x[1] - x[0]) / (x[2] - x[0]) == pytest.approx(1 / 5, abs=1e-3)


def test_ink_is_bright_as_in_every_image_of_the_book(show):
    for theme in THEMES:
        page = show(live(1, image=ink(1, (3, 3))), theme=theme)
        colours = [
            pixel(page, *at).evaluate("e => getComputedStyle(e).backgroundColor") for at in ((3, 3), (0, 0))
        ]
        assert colours == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]


def test_on_a_phone_one_filter_is_shown_with_cells_for_fingers(show):
    page = show(live(1, 2))
    page.set_viewport_size({"width": 360, "height": 740})
    page.reload()
    shown = page.locator(".f:visible")
    assert shown.count() == 1
    page.get_by_role("button", name="filter 3").click()
    assert shown.get_attribute("aria-label") == "Filter 3"
    targets = page.locator("td[tabindex]:visible, button:visible, input:visible, summary:visible")
    boxes = targets.evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(r => [r.width, r.height])"
    )
    assert np.min(boxes) >= 24
    assert page.locator(".box").bounding_box()["height"] < 1400
    assert sticking_out(page) == []


def test_a_dead_filter_has_no_cosine_and_one_epoch_has_nothing_to_play(show):
    page = show(FilterTimeline({3: np.zeros((1, 1, 2, 3))}))
    assert page.locator("figcaption").inner_text() == "cosine with epoch 3: none, a filter of zeros"
    assert all(button.is_disabled() for button in page.get_by_role("button").all())


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1280, 360], ids=["wide", "narrow"])
def test_axe_finds_nothing_and_nothing_sticks_out(show, theme, width):
    rng = np.random.default_rng(1)
    figures = (timeline()[0], live(1, 2, image=rng.normal(0, 1, (8, 8))))
    page = show(*figures, theme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_label("occlude").check()
    assert sticking_out(page) == []
    boxes = page.locator(".box").evaluate_all("all => all.map(e => e.scrollWidth - e.clientWidth)")
    assert boxes == [0, 0]
    assert axe_violations(page) == []


def test_without_scripts_the_filters_stay(show):
    page = show(timeline()[0], live(1, 2), java_script_enabled=False)
    assert page.get_by_text("With JavaScript").count() == 2
    assert page.locator("table:visible").count() == 3 + 3 + 1


def test_the_laboratory_shows_both_figures(browser):
    page = open_page(browser, figures.BOOK / "_build/html/chapters/laboratory.html").page
    for label in (FilterTimeline.label, TinyCNNLive.label):
        assert page.get_by_role("group", name=label).count() == 1
    page.context.close()
