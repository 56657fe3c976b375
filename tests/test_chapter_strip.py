"""The strip at the head of a chapter, its times, and the folded imports."""

from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx_exercise.nodes import exercise_node, solution_node
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
    links = [link["href"] for link in site["convolution"].select(".chapter-strip > .chapter-ways a")]
    assert links[0] == "https://colab.research.google.com/github/owner/name/blob/notebooks/convolution.ipynb"
    assert links[1:] == ["../notebooks/convolution.ipynb", "run_it_yourself.html"]
    assert not site["other"].select(".chapter-ways")  # nothing runs there


def test_all_but_the_ways_to_run_is_folded_and_the_handle_says_how_long_it_takes(site):
    strip = site["convolution"].select_one(".chapter-strip")
    fold, ways = strip.find_all(recursive=False)
    assert (fold.name, fold.get("open"), ways["class"]) == ("details", None, ["chapter-ways"])
    handle, inside = fold.find_all(recursive=False)
    assert handle.get_text() == "About this chapter 5 min to read"
    assert len(inside.select(".strip-part")) == 2
    assert inside.select(".chapter-facts")


def test_pages_without_a_number_have_no_strip(site):
    assert not site["run_it_yourself"].select(".chapter-strip")
    assert "You need a machine." in site["run_it_yourself"].get_text()


def test_the_imports_are_folded(site):
    fold = site["convolution"].select_one("details:not(.strip-fold)")
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


BUTTONS = [
    {"url": "https://a.org/?b&c", "text": "Colab", "label": "Open in Colab", "icon": "fa-rocket",
     "external": True},
    {"url": "../a.ipynb", "text": ".ipynb", "label": 'Download "a.ipynb"', "icon": "fa-down",
     "download": 'a".ipynb'},
    {"url": "run.html", "text": "Run locally", "label": "Run locally: how", "icon": "fa-laptop"},
]  # fmt: skip


def test_the_ways_are_links_with_an_icon_that_is_not_read_out_and_words_that_say_more():
    assert chapter_strip.ways_html(BUTTONS) == (
        '<p class="chapter-ways">'
        '<a href="https://a.org/?b&amp;c" target="_blank" rel="noopener" aria-label="Open in Colab">'
        '<i class="fa-rocket" aria-hidden="true"></i>Colab</a>'
        '<a href="../a.ipynb" download="a&quot;.ipynb" aria-label="Download &quot;a.ipynb&quot;">'
        '<i class="fa-down" aria-hidden="true"></i>.ipynb</a>'
        '<a href="run.html" aria-label="Run locally: how">'
        '<i class="fa-laptop" aria-hidden="true"></i>Run locally</a></p>'
    )


def test_the_times_of_all_exercises_are_added_and_lead_to_the_first():
    exercises = [SimpleNamespace(minutes=5, anchor="ex-a"), SimpleNamespace(minutes=15, anchor="ex-b")]
    assert chapter_strip.facts_html(30, exercises, 200) == (
        '<p class="chapter-facts"><span><b>Read</b> about 30 min</span>'
        '<span><b>Solve</b> <a href="#ex-a">2 exercises</a>, about 20 min</span>'
        "<span><b>Run</b> about 3 min</span></p>"
    )
    one = chapter_strip.facts_html(5, exercises[:1], None)
    assert one.endswith('<a href="#ex-a">1 exercise</a>, about 5 min</span></p>')


def test_a_part_of_the_strip_is_its_heading_and_its_words():
    part = chapter_strip.column("You need", [nodes.paragraph("", "Time.")])
    assert " ".join(part.pformat().split()) == (
        '<container classes="strip-part"> <paragraph classes="strip-title"> <strong> You need '
        "<paragraph> Time."
    )


def test_reading_is_told_to_the_next_five_minutes_and_outputs_take_none():
    def minutes(*below):
        return chapter_strip.reading_minutes(nodes.section("", *below))

    assert [minutes(nodes.paragraph("", "word " * count)) for count in (0, 1400, 1600, 2400)] == [
        5,
        5,
        10,
        10,
    ]
    assert minutes(nodes.literal_block("", "a b c\n" * 200), nodes.paragraph("", "word " * 1000)) == 15
    item = nodes.list_item("", nodes.paragraph("", "word " * 1500), nodes.paragraph("", "word " * 1500))
    assert minutes(nodes.bullet_list("", item)) == 15
    long = nodes.paragraph("", "word " * 4000)
    assert minutes(nodes.container("", long.deepcopy(), nb_element="cell_code_output")) == 5
    assert minutes(nodes.container("", long.deepcopy(), hide_mode="all")) == 5
    assert minutes(nodes.container("", long.deepcopy(), nb_element="cell_code")) == 20


@pytest.mark.parametrize(
    ("words", "left"),
    [([nodes.Text(" time.")], "Time."), ([nodes.Text(".\nNothing: a b")], "Nothing: a b"), ([], "")],
)
def test_what_follows_the_first_words_begins_with_a_capital(words, left):
    paragraph = nodes.paragraph("", "", nodes.Text(""), nodes.strong("", "You need"), *words)
    before = paragraph.pformat()
    assert chapter_strip.without_label(paragraph).astext() == left
    assert paragraph.pformat() == before


def test_a_chapter_whose_code_is_not_shown_has_no_ways_and_raw_parts_are_html(monkeypatch):
    monkeypatch.setattr(chapter_strip, "chapter_number", lambda env, name: "5")
    monkeypatch.setattr(chapter_strip, "exercise_facts", lambda tree, name: [])
    monkeypatch.setattr(chapter_strip, "page_buttons", lambda app, name: BUTTONS)
    metadata = {"chapters/a": {"exec_data": {"runtime": 200}}}
    for tags, num_ways in ((["remove-input"], 0), ([], 1)):
        for env, num_runs in ((metadata, 1), ({"chapters/a": {}}, 0), ({}, 0)):
            cell = nodes.container("", nb_element="cell_code", cell_metadata={"tags": tags})
            note = nodes.paragraph("", "Digits.", classes=["data-note"])
            page = nodes.section("", nodes.title("", "Lines"), nodes.paragraph("", "First."), note, cell)
            tree = nodes.section("", page)
            app = SimpleNamespace(
                builder=SimpleNamespace(format="html"), env=SimpleNamespace(nb_metadata=env)
            )
            chapter_strip.add_strip(app, tree, "chapters/a")
            strip = page[1]
            assert strip["classes"] == ["chapter-strip"]
            assert [type(child) for child in strip] == [nodes.raw, nodes.raw, nodes.paragraph, nodes.raw]
            assert {child["format"] for child in strip if isinstance(child, nodes.raw)} == {"html"}
            assert strip[3].astext().count("chapter-ways") == num_ways
            assert strip[1].astext().count("<b>Run</b> about 3 min") == num_runs
            assert len(page) == 4


def test_what_warns_is_not_folded(monkeypatch):
    monkeypatch.setattr(chapter_strip, "chapter_number", lambda env, name: "5")
    monkeypatch.setattr(chapter_strip, "exercise_facts", lambda tree, name: [])
    note = nodes.admonition("", nodes.title("", "Built without MNIST"), classes=["data-note"])
    page = nodes.section("", nodes.title("", "Lines"), note)
    app = SimpleNamespace(builder=SimpleNamespace(format="html"), env=SimpleNamespace(nb_metadata={}))
    chapter_strip.add_strip(app, nodes.section("", page), "chapters/a")
    fold_ends = page[1].index(next(child for child in page[1] if "</details>" in child.astext()))
    assert page[1].index(note) > fold_ends


def test_words_and_lines_are_counted_exactly():
    words, code = nodes.paragraph("", "a few words"), nodes.literal_block("", "x = 1\ny = 2")
    output = nodes.container("", code.deepcopy(), nb_element="cell_code_output")
    folded = nodes.container("", words.deepcopy(), hide_mode="input")
    exercise, solution = exercise_node("", words.deepcopy()), solution_node("", code.deepcopy())
    counts = [chapter_strip._amount(node) for node in (words, code, output, folded, exercise, solution)]
    assert counts == [(3, 0), (0, 2), (0, 0), (0, 0), (0, 0), (0, 0)]
    both = nodes.section("", words.deepcopy(), nodes.container("", code.deepcopy(), words.deepcopy()))
    assert chapter_strip._amount(both) == (6, 2)
