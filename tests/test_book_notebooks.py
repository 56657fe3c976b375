"""The notebooks that the build exported for Colab: clean, pinned, folded, with nothing spoilt."""

import base64
import importlib
import json
import re
import subprocess

import nbformat
import pytest
from bs4 import BeautifulSoup
from exported_notebooks import BOOK, BUILD, NAMES, cells_of, page_of
from IPython.core.inputtransformer2 import TransformerManager
from markdown_it import MarkdownIt
from myst_nb.core.read import read_myst_markdown_notebook

from sphinx_ext.markdown_text import SUMMARY

pytestmark = pytest.mark.book

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
LARGEST = 2_500_000  # bytes of a notebook
FOLDED = {"cellView": "form", "jupyter": {"source_hidden": True}}


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


def shows_code(text):
    """Return whether a page's source has a cell whose code is shown, open or folded."""
    cells = [cell for cell in read_myst_markdown_notebook(text).cells if cell.cell_type == "code"]
    return any(not {"remove-cell", "remove-input"}.intersection(c.metadata.get("tags", [])) for c in cells)


def test_every_page_of_the_book_that_shows_code_has_its_notebook_and_no_other_page():
    listed = re.findall(r"(?:root|file): *(\S+)", (BOOK / "_toc.yml").read_text())
    pages = {page: (BOOK / f"{page}.md").read_text() for page in listed if (BOOK / f"{page}.md").is_file()}
    with_code = sorted(page.split("/")[-1] for page, text in pages.items() if shows_code(text))
    assert with_code == NAMES
    assert NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_site_offers_the_same_file(name):
    assert (BUILD / f"html/notebooks/{name}.ipynb").read_bytes() == (
        BUILD / f"notebooks/{name}.ipynb"
    ).read_bytes()


def notebook(name):
    return json.loads((BUILD / f"notebooks/{name}.ipynb").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES)
def test_notebook_is_valid_light_and_was_never_run(name):
    raw = notebook(name)
    nbformat.validate(raw, relax_add_props=False)
    assert (raw["nbformat"], raw["nbformat_minor"]) == (4, 5)
    assert raw["metadata"]["kernelspec"]["name"] == "python3"
    ids = [cell["id"] for cell in raw["cells"]]
    assert len(set(ids)) == len(ids)
    assert {cell["cell_type"] for cell in raw["cells"]} <= {"markdown", "code"}
    assert {cell.get("execution_count") for cell in raw["cells"]} == {None}
    assert (BUILD / f"notebooks/{name}.ipynb").stat().st_size <= LARGEST


@pytest.mark.parametrize("name", NAMES)
def test_no_exercise_shows_anything_before_it_runs(name):
    cells = [cell for cell in notebook(name)["cells"] if cell["cell_type"] == "code"]
    exercises = [cell for cell in cells if "exercise" in cell["metadata"].get("tags", [])]
    assert len(exercises) >= 2 * page_of(name).count("{exercise-start}")
    assert [cell["source"] for cell in exercises if cell["outputs"]] == []
    verdicts = r"not attempted|: correct\. \d+ checks? passed"
    assert [cell["source"] for cell in cells if re.search(verdicts, json.dumps(cell["outputs"]))] == []
    assert cells[0]["outputs"] == []  # the one that installs


def answering(page):
    """Return the outputs of a page that are folded until a prediction is made, as results.js finds them."""
    found = []
    for box in page.select(".admonition.predict.asks"):
        for element in box.find_next_siblings():
            if element.name == "section" or "admonition" in element.get("class", []):
                break
            output = element.select_one(":scope > .cell_output")
            if output and "cell" in element["class"]:
                found += [] if output.select_one("script") else [output]
                break
    return found


@pytest.mark.parametrize("name", NAMES)
def test_each_figure_of_the_page_stands_in_the_notebook_unless_it_answers_a_prediction(name):
    page = page_in_site(name)
    folded = {id(image) for output in answering(page) for image in output.select("img")}
    pictures = page.select(":not(details) > .cell_output img[src*=_images]")
    pictures = [p for p in pictures if not p.find_parent(class_=["exercise", "solution"])]
    shown = {image_of(p) for p in pictures if id(p) not in folded}
    spoiling = {image_of(p) for p in pictures if id(p) in folded}
    outputs = [output for cell in notebook(name)["cells"] for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    figures = [picture for picture in pictures if not is_still(picture)]
    assert {base64.b64decode(figure["data"]["image/png"]) for figure in figures} == shown - spoiling
    assert [f["metadata"] for f in figures if len(f["metadata"]["image/png"]["alt"]) < 20] == []


def is_still(output):
    """Return whether an output is the picture of a live figure, which the page has no picture of."""
    return output["metadata"]["image/png"]["alt"].startswith("The live figure")


@pytest.mark.parametrize("name", NAMES)
def test_each_live_figure_has_a_light_picture_before_it_runs(name):
    outputs = [output for cell in notebook(name)["cells"] for output in cell.get("outputs", [])]
    stills = [o for o in outputs if "image/png" in o.get("data", {}) and is_still(o)]
    alive = [figure for figure in page_in_site(name).select(".cell_output .course-widget")
             if not figure.find_parent(class_=["exercise", "solution"])]  # fmt: skip
    assert len(stills) == len(alive)
    assert max([len(base64.b64decode(s["data"]["image/png"])) for s in stills], default=0) <= 40 * 1024
    for still, figure in zip(stills, alive, strict=True):
        assert figure["aria-label"] in still["metadata"]["image/png"]["alt"]


def image_of(element):
    """Return the bytes of an image of the site."""
    return (BUILD / "html/_images" / element["src"].rpartition("/")[2]).read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_printed_words_stand_in_the_notebook_unless_they_answer_a_prediction(name):
    page = page_in_site(name)
    printed = [p for p in page.select(".cell > .cell_output > .output.stream")
               if not p.find_parent(class_=["exercise", "solution"])]  # fmt: skip
    folded = {id(p) for output in answering(page) for p in output.select(".output.stream")}
    outputs = [output for cell in notebook(name)["cells"] for output in cell.get("outputs", [])]
    said = ["".join(output["text"]).strip() for output in outputs if output["output_type"] == "stream"]
    assert said == [p.get_text().strip() for p in printed if id(p) not in folded]


def test_predictions_keep_their_answers():
    assert sum(len(answering(page_in_site(name))) for name in NAMES) > 20


@pytest.mark.parametrize("name", NAMES)
def test_the_title_stands_first_and_what_installs_before_anything_that_runs(name):
    title, install = notebook(name)["cells"][:2]
    said = "".join(title["source"])
    assert title["cell_type"] == "markdown"
    assert said.startswith("# ")
    assert "run_it_yourself" in said
    assert "".join(install["source"]).startswith("#@title Install course_lib")


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_ends_with_exactly_the_works_that_its_page_cites(name):
    cited = {a["href"].rpartition("#")[2] for a in page_in_site(name).select("a[href*='bibliography.html#']")}
    bibliography = BeautifulSoup(
        (BUILD / "html/bibliography.html").read_text(encoding="utf-8"), "html.parser"
    )
    last = "".join(notebook(name)["cells"][-1]["source"])
    assert last.startswith("## References\n") == bool(cited)
    works = [bibliography.find(id=key).p.get_text() for key in cited]
    listed = re.findall(r"^- ", last, re.MULTILINE) if cited else []
    assert len(listed) == len(works)
    for work in works:
        surname = re.match(r"[\w-]+", work).group()
        assert surname in last


@pytest.mark.parametrize("name", NAMES)
def test_first_cell_is_pinned_to_a_commit_of_this_repository(name):
    raw = next(cell for cell in notebook(name)["cells"] if cell["cell_type"] == "code")
    source = "".join(raw["source"])
    assert source.startswith("#@title Install course_lib")
    known = subprocess.run(["git", "-C", BOOK, "rev-parse", "HEAD"], capture_output=True).returncode == 0
    if "%pip install" not in source:
        assert "run_it_yourself" in source
    if known or "%pip install" in source:
        (sha,) = set(re.findall(r"(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])", source))
        subprocess.run(["git", "-C", BOOK, "cat-file", "-e", f"{sha}^{{commit}}"], check=True)


def test_the_patterns_find_what_they_are_for():
    for pattern, example in LEFTOVERS.items():
        assert re.search(pattern, f"text\n{example}\ntext", re.MULTILINE), pattern


@pytest.mark.parametrize("name", NAMES)
def test_no_directive_role_or_label_is_left(name):
    for source, _ in cells_of(name, "markdown"):
        prose = re.sub(r"^```(python)?\n.*?^```$", "", source, flags=re.MULTILINE | re.DOTALL)
        for pattern in LEFTOVERS:
            assert not re.search(pattern, prose, re.MULTILINE), f"{pattern} in:\n{source}"
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
def test_solutions_are_text_that_nothing_runs(name):
    page = page_of(name)
    asked = re.findall(r"check\.(\w+)\.solution\(\)", "\n".join(solutions_of(page)))
    solutions = [s for s, _ in cells_of(name, "markdown") if f"{SUMMARY}Solution to" in s]
    assert len(solutions) == page.count("{solution-start}")
    for source in solutions:
        assert source.startswith(f"<details>\n{SUMMARY}Solution to ")
        assert source.endswith("</details>")
    check = importlib.import_module(f"course_lib.exercises.{name}") if asked else None
    for exercise in asked:
        assert f"```python\n{getattr(check, exercise).solution()!r}\n```" in "\n".join(solutions)
    for source, _ in cells_of(name, "code"):
        assert not re.search(r"\.solution\(\)|check\.\w+\.reference\b", source), source


def solutions_of(page):
    return code_between(page, "solution-start", "solution-end")


def page_in_site(name):
    """Return the built page of a notebook."""
    (page,) = [p for p in (BUILD / f"html/chapters/{name}.html", BUILD / f"html/{name}.html") if p.is_file()]
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("name", NAMES)
def test_equations_have_the_numbers_that_the_page_and_its_references_show(name):
    text = "\n".join(source for source, _ in cells_of(name, "markdown"))
    numbers = {
        div["id"]: div.select_one(".eqno").text.strip("()#")
        for div in page_in_site(name).select("div.math[id]")
        if div.select_one(".eqno")
    }
    assert re.findall(r"\\tag\{([\d.]+)\}", text) == list(numbers.values())
    references = re.findall(rf"\[\D*([\d.]+)\)?\]\([^)\s]*/{name}\.html#(equation-[^)]+)\)", text)
    assert [(number, key) for number, key in references if numbers[key] != number] == []


@pytest.mark.parametrize("name", NAMES)
def test_plotting_cells_are_folded_under_a_title(name):
    plots = cells_of(name, "code", "hide-input")
    assert len(plots) == len(re.findall(r"^(:tags:|tags:).*\bhide-input\b", page_of(name), re.MULTILINE))
    for source, data in plots:
        assert data.items() >= FOLDED.items()
        assert re.match(r"#@title \S.{2,95}\n", source), source[:120]
        assert not re.match(r"#@title (Left|Right|Top|Above|Below)\n", source)


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
