"""The exported notebooks run outside the repository, from top to bottom, and print what the pages show."""

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import nbformat
import pytest
from exported_notebooks import BOOK, BUILD, NAMES, page_of
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from sphinx_ext.notebook_code import install_source

pytestmark = [pytest.mark.book, pytest.mark.exported]

# pip takes the second one as the value of --build-isolation: "0" builds with the setuptools that is there.
OFFLINE_PIP = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

# Seconds for a cell, and for a kernel to start: on a busy machine both take many times as long as alone.
PATIENCE = {"timeout": 1800, "startup_timeout": 300}

GIT_AS_SOMEBODY = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]


def run(*command, folder, **variables):
    """Run a command as a stranger would: without the project's path, without a network."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment |= OFFLINE_PIP
    done = subprocess.run(
        command, cwd=folder, env=environment | variables, capture_output=True, text=True, timeout=1800
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A git repository that holds the package as it is here, its address and its commit."""
    folder = tmp_path_factory.mktemp("remote")
    for path in (BOOK / "pyproject.toml", *BOOK.glob("README*"), *BOOK.glob("LICENSE*")):
        shutil.copy(path, folder)
    shutil.copytree(BOOK / "course_lib", folder / "course_lib", ignore=shutil.ignore_patterns("__pycache__"))
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "The package"]):
        run(*GIT_AS_SOMEBODY, *arguments, folder=folder)
    return folder.as_uri(), run("git", "rev-parse", "HEAD", folder=folder).strip()


@pytest.fixture
def stranger(tmp_path):
    """An environment that has all that Colab has, and not course_lib; returns its Python.

    A line of a .pth file shows it this project's packages. That folder's own .pth files are not
    read again, so the editable course_lib stays behind.
    """
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    purelib = run(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=tmp_path
    ).strip()
    (Path(purelib) / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n")
    found = "import importlib.util as u; print(u.find_spec('course_lib'), bool(u.find_spec('torch')))"
    assert run(python, "-c", found, folder=tmp_path) == "None True\n"
    return python


def export_again(folder, **variables):
    """Export into another folder from the doctrees of the real build; return the log."""
    shutil.copytree(BUILD / ".doctrees", folder / "_build/.doctrees")
    main = "from jupyter_book.cli.main import main; main()"
    jupyter_book = [sys.executable, "-c", main, "build", BOOK, "--path-output", folder]
    options = ["-n", "-W", "--keep-going", "--builder=custom", "--custom-builder=notebooks"]
    return run(*jupyter_book, *options, folder=BOOK, PYTHONPATH=str(BOOK), **variables)


def test_exporting_again_executes_nothing_and_gives_the_same_bytes(tmp_path):
    log = export_again(tmp_path)
    assert "0 added, 0 changed" in log
    for name in NAMES:
        again = (tmp_path / f"_build/notebooks/{name}.ipynb").read_bytes()
        first = (BUILD / f"notebooks/{name}.ipynb").read_bytes()
        # a commit since the build changes the pin, the note below the title and, through them, two ids
        of_commit = rb'[0-9a-f]{40}|at commit `[0-9a-f]{7}`|"id": "[0-9a-f-]+"'
        assert re.sub(of_commit, b"", again) == re.sub(of_commit, b"", first)


def fastest():
    """Return the notebook whose page took the shortest time to execute."""
    environment = pickle.loads((BUILD / ".doctrees/environment.pickle").read_bytes())
    runs = {doc: data["exec_data"] for doc, data in environment.nb_metadata.items() if "exec_data" in data}
    seconds = {doc.split("/")[-1]: run["runtime"] for doc, run in runs.items() if run["runtime"]}
    return min((name for name in NAMES if name in seconds), key=seconds.get)


def installing(notebook):
    """Return the cell that installs the package: the first one with code, below the title."""
    return next(cell for cell in notebook.cells if cell.cell_type == "code")


@pytest.fixture
def run_as_stranger(tmp_path, stranger, monkeypatch):
    """Return a function that runs a notebook with the stranger's Python, in an empty folder."""
    kernel = tmp_path / "jupyter/kernels/python3"
    kernel.mkdir(parents=True)
    argv = [str(stranger), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "C", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    for variable, value in OFFLINE_PIP.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("PYTHONPATH", raising=False)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    def run_as_stranger(notebook):
        resources = {"metadata": {"path": str(elsewhere)}}
        return NotebookClient(notebook, resources=resources, **PATIENCE).execute()

    return run_as_stranger


def test_a_notebook_runs_outside_the_repository_after_its_first_cell_installed_the_package(
    tmp_path, run_as_stranger, address
):
    repository, sha = address
    export_again(tmp_path / "export", COURSE_REPOSITORY=repository, GITHUB_SHA=sha)
    notebook = nbformat.read(tmp_path / f"export/_build/notebooks/{fastest()}.ipynb", as_version=4)
    assert f"git+{repository}@{sha}" in installing(notebook).source
    notebook.cells.append(nbformat.v4.new_code_cell("import course_lib; print(course_lib.__file__)"))
    run_as_stranger(notebook)
    (where,) = [output.text for output in notebook.cells[-1].outputs]
    assert Path(where.strip()).is_relative_to(tmp_path / "env")


@pytest.fixture
def newer(address, tmp_path):
    """A clone of the package's repository with one more commit of the same version; address and commit."""
    folder = tmp_path / "newer"
    run("git", "clone", "-q", address[0], folder, folder=tmp_path)
    (folder / "course_lib/news.py").write_text("NEWS = 'newer'")
    run("git", "add", "-A", folder=folder)
    run(*GIT_AS_SOMEBODY, "commit", "-q", "-m", "News", folder=folder)
    return folder.as_uri(), run("git", "rev-parse", "HEAD", folder=folder).strip()


def test_the_first_cell_replaces_another_commit_of_the_same_version(
    stranger, run_as_stranger, address, newer, tmp_path
):
    run(stranger, "-m", "pip", "install", "-q", "--no-deps", "git+{}@{}".format(*address), folder=tmp_path)
    sources = ["import course_lib", install_source(*newer, "help", ["torch"])]
    sources.append("from course_lib.news import NEWS; print(NEWS)")
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    run_as_stranger(nbformat.v4.new_notebook(cells=cells))
    assert [output.text for output in cells[-1].outputs] == ["newer\n"]


def test_a_first_cell_that_cannot_install_ends_with_the_address_of_help(run_as_stranger, address):
    source = install_source(address[0], "0" * 40, "https://o.org/help.html")  # a commit that was never pushed
    cells = [nbformat.v4.new_code_cell(source)]
    with pytest.raises(CellExecutionError, match=r"course_lib could not be installed[^$]*https://o.org/help"):
        run_as_stranger(nbformat.v4.new_notebook(cells=cells))


# Everything in every notebook


@pytest.fixture(scope="module")
def apart(address, tmp_path_factory):
    """A folder that holds the installed package, and nothing else of the project."""
    folder = tmp_path_factory.mktemp("apart")
    source = Path(url2pathname(urlsplit(address[0]).path))
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder / "packages"]
    run(*pip, source, folder=folder)
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The folder of the models that the pages trained; where it is gone, one for all processes."""
    built, own = BUILD / ".models/built", tmp_path_factory.getbasetemp()
    common = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return built if built.is_dir() else common / "models"


@pytest.fixture(scope="module")
def run_all(apart, models):
    """Return a function that runs a notebook from top to bottom and gives it back with its outputs."""
    variables = {
        "PYTHONPATH": str(apart / "packages"),
        "OMP_NUM_THREADS": "1",  # as the pages
        "COURSE_MODELS": str(models),
    }

    def run_all(name):
        notebook = nbformat.read(BUILD / f"notebooks/{name}.ipynb", as_version=4)
        where = nbformat.v4.new_code_cell("import course_lib; print(course_lib.__file__)")
        notebook.cells.append(where)
        client = NotebookClient(notebook, resources={"metadata": {"path": str(apart)}}, **PATIENCE)
        return client.execute(env={**os.environ, "TQDM_DISABLE": "1", **variables})

    return run_all


def said(cell):
    """Return what a cell printed and what its last line gave, as text."""
    printed = "".join(output.get("text", "") for output in cell.outputs)  # it may come in several pieces
    values = [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return re.sub(r"0x[0-9a-f]+", "0x", "\n".join([printed, *filter(None, values)]))


def check_that_it_ran_outside_the_repository(notebook, apart):
    errors = [o for c in notebook.cells for o in c.get("outputs", []) if o.output_type == "error"]
    expected = [c for c in notebook.cells if c.get("metadata", {}).get("tags") == ["raises-exception"]]
    assert len(errors) <= len(expected), errors
    assert Path(said(notebook.cells[-1]).strip()).is_relative_to(apart / "packages")
    assert installing(notebook).outputs == []  # the first cell found the package, and installed nothing


def check_that_no_exercise_is_attempted_and_none_is_spoilt(notebook, name):
    tagged = [c for c in notebook.cells if "exercise" in c.get("metadata", {}).get("tags", [])]
    checks = [c for c in tagged if re.match(r"check\.\w+\(", c.source)]
    assert len(checks) >= page_of(name).count("{exercise-start}")
    assert [c.source for c in checks if "not attempted" not in said(c)] == []
    ran = [c for c in notebook.cells if c.cell_type == "code"]
    assert [c.source for c in ran if ": correct." in said(c)] == []


# What takes longest starts first: nothing long is left to run alone at the end.
LONG = (
    "augmentation_and_cifar", "what_did_it_learn", "first_cnn", "multilayer_perceptrons", "pytorch_ladder",
    "scaling_out", "deep_networks", "pooling_and_shifts", "laboratory",
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(NAMES, key=lambda name: name not in LONG))
def test_every_notebook_runs_from_top_to_bottom_outside_the_repository_and_prints_what_its_page_shows(
    name, run_all, apart
):
    notebook = run_all(name)  # once: that takes minutes, and the checks below nothing
    check_that_it_ran_outside_the_repository(notebook, apart)
    assert [path.name for path in apart.iterdir()] == ["packages"]  # and it left no file where it ran
    check_that_no_exercise_is_attempted_and_none_is_spoilt(notebook, name)
    check_that_it_prints_what_the_page_shows(notebook, name)


def check_that_it_prints_what_the_page_shows(notebook, name):
    (path,) = (BUILD / "jupyter_execute").rglob(f"{name}.ipynb")
    page = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
    told = iter(page)
    for cell in [c for c in notebook.cells if c.cell_type == "code"][1:-1]:
        source = re.sub(r"\A#@title .*\n", "", cell.source)
        original = next(c for c in told if source in c.source or stripped(source) == stripped(c.source))
        if not {"nbval-ignore-output", "exercise"}.intersection(original.metadata.get("tags", [])):
            assert said(cell) == said(original), source


def stripped(source):
    """Return the lines of a cell without those that the export takes out of it."""
    return [line for line in source.split("\n") if line.strip() and "glue" not in line]


def installed(python, folder):
    listed = run(python, "-m", "pip", "list", "--format=json", folder=folder)
    return {package["name"].lower().replace("_", "-"): package["version"] for package in json.loads(listed)}


def test_installing_the_package_changes_nothing_that_was_there(tmp_path, stranger, address):
    requirement = "git+{}@{}".format(*address)
    before = installed(stranger, tmp_path)
    assert before.keys() >= {"numpy", "torch", "matplotlib"}
    plan = tmp_path / "plan.json"
    run(stranger, "-m", "pip", "install", "--dry-run", "--report", plan, requirement, folder=tmp_path)
    planned = [item["metadata"]["name"] for item in json.loads(plan.read_text())["install"]]
    assert [name.replace("_", "-") for name in planned] == ["course-lib"]
    run(stranger, "-m", "pip", "install", "-q", requirement, folder=tmp_path)
    after = installed(stranger, tmp_path)
    before.pop("course-lib", None), after.pop("course-lib")
    assert after == before


def test_geometry_of_the_installed_package_needs_no_torch(tmp_path, stranger, address):
    run(stranger, "-m", "pip", "install", "-q", "git+{}@{}".format(*address), folder=tmp_path)
    code = "import sys, course_lib.geometry as g; print('torch' in sys.modules, g.__file__)"
    loaded, where = run(stranger, "-c", code, folder=tmp_path).split(maxsplit=1)
    assert loaded == "False"
    assert Path(where.strip()).is_relative_to(tmp_path / "env")
