"""How long the book takes to build: cold, with nothing changed, with one sentence changed; and `make quick`.

The cold build's seconds are those that the build itself wrote down, chapter by chapter; the others are
measured here, on the tree that the last `make book` left behind.
"""

import os
import re
from pathlib import Path

from rows import ROOT, row, shares, timed_command

SENTENCE = "\nOne sentence more.\n"
CHANGED = "chapters/convolution.md"
ROUNDS = 3
RESTS = {
    "site": "imports (a third), pages that list others, outputs put back into notebooks",
    "notebooks": "imports, all notebooks written anew",
}


def measured(rounds=ROUNDS, root=ROOT):
    """Return the rows of the builds."""
    build = Path(root) / "_build/html"
    if not build.is_dir():
        raise SystemExit("There is no built book: make book")
    rebuilt(root)  # a change that waits for a build is none of ours
    warm, sentence = [], []
    for _ in range(rounds):
        warm.append(rebuilt(root))
        sentence.append(with_one_sentence(root))
    chapters = seconds_of_pages(build)
    names = ", ".join(f"{name} {seconds:.0f}" for name, seconds in sorted(chapters.items(), key=second)[-3:])
    return [
        row("chapters, one after another", [sum(chapters.values())], "s", rest=f"the longest: {names}"),
        row("a chapter", sorted(chapters.values()), "s", rest="training, nearly all of it"),
        row("warm build", [sum(run.values()) for run in warm], "s", rest=shares(warm[-1])),
        row("one sentence, on its page", [run["site"] for run in sentence], "s", most=10, rest=RESTS["site"]),
        row("and in its notebook", [run["notebooks"] for run in sentence], "s", rest=RESTS["notebooks"]),
        quick(root),
    ]  # fmt: skip


def second(pair):
    """Return the second of a pair, to sort by."""
    return pair[1]


def rebuilt(root):
    """Return the seconds of the site and of the notebooks, as `make html` makes them."""
    command = [str(Path(root) / ".venv/bin/jupyter-book"), "build", ".", "-n", "-W", "--keep-going"]
    settings = {"cwd": root, "env": os.environ | {"PYTHONPATH": str(root), "TQDM_DISABLE": "1"}}
    site = timed_command(command, **settings)[0]
    notebooks = [*command, "--builder=custom", "--custom-builder=notebooks"]
    return {"site": site, "notebooks": timed_command(notebooks, **settings)[0]}


def with_one_sentence(root):
    """Return the seconds of a build after one sentence was added to a chapter, which is taken out again."""
    page = Path(root) / CHANGED
    before = page.read_bytes()
    try:
        page.write_bytes(before + SENTENCE.encode())
        return rebuilt(root)
    finally:
        page.write_bytes(before)
        rebuilt(root)


def seconds_of_pages(build):
    """Return the seconds that each page's cells took, from the table that the build wrote."""
    page = (build / "chapters/how_this_book_was_built.html").read_text(encoding="utf-8")
    table = re.sub(r"<[^>]+>", " ", page[page.index('id="how-long-it-took"') :])
    found = re.findall(r"([\w/]+)\s+\d{4}-\d\d-\d\d \d\d:\d\d\s+cache\s+([\d.]+)", table)
    return {name.rpartition("/")[2]: float(seconds) for name, seconds in found}


def quick(root):
    """Return the row of `make quick`."""
    seconds, printed = timed_command(["make", "--no-print-directory", "quick"], cwd=root)
    tests = re.search(r"(\d+) passed", printed)
    return row("make quick", [seconds], "s", most=60, rest=f"{tests[1]} tests, each core its own process")
