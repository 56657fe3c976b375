"""Mark a folder of notebooks: ``python -m course_lib.exercises.mark FOLDER``.

Each notebook runs from top to bottom in a kernel of its own. Then every exercise of its chapter is checked
afresh, by the name that the notebook should define: a deleted or changed check cell wins nothing. The
result is a CSV with one row for each exercise of each file, and one for each file that cannot be marked.

A notebook is a program. The kernel keeps notebooks apart from each other and ends those that do not end;
it does not protect the machine from them.
"""

import argparse
import csv
import pkgutil
import re
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from course_lib import exercises
from course_lib.exercises.kernel_session import KernelFailed, KernelSession

COLUMNS = ("file", "exercise", "status", "message")
MESSAGE_LENGTH = 500
LARGEST_FILE = 50_000_000  # bytes
INSTALLS = "#@title Install course_lib"  # the first cell of an exported notebook
FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the wide forms, too
IMPORT = re.compile(r"^\s*from course_lib\.exercises import (\w+)", re.MULTILINE)


class NotMarkable(Exception):
    """A file that cannot be marked; the status comes first, the reason second."""


def chapters():
    """Return the names of all chapters that have exercises."""
    folders = [info.name for info in pkgutil.iter_modules(exercises.__path__) if info.ispkg]
    return sorted(set(folders) - {"framework"})


def mark_folder(folder, *, chapter=None, skip=(), **limits):
    """Yield a row for each exercise of each file below a folder, in the order of the names.

    Parameters
    ----------
    folder : path
        Hidden files and folders in it are left out.
    chapter : str, optional
        The chapter of all notebooks; by default each one's imports or its name say it.
    skip : collection of pathlib.Path
        Resolved paths that are no hand-ins.
    **limits
        As for `KernelSession`.
    """
    folder = Path(folder)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        if path.is_file() and not hidden and path.resolve() not in skip:
            for row in mark_file(path, chapter=chapter, **limits):
                yield (name.as_posix(), *row)


def mark_file(path, *, chapter=None, **limits):
    """Return rows (exercise, status, message) for one file; never raises because of what is in it."""
    try:
        sources = code_of(path)
        chapter = chapter or chapter_of(path, sources)
        with tempfile.TemporaryDirectory() as folder, KernelSession(folder, **limits) as session:
            return run_and_ask(session, sources, chapter)
    except NotMarkable as error:
        return [("", *error.args)]
    except KernelFailed as error:
        return [("", "crashed", str(error))]
    except Exception as error:  # one notebook never ends the marking of the others
        return [("", "not marked", f"{type(error).__name__}: {error}")]


def run_and_ask(session, sources, chapter):
    """Run the cells, then ask every exercise of the chapter; the first error goes with missing answers."""
    first_error = ""
    for number, source in enumerate(sources, start=1):
        error = session.run(source)
        if error and not first_error:
            first_error = f" The first failing cell is number {number}: {error}"
    rows = []
    for exercise in import_module(f"course_lib.exercises.{chapter}").EXERCISES:
        status, message = session.ask(chapter, exercise.name)
        rows.append((exercise.name, status, message + (first_error if status == "missing" else "")))
    return rows


def code_of(path):
    """Return the sources of a notebook's code cells, without the one that installs this package.

    Raises NotMarkable if the file is no notebook.
    """
    import nbformat  # only who marks needs it

    if path.suffix != ".ipynb":
        raise NotMarkable("not a notebook", "Expected a file that ends in .ipynb.")
    if path.stat().st_size > LARGEST_FILE:
        raise NotMarkable("unreadable", f"Larger than {LARGEST_FILE:,} bytes; clear its outputs.")
    try:
        notebook = nbformat.read(path, as_version=4)
        cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    except Exception as error:  # anything can be in a file
        raise NotMarkable("unreadable", f"{type(error).__name__}: {error}") from None
    return [source for source in cells if source.strip() and not source.startswith(INSTALLS)]


def chapter_of(path, sources):
    """Return the chapter that a notebook imports the checks of, or that its file is named after."""
    known = chapters()
    imported = [name for source in sources for name in IMPORT.findall(source) if name in known]
    named = sorted((name for name in known if name in path.stem), key=len)
    if not (imported or named):
        raise NotMarkable("unknown chapter", "Neither imports nor name say which; use --chapter.")
    return imported[0] if imported else named[-1]


def safe_cell(text):
    """Return text as one line that no spreadsheet takes for a formula.

    >>> safe_cell("=1+1")
    "'=1+1"
    """
    plain = "".join(char if char.isprintable() else " " for char in str(text).replace("\ufeff", ""))
    line = " ".join(plain.split())
    line = line if len(line) <= MESSAGE_LENGTH else line[: MESSAGE_LENGTH - 4] + " ..."
    return f"'{line}" if line.startswith(FORMULA_STARTS) else line


def write_marks(rows, output):
    """Write rows as a CSV that spreadsheets open, each as soon as it is known; return how many there were."""
    count = 0
    with open(output, "w", encoding="utf-8-sig", newline="") as file:  # spreadsheets know UTF-8 by its mark
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow([safe_cell(cell) for cell in row])
            file.flush()
            count += 1
    return count


def parser():
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser("python -m course_lib.exercises.mark", description="Mark notebooks.")
    parser.add_argument("folder", type=Path, help="the notebooks that were handed in, in folders or not")
    parser.add_argument("--output", type=Path, default=Path("marks.csv"), help="(%(default)s)")
    parser.add_argument("--chapter", choices=chapters(), help="by default what each notebook imports")
    parser.add_argument("--cell-seconds", type=float, default=300, help="for one cell (%(default)s)")
    parser.add_argument("--total-seconds", type=float, default=1800, help="for a notebook (%(default)s)")
    parser.add_argument("--output-bytes", type=int, default=1_000_000, help="of one cell (%(default)s)")
    return parser


def main(arguments=None):
    """Run the command line."""
    given = parser().parse_args(arguments)
    if not given.folder.is_dir():
        parser().error(f"there is no folder {given.folder}")
    limits = {name: getattr(given, name) for name in ("cell_seconds", "total_seconds", "output_bytes")}
    rows = mark_folder(given.folder, chapter=given.chapter, skip={given.output.resolve()}, **limits)
    print(f"{write_marks(rows, given.output)} rows are in {given.output}.")


if __name__ == "__main__":
    sys.exit(main())
