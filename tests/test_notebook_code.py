"""The code of an exported notebook: a first cell that works or says why not, folded cells, no glue."""

import contextlib
import io
import json
import sys
from importlib import metadata, util

import pytest
from IPython.core.interactiveshell import InteractiveShell

from sphinx_ext.notebook_code import (
    folded_source,
    form_title,
    glue_names,
    imported_modules,
    install_source,
    without_glue,
)

GLUE = {"glue"}
SHA = "0123456789" * 4
REPOSITORY = "https://github.com/o/n"
PINNED = f'-q "git+{REPOSITORY}@{SHA}"'
REPLACED = f'-q --force-reinstall --no-deps "git+{REPOSITORY}@{SHA}"'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("from myst_nb import glue\nx = 1", "x = 1", id="import"),
        pytest.param("from myst_nb.ext import x\nx = 1", "x = 1", id="import-from-a-part-of-it"),
        pytest.param("from . import glue\nx = 1", "from . import glue\nx = 1", id="another-import"),
        pytest.param('x = 1\nglue(\n    "x",\n    x,\n)\ny = 2', "x = 1\ny = 2", id="call-over-lines"),
        pytest.param(
            "%matplotlib inline\nglue('x', 1)\ny = 2", "%matplotlib inline\ny = 2", id="beside-a-magic"
        ),
        pytest.param("!ls\nglue('x', 1)", "!ls", id="beside-a-shell-command"),
        pytest.param("x = 1  # glue", "x = 1  # glue", id="only-a-comment"),
        pytest.param("%%time\nglue('x', 1)", "%%time\nglue('x', 1)", id="cell-magic-untouched"),
        pytest.param("def f(:\nglue('x', 1)", "def f(:\nglue('x', 1)", id="no-python-untouched"),
        pytest.param("%ls(\nglue('x', 1", "%ls(\nglue('x', 1", id="no-python-beside-a-magic"),
        pytest.param("x = 'glue(1)'", "x = 'glue(1)'", id="only-a-string"),
        pytest.param("@cache\ndef glue():\n    pass\nx = 1", "x = 1", id="decorated"),
        pytest.param("model.fit()\nx = glue(1)", "model.fit()\nx = glue(1)", id="not-a-bare-call"),
        pytest.param("x\n'glue'\nglue", "x\n'glue'\nglue", id="names-alone"),
    ],
)
def test_glue_goes_and_the_rest_of_a_cell_stays(source, expected):
    assert without_glue(source, GLUE) == expected


def test_a_function_that_only_wraps_glue_is_glue():
    wrapper = "def glue_all(**values):\n    for name, value in values.items():\n        glue(name, value)"
    outer = "def percent(name, value):\n    glue_all(**{name: value})"
    innocent = "def double(x):\n    return 2 * x"
    cells = [outer, wrapper, innocent, "%%time\nglue", "glued = 1"]
    assert glue_names(cells) == {"glue", "glue_all", "percent"}
    assert without_glue(f"{wrapper}\nx = 1\nglue_all(x=x)", {"glue", "glue_all"}) == "x = 1"


def test_the_modules_that_a_notebook_needs_are_all_but_pythons_own_and_the_books():
    cells = [
        "import json, torch\nimport matplotlib.pyplot as plt\nfrom course_lib.data import load_mnist",
        "%matplotlib inline\nfrom PIL import Image\n\ndef f():\n    import torchvision.models",
        "%%bash\nimport nothing",
    ]
    assert imported_modules(cells) == ["PIL", "matplotlib", "torch", "torchvision"]


# The first cell


class Machine:
    """What is installed, as the first cell sees it: None, "a folder", "an index", "no metadata" or a commit.

    Installing is acted: each ``%pip`` leads to the next state of ``then``.
    """

    def __init__(self, monkeypatch, now, then=()):
        self.now, self.then, self.ran, self.refreshed = now, list(then), [], 0
        self.modules = {"numpy", "json"}
        monkeypatch.setattr(util, "find_spec", self.find_spec)
        monkeypatch.setattr(metadata, "distribution", self.distribution)
        monkeypatch.setattr("importlib.invalidate_caches", self.refresh)

    def find_spec(self, name):
        found = self.now is not None if name == "course_lib" else name in self.modules
        return object() if found else None

    def distribution(self, name):
        assert name == "course_lib"
        if self.now == "no metadata":
            raise metadata.PackageNotFoundError
        origin = {"a folder": '{"dir_info": {"editable": true}}', "an index": None}
        vcs = json.dumps({"url": "u", "vcs_info": {"commit_id": self.now}})
        text = origin.get(self.now, vcs)
        return type("Distribution", (), {"read_text": lambda self, name: text})()

    def refresh(self):
        self.refreshed += 1

    def pip(self, line):
        self.ran.append(line.removeprefix("install "))
        self.now = self.then.pop(0)

    def run(self, source):
        """Run a cell as IPython would; return the error that it ended with."""
        shell = InteractiveShell()
        shell.register_magic_function(self.pip, magic_name="pip")
        with contextlib.redirect_stdout(io.StringIO()):
            result = shell.run_cell(source)
        assert result.error_before_exec is None
        return result.error_in_exec


def first_cell(*modules):
    return install_source(REPOSITORY, SHA, "https://book.example.org/help.html", modules)


@pytest.mark.parametrize("there", [SHA, "a folder", "no metadata"])
def test_the_first_cell_leaves_the_right_commit_and_a_folder_of_your_own_alone(monkeypatch, there):
    machine = Machine(monkeypatch, there)
    assert machine.run(first_cell("numpy")) is None
    assert machine.ran == []


def test_the_first_cell_installs_the_pinned_commit_where_there_is_none(monkeypatch):
    machine = Machine(monkeypatch, None, [SHA])
    assert machine.run(first_cell()) is None
    assert machine.ran == [PINNED]
    assert machine.refreshed == 1


@pytest.fixture(autouse=True)
def modules_come_back():
    """The first cell may drop what is imported of course_lib; other tests go on with the same modules."""
    before = dict(sys.modules)
    yield
    for name in set(sys.modules) - set(before):
        del sys.modules[name]
    sys.modules.update(before)


@pytest.mark.parametrize("there", ["f" * 40, "an index"])
def test_the_first_cell_replaces_another_commit_that_pip_would_keep(monkeypatch, there):
    monkeypatch.setitem(sys.modules, "course_lib.planted", object())
    monkeypatch.setitem(sys.modules, "course_library", object())
    machine = Machine(monkeypatch, there, [there, SHA])
    assert machine.run(first_cell()) is None
    assert machine.ran == [PINNED, REPLACED]
    assert machine.refreshed == 2
    assert "course_lib.planted" not in sys.modules
    assert "course_library" in sys.modules


def test_a_failed_install_ends_the_first_cell_with_the_address_of_help(monkeypatch):
    machine = Machine(monkeypatch, None, [None])
    error = machine.run(first_cell())
    assert isinstance(error, ModuleNotFoundError)
    assert str(error) == (
        "course_lib could not be installed. pip says above why: often there is no network, no git, or a "
        "Python older than 3.11. What you can do:\nhttps://book.example.org/help.html"
    )
    assert len(machine.ran) == 1  # without a network, a second try would only make the reader wait


def test_a_failed_replacement_is_no_success_either(monkeypatch):
    machine = Machine(monkeypatch, "f" * 40, ["f" * 40, "f" * 40])
    assert isinstance(machine.run(first_cell()), ModuleNotFoundError)


def test_what_a_notebook_imports_and_nobody_installed_is_named(monkeypatch):
    error = Machine(monkeypatch, SHA).run(first_cell("PIL", "numpy", "sklearn", "torchvision"))
    assert isinstance(error, ModuleNotFoundError)
    assert str(error) == (
        "This notebook also needs pillow, scikit-learn, torchvision. "
        "Install with: %pip install pillow scikit-learn torchvision\n"
        "If that fails:\nhttps://book.example.org/help.html"
    )
    assert Machine(monkeypatch, SHA).run(first_cell("numpy", "json")) is None


@pytest.mark.parametrize(("repository", "sha"), [(None, SHA), (REPOSITORY, None), (None, None)])
def test_without_an_address_or_commit_the_first_cell_leads_to_the_help_page(monkeypatch, repository, sha):
    source = install_source(repository, sha, "the book's page chapters/run_it_yourself", ["torchvision"])
    machine = Machine(monkeypatch, None)
    error = machine.run(source)
    assert isinstance(error, ModuleNotFoundError)
    assert str(error) == (
        f"This notebook needs the book's package course_lib{f' at commit {SHA}' if sha else ''}. "
        "This copy of the book was built without a public address to install it from. "
        "Three ways to run a chapter are explained here:\nthe book's page chapters/run_it_yourself"
    )
    assert "torchvision" in str(Machine(monkeypatch, "a folder").run(source))
    assert "%pip install -q" not in source


@pytest.mark.parametrize("repository", [REPOSITORY, None])
@pytest.mark.parametrize("modules", [(), ("torch",)])
def test_the_first_cell_says_in_its_title_what_it_does_and_ends_without_an_empty_line(repository, modules):
    source = install_source(repository, SHA, "help", modules)
    title, first, *_ = source.split("\n")
    assert title == "#@title Install course_lib (run this cell first)"
    assert first.split()[0] in ("import", "from")
    assert source == source.strip()
    assert "$" not in source
    assert ("missing" in source) is bool(modules)


def test_the_first_cell_needs_nothing_else_unless_told():
    assert install_source(REPOSITORY, SHA, "help") == install_source(REPOSITORY, SHA, "help", ())


# Folded cells


def test_a_form_title_is_one_short_plain_line():
    assert form_title("Loss by epoch. The band is\nthe spread.") == "Loss by epoch"
    assert form_title("Left: the image! Right: its edges.") == "Left: the image!"
    assert form_title("A {curly} $x$:") == "A curly x"
    assert form_title("") == ""
    long = form_title("word " * 60)
    assert len(long) <= 90
    assert long.endswith("word ...")


def test_a_folded_cell_has_its_title_first_and_a_cell_magic_none():
    assert folded_source("x = 1", "A title") == "#@title A title\nx = 1"
    assert folded_source("%%time\nx = 1", "A title") == "%%time\nx = 1"


@pytest.mark.parametrize(
    ("caption", "title"),
    [
        ("What? Then", "What?"), ("A value of 0.5 is small. B", "A value of 0.5 is small"), ("a: b:", "a: b"),
        ("$\\alpha_{1}$ grows", "alpha_1 grows"), ("a" * 90, "a" * 90), ("b " * 45, ("b " * 45).strip()),
        ("b " * 46, ("b " * 43).strip() + " ..."),
    ],
)  # fmt: skip
def test_a_form_title_ends_with_the_first_sentence_and_before_91_characters(caption, title):
    assert form_title(caption) == title


def test_glue_goes_with_the_lines_and_decorators_that_belong_to_it_and_lines_of_others_stay():
    source = (
        "\n\na = 1\n@cache\n@cache\n"
        "def put(\n    x\n):\n    glue(x)\n\n\n# why\nb = 2; c = 3\nput(\n    a)\n\n"
    )
    assert without_glue(source, {"glue", "put"}) == "a = 1\n\n\n# why\nb = 2; c = 3"
    other = "from myst_nb_other import x\nimport myst_nb\nclass glue:\n    pass\nx.glue(1)"
    assert without_glue(other, GLUE) == other
    assert without_glue("def double(x):\n    return x\ndouble(1)", GLUE).count("double") == 2


def test_lines_that_ipython_would_join_or_split_are_left_as_they_are():
    for source in ("x = !ls \\\n  -a\nglue('x', 1)", "%%bash\nls\nglue"):
        assert without_glue(source, GLUE) == source
    assert without_glue("!ls\nglue('x', 1)\n", GLUE) == "!ls"


def test_modules_are_named_once_by_their_package_and_in_order():
    cells = [
        "import torch.nn, torch\nimport b",
        "import a\nfrom sklearn.x import y",
        "import os.path, course_lib.data",
    ]
    assert imported_modules(cells) == ["a", "b", "sklearn", "torch"]
    assert imported_modules([]) == []
