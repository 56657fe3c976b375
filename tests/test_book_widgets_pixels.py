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
        assert f"then {order[1]}, {gap:.2f} further." in said(page)


def test_a_picture_becomes_another_class_and_the_sentence_says_what_it_was(show):
    page = show(lab())
    before = int(np.argmin(by_numpy(bytes_of(0))))
    target = (means()[:, 0] * STD + MEAN).mul(255).round().numpy()
    other = int(np.argsort(by_numpy(bytes_of(0)))[1])
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
    assert said(page).startswith(f"Changed pixels: {changed}. Nearest mean: {now} (it was {before}), at ")
    assert np.argmin(by_numpy(ink(page))) == now
    page.get_by_role("button", name="reset").click()
    assert said(page).startswith(f"Changed pixels: 0. Nearest mean: {before}, at ")
    np.testing.assert_array_equal(ink(page), bytes_of(0))


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
    assert said(page).startswith("Changed pixels: 1.")
    assert page.locator(".marks rect").count() == 1
    paper.press("Space")
    assert here(page) == f"Row {row}, column {column}: {value}."
    assert said(page).startswith("Changed pixels: 0.")
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


def test_who_only_looks_changes_nothing(show):
    page = show(lab())
    page.get_by_role("checkbox", name="only look").check()
    page.mouse.click(*middle(page, 4, 4))
    go(page, 5, 4, start=(4, 4)).press("Enter")
    assert here(page) == "Row 5, column 4: 0."
    assert said(page).startswith("Changed pixels: 0.")


@pytest.mark.parametrize("looking", [False, True], ids=["paints", "only-looks"])
def test_a_finger_paints_or_if_it_only_looks_scrolls_the_page(show, looking):
    page = show(lab(), has_touch=True)
    page.set_viewport_size({"width": 390, "height": 500})
    page.get_by_role("checkbox", name="only look").set_checked(looking)
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
        assert said(page).startswith("Changed pixels: 0.")
    else:
        assert (ink(page)[10:25, 5] == 255).all()
        assert page.evaluate("scrollY") == 0


def test_every_control_is_reached_by_the_tab_key(show):
    page = show(lab())
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.shadowRoot.activeElement.dataset.key"))
    assert reached == ["p0", "p1", "p2", "reset", "look", "paper"]
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
    figure = page.locator(".course-widget").first
    assert said(page).startswith("Changed pixels: 0. Nearest mean: 4, at ")
    figure.locator(".paper").press("Enter")
    assert said(page).startswith("Changed pixels: 1.")
    page.context.close()
    assert opened.problems == []
