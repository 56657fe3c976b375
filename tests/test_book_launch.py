"""A chapter's first screen on a laptop and on a telephone: the ways to run it, its strip, its first words."""

import pytest
from browser import NARROW, PHONES, WIDE
from test_book_site import SITE

PAGE = SITE / "chapters/receptive_fields.html"
pytestmark = pytest.mark.book


@pytest.mark.parametrize("width", [WIDE, 769, 768, NARROW])
def test_each_way_to_run_a_chapter_is_seen_once(opened, width):
    opened.set_viewport_size({"width": width, "height": 800})
    links = opened.locator(":is(.launch-buttons, .chapter-ways) a")
    seen = [link.get_attribute("href") for link in links.all() if link.is_visible()]
    assert len(seen) == 3
    assert len(set(seen)) > 1  # where there is no address of a repository, two lead to the same page


@pytest.mark.parametrize("name", ["linear_models", "receptive_fields", "claims_measured"])
def test_on_a_telephone_the_first_words_begin_in_the_upper_half_of_the_screen(opened, name):
    opened.set_viewport_size({"width": PHONES[0], "height": 844})
    opened.goto((SITE / f"chapters/{name}.html").as_uri())
    # where the small digits stand in, a note says so before all else, and is never folded
    opened.evaluate("document.querySelectorAll('.data-note').forEach(note => note.remove())")
    words = opened.locator(".chapter-strip + *").bounding_box()
    assert words["y"] < 844 / 2


def test_on_a_telephone_the_strip_unfolds_with_a_key_and_a_laptop_shows_all_of_it(opened):
    opened.set_viewport_size({"width": PHONES[0], "height": 844})
    handle, part = opened.locator(".strip-fold > summary"), opened.locator(".strip-part").first
    assert not part.is_visible()
    handle.press("Enter")
    assert part.is_visible()
    handle.press("Enter")
    opened.set_viewport_size({"width": WIDE, "height": 800})
    assert part.is_visible()
    assert not handle.is_visible()
