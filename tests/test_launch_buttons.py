"""The header's buttons: where they lead with and without GitHub, and what of the theme's stays."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes
from sphinx_project import build

from sphinx_ext.launch_buttons import (
    add_buttons,
    add_template,
    button_words,
    launch_buttons,
    remove_sources,
    without_sources,
)

FOLDER = Path(__file__).parents[1] / "sphinx_ext"


def pathto(target, resource=0):
    return f"../{target}" if resource else f"../{target}.html"


def urls(repository, help_page=True):
    buttons = launch_buttons("chapters/first_cnn", pathto, repository, help_page)
    return {button["text"]: button["url"] for button in buttons}


def test_on_github_the_colab_button_opens_the_exported_notebook():
    assert urls("https://github.com/o/n") == {
        "Colab": "https://colab.research.google.com/github/o/n/blob/notebooks/first_cnn.ipynb",
        ".ipynb": "../notebooks/first_cnn.ipynb",
        "Run locally": "../chapters/run_it_yourself.html",
    }


def test_elsewhere_it_leads_to_the_page_that_explains_the_three_ways():
    for repository in (None, "https://gitlab.com/o/n", "file:///srv/book"):
        assert (
            urls(repository)["Colab"] == urls(repository)["Run locally"] == "../chapters/run_it_yourself.html"
        )
        colab = launch_buttons("chapters/first_cnn", pathto, repository)[0]
        assert colab["label"] == button_words(colab) == "How to open in Colab"


def test_a_book_without_that_page_has_no_button_that_leads_nowhere():
    assert urls(None, help_page=False) == {".ipynb": "../notebooks/first_cnn.ipynb"}


def test_every_button_is_named_by_words_that_hold_its_text():
    for repository in (None, "https://github.com/o/n"):
        for button in launch_buttons("chapters/first_cnn", pathto, repository):
            assert button["text"].lower() in button["label"].lower()


def test_the_source_goes_and_a_group_of_one_becomes_its_only_button():
    source, pdf = {"label": "download-source-button"}, {"label": "download-pdf-button", "text": ".pdf"}
    other, full = {"label": "other", "text": "x"}, {"label": "fullscreen-button"}
    group = {"type": "group", "label": "download-buttons"}
    assert without_sources([{**group, "buttons": [source, pdf]}, full]) == [{**pdf, "text": None}, full]
    assert without_sources([{**group, "buttons": [source, pdf, other]}]) == [
        {**group, "buttons": [pdf, other]}
    ]
    assert without_sources([{**group, "buttons": [source]}, source]) == []


CHAPTER = """---
file_format: mystnb
kernelspec: {name: python3, display_name: Python 3, language: python}
---
# First

```{code-cell}
x = 1
```
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A small book: a chapter with code, and the page on running one."""
    files = {
        "index.md": "# Title\n\nText.\n\n```{toctree}\nchapters/first\nchapters/run_it_yourself\n```\n",
        "chapters/first.md": CHAPTER,
        "chapters/run_it_yourself.md": "# Run it\n\nText.\n",
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_REPOSITORY", "https://github.com/o/n")
        site, warnings = build(
            tmp_path_factory.mktemp("book"), files,
            ["myst_nb", "sphinx_book_theme", "sphinx_ext.launch_buttons"],
            html_theme="sphinx_book_theme", nb_execution_mode="off",
        )  # fmt: skip
    assert warnings == ""
    return site


def test_a_page_with_code_shows_its_three_buttons_beside_the_themes(site):
    page = (site / "chapters/first.html").read_text()
    row = re.search(r'<div class="article-header-buttons launch-buttons".*?</div>', page, re.DOTALL).group()
    assert re.findall(r'href="([^"]*)" aria-label="([^"]*)"', row) == [
        ("https://colab.research.google.com/github/o/n/blob/notebooks/first.ipynb", "Open in Colab"),
        ("../notebooks/first.ipynb", "Download this chapter as a notebook (.ipynb)"),
        ("run_it_yourself.html", "Run locally: how to run this chapter on your own machine"),
    ]
    assert re.findall(r'<i class="([^"]*)"', row) == [
        "fas fa-rocket",
        "fas fa-download",
        "fas fa-laptop-code",
    ]
    assert row.count('target="_blank" rel="noopener"') == 1
    assert row.count('download="first.ipynb"') == 1
    assert "btn-fullscreen-button" in page
    assert page.count('class="article-header-buttons"') == 1


def test_a_page_without_code_shows_the_themes_buttons_only(site):
    for name in ("index", "chapters/run_it_yourself", "search"):
        page = (site / f"{name}.html").read_text()
        assert "launch-buttons" not in page
    assert "btn-fullscreen-button" in (site / "index.html").read_text()


def test_no_page_offers_its_myst_source(site):
    for name in ("index", "chapters/first"):
        assert "_sources/" not in (site / f"{name}.html").read_text()


def test_a_theme_that_shows_other_things_beside_the_title_keeps_them(tmp_path):
    site, _ = build(
        tmp_path, {"index.md": CHAPTER},
        ["myst_nb", "sphinx_book_theme", "sphinx_ext.launch_buttons"], html_theme="sphinx_book_theme",
        nb_execution_mode="off", html_theme_options={"article_header_end": ["last-updated.html"]},
    )  # fmt: skip
    assert "launch-buttons" not in (site / "index.html").read_text()


def test_the_template_knows_all_about_the_three_buttons():
    assert launch_buttons("chapters/first_cnn", pathto, "https://github.com/o/n") == [
        {
            "url": "https://colab.research.google.com/github/o/n/blob/notebooks/first_cnn.ipynb",
            "text": "Colab", "label": "Open in Colab", "icon": "fas fa-rocket", "external": True,
        },
        {
            "url": "../notebooks/first_cnn.ipynb", "text": ".ipynb", "icon": "fas fa-download",
            "label": "Download this chapter as a notebook (.ipynb)", "download": "first_cnn.ipynb",
        },
        {
            "url": "../chapters/run_it_yourself.html", "text": "Run locally", "icon": "fas fa-laptop-code",
            "label": "Run locally: how to run this chapter on your own machine",
        },
    ]  # fmt: skip
    assert launch_buttons("first", pathto, None)[0]["external"] is False


def test_in_a_text_a_button_says_what_is_done():
    buttons = launch_buttons("first", pathto, "https://github.com/o/n")
    words = [button_words(button, "Solve it in Colab") for button in buttons]
    assert words == ["Solve it in Colab", "Download the notebook", "Run it locally"]
    assert button_words(buttons[0]) == "Open in Colab"


def test_the_template_stands_in_for_the_themes_buttons_and_for_nothing_else():
    def shown(**options):
        config = SimpleNamespace(templates_path=["own"], html_theme_options=options)
        add_template(None, config)
        assert config.templates_path == ["own", str(FOLDER / "templates")]
        return config.html_theme_options["article_header_end"]

    assert shown() == ["launch-buttons.html"]
    theme = ["search.html", "article-header-buttons.html"]
    assert shown(article_header_end=theme) == ["search.html", "launch-buttons.html"]
    assert (FOLDER / "templates/launch-buttons.html").is_file()


def test_only_a_page_with_code_gets_buttons_and_every_page_loses_its_source(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_REPOSITORY", "https://gitlab.com/o/n")
    app = SimpleNamespace(srcdir=tmp_path, env=SimpleNamespace(found_docs={"chapters/run_it_yourself"}))
    cell = nodes.container("", nb_element="cell_code", cell_metadata={})
    for doctree, num_buttons in ((None, 0), (nodes.section(), 0), (nodes.section("", cell), 3)):
        context = {"pathto": pathto}
        add_buttons(app, "first", "page.html", context, doctree)
        assert len(context.get("launch_buttons", [])) == num_buttons
    app.env.found_docs.clear()
    add_buttons(app, "first", "page.html", context, doctree)
    assert [button["text"] for button in context["launch_buttons"]] == [".ipynb"]
    full = {"label": "fullscreen-button"}
    for before, after in (
        ({}, []),
        ({"header_buttons": [{"label": "download-source-button"}, full]}, [full]),
    ):
        remove_sources(None, "first", "page.html", before, None)
        assert before["header_buttons"] == after
