"""A question has options, one of them right, and a reason for each: on a page, in a notebook, on paper."""

import hashlib
import json
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx_project import build

from sphinx_ext import paper, quiz
from sphinx_ext.markdown_text import SUMMARY
from sphinx_ext.notebook_markdown import MarkdownRenderer

GOOD = """```{predict}
How large is the *output* of `f`?

[ ] 6x6
: That would need $p = 1$.
  It has none.

[x] 4x4
: The window fits four times.
```
"""
PAGE = (
    f"# 8 Shapes\n\n{GOOD}\nText.\n\n```{{question}}\nAgain?\n\n[x] yes\n: It is.\n\n[ ] no\n: It is.\n```\n"
)
EXTENSIONS = ["myst_nb", "sphinx_ext.quiz"]
INDEX = "# Book\n\n```{toctree}\nshapes\nplain\n```\n"


def built(folder, page=PAGE):
    """Build a book with one page of questions; return its folder, the parsed page and the warnings."""
    files = {"index.md": INDEX, "shapes.md": page, "plain.md": "# Plain\n"}
    site, warnings = build(
        folder, files, EXTENSIONS, nb_execution_mode="off", myst_enable_extensions=["deflist", "dollarmath"]
    )
    return site, BeautifulSoup((site / "shapes.html").read_text(), "html.parser"), warnings


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    return built(tmp_path_factory.mktemp("quiz"))


def words(node):
    return " ".join(node.get_text().split())


def test_without_a_script_the_options_are_text_and_the_answer_is_folded(book):
    box = book[1].select_one(".admonition.predict.asks")
    assert words(box.select_one(".admonition-title")) == "Predict first"
    assert [words(item) for item in box.select(".options > li")] == ["A 6x6", "B 4x4"]
    assert [item.get("class") for item in box.select(".options > li")] == [None, ["right"]]
    fold = box.select_one("details.answer")
    assert not fold.has_attr("open")
    assert words(fold.p) == "B is right."
    reasons = [words(item) for item in fold.select(".reasons > li")]
    assert reasons[1] == "B The window fits four times."
    assert reasons[0].startswith("A That would need")
    assert reasons[0].endswith("It has none.")


def test_a_quiz_question_is_called_one(book):
    assert words(book[1].select_one(".admonition.quiz > .admonition-title")) == "Question"


def test_the_questions_of_a_quiz_are_counted_and_predictions_are_not():
    kinds = ("predict", "quiz", "predict", "quiz")
    boxes = [quiz.Question("", nodes.title("", "Question"), classes=[kind, "asks"]) for kind in kinds]
    alone = quiz.Question("", nodes.title("", "Question"), classes=["quiz", "asks"])  # an exercise's
    quiz.number_questions(None, nodes.section("", nodes.container("", alone), *boxes))
    titles = [box[0].astext() for box in (alone, *boxes)]
    assert titles == ["Question", "Question", "Question 1 of 2", "Question", "Question 2 of 2"]


def test_the_site_knows_the_questions_of_each_page(book):
    site, page, warnings = book
    assert warnings == ""
    names = [box["id"] for box in page.select(".asks")]
    text = (site / "_static" / quiz.INDEX_NAME).read_text().split("\n")[0]
    assert json.loads(text.partition(" = ")[2].rstrip(";\n")) == {"shapes.html": names}
    assert len(set(names)) == 2
    for script in quiz.SCRIPTS:
        assert (site / "_static" / script).is_file()
    for name in ("shapes.html", "plain.html"):  # the progress shows in every sidebar
        text = (site / name).read_text()
        assert 0 < text.index("results.js") < text.index("quiz.js")


def test_an_answer_belongs_to_the_text_of_its_question(tmp_path, book):
    _, page, _ = built(tmp_path, PAGE.replace("6x6", "7x7"))
    before, after = ([box["id"] for box in p.select(".asks")] for p in (book[1], page))
    assert before[0] != after[0]
    assert before[1] == after[1]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[x]", "[ ]", "has exactly one right option"),
        ("[ ]", "[x]", "has exactly one right option"),
        ("[ ] 6x6\n: That would need $p = 1$.\n  It has none.\n", "", "has two to 4 options, this one has 1"),
        ("[ ] 6x6", "[ ] ", "marks each option"),
        ("[ ] 6x6", "6x6", "marks each option"),
    ],
)
def test_a_question_that_lacks_something_is_a_warning(old, new, complaint, tmp_path):
    warnings = built(tmp_path, f"# Shapes\n\n{GOOD.replace(old, new)}")[2]
    assert f"shapes.md:3: WARNING: a question {complaint}" in warnings


def test_a_notebook_has_the_question_as_text_and_the_answer_folded(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(quiz, "visit_answer", lambda self, node: seen.append(node.parent))
    built(tmp_path, f"# Shapes\n\n{GOOD}")
    text = MarkdownRenderer(None).block(seen[0])
    assert text == (
        "> **Predict first**\n>\n> How large is the *output* of `f`?\n>\n> - **A** 6x6\n> - **B** 4x4\n\n"
        f"<details>\n{SUMMARY}Answer</summary>\n\n**B is right.**\n\n"
        "- **A** That would need $p = 1$. It has none.\n- **B** The window fits four times.\n\n</details>"
    )


def test_on_paper_the_answers_stand_at_the_end(book):
    page = BeautifulSoup(str(book[1]), "html.parser")
    first, second = paper.take_answers(page)
    assert not page.select("details.answer")
    titles = [words(title) for title in page.select(".asks > .admonition-title")]
    assert titles == ["Predict first 8.1", "Question 8.2"]
    assert words(first).startswith("8.1 B is right.")
    links = [link["href"] for link in page.select(".to-answer a")]
    assert links == [f"#{answer['id']}" for answer in (first, second)]
    assert {answer.name for answer in (first, second)} == {"div"}


def test_a_question_is_this_html(book):
    box = book[1].select_one(".asks.quiz")
    text = "Again?\n\n[x] yes\n: It is.\n\n[ ] no\n: It is."
    name = (
        f"q-{hashlib.sha256(text.encode()).hexdigest()[:10]}"  # answers that readers gave are kept under it
    )
    assert "".join(str(box).split("\n")) == (
        f'<div class="quiz asks admonition" id="{name}"><p class="admonition-title">Question</p><p>Again?</p>'
        '<ul class="options simple"><li class="right"><p><strong>A</strong> yes</p></li>'
        "<li><p><strong>B</strong> no</p></li></ul>"
        '<details class="answer"><summary>Answer</summary><p><strong>A is right.</strong></p>'
        '<ul class="reasons simple"><li class="right"><p><strong>A</strong> It is.</p></li>'
        "<li><p><strong>B</strong> It is.</p></li></ul></details></div>"
    )


def option(*inlines, reason="Because."):
    return nodes.definition_list_item(
        "", nodes.term("", "", *inlines), *[nodes.definition("", nodes.paragraph("", reason))] * bool(reason)
    )


@pytest.mark.parametrize(
    ("words", "right", "said"),
    [
        ("[x] a", True, "a"),
        ("[ ]  a", False, "a"),
        ("[x]", True, ""),
        ("[X] a", False, None),
        ("a [x]", False, None),
    ],
)
def test_an_option_begins_with_its_mark(words, right, said):
    is_right, inlines, reason = quiz.choice(option(nodes.Text(""), nodes.Text(words)))
    assert is_right is right
    assert [node.astext() for node in inlines] == ([said] if said else [])
    assert [node.astext() for node in reason] == ([] if said is None else ["Because."])


def test_an_option_may_begin_with_code_and_may_lack_its_reason():
    is_right, inlines, reason = quiz.choice(
        option(nodes.Text("[x] "), nodes.literal("", "f"), nodes.Text(" is"), reason="")
    )
    assert (is_right, reason) == (True, [])
    assert [type(node) for node in inlines] == [nodes.literal, nodes.Text]
    assert quiz.choice(option()) == (False, [], [])


def choices(marks, says=True):
    return [(mark == "x", [nodes.Text("a")], [nodes.paragraph("", "b")] if says else []) for mark in marks]


RIGHT = "has exactly one right option, marked by [x]"
EACH = "marks each option by [ ] or [x] and says why it is right or wrong"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (choices("x "), []),
        (choices("   x"), []),
        (choices("x    "), ["has two to 4 options, this one has 5"]),
        (choices("x"), ["has two to 4 options, this one has 1"]),
        ([], ["has two to 4 options, this one has 0", RIGHT]),
        (choices("  "), [RIGHT]),
        (choices("xx"), [RIGHT]),
        (choices("x ", says=False), [EACH]),
        ([*choices("x"), (False, [], [nodes.paragraph()])], [EACH]),
        (choices("xxxxx", says=False), ["has two to 4 options, this one has 5", RIGHT, EACH]),
    ],
)
def test_all_that_a_question_lacks_is_said_in_this_order(given, expected):
    assert quiz.faults(given) == expected


def test_up_to_four_options_have_letters_and_a_reason_may_begin_with_a_list():
    four = choices(" x x")
    four[0] = (
        False,
        [nodes.Text("a")],
        [nodes.bullet_list("", nodes.list_item("", nodes.paragraph("", "c")))],
    )
    four[2] = (False, [], [])
    assert [item.astext() for item in quiz.options_of(four)] == ["A a", "B a", "C ", "D a"]
    assert [item["classes"] for item in quiz.options_of(four)] == [[], ["right"], [], ["right"]]
    answer = quiz.answer_of(four)
    assert answer[0].astext() == "B D is right."
    assert [item.astext() for item in answer[1]] == ["c", "B b", "", "D b"]
    assert len(quiz.options_of(choices("x    "))) == len(quiz.answer_of(choices("x    "))[1]) == 4


@pytest.mark.parametrize(("error", "format"), [(ValueError(), "html"), (None, "notebooks")])
def test_a_failed_build_and_another_builder_write_no_scripts(tmp_path, error, format):
    quiz.write_scripts(SimpleNamespace(builder=SimpleNamespace(format=format), outdir=str(tmp_path)), error)
    assert list(tmp_path.iterdir()) == []


def test_the_questions_are_listed_by_the_addresses_of_their_pages_in_order(tmp_path):
    (tmp_path / "_static").mkdir()
    metadata = {
        "b": {"questions": ["q-2", "q-1"]},
        "a": {"questions": ["q-3"]},
        "c": {"questions": []},
        "d": {},
    }
    builder = SimpleNamespace(format="html", get_target_uri=lambda name: f"{name}.html")
    registry = {
        "ex-b": {"type": "exercise-start", "docname": "b"},
        "b-solution-1": {"type": "solution-start", "docname": "b"},
        "ex-a": {"type": "exercise", "docname": "b"},
    }
    env = SimpleNamespace(metadata=metadata, sphinx_exercise_registry=registry)
    app = SimpleNamespace(builder=builder, outdir=str(tmp_path), env=env)
    quiz.write_scripts(app, None)
    assert (tmp_path / "_static/questions.js").read_text() == (
        'window.courseQuestions = {"a.html":["q-3"],"b.html":["q-2","q-1"]};\n'
        'window.courseExercises = {"b.html":["ex-b","ex-a"]};\n'
    )
    for name in quiz.SCRIPTS:
        assert (tmp_path / "_static" / name).read_bytes() == (quiz.STATIC / name).read_bytes()


def test_the_scripts_wait_for_the_page(book):
    scripts = book[1].select("script[src*=quiz], script[src*=results], script[src*=questions]")
    assert [script["src"].partition("?")[0] for script in scripts] == [
        "_static/questions.js", "_static/results.js", "_static/quiz.js"
    ]  # fmt: skip
    assert all(script.has_attr("defer") for script in scripts)


def test_a_folded_answer_is_closed_again():
    page = SimpleNamespace(body=[])
    quiz.visit_answer(page, None)
    quiz.depart_answer(page, None)
    assert page.body == ['<details class="answer"><summary>Answer</summary>', "</details>"]
