"""The notebooks that the build exported for Colab: clean, pinned, folded, and running outside the repository.

``COURSE_BOOK`` names the folder of the book that was built; by default it is this project.
"""

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

import nbformat
import pytest
from bs4 import BeautifulSoup
from IPython.core.inputtransformer2 import TransformerManager
from markdown_it import MarkdownIt
from nbclient import NotebookClient

pytestmark = pytest.mark.book

ROOT = Path(__file__).parents[1]
BOOK = Path(os.environ.get("COURSE_BOOK", ROOT)).resolve()
BUILD = BOOK / "_build"
NAMES = sorted(path.stem for path in (BUILD / "notebooks").glob("*.ipynb"))

# Traces of MyST and of the translation that a reader of Markdown must never see, each with an example.
LEFTOVERS = {
    r"^\s*(`{3,}|:{3,}) ?\{": "```{note}",
    r"\{[a-z]+([:-][a-z]+)*\}`": "{glue:text}`n`",
    r"^\([\w-]+\)=\s*$": "(ch-first)=",
    r"^:[a-z-]+:( |$)": ":tags: [hide-input]",
    r"ipython3": "```ipython3",
    r"<a (id|name)=": "<a id='ch-first'></a>",
    r"(?<![\w\]])\[\](?!\()": "a citation [].",
    r"(?i)unresolved|pending_|PendingGlue": "[Unresolved glue: n]",
    r"<script|thebe": "<script>kernelName = 'python3'</script>",
    r"\[\^\w+\]": "a footnote[^1]",
    r"system_message|problematic": "<problematic>",
}
# pip takes the second one as the value of --build-isolation: "0" builds with the setuptools that is there.
OFFLINE_PIP = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}}


def cells_of(name, kind, tag=None):
    """Return the exported cells of a kind, as (source, metadata)."""
    raw = json.loads((BUILD / f"notebooks/{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    found = [("".join(c["source"]), c["metadata"]) for c in raw if c["cell_type"] == kind]
    return [(source, data) for source, data in found if tag is None or tag in data.get("tags", [])]


def page_of(name):
    """Return the source text of a notebook's page."""
    (page,) = [path for path in (BOOK / f"chapters/{name}.md", BOOK / f"{name}.md") if path.is_file()]
    return page.read_text(encoding="utf-8")


def code_between(text, start, end):
    """Return the sources of the shown code cells between two directives, by their fences alone."""
    areas = re.findall(rf"^`{{3,}}\{{{start}\}}.*?^`{{3,}}\{{{end}\}}", text, re.MULTILINE | re.DOTALL)
    cells = [
        cell
        for area in areas
        for cell in re.findall(r"^```\{code-cell\}.*?\n(.*?)^```$", area, re.M | re.DOTALL)
        if "remove-cell" not in cell
    ]
    options = r"\A(---\n.*?\n---\n|(:[a-z-]+:.*\n)+)?\n*"
    return [re.sub(options, "", cell, flags=re.DOTALL).rstrip("\n") for cell in cells]


def test_every_page_of_the_book_that_shows_code_has_its_notebook_and_no_other_page():
    listed = re.findall(r"(?:root|file): *(\S+)", (BOOK / "_toc.yml").read_text())
    pages = {page: (BOOK / f"{page}.md").read_text() for page in listed if (BOOK / f"{page}.md").is_file()}
    with_code = sorted(page.split("/")[-1] for page, text in pages.items() if "\n```{code-cell}" in text)
    assert with_code == NAMES
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_site_offers_the_same_file(name):
    assert (BUILD / f"html/notebooks/{name}.ipynb").read_bytes() == (
        BUILD / f"notebooks/{name}.ipynb"
    ).read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_notebook_is_valid_and_without_outputs(name):
    raw = json.loads((BUILD / f"notebooks/{name}.ipynb").read_text(encoding="utf-8"))
    nbformat.validate(raw, relax_add_props=False)
    assert (raw["nbformat"], raw["nbformat_minor"]) == (4, 5)
    assert raw["metadata"]["kernelspec"]["name"] == "python3"
    ids = [cell["id"] for cell in raw["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in raw["cells"]:
        assert cell["cell_type"] in ("markdown", "code")
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@pytest.mark.parametrize("name", NAMES)
def test_first_cell_is_pinned_to_a_commit_of_this_repository(name):
    raw = json.loads((BUILD / f"notebooks/{name}.ipynb").read_text(encoding="utf-8"))["cells"][0]
    source = "".join(raw["source"])
    assert raw["cell_type"] == "code"
    assert source.startswith("#@title Install course_lib")
    known = subprocess.run(["git", "-C", BOOK, "rev-parse", "HEAD"], capture_output=True).returncode == 0
    if "%pip install" not in source:
        assert "run_it_yourself" in source
    if known or "%pip install" in source:
        (sha,) = re.findall(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])", source)
        subprocess.run(["git", "-C", BOOK, "cat-file", "-e", f"{sha}^{{commit}}"], check=True)


def test_the_patterns_find_what_they_are_for():
    for pattern, example in LEFTOVERS.items():
        assert re.search(pattern, f"text\n{example}\ntext", re.MULTILINE), pattern


@pytest.mark.parametrize("name", NAMES)
def test_no_directive_role_or_label_is_left(name):
    for source, _ in cells_of(name, "markdown"):
        for pattern in LEFTOVERS:
            assert not re.search(pattern, source, re.MULTILINE), f"{pattern} in:\n{source}"
    for source, _ in cells_of(name, "code"):
        assert not re.search(r"myst_nb|\bglue\w*\(|ipython3", source), source


@pytest.mark.parametrize("name", NAMES)
def test_every_code_cell_compiles(name):
    for source, _ in cells_of(name, "code"):
        compile(TransformerManager().transform_cell(source), f"<{name}>", "exec")


@pytest.mark.parametrize("name", NAMES)
def test_links_and_images_are_absolute_and_images_have_alt_text(name):
    tokens = [t for source, _ in cells_of(name, "markdown") for t in MarkdownIt().parse(source)]
    inline = [child for token in tokens for child in token.children or []]
    targets = [t.attrs.get("href") or t.attrs.get("src") for t in inline if t.type in ("link_open", "image")]
    assert [t for t in targets if not t.startswith(("https://", "http://", "mailto:", "data:image/"))] == []
    assert [t.attrs["src"][:60] for t in inline if t.type == "image" and not t.content.strip()] == []
    assert sum(t.type == "heading_open" and t.tag == "h1" for t in tokens) == 1


@pytest.mark.parametrize("name", NAMES)
def test_exercise_cells_are_as_empty_as_in_the_source(name):
    exported = [source for source, _ in cells_of(name, "code", "exercise")]
    assert exported == code_between(page_of(name), "exercise-start", "exercise-end")
    assert sum("..." in source for source in exported) >= page_of(name).count("{exercise-start}")


@pytest.mark.parametrize("name", NAMES)
def test_solutions_are_folded(name):
    solutions = cells_of(name, "code", "solution")
    expected = code_between(page_of(name), "solution-start", "solution-end")
    assert [source for source, _ in solutions] == [f"#@title Solution\n{source}" for source in expected]
    assert all(data.items() >= FOLDED.items() for _, data in solutions)
    for source, _ in cells_of(name, "markdown"):
        if "Solution to " in source:
            assert source.startswith("<details>\n<summary>Solution to ")
            assert source.endswith("</details>")


@pytest.mark.parametrize("name", NAMES)
def test_plotting_cells_are_folded_under_a_title(name):
    plots = cells_of(name, "code", "hide-input")
    assert len(plots) == len(re.findall(r"^(:tags:|tags:).*\bhide-input\b", page_of(name), re.MULTILINE))
    for source, data in plots:
        assert data.items() >= FOLDED.items()
        assert re.match(r"#@title \S.{2,95}\n", source), source[:120]


@pytest.mark.parametrize("name", NAMES)
def test_every_figures_alt_text_is_told(name):
    alts = re.findall(r"^ {4}alt: *[\"']?(.{10,40}?)\b", page_of(name), re.MULTILINE)
    told = "\n".join(source for source, _ in cells_of(name, "markdown"))
    assert [alt for alt in alts if alt.strip("|> ") not in told] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_page_leads_to_colab_to_the_notebook_and_to_running_it_locally(name):
    (page,) = [p for p in (BUILD / f"html/chapters/{name}.html", BUILD / f"html/{name}.html") if p.is_file()]
    links = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select(".launch-buttons a")
    colab, download, local = links
    assert all(
        link["aria-label"] and link.get_text(strip=True).lower() in link["aria-label"].lower()
        for link in links
    )
    assert (page.parent / download["href"]).resolve() == (BUILD / f"html/notebooks/{name}.ipynb").resolve()
    assert download["download"] == f"{name}.ipynb"
    assert (page.parent / local["href"]).name == "run_it_yourself.html"
    if not re.fullmatch(
        rf"https://colab\.research\.google\.com/github/[\w.-]+/[\w.-]+/blob/notebooks/{name}\.ipynb",
        colab["href"],
    ):
        assert colab["href"] == local["href"]


# Outside the repository


def run(*command, folder, **variables):
    """Run a command as a stranger would: without the project's path, without a network."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment |= OFFLINE_PIP
    done = subprocess.run(
        command, cwd=folder, env=environment | variables, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A git repository that holds the package as it is here, its address and its commit."""
    folder = tmp_path_factory.mktemp("remote")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(BOOK / name, folder / name)
    shutil.copytree(BOOK / "course_lib", folder / "course_lib", ignore=shutil.ignore_patterns("__pycache__"))
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "The package"]):
        run(*git, *arguments, folder=folder)
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
        pin = rb"[0-9a-f]{40}"  # a commit since the build changes the pin, and through it the cell's id
        assert re.sub(pin, b"", again).splitlines()[8:] == re.sub(pin, b"", first).splitlines()[8:]


def fastest():
    """Return the notebook whose page took the shortest time to execute."""
    environment = pickle.loads((BUILD / ".doctrees/environment.pickle").read_bytes())
    runs = {doc: data["exec_data"] for doc, data in environment.nb_metadata.items() if "exec_data" in data}
    seconds = {doc.split("/")[-1]: run["runtime"] for doc, run in runs.items() if run["runtime"]}
    return min((name for name in NAMES if name in seconds), key=seconds.get)


def test_a_notebook_runs_outside_the_repository_after_its_first_cell_installed_the_package(
    tmp_path, stranger, address, monkeypatch
):
    repository, sha = address
    export_again(tmp_path / "export", COURSE_REPOSITORY=repository, GITHUB_SHA=sha)
    notebook = nbformat.read(tmp_path / f"export/_build/notebooks/{fastest()}.ipynb", as_version=4)
    assert f"git+{repository}@{sha}" in notebook.cells[0].source
    notebook.cells.append(nbformat.v4.new_code_cell("import course_lib; print(course_lib.__file__)"))

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
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(elsewhere)}}).execute()

    (where,) = [output.text for output in notebook.cells[-1].outputs]
    assert Path(where.strip()).is_relative_to(tmp_path / "env")


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
