"""The claims page against the chapters that the build executed: value, control and verdict of each claim."""

import os
import re
from pathlib import Path

import pytest
from browser import NARROW, WIDE, axe_violations, chromium_page, set_theme, sticking_out
from bs4 import BeautifulSoup

from sphinx_ext.claim_list import FILE, differences, read_claims, records

BOOK = Path(os.environ.get("COURSE_BOOK") or Path(__file__).resolve().parents[1])
BUILD = BOOK / "_build"

pytestmark = pytest.mark.book


@pytest.fixture(scope="module")
def claims():
    return read_claims(BOOK / FILE)


@pytest.fixture(scope="module")
def page():
    path = BUILD / "html/chapters/claims_measured.html"
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def is_offline(page):
    """Return which data set the page was written for; it says so itself."""
    offline, mnist = page.select(".claims-offline"), page.select(".claims-mnist")
    assert bool(offline) != bool(mnist)
    return bool(offline)


def test_the_file_says_what_the_chapters_measured(claims, page):
    executed = {path.stem: records(path) for path in (BUILD / "jupyter_execute/chapters").glob("*.ipynb")}
    complaints = differences(claims, executed, is_offline(page))
    assert complaints == [], "\n".join(complaints)


def test_the_page_shows_every_claim_once_with_value_and_control(claims, page):
    shown = {term.get_text(" ", strip=True): term.find_next("dd") for term in page.select(".claims dt")}
    assert sorted(shown) == sorted(f"“{claim.claim}”" for claim in claims)
    for claim in claims:
        text = re.sub(r"\s+", " ", shown[f"“{claim.claim}”"].get_text())
        for number in claim.on(is_offline(page))[:2]:
            assert number in text, f"{claim.id}: {number} does not stand on the page"


def test_every_claim_bears_the_verdict_that_it_is_counted_under(claims, page):
    offline = is_offline(page)
    chips = [chip.get_text().lower() for chip in page.select(".claims dd > p:first-child > .claim-verdict")]
    assert sorted(chips) == sorted(claim.on(offline)[2] for claim in claims)
    counted = [int(part.get_text().split()[0]) for part in page.select(".claims-bar > span")]
    assert sum(counted) == len(chips) - chips.count("open")


def test_bar_and_chips_can_be_read_in_both_themes_and_widths():
    with chromium_page() as browser_page:
        browser_page.goto((BUILD / "html/chapters/claims_measured.html").as_uri())
        for width in (WIDE, NARROW):
            browser_page.set_viewport_size({"width": width, "height": 900})
            assert sticking_out(browser_page) == []
            for theme in ("light", "dark"):
                set_theme(browser_page, theme)
                assert axe_violations(browser_page) == []
