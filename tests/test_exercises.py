"""The exercises' checks: right answers pass, wrong ones are caught with words that help, nothing raises."""

import importlib
import inspect
import pkgutil
import sys

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
)

MODULES = [
    importlib.import_module(f"course_lib.exercises.{info.name}")
    for info in pkgutil.iter_modules(exercises.__path__)
    if info.name != "framework"
]


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
every_wrong_answer = pytest.mark.parametrize(
    ("exercise", "wrong"),
    [
        pytest.param(exercise, wrong, id=f"{name}-{number}-{wrong.why or wrong.message_contains}")
        for name, (_, exercise) in EXERCISES.items()
        for number, wrong in enumerate(exercise.wrong_answers)
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


@every_exercise
def test_the_reference_passes(module, exercise, monkeypatch):
    assert exercise(exercise.reference).status == "correct", exercise(exercise.reference)
    monkeypatch.setenv("COURSE_STRICT", "1")
    assert exercise(exercise.reference)


@every_wrong_answer
def test_a_wrong_answer_is_caught_with_words_that_help(exercise, wrong):
    answer = exercise(wrong.answer)
    assert answer.status == "not yet", answer
    assert wrong.message_contains.strip(), "say which words the message must contain"
    assert wrong.message_contains in answer.message


@every_wrong_answer
def test_a_wrong_answer_raises_where_checks_are_strict(exercise, wrong, monkeypatch):
    monkeypatch.setenv("COURSE_STRICT", "1")
    with pytest.raises(AssertionError) as error:
        exercise(wrong.answer)
    assert wrong.message_contains in str(error.value)


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

    yield from (dots, documented, passed, returned, None, ..., unfinished)


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
def test_there_are_hints_and_wrong_answers_enough(module, exercise):
    assert len(exercise.hints) >= 2
    assert len(set(exercise.hints)) == len(exercise.hints)
    assert len(exercise.wrong_answers) >= 3
    assert len(exercise.checks) >= 1


@every_exercise
def test_an_exercise_is_called_what_the_reader_types(module, exercise):
    assert getattr(module, exercise.name.rpartition(".")[2]) is exercise


@every_exercise
def test_the_solution_shown_is_the_source_of_the_object_that_was_tested(module, exercise):
    source = exercise.solution().source
    if inspect.isfunction(exercise.reference) or inspect.isclass(exercise.reference):
        home = sys.modules[exercise.reference.__module__]
        namespace = dict(vars(home))
        exec(compile(source, "solution", "exec"), namespace)
        answer = namespace[exercise.reference.__name__]
        assert answer is not exercise.reference
        assert source in inspect.getsource(home)
    else:
        answer = eval(source, {"np": np, "array": np.array, "torch": torch, "tensor": torch.tensor})
    assert exercise(answer).status == "correct"


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
    assert repr(right) == "double: correct. 1 checks passed."
    assert "check-not-yet" in wrong._repr_html_()
    assert "<b>" not in Answer("<b>", "correct", "<b>")._repr_html_()
    assert 'role="status"' in right._repr_html_()


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
        (5, "Your code raised TypeError"),
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


def test_a_scalar_is_compared_as_a_number():
    expect_close(0.30000001, 0.3, "sum")
    with pytest.raises(AssertionError, match=r"sum: expected 0\.3, got 0\.4\."):
        expect_close(torch.tensor(0.4), 0.3, "sum")


@pytest.mark.parametrize("stub", [stub for stub in stubs() if stub is not None])
def test_every_usual_stub_counts_as_not_attempted(exercise, stub):
    assert exercise(stub).status == "not attempted"


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
