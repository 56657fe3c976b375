"""What is handed out: notebooks without solutions, and the solutions apart."""

import runpy
import sys

import nbformat
import pytest
from nbformat import v4

from sphinx_ext.handout import split, write_handout
from sphinx_ext.markdown_text import SUMMARY

SOLUTION = (
    f"<details>\n{SUMMARY}Solution to Exercise 5.1 (Twice)</summary>\n\n```python\n2 * x\n```\n\n</details>"
)


def chapter(*, solved=True):
    cells = [
        v4.new_code_cell("#@title Install course_lib (run this cell first)"),
        v4.new_markdown_cell("# 5 Convolution\n\n*What is left?*"),
        v4.new_markdown_cell("## Exercise 5.1 (Twice)"),
        v4.new_code_cell("def twice(x):\n    ..."),
        v4.new_code_cell("check.twice(twice)"),
        v4.new_markdown_cell('<details class="hints"><summary>Hint 1 of 2</summary><p>Add.</p></details>'),
    ]
    return v4.new_notebook(cells=cells + [v4.new_markdown_cell(SOLUTION)] * solved)


def test_students_get_everything_but_the_solutions():
    students, _ = split(chapter())
    assert [cell.source for cell in students.cells] == [cell.source for cell in chapter().cells[:-1]]
    assert [cell.id for cell in split(chapter(solved=False))[0].cells] != []


def test_the_solutions_stand_apart_under_the_chapters_title():
    _, solutions = split(chapter())
    assert [cell.source for cell in solutions.cells] == ["# 5 Convolution: solutions", SOLUTION]
    nbformat.validate(solutions)


def test_the_notebook_that_was_split_stays_as_it_was():
    notebook = chapter()
    split(notebook)
    assert notebook.cells[1].source.startswith("# 5 Convolution\n")
    assert len(notebook.cells) == 7


def test_the_folders_hold_no_more_than_the_last_run(tmp_path):
    source, target = tmp_path / "notebooks", tmp_path / "handout"
    source.mkdir()
    nbformat.write(chapter(), source / "convolution.ipynb")
    nbformat.write(chapter(solved=False), source / "index.ipynb")
    (target / "students").mkdir(parents=True)
    (target / "students/old.ipynb").write_text("")
    assert write_handout(source, target) == 1
    assert sorted(path.relative_to(target).as_posix() for path in target.rglob("*.ipynb")) == [
        "solutions/convolution.ipynb",
        "students/convolution.ipynb",
        "students/index.ipynb",
    ]
    assert "Solution to" not in (target / "students/convolution.ipynb").read_text()
    assert write_handout(source, tmp_path / "a/new/folder") == 1


def test_without_notebooks_it_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        write_handout(tmp_path, tmp_path / "handout")
    assert str(caught.value) == f"There are no notebooks in {tmp_path}: build the book first (make book)."


def test_the_command_says_where_both_forms_lie_and_how_many_chapters_have_solutions(
    tmp_path, monkeypatch, capsys
):
    for name, solved in (("convolution", True), ("index", False), ("pooling", True)):
        nbformat.write(chapter(solved=solved), tmp_path / f"{name}.ipynb")
    monkeypatch.setattr(sys, "argv", ["handout", str(tmp_path), f"{tmp_path}/out"])
    monkeypatch.delitem(sys.modules, "sphinx_ext.handout")
    runpy.run_module("sphinx_ext.handout", run_name="__main__")
    expected = f"{tmp_path}/out/students is to hand out; 2 chapters have {tmp_path}/out/solutions.\n"
    assert capsys.readouterr().out == expected
    assert (tmp_path / "out/solutions/pooling.ipynb").is_file()


def test_the_numbers_of_an_exercise_are_not_handed_out_but_what_a_quiz_answers_is():
    folded = f"<details>\n{SUMMARY}Answer</summary>\n\n**24 is right.**\n\n</details>"
    notebook = chapter()
    notebook.cells[2].source = f"### Exercise 5.1\n\n**Warm-up.** How many?\n\n> **Question**\n\n{folded}"
    notebook.cells[1].source += f"\n\n{folded}"
    students, _ = split(notebook)
    assert students.cells[2].source == "### Exercise 5.1\n\n**Warm-up.** How many?\n\n> **Question**"
    assert students.cells[1].source.endswith(folded)
    assert folded in notebook.cells[2].source
