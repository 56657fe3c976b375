"""A picture without a text alternative is a warning."""

import base64
import json
import re

import pytest
from docutils import nodes
from sphinx_project import PNG, build

from sphinx_ext import alt_text


@pytest.mark.parametrize(
    ("alt", "complaint"),
    [
        (None, "has no alt text"),
        ("", "has no alt text"),
        ("  ", "has no alt text"),
        ("_images/0a1b.png", "has the file name '_images/0a1b.png' as its alt text"),
        ("../_images/plot.SVG", "has the file name '../_images/plot.SVG' as its alt text"),
        ("A digit", "has an alt text of fewer than 3 words: 'A digit'"),
        ("A grey digit.", None),
    ],
)
def test_an_alt_text_must_say_what_the_picture_shows(alt, complaint):
    assert alt_text.alt_problem(alt) == complaint


def test_a_figure_without_alt_text_is_a_warning_with_its_place(tmp_path):
    page = "# Title\n\nText.\n\n```{figure} a.png\nA caption.\n```\n\n![Three grey pixels in a row](a.png)\n"
    _, warnings = build(tmp_path, {"index.md": page, "a.png": PNG}, ["myst_nb", "sphinx_ext.alt_text"])
    assert re.search(r"index\.md:\d+: WARNING: a picture has no alt text", warnings)
    assert warnings.count("alt text") == 1


def test_a_picture_without_a_line_lies_at_that_of_the_nearest_node_around_it():
    image = nodes.image()
    outer = nodes.section("", nodes.container("", nodes.figure("", image)))
    assert alt_text.line_of(image) is None
    outer.line = 3
    assert alt_text.line_of(image) == 3
    outer[0].line = 5
    assert alt_text.line_of(image) == 5
    image.line = 0
    assert alt_text.line_of(image) == 0


def notebook(*cells):
    """Return a notebook that has been run, as a file's text."""
    return json.dumps({
        "nbformat": 4, "nbformat_minor": 5, "cells": list(cells),
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    })  # fmt: skip


def test_an_output_picture_without_alt_text_is_a_warning(tmp_path):
    picture = {
        "output_type": "display_data", "metadata": {},
        "data": {"image/png": base64.b64encode(PNG).decode()},
    }  # fmt: skip
    title = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": "# Title"}

    def cell(name, **metadata):
        return {"cell_type": "code", "id": name, "metadata": metadata, "source": "draw()",
                "execution_count": 1, "outputs": [picture]}  # fmt: skip

    described = cell("b", mystnb={"image": {"alt": "One grey pixel."}})
    extensions, settings = ["myst_nb", "sphinx_ext.alt_text"], {"nb_execution_mode": "off"}
    _, warnings = build(tmp_path, {"index.ipynb": notebook(title, described)}, extensions, **settings)
    assert "alt text" not in warnings
    _, warnings = build(
        tmp_path, {"index.ipynb": notebook(title, described, cell("c"))}, extensions, **settings
    )
    assert warnings.count("a picture has no alt text") == 1


@pytest.mark.parametrize("ending", ["png", "jpg", "jpeg", "gif", "svg", "webp", "PNG"])
def test_the_name_of_a_file_says_nothing(ending):
    said = f"has the file name 'a/b.{ending}' as its alt text"
    assert alt_text.alt_problem(f" a/b.{ending}\n") == said
    assert alt_text.alt_problem(f"A grey digit in a.{ending}") is None
    assert alt_text.alt_problem("plot.pdf") == "has an alt text of fewer than 3 words: 'plot.pdf'"


def test_a_warning_says_where_the_words_belong(monkeypatch):
    said = []
    monkeypatch.setattr(alt_text.logger, "warning", lambda *words, **facts: said.append((words, facts)))
    image = nodes.image(alt="A digit")
    image.line = 7
    page = nodes.section("", nodes.image(alt="A grey digit."), image, nodes.image())
    alt_text.check_alt_texts(None, page, "chapters/a")
    (first, facts), (second, others) = said
    assert first[0] % first[1:] == (
        "a picture has an alt text of fewer than 3 words: 'A digit'. Say in a sentence what it shows: `alt:` "
        "under `mystnb: image:` of the cell that draws it, or `:alt:` of the figure."
    )
    assert second[1:] == ("has no alt text",)
    assert facts == {"location": ("chapters/a", 7), "type": "alt_text"}
    assert others == {"location": ("chapters/a", None), "type": "alt_text"}
