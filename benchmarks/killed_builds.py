"""Kill builds of a small book at random moments, build again, and compare the site with an undisturbed one.

The book has two chapters and all of the real one's settings and extensions. Each round changes a sentence,
a value and a picture, starts the build, kills it at a moment drawn from its usual duration, half of the
times with all that it has started (as a power cut would), starts it again and lets it end. Then every file
of the site must be, byte for byte, that of a build that nobody disturbed, from nothing or on top of the
other version.

    python benchmarks/killed_builds.py --moments 20

Builds are forked from a process that has imported everything, which saves most of their time.
"""

import argparse
import importlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
HEAD = (
    "---\nfile_format: mystnb\nkernelspec: {display_name: Python 3, language: python, name: python3}\n---\n"
)
CHAPTER = """
(ch-{name})=
# Images of {name}

Version {version} has {{glue:text}}`{name}-pixels` pixels, $n = {version}$.

```{{code-cell}}
import matplotlib.pyplot as plt
import numpy as np
from myst_nb import glue

image = np.eye({version}0)
glue("{name}-pixels", f"{{image.size}}", display=False)
print(image.size)
```

```{{code-cell}}
---
tags: [hide-input]
mystnb:
  figure:
    name: fig-{name}
    caption: A bright line.
  image:
    alt: A bright diagonal line on a dark square.
---
plt.imshow(image)
plt.show()
```
"""
NAMES = ("ink", "paper")


def main():
    """Build both versions undisturbed, then kill and build again; print a line for each moment."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    prepare_imports()
    with tempfile.TemporaryDirectory() as temporary:
        wrong = kill_and_compare(Path(temporary, "book"), arguments.moments, random.Random(arguments.seed))
    print(f"{arguments.moments - wrong} of {arguments.moments} killed builds ended with the same site.")
    sys.exit(wrong > 0)


def prepare_imports():
    """Import what each build needs, and let the copies build without data and side by side."""
    os.environ.update(COURSE_OFFLINE="1", TQDM_DISABLE="1", PYTHONHASHSEED="0", OMP_NUM_THREADS="1")
    sys.path.insert(0, str(ROOT))
    for name in ("jupyter_book.cli.main", "myst_nb", "sphinx_book_theme", "nbformat", "sqlalchemy"):
        importlib.import_module(name)


def kill_and_compare(book, moments, rng):
    """Return how many of the killed builds ended with another site."""
    copy_project(book)
    expected, seconds = undisturbed(book)
    wrong = 0
    for count in range(moments):
        version = 1 + count % 2
        write_chapters(book, version)
        shutil.rmtree(book / "_build/.jupyter_cache")  # else there would be nothing left to execute
        moment = rng.uniform(0, seconds)
        how = kill(book, moment, alone=count % 4 < 2)
        finish(book)
        found = contents(book)
        differing = min((different(site, found) for site in expected[version]), key=len)
        print(f"{how} after {moment:.2f} of {seconds:.2f} s: {differing or 'the same site'}", flush=True)
        wrong += bool(differing)
    return wrong


def undisturbed(book):
    """Return the sites of both versions, from nothing and on top of the other one, and a build's seconds.

    On top of another one, Sphinx names style sheets with a number and leaves the pictures of before.
    """
    expected = {1: [], 2: []}
    for version, from_nothing in ((1, True), (2, False), (1, False), (2, True)):
        if from_nothing:
            shutil.rmtree(book / "_build", ignore_errors=True)
        write_chapters(book, version)
        begun = time.perf_counter()
        finish(book)
        expected[version].append(contents(book))
    return expected, time.perf_counter() - begun


def copy_project(book):
    """Copy the project's files with a small book in place of the chapters."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        if not name.startswith(("chapters/", "tests/", "benchmarks/")) and (ROOT / name).is_file():
            (book / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, book / name)
    links = ", ".join(f"{{ref}}`ch-{name}`" for name in NAMES)
    (book / "index.md").write_text(f"# A tiny book\n\nIts chapters: {links}.\n")
    files = "".join(f"  - file: chapters/{name}\n" for name in NAMES)
    (book / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{files}")
    (book / "chapters").mkdir()


def write_chapters(book, version):
    """Write both chapters in one of two versions."""
    for name in NAMES:
        (book / f"chapters/{name}.md").write_text(HEAD + CHAPTER.format(name=name, version=version))


def start(book):
    """Start a build in a process group of its own, as `make html` does; return its number."""
    number = os.fork()
    if number:
        return number
    os.setsid()
    os.chdir(book)
    sys.path[0] = str(book)
    log = os.open(book / "build.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    from jupyter_book.cli.main import main as jupyter_book

    status = 1
    try:
        jupyter_book(["build", ".", "-n", "-W", "--keep-going"], standalone_mode=False)
        status = 0
    finally:
        os._exit(status)


def finish(book):
    """Build to the end.

    Raises
    ------
    RuntimeError
        If the build fails, with the end of what it said.
    """
    _, status = os.waitpid(start(book), 0)
    if status:
        raise RuntimeError((book / "build.log").read_text()[-3000:])


def kill(book, seconds, alone):
    """Start a build and kill it after some seconds, alone or with its kernels; return how that went."""
    number = start(book)
    time.sleep(seconds)
    for group in groups_of(number, alone):
        with suppress(ProcessLookupError):  # it has just ended by itself
            os.killpg(group, signal.SIGKILL)
    _, status = os.waitpid(number, 0)
    if not os.WIFSIGNALED(status):
        return "ended"
    return "killed alone" if alone else "killed with its kernels"


def groups_of(number, alone):
    """Return the process group of a build and, if wanted, those of its kernels, which lead their own."""
    children = [] if alone else psutil.Process(number).children(recursive=True)
    groups = set()
    for member in (number, *(child.pid for child in children)):
        with suppress(ProcessLookupError):
            groups.add(os.getpgid(member))
    return groups - {os.getpgrp()}


def contents(book):
    """Return the bytes of every file of the site, by name."""
    site = book / "_build/html"
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in sorted(site.rglob("*")) if path.is_file()
    }  # fmt: skip


def different(expected, found):
    """Return the names of the files that differ or are in one of two sites only."""
    return sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))


if __name__ == "__main__":
    main()
