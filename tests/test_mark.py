"""Marking: a folder with a solved, an empty, a half-solved, a crashing, an endless and a corrupt notebook."""

import csv
import json
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import nbformat
import pytest
from nbformat import v4

from course_lib.exercises import data_and_baselines as chapter
from course_lib.exercises import mark
from course_lib.exercises.kernel_session import KernelFailed
from course_lib.exercises.verdict import verdict

IMPORTS = "import math\nimport numpy as np\nfrom course_lib.exercises import data_and_baselines as check"
SOLUTIONS = [exercise.solution().source for exercise in chapter.EXERCISES]
NAMES = [exercise.name for exercise in chapter.EXERCISES]
LIMITS = {"cell_seconds": 90, "total_seconds": 600, "output_bytes": 50_000}  # on a busy machine
SHORT = {"deaf.ipynb": 3, "endless.ipynb": 20}  # for a cell: those that use all of it
WRONG = "def nearest_class_mean(*arguments):\n    return np.zeros(3)"
TAMPERED = """\
check.images_needed = lambda answer: "images_needed: correct. 9 checks passed."
check.EXERCISES[2].checks = ()
images_needed = 7
"""
ENDLESS = "import time\nwhile True:\n    time.sleep(0.1)"  # a loop without rest would keep a core busy
DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n" + ENDLESS


def write(path, *sources):
    path.parent.mkdir(exist_ok=True)
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources]), path)


def stubs():
    return [f"def {e.answer}(*arguments):\n    ..." if callable(e.reference) else f"{e.answer} = ..."
            for e in chapter.EXERCISES]  # fmt: skip


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The rows of a marked folder, as a spreadsheet reads them, by file."""
    folder = tmp_path_factory.mktemp("handed-in")
    write(folder / "adams/solved.ipynb", IMPORTS, *SOLUTIONS)
    write(folder / "empty.ipynb", IMPORTS, *stubs())
    write(folder / "half.ipynb", IMPORTS, SOLUTIONS[0], WRONG, TAMPERED)
    write(folder / "crashing.ipynb", IMPORTS, SOLUTIONS[0], "import os\nos._exit(3)")
    write(folder / "deaf.ipynb", IMPORTS, DEAF)
    write(folder / "chatter.ipynb", IMPORTS, "while True:\n    print('x' * 1000)", *SOLUTIONS)
    write(folder / "endless.ipynb", IMPORTS, SOLUTIONS[0], ENDLESS, SOLUTIONS[1])
    write(folder / "=1+1.ipynb", "x = 1")
    (folder / "corrupt.ipynb").write_bytes(b'{"cells": [\x00')
    (folder / "picture.ipynb").write_bytes(bytes(range(256)))
    (folder / "notes.txt").write_text("I could not do it.")
    output = folder / "marks.csv"

    def marked(path):
        limits = LIMITS | {"cell_seconds": SHORT.get(path.name, LIMITS["cell_seconds"])}
        return [(path.relative_to(folder).as_posix(), *row) for row in mark.mark_file(path, **limits)]

    files = [path for path in folder.rglob("*.*") if path.is_file()]
    files.sort(key=lambda path: path.name not in SHORT)
    with ThreadPoolExecutor(2) as pool:  # one kernel only waits, while the others work
        mark.write_marks(chain.from_iterable(pool.map(marked, files)), output)
    with open(output, encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file)
    assert header == ["file", "exercise", "status", "message"]
    found = {}
    for name, *row in lines:
        found.setdefault(name, []).append(row)
    return found


folder_test = pytest.mark.pipeline  # kernels start and wait: not for the quick tests


@folder_test
def test_a_solved_notebook_wins_every_exercise_in_the_order_of_the_page(rows):
    assert [row[:2] for row in rows["adams/solved.ipynb"]] == [[name, "correct"] for name in NAMES]


@folder_test
def test_an_empty_notebook_attempted_nothing(rows):
    assert [row[:2] for row in rows["empty.ipynb"]] == [[name, "not attempted"] for name in NAMES]


@folder_test
def test_each_answer_of_a_half_solved_notebook_counts_and_changed_checks_win_nothing(rows):
    status = {name: (state, message) for name, state, message in rows["half.ipynb"]}
    assert status[NAMES[0]][0] == "correct"
    assert status[NAMES[1]][0] == "not yet"
    assert status["images_needed"] == (
        "not yet",
        "Expected a function, by its name without parentheses, got int: 7.",
    )
    assert status["combine_batches"] == ("missing", "The notebook defines no combine_batches.")


@folder_test
def test_a_loop_that_never_ends_costs_its_cell_only(rows):
    status = {name: (state, message) for name, state, message in rows["endless.ipynb"]}
    assert [status[name][0] for name in NAMES[:2]] == ["correct", "correct"]
    assert status[NAMES[3]][0] == "missing"
    assert "cell is number 3: Stopped: a cell took more than 20 seconds." in status[NAMES[3]][1]


@folder_test
def test_a_cell_that_prints_without_end_is_stopped(rows):
    assert [row[1] for row in rows["chatter.ipynb"]] == ["correct"] * len(NAMES)


@folder_test
@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("crashing.ipynb", "crashed", "The kernel died"),
        ("deaf.ipynb", "crashed", "could not be interrupted"),
        ("corrupt.ipynb", "unreadable", "NotJSONError"),
        ("picture.ipynb", "unreadable", "UnicodeDecodeError"),
        ("notes.txt", "not a notebook", ".ipynb"),
        ("'=1+1.ipynb", "unknown chapter", "--chapter"),
    ],
)
def test_a_file_that_cannot_be_marked_gets_one_row(rows, name, status, words):
    ((exercise, said, message),) = rows[name]
    assert (exercise, said) == ("", status)
    assert words in message


def test_the_command_writes_the_file_and_leaves_it_out_of_the_next_run(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("none")
    for _ in range(2):
        mark.main([str(tmp_path), "--output", str(tmp_path / "marks.csv")])
        assert capsys.readouterr().out.startswith("1 rows are in ")


@pytest.mark.parametrize(
    ("name", "content", "status", "words"),
    [
        ("corrupt.ipynb", b'{"cells": [\x00', "unreadable", "NotJSONError"),
        ("picture.ipynb", bytes(range(256)), "unreadable", "UnicodeDecodeError"),
        ("notes.txt", b"I could not do it.", "not a notebook", ".ipynb"),
    ],
)
def test_what_is_no_notebook_gets_its_row_without_a_kernel(tmp_path, name, content, status, words):
    (tmp_path / name).write_bytes(content)
    ((exercise, said, message),) = mark.mark_file(tmp_path / name, **LIMITS)
    assert (exercise, said) == ("", status)
    assert words in message


def test_marks_are_written_one_by_one_for_a_spreadsheet(tmp_path):
    output = tmp_path / "marks.csv"

    def rows():
        yield ("a.ipynb", "conv2d", "correct", "1 check passed.")
        assert "conv2d" in output.read_text(encoding="utf-8-sig")  # what is known stands there already
        yield ("=1+1.ipynb", "", "crashed", "two\nlines")

    assert mark.write_marks(rows(), output) == 2
    with open(output, encoding="utf-8-sig", newline="") as file:
        header, *lines = csv.reader(file)
    assert header == list(mark.COLUMNS)
    assert lines[1] == ["'=1+1.ipynb", "", "crashed", "two lines"]


class Session:
    """A kernel that says what a test wants."""

    def __init__(self, folder, **limits):
        assert limits == LIMITS

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run(self, source):
        if source == "die":
            raise KernelFailed("gone")
        return "ValueError: no" if source == "fail" else None

    def ask(self, name, exercise):
        if exercise == NAMES[1]:
            return "missing", "No name."
        return "correct", "1 check passed."


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr(mark, "KernelSession", Session)


def test_rows_say_which_cell_failed_first_where_an_answer_is_missing(tmp_path, session):
    write(tmp_path / "a.ipynb", IMPORTS, "fail", "fail")
    rows = list(mark.mark_folder(tmp_path, **LIMITS))
    assert rows[0] == ("a.ipynb", NAMES[0], "correct", "1 check passed.")
    assert rows[1][2:] == ("missing", "No name. The first failing cell is number 2: ValueError: no")


def test_whatever_happens_to_one_notebook_the_others_are_marked(tmp_path, session, monkeypatch):
    write(tmp_path / "a.ipynb", IMPORTS, "die")
    write(tmp_path / "b.ipynb", IMPORTS)
    (tmp_path / "marks.csv").write_text("")
    skip = {(tmp_path / "marks.csv").resolve()}
    rows = list(mark.mark_folder(tmp_path, skip=skip, **LIMITS))
    assert rows[0] == ("a.ipynb", "", "crashed", "gone")
    assert len(rows) == 1 + len(NAMES)
    monkeypatch.setattr(mark, "run_and_ask", lambda *given: json.loads("{"))
    assert [row[2] for row in mark.mark_folder(tmp_path, skip=skip, **LIMITS)] == ["not marked"] * 2


def test_the_chapter_comes_from_the_imports_then_from_the_name(tmp_path):
    other = "from course_lib.exercises import convolution as check"
    assert mark.chapter_of(tmp_path / "first_cnn.ipynb", ["x = 1", other]) == "convolution"
    assert mark.chapter_of(tmp_path / "my_first_cnn_2.ipynb", ["x = 1"]) == "first_cnn"
    with pytest.raises(mark.NotMarkable, match="unknown chapter"):
        mark.chapter_of(tmp_path / "a.ipynb", ["from course_lib.exercises import framework"])
    assert {"convolution", "first_cnn"} <= set(mark.chapters())
    assert "framework" not in mark.chapters()


def test_the_cell_that_installs_is_not_run_and_a_huge_file_not_read(tmp_path, monkeypatch):
    write(
        tmp_path / "a.ipynb", "#@title Install course_lib (run this cell first)\n%pip install x", " ", "y = 1"
    )
    assert mark.code_of(tmp_path / "a.ipynb") == ["y = 1"]
    monkeypatch.setattr(mark, "LARGEST_FILE", 10)
    with pytest.raises(mark.NotMarkable, match="clear its outputs"):
        mark.code_of(tmp_path / "a.ipynb")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=HYPERLINK()", "'=HYPERLINK()"),
        ("\t=1", "'=1"),
        ("\ufeff+1", "'+1"),
        ("-1", "'-1"),
        ("@sum", "'@sum"),
        ("\uff1d1", "'\uff1d1"),
        ("a\r\nb\x00c", "a b c"),
        ("1 check passed.", "1 check passed."),
        ("x" * 600, "x" * 496 + " ..."),
    ],
)
def test_a_cell_is_one_line_and_no_formula(text, cell):
    assert mark.safe_cell(text) == cell


def test_a_verdict_uses_the_readers_names_and_leaves_them_alone():
    task = chapter.EXERCISES[0]
    namespace = {task.answer: task.reference}
    assert json.loads(verdict("data_and_baselines", task.name, namespace))[0] == "correct"
    assert list(namespace) == [task.answer]
    status, message = json.loads(verdict("data_and_baselines", task.name, {}))
    assert (status, message) == ("missing", f"The notebook defines no {task.answer}.")


def test_a_folder_that_is_not_there_is_an_error_of_the_command(tmp_path, capsys):
    with pytest.raises(SystemExit):
        mark.main([str(tmp_path / "none")])
    assert "there is no folder" in capsys.readouterr().err
