"""Notebooks to hand out: ``python -m sphinx_ext.handout NOTEBOOKS TARGET``, or ``make handout``.

``TARGET/students`` gets every exported notebook without its solutions, ``TARGET/solutions`` a notebook for
each chapter with its exercises' titles and solutions. Nothing else differs, so both can be handed out at
different times. (The package that the notebooks install knows the solutions, too: whoever asks
``check.NAME.solution()`` gets one.)
"""

import copy
import re
import shutil
import sys
from pathlib import Path

import nbformat

from .markdown_text import SUMMARY

SOLUTION = f"<details>\n{SUMMARY}Solution to "
EXERCISE = re.compile(r"\*\*(Warm-up|Needs an idea|Open task)\.\*\*")
# A question for the numbers of an exercise would hand them out, too.
ANSWER = re.compile(rf"\n*<details>\n{re.escape(SUMMARY)}Answer</summary>.*?</details>", re.DOTALL)


def is_solution(cell):
    """Return whether a cell is a solution, as `notebook_writer` folds it."""
    return cell.cell_type == "markdown" and cell.source.startswith(SOLUTION)


def split(notebook):
    """Return a notebook without solutions, and one with nothing but the page's title and the solutions."""
    students, solutions = copy.deepcopy(notebook), copy.deepcopy(notebook)
    students.cells = [cell for cell in students.cells if not is_solution(cell)]
    for cell in students.cells:
        if cell.cell_type == "markdown" and EXERCISE.search(cell.source):
            cell.source = ANSWER.sub("", cell.source)
    title = next(cell for cell in notebook.cells if cell.source.startswith("# "))
    heading = {**title, "source": title.source.split("\n")[0] + ": solutions"}
    solutions.cells = [nbformat.from_dict(heading), *filter(is_solution, notebook.cells)]
    return students, solutions


def write_handout(notebooks, target):
    """Write both forms of every notebook of a folder into another; return how many have solutions.

    Raises
    ------
    FileNotFoundError
        If there are no notebooks.
    """
    paths = sorted(Path(notebooks).glob("*.ipynb"))
    if not paths:
        raise FileNotFoundError(f"There are no notebooks in {notebooks}: build the book first (make book).")
    target, count = Path(target), 0
    for name in ("students", "solutions"):
        shutil.rmtree(target / name, ignore_errors=True)
        (target / name).mkdir(parents=True)
    for path in paths:
        students, solutions = split(nbformat.read(path, as_version=4))
        nbformat.write(students, target / "students" / path.name)
        if len(solutions.cells) > 1:
            nbformat.write(solutions, target / "solutions" / path.name)
            count += 1
    return count


if __name__ == "__main__":
    num_chapters = write_handout(*sys.argv[1:])
    print(f"{sys.argv[2]}/students is to hand out; {num_chapters} chapters have {sys.argv[2]}/solutions.")
