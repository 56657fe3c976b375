"""The printed book, read back."""

import re
import unicodedata
from pathlib import Path

import pytest
from pypdf import PdfReader

from sphinx_ext.paper import parts_of

pytestmark = pytest.mark.book

BOOK = Path(__file__).resolve().parents[1]
PDF = BOOK / "_build/html/from-linear-models-to-cnns.pdf"
CHAPTERS = [name for _, names in parts_of(BOOK / "_toc.yml")[1:] for name in names]


@pytest.fixture(scope="module")
def reader():
    if not PDF.exists():
        pytest.fail("There is no printed book: make pdf")
    return PdfReader(PDF)


@pytest.fixture(scope="module")
def bookmarks(reader):
    """The bookmarks of the first level: title and number of the page."""
    tops = [entry for entry in reader.outline if not isinstance(entry, list)]
    return [(entry.title, reader.get_destination_page_number(entry) + 1) for entry in tops]


@pytest.fixture(scope="module")
def texts(reader):
    return [page.extract_text() for page in reader.pages]


def pictures_of(page):
    """Return how many pictures a page shows, without decoding them."""
    objects = page.get("/Resources", {}).get("/XObject", {})
    return sum(objects[name].get("/Subtype") == "/Image" for name in objects)


def squeezed(text):
    """Return a text without white space and ligatures: a line may break anywhere."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def test_the_book_is_light_enough_to_send(reader):
    assert PDF.stat().st_size <= 25_000_000
    assert len(reader.pages) > 10 * len(CHAPTERS)


def test_every_chapter_has_a_bookmark_that_leads_to_its_title(texts, bookmarks):
    assert len(bookmarks) >= 1 + len(CHAPTERS)  # the book's own title comes first
    for title, number in bookmarks:
        assert squeezed(title) in squeezed(texts[number - 1]), (title, number)


def test_the_contents_name_the_page_on_which_each_chapter_begins(texts, bookmarks):
    contents = squeezed(texts[1])
    listed = [f"{squeezed(title)}{number}" for title, number in bookmarks[-len(CHAPTERS) :]]
    assert [entry for entry in listed if entry not in contents] == []


def test_every_page_has_its_number(texts):
    numbers = [text.split()[-1] for text in texts]
    assert numbers == [str(number) for number in range(1, len(texts) + 1)]


def test_links_lead_into_the_book_or_to_a_real_address(reader):
    inside, outside = set(), set()
    for page in reader.pages:
        for annotation in page.get("/Annots", []):
            link = annotation.get_object()
            if "/Dest" in link:
                inside.add(str(link["/Dest"]))
            elif "/A" in link and "/URI" in link["/A"]:
                outside.add(str(link["/A"]["/URI"]))
    assert len(inside) > 100
    assert inside <= set(reader.named_destinations)
    assert outside
    assert [address for address in outside if not address.startswith(("https://", "http://"))] == []


def test_formulas_and_figures_are_printed(reader, texts):
    assert not any(
        "\\frac" in text or "\\theta" in text for text in texts
    )  # no formula was left as its source
    assert sum(map(pictures_of, reader.pages)) > 40
