"""What the book promises to be fast, in one table: medians of runs in turn, their spread, what remains.

    python benchmarks/table.py                        # everything: about half an hour on a quiet machine
    python benchmarks/table.py --part imports builds  # these again, then the table of all that is known
    python benchmarks/table.py --show                 # the table alone

Each part is kept in `_build/bench.json` when it is done. The exit status is 1 where a promise is not kept.
"""

import argparse
import importlib
import json
import os
import re
import statistics
import sys
import tempfile
from pathlib import Path

from rows import ROOT, row, shares, timed_command

from course_lib.experiments import Record

COLUMNS = "{name:<34} {median:>9} {spread:>19} {promised:>14}  {rest}"


def main():
    """Measure the parts that are asked for, print the table; return 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--out", type=Path, default=ROOT / "_build/bench.json")
    parser.add_argument("--show", action="store_true", help="measure nothing")
    arguments = parser.parse_args()
    os.environ["TQDM_DISABLE"] = "1"
    arguments.out.parent.mkdir(exist_ok=True)
    record = Record(arguments.out)
    for part in () if arguments.show else arguments.part:
        print(f"measuring: {part}", file=sys.stderr, flush=True)
        record.values["results"].pop(part, None)
        record.keep(PARTS[part], part)
    rows = [found for part in PARTS for found in record.values["results"].get(part, ())]
    print_table(rows)
    return 0 if all(found["good"] for found in rows) else 1


def print_table(rows):
    """Print one line for each row; what missed its promise is marked."""
    heads = {"name": "what", "median": "median", "spread": "lowest to highest", "promised": "promised"}
    print(COLUMNS.format(**heads, rest="what the rest is made of"))
    for found in rows:
        spread = f"{found['low']:.2f} to {found['high']:.2f}, {found['runs']}" if found["runs"] > 1 else ""
        median = f"{found['median']:.2f} {found['unit']}"
        missed = "" if found["good"] else "  MISSED"
        print(COLUMNS.format(**found | {"median": median, "spread": spread}) + missed)


def module(name):
    """Return a function that measures the part of a module beside this one."""
    return lambda: importlib.import_module(name).measured()


def numpy_rows():
    """Return the rows of NumPy against loops and against PyTorch, with one thread each."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        script("numpy_cnn.py", "--threads", "1", "--results", str(results))
        found = json.loads(results.read_text(encoding="utf-8"))
    return [
        row(f"NumPy against {who}, {name}", pairs["ratios"], "x", least=pairs["least"], rest=RESTS["numpy"])
        for name, others in found.items()
        for who, pairs in others.items()
    ]


def loader_rows():
    """Return the row of the three models against dataset and DataLoader."""
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        script("training_loop.py", "--results", str(results))
        found = json.loads(results.read_text(encoding="utf-8"))
    return [row("three models against the loader", found["ratios"], "x", least=4, rest=shares(found["ours"]))]


def mnist_rows():
    """Return the rows of 99 and of 99.5 %, read from what their script prints."""
    runs, recipe = {}, None
    for line in script("mnist_99.py").splitlines():
        if head := re.match(r"([\d.]+) %:", line):
            recipe = head[1]
        elif found := re.match(r"\s+([\d.]+)% +([\d.]+) s", line):
            runs.setdefault(recipe, []).append((float(found[1]), float(found[2]), line.partition(";")[2]))
    promised = {"99": 8, "99.5": 20}
    return [
        row(
            f"{recipe} % on MNIST, from python on", [seconds for _, seconds, _ in found], "s",
            most=promised.get(recipe),
            rest=f"{statistics.mean(run[0] for run in found):.2f} %; {' '.join(found[0][2].split())}",
        )
        for recipe, found in runs.items()
    ]  # fmt: skip


def script(name, *options):
    """Run a script of this folder and return what it prints."""
    command = [sys.executable, str(ROOT / "benchmarks" / name), *options]
    # 1: a claim of its own is missed, which the table shows
    return timed_command(command, allowed=(0, 1), env=os.environ | {"PYTHONPATH": str(ROOT)})[1]


RESTS = {"numpy": "matrix products, and copies of the windows for them"}
PARTS = {
    "loader": loader_rows,
    "mnist": mnist_rows,
    "numpy": numpy_rows,
    "builds": module("builds"),
    "imports": module("imports"),
    "first figure": module("first_figure"),
}

if __name__ == "__main__":
    raise SystemExit(main())
