"""The list of what was broken on purpose: every fault has a test, which nothing lets be skipped."""

import ast
import functools
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx_project import build

from sphinx_ext.faults import Fault, folded, number, read_faults

FILE = Path(__file__).with_name("faults.yml")
FAULTS = [fault for faults in read_faults(FILE).values() for fault in faults]
LEAST = 60
ENOUGH = {
    "data": "Data files", "network": "Downloads", "disk": "Disks and folders", "training": "interrupted",
    "build": "building", "exercises": "exercises", "figures": "Figures",
}  # fmt: skip


@functools.cache
def functions_of(name):
    """Return the functions of a test file by name."""
    tree = ast.parse((Path(__file__).parent / name).read_text(encoding="utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.test.split("::")[1])
def test_every_fault_is_tried_by_a_test_that_may_not_be_left_out(fault):
    file, name = fault.test.split("::")
    function = functions_of(file)[name]
    decorators = " ".join(map(ast.unparse, function.decorator_list))
    skips = re.findall(r"skip.*", decorators)
    assert [skip for skip in skips if "hasattr(os" not in skip and "os.name" not in skip] == []  # Windows
    assert "xfail" not in decorators
    assert fault.what[-1] not in ".!?"
    assert fault.seen[-1] not in ".!?"


def test_the_faults_are_many_and_of_every_kind():
    assert len(FAULTS) >= LEAST
    assert len({fault.what for fault in FAULTS}) == len(FAULTS)
    kinds = read_faults(FILE)
    assert [kind for kind, words in ENOUGH.items() if not any(words in title for title in kinds)] == []
    assert min(map(len, kinds.values())) >= 8


def test_the_page_shows_every_fault_and_their_number(tmp_path):
    (tmp_path / "source/tests").mkdir(parents=True)
    (tmp_path / "source/tests/faults.yml").write_text(FILE.read_text(encoding="utf-8"), encoding="utf-8")
    page = "# Page\n\n```{faults} number\n```\n\n```{faults}\n```\n"
    extensions = ["myst_nb", "sphinx_ext.faults"]
    site, warnings = build(tmp_path, {"index.md": page}, extensions, myst_enable_extensions=["deflist"])
    text = (site / "index.html").read_text(encoding="utf-8")
    assert warnings == ""
    assert len(re.findall("<dt>", text)) == len(FAULTS)
    assert f"<strong>{len(FAULTS)}</strong>" in text
    boxes = BeautifulSoup(text, "html.parser").select(".faults > .admonition.dropdown")
    titles = [box.select_one(".admonition-title").get_text() for box in boxes]
    assert titles == [f"{kind} ({len(faults)})" for kind, faults in read_faults(FILE).items()]


def test_the_sentence_counts_every_kind():
    kinds = {"Data files": ["a", "b"], "What is interrupted": ["c"]}
    assert number(kinds) == "Faults tried: **3**. Of these: data files (2), what is interrupted (1)."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- kind: A\n  faults: [[a, b]]", "a, b"),
        ("- kind: A\n  faults: [[a, b, c]]", "FILE::TEST"),
        ("- kind: A", "faults"),
        ("a: b", "list"),
    ],
)
def test_a_faulty_list_is_refused_with_its_place(tmp_path, text, words):
    (tmp_path / "faults.yml").write_text(text)
    with pytest.raises(ValueError, match=words):
        read_faults(tmp_path / "faults.yml")


def test_faults_are_folded_by_kind_each_with_what_is_seen_as_sentences():
    faults = [Fault("a file goes", "it is named", "t"), Fault("b", "c", "t")]
    assert folded("Files", faults) == (
        "```{admonition} Files (2)\n:class: dropdown\n\nA file goes\n: It is named.\n\nB\n: C.\n```"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- kind: A\n  faults: [[a, b]]", "Expected what, seen and FILE::TEST in {}, got a, b."),
        ("- kind: A\n  faults: [[a, b, test_a.py::test_b()]]",
         "Expected what, seen and FILE::TEST in {}, got a, b, test_a.py::test_b()."),
        ("- kind: A", "Expected kind and faults in {}, got ['kind']: faults are missing."),
        ("{}", "{} must be a list of kinds of faults."),
    ],
)  # fmt: skip
def test_a_refusal_says_what_was_expected_and_what_came(tmp_path, text, words):
    path = tmp_path / "faults.yml"
    path.write_text(text)
    with pytest.raises(ValueError) as caught:
        read_faults(path)
    assert str(caught.value) == words.format(path)


def test_a_list_that_cannot_be_read_is_a_warning_of_the_build(tmp_path):
    pages = {"index.md": "# Page\n\n```{faults}\n```\n", "tests/faults.yml": "a: b"}
    _, warnings = build(tmp_path, pages, ["myst_nb", "sphinx_ext.faults"])
    assert "must be a list of kinds of faults" in warnings
