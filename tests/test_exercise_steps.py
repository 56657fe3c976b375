"""An exercise on a page has hints, ways to solve it, and a solution whose bar only unfolds it."""

import types

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx_project import build

from sphinx_ext import exercise_steps

PAGE = """# Convolution

```{exercise-start} All channels at once
:label: ex-channels
```
**Needs an idea.** Write it.
```{code-cell}
def correlate(image, weight, bias):
    ...
```
```{code-cell}
check.NAME(correlate)
```
Words after the check.
```{exercise-end}
```

```{solution-start} ex-channels
:class: dropdown
```
```{code-cell}
check.NAME.solution()
```
```{solution-end}
```
"""
FRONT = "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\n---\n"
EXTENSIONS = ["myst_nb", "sphinx_exercise", "sphinx_ext.exercise_steps"]


def built(folder, name="correlate"):
    """Build the page with one exercise; return its parsed HTML and the warnings."""
    files = {
        "index.md": "# Book\n\n```{toctree}\nchapters/convolution\nchapters/run_it_yourself\n```\n",
        "chapters/convolution.md": FRONT + PAGE.replace("NAME", name),
        "chapters/run_it_yourself.md": "# Run it\n",
    }
    site, warnings = build(folder, files, EXTENSIONS, nb_execution_mode="off")
    page = (site / "chapters/convolution.html").read_text()
    return BeautifulSoup(page, "html.parser"), warnings


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_REPOSITORY", "https://github.com/owner/name")
        return built(tmp_path_factory.mktemp("exercise"))[0]


def test_the_hints_are_those_of_the_check_each_folded(page):
    from course_lib.exercises import convolution

    folds = page.select(".exercise details.hints")
    assert [fold.p.get_text() for fold in folds] == list(convolution.correlate.hints)
    assert [fold.summary.get_text() for fold in folds] == ["Hint 1 of 2", "Hint 2 of 2"]
    assert not any(fold.has_attr("open") for fold in folds)
    cells = page.select(".exercise div.cell")
    assert all(fold in cells[-1].find_next_siblings() for fold in folds)  # after the cell that checks
    assert folds[-1].find_next_sibling("p").get_text() == "Words after the check."


def test_the_ways_lead_to_the_exercise(page):
    colab, download, local = page.select(".exercise .exercise-ways a")
    assert colab["href"] == (
        "https://colab.research.google.com/github/owner/name/blob/notebooks/convolution.ipynb"
        "#scrollTo=ex-channels"
    )
    assert colab["rel"] == ["noopener"]
    assert colab.get_text().strip() == "Solve it in Colab: All channels at once"
    assert download["href"] == "../notebooks/convolution.ipynb"
    assert download["download"] == "convolution.ipynb"
    assert set(download.attrs) == {"href", "download"}
    assert local["href"] == "run_it_yourself.html"
    assert local.get_text().strip() == "Run it locally: All channels at once"


def test_without_a_public_address_the_help_page_stands_in_for_colab(tmp_path, monkeypatch):
    monkeypatch.setattr(exercise_steps, "repository_url", lambda folder: None)
    colab = built(tmp_path)[0].select_one(".exercise-ways a")
    assert colab["href"] == "run_it_yourself.html"
    assert colab.get_text().strip() == "How to open in Colab: All channels at once"


def test_the_bar_of_a_solution_is_no_link(page):
    bar = page.select_one(".solution > .admonition-title")
    assert bar.get_text() == "Solution to Exercise 1 (All channels at once)"
    assert bar.a is None


def test_an_exercise_that_the_checks_do_not_know_is_a_warning(tmp_path):
    page, warnings = built(tmp_path, "correlat")
    assert "there is no exercise correlat: no hints" in warnings
    assert not page.select(".hints")


class Cell(types.SimpleNamespace):
    """A code cell as far as its source matters."""

    def findall(self, kind):
        return [types.SimpleNamespace(astext=lambda: self.source)]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("check.correlate(correlate)", "correlate"),
        ("causes = {}\ncheck.diagnosis(causes)", "diagnosis"),
        ("check.pool_by_hand((a, b))", "pool_by_hand"),
        ("for name in check.patients():\n    print(name)", None),
        ("check.correlate.hint()", None),
        ("result = correlate(image)", None),
    ],
)
def test_a_cell_checks_an_answer_if_it_hands_one_to_the_check(source, name):
    assert exercise_steps.checked_name(Cell(source=source)) == name


def test_a_hint_is_text_with_code():
    html = exercise_steps.hints_html(["Is `a < b`?", "a & b"])
    assert "<p>Is <code>a &lt; b</code>?</p>" in html
    assert "<p>a &amp; b</p>" in html


def test_every_way_names_the_exercise_for_those_who_hear_it():
    title = nodes.title("", " (A & b)")
    buttons = [
        {"url": "https://a.org/a?b&c", "text": "Colab", "icon": "fas fa-rocket", "external": True},
        {"url": "../a.ipynb", "text": ".ipynb", "icon": "fas fa-download", "download": "a.ipynb"},
        {"url": "run.html", "text": "Run locally", "icon": "fas fa-laptop-code"},
    ]
    name = '<span class="visually-hidden">: A &amp; b</span></a>'
    assert exercise_steps.ways_html(buttons, nodes.admonition("", title, ids=["ex-a b"])) == (
        '<p class="exercise-ways">'
        '<a href="https://a.org/a?b&amp;c#scrollTo=ex-a-b" target="_blank" rel="noopener">'
        f'<i class="fas fa-rocket" aria-hidden="true"></i> Solve it in Colab{name}'
        '<a href="../a.ipynb" download="a.ipynb">'
        f'<i class="fas fa-download" aria-hidden="true"></i> Download the notebook{name}'
        f'<a href="run.html"><i class="fas fa-laptop-code" aria-hidden="true"></i> Run it locally{name}</p>'
    )


def test_each_hint_is_folded_by_itself_under_its_number():
    assert exercise_steps.hints_html(["Use `a < b`.", "a"]) == (
        '<details class="hints"><summary style="display: list-item">Hint 1 of 2</summary>'
        "<p>Use <code>a &lt; b</code>.</p></details>"
        '<details class="hints"><summary style="display: list-item">Hint 2 of 2</summary><p>a</p></details>'
    )


def code_cell(source):
    output = nodes.container("", nodes.literal_block("", "not attempted"), nb_element="cell_code_output")
    written = nodes.container("", nodes.literal_block("", source), nb_element="cell_code_source")
    return nodes.container("", written, output, nb_element="cell_code", cell_metadata={})


def test_what_the_check_said_in_the_build_goes_and_other_outputs_stay():
    exercise = nodes.section("", code_cell("print(1)"), code_cell("check.correlate(correlate)"))
    exercise_steps.remove_verdicts(exercise)
    assert [len(cell) for cell in exercise] == [2, 1]
    assert exercise[1][0]["nb_element"] == "cell_code_source"


def test_a_link_in_the_title_of_a_solution_becomes_its_words():
    link = nodes.reference("", "", nodes.inline("", " Exercise 1 "), refuri="#ex")
    title = nodes.title("", "", nodes.Text("Solution to"), link)
    exercise_steps.without_link(title)
    assert title.astext() == "Solution to Exercise 1"
    assert not title.next_node(nodes.reference)
