"""Whether the chapters' assertions hold on other processors, and with how much room.

Other vector instructions add in another order: the last digits differ, and after a training everything
that is random differs a little. The libraries choose their instructions when they start and can be told
to take those of an older processor; so one machine stands in for several. Each chapter is executed on
each of them, with models trained there; an assertion that fails does not end the run. Printed are the
assertions that fail, the claims that come out differently, and every comparison whose margin is less
than three standard deviations of what it varies by between the processors.

    python benchmarks/other_processors.py convolution numpy_cnn    # two chapters on all four
    python benchmarks/other_processors.py --on AVX2                # all chapters, on one: half an hour
    python benchmarks/other_processors.py --report                 # what is known so far
"""

import argparse
import hashlib
import json
import os
import re
import statistics
import tempfile
from pathlib import Path

import nbformat
from myst_nb.core.read import read_myst_markdown_notebook
from nbclient import NotebookClient

from course_lib.experiments import Record
from sphinx_ext.claim_list import FILE, differences, read_claims, records

ROOT = Path(__file__).parents[1]
# Each library has a switch of its own: ATen's loops, oneDNN's convolutions, MKL's and OpenBLAS's products.
PROCESSORS = {
    "here": {"OMP_NUM_THREADS": "1"},
    "two threads": {"OMP_NUM_THREADS": "2"},
    "AVX2": {
        "OMP_NUM_THREADS": "1", "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2", "OPENBLAS_CORETYPE": "Haswell",
    },
    "SSE4": {
        "OMP_NUM_THREADS": "1", "ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41",
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2", "OPENBLAS_CORETYPE": "Nehalem",
    },
}  # fmt: skip
ROOM = 3  # standard deviations


def main():
    """Execute what is not known yet, print what fails and what is thin; return 1 if anything fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapters", nargs="*", help="all of them where none is named")
    parser.add_argument("--on", nargs="+", choices=PROCESSORS, default=list(PROCESSORS))
    parser.add_argument("--out", type=Path, default=ROOT / "_build/other_processors")
    parser.add_argument("--report", action="store_true", help="execute nothing")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    record = Record(arguments.out / "results.json")
    if not arguments.report:
        for processor in arguments.on:
            for chapter in arguments.chapters or in_order():
                key = f"{chapter} {digest(chapter)}"
                record.keep(lambda: executed(chapter, processor, arguments.out), key, processor)  # noqa: B023
                print(f"{processor}, {chapter}: {said(record.values['results'][key][processor])}", flush=True)
    results = newest(record.values["results"])
    wrong = failures(results) + claims_that_differ(results, arguments.out)
    print(f"\n{len(wrong)} failures", *wrong, sep="\n  ")
    report_thin(results)
    return 1 if wrong else 0


def in_order():
    """Return the names of the chapters in the order of the contents."""
    return re.findall(r"file: chapters/(\w+)$", (ROOT / "_toc.yml").read_text(encoding="utf-8"), re.MULTILINE)


def source(chapter):
    """Return the path of a chapter."""
    return ROOT / f"chapters/{chapter}.md"


def digest(chapter):
    """Return a short name of a chapter's text: another text, another run."""
    return hashlib.sha256(source(chapter).read_bytes()).hexdigest()[:8]


def newest(results):
    """Return the runs of the chapters as they stand now, by chapter."""
    known = {
        key.split()[0]: runs for key, runs in results.items() if key.split()[1:] == [digest(key.split()[0])]
    }
    return {chapter: known[chapter] for chapter in in_order() if chapter in known}


def executed(chapter, processor, out):
    """Execute a chapter as on another processor; return its assertions, errors and kept texts."""
    text = source(chapter).read_text(encoding="utf-8")
    notebook = read_myst_markdown_notebook(text, add_source_map=True)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    lines = notebook.metadata.pop("source_map")
    code = [(cell, line) for cell, line in zip(notebook.cells, lines, strict=True) if is_code(cell)]
    with tempfile.TemporaryDirectory() as folder:
        margins = Path(folder) / "margins.json"
        first = "from assertion_margins import watch; watch(get_ipython()); del watch"
        last = f"from assertion_margins import write; write({str(margins)!r})"
        notebook.cells.insert(0, nbformat.v4.new_code_cell(first))
        notebook.cells.append(nbformat.v4.new_code_cell(last))
        client = NotebookClient(
            notebook,
            timeout=1800,
            allow_errors=True,
            resources={"metadata": {"path": str(ROOT / "chapters")}},
        )
        client.execute(env=environment(processor, out))
        found = json.loads(margins.read_text(encoding="utf-8"))
    notebook.cells = notebook.cells[1:-1]
    kept = notebook_path(out, processor, chapter)
    kept.parent.mkdir(exist_ok=True)
    nbformat.write(notebook, kept)
    return {"assertions": placed(found, first_lines(text, code)), "errors": errors(code)}


def notebook_path(out, processor, chapter):
    """Return where the executed chapter is kept."""
    return out / processor.replace(" ", "-") / f"{chapter}.ipynb"


def is_code(cell):
    """Return whether the kernel executes a cell."""
    return cell.cell_type == "code" and bool(cell.source.strip())


def environment(processor, out):
    """Return the environment of a kernel on another processor, with a folder of models of its own."""
    paths = [str(ROOT), str(ROOT / "benchmarks"), os.environ.get("PYTHONPATH", "")]
    own = {"OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"}  # they would overrule OMP_NUM_THREADS
    kept = {name: value for name, value in os.environ.items() if name not in own}
    return kept | PROCESSORS[processor] | {
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "COURSE_MODELS": str(out.resolve() / f"models-{processor.replace(' ', '-')}"),
        "TQDM_DISABLE": "1", "PYTHONHASHSEED": "0",
    }  # fmt: skip


def first_lines(text, code):
    """Return how many lines of a chapter precede the source of each cell, its options included."""
    lines = text.splitlines()
    return [lines.index(cell.source.splitlines()[0], line) for cell, line in code]


def placed(found, lines):
    """Return the assertions by their line in the chapter; the kernel counts cells from 2, as one precedes."""
    result = {}
    for place, entry in found.items():
        cell, line = map(int, place.split(":"))
        result[str(lines[cell - 2] + line)] = entry
    return result


def errors(code):
    """Return the errors that no assertion explains and no tag announces, with the line of their cell."""
    return [
        f"cell at line {line + 1}: {output.ename}: {output.evalue}"
        for cell, line in code
        for output in cell.outputs
        if output.output_type == "error" and "raises-exception" not in cell.metadata.get("tags", [])
    ]


def said(run):
    """Return one line about a run."""
    failed = sum(not entry["holds"] for entry in run["assertions"].values())
    return f"{len(run['assertions'])} assertions, {failed} fail, {len(run['errors'])} other errors"


def failures(results):
    """Return the errors and the assertions that failed, each with its place and its margins."""
    wrong = []
    for chapter, runs in results.items():
        for processor, run in runs.items():
            wrong += [f"{chapter} on {processor}, {error}" for error in run["errors"]]
            wrong += [
                f"{chapter}:{line} on {processor}: {entry['text']}; margins {list(entry['margins'].values())}"
                for line, entry in run["assertions"].items()
                if not entry["holds"]
            ]
    return wrong


def claims_that_differ(results, out):
    """Return the claims whose value, control or verdict is not what the book's file says."""
    wrong = []
    for processor in PROCESSORS:
        ran = [chapter for chapter, runs in results.items() if processor in runs]
        executed = {chapter: records(notebook_path(out, processor, chapter)) for chapter in ran}
        claims = [claim for claim in read_claims(ROOT / FILE) if claim.chapter in ran]
        wrong += [f"on {processor}: {text}" for text in differences(claims, executed, offline=False)]
    return wrong


def report_thin(results):
    """Print the comparisons with too little room, the thinnest first."""
    thin = sorted(row for chapter, runs in results.items() for row in thin_margins(chapter, runs))
    print(f"\n{len(thin)} margins of less than {ROOM} standard deviations between the processors")
    for distance, place, text, margins in thin:
        print(f"  {distance:5.1f}  {place}  {text}  ({', '.join(f'{margin:.3g}' for margin in margins)})")


def thin_margins(chapter, runs):
    """Yield distance, place, text and margins of each comparison with too little room."""
    lines = {line for run in runs.values() for line in run["assertions"]}
    for line in sorted(lines, key=int):
        entries = [run["assertions"][line] for run in runs.values() if line in run["assertions"]]
        for text in entries[0]["margins"]:
            margins = [entry["margins"][text] for entry in entries if text in entry["margins"]]
            spread = statistics.stdev(margins) if len(margins) > 1 else 0
            if spread and min(margins) < ROOM * spread:
                yield min(margins) / spread, f"{chapter}:{line}", text, margins


if __name__ == "__main__":
    raise SystemExit(main())
