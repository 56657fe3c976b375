"""The exercises' checks: right answers pass, wrong ones are caught with words that help, nothing raises."""

import ast
import importlib
import inspect
import pkgutil
import re
import signal
import sys
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from course_lib import exercises
from course_lib.exercises.framework import (
    Answer,
    Code,
    Exercise,
    Hint,
    NotAttempted,
    WrongAnswer,
    as_array,
    expect,
    expect_close,
    expect_integer,
    value_exercise,
)
from course_lib.exercises.framework import exercise as make_exercise
from course_lib.exercises.framework.exercise import DIFFICULTIES

CHAPTERS = Path(__file__).parent.parent / "chapters"
MODULES = [
    importlib.import_module(f"course_lib.exercises.{info.name}")
    for info in pkgutil.iter_modules(exercises.__path__)
    if info.ispkg and info.name != "framework"
]
every_chapter = pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__.rpartition(".")[2])


def find_exercises():
    """Yield (id, module, exercise), each exercise once even where one module offers another's."""
    seen = set()
    for module in MODULES:
        for name, exercise in vars(module).items():
            if isinstance(exercise, Exercise) and id(exercise) not in seen:
                seen.add(id(exercise))
                yield f"{module.__name__.rpartition('.')[2]}.{name}", (module, exercise)


EXERCISES = dict(find_exercises())
every_exercise = pytest.mark.parametrize(("module", "exercise"), EXERCISES.values(), ids=EXERCISES)

# Their checks compute for a second or more, several networks mostly: all answers to them are no quick tests.
LONG = {
    "architectures.attention_cost", "architectures.within_budget", "beyond_classification.tiny_segmenter",
    "claims_measured.entry", "laboratory.five_classes", "laboratory.missing_control",
    "what_did_it_learn.plant",
}  # fmt: skip
every_exercise_at_length = pytest.mark.parametrize(
    ("module", "exercise"),
    [
        pytest.param(*found, id=name, marks=[pytest.mark.pipeline] if name in LONG else [])
        for name, found in EXERCISES.items()
    ],
)


@pytest.fixture(autouse=True)
def lenient(monkeypatch):
    """As in a page: checks answer and never raise."""
    monkeypatch.delenv("COURSE_STRICT", raising=False)


# --- every exercise of the book


def test_there_are_exercises_and_every_module_has_some():
    assert MODULES
    for module in MODULES:
        assert any(isinstance(value, Exercise) for value in vars(module).values()), module.__name__


@every_chapter
def test_a_chapter_leads_on_from_each_of_its_exercises(module):
    answers = [one._leads_on() for one in module.EXERCISES]
    assert all(answers)
    questions = [text for text in answers if text.startswith("And now: ")]
    assert answers[-1] in questions  # nothing comes after the last one
    assert all("?" in text and "!" not in text and len(text) < 200 for text in questions)
    assert questions == list(dict.fromkeys(questions))


@every_chapter
def test_an_exercise_is_called_what_its_page_calls_it(module):
    text = (CHAPTERS / f"{module.__name__.rpartition('.')[2]}.md").read_text(encoding="utf-8")
    parts = re.findall(r"^```\{exercise-start\} (.+?)\n(.*?)\{exercise-end\}", text, re.M | re.S)
    titles = [(re.findall(r"^check\.(\w+)\((?!\))", body, re.M)[-1], title) for title, body in parts]
    assert titles == [(one.name, one.title) for one in module.EXERCISES]


@every_exercise_at_length
def test_every_wrong_answer_is_caught_with_words_that_help(module, exercise):
    for wrong in exercise.wrong_answers:
        answer = exercise(wrong.answer)
        assert answer.status == "not yet", (wrong, answer)
        assert wrong.message_contains.strip(), "say which words the message must contain"
        assert wrong.message_contains in answer.message, (wrong, answer)


def stubs():
    def dots(*args): ...

    def documented(*args):
        """Return the answer."""

    def passed(*args):
        pass

    def unfinished(*args):
        raise NotImplementedError

    def returned(*args):
        """Return the answer."""
        return ...

    def begun(*args):
        answer = ...
        return answer

    yield from (dots, documented, passed, returned, begun, None, ..., unfinished)


@every_exercise
def test_stubs_are_not_attempted_yet(module, exercise):
    for stub in stubs():
        if inspect.isfunction(stub) and not callable(exercise.reference):
            continue  # an exercise about a value is left open with None or ...
        if inspect.isclass(exercise.reference) and inspect.isfunction(stub):
            continue
        answer = exercise(stub)
        assert answer.status == "not attempted", (stub, answer)
        assert "Fill in" in answer.message


@every_exercise
def test_answers_of_another_kind_never_raise_and_never_pass(module, exercise):
    def explode(*args, **kwargs):
        raise KeyError("mine")

    for answer in (
        object(),
        "forty-two",
        [],
        {},
        np.full(3, np.nan),
        torch.zeros(0),
        10**400,
        explode,
        int,
        lambda: 0,
    ):
        assert exercise(answer).status == "not yet", answer


@every_exercise
def test_results_of_another_shape_are_told_in_the_checks_own_words(module, exercise):
    if not inspect.isfunction(exercise.reference):
        return
    for result in (np.zeros((7, 1, 1, 1, 1)), np.zeros((7, 3)), "four"):
        answer = exercise(lambda *args, result=result, **kwargs: result)
        assert answer.status == "not yet", result
        assert "could not be checked" not in answer.message, answer


def test_there_are_hints_and_wrong_answers_enough():
    for name, (_, exercise) in EXERCISES.items():
        assert len(exercise.hints) >= 2, name
        assert len(set(exercise.hints)) == len(exercise.hints), name
        assert len(exercise.wrong_answers) >= 3, name
        assert len(exercise.checks) >= 1, name
        for check in exercise.checks:
            assert check.__doc__, f"{name}: {check.__name__} does not say what it checks"


def test_an_exercise_is_called_what_the_reader_types():
    for name, (module, exercise) in EXERCISES.items():
        assert getattr(module, exercise.name.rpartition(".")[2]) is exercise, name


# --- each exercise as the page has it


@dataclass(frozen=True)
class PageExercise:
    """An exercise as it stands in a chapter: title, text, the reader's cell, the call of the check."""

    title: str
    text: str
    stub: str
    name: str
    argument: str


CELL = re.compile(r"```\{code-cell\}[^\n]*\n(.*?)```", re.S)
GATE = re.compile(r"```\{exercise-start\} *([^\n]*)\n.*?```\n(.*?)```\{exercise-end\}", re.S)


def cells(text):
    """Yield the code of every cell, without its options."""
    for match in CELL.finditer(text):
        yield re.sub(r"\A(---\n.*?---\n|(:[^\n]*\n)+)", "", match.group(1), flags=re.S)


@cache
def page_exercises(chapter):
    """Return the exercises of a chapter's page, in its order."""
    text = (CHAPTERS / f"{chapter}.md").read_text(encoding="utf-8")
    found = []
    for title, body in GATE.findall(text):
        *stubs, call = cells(body)
        name, argument = re.fullmatch(r"check\.(\w+)\((.*)\)", call.strip(), re.S).groups()
        found.append(PageExercise(title, body[: body.index("```")], "\n".join(stubs), name, argument))
    return found


@cache
def names_of_the_page(chapter):
    """Return what a chapter's imports and definitions give to its reader, without running its experiments."""
    text = (CHAPTERS / f"{chapter}.md").read_text(encoding="utf-8")
    namespace = {}
    for cell in cells(GATE.sub("", text)):
        kept = [
            node for node in ast.parse(re.sub(r"^[%!].*$", "pass", cell, flags=re.M)).body
            if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef))
        ]  # fmt: skip
        exec(compile(ast.Module(kept, []), chapter, "exec"), namespace)
    return namespace


def chapter_of(module):
    return module.__name__.rpartition(".")[2]


@every_chapter
def test_exercises_stand_in_the_order_of_the_page(module):
    names = [exercise.name for exercise in module.EXERCISES]
    assert names == [exercise.name for exercise in page_exercises(chapter_of(module))]
    for name in names:
        assert (Path(module.__file__).parent / f"{name}.py").exists()


@every_chapter
def test_a_chapter_has_a_warm_up_some_ideas_and_one_open_task_and_says_so(module):
    difficulties = [exercise.difficulty for exercise in module.EXERCISES]
    assert set(difficulties) <= set(DIFFICULTIES)
    assert difficulties.count("open") == 1
    assert difficulties.count("warm-up") >= 1
    assert difficulties.count("idea") >= 2
    for exercise, page in zip(module.EXERCISES, page_exercises(chapter_of(module)), strict=True):
        words = f"**{DIFFICULTIES[exercise.difficulty]}**"
        assert page.text.lstrip().startswith(words), f"{page.title}: the text must begin with {words}"


def solution_in_its_file(exercise):
    """Compile a solution as it is shown, at its place in its file: its lines count there as executed."""
    source, reference = exercise.solution().source, exercise.reference
    if not inspect.isfunction(reference) and not inspect.isclass(reference):
        return compile(source, "solution", "exec")
    lines, first = inspect.getsourcelines(reference)
    above = "".join(lines).partition(source)[0].count("\n")
    return compile("\n" * (first - 1 + above) + source, inspect.getsourcefile(reference), "exec")


@every_exercise_at_length
def test_the_solution_shown_is_correct_when_it_is_pasted_into_the_page(module, exercise, monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "1")  # says why, where it is not
    page = next(page for page in page_exercises(chapter_of(module)) if page.name == exercise.name)
    namespace = dict(names_of_the_page(chapter_of(module)))
    exec(compile(page.stub, "stub", "exec"), namespace)
    exec(solution_in_its_file(exercise), namespace)
    answer = eval(page.argument, namespace)
    assert answer is not exercise.reference or not callable(answer)
    assert exercise(answer).status == "correct"


def test_an_exercise_knows_the_expression_that_the_page_hands_to_its_check():
    for name, (module, exercise) in EXERCISES.items():
        page = next(page for page in page_exercises(chapter_of(module)) if page.name == exercise.name)
        assert exercise.answer == ast.unparse(ast.parse(page.argument, mode="eval")), name


def test_a_solution_shows_no_private_names_and_no_machinery():
    for exercise_name, (_, exercise) in EXERCISES.items():
        source = exercise.solution().source
        names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
        assert not {name for name in names if name.startswith("_") and name != "_"}, exercise_name
        assert "@exercise" not in source, exercise_name
        assert "@value_exercise" not in source, exercise_name


# --- the framework, on an exercise of our own


def double(values):
    """Return twice the values."""
    return 2 * np.asarray(values)


def check_double(answer):
    expect_close(answer(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])), [[2, 4, 6], [8, 10, 12]], "double")


@pytest.fixture
def exercise():
    return Exercise("double", (check_double,), double, ("Twice.", "Times two."), (WrongAnswer(1, "2"),))


def test_an_answer_says_what_it_thinks_as_text_and_as_html(exercise):
    right, wrong = exercise(double), exercise(lambda values: values * "<b>")
    assert bool(right)
    assert not wrong
    assert repr(right) == "double: correct. 1 check passed."
    assert "check-not-yet" in wrong._repr_html_()
    assert "<b>" not in Answer("<b>", "correct", "<b>")._repr_html_()
    assert 'role="status"' in right._repr_html_()


def test_a_correct_answer_is_followed_by_the_next_step_and_a_wrong_one_is_not(exercise):
    exercise.next_step = "What is twice <twice>?"
    right, wrong = exercise(double), exercise(lambda values: values)
    assert repr(right) == "double: correct. 1 check passed.\nAnd now: What is twice <twice>?"
    assert "<div>And now: What is twice &lt;twice&gt;?</div>" in right._repr_html_()
    assert right.message == "1 check passed."  # what a table of marks shows
    assert not wrong.next_step
    assert "And now" not in repr(wrong) + wrong._repr_html_()


def test_without_a_question_the_chapters_next_exercise_is_named(exercise, monkeypatch):
    other = Exercise("triple", (), double, (), (), title="Three of a kind")
    monkeypatch.setitem(sys.modules, "lonely.chapter", SimpleNamespace(EXERCISES=(exercise, other)))
    assert exercise(double).next_step == ""  # an exercise outside of any chapter
    exercise.chapter = other.chapter = "lonely.chapter"
    assert exercise(double).next_step == "Next: Three of a kind, check.triple."
    assert other(double).next_step == ""  # the last one


def test_the_message_names_the_index_and_both_values(exercise):
    def almost(values):
        result = 2 * values
        result[1, 2] = 11
        return result

    assert exercise(almost).message == "double: the largest error is at index (1, 2): expected 12, got 11."


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda values: values.sort(), "end with `return`"),
        (lambda values: (2 * values).T, "expected shape (2, 3), got (3, 2)"),
        (lambda values: values * np.nan, "got nan"),
        (lambda values: "twelve", "expected numbers, got str: 'twelve'"),
        (lambda values: 1 / 0, "Your code raised ZeroDivisionError: division by zero (line"),
        (lambda: 0, "Your code raised TypeError"),
        (5, "Expected a function, by its name without parentheses, got int: 5"),
    ],
)
def test_the_reader_hears_what_came_instead(exercise, answer, words):
    assert words in exercise(answer).message
    assert exercise(answer).status == "not yet"


@pytest.mark.parametrize(
    "convert", [torch.as_tensor, lambda v: torch.tensor(v, requires_grad=True), np.ndarray.tolist]
)
def test_tensors_arrays_and_lists_are_all_numbers(exercise, convert):
    assert exercise(lambda values: convert(2 * values))
    np.testing.assert_array_equal(as_array(convert(np.eye(2)), "it"), np.eye(2))


def test_nobody_changes_a_verdict_or_a_wrong_answer_afterwards(exercise):
    for record, name in ((exercise(double), "status"), (exercise.wrong_answers[0], "answer")):
        with pytest.raises(AttributeError):
            setattr(record, name, "correct")


def test_a_scalar_is_compared_as_a_number():
    expect_close(0.30000001, 0.3, "sum")
    with pytest.raises(AssertionError, match=r"sum: expected 0\.3, got 0\.4\."):
        expect_close(torch.tensor(0.4), 0.3, "sum")


@pytest.mark.parametrize(("expected", "close", "wrong"), [(1.0, 1 + 8e-6, 1 + 1.5e-5), (0.0, 8e-7, 1.5e-6)])
def test_five_digits_are_enough_and_beside_zero_six_decimals(expected, close, wrong):
    expect_close([close], [expected], "it")
    with pytest.raises(AssertionError, match=r"largest error is at index \(0,\)"):
        expect_close([wrong], [expected], "it")


def test_a_check_may_allow_more():
    expect_close([1.05], [1.0], "it", rtol=0.1)
    expect_close([0.05], [0.0], "it", atol=0.1)
    with pytest.raises(AssertionError, match=r"expected 1, got 1\.05"):
        expect_close([1.05], [1.0], "it", atol=0.01)


@pytest.mark.parametrize("stub", [stub for stub in stubs() if stub is not None])
def test_every_usual_stub_counts_as_not_attempted(exercise, stub):
    assert exercise(stub).status == "not attempted"


def test_a_pair_is_not_attempted_while_both_of_its_parts_are_open():
    check = EXERCISES["pooling_and_shifts.pool_by_hand"][1]
    assert check((..., ...)).status == "not attempted"
    assert "average-pooled map is still open" in check(([[7, 4], [6, 8]], ...)).message


def test_a_function_with_a_constant_answer_is_an_attempt(exercise):
    for answer in (lambda values: 5, lambda values: "linear", lambda values: True, lambda values: values):
        assert exercise(answer).status == "not yet"


def test_an_ellipsis_within_an_answer_is_not_attempted():
    with pytest.raises(NotAttempted):
        expect_close(..., 1.0, "it")


def test_strictness_raises_what_the_page_would_say(exercise, monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "1")
    for answer in (lambda values: 3 * values, lambda values: 1 / 0, None):
        with pytest.raises(AssertionError, match="double: not"):
            exercise(answer)
    assert exercise(double)


def test_hints_come_one_after_the_other_and_the_last_one_stays(exercise):
    assert [str(exercise.hint()) for _ in range(3)] == [
        "Hint 1 of 2: Twice.", "Hint 2 of 2: Times two.", "Hint 2 of 2: Times two.",
    ]  # fmt: skip
    assert repr(Hint("a sentence")) == "a sentence"


def test_the_words_for_an_exercise_are_the_same_after_a_hint(exercise):
    before = repr(exercise)
    exercise.hint()
    assert repr(exercise) == before


def test_a_solution_is_code_for_a_page_and_plain_text_elsewhere(exercise):
    solution = exercise.solution()
    assert repr(solution) == inspect.getsource(double).strip()
    assert solution._repr_markdown_() == f"```python\n{inspect.getsource(double).strip()}\n```"
    assert repr(Code("    x = 1\n")) == "x = 1"


def test_expect_raises_only_where_the_condition_fails():
    expect(True, "unseen")
    with pytest.raises(AssertionError, match="seen"):
        expect(False, "seen")


def test_the_framework_itself_does_not_swallow_an_interrupt(exercise):
    def stop(values):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        exercise(stop)
    assert "course_lib.exercises.framework" in sys.modules


# --- the reader's code at arm's length


def test_an_answer_that_writes_into_its_argument_is_told_and_spoils_nothing(exercise):
    def in_place(values):
        values *= 2
        return values

    assert "changes its argument number 1 in place" in exercise(in_place).message
    assert "in place" in Exercise("task", (check_double,), double, (), ())(in_place).message  # if nobody says
    assert exercise(double)
    exercise.may_change_arguments = True
    assert exercise(in_place)


def test_an_exercise_that_does_not_say_how_hard_it_is_needs_an_idea():
    assert Exercise("task", (check_double,), double, (), ()).difficulty == "idea"
    assert "idea" in DIFFICULTIES


@pytest.mark.parametrize(
    "values",
    [torch.ones(2, 3), (np.ones(2), [torch.zeros(3)]), np.array([1.0, np.nan])],
    ids=["tensor", "nested", "nan"],
)
def test_every_kind_of_array_is_copied_and_watched(values):
    def spoil(given):
        first = given[0] if isinstance(given, tuple) else given
        first[0] = 7
        return 0

    for function, words in ((spoil, "in place"), (lambda given: 0, "expected 1, got 0")):
        task = Exercise("task", (lambda answer: expect_close(answer(values), 1, "it"),), spoil, ("", ""), ())
        assert words in task(function).message
    assert 7 not in np.asarray(values[0] if isinstance(values, tuple) else values)


def test_an_answer_that_leaves_the_program_is_answered(exercise):
    assert "Your code raised SystemExit" in exercise(lambda values: sys.exit(3)).message


def test_a_loop_that_never_ends_is_answered(exercise):
    def endless(values):
        while True:
            values = values + 1

    exercise.seconds = 0.2
    start = time.perf_counter()
    assert "does a loop never end?" in exercise(endless).message
    assert time.perf_counter() - start < 5  # the limit and a wide margin for a busy machine
    assert exercise(double)  # and nothing is left running


def test_a_program_in_the_background_is_answered_too_and_ignores_interrupts_afterwards(exercise):
    def endless(values):
        while time.perf_counter() < start + 5:
            values = values + 1

    exercise.seconds, start = 0.2, time.perf_counter()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for what ends with "&"
    try:
        assert "does a loop never end?" in exercise(endless).message
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_another_thread_an_answer_is_checked_without_a_limit(exercise):
    said = []
    thread = threading.Thread(target=lambda: said.extend((exercise(double), exercise(lambda values: 0))))
    thread.start()
    thread.join()
    assert [bool(answer) for answer in said] == [True, False]


def test_a_failure_of_the_check_is_not_put_down_to_the_reader():
    def careless(answer):
        answer(1).no_such_attribute  # noqa: B018

    task = Exercise("task", (careless,), double, ("", ""), ())
    message = task(double).message
    assert "Your code raised" not in message
    assert "could not be checked: AttributeError" in message


def test_the_line_named_is_the_readers_own(exercise):
    def misuse(values):
        return np.reshape(values, (5, 5))

    message = exercise(misuse).message
    assert "Your code raised ValueError" in message
    assert "return np.reshape(values, (5, 5))" in message


def test_an_assertion_of_the_readers_own_is_an_error_of_the_readers_code(exercise):
    def careful(values):
        raise AssertionError("mine")

    assert exercise(careful).message.startswith("Your code raised AssertionError: mine (line")


# --- integers, values, and the decorators


@pytest.mark.parametrize("number", [3, np.int64(3), np.uint8(3), torch.tensor(3), np.array(3)])
def test_integers_of_every_kind_are_integers(number):
    expect_integer(number, 3, "it")


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (4, "expected 3, got 4"),
        (3.0, "the integer 3, got 3.0"),
        (None, "end with `return`"),
        ("3", "got '3'"),
    ],
)
def test_what_is_not_the_integer_is_said(got, words):
    with pytest.raises(AssertionError, match=re.escape(words)):
        expect_integer(got, 3, "it")


def test_an_ellipsis_for_an_integer_is_not_attempted():
    with pytest.raises(NotAttempted):
        expect_integer(..., 3, "it")


def test_nested_tensors_with_gradients_are_numbers():
    given = [torch.tensor([1.0], requires_grad=True), (torch.tensor([2.0]),)]
    np.testing.assert_array_equal(as_array([given[0], given[1][0]], "it"), [[1], [2]])
    with pytest.raises(AssertionError, match="expected numbers, got list"):
        as_array([[1], [2, 3]], "it")


def test_the_decorators_make_an_exercise_that_shows_the_readers_own_code():
    @make_exercise(name="other", checks=(check_double,), hints=("", ""), wrong_answers=(), difficulty="idea")
    def my_double(values):
        # twice
        return 2 * values

    assert isinstance(my_double, Exercise)
    assert my_double.name == "other"
    assert my_double.solution().source == "def my_double(values):\n    # twice\n    return 2 * values"
    assert my_double(my_double.reference)

    @value_exercise(checks=(), hints=("", ""), wrong_answers=(), difficulty="idea")
    def pair():
        """Not shown."""
        my_pair = [
            1,
            2,
        ]
        return my_pair

    assert pair.name == "pair"
    assert pair.reference == [1, 2]
    assert pair.solution().source == "my_pair = [\n    1,\n    2,\n]"
