"""The strip at the head of a chapter, its times, and the folded imports."""

from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx_project import build

from sphinx_ext import chapter_strip
from sphinx_ext.folded_imports import only_imports

FRONT = """---
file_format: mystnb
kernelspec: {name: python3, display_name: Python 3, language: python}
---
"""
CELL = "```{code-cell}\n%s\n```\n"
CONVOLUTION = f"""{FRONT}# Convolution

*What is left?*

First words.

**You need** the dense layer of {{ref}}`ch-other`, and *time*.

**You will be able to** fold an image.

{CELL % "import math"}

## Exercises

```{{exercise-start}} All channels at once
:label: ex-channels
```
**Needs an idea.** Write it.
{CELL % "check.correlate(correlate)"}
```{{exercise-end}}
```
"""
OTHER = """(ch-other)=
# Other

**What you need.**
Nothing.

**What you will be able to do.**
- Add.
- Multiply.

Text.
"""
FILES = {
    "index.md": "# Book\n\n```{toctree}\n:numbered: 1\nchapters/convolution\nchapters/other\n```\n"
    "```{toctree}\nchapters/run_it_yourself\n```\n",
    "chapters/convolution.md": CONVOLUTION,
    "chapters/other.md": OTHER,
    "chapters/run_it_yourself.md": "# Run it\n\n**You need** a machine.\n",
}
EXTENSIONS = ["chapter_numbers", "exercise_steps", "chapter_strip", "folded_imports"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_REPOSITORY", "https://github.com/owner/name")
        site, warnings = build(
            tmp_path_factory.mktemp("strip"), FILES,
            ["myst_nb", "sphinx_exercise", *(f"sphinx_ext.{name}" for name in EXTENSIONS)],
            nb_execution_mode="off",
        )  # fmt: skip
    assert warnings == ""
    return {path.stem: BeautifulSoup(path.read_text(), "html.parser") for path in site.rglob("*.html")}


def parts(page):
    """Return the text of each part of the strip below its heading."""
    found = page.select(".chapter-strip .strip-part")
    return {part.p.get_text(): " ".join(part.get_text(" ", strip=True).split()) for part in found}


def test_the_strip_stands_between_the_question_and_the_first_words(site):
    section = site["convolution"].h1.parent
    names = [child.get("class", [child.name])[0] for child in section.find_all(recursive=False)]
    assert names[:4] == ["h1", "question", "chapter-strip", "p"]


def test_the_strip_takes_over_the_opening_and_its_links(site):
    found = parts(site["convolution"])
    assert found["You need"] == "You need The dense layer of Chapter 2 (Other) , and time ."
    assert found["You will be able to"] == "You will be able to Fold an image."
    assert site["convolution"].select_one(".strip-part a")["href"] == "other.html#ch-other"
    assert site["convolution"].get_text().count("dense layer") == 1


def test_every_way_of_writing_the_opening_gives_the_same_strip(site):
    found = parts(site["other"])
    assert found["You need"] == "You need Nothing."
    assert found["You will be able to"] == "You will be able to Add. Multiply."
    assert [item.get_text() for item in site["other"].select(".strip-part li")] == ["Add.", "Multiply."]
    assert "What you need" not in site["other"].get_text()
    assert site["other"].get_text().count("Multiply.") == 1


def test_the_strip_says_how_long_it_takes_and_where_it_runs(site):
    facts = [fact.get_text() for fact in site["convolution"].select(".chapter-facts span")]
    assert facts == ["Read about 5 min", "Solve 1 exercise, about 15 min"]
    links = [link["href"] for link in site["convolution"].select(".chapter-ways a")]
    assert links[0] == "https://colab.research.google.com/github/owner/name/blob/notebooks/convolution.ipynb"
    assert links[1:] == ["../notebooks/convolution.ipynb", "run_it_yourself.html"]
    assert not site["other"].select(".chapter-ways")  # nothing runs there


def test_pages_without_a_number_have_no_strip(site):
    assert not site["run_it_yourself"].select(".chapter-strip")
    assert "You need a machine." in site["run_it_yourself"].get_text()


def test_the_imports_are_folded(site):
    fold = site["convolution"].select_one("details")
    assert "import math" in fold.get_text()
    assert "Show the imports" in fold.summary.get_text()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import numpy as np\nfrom a import (\n    b,\n)\n\nplotting.use_course_style()", True),
        ("import numpy as np\nseeds = (0, 1, 2)", True),
        ('import numpy as np\nthreadpool_limits(1, "blas")', True),
        ("import numpy as np\ntrain(model)", False),
        ("import numpy as np\nseeds = (0, len(names))", False),
        ("import numpy as np\nrng = np.random.default_rng(0)", False),
        ("%matplotlib inline", False),
        ("", False),
    ],
)
def test_only_a_cell_that_does_nothing_but_import_is_folded(source, expected):
    assert only_imports(source) is expected


def test_reading_counts_words_and_code_but_neither_exercises_nor_what_is_folded():
    words = nodes.paragraph("", "word " * 4000)  # 20 minutes
    code = nodes.literal_block("", "x = 1\n" * 200)  # 10 minutes
    folded = nodes.container("", code.deepcopy(), hide_mode="input", nb_element="cell_code")
    output = nodes.container("", code.deepcopy(), nb_element="cell_code_output")
    assert chapter_strip.reading_minutes(nodes.section("", words)) == 20
    assert chapter_strip.reading_minutes(nodes.section("", words, code, folded, output)) == 30
    cells = [nodes.literal_block("", "x = 1") for _ in range(1000)]
    assert chapter_strip.reading_minutes(nodes.section("", *cells)) == 50  # twenty lines a minute, no words


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "under a minute"), (70, "about 1 min"), (200, "about 3 min")]
)
def test_running_is_told_in_minutes(seconds, text):
    assert f"<b>Run</b> {text}</span>" in chapter_strip.facts_html(20, [], seconds)


def opening(words):
    return nodes.paragraph("", "", nodes.strong("", words), nodes.Text(" a pen."))


@pytest.mark.parametrize(
    "below",
    [
        [nodes.section("", opening("You need"))],
        [opening("You see"), nodes.paragraph("", "You need"), nodes.paragraph()],
    ],
)
def test_what_does_not_open_the_chapter_in_those_words_is_left_where_it_is(below):
    page = nodes.section("", nodes.title("", "Lines"), *below)
    before = page.pformat()
    assert chapter_strip.taken(page, chapter_strip.PARTS["You need"]) == []
    assert page.pformat() == before


def test_on_paper_there_is_no_strip(monkeypatch):
    page = nodes.section("", nodes.title("", "Lines"), opening("You need"))
    app = SimpleNamespace(builder=SimpleNamespace(format="latex"), env=None)
    chapter_strip.add_strip(app, page, "chapters/lines")
    assert len(page) == 2
