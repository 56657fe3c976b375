"""What a chapter seldom holds, exported: single nodes, the builder's files, the executed notebooks."""

import types
from pathlib import Path

import nbformat
import pytest
from docutils import nodes
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from sphinx import addnodes
from sphinx_exercise.nodes import exercise_node, solution_node

from sphinx_ext import executed_notebooks, notebooks
from sphinx_ext.markdown_text import SUMMARY, formula
from sphinx_ext.notebook_markdown import MarkdownRenderer
from sphinx_ext.notebook_page import NotebookPage
from sphinx_ext.notebook_writer import NotebookWriter, cell_id
from sphinx_ext.notebooks import DropOutputs, NotebookBuilder


class Page:
    """A page without addresses, whose equations and figures are number 7."""

    def link(self, uri):
        return uri if uri.startswith("https:") else None

    def image(self, node):
        return f"https://o.org/{node['uri']}"

    def number(self, node):
        return "Fig. 7" if node.get("ids") else ""

    def equation_number(self, node):
        return "7"

    def is_title(self, text):
        return text == "A title"


def block(node):
    return MarkdownRenderer(Page()).block(node)


def text(*children):
    return nodes.paragraph("", "", *children)


def items(kind, *words, **attributes):
    return kind("", *[nodes.list_item("", text(nodes.Text(word))) for word in words], **attributes)


def nested(block):
    """Return a list of a and d, with a block below a."""
    outer = items(nodes.bullet_list, "a", "d")
    outer[0].append(block)
    return outer


def defined(*terms, by):
    words = [nodes.term("", term) for term in terms]
    meaning = nodes.definition("", text(nodes.Text(by)))
    return nodes.definition_list("", nodes.definition_list_item("", *words, meaning))


def quote(*children):
    return nodes.block_quote("", *children)


def figure(**attributes):
    return nodes.figure("", nodes.caption("", "Small."), **attributes)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        pytest.param(nodes.Text("a *b*"), r"a \*b\*", id="text-alone"),
        pytest.param(nodes.emphasis("", "a"), "*a*", id="inline-alone"),
        pytest.param(nodes.comment("", "hidden"), "", id="comment"),
        pytest.param(text(nodes.strong("", "a"), nodes.comment("", "x")), "**a**", id="strong"),
        pytest.param(
            text(nodes.superscript("", "a"), nodes.subscript("", "b")),
            "<sup>a</sup><sub>b</sub>",
            id="super-and-subscript",
        ),
        pytest.param(nodes.rubric("", "Aside"), "**Aside**", id="rubric"),
        pytest.param(nodes.transition(), "---", id="transition"),
        pytest.param(nodes.doctest_block("", ">>> 1\n1"), "```python\n>>> 1\n1\n```", id="doctest"),
        pytest.param(nodes.literal_block("", "x", language="none"), "```\nx\n```", id="literal-plain"),
        pytest.param(nodes.literal_block("", "x", language="bash"), "```bash\nx\n```", id="literal-bash"),
        pytest.param(items(nodes.enumerated_list, "a", "b", start=3), "3. a\n4. b", id="list-from-three"),
        pytest.param(items(nodes.enumerated_list, "a"), "1. a", id="list-from-one"),
        pytest.param(nested(items(nodes.bullet_list, "b", "c")), "- a\n  - b\n  - c\n- d", id="nested-list"),
        pytest.param(nested(text(nodes.Text("b"))), "- a\n\n  b\n\n- d", id="two-paragraphs-in-a-list"),
        pytest.param(defined("a", "b", by="Both."), "- **a**, **b**: Both.", id="two-words-of-one-meaning"),
        pytest.param(quote(text(nodes.Text("a")), nodes.attribution("", "B")), "> a\n>\n> — B", id="quote"),
        pytest.param(nodes.line_block("", nodes.line("", "a"), nodes.line("", "b")), "a  \nb", id="lines"),
        pytest.param(nodes.raw("", " <b>a</b> ", format="html"), "<b>a</b>", id="raw-html"),
        pytest.param(nodes.raw("", "a", format="latex"), "", id="raw-latex"),
        pytest.param(nodes.raw("", "<script>a</script>", format="html"), "", id="raw-script"),
        pytest.param(nodes.math_block("", "a"), "$$\na \\tag{7}\n$$", id="equation"),
        pytest.param(
            text(nodes.Text("a"), nodes.math_block("", "b")),
            "a\n\n$$\nb \\tag{7}\n$$\n\n",
            id="equation-in-a-paragraph",
        ),
        pytest.param(figure(ids=["x"]), "**Fig. 7.** Small.", id="numbered-caption"),
        pytest.param(figure(), "Small.", id="caption-without-number"),
        pytest.param(nodes.image(uri="a.png", alt="A [b]\nc"), "![A (b) c](https://o.org/a.png)", id="image"),
        pytest.param(nodes.reference("", "A title", refuri="x"), "*A title*", id="title-without-address"),
        pytest.param(nodes.reference("", "(7)", refid="x"), "(7)", id="reference-without-address"),
        pytest.param(nodes.reference("", "", refuri="https://o.org"), "", id="reference-without-text"),
        pytest.param(
            nodes.reference("", "a", refuri="https://o.org/(b)", refid="c"),
            "[a](https://o.org/(b%29#c)",
            id="link",
        ),
        pytest.param(
            nodes.reference("", "https://o.org", refuri="https://o.org"), "<https://o.org>", id="address"
        ),
        pytest.param(text(nodes.Text("# a")), r"\# a", id="no-heading"),
        pytest.param(text(nodes.Text("1. a")), r"1\. a", id="no-list"),
        pytest.param(nodes.admonition("", text(nodes.Text("a"))), "> a", id="box-without-title"),
        pytest.param(addnodes.toctree(), "", id="contents"),
        *[
            pytest.param(nodes.literal_block("", "x", language=plain), "```\nx\n```", id=f"literal-{plain}")
            for plain in ("default", "text", "myst-ansi")
        ],
        pytest.param(nodes.literal_block("", "x"), "```\nx\n```", id="literal-without-language"),
        pytest.param(text(nodes.Text("12) a")), r"12\) a", id="no-list-with-a-bracket"),
        pytest.param(text(nodes.Text("> a")), r"\> a", id="no-quote"),
        pytest.param(text(nodes.math("", "a\n |b|")), "$a |b|$", id="formula-on-one-line"),
        pytest.param(text(nodes.literal("", "a|b")), "`a|b`", id="bar-in-code"),
        pytest.param(text(nodes.Text("a|b")), "a|b", id="bar"),
        pytest.param(text(nodes.footnote_reference("", "1")), "<sup>[1]</sup>", id="footnote-reference"),
        pytest.param(
            nodes.footnote("", nodes.label("", "1"), text(nodes.Text("a"))), "<sup>[1]</sup> a", id="footnote"
        ),
        pytest.param(
            nodes.citation("", nodes.label("", "a_b_"), text(nodes.Text("c"))),
            r"**[a_b\_]** c",
            id="citation",
        ),
        pytest.param(text(nodes.reference("", "A title")), "*A title*", id="title-without-any-address"),
        pytest.param(
            text(addnodes.number_reference("", "a", refuri="https://o.org")),
            "[a](https://o.org)",
            id="numbered-reference",
        ),
        pytest.param(
            text(nodes.inline("", "", nodes.emphasis("", "a"), nodes.Text("b"))),
            "*a*b",
            id="words-in-a-container",
        ),
        pytest.param(nodes.image(uri="a.png"), "![](https://o.org/a.png)", id="image-without-words"),
        pytest.param(text(nodes.raw("", "a")), "", id="raw-without-format"),
        pytest.param(
            nodes.container("", text(nodes.Text("a")), nodes.comment(), text(nodes.Text("b"))),
            "a\n\nb",
            id="blocks",
        ),
        pytest.param(nodes.note("", text(nodes.Text("a"))), "> **Note**\n>\n> a", id="note"),
        pytest.param(
            nodes.sidebar("", nodes.title("", "", nodes.emphasis("", "T")), text(nodes.Text("a"))),
            "> ***T***\n>\n> a",
            id="sidebar",
        ),
        pytest.param(nodes.admonition("", nodes.title("", "T")), "> **T**", id="box-with-a-title-alone"),
        pytest.param(nodes.topic(), ">", id="empty-box"),
        pytest.param(
            nodes.admonition(
                "", nodes.title("", "", nodes.emphasis("", "T")), text(nodes.Text("a")), classes=["dropdown"]
            ),
            f"<details>\n{SUMMARY}T</summary>\n\na\n\n</details>",
            id="folded-box",
        ),
        pytest.param(
            nodes.container(
                "", nodes.rubric("", "T"), text(nodes.Text("a")), design_component="dropdown", has_title=True
            ),
            f"<details>\n{SUMMARY}T</summary>\n\na\n\n</details>",
            id="dropdown",
        ),
        pytest.param(
            nodes.container("", text(nodes.Text("a")), design_component="dropdown"),
            f"<details>\n{SUMMARY}More</summary>\n\na\n\n</details>",
            id="dropdown-without-title",
        ),
        pytest.param(
            nodes.container("", text(nodes.Text("a")), text(nodes.Text("b")), design_component="card"),
            "a\n\nb",
            id="card",
        ),
        pytest.param(
            items(nodes.enumerated_list, "a", "b\nc", start=9), "9. a\n10. b c", id="list-over-nine"
        ),
        pytest.param(
            nodes.definition_list("", *defined("a", by="A."), *defined("b", by="B.")),
            "- **a**: A.\n- **b**: B.",
            id="two-definitions",
        ),
        pytest.param(
            nested(nodes.literal_block("", "x\n\ny")),
            "- a\n\n  ```\n  x\n\n  y\n  ```\n\n- d",
            id="code-in-a-list",
        ),
        pytest.param(
            nodes.enumerated_list(
                "", nodes.list_item("", text(nodes.Text("a")), items(nodes.enumerated_list, "b"))
            ),
            "1. a\n   1. b",
            id="numbered-list-in-a-list",
        ),
    ],
)
def test_a_node_becomes_markdown(node, expected):
    assert block(node) == expected


def table(*rows, head=(), title=""):
    """Return a table; an entry is a text, a node, or a text and its class."""

    def entry(what):
        words, *classes = what if isinstance(what, tuple) else (what,)
        node = nodes.Text(words) if isinstance(words, str) else words
        return nodes.entry("", text(node), classes=classes)

    def row(entries):
        return nodes.row("", *map(entry, entries))

    parts = [nodes.thead("", *map(row, head))] if head else []
    group = nodes.tgroup("", *parts, nodes.tbody("", *map(row, rows)))
    return nodes.table("", *[nodes.title("", title)] * bool(title), group, ids=["t"])


TABLES = [
    (
        table(
            [("a", "odd", "text-left"), ("b", "text-right"), ("c", "text-center"), "d"],
            head=["wxyz"],
            title="T",
        ),
        "**Fig. 7.** T\n\n| w | x | y | z |\n| :--- | ---: | :---: | --- |\n| a | b | c | d |",
    ),
    (table(["a"], ["b"]), "|  |\n| --- |\n| a |\n| b |"),
    (table(head=[[("a", "text-right")]]), "| a |\n| ---: |"),
    (table(head=["a", "b"]), "| a |\n| --- |\n| b |"),
    (
        table([nodes.literal("", "a|b"), nodes.math("", r"\|x\| |y"), nodes.Text("a|b"), nodes.line_block()]),
        "|  |  |  |  |\n| --- | --- | --- | --- |\n"
        r"| `a\|b` | $\Vert x\Vert  \vert y$ | a\|b |  |",
    ),
]


@pytest.mark.parametrize(("node", "expected"), TABLES)
def test_a_table_keeps_its_head_its_alignment_and_its_bars(node, expected):
    assert block(node) == expected


def test_a_cell_of_a_table_is_one_line_and_what_follows_the_table_is_no_cell():
    renderer = MarkdownRenderer(Page())
    several = table(["a"])
    next(several.findall(nodes.entry)).extend([text(nodes.Text("b")), text(nodes.Text("c"))])
    assert renderer.block(several) == "|  |\n| --- |\n| a<br>b<br>c |"
    assert renderer.block(text(nodes.Text("a|b"))) == "a|b"


@pytest.mark.parametrize(
    "silent",
    [
        nodes.comment("", "a"),
        nodes.target("", "a"),
        nodes.docinfo("", nodes.author("", "a")),
        addnodes.index(),
        nodes.field_list("", nodes.field("", nodes.field_name("", "a"))),
    ],
)
def test_what_a_page_does_not_show_a_notebook_does_not_either(silent):
    assert block(silent) == ""
    assert block(text(nodes.Text("b"), silent.deepcopy())) == "b"


def test_an_unknown_element_is_shown_by_what_it_holds_and_warned_of(monkeypatch):
    warned = []
    monkeypatch.setattr("sphinx_ext.notebook_markdown.logger.warning", lambda *a, **k: warned.append(a[1]))
    assert block(nodes.system_message("", text(nodes.Text("a")))) == "a"
    assert warned == ["system_message"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("a\n\nb", "a\nb", id="blank-line"),
        pytest.param(r"a \\ b", "\\begin{split}\na \\\\ b\n\\end{split}", id="two-lines"),
        pytest.param("\\begin{equation*}\na\n\\end{equation*}", "a", id="equation"),
        pytest.param("\\begin{gather}a\\end{gather}", "\\begin{gathered}a\\end{gathered}", id="gather"),
        pytest.param(r"\begin{cases} a \\ b \end{cases}", r"\begin{cases} a \\ b \end{cases}", id="cases"),
    ],
)
def test_a_formula_is_legal_between_dollar_signs(source, expected):
    assert formula(source) == f"$$\n{expected}\n$$"
    assert formula(source, "5.1") == f"$$\n{expected} \\tag{{5.1}}\n$$"


# The builder


def cell(index=0, *outputs, tags=()):
    bundles = [nodes.container("", *forms, nb_element="mime_bundle") for forms in outputs]
    output = nodes.container("", *bundles, nb_element="cell_code_output")
    data = {"nb_element": "cell_code", "cell_index": index, "cell_metadata": {"tags": list(tags)}}
    return nodes.container("", output, **data)


def form(kind, words):
    return nodes.container("", nodes.literal_block("", words), mime_type=kind)


def in_solution(*outputs):
    document = nodes.container("", solution_node("", cell(0, *outputs)), cell(1, *outputs))
    transform = DropOutputs.__new__(DropOutputs)
    transform.document = document
    transform.run()
    return [
        c.astext() for c in document.findall(nodes.container) if c.get("nb_element") == "cell_code_output"
    ]


@pytest.mark.parametrize(
    ("forms", "kept"),
    [
        pytest.param([form("text/plain", "a"), form("text/html", "<b>")], "a", id="plain"),
        pytest.param([form("text/plain", "a"), form("text/markdown", "b")], "b", id="markdown"),
        pytest.param([form("text/plain", "<Figure>"), form("image/png", "x")], "", id="picture"),
        pytest.param([form("text/plain", "6 bars"), form("image/png", "x")], "6 bars", id="bars"),
        pytest.param([form("text/plain", "<HTML object\n at 1>"), form("text/html", "x")], "", id="object"),
        pytest.param([form("text/html", "x")], "", id="no-text"),
    ],
)
def test_a_solutions_outputs_stay_as_text_and_no_others(forms, kept):
    assert in_solution(forms) == [kept, ""]


@pytest.fixture
def builder(tmp_path):
    (tmp_path / "notebooks").mkdir()
    built = NotebookBuilder.__new__(NotebookBuilder)
    built.outdir, built.written = tmp_path / "notebooks", {}
    return built


def test_the_extensions_say_what_they_do_after_a_build(tmp_path):
    (tmp_path / "_static").mkdir()
    connected = {}
    app = types.SimpleNamespace(
        add_builder=lambda builder: None,
        add_post_transform=lambda transform: None,
        connect=lambda event, function, priority=500: connected.setdefault(event, []).append(function),
        builder=types.SimpleNamespace(name="html"),
        outdir=str(tmp_path),
    )
    assert notebooks.setup(app)["parallel_read_safe"]
    assert executed_notebooks.setup(app)["parallel_read_safe"]
    tidy, restore = connected["build-finished"]
    assert restore is executed_notebooks.restore_outputs
    tidy(app, None)
    assert (tmp_path / "_static").is_dir()  # the site needs it
    app.builder.name = "notebooks"
    tidy(app, None)
    assert not (tmp_path / "_static").exists()


@pytest.mark.parametrize("uri", ["https://o.org", "http://o.org", "mailto:a@o.org"])
def test_an_address_that_leads_somewhere_from_everywhere_is_kept(uri):
    assert NotebookPage.link(None, uri) == uri
    assert NotebookPage.link(None, "page.html") is None


def test_an_image_from_elsewhere_keeps_its_address():
    assert NotebookPage.image(None, {"uri": "https://o.org/a.png"}) == "https://o.org/a.png"


def test_an_exercise_without_a_number_has_its_title_alone_as_heading(builder):
    writer = NotebookWriter(builder, "page", nodes.container())
    title = nodes.title("", "(Twice)")
    writer.exercise(exercise_node("", title, text(nodes.Text("Do it.")), ids=["ex"]), depth=1)
    assert [cell.source for cell in writer.cells] == ["## (Twice)\n\nDo it."]


@pytest.mark.parametrize("words", ["hide input", "hide cell", "remove input"])
def test_what_a_page_hides_is_folded_however_its_tag_is_spelt(builder, words):
    writer = NotebookWriter(builder, "page", nodes.container())
    assert writer.title([words.replace(" ", "-")], None)
    assert writer.title([words.replace(" ", "_")], None)
    assert writer.title(["exercise"], None) is None


@pytest.mark.parametrize("label", ["ex-a.b/c:d e", "x" * 90])
def test_whatever_the_label_of_an_exercise_its_cell_may_be_called_so(label):
    cell = nbformat.v4.new_code_cell(id=cell_id(nodes.container(ids=[label])))
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))


def test_the_question_of_a_chapter_stands_right_below_its_title(builder):
    writer = NotebookWriter(builder, "page", nodes.container())
    writer.pending = ["# Lines", "A chapter of a book."]
    question = nodes.paragraph("", "", nodes.emphasis("", "Why?"), classes=["question"])
    writer.walk(nodes.container("", question, text(nodes.Text("Because."))), depth=1)
    assert writer.pending == ["# Lines", "*Why?*", "A chapter of a book.", "Because."]


def test_the_site_gets_the_notebooks_and_loses_those_of_pages_that_are_gone(builder, tmp_path):
    for name in ("notebooks/page.ipynb", "notebooks/gone.ipynb", "html/notebooks/gone.ipynb"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    builder.written = {"page.ipynb": "chapters/page"}
    builder.finish()
    assert [path.name for path in (tmp_path / "notebooks").iterdir()] == ["page.ipynb"]
    (shown,) = (tmp_path / "html/notebooks").iterdir()
    assert shown.read_text() == "notebooks/page.ipynb"


def test_without_a_site_the_notebooks_are_only_in_their_folder(builder, tmp_path):
    builder.finish()
    assert [path.name for path in tmp_path.iterdir()] == ["notebooks"]


def test_two_pages_cannot_become_one_notebook(builder):
    builder.written = {"page.ipynb": "page"}
    with pytest.raises(ValueError, match="page and chapters/page would both be page"):
        builder.write_doc("chapters/page", cell())


def test_a_page_without_code_or_with_results_alone_has_no_notebook(builder):
    builder.write_doc("prose", text(nodes.Text("a")))
    builder.write_doc(
        "results", nodes.container("", cell(tags=["remove-input"]), cell(tags=["remove_input"]))
    )
    assert builder.written == {}


# The executed notebooks


def test_executed_notebooks_get_back_the_outputs_that_the_page_took_out(tmp_path):
    code = nbformat.v4.new_code_cell("x = 1")
    notebook = nbformat.v4.new_notebook(cells=[code])
    folder = tmp_path / "_build/jupyter_execute/chapters"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "page.ipynb")
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("y")]), folder / "newer.ipynb")
    code.outputs = [nbformat.v4.new_output("stream", text="glued")]
    get_cache(tmp_path / "cache").cache_notebook_bundle(
        CacheBundleIn(notebook, "page.ipynb"), check_validity=False, overwrite=True
    )
    config = types.SimpleNamespace(nb_execution_cache_path=str(tmp_path / "cache"))
    html = types.SimpleNamespace(name="html")
    app = types.SimpleNamespace(config=config, builder=html, outdir=str(tmp_path / "_build/html"))

    def outputs():
        return [o.text for o in nbformat.read(folder / "page.ipynb", as_version=4).cells[0].outputs]

    executed_notebooks.restore_outputs(app, ValueError("the build failed"))
    html.name = "notebooks"
    executed_notebooks.restore_outputs(app, None)
    assert outputs() == []
    html.name = "html"
    executed_notebooks.restore_outputs(app, None)
    assert outputs() == ["glued"]
    app.outdir = str(tmp_path / "elsewhere/html")
    executed_notebooks.restore_outputs(app, None)  # nothing was executed there: nothing to do
    assert not Path(app.outdir).exists()
