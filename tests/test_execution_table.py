"""The table of executed pages has words in its column of states."""

import re

import pytest
from docutils import nodes
from sphinx_project import build

from sphinx_ext.execution_table import say_in_words

FRONT = (
    "---\njupytext: {text_representation: {extension: .md, format_name: myst}}\n"
    "kernelspec: {display_name: Python 3, language: python, name: python3}\n---\n"
)
FILES = {
    "index.md": "# Book\n\nDone ✅\n\n```{nb-exec-table}\n```\n\n```{toctree}\ngood\nbad\n```\n",
    "good.md": f"{FRONT}# Good\n\n```{{code-cell}}\n1 + 1\n```\n",
    "bad.md": f"{FRONT}# Bad\n\n```{{code-cell}}\n1 / 0\n```\n",
}


@pytest.mark.pipeline  # two kernels
def test_states_are_words_and_text_elsewhere_stays(tmp_path):
    site, _ = build(tmp_path, FILES, ["myst_nb", "sphinx_ext.execution_table"], nb_execution_mode="force")
    page = (site / "index.html").read_text()
    states = re.findall(r"<td><p>(?:<abbr[^>]*>)?(\w+)(?:</abbr>)?</p></td>\s*</tr>", page)
    assert states == ["failed", "ok"]
    assert re.findall("[✅❌]", page) == ["✅"]


def test_only_a_sign_that_stands_alone_in_a_table_becomes_a_word():
    texts = ["✅", "❌", "✅ done", "ok"]
    rows = [nodes.row("", nodes.entry("", nodes.paragraph("", text))) for text in texts]
    page = nodes.section("", nodes.table("", *rows), nodes.paragraph("", "❌"))
    say_in_words(None, page, "index")
    assert [node.astext() for node in page.findall(nodes.Text)] == ["ok", "failed", "✅ done", "ok", "❌"]
