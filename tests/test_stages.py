"""A stage of `make test` imports only the files that hold a test of it, and leaves none of them out."""

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import LONG, QUICK, STAGES, pytest_collection_modifyitems, pytest_ignore_collect

ROOT = Path(__file__).parents[1]
MARK = re.compile(r"mark\.(book|exported|pipeline)\b")


def ignored(path, expression):
    return pytest_ignore_collect(path, SimpleNamespace(option=SimpleNamespace(markexpr=expression)))


def test_a_mark_is_named_in_the_file_of_its_test():
    """Else a file that takes it from elsewhere would be left unread."""
    elsewhere = [path for folder in ("course_lib", "sphinx_ext") for path in (ROOT / folder).rglob("*.py")]
    helpers = [path for path in (ROOT / "tests").glob("*.py") if not path.name.startswith("test_")]
    named = [path.name for path in elsewhere + helpers if MARK.search(path.read_text(encoding="utf-8"))]
    assert named == ["conftest.py"]


@pytest.mark.parametrize(("expression", "mark"), STAGES.items())
def test_a_file_without_the_mark_of_the_stage_is_left_unread_and_one_with_it_is_not(
    tmp_path, expression, mark
):
    with_mark, without = tmp_path / "test_with.py", tmp_path / "test_without.py"
    with_mark.write_text(f"@pytest.{mark}\ndef test(): ...")
    without.write_text("def test(): ...")
    assert ignored(without, expression) is True
    assert ignored(with_mark, expression) is None
    for every in ("", QUICK, "book"):
        assert ignored(without, every) is None
        assert ignored(with_mark, every) is None


@pytest.mark.parametrize(
    "marks", ["pytest.mark.book", "[pytest.mark.book, 1]", "[\n    pytest.mark.pipeline,\n]"]
)
def test_quick_tests_leave_files_unread_that_are_of_another_stage_as_a_whole(tmp_path, marks):
    file = tmp_path / "test_with.py"
    file.write_text(f"import pytest\n\npytestmark = {marks}\n")
    assert ignored(file, QUICK) is True
    file.write_text("pytestmark = pytest.mark.skipif(True)\n\n@pytest.mark.book\ndef test(): ...")
    assert ignored(file, QUICK) is None


def test_stages_are_those_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    wanted = re.findall(r'pytest -q .*-m ("[^"]+"|\w+)', makefile)
    assert {text.strip('"') for text in wanted} == {QUICK, *STAGES}


def items(*names):
    return [SimpleNamespace(nodeid=f"tests/{name}") for name in names]


@pytest.mark.parametrize(("expression", "order"), [("pipeline", [3, 1, 0, 2]), ("", [0, 1, 2, 3])])
def test_the_longest_tests_of_the_pipeline_start_first_and_the_others_keep_their_order(expression, order):
    given = items("test_b.py::test", f"{LONG[1]}_again[2]", "test_a.py::test", f"{LONG[0]}test")
    found = list(given)
    pytest_collection_modifyitems(SimpleNamespace(option=SimpleNamespace(markexpr=expression)), found)
    assert found == [given[place] for place in order]


@pytest.mark.parametrize("name", LONG)
def test_what_is_named_as_long_is_a_test_of_the_pipeline(name):
    file, _, test = name.partition("::")
    text = (ROOT / "tests" / file).read_text(encoding="utf-8")
    assert "mark.pipeline" in text
    assert f"def {test}" in text


def test_the_second_run_starts_with_the_longest_chapters_and_leaves_none_out(tmp_path):
    names = ["chapters/what_did_it_learn", "chapters/architectures", "index"]
    for name in names:
        path = tmp_path / f"_build/jupyter_execute/{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    plan = subprocess.run(["make", "-n", "-f", ROOT / "Makefile", "rerun"], cwd=tmp_path, check=True,
                          capture_output=True, text=True).stdout  # fmt: skip
    found = re.findall(r"_build/jupyter_execute/(\S+)\.ipynb", plan)
    assert found[0] == names[0]
    assert sorted(found) == sorted(names)
    (long,) = re.findall(r"^LONG = ((?:.*\\\n)*.*)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    chapters = long.replace("\\", "").split()
    assert [name for name in chapters if not (ROOT / f"chapters/{name}.md").is_file()] == []
