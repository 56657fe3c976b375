"""An exercise with gaps: the page holds what the exercise's own check says to every way of filling them."""

import json
import re
from html import escape
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from sphinx_project import build

from course_lib.exercises import convolution, linear_models
from sphinx_ext import gaps

CODE = """\
def walk(w, learning_rate, num_steps):
    for _ in range(num_steps):
        w = w {{+|-}} learning_rate * {{(w - 3)|2 * (w - 3)}}
    return w"""
PAGE = """# Lines

```{exercise-start} A walk in a bowl
:label: ex-walk
```
Write it.
```{code-cell}
check.walk(walk)
```
```{gaps}
CODE
```
```{exercise-end}
```
"""
FRONT = "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\n---\n"
EXTENSIONS = ["myst_nb", "sphinx_exercise", "sphinx_ext.exercise_steps", "sphinx_ext.gaps"]


def built(folder, code=CODE, text=PAGE):
    """Build a chapter whose exercise has this code; return its parsed HTML and the warnings."""
    files = {
        "index.md": "# Book\n\n```{toctree}\nchapters/linear_models\nchapters/run_it_yourself\n```\n",
        "chapters/linear_models.md": FRONT + text.replace("CODE", code),
        "chapters/run_it_yourself.md": "# Run it\n",
    }
    site, warnings = build(folder, files, EXTENSIONS, nb_execution_mode="off")
    page = (site / "chapters/linear_models.html").read_text()
    return BeautifulSoup(page, "html.parser"), warnings


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gaps")
    page, warnings = built(folder)
    assert "the gaps" not in warnings
    assert (folder / "_build/html/_static/gaps.js").read_bytes() == gaps.SCRIPT.read_bytes()
    return page


def test_each_gap_is_a_list_in_the_code_that_begins_with_no_choice(page):
    lists = page.select(".exercise details.gaps pre select")
    assert [[option.get_text() for option in one.select("option")] for one in lists] == [
        ["\u2026", "+", "-"],
        ["\u2026", "(w - 3)", "2 * (w - 3)"],
    ]
    assert [one["aria-label"] for one in lists] == ["Gap 1", "Gap 2"]
    assert all(one.option["value"] == "" for one in lists)


def test_the_code_around_the_gaps_is_that_of_the_chapter_and_coloured(page):
    block = page.select_one(".gaps pre")
    for one in block.select("select"):
        one.replace_with("GAP")
    assert block.get_text() == gaps.filled(CODE, ["GAP", "GAP"]) + "\n"
    assert block.select_one("span.k").get_text() == "def"


def test_without_a_script_the_gaps_are_not_there_and_with_one_they_are_folded(page):
    fold = page.select_one("details.gaps")
    assert fold.has_attr("hidden")
    assert not fold.has_attr("open")
    assert fold.summary.get_text() == "Solve it here: fill the gaps: A walk in a bowl"
    assert fold.summary.select_one(".visually-hidden").get_text() == ": A walk in a bowl"
    assert fold.select_one(".gaps-said")["role"] == "status"
    assert page.select_one("script[src*='gaps.js']").has_attr("defer")


def test_the_gaps_stand_behind_the_hints(page):
    fold = page.select_one("details.gaps")
    assert page.select("details.hints")[-1] in fold.find_previous_siblings()


def test_the_page_holds_what_the_check_says_to_each_choice(page):
    data = json.loads(page.select_one("details.gaps")["data-verdicts"])
    told = [tuple(data["said"][number]) for number in data["table"]]

    def walks(sign, slope):
        def walk(w, learning_rate, num_steps):
            for _ in range(num_steps):
                w = w + sign * learning_rate * slope * (w - 3)
            return w

        return walk

    answers = [linear_models.walk(walks(sign, slope)) for sign in (1, -1) for slope in (1, 2)]
    steps = [one.next_step.replace(", check.log_softmax.", ".") for one in answers]
    assert told == [(one.status, one.message, step) for one, step in zip(answers, steps, strict=True)]
    assert told[3][2] == "Next: A softmax that survives."  # no name that only a notebook knows
    assert [status for status, _, _ in told] == ["not yet", "not yet", "not yet", "correct"]
    assert "uphill" in told[1][1]


def test_a_gap_may_be_left_empty_and_that_has_a_name():
    assert "<option>(nothing)</option>" in gaps.select_html(0, ["", ".relu()"])


def test_pieces_are_text_also_where_they_look_like_markup_or_like_a_pattern():
    html = gaps.code_html(r"print({{1 < 2|'\n'}}, x)")
    assert "<option>1 &lt; 2</option>" in html
    assert r"<option>&#x27;\n&#x27;</option>" in html


def test_code_sees_the_names_that_the_solution_sees():
    answer = gaps.verdict(convolution.one_image, "my_image = np.zeros((5, 5))\nmy_image[2, 2] = 1")
    assert answer.status == "correct"


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("def walk(w, learning_rate, num_steps):\n    return w", "leave two pieces or more each"),
        (CODE.replace("{{+|-}}", "{{-}}"), "leave two pieces or more each"),
        (CODE.replace("{{+|-}}", "{{" + "|".join("-" * 33) + "}}"), "at most 64 ways"),
        (
            CODE.replace("{{+|-}}", "{{+|*}}"),
            "can be filled rightly and wrongly, and no otherwise: ['not yet']",
        ),
        (CODE.replace("{{+|-}}", "-").replace("(w - 3)|", "(2 * w - 6)|"), "and no otherwise: ['correct']"),
        (CODE.replace("return w", "{{return w|...}}").replace("{{+|-}}", "-"), ""),
    ],
)
def test_what_is_wrong_with_gaps_is_said(code, fault):
    said = gaps.verdicts(linear_models.walk, code)
    complaints = gaps.faults(linear_models.walk, code, said)
    assert [fault in complaint for complaint in complaints] == ([True] if fault else [])


def test_a_check_that_falls_over_a_choice_is_a_fault():
    said = [linear_models.walk(lambda w, learning_rate, num_steps: w)] * 2
    broken = type(said[0])("walk", "not yet", "Your answer could not be checked: KeyError: 1")
    right = type(said[0])("walk", "correct", "1 check passed.")
    (complaint,) = gaps.faults(linear_models.walk, "{{1|2}}", [right, broken])
    assert complaint == f"can be filled so that the check fails: {broken.message}"


def test_gaps_without_a_check_are_a_warning(tmp_path):
    text = PAGE.replace("check.walk(walk)", "walk(0, 1, 1)")
    said = r"linear_models\.md:\d+: WARNING: the gaps of an exercise stand in no exercise that has a check"
    assert re.search(said, built(tmp_path, text=text)[1])


def test_as_many_as_64_ways_to_fill_the_gaps_are_judged_and_one_more_is_a_fault():
    def asked(number):
        code = CODE.replace("{{+|-}}", "{{" + "|".join("+-" * number)[: 2 * number - 1] + "}}")
        said = gaps.verdicts(linear_models.walk, code)
        return len(said), gaps.faults(linear_models.walk, code, said)

    assert asked(32) == (64, [])
    assert asked(33)[0] == 0


def test_faults_are_told_word_for_word():
    assert gaps.faults(None, CODE, []) == ["stand in no exercise that has a check"]
    assert gaps.faults(linear_models.walk, "x {{-}}", [None]) == [
        "leave two pieces or more each, and at most 64 ways to fill them: [['-']]"
    ]


def test_the_gaps_in_the_page_to_the_letter():
    answer = SimpleNamespace(status="correct", message="1 < 2", next_step="Go on.")
    reader = SimpleNamespace(body=[])
    gaps.visit_gaps(reader, {"title": "A & B", "code": "{{1|2}}", "verdicts": [answer, answer]})
    data = '{"said": [["correct", "1 < 2", "Go on."]], "table": [0, 0]}'
    assert reader.body == [
        f'<details class="gaps" hidden data-verdicts="{escape(data)}">'
        '<summary>Solve it here: fill the gaps<span class="visually-hidden">: A &amp; B</span></summary>'
        f"{gaps.code_html('{{1|2}}')}"
        '<p class="gaps-check"><button type="button">Check</button>'
        '<span class="gaps-said" role="status"></span></p></details>'
    ]
    assert gaps.code_html("{{1|2}}") == (
        '<pre class="highlight notranslate"><span class="line in-0">'
        '<select aria-label="Gap 1"><option value="">\u2026</option>'
        "<option>1</option><option>2</option></select>\n</span></pre>"
    )


def test_a_line_knows_how_far_it_is_indented():
    lines = BeautifulSoup(gaps.code_html(CODE), "html.parser").select(".line")
    assert [line["class"][1] for line in lines] == ["in-0", "in-4", "in-8", "in-4"]
    assert [line.get_text().rstrip("\n") for line in lines][3] == "    return w"


@pytest.mark.parametrize(("kind", "error"), [("latex", None), ("html", OSError())])
def test_only_a_page_has_verdicts_and_only_a_whole_site_the_script(tmp_path, kind, error):
    (tmp_path / "_static").mkdir()
    app = SimpleNamespace(builder=SimpleNamespace(format=kind), outdir=str(tmp_path))
    gaps.write_script(app, error)
    assert list((tmp_path / "_static").iterdir()) == []
    if kind != "html":
        gaps.judge_gaps(app, None, "page")  # which looks for nothing


FIRST_CHAPTERS = [
    "data_and_baselines", "linear_models", "multilayer_perceptrons", "first_cnn", "convolution",
    "shapes_and_cost", "pooling_and_shifts", "receptive_fields", "numpy_cnn",
]  # fmt: skip
EXERCISES = re.compile(r"^```\{exercise-start\} (.+?)\n(.+?)^```\{exercise-end\}", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("chapter", FIRST_CHAPTERS)
def test_every_exercise_of_the_first_chapters_can_be_answered_on_its_page(chapter):
    text = (gaps.SCRIPT.parents[2] / "chapters" / f"{chapter}.md").read_text(encoding="utf-8")
    found = EXERCISES.findall(text)
    assert len(found) >= 4
    assert [
        title for title, body in found if not re.search(r"^```\{(gaps|question)\}", body, re.MULTILINE)
    ] == []
