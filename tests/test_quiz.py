"""A question has options, one of them right, and a reason for each: on a page, in a notebook, on paper."""

import json

import pytest
from bs4 import BeautifulSoup
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


def test_the_site_knows_the_questions_of_each_page(book):
    site, page, warnings = book
    assert warnings == ""
    names = [box["id"] for box in page.select(".asks")]
    text = (site / "_static" / quiz.INDEX_NAME).read_text()
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
