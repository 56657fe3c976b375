"""The ways to run a chapter stand in one place of its first screen, on a laptop and on a telephone."""

import pytest
from browser import NARROW, WIDE
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
