"""Nothing that the book reads can run a program, and no notebook reaches for what is its reader's own."""

import json
from pathlib import Path

import pytest
from exported_notebooks import BUILD, NAMES
from security_rules import markup_from_text, more_than_words, reaching, unsafe_reads

ROOT = Path(__file__).parents[1]
CODE = sorted(
    p for folder in ("course_lib", "sphinx_ext", "benchmarks") for p in (ROOT / folder).rglob("*.py")
)
SCRIPTS = sorted([*(ROOT / "course_lib/widgets").glob("*.js"), *(ROOT / "sphinx_ext/static").glob("*.js")])
# Each with its reason.
ALLOWED = {
    # CIFAR-10 is published as pickles: read after the checksum, by a reader that makes arrays alone
    "course_lib/data/downloads.py": ["import pickle"],
    # the name of the reader's own answer, in the reader's own kernel
    "course_lib/exercises/verdict.py": ["eval"],
    # the solution of an exercise, which this package holds, with a mistake in it
    "course_lib/exercises/framework/mistakes.py": ["exec"],
    # code that stands in a chapter, run by the build as the chapter's cells are
    "sphinx_ext/gaps.py": ["exec", "eval"],
}


def test_no_code_of_the_project_reads_what_can_run_a_program():
    found = {path.relative_to(ROOT).as_posix(): unsafe_reads(path.read_text("utf-8")) for path in CODE}
    assert len(found) > 100
    assert {name: complaints for name, complaints in found.items() if complaints} == ALLOWED


def test_no_script_makes_markup_of_a_text():
    found = {path.name: markup_from_text(path.read_text("utf-8")) for path in SCRIPTS}
    assert len(found) > 20
    assert {name: complaints for name, complaints in found.items() if complaints} == {}


@pytest.mark.book
@pytest.mark.parametrize("name", NAMES or ["none"])
def test_an_exported_notebook_reaches_for_nothing_of_its_reader(name):
    cells = json.loads((BUILD / f"notebooks/{name}.ipynb").read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    lines = "\n".join(code[1:]).splitlines()  # the first cell installs the package, and has tests of its own
    assert len(lines) > 3
    assert reaching("\n".join(line for line in lines if not line.lstrip().startswith(("%", "!")))) == []


@pytest.mark.book
@pytest.mark.parametrize("name", NAMES or ["none"])
def test_an_exported_notebook_shows_words_and_pictures_alone(name):
    cells = json.loads((BUILD / f"notebooks/{name}.ipynb").read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert outputs
    here = [str(ROOT), str(BUILD.parent), str(Path.home())]
    assert [complaint for output in outputs for complaint in more_than_words(output)] == []
    assert [folder for folder in here if folder in json.dumps(outputs)] == []


# --- and each rule can be broken ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (unsafe_reads, "np.load(f, allow_pickle=False)", "np.load(f)"),
        (unsafe_reads, "np.load(f, allow_pickle=False)", "np.load(f, allow_pickle=True)"),
        (unsafe_reads, "torch.load(f, weights_only=True)", "torch.load(f, weights_only=False)"),
        (unsafe_reads, "torch.load(f, weights_only=True)", "torch.load(f)"),
        (unsafe_reads, "import json", "import pickle"),
        (unsafe_reads, "from json import load", "from pickle import load"),
        (unsafe_reads, "archive.extractfile(member)", "archive.extractall(folder)"),
        (unsafe_reads, "shutil.copy(a, b)", "shutil.unpack_archive(a)"),
        (unsafe_reads, "yaml.safe_load(f)", "yaml.load(f)"),
        (unsafe_reads, "subprocess.run([a])", "subprocess.run(a, shell=True)"),
        (unsafe_reads, "model.eval()", "eval(text)"),
        (unsafe_reads, "joblib.Parallel()", "joblib.load(f)"),
        (reaching, "import os", "from google.colab import drive"),
        (reaching, "files.append(a)", "files.upload()"),
        (reaching, "open('a')", "open('a', 'w')"),
        (reaching, "open('a', 'rb')", "open('a', mode='a')"),
        (reaching, "os.environ['COURSE_DATA']", "os.environ['GITHUB_TOKEN']"),
        (reaching, "os.environ.get('OMP_NUM_THREADS')", "dict(os.environ)"),
        (reaching, "Path('a').parent", "Path.home()"),
        (reaching, "print(a)", "input('your name')"),
        (more_than_words, {"data": {"text/plain": "a/opt/b"}}, {"data": {"text/plain": "/opt/b.py"}}),
        (more_than_words, {"text": ["at 0x"]}, {"text": ["<Line at 0x7f12ab34>"]}),
        (more_than_words, {"data": {"image/png": "/tmp+x"}}, {"data": {"text/html": "<b>"}}),
        (more_than_words, {"text": "a < b"}, {"text": "<script>"}),
        (more_than_words, {"execution_count": None}, {"execution_count": 1}),
        (more_than_words, {"name": "stdout", "text": "a"}, {"name": "stderr", "text": "a"}),
        (markup_from_text, "a.textContent = b", "a.innerHTML = b"),
        (markup_from_text, "model.eval()", "x = eval(text)"),
        (markup_from_text, "setTimeout(go, 5)", "setTimeout('go()', 5)"),
    ],
)
def test_rules_catch_a_planted_fault(rule, good, bad):
    assert rule(good) == []
    assert rule(bad) != []
