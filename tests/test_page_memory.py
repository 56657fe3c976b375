"""What was found in a page is kept until the page, or the module that finds, changes."""

import json
import sys
import types

import pytest
from sphinx_project import build

from sphinx_ext import content_policy, section_search
from sphinx_ext.page_memory import PageMemory


@pytest.fixture
def finder(tmp_path, monkeypatch):
    """The name of a module that finds, with a file that a test may change."""
    module = types.ModuleType("planted_finder")
    module.__file__ = str(tmp_path / "planted_finder.py")
    (tmp_path / "planted_finder.py").write_text("rules = 1")
    monkeypatch.setitem(sys.modules, "planted_finder", module)
    return "planted_finder"


class Counting:
    """Finds the length of texts, and counts how often it is asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, *texts):
        self.asked.append(texts)
        return [len(text) for text in texts]


@pytest.fixture
def find():
    return Counting()


def test_the_same_texts_are_looked_through_once_also_by_the_next_build(tmp_path, finder, find):
    for _ in range(2):
        memory = PageMemory(tmp_path / "memory.json", finder)
        assert memory.recall(find, "page", "name") == [4, 4]
        memory.keep()
    assert find.asked == [("page", "name")]


@pytest.mark.parametrize("texts", [("pagE", "name"), ("page", "namE"), ("pagename", ""), ("page",)])
def test_other_texts_are_looked_through(tmp_path, finder, find, texts):
    memory = PageMemory(tmp_path / "memory.json", finder)
    memory.recall(find, "page", "name")
    memory.keep()
    assert PageMemory(tmp_path / "memory.json", finder).recall(find, *texts) == [len(t) for t in texts]


def test_other_rules_find_again(tmp_path, finder, find):
    memory = PageMemory(tmp_path / "memory.json", finder)
    memory.recall(find, "page")
    memory.keep()
    (tmp_path / "planted_finder.py").write_text("rules = 2")
    PageMemory(tmp_path / "memory.json", finder).recall(find, "page")
    assert len(find.asked) == 2


def test_that_nothing_was_found_is_remembered_too(tmp_path, finder):
    memory = PageMemory(tmp_path / "memory.json", finder)
    assert memory.recall(lambda text: [], "page") == []
    memory.keep()
    assert PageMemory(tmp_path / "memory.json", finder).recall(lambda text: ["found"], "page") == []


def test_what_no_page_asks_for_any_more_is_forgotten(tmp_path, finder, find):
    path = tmp_path / "memory.json"
    for text in ("before", "after"):
        memory = PageMemory(path, finder)
        memory.recall(find, text)
        memory.keep()
    assert list(json.loads(path.read_text()).values()) == [[5]]


@pytest.mark.parametrize("text", [None, "", '{"a": [', "1", '"a"', "[1]"])
def test_a_memory_that_is_missing_or_spoilt_is_empty(tmp_path, finder, find, text):
    path = tmp_path / "memory.json"
    if text is not None:
        path.write_text(text)
    assert PageMemory(path, finder).recall(find, "page") == [4]


def test_the_next_build_reads_what_changed_and_else_ends_with_the_same_site(tmp_path, monkeypatch):
    files = {"index.md": "# Book\n\n```{toctree}\na\nb\n```\n", "a.md": "# A\n\nWords.\n", "b.md": "# B\n"}
    extensions = ["myst_nb", "sphinx_ext.section_search", "sphinx_ext.content_policy"]
    site, _ = build(tmp_path, files, extensions)
    first = {path: path.read_bytes() for path in sorted(site.rglob("*.html"))}
    index = (site / "_static/section_index.js").read_text()
    looked = []
    for module, name in ((section_search, "page_entries"), (content_policy, "script_hashes")):
        find = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *texts, f=find, n=name: looked.append(n) or f(*texts))
    build(tmp_path, {}, extensions)
    assert looked == []
    assert {path: path.read_bytes() for path in sorted(site.rglob("*.html"))} == first
    build(tmp_path, {"b.md": "# B\n\nOther words.\n"}, extensions)
    assert looked.count("page_entries") < len(files)
    assert (site / "_static/section_index.js").read_text() != index
