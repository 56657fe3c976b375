"""The interactive figures in a browser: driven by pointer and keyboard, compared with torch."""

import os
import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from browser import SHELL, THEMES, axe_violations, open_page, sticking_out
from torch.nn import functional

from course_lib.geometry import Window, receptive_field
from course_lib.models import LinearClassifier
from course_lib.widgets import (
    ConvolutionStepper,
    GradientDescent,
    KernelEditor,
    MultiChannelStepper,
    ReceptiveFieldExplorer,
    ShiftLab,
)

pytestmark = pytest.mark.book

FOCUSED = "document.querySelector('[data-figure]').shadowRoot.activeElement?.ariaLabel"
BOOK = Path(os.environ.get("COURSE_BOOK", Path(__file__).parents[1]))


def figures():
    rng = np.random.default_rng(0)
    return (
        ConvolutionStepper(rng.integers(0, 5, (5, 6)), rng.integers(-2, 3, (3, 3)), stride=2, padding=1),
        ReceptiveFieldExplorer([Window(3, padding=1), Window(2, stride=2)]),
        KernelEditor(rng.random((40, 60))),
        ShiftLab(torch.rand(2, 1, 28, 28), {"linear": LinearClassifier()}, most_shift=3),
    )


def numbers(page, caption):
    """Read the table with this caption as an array."""
    rows = page.locator(f"table[role=grid]:has(caption:text('{caption}')) tr").all()
    cells = [[cell.inner_text() for cell in row.locator("td").all()] for row in rows]
    return np.array([[float(text.replace("\u2212", "-")) for text in row] for row in cells if row])


def test_the_stepper_agrees_with_torch_on_random_cases(show):
    rng = np.random.default_rng(3)
    for _ in range(12):
        image = rng.integers(-4, 5, rng.integers(4, 8, 2)).astype(float)
        kernel = rng.integers(-4, 5, rng.integers(1, 4, 2)).astype(float)
        page = show(ConvolutionStepper(image, kernel))
        stride, padding, dilation = (int(rng.integers(low, 3)) for low in (1, 0, 1))
        for name, value in (("stride", stride), ("padding", padding), ("dilation", dilation)):
            page.get_by_label(name, exact=True).select_option(str(value))
        flip = bool(rng.integers(2))
        page.get_by_label("flip the kernel (true convolution)").set_checked(flip)
        weights = kernel[::-1, ::-1].copy() if flip else kernel
        batch = (torch.from_numpy(array)[None, None] for array in (image, weights))
        settings = {"stride": stride, "padding": padding, "dilation": dilation}
        try:
            expected = functional.conv2d(*batch, **settings)[0, 0].numpy()
        except RuntimeError:  # torch refuses a kernel that does not fit
            assert "does not fit" in page.locator(".say").inner_text()
            continue
        np.testing.assert_array_equal(numbers(page, "Output"), expected, err_msg=str(settings))


def test_a_number_typed_into_the_stepper_counts_and_nonsense_does_not(show):
    page = show(ConvolutionStepper(np.zeros((3, 3)), np.ones((2, 2))))
    cell = page.get_by_label("Image, row 1, column 1")
    cell.fill("2.5")
    cell.press("Enter")
    np.testing.assert_array_equal(numbers(page, "Output"), np.full((2, 2), 2.5))
    cell.fill("many")
    cell.press("Enter")
    assert cell.get_attribute("aria-invalid") == "true"
    np.testing.assert_array_equal(numbers(page, "Output"), np.full((2, 2), 2.5))
    cell.blur()
    assert cell.get_attribute("aria-invalid") == "false"
    assert cell.input_value() == "2.5"


def test_what_is_typed_into_a_cell_replaces_its_number_at_once(show):
    page = show(ConvolutionStepper(np.zeros((3, 3)), np.ones((2, 2))))
    page.get_by_label("Image, row 1, column 1").click()
    page.keyboard.type("7")
    np.testing.assert_array_equal(numbers(page, "Output"), np.full((2, 2), 7.0))  # before the field is left
    page.keyboard.press("ArrowLeft")
    page.keyboard.type("1")
    assert page.get_by_label("Image, row 1, column 0").input_value() == "1"
    assert numbers(page, "Output")[0, 0] == 8


def test_flip_turns_the_kernel_that_is_shown(show):
    page = show(ConvolutionStepper(np.eye(4), np.arange(6).reshape(2, 3)))

    def kernel():
        return page.get_by_label("Kernel, row").evaluate_all("all => all.map(e => +e.value)")

    page.get_by_label("flip the kernel").check()
    assert kernel() == [5, 4, 3, 2, 1, 0]
    page.get_by_label("Kernel, row 0, column 0").fill("9")
    page.get_by_label("flip the kernel").uncheck()
    assert kernel() == [0, 1, 2, 3, 4, 9]


def test_the_stepper_steps_through_all_output_cells_and_resets(show):
    page = show(ConvolutionStepper(np.eye(3), np.ones((2, 2))))
    page.get_by_label("Image, row 0, column 0").fill("5")
    said = page.locator(".say")
    for i, j in ((0, 1), (1, 0), (1, 1), (0, 0), (0, 1)):
        page.get_by_role("button", name="step").click()
        assert said.inner_text().startswith(f"Output row {i}, column {j}: ")
    page.get_by_role("button", name="reset").click()
    assert said.inner_text() == "Output row 0, column 0: 1\u00b71 + 0\u00b71 + 0\u00b71 + 1\u00b71 = 2"


def test_a_product_has_the_colour_of_its_pixel_and_of_its_weight(show):
    page = show(ConvolutionStepper(np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2)))
    colour = "all => all.map(e => getComputedStyle(e).backgroundColor)"
    products = page.locator(".term").evaluate_all(colour)
    assert len(set(products)) == 4
    assert page.locator("td.on[data-cell^=x]").evaluate_all(colour) == products
    assert page.locator("td[data-cell^=k]").evaluate_all(colour) == products
    assert page.locator(".links line").count() == 4


def test_the_slash_of_a_fraction_reaches_the_field_and_not_the_page(show):
    page = show(KernelEditor(np.ones((9, 9))))
    page.evaluate(
        "addEventListener('keydown', e => { if (e.key === '/') { e.preventDefault(); window.stolen = 1; } })"
    )
    for row in range(3):
        for column in range(3):
            page.get_by_label(f"Kernel, row {row}, column {column}").click()
            page.keyboard.type("1/9")
    assert page.evaluate("window.stolen") is None
    said = page.locator(".say").inner_text()
    assert said.startswith("The nine numbers sum to 1,")
    assert page.locator("[data-key=preset]").input_value() == "blur"


def test_a_fraction_stays_as_it_was_typed_when_its_field_is_left(show):
    page = show(KernelEditor(np.full((9, 9), 0.2), np.zeros((3, 3))))
    field = page.get_by_label("Kernel, row 0, column 1")
    field.fill("-1/9")
    field.press("Tab")
    assert field.input_value() == "\u22121/9"
    assert page.locator(".products table").nth(1).locator("td").nth(1).inner_text().split() == [
        "51\u00b7\u22121/9", "=", "\u22125.667",
    ]  # fmt: skip
    stepper = show(ConvolutionStepper(np.eye(3), np.zeros((2, 2))))
    stepper.get_by_label("Kernel, row 0, column 0").fill("1/3")
    stepper.get_by_label("stride", exact=True).select_option("2")  # drawn again
    assert stepper.get_by_label("Kernel, row 0, column 0").input_value() == "1/3"


FAULTS = {
    "abc": "\u201cabc\u201d is no number: \u22121 stays. Write it like 2, -0.5 or 1/9.",
    "1/2/3": "\u201c1/2/3\u201d is no number: \u22121 stays. Write it like 2, -0.5 or 1/9.",
    "1/0": "Nothing can be divided by 0: \u22121 stays. Write it like 2, -0.5 or 1/9.",
    "1e99": "Too large for this figure: \u22121 stays. Write it like 2, -0.5 or 1/9.",
    "-": "", "1/": "", "": "",  # not yet a number
}  # fmt: skip


@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_wrong_with_an_entry_is_said_in_words_beside_its_field(show, width):
    editor = KernelEditor(np.random.default_rng(0).random((30, 40)))
    steppers = (
        ConvolutionStepper(np.eye(3), [[-1, 0], [0, 1]]),
        MultiChannelStepper(np.ones((1, 2, 2)), [[[[-1]]]], [0]),
    )
    for figure, name in zip((editor, *steppers), ("Kernel", "Kernel", "Kernel [0, 0]"), strict=True):
        page = show(figure)
        page.set_viewport_size({"width": width, "height": 900})
        field, words = page.get_by_label(f"{name}, row 0, column 0"), page.get_by_role("status")
        field.focus()
        assert words.count() == 1  # before it speaks
        for text, said in FAULTS.items():
            field.fill(text)
            assert words.inner_text() == said
            if said:
                box, place = words.bounding_box(), field.bounding_box()
                assert 0 <= box["y"] - place["y"] - place["height"] < 10
                assert 0 < box["x"] < place["x"] + place["width"] < box["x"] + box["width"] < width
        field.fill("abc")
        field.press("Tab")
        assert words.inner_text() == FAULTS["abc"]  # what has become of it is said where it has become so
        assert field.input_value() == "\u22121"
        page.keyboard.press("Shift")
        assert words.inner_text() == ""
        assert sticking_out(page) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_also_the_image_and_the_learning_rate_say_what_is_no_number(show, width):
    stepper = ConvolutionStepper(np.zeros((5, 5)), np.ones((3, 3)))
    for figure, name, good in (
        (stepper, "Image, row 4, column 4", "0"), (GradientDescent(np.eye(2)), "learning rate", "0.2"),
    ):  # fmt: skip
        page = show(figure)
        page.set_viewport_size({"width": width, "height": 900})
        page.get_by_label(name, exact=True).click()
        page.keyboard.type("x")
        words = page.get_by_role("status")
        said = f"\u201cx\u201d is no number: {good} stays. Write it like 2, -0.5 or 1/9."
        assert words.inner_text() == said
        page.mouse.click(5, 5)  # as who believes to be done
        assert words.inner_text() == said
        assert page.get_by_label(name, exact=True).input_value() == good


def test_a_learning_rate_that_climbs_or_stands_still_is_refused_in_words(show):
    page = show(GradientDescent(np.eye(2)))
    rate = page.get_by_label("learning rate", exact=True)
    for text in ("0", "-1"):
        rate.fill(text)
        assert page.get_by_role("status").inner_text() == "A learning rate is above 0: 0.2 stays."
        assert rate.get_attribute("aria-invalid") == "true"
    page.get_by_role("button", name="too large").click()
    chosen = rate.input_value()
    rate.focus()
    rate.blur()
    assert rate.input_value() == chosen != "0.2"  # and not what was typed last


@pytest.mark.parametrize("text", ["1/0", "1/", "/", "1/2/3", "", "abc", "1e99", "Infinity", "0x10"])
def test_what_is_no_number_is_marked_and_changes_nothing(show, text):
    page = show(KernelEditor(np.random.default_rng(0).random((9, 9))))
    before = page.locator(".say").inner_text()
    field = page.get_by_label("Kernel, row 0, column 0")
    field.fill(text)
    assert field.get_attribute("aria-invalid") == "true"
    assert page.locator(".say").inner_text() == before
    field.fill("\u22121,5")
    assert field.get_attribute("aria-invalid") == "false"
    assert "sum to \u22120.5" in page.locator(".say").inner_text()  # Sobel's \u22121 has become \u22121.5


def test_equal_and_different_figures_of_several_kernels_all_start(browser, tmp_path):
    # two kernels, and one object shown twice: nobody has counted the figures of this document
    images = [np.eye(3), np.eye(3), 2 * np.eye(3)]
    body = "".join(ConvolutionStepper(image, np.ones((2, 2)))._repr_html_() for image in images)
    file = tmp_path / "document.html"
    file.write_text(SHELL.format(style="", body=body), encoding="utf-8")
    page = open_page(browser, file).page
    texts = page.locator(".say").all_inner_texts()
    assert [text.split("= ")[1] for text in texts] == ["2", "2", "4"]
    page.get_by_label("Image, row 0, column 0").first.fill("5")
    assert [text.split("= ")[1] for text in page.locator(".say").all_inner_texts()] == ["6", "2", "4"]
    page.context.close()


def test_the_browsers_own_keys_are_left_alone(show):
    page = show(ConvolutionStepper(np.eye(3), np.ones((2, 2))))
    page.evaluate("addEventListener('keydown', e => { window.last = [e.key, e.defaultPrevented]; })")
    page.locator("[data-key='y0,0']").focus()
    for keys, key in (("Alt+ArrowRight", "ArrowRight"), ("Control+End", "End"), ("Control+k", "k")):
        page.keyboard.press(keys)
        assert page.evaluate("window.last") == [key, False]
    assert page.locator(".say").inner_text().startswith("Output row 0, column 0")


def test_the_stepper_is_walked_by_keys_and_says_its_sum(show):
    page = show(ConvolutionStepper(np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2)))
    page.locator("[data-key='y0,0']").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    said = page.locator("[aria-live=polite]").inner_text()
    # 4*0 + 5*1 + 7*2 + 8*3 = 43: Dive into Deep Learning's example
    assert said.startswith("Output row 1, column 1")
    assert said.endswith("= 43")
    assert page.locator("td.on[data-cell^=x]").count() == 4


def test_the_stepper_marks_what_the_floor_throws_away(show):
    page = show(ConvolutionStepper(np.ones((6, 6)), np.ones((3, 3)), stride=2, padding=1))
    # 8 padded rows, three windows read 7 of them: one row and one column are left, 8 + 8 - 1 cells
    assert page.locator("td.lost").count() == 15
    assert "Never read: the last row and the last column" in page.locator(".quiet").inner_text()


def test_the_explorer_agrees_with_the_formula_on_edited_stacks(show):
    page = show(ReceptiveFieldExplorer([Window(3)]))
    page.get_by_role("button", name="add a 3\u00d73 layer").click()
    windows = [(5, 2, 1, 2), (4, 3, 0, 1)]
    for layer, values in enumerate(windows, 1):
        for name, value in zip(("kernel", "stride", "padding", "dilation"), values, strict=True):
            field = page.get_by_label(f"{name} of layer {layer}")
            field.fill(str(value))
            field.press("Tab")
    expected = receptive_field([Window(*values) for values in windows])
    said = page.locator("[aria-live=polite]").inner_text()
    assert f"sees {expected.size}\u00d7{expected.size} input pixels" in said
    assert f"are {expected.jump} pixels apart" in said
    assert f"adds up to {expected.padding} " in said


def test_the_layers_of_the_explorer_fit_a_phone_and_the_shown_one_stands_out(show):
    page = show(ReceptiveFieldExplorer([Window(3, padding=1), Window(2, stride=2), Window(3)]))
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        wide, inside = page.locator(".layers").evaluate("e => [e.scrollWidth, e.clientWidth]")
        assert wide <= inside
        for name in ("field", "jump", "padding"):
            box = page.locator(f"td[data-name={name}]").first.bounding_box()
            assert box["x"] + box["width"] <= width
    page.get_by_label("Show a unit after layer 2").check()
    colours = page.locator(".layers tbody tr td:nth-child(3)").evaluate_all(
        "all => all.map(e => getComputedStyle(e).backgroundColor)"
    )
    assert colours[0] == colours[2] != colours[1]


@pytest.mark.parametrize("width", [390, 1280])
def test_the_layer_in_question_and_its_result_stay_in_sight(show, width):
    page = show(ReceptiveFieldExplorer([Window(3)] * 12))
    page.set_viewport_size({"width": width, "height": 844})
    rows, said = page.locator(".layers tbody tr"), page.locator(".say")

    def whole(row):
        inside, around = row.bounding_box(), page.locator(".layers").bounding_box()
        return around["y"] <= inside["y"] <= around["y"] + around["height"] - inside["height"]

    add = page.get_by_role("button", name="add a 3\u00d73 layer")
    add.click()
    assert rows.count() == 13
    assert whole(rows.nth(12))
    assert "27\u00d727 input pixels, 2 more per axis than one after layer 12" in said.inner_text()
    ends = rows.nth(12).bounding_box()
    assert ends["y"] + ends["height"] - add.bounding_box()["y"] < 844 - 60  # below the site's bar
    page.get_by_label("kernel of layer 12").fill("5")
    page.get_by_label("kernel of layer 12").press("Enter")
    assert whole(rows.nth(11))
    assert "29\u00d729" in said.inner_text()
    page.get_by_label("Remove layer 13").click()
    assert rows.count() == 12
    assert whole(rows.nth(11))
    assert page.evaluate(FOCUSED) == "Remove layer 12"
    page.get_by_label("Show a unit after layer 12").check()
    page.get_by_label("Remove layer 10").click()
    assert whole(rows.nth(9))
    assert page.evaluate(FOCUSED) == "Remove layer 10"
    assert said.inner_text().startswith("One unit after layer 11 ")  # the same unit as before
    page.get_by_label("stack").select_option("VGG-16")
    assert whole(rows.last)


@pytest.mark.parametrize(
    ("preset", "size"),
    [("AlexNet", 195), ("VGG-16", 212), ("ResNet-50 (paper)", 483), ("ResNet-50 (torchvision)", 427)],
)
def test_a_preset_ends_at_the_published_field(show, preset, size):
    page = show(ReceptiveFieldExplorer([Window(3)]))
    page.get_by_label("stack").select_option(preset)
    assert f"sees {size}\u00d7{size} input pixels" in page.locator("[aria-live=polite]").inner_text()
    assert page.locator("tbody tr").last.locator("td").nth(5).inner_text() == str(size)


def test_the_editor_paints_what_torch_computes(show):
    rng = np.random.default_rng(4)
    page = show(KernelEditor(rng.random((12, 15))))
    kernel = rng.integers(-3, 4, (3, 3)).astype(float)
    for (row, column), value in np.ndenumerate(kernel):
        cell = page.get_by_label(f"Kernel, row {row}, column {column}")
        cell.fill(str(value))
        cell.press("Enter")
    editor = KernelEditor(np.random.default_rng(4).random((12, 15)))
    batch = (torch.from_numpy(array)[None, None] for array in (editor.image / 255, kernel))
    response = functional.conv2d(*batch)[0, 0].numpy()
    painted = page.get_by_label("The response to the kernel").evaluate(
        "c => Array.from(c.getContext('2d').getImageData(0, 0, c.width, c.height).data)"
    )
    grey = np.array(painted).reshape(*response.shape, 4)[..., 0]
    expected = 127.5 + 127.5 * response / np.abs(response).max()
    assert response.min() < 0
    np.testing.assert_allclose(grey, expected, atol=1.01)  # a canvas holds whole levels
    assert f"to {response.max():.3f}".rstrip("0") in page.locator("[aria-live=polite]").inner_text()


def products(page):
    """The nine products of the editor as they are shown, as numbers, and the sum that is shown."""
    cells = page.locator(".products table").nth(1).locator("td").all_inner_texts()
    split = [re.split("\u00b7|=", text.replace("\u2212", "-")) for text in cells]
    pairs = np.array([[float(part) for part in parts] for parts in split])
    np.testing.assert_allclose(pairs[:, 0] * pairs[:, 1], pairs[:, 2])
    return pairs[:, :2], page.locator(".sum").inner_text().replace("\u2212", "-")


def test_a_pixel_of_the_editor_shows_its_nine_products_and_they_sum_to_what_torch_says(show):
    editor = KernelEditor(np.random.default_rng(4).random((12, 15)))
    page = show(editor)
    response = page.get_by_label("The response to the kernel")
    box = response.bounding_box()
    at = 3, 7  # of 10 x 13 pixels
    page.mouse.move(
        box["x"] + (at[1] + 0.5) * box["width"] / 13, box["y"] + (at[0] + 0.5) * box["height"] / 10
    )
    for row, column in (at, (3, 8), (4, 8)):
        pairs, said = products(page)
        window = editor.image[row : row + 3, column : column + 3].astype(float)
        np.testing.assert_array_equal(pairs[:, 0].reshape(3, 3), window)
        np.testing.assert_array_equal(pairs[:, 1].reshape(3, 3), editor.kernel)
        batch = (torch.from_numpy(array)[None, None] for array in (editor.image / 255, editor.kernel))
        value = functional.conv2d(*batch)[0, 0, row, column].item()
        assert said.startswith(f"sum: {pairs.prod(axis=1).sum():g}, and")
        assert float(said.split(" = ")[1]) == pytest.approx(value, abs=6e-4)  # three decimals are shown
        spoken = page.locator(".say").inner_text().replace("\u2212", "-")
        assert f"Response row {row}, column {column}: {window[0, 0]:g}\u00b7-1 + " in spoken
        assert spoken.endswith(said.removeprefix("sum: ") + ".")
        response.press("ArrowRight" if (row, column) == at else "ArrowDown")


def test_window_kernel_and_products_of_the_editor_have_the_same_nine_colours(show):
    page = show(KernelEditor(np.random.default_rng(4).random((12, 15))))
    colour = "all => all.map(e => getComputedStyle(e).backgroundColor)"
    kernel = page.locator("[aria-label=Kernel] td").evaluate_all(colour)
    assert len(set(kernel)) == 9
    assert page.locator(".products table").nth(1).locator("td").evaluate_all(colour) == kernel
    # the window's cells are filled by its greys; 30 % of their frame's colour is the kernel's
    frames = page.locator(".window td").evaluate_all(
        "all => all.map(e => getComputedStyle(e).borderTopColor)"
    )
    assert len(set(frames)) == 9


def test_the_window_of_the_editor_lies_in_the_photograph_where_the_pixel_says(show):
    page = show(KernelEditor(np.random.default_rng(4).random((12, 15))))
    before, after = page.locator("canvas").all()
    after.focus()
    for _ in range(3):  # into the corner, and no further
        page.keyboard.press("Shift+ArrowLeft")
        page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("ArrowDown")
    marks = [mark.bounding_box() for mark in page.locator(".screen i").all()]
    for canvas, mark, size, rows in ((before, marks[0], 3, 12), (after, marks[1], 1, 10)):
        box = canvas.bounding_box()
        pixel = box["height"] / rows
        assert mark["y"] - box["y"] == pytest.approx(pixel, abs=0.1)  # row 1
        assert mark["x"] == pytest.approx(box["x"], abs=0.1)  # column 0
        assert mark["height"] == pytest.approx(size * pixel, abs=0.1)
    # pointing into the photograph shows the window around that place
    box = before.bounding_box()
    page.mouse.move(box["x"] + 4.5 * box["width"] / 15, box["y"] + 6.5 * box["height"] / 12)
    assert "Response row 5, column 3: " in page.locator(".say").inner_text()


def test_the_editor_says_what_relu_makes_of_a_negative_sum(show):
    page = show(KernelEditor(np.ones((5, 5)), -np.ones((3, 3))))
    assert page.locator(".sum").inner_text().endswith("= \u22129")
    page.get_by_label("ReLU").check()
    assert page.locator(".sum").inner_text().endswith("= \u22129, and 0 after ReLU")


def test_the_shift_lab_is_moved_by_keys_and_says_what_the_model_answers(show):
    torch.manual_seed(0)
    image, model = torch.rand(1, 1, 28, 28), LinearClassifier()
    page = show(ShiftLab(image, {"linear": model}, most_shift=4, fill=0.0))
    page.locator("[data-key=image]").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    moved = torch.zeros_like(image)
    moved[:, :, 1:, 2:] = image[:, :, :-1, :-2]
    share, answer = model(moved).softmax(1)[0].max(0)
    said = page.locator("[aria-live=polite]").inner_text()
    assert said.startswith("Moved 2 right, 1 down. linear: ")
    assert f"linear: {answer.item()} (" in said
    # a byte for the probability, then whole percent
    assert abs(float(said.split("(")[1].split()[0]) - 100 * share.item()) <= 1
    page.keyboard.press("Home")
    assert page.locator("[aria-live=polite]").inner_text().startswith("Not moved.")


def test_pointing_at_a_map_shows_a_shift_and_pressing_keeps_it(show):
    page = show(ShiftLab(torch.rand(1, 1, 28, 28), {"a": LinearClassifier()}, most_shift=4, fill=0.0))
    said, box = page.locator(".say"), page.locator(".map").bounding_box()
    side = box["width"] / 9

    def at(down, right):
        return box["x"] + (right + 4.5) * side, box["y"] + (down + 4.5) * side

    page.mouse.move(*at(2, 1))
    assert said.inner_text().startswith("Moved 1 right, 2 down.")
    page.mouse.move(5, 5)
    assert said.inner_text().startswith("Not moved.")
    page.mouse.move(*at(-3, 0))
    page.mouse.down()
    page.mouse.move(*at(-1, -2), steps=4)
    assert said.inner_text().startswith("Moved 2 left, 1 up.")
    page.mouse.up()
    page.mouse.move(5, 5)
    assert said.inner_text().startswith("Moved 2 left, 1 up.")
    page.locator(".map").focus()
    page.keyboard.press("ArrowDown")
    assert said.inner_text().startswith("Moved 2 left.")
    page.keyboard.press("Home")
    assert said.inner_text().startswith("Not moved.")


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing(show, theme):
    page = show(*figures(), theme=theme)
    assert axe_violations(page) == []


def test_every_control_is_reached_by_the_tab_key(show):
    page = show(*figures())
    tables = page.locator("table[role=grid]").count()
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        key = page.evaluate(
            "() => { let e = document.activeElement; const id = e.dataset.figure;"
            " while (e.shadowRoot && e.shadowRoot.activeElement) e = e.shadowRoot.activeElement;"
            " return [id, e.dataset.key || '', e.closest('table[role=grid]') ? 'grid' : '']; }"
        )
        reached.add(tuple(key))
    keys = {key for _, key, _ in reached}
    assert {
        "stride",
        "padding",
        "dilation",
        "flip",
        "preset",
        "add",
        "relu",
        "show1",
        "remove0",
        "0,0",
    } <= keys
    assert len([1 for *_, grid in reached if grid]) == tables  # one tab stop for each grid


def test_without_scripts_the_static_figures_stay(show):
    page = show(*figures(), java_script_enabled=False)
    assert page.get_by_text("With JavaScript").count() == 4
    assert page.locator("table:visible").count() == 5
    assert page.locator("img:visible").count() == 1


CHAPTERS = sorted(
    path.stem
    for path in (BOOK / "chapters").glob("*.md")
    if "from course_lib.widgets import" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_figures_of_a_page_and_of_its_notebook_work(browser, tmp_path, chapter):
    notebook = nbformat.read(BOOK / f"_build/jupyter_execute/chapters/{chapter}.ipynb", as_version=4)
    outputs = [
        output["data"]["text/html"]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "course-widget" in output.get("data", {}).get("text/html", "")
    ]
    assert outputs
    file = tmp_path / "notebook.html"
    file.write_text(SHELL.format(style=THEMES["light"], body="".join(outputs)), encoding="utf-8")
    for place in (file, BOOK / f"_build/html/chapters/{chapter}.html"):
        opened = open_page(browser, place)
        page = opened.page
        assert page.locator(".course-widget").count() == len(outputs)
        assert page.locator(".course-widget .say").count() == len(outputs)
        assert all(text.strip() for text in page.locator(".course-widget .say").all_inner_texts())
        assert opened.problems == []
        page.context.close()
