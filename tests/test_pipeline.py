"""Does `make test` turn red when a chapter is wrong? Faults are planted in a copy of the project.

The copy holds one small chapter, so that a build takes seconds; everything else (settings,
extensions, Makefile) is the project's own.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.pipeline

ROOT = Path(__file__).parents[1]
CHAPTER = """\
---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

(ch-tiny)=
# How large is an image?

An image of MNIST has {glue:text}`tiny-pixels` pixels.

```{code-cell}
import matplotlib.pyplot as plt
import numpy as np
from myst_nb import glue

image = np.eye(28)
print(image.size)
```

```{code-cell}
:tags: [remove-cell]
glue("tiny-pixels", f"{image.size}", display=False)
```

```{code-cell}
---
tags: [hide-input]
mystnb:
  figure:
    name: fig-tiny
    caption: The identity matrix as an image.
  image:
    alt: A bright diagonal line on a dark square.
---
plt.imshow(image)
plt.show()
```

The line in {numref}`fig-tiny` has 28 bright pixels.
"""
INDEX = "# A tiny book\n\nIts only chapter is {ref}`ch-tiny`.\n"
TOC = "format: jb-book\nroot: index\nchapters:\n  - file: chapters/tiny\n"

CLAIMS = """\
- id: "pixels"
  claim: "An image has a thousand pixels."
  said_by: "nobody"
  chapter: "tiny"
  glue: "claim-pixels"
  value: "784"
  control: "1,024"
  control_glue: "claim-pixels-control"
  tolerance: "0"
  measured: "It has {value}; with 32 rows, the control, it has {control}."
  condition: ""
  verdict: "false"
  reference: "lecun1998gradient"
"""
RECORD = """
```{code-cell}
:tags: [remove-cell]
from course_lib.claims import judge, record

record("pixels", f"{image.size}", f"{32 * 32:,}", judge(image.size, 0, margin=1000))
```
"""
CLAIMS_PAGE = """\
# Claims

```{claims}
```

```{claims} false
```

```{bibliography}
```
"""


@pytest.fixture
def copy(tmp_path):
    """A copy of the project's files with one small chapter, in a folder with an odd name."""
    folder = tmp_path / "mein Bücherregal"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    for name in listed:
        source = ROOT / name
        if source.is_file() and not name.startswith(("chapters/", "tests/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    (folder / "chapters").mkdir()
    (folder / "chapters/tiny.md").write_text(CHAPTER)
    (folder / "index.md").write_text(INDEX)
    (folder / "_toc.yml").write_text(TOC)
    return folder


def make(target, folder, *settings, **variables):
    """Run a make target in a copy with this environment's programs; return (exit status, output)."""
    environment = {**os.environ, "COURSE_OFFLINE": "1", **variables}
    done = subprocess.run(
        ["make", "--no-print-directory", target, f"VENV={Path(sys.prefix)}", *settings],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def plant(folder, old, new):
    chapter = folder / "chapters/tiny.md"
    source = chapter.read_text()
    assert source.count(old) == 1, f"the fault needs one place to go, {old!r} has {source.count(old)}"
    chapter.write_text(source.replace(old, new))


def test_make_test_runs_the_stages_that_these_tests_break():
    plan = subprocess.run(["make", "-n", "test"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tests = ('-m "not book and not pipeline"', "-m pipeline", '-m "book and not exported"', "-m exported")
    for stage in ("jupyter-book build . -n -W --keep-going", "--nbval", "ruff check", *tests):
        assert stage in plan, stage


def test_a_sound_book_is_green_and_a_changed_printed_value_turns_the_second_run_red(copy):
    status, output = make("html", copy)
    assert status == 0, output
    assert "784 pixels" in (copy / "_build/html/chapters/tiny.html").read_text()
    status, output = make("rerun", copy)
    assert status == 0, output
    assert "3 passed" in output

    executed = copy / "_build/jupyter_execute/chapters/tiny.ipynb"
    source = executed.read_text()
    assert source.count("784\\n") == 1
    executed.write_text(source.replace("784\\n", "785\\n"))
    status, output = make("rerun", copy)
    assert status != 0
    assert "785" in output
    assert "1 failed" in output


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("image = np.eye(28)", "image = np.eye(-28)", "negative dimensions", id="failing-cell"),
        pytest.param("28 bright", "{ref}`ch-missing` 28 bright", "ch-missing", id="broken-reference"),
        pytest.param("`fig-tiny`", "`fig-missing`", "fig-missing", id="broken-figure-reference"),
        pytest.param("    alt: A bright diagonal line on a dark square.", "    width: 300px", "alt",
                     id="no-alt-text"),
        pytest.param("print(image.size)", "print(image.size)\nimport sys\nprint(1, file=sys.stderr)",
                     "stderr", id="a-warning-in-a-page"),
    ],
)  # fmt: skip
def test_a_planted_fault_turns_the_build_red(copy, old, new, message):
    plant(copy, old, new)
    status, output = make("html", copy)
    assert status != 0
    assert message in output


def test_a_home_that_cannot_be_written_is_no_reason_to_fail(copy):
    nowhere = str(
        copy / "README.md" / "home"
    )  # below a file nobody makes a folder, not even an administrator
    empty = {"COURSE_DATA": "", "COURSE_MODELS": "", "XDG_CACHE_HOME": "", "MPLCONFIGDIR": ""}
    status, output = make("html", copy, HOME=nowhere, **empty)
    assert status == 0, output
    assert "784 pixels" in (copy / "_build/html/chapters/tiny.html").read_text()


@pytest.mark.parametrize("version", ["3.10", "3.14"])
def test_another_python_is_refused_before_anything_is_installed(copy, version):
    older = copy / "python"
    pretend = f"import sys; sys.version_info = ({version.replace('.', ', ')}); exec(sys.argv[1])"
    older.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{pretend}" "$2"\n')
    older.chmod(0o755)
    status, output = make("venv", copy, "VENV=own", "PYTHON=./python")
    assert status != 0
    assert f"Python 3.11 to 3.13 is needed, this is {version}" in output
    assert not (copy / "own").exists()


def check_claims(folder):
    """Run the book's own tests of its claims on a copy, to the first that fails; return (status, output)."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-m", "book", "tests/test_book_claims.py"],
        cwd=ROOT, env={**os.environ, "COURSE_BOOK": str(folder)}, capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_a_claim_that_says_something_else_than_its_chapter_turns_the_check_red(copy):
    tiny, page, file = (copy / f"chapters/{name}" for name in ("tiny.md", "claims_measured.md", "claims.yml"))
    tiny.write_text(CHAPTER + RECORD)
    page.write_text(CLAIMS_PAGE)
    file.write_text(CLAIMS)
    (copy / "_toc.yml").write_text(TOC + "  - file: chapters/claims_measured\n")
    status, output = make("html", copy)
    assert status == 0, output
    status, output = check_claims(copy)
    assert status == 0, output

    executed = copy / "_build/jupyter_execute/chapters/tiny.ipynb"
    plants = [
        (file, '"784"', '"785"', "claim-pixels"),
        (file, '"1,024"', '"1,025"', "claim-pixels-control"),
        (file, 'verdict: "false"', 'verdict: "holds"', "claim-pixels-verdict"),
        (file, 'chapter: "tiny"', 'chapter: "index"', "keeps no claim-pixels"),
        (file, 'control: "1,024"', 'control: ""', "control is empty"),
        (executed, "\"'784'\"", "\"'783'\"", "783"),
    ]
    for path, old, new, message in plants:
        sound = path.read_text()
        assert old in sound
        path.write_text(sound.replace(old, new))
        status, output = check_claims(copy)
        assert status != 0, new
        assert message in output
        path.write_text(sound)
    assert check_claims(copy)[0] == 0
