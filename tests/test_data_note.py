"""Every page that trains on the handwritten digits says which digits it was built with."""

from types import SimpleNamespace

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


def test_the_note_is_one_line_with_mnist_and_a_visible_box_without_it():
    assert " ".join(data_note.data_note("MNIST").pformat().split()) == (
        '<paragraph classes="data-note"> Every number and figure on this page was computed with MNIST'
        " when the page was built."
    )
    box = data_note.data_note(OFFLINE_NAME, "CIFAR-10")
    assert type(box) is nodes.admonition
    assert box["classes"] == ["warning", "data-note"]
    assert [part.astext() for part in box] == [
        "Built without MNIST",
        "MNIST was out of reach when this page was built. The numbers and figures here come from the 1,797 "
        "handwritten digits that ship with scikit-learn, enlarged to the size of MNIST's images. "
        "Every claim on the page was checked for this data; with MNIST the numbers differ.",
        "To read the book with MNIST, build it with a connection, or put mnist.npz into the folder that "
        "COURSE_DATA names, and run make book again.",
        "The pictures in colour are CIFAR-10.",
    ]
    code = [word.astext() for word in box.findall(nodes.literal)]
    assert code == ["mnist.npz", "COURSE_DATA", "make book"]
    assert len(data_note.data_note(OFFLINE_NAME)) == 3


@pytest.mark.parametrize(
    ("data", "sha", "seconds", "words"),
    [
        ("MNIST", "0123456789", 61, " with MNIST at commit `0123456` when the book was built; all cells"
         " together took about 2 minutes. With other data, other versions"),
        ("MNIST", None, 60, " with MNIST when the book was built; all cells together took at most a minute."
         " With other data, other versions"),
        ("", None, None, " when the book was built. With other versions"),
        ("", None, 0, " when the book was built. With other versions"),
    ],
)  # fmt: skip
def test_a_notebook_says_where_the_numbers_of_its_text_come_from(data, sha, seconds, words):
    expected = (
        "The numbers in the text, and what stands below the cells before you run them, were computed"
        f"{words} or another processor, yours may differ. "
        "What answers a prediction appears when you run its cell."
    )
    assert data_note.where_numbers_come_from(data, sha, seconds) == expected


@pytest.mark.parametrize("question", [True, False])
def test_the_note_stands_below_the_title_or_its_question(tmp_path, question):
    (tmp_path / "page.md").write_text(LOADING)
    below = nodes.paragraph("", "Why?", classes=["question"] if question else [])
    page = nodes.section("", nodes.title("", "Title"), below, nodes.paragraph("", "First words."))
    env = SimpleNamespace(doc2path=lambda name: tmp_path / f"{name}.md")
    config, builder = SimpleNamespace(course_data="MNIST"), SimpleNamespace(format="html")
    data_note.add_data_note(SimpleNamespace(env=env, builder=builder, config=config), page, "page")
    notes = [index for index, node in enumerate(page) if "data-note" in node["classes"]]
    assert notes == [2 if question else 1]
    empty, alone = nodes.section(), nodes.section("", nodes.title("", "Title"))
    for tree in (empty, alone):
        data_note.add_data_note(SimpleNamespace(env=env, builder=builder, config=config), tree, "page")
    assert (len(empty), len(alone)) == (0, 2)


@pytest.mark.parametrize(
    ("loads", "expected"),
    [
        pytest.param("", "", id="none"),
        pytest.param("load_mnist()", "MNIST", id="digits"),
        pytest.param("load_cifar10()", "CIFAR-10", id="photographs"),
        pytest.param("load_mnist(), load_cifar10()", "MNIST and CIFAR-10", id="both"),
    ],
)
def test_an_exported_notebook_names_all_data_that_its_page_loads(loads, expected, monkeypatch):
    monkeypatch.setattr(data_note, "photographs_name", lambda: "CIFAR-10")
    assert data_note.data_of(f"```{{code-cell}}\n{loads}\n```\n", "MNIST") == expected
