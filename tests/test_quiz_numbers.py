"""A question for a number: numbers are right, each foreseen mistake has its reason, a field takes them."""

import re
from pathlib import Path

import numpy as np
import pytest
from browser import axe_violations, open_page
from bs4 import BeautifulSoup
from docutils import nodes
from sphinx_project import build
from test_quiz import EXTENSIONS, words

from course_lib.exercises import (
    convolution,
    data_and_baselines,
    first_cnn,
    linear_models,
    multilayer_perceptrons,
    pooling_and_shifts,
    shapes_and_cost,
)
from course_lib.geometry import Window, conv2d_parameters, output_size, receptive_field
from sphinx_ext import paper, quiz, quiz_numbers
from sphinx_ext.markdown_text import SUMMARY
from sphinx_ext.notebook_markdown import MarkdownRenderer

CHAPTERS = Path(__file__).parents[1] / "chapters"
COLUMNS = np.sum(convolution.bright_on_the_left.reference, axis=0)
STACK = [Window(5), Window(2, stride=2), Window(5)]
TRAIN, TEST = [7, 2, 7, 1, 7, 2], [2, 7, 2, 2, 1, 7, 2, 2]
MAJORITY = data_and_baselines.majority_baseline.reference
WALK = linear_models.walk.reference
TOWER = [(np.array([[weight]]), np.array([bias])) for weight, bias in ((3.0, 1.0), (2.0, 5.0))]
COLLAPSE = multilayer_perceptrons.collapse.reference
COMPARE = first_cnn.compare_errors.reference
# Words of each question of the chapters that asks for numbers, and what they are by the library
ASKED = {
    "Which seven sizes": shapes_and_cost.size_table.reference,
    "Which eight numbers": np.ravel(pooling_and_shifts.pool_by_hand.reference),
    "the left and the middle column": COLUMNS[:2],
    "numbers are added up for one number": [conv2d_parameters(3, 1, 3, bias=False)],
    "the receptive field of its last units": [receptive_field(STACK).size],
    "How many answers does it give per axis": [output_size(60, Window(28, stride=4))],
    "Which number does the baseline get": [MAJORITY(TRAIN, TEST)],
    "Where do you stand": [WALK(0.0, 0.1, 2)],
    "weight and which bias does the single layer": [value.item() for value in COLLAPSE(TOWER)],
    "Which two numbers are they for this step": COMPARE(0.99, 0.995),
}
# The same by the rules that the reasons of the wrong numbers name, in their order
MISTAKEN = {
    "Which number does the baseline get": [[MAJORITY(TEST, TEST)], [MAJORITY(TRAIN, TRAIN)], [1 / 3]],
    "Where do you stand": [
        [2 * WALK(0.0, 0.1, 1)],  # the slope of the start, twice
        [WALK(0.0, -0.1, 2)],  # uphill
        [WALK(0.0, 0.05, 2)],  # half of the slope
        [WALK(0.0, 0.1, 1)],
    ],
    "weight and which bias does the single layer": [
        [6, sum(bias.item() for _, bias in TOWER)],
        [sum(weight.item() for weight, _ in TOWER), 6],
        [value.item() for value in COLLAPSE(TOWER[::-1])],
    ],
    "Which two numbers are they for this step": [
        np.divide(COMPARE(0.99, 0.995), (100, 1)),
        np.power(COMPARE(0.99, 0.995), (1, -1)),
        [0.5, 0.995 / 0.99],
    ],
}
QUESTION = """```{question}
:number:
:unit: pixels
:tolerance: 0.01

How much?

[x] 1/9
: One of nine.

[ ] -1
: That is less.

[ ] 9
: The other way round.
```
"""
SEVERAL = "```{predict}\n:number:\n\nWhich?\n\n[x] 1, 2.5, -3\n: So.\n\n[ ] 1, 2, -3\n: Halves count.\n```\n"


def questions():
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(CHAPTERS.glob("*.md")))
    return re.findall(r"^```\{(?:question|predict)\}\n:number:\n(.*?)^```$", text, re.M | re.S)


def test_every_number_that_the_chapters_ask_for_is_what_the_library_computes():
    assert len(questions()) == len(ASKED)
    for asked, expected in ASKED.items():
        (question,) = [text for text in questions() if asked in text]
        right = re.findall(r"^\[x\] (.*)$", question, re.M)[0]
        got = [float(n) for n in quiz_numbers.numbers_in(right)]
        np.testing.assert_allclose(got, np.asarray(expected, float), rtol=1e-12)


def test_the_wrong_numbers_of_the_first_warm_ups_are_what_their_reasons_say():
    for asked, expected in MISTAKEN.items():
        (question,) = [text for text in questions() if asked in text]
        wrong = re.findall(r"^\[ \] (.*)$", question, re.M)
        got = [[float(n) for n in quiz_numbers.numbers_in(term)] for term in wrong]
        np.testing.assert_allclose(got, np.asarray(expected, float), atol=0.001)


def test_the_mistakes_that_the_warm_ups_foresee_are_answers_that_their_checks_refuse():
    for start, check, shaped in (
        (
            "Which seven",
            shapes_and_cost.size_table,
            lambda n: [int(x) if x % 1 == 0 else float(x) for x in n],
        ),
        ("Which eight", pooling_and_shifts.pool_by_hand, lambda n: np.reshape(n, (2, 2, 2)).astype(float)),
    ):
        (question,) = [text for text in questions() if start in text]
        for mark, term in re.findall(r"^\[([x ])\] (.*)$", question, re.M):
            assert bool(check(shaped(quiz_numbers.numbers_in(term)))) is (mark == "x"), term


def test_the_columns_that_the_kernel_may_not_have_give_the_responses_that_are_said():
    (question,) = [text for text in questions() if "the middle column" in text]
    for term, reason in re.findall(r"^\[.\] (.*)\n: (.*)$", question, re.M):
        left, middle = map(float, quiz_numbers.numbers_in(term))
        for response in (2 * left, 2 * (left + middle)):
            if response != 8:
                assert f"{response:g}".replace("-", "\u2212") in reason


def choices(*terms, right=0):
    return [
        (place == right, [nodes.Text(term)], [nodes.paragraph("", "so")]) for place, term in enumerate(terms)
    ]


NO_NUMBER = "for a number has a term that is none"


@pytest.mark.parametrize(
    ("given", "tolerance", "complaint"),
    [
        (choices("1"), 0, "for a number has two to 6 terms, this one has 1"),
        (choices("1", "2", right=2), 0, "has exactly one right number, marked by [x]"),
        (
            choices("1", "many"),
            0,
            f"{NO_NUMBER}: expected numbers such as 2, -0.5 or 1/9, separated by commas, got 'many'",
        ),
        (choices("1", "1/0"), 0, f"{NO_NUMBER}: Fraction(1, 0)"),
        (choices("1, 2", "3"), 0, "for several numbers has as many in each term"),
        (choices("0.5", "1/2"), 0, "has two terms that are the same number within its tolerance"),
        (choices("1", "1.1"), 0.06, "has two terms that are the same number within its tolerance"),
        (
            [(True, [nodes.Text("1")], []), *choices("2", right=1)],
            0,
            "says of each number why it is right or wrong",
        ),
    ],
)
def test_a_question_for_a_number_that_lacks_something_is_told(given, tolerance, complaint):
    (said,) = quiz_numbers.number_faults(given, {"tolerance": tolerance})
    assert said == complaint


def test_numbers_one_of_which_differs_enough_are_no_fault():
    assert quiz_numbers.number_faults(choices("1, 2", "1, 3"), {}) == []


def test_a_field_without_options_has_no_unit_and_takes_the_exact_number_alone():
    field = quiz_numbers.field_of({"number": None})
    assert (field["unit"], field["tolerance"]) == ("", "0")
    assert quiz_numbers.number_faults(choices("1", "1.5"), {}) == []


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    files = {"index.md": f"# 8 Shapes\n\n{QUESTION}\n{SEVERAL}"}
    extensions = {"nb_execution_mode": "off", "myst_enable_extensions": ["deflist", "dollarmath"]}
    folder, warnings = build(tmp_path_factory.mktemp("numbers"), files, EXTENSIONS, **extensions)
    assert warnings == ""
    return folder


def parsed(site):
    return BeautifulSoup((site / "index.html").read_text(), "html.parser")


def test_without_a_script_there_is_no_field_and_the_answer_is_folded(site):
    one, several = parsed(site).select(".asks")
    assert not one.select("input, .options")
    assert words(one.select_one("details.answer:not([open]) > p")) == "1/9 is right."
    assert words(several.select_one("details.answer > p")) == "1, 2.5, \u22123 are right."
    reasons = [words(item) for item in one.select(".reasons > li")]
    assert reasons == ["1/9 One of nine.", "\u22121 That is less.", "9 The other way round."]


def test_a_notebook_and_paper_have_the_reasons_and_no_field(site, monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(quiz, "visit_answer", lambda self, node: seen.append(node.parent))
    build(tmp_path, {"index.md": f"# 8 Shapes\n\n{QUESTION}"}, EXTENSIONS, nb_execution_mode="off",
          myst_enable_extensions=["deflist"])  # fmt: skip
    assert MarkdownRenderer(None).block(seen[0]) == (
        f"> **Question**\n>\n> How much?\n\n<details>\n{SUMMARY}Answer</summary>\n\n**1/9 is right.**\n\n"
        "- **1/9** One of nine.\n- **\u22121** That is less.\n- **9** The other way round.\n\n</details>"
    )
    assert [words(answer)[:10] for answer in paper.take_answers(parsed(site))] == ["8.1 1/9 is", "8.2 1, 2.5"]


@pytest.fixture
def field(site, browser):
    """The first question, in a browser with an empty storage."""
    opened = open_page(browser, site / "index.html")
    yield opened.page
    opened.page.context.close()
    assert opened.problems == []


def answer(page, text, place=0):
    """Type into the field of a question; return what is said then."""
    box = page.locator(".asks").nth(place)
    box.get_by_label(re.compile("^Your .*number")).fill(text)
    page.keyboard.press("Enter")
    return box.locator("[role=status]").inner_text()


@pytest.mark.book
@pytest.mark.parametrize("text", ["1/9", " 1 / 9 ", "0.111", "0,11", "+.1111", "1.1e-1"])
def test_a_number_counts_however_it_is_written(text, field):
    assert answer(field, text) == "1/9 is right. One of nine."
    assert field.locator("[role=status]").first.get_attribute("role") == "status"


@pytest.mark.book
def test_each_mistake_gets_its_reason_and_another_number_hears_on_which_side_it_lies(field):
    assert answer(field, "\u22121") == "Not \u22121. That is less."
    assert answer(field, "9,0") == "Not 9. The other way round."
    assert answer(field, "0.15") == "Not 0.15. It is too large."
    assert answer(field, "-3") == "Not -3. It is too small."
    field.get_by_role("button", name="Show the answer").first.click()
    assert field.locator("[role=status]").first.inner_text() == "1/9 is right. One of nine."
    assert not field.get_by_role("button", name="Show the answer").first.is_visible()


@pytest.mark.book
@pytest.mark.parametrize("text", ["", "many", "1/2/3", "1 2"])
def test_what_is_no_number_is_said_and_not_kept(text, field):
    said = answer(field, text)
    if not text:
        assert said == "Type your number first."
        return
    if text == "1 2":  # of one number, a space is within it
        assert said == "Not 1 2. It is too large."
        return
    assert said == "Write a number like 2, \u22120.5 or 1/9."
    assert field.locator("input").first.get_attribute("aria-invalid") == "true"
    assert field.evaluate("localStorage.getItem('course-answers')") is None


@pytest.mark.book
def test_several_numbers_are_judged_one_by_one(field):
    assert answer(field, "1, 5/2; -3", 1) == "1, 2.5, \u22123 are right. So."
    assert answer(field, "1 2 -3", 1) == "Not 1, 2, \u22123. Halves count."
    assert (
        answer(field, "1, 2.5, 3", 1)
        == "Not 1, 2.5, 3. The first and second numbers are right, the rest is not."
    )
    assert answer(field, "2, 2.5, 3", 1) == "Not 2, 2.5, 3. Only the second number is right."
    assert answer(field, "2, 3, 4", 1) == "Not 2, 3, 4. None of the numbers is right."
    assert (
        answer(field, "[1, 2.5, -3]", 1)
        == answer(field, " (1, 2.5, -3) ", 1)
        == "1, 2.5, \u22123 are right. So."
    )
    assert answer(field, " ", 1) == "Type your numbers first."
    assert answer(field, "1, 2.5", 1) == "3 numbers are asked for, these are 2."


@pytest.mark.book
def test_what_was_typed_is_remembered_and_an_old_answer_of_another_kind_is_not_an_error(field):
    answer(field, "9")
    field.reload()
    assert field.locator("input").first.input_value() == "9"
    assert field.locator("[role=status]").first.inner_text() == "Not 9. The other way round."
    field.evaluate(
        "localStorage.setItem('course-answers', localStorage['course-answers'].replace('\"9\"', 2))"
    )
    field.reload()
    assert field.locator("input").first.input_value() == ""


@pytest.mark.book
def test_the_field_is_named_and_reached_by_keys(field):
    answer(field, "7")
    assert field.locator("input").first.evaluate("e => e.labels[0].textContent") == "Your number"
    field.locator("input").first.focus()
    field.keyboard.press("Tab")
    assert field.evaluate("document.activeElement.textContent") == "Check"
    assert [found for found in axe_violations(field) if "form" in str(found) or "input" in str(found)] == []
