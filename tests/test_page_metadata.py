"""What a page says about itself in its head."""

from docutils import nodes
from sphinx_project import build

from sphinx_ext import data_note, page_metadata

EXTENSIONS = ["myst_nb", "sphinx_ext.page_metadata"]
OPENING = "# Title\n\nHow far does a sum get?\nWith $x^2$ farther.\nNot to the end.\n"


def test_the_description_is_the_opening_without_formulas(tmp_path):
    site, _ = build(tmp_path, {"index.md": OPENING}, EXTENSIONS, myst_enable_extensions=["dollarmath"])
    page = (site / "index.html").read_text()
    assert '<meta name="description" content="How far does a sum get? Not to the end." />' in page
    assert '<meta property="og:description" content="How far does a sum get? Not to the end." />' in page
    assert "og:url" not in page
    assert "og:image" not in page
    assert 'name="description"' in (site / "search.html").read_text()


def test_the_author_s_own_description_wins(tmp_path):
    own = "---\nmyst:\n  html_meta:\n    description: My own words.\n---\n"
    site, _ = build(tmp_path, {"index.md": own + OPENING}, EXTENSIONS)
    page = (site / "index.html").read_text()
    assert page.count('name="description"') == 1
    assert '<meta property="og:description" content="My own words." />' in page


def test_the_address_comes_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_SITE_URL", "https://example.org/book")
    site, _ = build(tmp_path, {"index.md": OPENING}, EXTENSIONS)
    page = (site / "index.html").read_text()
    assert '<meta property="og:url" content="https://example.org/book/index.html" />' in page
    assert '<link rel="canonical" href="https://example.org/book/index.html" />' in page
    assert "https://example.org/book/index.html" in (site / "sitemap.xml").read_text()


def test_a_long_opening_is_cut_between_words():
    paragraph = nodes.paragraph("", "word " * 100)
    text = page_metadata.description_of(nodes.section("", paragraph))
    assert len(text) <= page_metadata.MAX_LENGTH
    assert text.endswith("word ...")


def test_the_note_about_the_data_is_no_description():
    section = nodes.section("", data_note.data_note("MNIST"), nodes.paragraph("", "The opening."))
    assert page_metadata.description_of(section) == "The opening."


def description(*paragraphs):
    return page_metadata.description_of(
        nodes.section("", *[nodes.paragraph("", text) for text in paragraphs])
    )


def test_whole_sentences_are_taken_as_long_as_they_fit_and_paragraphs_until_half_is_full():
    half = "b" * 100
    assert description(f"{half}\n{half[1:]}\nc") == f"{half} {half[1:]}"  # 200 characters
    assert description(f"{half}\n{half}\nc") == half  # with the blank between them one too many
    assert description(half, "Next.") == f"{half} Next."
    assert description(half + "b", "Next.") == half + "b"
    assert description("b" * 200) == "b" * 200


def test_boxes_lists_and_captions_are_not_the_opening():
    def inside(kind):
        return kind("", nodes.paragraph("", "Aside."))

    asides = [
        inside(nodes.note),
        nodes.bullet_list("", inside(nodes.list_item)),
        nodes.container("", inside(nodes.container)),
    ]
    section = nodes.section("", *asides, nodes.paragraph("", "The opening."))
    assert page_metadata.description_of(section) == "The opening."
