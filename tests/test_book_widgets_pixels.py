"""The pixel lab in a browser: read and changed by pointer, finger and keys, compared with NumPy."""

from pathlib import Path

import numpy as np
import pytest
import torch
from browser import NARROW, PHONES, THEMES, axe_violations, open_page, small_targets, sticking_out
from test_book_playground import MEAN, STD, digits, said

from course_lib.widgets import PixelLab

pytestmark = pytest.mark.book

PAGE = Path(__file__).resolve().parents[1] / "_build/html/chapters/data_and_baselines.html"
LABELS = [4, 9, 7]
CLOSE = 1e-3  # of about 20: a mean is rounded to 1/65535, and the page keeps five digits


def means():
    """Ten blurred pictures, of which no two are alike."""
    return torch.stack([digits(6, seed=k).mean(dim=0) for k in range(10, 20)])


def lab(**settings):
    return PixelLab(digits(3), means(), labels=LABELS, mean=MEAN, std=STD, **settings)


def bytes_of(index):
    """A stored picture, (28, 28), from 0 to 255."""
    return np.round(255 * (digits(3)[index, 0].numpy().astype(float) * STD + MEAN))


def by_numpy(picture):
    """The distance of a picture in bytes to each mean, as the chapter measures it."""
    normalised = (picture / 255 - MEAN) / STD
    return np.linalg.norm((normalised - means()[:, 0].numpy().astype(float)).reshape(10, -1), axis=1)


def distances(page):
    return np.array(page.locator(".means li").evaluate_all("all => all.map(li => +li.dataset.distance)"))


def ink(page):
    read = "c => [...c.getContext('2d').getImageData(0, 0, 28, 28).data].filter((_, k) => k % 4 === 0)"
    return np.array(page.locator(".paper canvas").evaluate(read)).reshape(28, 28)


def numbers(page):
    """The 5 x 5 numbers beside the picture; None outside of it."""
    texts = page.locator(".numbers tbody td").all_inner_texts()
    return np.array([int(text) if text else None for text in texts]).reshape(5, 5)


def here(page):
    return page.locator(".here").inner_text()


def go(page, row, column, start=(14, 14)):
    """Walk the cursor from a place to another one."""
    paper = page.locator(".paper")
    for steps, less, more in (
        (row - start[0], "ArrowUp", "ArrowDown"),
        (column - start[1], "ArrowLeft", "ArrowRight"),
    ):
        for _ in range(abs(steps)):
            paper.press(more if steps > 0 else less)
    return paper


def middle(page, row, column):
    """Where a pixel lies on the screen."""
    box = page.locator(".paper canvas").bounding_box()
    return box["x"] + box["width"] * (column + 0.5) / 28, box["y"] + box["height"] * (row + 0.5) / 28


def test_distances_are_numpys_for_all_digits_and_after_changes(show):
    page = show(lab())
    for index, label in enumerate(LABELS):
        page.get_by_role("button", name=f"picture {index + 1}, labelled {label}").click()
        picture = bytes_of(index)
        np.testing.assert_array_equal(ink(page), picture)
        np.testing.assert_allclose(distances(page), by_numpy(picture), atol=CLOSE)
        for row, column in ((3, 4), (3, 5), (20, 11)):
            page.mouse.click(*middle(page, row, column))
            picture[row, column] = 0 if picture[row, column] >= 128 else 255
        np.testing.assert_array_equal(ink(page), picture)
        np.testing.assert_allclose(distances(page), by_numpy(picture), atol=CLOSE)
        order = np.argsort(by_numpy(picture))
        assert page.locator(".means li.on .name").all_inner_texts() == [str(order[0])]
        gap = np.diff(by_numpy(picture)[order[:2]])[0]
        far = page.locator(".nearest").inner_text()
        assert f"{order[0]} is nearest, at {by_numpy(picture)[order[0]]:.2f}; " in far
        assert far.endswith(f"then {order[1]}, {gap:.2f} further.")
        assert said(page).startswith(f"Labelled {label}, read as {order[0]}. Changed pixels: 3. ")


def test_the_task_counts_the_changed_pixels_and_remembers_the_fewest_that_were_enough(show):
    before, other = (int(k) for k in np.argsort(by_numpy(bytes_of(0)))[:2])
    # read as its label: the task is the class next to it
    page = show(PixelLab(digits(3), means(), labels=[before, 9, 7], mean=MEAN, std=STD))
    start = f"Labelled {before}, read as {before}. Changed pixels: 0. "
    task = f"Change as few as you can until it is read as {other}."
    assert said(page) == start + task
    target = (means()[:, 0] * STD + MEAN).mul(255).round().numpy()
    gains = (target[other] - target[before]) * (255 * (target[other] > target[before]) - bytes_of(0))
    changed = 0
    for q in np.argsort(-gains.ravel()):
        row, column = divmod(int(q), 28)
        value = bytes_of(0)[row, column]
        if (value < 128) != (target[other] > target[before])[row, column]:
            continue  # the pen gives dark pixels ink and takes it from bright ones
        page.mouse.click(*middle(page, row, column))
        changed += 1
        if np.argmin(distances(page)) != before:
            break
    now = int(np.argmin(distances(page)))
    assert now == other == np.argmin(by_numpy(ink(page)))
    done = f"Labelled {before}, read as {other}. Changed pixels: {{}}. Done; your fewest so far: {changed}."
    assert said(page) == done.format(changed)
    corner = middle(page, 27, 0)  # without ink in any mean: one more change, and the same answer
    page.mouse.click(*corner)
    assert said(page) == done.format(changed + 1)
    page.get_by_role("button", name="reset").click()
    assert said(page) == start + task
    np.testing.assert_array_equal(ink(page), bytes_of(0))


def test_a_picture_that_is_read_wrong_is_to_be_read_as_its_label(show):
    wrong = int(np.argsort(by_numpy(bytes_of(0)))[-1])
    page = show(PixelLab(digits(1), means(), labels=[wrong], mean=MEAN, std=STD))
    assert said(page).startswith(f"Labelled {wrong}, read as {np.argmin(by_numpy(bytes_of(0)))}. ")
    assert said(page).endswith(f" until it is read as {wrong}.")
    page = show(PixelLab(digits(1), means(), mean=MEAN, std=STD))  # nobody has said what it is
    assert said(page).startswith("Read as ")


def test_pointing_at_a_pixel_says_its_place_and_shows_its_neighbours(show):
    page, picture = show(lab()), bytes_of(0)
    row, column = (int(place[0]) for place in np.nonzero((picture > 0) & (picture < 255)))
    page.mouse.move(*middle(page, row, column))
    assert here(page) == f"Row {row}, column {column}: {picture[row, column]:.0f}."
    np.testing.assert_array_equal(numbers(page), picture[row - 2 : row + 3, column - 2 : column + 3])
    heads = page.locator(".numbers th").all_inner_texts()
    assert heads[:5] == [str(k) for k in range(column - 2, column + 3)]
    assert heads[5:] == [str(k) for k in range(row - 2, row + 3)]
    np.testing.assert_array_equal(ink(page), picture)  # pointing changes nothing


def test_in_a_corner_the_neighbours_outside_are_empty(show):
    page = show(lab())
    page.mouse.move(*middle(page, 0, 27))
    got = numbers(page)
    assert (got[:2] == None).all()  # noqa: E711
    assert (got[:, 3:] == None).all()  # noqa: E711
    assert (got[2:, :3] == 0).all()
    go(page, -5, 40, start=(0, 27))
    assert here(page) == "Row 0, column 27: 0."  # the cursor stays in the picture


def test_keys_alone_read_change_and_take_back(show):
    page, picture = show(lab()), bytes_of(0)
    row, column = (int(place[0]) for place in np.nonzero((picture > 128) & (picture < 255)))
    paper = go(page, row, column)
    value = int(picture[row, column])
    assert here(page) == f"Row {row}, column {column}: {value}."
    paper.press("Enter")
    assert here(page) == f"Row {row}, column {column}: 0, was {value}."
    assert "Changed pixels: 1." in said(page)
    assert page.locator(".marks rect").count() == 1
    paper.press("Space")
    assert here(page) == f"Row {row}, column {column}: {value}."
    assert "Changed pixels: 0." in said(page)
    for part in (".here", ".say"):
        assert page.locator(part).get_attribute("aria-live") == "polite"


def test_a_drag_paints_a_line_without_gaps_and_a_drag_over_ink_erases(show):
    page = show(lab())
    page.mouse.move(*middle(page, 2, 3))
    page.mouse.down()
    page.mouse.move(*middle(page, 2, 20))  # in one leap
    page.mouse.up()
    page.mouse.move(*middle(page, 25, 20))
    picture = bytes_of(0)
    picture[2, 3:21] = 255
    np.testing.assert_array_equal(ink(page), picture)
    np.testing.assert_allclose(distances(page), by_numpy(picture), atol=CLOSE)
    row, column = (int(place[0]) for place in np.nonzero(bytes_of(0) >= 128))
    page.mouse.move(*middle(page, row, column))
    page.mouse.down()
    page.mouse.move(*middle(page, row, column + 2), steps=4)
    page.mouse.up()
    assert (ink(page)[row, column : column + 3] == 0).all()


def test_home_end_and_the_page_keys_move_in_the_figure_and_not_the_page(show):
    page = show(lab())
    page.set_viewport_size({"width": 700, "height": 300})
    paper = go(page, 13, 14)
    page.evaluate("scrollTo(0, 60)")
    for key, place in (("Home", (13, 0)), ("End", (13, 27)), ("PageUp", (8, 27)), ("PageDown", (13, 27))):
        paper.press(key)
        assert here(page).startswith("Row {}, column {}: ".format(*place))
    for _ in range(4):
        paper.press("PageDown")
    assert here(page).startswith("Row 27, column 27: ")
    assert page.evaluate("scrollY") == 60


def test_a_mouse_paints_at_once_and_no_longer_when_the_button_is_released(show):
    page = show(lab())
    brush = page.get_by_role("button", name="Paint")
    assert brush.get_attribute("aria-pressed") == "true"
    brush.click()
    assert brush.get_attribute("aria-pressed") == "false"
    page.mouse.click(*middle(page, 4, 4))
    go(page, 5, 4, start=(4, 4)).press("Enter")
    assert here(page) == "Row 5, column 4: 0."
    assert "Changed pixels: 0." in said(page)


@pytest.mark.parametrize("looking", [False, True], ids=["paints", "looks"])
def test_a_finger_scrolls_the_page_until_paint_is_pressed(show, looking):
    page = show(lab(), has_touch=True, is_mobile=True)
    page.set_viewport_size({"width": 390, "height": 500})
    page.evaluate("document.body.style.minHeight = '9000px'")  # something to scroll to
    brush = page.get_by_role("button", name="Paint")
    assert brush.get_attribute("aria-pressed") == "false"
    if not looking:
        brush.tap()
        assert brush.get_attribute("aria-pressed") == "true"
    page.evaluate("scrollTo(0, 0)")
    (x, top), (_, bottom) = middle(page, 24, 5), middle(page, 10, 5)
    finger = page.context.new_cdp_session(page)

    def touch(kind, *points):
        places = [{"x": x, "y": y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    touch("touchStart", (x, top))
    for y in np.linspace(top, bottom, 12)[1:]:
        touch("touchMove", (x, float(y)))
    touch("touchEnd")
    if looking:
        page.wait_for_function("scrollY > 50", timeout=5000)
        assert "Changed pixels: 0." in said(page)
    else:
        assert (ink(page)[10:25, 5] == 255).all()
        assert page.evaluate("scrollY") == 0


def test_mouse_and_finger_of_one_machine_are_told_apart(show):
    page = show(lab(), has_touch=True)
    brush = page.get_by_role("button", name="Paint")
    page.touchscreen.tap(*middle(page, 4, 4))
    assert brush.get_attribute("aria-pressed") == "false"
    assert "Changed pixels: 0." in said(page)
    page.mouse.click(*middle(page, 4, 4))
    assert brush.get_attribute("aria-pressed") == "true"
    assert "Changed pixels: 1." in said(page)


def test_on_a_phone_digit_numbers_and_answer_are_on_one_screen(show):
    page = show(lab())
    page.set_viewport_size({"width": PHONES[0], "height": 844})
    tops = {name: page.locator(name).bounding_box() for name in (".paper", ".numbers", ".say")}
    ends = {name: box["y"] + box["height"] for name, box in tops.items()}
    assert 0 < tops[".numbers"]["y"] - ends[".paper"] < 20
    assert ends[".say"] - tops[".paper"]["y"] < 650  # of 844, the page's head and the bar of a browser less


def test_every_control_is_reached_by_the_tab_key(show):
    page = show(lab())
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.shadowRoot.activeElement.dataset.key"))
    assert reached == ["p0", "p1", "p2", "Paint", "reset", "paper"]
    page.locator("[data-key=p1]").press("Enter")
    pressed = [page.locator(f"[data-key=p{k}]").get_attribute("aria-pressed") for k in range(3)]
    assert pressed == ["false", "true", "false"]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("width", [1280, PHONES[0], NARROW])
def test_axe_finds_nothing_nothing_sticks_out_and_fingers_meet_all(show, theme, width):
    page = show(lab(), theme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    page.mouse.click(*middle(page, 3, 3))
    assert sticking_out(page) == []
    assert small_targets(page) == []
    assert page.locator(".box").evaluate("e => e.scrollWidth - e.clientWidth") == 0
    sizes = page.locator(".box :is(td, th, span, p, button, label)").evaluate_all(
        "all => all.map(e => parseFloat(getComputedStyle(e).fontSize))"
    )
    assert min(sizes) >= 9
    assert axe_violations(page) == []


def test_nothing_moves_when_pixels_change(show):
    page = show(lab())
    page.set_viewport_size({"width": PHONES[0], "height": 900})
    tall = page.locator(".box").bounding_box()["height"]
    for column in range(6, 20):
        page.mouse.click(*middle(page, 12, column))
        assert page.locator(".box").bounding_box()["height"] == tall


def test_without_scripts_the_picture_and_its_distances_stay(show):
    page = show(lab(), java_script_enabled=False)
    assert page.get_by_text("With JavaScript").is_visible()
    assert page.locator("img:visible").count() == 1
    shown = [float(text) for text in page.locator("td").all_inner_texts()]
    np.testing.assert_allclose(shown, by_numpy(bytes_of(0)), atol=0.051)  # one decimal


def test_the_first_chapter_is_changed_within_two_minutes_of_reading(browser):
    opened = open_page(browser, PAGE)
    page = opened.page
    words = page.locator("article").evaluate(
        """article => {
        const before = document.createRange();
        before.setStart(article, 0);
        before.setEndBefore(article.querySelector(".course-widget"));
        const part = before.cloneContents();
        part.querySelectorAll("script, style, .cell_input, .above-input").forEach(code => code.remove());
        return part.textContent.split(/\\s+/).filter(word => /\\w/.test(word)).length;
    }"""
    )
    assert 100 < words < 400  # 200 a minute
    assert said(page).startswith("Labelled 4, read as 4. Changed pixels: 0. ")
    figure = page.locator(".course-widget").first
    figure.locator(".paper").press("Enter")
    assert "Changed pixels: 1." in said(page)
    page.context.close()
    assert opened.problems == []


def test_nothing_floats_over_a_live_figure_on_a_phone(browser):
    opened = open_page(browser, PAGE)
    page, top = opened.page, opened.page.locator("#pst-back-to-top")
    page.set_viewport_size({"width": PHONES[0], "height": 844})

    def scroll_back(to):
        """Scroll a little up, which is what brings the button."""
        for by in (60, -40):
            page.evaluate("([to, by]) => scrollTo(0, to + by)", [to, by])
            page.wait_for_timeout(150)

    figure = page.locator(".course-widget").first
    scroll_back(page.evaluate("document.body.scrollHeight") - 2000)
    assert top.is_visible()
    scroll_back(figure.evaluate("e => e.getBoundingClientRect().top + scrollY"))
    page.wait_for_function("document.documentElement.matches('.live-figure')")
    assert top.is_hidden()
    page.context.close()
    assert opened.problems == []
