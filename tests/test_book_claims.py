"""The claims page against the chapters that the build executed: value, control and verdict of each claim."""

import os
import re
from pathlib import Path

import pytest
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
