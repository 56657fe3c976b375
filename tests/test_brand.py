"""The card of a page that is shared: its address in the page's head, its picture in the site."""

from pathlib import Path
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from sphinx_project import build

from sphinx_ext import brand

PAGES = {
    "index.md": "# A book\n\n*What is it?*\n\n```{toctree}\n:numbered: 1\nconvolution\n```\n",
    "convolution.md": "# Convolution\n\n*What is left?*\n\nText.\n",
    "notes.md": "---\norphan: true\n---\n\n# Notes\n\nText.\n",
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
    with Image.open(site / "_static/cards/notes.png") as card:  # a page without a question
        np.testing.assert_array_equal(card, brand.draw_card("Notes", "", "A book"))


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


def test_words_stand_on_a_card_in_their_sizes_one_line_below_the_other():
    title, question = (
        "7 Padding, stride and dilation",
        "How large is the output, and what does it cost to compute it?",
    )
    drawn = Image.new("RGB", (1200, 630), (11, 83, 148))
    draw, fonts = ImageDraw.Draw(drawn), Path(matplotlib.get_data_path(), "fonts/ttf")
    for words, place, size, font in [
        ("A book", (260, 122), 34, "DejaVuSans.ttf"),
        ("7 Padding, stride and", (80, 280), 64, "DejaVuSans-Bold.ttf"),
        ("dilation", (80, 360), 64, "DejaVuSans-Bold.ttf"),
        ("How large is the output, and what does it cost", (80, 464), 40, "DejaVuSans.ttf"),
        ("to compute it?", (80, 514), 40, "DejaVuSans.ttf"),
    ]:
        draw.text(place, words, (255, 255, 255), ImageFont.truetype(fonts / font, size))
    card = brand.draw_card(title, question, "A book")
    mark = (80, 80, 226, 226)
    card.paste(0, mark)
    drawn.paste(0, mark)
    np.testing.assert_array_equal(card, drawn)


@pytest.mark.parametrize(("lengths", "lines"), [((13, 13), 1), ((13, 14), 2)])
def test_a_line_of_a_title_holds_27_letters_and_one_of_a_question_46(monkeypatch, lengths, lines):
    drawn = []
    monkeypatch.setattr(ImageDraw.ImageDraw, "text", lambda self, place, words, *rest: drawn.append(words))
    wide = [length + more for length, more in zip(lengths, (9, 10), strict=True)]
    brand.draw_card(*[" ".join("a" * length for length in both) for both in (lengths, wide)])
    assert len(drawn) == 1 + 2 * lines


def test_the_mark_is_nine_round_cells_the_brighter_the_nearer_to_the_middle():
    card = brand.draw_card("Title")
    corner, side, middle = (48, 109, 164), (121, 160, 196), (255, 255, 255)  # 15, 45, 100 % of white
    centres = [
        [card.getpixel((102 + 50 * column, 102 + 50 * row)) for column in range(3)] for row in range(3)
    ]
    assert centres == [[corner, side, corner], [side, middle, side], [corner, side, corner]]
    along = [card.getpixel((x, 152)) for x in (79, 80, 124, 125, 129, 130, 174, 175)]
    ground = (11, 83, 148)
    assert along == [ground, side, side, ground, ground, middle, middle, ground]
    below = [card.getpixel((152, y)) for y in (79, 80, 124, 125, 129, 130, 174, 175)]
    assert below == along
    assert [card.getpixel((80 + k, 80 + k)) for k in (0, 1, 2, 3)] == [ground, ground, corner, corner]


@pytest.mark.parametrize(
    ("error", "kind", "address"),
    [(OSError(), "html", "https://a/"), (None, "notebooks", "https://a/"), (None, "html", "")],
    ids=["a-failed-build", "no-site", "no-address"],
)
def test_cards_are_drawn_only_for_a_whole_site_with_an_address(tmp_path, error, kind, address):
    config = SimpleNamespace(ogp_site_url=address)
    app = SimpleNamespace(builder=SimpleNamespace(format=kind), config=config, outdir=str(tmp_path))
    brand.write_cards(app, error)
    assert list(tmp_path.iterdir()) == []


def test_the_words_of_a_card_are_added_to_what_a_page_says_of_itself():
    titles = {"a/page": SimpleNamespace(astext=lambda: "Page")}
    env = SimpleNamespace(found_docs={"a/page"}, titles=titles, toc_secnumbers={})
    app = SimpleNamespace(env=env, config=SimpleNamespace(ogp_site_url="https://a.org/", project="A book"))
    tag = '<meta name="twitter:card" content="summary_large_image" />\n'
    image = {"og:image": "https://a.org/_static/cards/a-page.png", "og:image:alt": "Page: A book"}
    context = {"meta": {"description": "d"}, "metatags": "<meta />"}
    brand.name_card(app, "a/page", "page.html", context, None)
    assert context == {"meta": {"description": "d", **image}, "metatags": f"<meta />{tag}"}
    for before in ({}, {"meta": None}):
        brand.name_card(app, "a/page", "page.html", before, None)
        assert before == {"meta": image, "metatags": tag}
    brand.name_card(app, "search", "search.html", context := {}, None)
    assert context == {}


def test_the_folder_of_the_cards_is_made_and_may_be_there(tmp_path):
    config, site = SimpleNamespace(ogp_site_url="https://a/"), tmp_path / "new" / "site"
    env = SimpleNamespace(found_docs=set())
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), config=config, outdir=str(site), env=env)
    for _ in range(2):
        brand.write_cards(app, None)
        assert (site / brand.FOLDER).is_dir()
