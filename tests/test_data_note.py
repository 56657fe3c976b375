"""Every page that trains on the handwritten digits says which digits it was built with."""

import pytest
from docutils import nodes
from sphinx_project import build

from course_lib.data import OFFLINE_NAME
from sphinx_ext import data_note, execution_cache

LOADING = "# Title\n\nFirst words.\n\n```{code-cell}\n:tags: [remove-cell]\ndata = load_mnist()\n```\n"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(LOADING, True, id="in-a-hidden-cell"),
        pytest.param(
            "```{code-cell} ipython3\nfrom course_lib.data import load_mnist\n```\n", True, id="import"
        ),
        pytest.param("Call `load_mnist`.\n\n```{code-cell}\nx = 1\n```\n", False, id="in-prose-only"),
        pytest.param("```python\nload_mnist()\n```\n", False, id="code-that-does-not-run"),
        pytest.param("```{code-cell}\nload_patterns()\n```\n\nload_mnist\n", False, id="other-data"),
    ],
)
def test_a_page_loads_mnist_if_one_of_its_cells_does(source, expected):
    assert data_note.loads_mnist(source) is expected


def note_page(tmp_path, monkeypatch, name):
    monkeypatch.setattr(execution_cache, "resolve_data", lambda: name)
    files = {"index.md": LOADING + "\n```{toctree}\nother\n```\n", "other.md": "# Other\n\nText.\n"}
    site, _ = build(tmp_path, files, ["myst_nb", "sphinx_ext.data_note"], nb_execution_mode="off")
    assert "data-note" not in (site / "other.html").read_text()
    return (site / "index.html").read_text()


def test_the_note_names_the_data_and_changes_with_it(monkeypatch, tmp_path):
    (tmp_path / "source/course_lib").mkdir(parents=True)
    (tmp_path / "source/requirements.txt").write_text("")
    mnist = note_page(tmp_path, monkeypatch, "MNIST")
    assert "computed with MNIST when" in mnist
    assert mnist.index("<h1") < mnist.index("data-note") < mnist.index("First words")
    assert "1,797" not in mnist
    offline = note_page(tmp_path, monkeypatch, OFFLINE_NAME)  # no page has changed since
    assert "Built without MNIST" in offline
    assert "1,797" in offline
    assert "computed with MNIST when" not in offline


def test_a_page_with_photographs_names_them_or_what_stands_in_for_them(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    assert data_note.photographs_name() == "generated coloured shapes in place of CIFAR-10"
    (tmp_path / "cifar10.npz").touch()
    assert data_note.photographs_name() == "CIFAR-10"
    assert "with MNIST and CIFAR-10 when" in data_note.data_note("MNIST", "CIFAR-10").astext()
    offline = data_note.data_note(OFFLINE_NAME, "CIFAR-10").astext()
    assert "1,797" in offline
    assert "in colour are CIFAR-10" in offline
    assert data_note.loads_cifar10(LOADING.replace("mnist", "cifar10"))
    assert not data_note.loads_cifar10(LOADING)


def test_an_exported_notebook_has_no_note():
    class Builder:
        format, name = "ipynb", "jupyter"

    class App:
        builder = Builder

    doctree = nodes.section("", nodes.title("", "Title"))
    data_note.add_data_note(App, doctree, "index")
    assert len(doctree) == 1
