"""What the cells of the built pages printed: no line is cut off on a laptop."""

import os
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

SITE = Path(os.environ.get("COURSE_BOOK") or Path(__file__).resolve().parents[1]) / "_build/html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.glob("chapters/*.html"))
# Characters of 8.1 px that fit at 1280 px, where the text is 720 px wide; a box takes some of that.
FIT, FIT_IN_A_BOX = 84, 80

pytestmark = pytest.mark.book


def cut_off(page):
    """Return the lines of a page's outputs (streams, values, listings, tracebacks) that do not fit."""
    found = []
    for printed in page.select(".cell_output .output pre"):
        fit = FIT_IN_A_BOX if printed.find_parent(class_="admonition") else FIT
        found += [line for line in printed.get_text().splitlines() if len(line) > fit]
    return found


@pytest.mark.parametrize("name", ["index.html", "playground.html", *PAGES])
def test_no_printed_line_is_cut_off_on_a_laptop(name):
    page = BeautifulSoup((SITE / name).read_text(encoding="utf-8"), "html.parser")
    assert cut_off(page) == []


@pytest.mark.parametrize(
    ("kind", "fit"), [("section", FIT), ("admonition", FIT_IN_A_BOX)], ids=["text", "exercise"]
)
def test_the_rule_finds_one_character_too_many(kind, fit):
    lines = "x" * fit + "\n" + "y" * (fit + 1)
    output = f'<div class="cell_output"><div class="output stream"><pre>{lines}</pre></div></div>'
    page = BeautifulSoup(f'<div class="{kind}">{output}</div>', "html.parser")
    assert cut_off(page) == ["y" * (fit + 1)]
