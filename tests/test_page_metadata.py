"""What a page says about itself in its head."""

from types import SimpleNamespace

import pytest
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


def test_sentences_end_where_the_next_one_would_be_too_long_and_long_words_are_cut_before_them():
    assert description("a" * 150 + " " + "b" * 60) == "a" * 150 + " ..."
    assert description("a" * 195 + " " + "b" * 60) == "a" * 195 + " ..."  # 199 characters
    assert description("a" * 196 + " " + "b" * 60) == "a" * 196 + " ..."  # 200
    assert description("a" * 250) == "a" * 196 + " ..."
    assert description("One.", "b" * 250) == "One."
    assert description("", "  One.  \n\n Two.") == "One. Two."
    assert description() == ""


@pytest.mark.parametrize("kind", [nodes.note, nodes.figure, nodes.footnote, nodes.table, nodes.container])
def test_a_paragraph_is_an_aside_however_deep_it_stands_in_one(kind):
    deep = kind("", nodes.entry("", nodes.paragraph("", "Aside.")))
    assert page_metadata.description_of(nodes.section("", deep, nodes.paragraph("", "Text."))) == "Text."


def test_a_sentence_with_a_formula_or_a_citation_is_left_out_and_the_page_keeps_it():
    paragraph = nodes.paragraph(
        "", "", nodes.Text("One.\nTwo "), nodes.math("", "x"), nodes.Text(".\nThree "),
        nodes.inline("", "[1]", classes=["bibtex-citation"]), nodes.Text(".\nFour "),
        nodes.emphasis("", "five", classes=["other"]), nodes.Text("."),
    )  # fmt: skip
    before = paragraph.astext()
    assert page_metadata.plain_sentences(paragraph) == ["One.", "Four five."]
    assert paragraph.astext() == before


APP = SimpleNamespace(config=SimpleNamespace(project='The "Book"', ogp_site_url=""))


def described(page="page", doctree=None, **context):
    """Return what a page says about itself: the tags of its head, and its fields for other sites."""
    page_metadata.describe_page(APP, page, "page.html", context, doctree)
    return context.get("metatags"), context["meta"]


def test_a_description_is_quoted_in_the_page_and_in_the_shared_link():
    opening = nodes.section("", nodes.paragraph("", "Is \"a\" < 'b' & c?"))
    assert described(doctree=opening, metatags="<meta />\n", meta={"own": "x"}) == (
        '<meta />\n<meta name="description" content="Is &quot;a&quot; &lt; &#x27;b&#x27; &amp; c?" />\n',
        {"own": "x", "og:description": "Is \"a\" &lt; 'b' &amp; c?"},
    )


def test_the_words_of_an_author_are_left_alone_and_shared():
    written = '<meta content="Mine &amp; yours" lang="en" name="description" xml:lang="en" />'
    assert described(doctree=nodes.section("", nodes.paragraph("", "x")), metatags=written, meta=None) == (
        written, {"og:description": "Mine &amp; yours"}
    )  # fmt: skip
    assert described(metatags=written, meta={"own": "x"})[1] == {
        "own": "x", "og:description": "Mine &amp; yours"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("page", "title", "called"),
    [
        ("genindex", "x", "Index"), ("search", "x", "Search"), ("py-modindex", None, "py-modindex"),
        ("page", "<em>A</em> &lt; b", "A &lt; b"), ("page", "", "page"),
    ],
)  # fmt: skip
def test_a_page_without_an_opening_says_what_it_is_called_and_of_what_book_it_is(page, title, called):
    tag, fields = described(
        page, nodes.section() if page == "page" else None, **({"title": title} if title else {})
    )
    assert tag == f'<meta name="description" content="{called}: a page of The &quot;Book&quot;." />\n'
    assert fields == {"og:description": f'{called}: a page of The "Book".'}


@pytest.mark.parametrize(("address", "kept"), [("", False), ("https://o.org/", True)])
def test_an_address_that_nobody_gave_is_taken_out(address, kept):
    tags = '<meta property="og:url" content="page.html" />\n<meta property="og:type" content="x" />\n'
    context = {"metatags": tags}
    app = SimpleNamespace(config=SimpleNamespace(ogp_site_url=address))
    page_metadata.drop_relative_addresses(app, "page", "page.html", context, None)
    assert context["metatags"] == (tags if kept else tags.partition("\n")[2])
    page_metadata.drop_relative_addresses(app, "page", "page.html", empty := {}, None)
    assert empty == ({} if kept else {"metatags": ""})


@pytest.mark.parametrize(
    ("address", "settings"),
    [
        (None, {}), ("", {}), ("/", {}),
        ("https://a.net/mutant", {"html_baseurl": "https://a.net/mutant/",
                                  "ogp_site_url": "https://a.net/mutant/", "sitemap_url_scheme": "{link}"}),
        ("https://o.org/b//", {"html_baseurl": "https://o.org/b/", "ogp_site_url": "https://o.org/b/",
                               "sitemap_url_scheme": "{link}"}),
    ],
)  # fmt: skip
def test_the_book_has_the_address_that_was_given_and_no_pictures_of_titles(monkeypatch, address, settings):
    monkeypatch.delenv("COURSE_SITE_URL", raising=False)
    if address is not None:
        monkeypatch.setenv("COURSE_SITE_URL", address)
    config = SimpleNamespace()
    page_metadata.set_address(None, config)
    assert vars(config) == {"ogp_social_cards": {"enable": False}, **settings}


@pytest.mark.parametrize("address", ["", "https://o.org"])
def test_a_map_of_the_site_is_made_where_it_has_an_address(monkeypatch, address):
    monkeypatch.setenv("COURSE_SITE_URL", address)
    loaded, connected = [], []
    page_metadata.setup(
        SimpleNamespace(
            setup_extension=loaded.append,
            connect=lambda event, handler, priority=500: connected.append((event, priority)),
        )
    )
    assert loaded == ["sphinxext.opengraph", *["sphinx_sitemap"] * bool(address)]
    # opengraph, at 500, keeps what it finds and adds the address
    (_, before), (_, after) = [found for found in connected if found[0] == "html-page-context"]
    assert before < 500 < after
