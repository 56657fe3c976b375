"""The card of a page that is shared: its address in the page's head, its picture in the site."""

import numpy as np
from PIL import Image
from sphinx_project import build

from sphinx_ext import brand

PAGES = {
    "index.md": "# A book\n\n*What is it?*\n\n```{toctree}\n:numbered: 1\nconvolution\n```\n",
    "convolution.md": "# Convolution\n\n*What is left?*\n\nText.\n",
}
EXTENSIONS = ["myst_nb", "sphinx_ext.page_metadata", "sphinx_ext.chapter_numbers", "sphinx_ext.brand"]


def test_a_site_with_an_address_has_a_card_for_each_page(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_SITE_URL", "https://example.org/book")
    site, warnings = build(tmp_path, PAGES, EXTENSIONS, project="A book", nb_execution_mode="off")
    assert warnings == ""
    page = (site / "convolution.html").read_text()
    address = "https://example.org/book/_static/cards/convolution.png"
    assert f'<meta property="og:image" content="{address}" />' in page
    assert '<meta property="og:image:alt" content="1 Convolution: A book" />' in page
    assert page.count('name="twitter:card"') == 1
    with Image.open(site / "_static/cards/convolution.png") as card:
        assert card.size == (1200, 630)
    assert (site / "_static/cards/index.png").stat().st_size < 100_000
    with Image.open(site / "_static/cards/index.png") as card:  # the book's own names it once
        np.testing.assert_array_equal(card, brand.draw_card("A book", "What is it?", book=""))


def test_without_an_address_there_is_no_card(tmp_path):
    site, _ = build(tmp_path, PAGES, EXTENSIONS, nb_execution_mode="off")
    assert "og:image" not in (site / "convolution.html").read_text()
    assert not (site / brand.FOLDER).exists()


def test_the_longest_title_and_question_stay_on_the_card():
    card = np.asarray(brand.draw_card("12 " + "Shapes and cost " * 2, "How large is it? " * 5, "A book"))
    ground = card == np.array(brand.mixed(0))
    assert ground.all(axis=-1)[-20:].all()
    assert ground.all(axis=-1)[:, -20:].all()
    assert not ground.all()
