"""Pages as other editors write them: with the line ends of Windows, and with a mark at their beginning."""

import re
from types import SimpleNamespace
from unittest import mock

import pytest
from sphinx_project import build
from test_quiz import GOOD

from sphinx_ext import side_by_side

HEAD = (
    "---\nfile_format: mystnb\nkernelspec: {name: python3, display_name: Python 3, language: python}\n---\n"
)
PAGE = f"{HEAD}# Title\n\nA *sentence*\nof two lines.\n\n{GOOD}\n```{{code-cell}}\nx = 1\n\ny = 'ä'\n```\n"
EXTENSIONS = ["myst_nb", "sphinx_ext.quiz", "sphinx_ext.content_policy"]


def built(folder, page):
    settings = {"nb_execution_mode": "off", "myst_enable_extensions": ["deflist", "dollarmath"]}
    site, warnings = build(folder, {"index.md": page}, EXTENSIONS, **settings)
    return (site / "index.html").read_text(encoding="utf-8"), warnings


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    page, warnings = built(tmp_path_factory.mktemp("usual"), PAGE)
    assert warnings == ""
    assert re.search("Predict first", page)
    return page


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(PAGE.replace("\n", "\r\n").encode(), id="windows-line-ends"),
        pytest.param(b"\xef\xbb\xbf" + PAGE.encode(), id="a-mark-at-its-beginning"),
        pytest.param(PAGE.rstrip("\n").encode(), id="no-line-end-at-its-end"),
    ],
)
def test_a_page_of_another_editor_is_the_same_page(tmp_path, written, usual):
    page, warnings = built(tmp_path, written)
    assert warnings == ""
    assert page == usual


def test_a_page_in_another_encoding_is_a_warning_with_its_name(tmp_path):
    _, warnings = built(tmp_path, PAGE.encode("latin-1"))
    assert re.search(r"index\.md.*undecodable", warnings)


def test_such_pages_are_executed_with_the_others(tmp_path):
    path = tmp_path / "index.md"
    config = {name: SimpleNamespace() for name in ("myst_config", "mystnb_config")}
    env = SimpleNamespace(doc2path=lambda docname: path, **config)
    for written in (b"\xef\xbb\xbf" + PAGE.encode(), PAGE.encode("latin-1")):
        path.write_bytes(written)
        reader = SimpleNamespace(read=lambda text: text, read_fmt=None)
        with mock.patch.object(side_by_side, "create_nb_reader", return_value=reader):
            _, text, _ = side_by_side.read_notebook(env, "index")
        assert text.startswith("---\n")
