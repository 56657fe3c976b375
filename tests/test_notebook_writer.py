"""A page's doctree, dealt out into cells: the cells, their ids, and the addresses and numbers in them."""

import base64
import hashlib
import types
from pathlib import Path

import nbformat
import pybtex.richtext
import pybtex.style
import pytest
from docutils import nodes
from myst_nb.sphinx_ import SelectMimeType
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node

from sphinx_ext import notebooks
from sphinx_ext.markdown_text import SUMMARY
from sphinx_ext.notebook_code import how_to_run
from sphinx_ext.notebook_references import cited_works
from sphinx_ext.notebook_writer import NotebookWriter, cell_id, code_cells, is_code_cell, shows_code
from sphinx_ext.notebooks import NotebookBuilder

FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}}
KINDS = {nodes.figure: "figure", nodes.table: "table"}


def a_builder(folder, site="https://o.org"):
    """Return a builder of a book with the page "page", number 5.1, and what its environment would know."""
    labels = {"one": ("page", "one", "A section"), "two": ("page", "two", "")}
    domain = types.SimpleNamespace(
        labels=labels, get_enumerable_node_type=lambda node: KINDS.get(type(node), "figure")
    )
    built = NotebookBuilder.__new__(NotebookBuilder)
    built.site, built.srcdir, built.outdir, built.written = site, str(folder), str(folder), {}
    built.repository, built.commit, built.help_page = "https://github.com/o/n", "f" * 40, "help"
    built.config = types.SimpleNamespace(
        project="A book", numfig_format={"figure": "Fig. %s", "table": "Table %s", "exercise": "Exercise %s"}
    )
    built.env = types.SimpleNamespace(
        titles={"page": nodes.title("", "Lines"), "other": nodes.title("", "Other")},
        toc_secnumbers={"page": {"": (5, 1)}},
        toc_fignumbers={
            "page": {
                "displaymath": {"eq": (5, 2)}, "figure": {"fig": (5, 3)}, "table": {"tab": (5, 4)},
                "exercise": {"ex": (5, 5)},
            }
        },
        images={"a.png": ({"page"}, "a1.png")},
        get_domain={"std": domain}.__getitem__,
        doc2path=lambda docname: str(folder / f"{docname}.md"),
        nb_metadata={"page": {"exec_data": {"runtime": 30}}},
        found_docs={"page", "b", "a"},
        domains={},
    )  # fmt: skip
    return built


@pytest.fixture
def writer(tmp_path):
    return NotebookWriter(a_builder(tmp_path), "page", nodes.container())


def paragraph(words):
    return nodes.paragraph("", words)


def code_cell(index, *children, tags=(), **metadata):
    data = {"cell_metadata": {**({"tags": list(tags)} if tags else {}), **metadata}, "cell_index": index}
    return nodes.container("", *children, nb_element="cell_code", **data)


def output(words):
    return nodes.container("", nodes.literal_block("", words), nb_element="cell_code_output")


def figure(words="A line. It rises."):
    return nodes.figure("", nodes.caption("", words), ids=["fig"])


def dealt(writer, *children):
    """Let the writer deal out nodes; return kind, source and metadata of the cells."""
    writer.walk(nodes.container("", *children), 1)
    writer.flush()
    return [(cell.cell_type, cell.source, dict(cell.metadata)) for cell in writer.cells]


def test_a_page_shows_code_unless_it_takes_the_code_of_all_its_cells_away():
    hidden, shown = code_cell(0, tags=["remove-input"]), code_cell(1, tags=["hide-input"])
    other = nodes.container("", nb_element="cell_code_output")
    page = nodes.section("", hidden, nodes.section("", other, shown, nodes.paragraph()))
    assert code_cells(page) == [hidden, shown]
    assert shows_code(page)
    assert not shows_code(nodes.section("", hidden.deepcopy(), code_cell(2, tags=["remove_input"])))
    assert not is_code_cell(nodes.paragraph("", nb_element="cell_code"))
    assert shows_code(nodes.section("", code_cell(3)))


@pytest.mark.parametrize(("label", "expected"), [("ex-a_b.c d", "ex-a_b-c-d"), ("x" * 65, "x" * 64)])
def test_an_exercise_s_cell_is_called_by_its_label(label, expected):
    assert cell_id(nodes.container(ids=[label, "second"])) == expected


def test_a_whole_page_becomes_these_cells(tmp_path):
    sources = [
        "import torch\nx = 1",
        "from myst_nb import glue\nglue('a', 1)",
        "plot(x)",
        "y",
        "check.f.solution()",
        "check.f(check.f.reference)",
        "z",
        "glue('b', 2)",
    ]
    page = "---\nfile_format: mystnb\nkernelspec: {name: python3}\n---\n\n# Lines\n\n" + "".join(
        f"```{{code-cell}}\n{source}\n```\n\n" for source in sources
    )
    (tmp_path / "page.md").write_text(page + "ä\n", encoding="utf-8")
    builder = a_builder(tmp_path)
    builder.env.myst_config = builder.env.mystnb_config = None
    question = nodes.paragraph("", "", nodes.emphasis("", "Why?"), classes=["question"])
    exercise = exercise_enumerable_node(
        "", nodes.title("", " Twice "), paragraph("Do it."), code_cell(3), ids=["ex"]
    )
    solution = solution_node(
        "", nodes.title("", "Solution"), paragraph("So:"), code_cell(4, output("said")), code_cell(5),
        code_cell(6, output("6"), figure("C."), tags=["hide-input"]),
    )  # fmt: skip
    tree = nodes.section(
        "",
        nodes.title("", "Lines"),
        question,
        paragraph("Text."),
        code_cell(0, tags=["hide-cell"]),
        code_cell(2, figure(), tags=["hide-input"], mystnb={"image": {"alt": "It\n rises."}}),
        paragraph("After."),
        nodes.section("", nodes.title("", "Below"), code_cell(7), exercise, solution, paragraph("End.")),
    )
    reader = types.SimpleNamespace(read=lambda text: nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_markdown_cell("a") if source is None else nbformat.v4.new_code_cell(source)
        for source in sources
    ]))  # fmt: skip
    said = [nbformat.v4.new_output("stream", text="said")]
    executed = [nbformat.v4.new_code_cell(source, outputs=said) for source in sources]
    executed[0].metadata["tags"] = ["hide-cell"]
    builder.config.nb_execution_cache_path = ""
    builder.outdir = tmp_path / "notebooks"
    (tmp_path / "jupyter_execute").mkdir()
    nbformat.write(nbformat.v4.new_notebook(cells=executed), tmp_path / "jupyter_execute/page.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sphinx_ext.notebook_writer.create_nb_reader", lambda *arguments: reader)
        notebook = NotebookWriter(builder, "page", nodes.container("", tree)).notebook()
    found = [(cell.cell_type, cell.source, dict(cell.metadata)) for cell in notebook.cells]
    assert found[1] == ("code", builder.install_source(["torch"]), {"cellView": "form"})
    showing = [cell.source for cell in notebook.cells if cell.get("outputs")]
    assert showing == ["#@title A line\nplot(x)"]  # neither what is folded nor the exercise
    assert found[:1] + found[2:] == [
        (
            "markdown",
            "# 5.1 Lines\n\n*Why?*\n\nA chapter of *A book*. "
            "[Read it online](https://o.org/page.html).\n\n"
            f"{builder.origin('page')}\n\n{how_to_run('help')}",
            {},
        ),
        ("markdown", "Text.", {}),
        ("code", "#@title Preparation\nimport torch\nx = 1", {**FOLDED, "tags": ["hide-cell"]}),
        ("code", "#@title A line\nplot(x)", {**FOLDED, "tags": ["hide-input"]}),
        (
            "markdown",
            f"**Fig. 5.3.** A line. It rises.\n\n<details>\n{SUMMARY}The figure in words</summary>"
            "\n\nIt rises.\n\n</details>",
            {},
        ),
        ("markdown", "After.", {}),
        ("markdown", "## Below", {}),
        ("markdown", "### Exercise 5.5 Twice\n\nDo it.", {"id": "ex"}),
        ("code", "y", {"tags": ["exercise", "raises-exception"]}),
        (
            "markdown",
            f"<details>\n{SUMMARY}Solution</summary>\n\nSo:\n\n```\nsaid\n```\n\n```python\nz\n```\n\n"
            "```\n6\n```\n\n**Fig. 5.3.** C.\n\n</details>",
            {},
        ),
        ("markdown", "End.", {}),
    ]
    assert notebook.metadata == {
        "colab": {"toc_visible": True},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert notebook.cells[8].id == "ex"


def test_a_cell_s_id_is_that_of_its_content_and_of_equal_cells_each_has_its_own(writer):
    for new in (nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell) * 3:
        writer.add(new("x"))
    code, words = (hashlib.sha256(f"{kind}\nx".encode()).hexdigest()[:12] for kind in ("code", "markdown"))
    assert [cell.id for cell in writer.cells] == [
        code,
        words,
        f"{code}-2",
        f"{words}-2",
        f"{code}-3",
        f"{words}-3",
    ]
    writer.anchor = "ex"
    writer.add(nbformat.v4.new_code_cell("x"))
    writer.add(nbformat.v4.new_code_cell("x"))
    assert [cell.id for cell in writer.cells[-2:]] == ["ex", f"{code}-4"]
    assert [dict(cell.metadata) for cell in writer.cells[-2:]] == [{"id": "ex"}, {}]


def test_a_heading_is_as_deep_as_its_section_from_one_to_six(writer):
    writer.cells = [None, None]
    for depth in (0, 1, 2, 6, 7):
        writer.heading("T", depth)
        assert writer.pending == ["#" * min(max(depth, 1), 6) + " T"]
        writer.pending = []


def test_a_title_without_number_and_site_says_what_book_it_is_of(tmp_path):
    writer = NotebookWriter(a_builder(tmp_path, site=None), "new", nodes.container())
    writer.builder.origin = lambda docname: f"From {docname}."
    writer.install = "install"
    writer.heading("New", 1)
    assert writer.pending == ["# New", "A chapter of *A book*.", "From new.", how_to_run("help")]


@pytest.mark.parametrize("first", [code_cell(0), paragraph("a"), nodes.section("", nodes.title("", "S"))])
def test_the_cell_that_installs_stands_below_the_title_whatever_follows(first, writer):
    writer.source, writer.install = {0: "import torch"}, "install"
    writer.builder.origin = lambda docname: "From here."
    label = nodes.target("", "", ids=["ch"])
    dealt(writer, label, nodes.title("", "Lines"), label.deepcopy(), first.deepcopy())
    assert [cell.source for cell in writer.cells[1:2]] == ["install"]
    assert writer.cells[0].source.startswith("# ")
    assert len(writer.cells) == 3


def test_a_notebook_ends_with_the_works_that_its_page_cites():
    def work(key):
        text = pybtex.richtext.Text(f"A. {key}. ", pybtex.richtext.HRef(f"https://{key}.org", key))
        entry = pybtex.style.FormattedEntry(key, text, "1")
        return types.SimpleNamespace(key=key, formatted_entry=entry)

    refs = [
        types.SimpleNamespace(docname=docname, targets=[types.SimpleNamespace(key=key)])
        for docname, key in (("page", "c"), ("other", "b"), ("page", "a"), ("page", "c"))
    ]
    domain = types.SimpleNamespace(citation_refs=refs, citations=[work(key) for key in "abc"])
    env = types.SimpleNamespace(domains={"cite": domain})
    works = cited_works(env, "page")
    assert [item.astext() for item in works] == ["A. a. a", "A. c. c"]
    assert [link["refuri"] for link in works.findall(nodes.reference)] == ["https://a.org", "https://c.org"]
    assert cited_works(env, "nothing") is None
    assert cited_works(types.SimpleNamespace(domains={}), "page") is None


@pytest.mark.parametrize(
    ("tags", "has_figure", "title"),
    [
        (["hide-cell"], False, "Preparation"),
        (["hide_cell"], False, "The code"),
        (["hide-input"], False, "The code"),
        (["x", "hide-input"], True, "A line"),
        (["hide-cell"], True, "A line"),
        ([], True, None),
        (["x"], False, None),
    ],
)
def test_a_folded_cell_is_called_by_its_figure_or_by_what_it_is_for(writer, tags, has_figure, title):
    assert writer.title(tags, figure() if has_figure else None) == title


def test_a_figure_without_a_caption_lends_no_title(writer):
    assert writer.caption_text(nodes.figure()) == writer.caption_text(None) == ""
    assert writer.caption(nodes.figure(), {}) == []


@pytest.mark.parametrize("source", ["", "  \n"])
def test_a_cell_that_held_glue_alone_is_left_out_and_its_figure_keeps_its_caption(writer, source):
    writer.source = {0: source}
    assert dealt(writer, paragraph("a"), code_cell(0, figure("C.")), paragraph("b")) == [
        ("markdown", "a\n\n**Fig. 5.3.** C.", {}),
        ("markdown", "b", {}),
    ]


def test_code_stands_between_the_texts_around_it_and_an_exercise_s_tags_are_not_doubled(writer):
    writer.source = {0: "x", 1: "y"}
    assert dealt(writer, paragraph("a"), code_cell(0), paragraph("b"), paragraph("c")) == [
        ("markdown", "a", {}),
        ("code", "x", {}),
        ("markdown", "b\n\nc", {}),
    ]
    writer.cells, writer.role = [], "exercise"
    writer.code(code_cell(1, tags=["raises-exception", "t"]))
    assert writer.cells[0].metadata == {"tags": ["raises-exception", "t", "exercise"]}


@pytest.mark.parametrize(
    ("source", "outputs", "expected"),
    [
        ("check.f(check.f.reference)", ["a"], []),
        (
            "check.f(check.f.reference)\nx",
            ["a"],
            ["```python\ncheck.f(check.f.reference)\nx\n```", "```\na\n```"],
        ),
        ("check.f.solution()", ["a"], ["```\na\n```"]),
        ("check.f.solution()", [], ["```python\ncheck.f.solution()\n```"]),
        ("x = check.f.solution()", ["a"], ["```python\nx = check.f.solution()\n```", "```\na\n```"]),
        ("x", ["a", "b"], ["```python\nx\n```", "```\na\n```", "```\nb\n```"]),
    ],
)
def test_a_solution_is_its_code_and_what_it_printed(writer, source, outputs, expected):
    assert writer.solution_code(source, code_cell(0, nodes.container(), *map(output, outputs))) == expected


def test_a_solution_with_a_figure_is_folded_in_one_piece(writer):
    writer.source = {0: "x"}
    cell = code_cell(0, figure("C."))
    ((_, source, _),) = dealt(
        writer, solution_node("", nodes.title("", "S"), paragraph("a"), cell, paragraph("b"))
    )
    folded = "a\n\n```python\nx\n```\n\n**Fig. 5.3.** C.\n\nb"
    assert source == f"<details>\n{SUMMARY}S</summary>\n\n{folded}\n\n</details>"


def test_after_an_exercise_and_a_solution_the_page_goes_on_as_before(writer):
    writer.cells = [nbformat.v4.new_code_cell("install"), nbformat.v4.new_markdown_cell("# Title")]
    dealt(
        writer,
        exercise_node("", nodes.title("", "T"), nodes.section("", nodes.title("", "Deep")), ids=["e"]),
        solution_node("", nodes.title("", "S"), paragraph("a")),
        paragraph("b"),
    )
    assert [cell.source for cell in writer.cells[2:]] == [
        "## T", "## Deep", f"<details>\n{SUMMARY}S</summary>\n\na\n\n</details>", "b"
    ]  # fmt: skip
    assert (writer.role, writer.summary, writer.pending) == (None, None, [])


# What the renderer asks


def test_titles_are_those_of_pages_and_of_sections_with_a_label(writer):
    asked = ["Lines", "Other", "A section", "one", "No title"]
    assert [writer.page.is_title(text) for text in asked] == [True, True, True, False, False]


def test_numbers_are_those_of_the_page(writer):
    assert writer.page.equation_number(nodes.math_block("", ids=["x", "eq"], number=1)) == "5.2"
    assert writer.page.equation_number(nodes.math_block("", ids=["x"], number=1)) == 1
    assert writer.page.equation_number(nodes.math_block("")) is None
    assert writer.page.number(nodes.figure(ids=["x", "fig"])) == "Fig. 5.3"
    assert writer.page.number(nodes.table(ids=["tab"])) == "Table 5.4"
    assert writer.page.number(exercise_node(ids=["ex"])) == "Exercise 5.5"
    assert writer.page.number(nodes.figure(ids=["x"])) == writer.page.number(nodes.figure()) == ""
    writer.page.docname = "new"
    assert writer.page.number(nodes.figure(ids=["fig"])) == ""
    assert writer.page.equation_number(nodes.math_block("", ids=["eq"])) is None


def test_links_are_absolute_or_none(writer):
    assert writer.page.link("#a") == "https://o.org/page.html#a"
    assert writer.page.link("mailto:a@o.org") == "mailto:a@o.org"
    assert writer.page.link("httpsx") is None
    writer.builder.site = None
    assert writer.page.link("#a") is None
    assert writer.page.link("") is None


def test_an_image_is_shown_from_the_site_or_from_the_notebook_itself(writer, tmp_path):
    data = {"a.png": "image/png", "b.gif": "image/gif", "c.unknown": "image/png"}
    for name in data:
        (tmp_path / name).write_bytes(b"abc")
    inside = {name: f"data:{kind};base64,{base64.b64encode(b'abc').decode()}" for name, kind in data.items()}
    assert writer.page.image({"uri": "http://e.org/a.png"}) == "http://e.org/a.png"
    assert writer.page.image({"uri": "a.png"}) == "https://o.org/_images/a1.png"
    assert writer.page.image({"uri": "b.gif"}) == inside["b.gif"]
    writer.builder.site = None
    assert {name: writer.page.image({"uri": name}) for name in data} == inside


# The builder


def test_the_builder_asks_for_its_addresses_once(tmp_path, monkeypatch):
    sha = "a" * 40
    for name, value in (("COURSE_REPOSITORY", "https://github.com/o/n"), ("GITHUB_SHA", sha)):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("COURSE_SITE_URL", raising=False)
    built = NotebookBuilder.__new__(NotebookBuilder)
    built.config, built.srcdir = types.SimpleNamespace(html_baseurl="https://o.org/b/"), str(tmp_path)
    built.init()
    assert (built.site, built.repository, built.commit) == ("https://o.org/b", "https://github.com/o/n", sha)
    assert built.help_page == "https://o.org/b/chapters/run_it_yourself.html"
    assert built.written == {}
    first = built.install_source(["torch"])
    assert f"git+https://github.com/o/n@{sha}" in first
    assert built.help_page in first
    assert "torch" in first
    assert built.get_target_uri("a/b") == built.get_relative_uri("x", "a/b") == "https://o.org/b/a/b.html"
    built.site = None
    assert built.get_target_uri("a/b") == ""


def test_every_page_is_written_and_in_order(tmp_path):
    assert a_builder(tmp_path).get_outdated_docs() == ["a", "b", "page"]


@pytest.mark.parametrize(
    ("text", "data", "said"),
    [
        ("load_mnist()", "MNIST", "computed with MNIST at"),
        ("x", "MNIST", "computed at"),
        ("load_mnist()", None, "computed at"),
    ],
)
def test_the_note_names_the_data_of_a_page_that_loads_them(tmp_path, text, data, said):
    (tmp_path / "page.md").write_text(f"ä\n\n```{{code-cell}}\n{text}\n```\n", encoding="utf-8")
    builder = a_builder(tmp_path)
    if data:
        builder.config.course_data = data
    assert said in builder.origin("page")
    assert "`fffffff`" in builder.origin("page")
    assert "at most a minute" in builder.origin("page")
    builder.env.nb_metadata = {"page": {}}
    assert "minute" not in builder.origin("page")


def test_a_notebook_is_named_like_its_page_and_ends_with_one_line_end(tmp_path, monkeypatch):
    monkeypatch.setattr(
        notebooks,
        "NotebookWriter",
        lambda *given: types.SimpleNamespace(
            notebook=lambda: nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_markdown_cell(f"ä {given[1]}", id="a")]
            )
        ),
    )
    builder = a_builder(tmp_path)
    builder.outdir = str(tmp_path / "deep" / "out")
    for _ in range(2):
        builder.prepare_writing([])
    builder.write_doc("chapters/more/lines", code_cell(0))
    text = Path(builder.outdir, "lines.ipynb").read_text(encoding="utf-8")
    assert nbformat.reads(text, as_version=4).cells[0].source == "ä chapters/more/lines"
    assert text.endswith("}\n")
    assert builder.written == {"lines.ipynb": "chapters/more/lines"}
    with pytest.raises(
        ValueError, match=r"^chapters/more/lines and lines would both be lines\.ipynb: rename one"
    ):
        builder.write_doc("lines", code_cell(0))


def test_values_of_other_pages_are_pictures_before_markdown_before_plain_text():
    config = types.SimpleNamespace(nb_mime_priority_overrides=[("html", "a", 1)])
    notebooks._extend_mime_priority(None, config)
    kinds = sorted(config.nb_mime_priority_overrides[1:], key=lambda kind: kind[2])
    assert config.nb_mime_priority_overrides[0] == ("html", "a", 1)
    assert {builder for builder, _, _ in kinds} == {NotebookBuilder.name} == {"notebooks"}
    assert [kind for _, kind, _ in kinds] == ["image/png", "text/markdown", "text/plain"]


def test_the_builder_says_where_the_notebooks_are_and_takes_all_pictures_of_the_web():
    assert NotebookBuilder.epilog % {"outdir": "there"} == "The notebooks are in there."
    assert NotebookBuilder.format == "notebooks"
    assert set(NotebookBuilder.supported_image_types) == {
        "image/svg+xml",
        "image/png",
        "image/gif",
        "image/jpeg",
    }
    assert NotebookBuilder.supported_image_types[0] == "image/svg+xml"  # the sharpest of several forms
    assert notebooks.DropOutputs.builders == ("notebooks",)


def test_outputs_are_dropped_before_a_form_of_them_is_chosen():
    assert notebooks.DropOutputs.default_priority < SelectMimeType.default_priority
