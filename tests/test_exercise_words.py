"""What an exercise says, to the letter: in a console, and as the box of a notebook."""

import math

import numpy as np
import pytest

from course_lib.exercises.framework import (
    Exercise,
    NotAttempted,
    expect,
    expect_close,
    expect_integer,
)
from course_lib.exercises.framework.answers import Answer, Code, Hint
from course_lib.exercises.framework.guard import guarded


def double(values):
    """Return twice the values."""
    return 2 * values


def check_double(answer):
    expect_close(answer(np.array([1.0, 2.0])), [2, 4], "twice (1, 2)")


def exercise(**parts):
    return Exercise("double", (check_double,), double, ("Add.", "Add it to itself."), (), **parts)


def raises(values):
    return values / undefined  # noqa: F821


def leaves(values):
    raise SystemExit("bye")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (double, "correct. 1 check passed."),
        (None, "not attempted. Fill in the cell above, run it, then run this check."),
        (..., "not attempted. Fill in the cell above, run it, then run this check."),
        (lambda values: ..., "not attempted. Fill in the cell above, run it, then run this check."),
        (lambda values: values,
         "not yet. twice (1, 2): the largest error is at index (1,): expected 4, got 2."),
        (lambda values: 2 * values[:1], "not yet. twice (1, 2): expected shape (2,), got (1,)."),
        (lambda values: print(end=""), "not yet. twice (1, 2): expected numbers, got None. "
         "Does your function end with `return`?"),
        (lambda values: "four", "not yet. twice (1, 2): expected numbers, got str: 'four'."),
        (lambda values: 2 * values + math.nan * values[::-1],
         "not yet. twice (1, 2): the largest error is at index (0,): expected 2, got nan."),
        (4, "not yet. Expected a function, by its name without parentheses, got int: 4."),
        (raises, "not yet. Your code raised NameError: name 'undefined' is not defined "
         f"(line {raises.__code__.co_firstlineno + 1}: return values / undefined  # noqa: F821)"),
        (leaves, "not yet. Your code raised SystemExit: bye "
         f'(line {leaves.__code__.co_firstlineno + 1}: raise SystemExit("bye"))'),
        (lambda: 1, None),
    ],
)  # fmt: skip
def test_each_kind_of_answer_gets_its_sentence(answer, said):
    got = repr(exercise()(answer))
    if said is None:  # Python's own words follow
        assert got.startswith("double: not yet. Your code raised TypeError: ")
    else:
        assert got == f"double: {said}"


def test_other_ways_to_end_have_sentences_too():
    def nothing(answer):
        raise AssertionError

    def broken(answer):
        raise KeyError("x")

    assert repr(Exercise("a", (nothing,), double, (), ())(double)) == "a: not yet. A test failed."
    words = "a: not yet. Your answer could not be checked: KeyError: 'x'"
    assert repr(Exercise("a", (broken,), double, (), ())(double)) == words
    two = Exercise("a", (check_double, check_double), double, (), (), next_step="why?")
    assert repr(two(double)) == "a: correct. 2 checks passed.\nAnd now: why?"


def test_a_loop_that_does_not_end_is_told_after_how_long_it_was_stopped():
    def forever(values):
        while True:
            pass

    said = repr(exercise(seconds=0.05)(forever))
    assert said == "double: not yet. Stopped after 0.05 seconds: does a loop never end?"
    assert exercise().seconds == 60


def test_writing_into_an_argument_is_told_with_its_number():
    def change(a, b):
        b += 1

    with pytest.raises(AssertionError) as caught:
        guarded(change)(np.zeros(2), b=np.zeros(2))
    assert str(caught.value) == (
        "Your function changes its argument number 2 in place: whoever called it finds "
        "other values afterwards. Compute a new array instead."
    )
    guarded(change, may_change_arguments=True)(np.zeros(2), b=np.zeros(2))


def test_hints_are_counted_and_show_without_quotation_marks():
    task = exercise()
    said = [repr(task.hint()) for _ in range(3)]
    assert said == ["Hint 1 of 2: Add.", "Hint 2 of 2: Add it to itself.", "Hint 2 of 2: Add it to itself."]
    assert repr(Hint("Add.")) == "Add."


@pytest.mark.parametrize(
    ("status", "mark", "name"),
    [("correct", "&#10003;", "correct"), ("not yet", "&#10007;", "not-yet"),
     ("not attempted", "&#9675;", "not-attempted")],
)  # fmt: skip
def test_in_a_notebook_an_answer_is_a_box_that_is_read_out(status, mark, name):
    box = Answer("a<b", status, "1 < 2\n3", "Next: a & b" if status == "correct" else "")._repr_html_()
    following = "<div>Next: a &amp; b</div>" if status == "correct" else ""
    assert box == (
        f'<div class="check check-{name}" role="status" '
        'style="border-left:4px solid currentColor;padding:.4rem .8rem;margin:.5rem 0">'
        f'<strong><span aria-hidden="true">{mark}</span> a&lt;b: {status}</strong>'
        f'<div style="white-space:pre-wrap">1 &lt; 2\n3</div>{following}</div>'
    )


def test_a_solution_is_plain_in_a_console_and_highlighted_in_a_notebook():
    code = Code("\n    def f(x):\n        return x\n")
    assert repr(code) == "def f(x):\n    return x"
    assert code._repr_markdown_() == "```python\ndef f(x):\n    return x\n```"
    shown = 'def double(values):\n    """Return twice the values."""\n    return 2 * values'
    assert repr(exercise().solution()) == shown
    assert repr(exercise(source="2 * x").solution()) == "2 * x"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: expect(0, "no"), "no"),
        (lambda: expect_close(2, 1, "a"), "a: expected 1, got 2."),
        (lambda: expect_close([1], 1, "a"), "a: expected one number, got shape (1,)."),
        (lambda: expect_close([[1, 2], [3, 5]], [[1, 2], [3, 4]], "a"),
         "a: the largest error is at index (1, 1): expected 4, got 5."),
        (lambda: expect_close(1.23456789, 2, "a"), "a: expected 2, got 1.23457."),
        (lambda: expect_integer(None, 3, "a"),
         "a: expected 3, got None. Does your function end with `return`?"),
        (lambda: expect_integer(3.0, 3, "a"), "a: expected the integer 3, got 3.0."),
        (lambda: expect_integer(4, 3, "a"), "a: expected 3, got 4."),
    ],
)  # fmt: skip
def test_a_comparison_says_what_was_asked_what_came_and_where(call, said):
    with pytest.raises(AssertionError) as caught:
        call()
    assert str(caught.value) == said


@pytest.mark.parametrize("got", [1 + 0.9e-5 + 0.9e-6, 1 - 0.9e-5 - 0.9e-6])
def test_a_number_may_differ_by_a_hundred_thousandth_of_itself_and_a_millionth(got):
    expect_close(got, 1, "a")
    with pytest.raises(AssertionError):
        expect_close(1 + 1.2 * (got - 1), 1, "a")
    with pytest.raises(NotAttempted):
        expect_close(..., 1, "a")
