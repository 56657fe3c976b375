"""Every directive that a chapter may use, exported: plain Markdown that says the same."""

import io
import json
import os
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace
from sphinx_project import same_environment

from sphinx_ext.data_note import where_numbers_come_from
from sphinx_ext.markdown_text import SUMMARY, code_span, escaped, fenced

SHA = "0123456" + "f" * 33
SITE = "https://book.example.org"
CONF = """
project = "A book"
extensions = ["myst_nb", "sphinx_exercise", "sphinx_design", "sphinxcontrib.bibtex", "sphinx_ext.notebooks"]
myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
bibtex_bibfiles = ["books.bib"]
nb_execution_mode = "cache"
numfig = True
exclude_patterns = ["cache", "jupyter_execute", "with*"]
"""
BIB = "@book{minsky1969, title={Perceptrons}, author={Minsky, Marvin}, year={1969}, publisher={MIT Press}}"
PAGE = (Path(__file__).parent / "every_directive.md").read_text()
START = """\
# Start

```{math}
:label: eq-start
a = b
```

```{toctree}
page
quiet
```
"""
# It shows what code made, and no code.
QUIET = (
    "{}\n# Quiet\n\n```{{code-cell}}\n:tags: [remove-input]\n"
    "from myst_nb import glue\nglue('seven', 7, display=False)\nprint(1)\n```\n"
)
SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'><circle cx='2' cy='2' r='2'/></svg>"


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book")
    # a copy of the book takes over what ran here: no kernel starts again
    conf = f"{CONF}nb_execution_cache_path = {str(folder / 'cache')!r}\n"
    files = {"conf.py": conf, "books.bib": BIB, "page.md": PAGE, "dot.svg": SVG}
    files["quiet.md"] = QUIET.format(PAGE[: PAGE.index("(ch-page)")])
    files["index.md"] = START
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def export(book, out, **variables):
    """Export the small book with Sphinx alone; return the notebook's cells. Any warning is an error."""
    log = io.StringIO()
    with same_environment(), docutils_namespace():
        os.environ.update(COURSE_REPOSITORY="https://github.com/o/n", GITHUB_SHA=SHA, **variables)
        app = Sphinx(book, book, book / out, book / "doctrees", "notebooks", status=None, warning=log)
        app.config.nitpicky = True
        app.build()
    assert log.getvalue() == ""
    return json.loads((book / out / "page.ipynb").read_text())["cells"]


@pytest.fixture(scope="module")
def cells(book):
    return export(book, "with_site", COURSE_SITE_URL=SITE)


@pytest.fixture(scope="module")
def text(cells):
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


PAGE_URL = f"{SITE}/page.html"
PIECES = {
    "title": "# A page with `code`",
    "glued value": "counts 3 things",
    "value glued on another page": "things, and `7` elsewhere",
    "inline math": "$a_i * b_i$",
    "footnote reference": "footnote.<sup>[1]</sup>",
    "footnote": "<sup>[1]</sup> Small *print*.",
    "escapes": r"A price of \$5, snake_case, 2 \* 3 \* 4.",
    "reference": f"See [A page with code]({PAGE_URL}#ch-page), [Start]({SITE}/index.html)",
    "equation reference": f"[(2)]({PAGE_URL}#equation-eq-line)",
    "numbered references": f"[Fig. 1]({PAGE_URL}#fig-bold), [Table 1]({PAGE_URL}#tab-shapes)",
    "term": f"[stride]({PAGE_URL}#term-stride)",
    "exercise reference": f"[Exercise 1]({PAGE_URL}#ex-one)",
    "admonition": "> **Predict *first***\n>\n> What is $x$?\n>\n> - one\n> - two",
    "warning": "> **Warning**\n>\n> Beware.",
    "equation": "$$\ny = Wx + b \\tag{2}\n$$",
    "align": "$$\n\\begin{aligned}\na &= 1 \\\\\nb &= 2\n\\end{aligned} \\tag{3}\n$$",
    "caption": f"**Fig. 1.** Things, *counted*. They are few, see [(2)]({PAGE_URL}#equation-eq-line).",
    "alt text of a plot": f"{SUMMARY}The figure in words</summary>\n\nThree things in a row.\n\n</details>",
    "figure": f"![A (small) dot.]({SITE}/_images/dot.svg)\n\n**Fig. 2.** A dot.",
    "table": "**Table 1.** Shapes\n\n| layer | size |\n| :--- | ---: |\n"
    r"| `a\|b` | $\vert x\vert $ and *y* |",
    "table without header": "|  |  |\n| --- | --- |\n| no | header |",
    "tabs": "**NumPy**\n\nIn NumPy.\n\n**torch**\n\nIn torch.",
    "dropdown": f"<details>\n{SUMMARY}More</summary>\n\nHidden text.\n\n</details>",
    "folded note": f"<details>\n{SUMMARY}Note</summary>\n\nA folded note.\n\n</details>",
    "definition": "- **Word**: Its meaning.",
    "quote": "> Quoted.",
    "code that is no cell": '```python\nprint("no cell")\n```',
    "glossary": "- **stride**: The step.",
    "exercise": "### Exercise 1 (Twice)\n\nDouble it.",
    "hint": f"<details>\n{SUMMARY}Hint</summary>\n\nAdd it to itself.\n\n</details>",
    "solution": f"<details>\n{SUMMARY}Solution to Exercise 1 (Twice)</summary>\n\n"
    "```python\ndef double(x):\n    return 2 * x\n```\n\nBy addition.\n\n"
    "```python\nprint(2 + 2)\nfew * 7\n```\n\n```\n4\n```\n\n```\n21\n```\n\n"
    '```python\nHTML("<b>four</b>")\n```\n\n</details>',
}


@pytest.mark.parametrize("piece", PIECES)
def test_what_the_page_shows_is_in_the_notebook(piece, text):
    assert PIECES[piece] in text


def test_a_citation_is_linked_and_its_entry_listed(text):
    assert re.search(r"It cites \[\[Min69\]\(https://book\.example\.org/page\.html#[\w-]+\)\]", text)
    assert re.search(r"\*\*\[Min69\]\*\* Marvin Minsky\. \*Perceptrons\*", text)


def test_scripts_stay_behind(text):
    assert "<script" not in text


def test_a_page_that_shows_no_code_has_no_notebook(book, cells):
    assert sorted(path.name for path in (book / "with_site").glob("*.ipynb")) == ["page.ipynb"]


def test_what_proves_a_solution_to_the_build_is_no_part_of_it(text):
    assert "check.double" not in text
    assert ": correct" not in text


@pytest.mark.parametrize(
    ("origin", "note"),
    [
        pytest.param(
            ("MNIST", SHA, 60),
            "computed with MNIST at commit `0123456` when the book was built; "
            "all cells together took at most a minute. "
            "With other data, other versions or another processor, yours may differ. "
            "What answers a prediction appears when you run its cell.",
            id="everything-known",
        ),
        pytest.param(
            ("", None, None),
            "computed when the book was built. With other versions or another processor, yours may differ.",
            id="nothing-known",
        ),
        pytest.param(
            ("MNIST", None, 61), "built; all cells together took about 2 minutes. With", id="rounded-up"
        ),
    ],
)
def test_a_notebook_says_where_its_numbers_come_from(origin, note):
    assert note in where_numbers_come_from(*origin)


def test_the_note_stands_below_the_title(cells):
    title = "".join(cells[0]["source"])
    before = "The numbers in the text, and what stands below the cells before you run them, were computed"
    origin = f"{before} at commit `0123456` when the book was built"
    online = f"[Read it online]({PAGE_URL})."
    assert f"\n\nA chapter of *A book*. {online}\n\n{origin}" in title
    assert "with MNIST" not in title
    assert re.search(r"all cells together took (at most a minute|about \d+ minutes)\.", title)


def test_code_cells_are_in_order_folded_where_the_page_folds_them(cells):
    code = [("".join(c["source"]), c["metadata"]) for c in cells if c["cell_type"] == "code"]
    folded = {"cellView": "form", "jupyter": {"source_hidden": True}}
    plot = 'from IPython.display import HTML\nHTML("<b>" + "x" * few + "</b>")'
    assert code[1:] == [
        ("#@title Preparation\nfew = count", {**folded, "tags": ["hide-cell"]}),
        (f"#@title Things, counted\n{plot}", {**folded, "tags": ["hide-input"]}),
        ("1 / 0", {"tags": ["raises-exception"]}),
        ("def double(x):\n    ...  # your code", {"tags": ["exercise", "raises-exception"]}),
    ]


def test_cells_show_what_they_showed_in_the_build_and_exercises_nothing(cells):
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [[output["output_type"] for output in cell["outputs"]] for cell in code] == [
        [],  # the first cell, which was never run
        [],  # folded, and its glue is no output
        [],  # markup, and not a word
        ["error"],
        [],  # the exercise
    ]
    assert code[3]["outputs"][0]["traceback"] == ["ZeroDivisionError: division by zero"]


def test_a_notebook_runs_in_python_3_and_opens_with_its_contents_in_colab(book, cells):
    metadata = json.loads((book / "with_site" / "page.ipynb").read_text())["metadata"]
    assert metadata["colab"] == {"toc_visible": True}
    assert (metadata["kernelspec"]["name"], metadata["language_info"]["name"]) == ("python3", "python")


def test_without_a_site_no_link_is_dead_and_images_travel_in_the_notebook(book):
    cells = export(book, "without_site", COURSE_SITE_URL="")
    alone = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    assert "See *A page with code*, *Start*, (2), Fig. 1, Table 1, stride, Exercise 1." in alone
    assert "![A (small) dot.](data:image/svg+xml;base64," in alone
    (help_page,) = re.findall(r"\]\((http[^)]*)\)", alone)  # of the repository, which is not the site
    assert help_page.endswith("/chapters/run_it_yourself.md")


def test_an_element_that_the_export_does_not_know_fails_a_strict_build(book, tmp_path):
    for file in book.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_text(file.read_text())
    odd = "\n\n```{eval-rst}\n.. option:: --flag\n\n   Text.\n```\n"
    (tmp_path / "page.md").write_text(PAGE + odd)
    with pytest.raises(AssertionError, match="the notebooks cannot show a desc"):
        export(tmp_path, "out")


@pytest.mark.parametrize(
    "raw",
    [
        "2 * 3 * 4",
        "a_b and _c_ and d_",
        "[x](y)",
        "`tick`",
        "a < b, <b>, </b>",
        r"back\slash",
        "**not bold**",
        "~x",
    ],
)
def test_escaped_text_renders_as_itself(raw):
    rendered = MarkdownIt("commonmark").render(escaped(raw))
    plain = raw.replace("<", "&lt;").replace(">", "&gt;")
    assert rendered == f"<p>{plain}</p>\n"


@pytest.mark.parametrize("raw", ["x", "a`b", "``", "`x`", "a|b"])
def test_code_renders_as_itself(raw):
    assert MarkdownIt("commonmark").render(code_span(raw)) == f"<p><code>{raw}</code></p>\n"
    assert (
        MarkdownIt("commonmark").render(fenced(f"```\n{raw}\n```"))
        == f"<pre><code>```\n{raw}\n```\n</code></pre>\n"
    )
