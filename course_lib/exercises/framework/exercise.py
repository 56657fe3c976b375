"""The exercises answer back: a check, its hints, its solution and the wrong answers it must catch.

An exercise is a file. The solution stands in it as the reader would write it, under the
reader's own name; the decorator above it holds how the answer is checked:

>>> @exercise(
...     difficulty="warm-up",
...     checks=(lambda answer: expect_close(answer(3), 6, "twice 3"),),
...     hints=("How often does 3 go into twice 3?", "Adding is enough."),
...     wrong_answers=(WrongAnswer(lambda x: x * x, "expected 6, got 9", "squared"),),
... )
... def twice(x):
...     return x + x
>>> twice(lambda x: 2 * x)
twice: correct. 1 check passed.
>>> twice(lambda x: x * x)
twice: not yet. twice 3: expected 6, got 9.
"""

import ast
import inspect
import os
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from course_lib.exercises.framework.answers import Answer, Code, Hint
from course_lib.exercises.framework.comparisons import NotAttempted, expect_close  # noqa: F401 (the doctest)
from course_lib.exercises.framework.guard import (
    AnswerRaised,
    TookTooLong,
    describe,
    guarded,
    require_attempt,
    time_limit,
)
from course_lib.exercises.framework.mistakes import Lookalikes, Mistake

DIFFICULTIES = {"warm-up": "Warm-up.", "idea": "Needs an idea.", "open": "Open task."}


@dataclass(frozen=True)
class WrongAnswer:
    """A plausible wrong answer and the words that the check's message must contain."""

    answer: object
    message_contains: str
    why: str = ""


@dataclass
class Exercise:
    """One exercise of a chapter; built by `exercise` and `value_exercise`.

    Parameters
    ----------
    name : str
        What the reader calls it, as in ``check.softmax_gradient``.
    checks : sequence of callable
        Each takes the answer and raises AssertionError (best through `expect_close` or
        `expect`) with a message in the reader's language: what was asked, what came, where,
        and the likely mistake.
    reference : object
        The solution: a function, a class or a value.
    hints : sequence of str
        From gentle to plain, at least two; the last one is not the answer.
    wrong_answers : sequence of WrongAnswer
        At least three; tests prove that each is caught with the right words.
    difficulty : {"warm-up", "idea", "open"}
        The page says it, too.
    mistakes : sequence of Mistake
        What somebody may write in place of a piece of the solution. An answer that gives what the
        solution gives with one or a few of them hears their words behind those of the check.
    source : str
        The solution as it is shown: what the reader would type.
    may_change_arguments : bool
        Whether an answer may write into the arrays that it is given.
    seconds : float
        How long an answer may take before it is told that it does not end.
    answer : str
        The expression that hands the reader's answer to the check, such as ``my_kernel``.
    title : str
        What its page calls it.
    next_step : str
        A question that leads on from a correct answer; without one, the answer names the chapter's
        next exercise.
    chapter : str
        The module that lists the chapter's exercises.
    """

    name: str
    checks: tuple[Callable, ...]
    reference: object
    hints: tuple[str, ...]
    wrong_answers: tuple[WrongAnswer, ...]
    difficulty: str = "idea"
    mistakes: tuple[Mistake, ...] = ()
    source: str = ""
    may_change_arguments: bool = False
    seconds: float = 60.0
    answer: str = ""
    title: str = ""
    next_step: str = ""
    chapter: str = ""
    _hints_given: int = field(default=0, repr=False)

    def __call__(self, answer=None):
        """Check an answer and say how it went.

        Never raises on a wrong answer (a page must keep running) unless ``COURSE_STRICT=1`` is set.
        """
        result = self._examine(answer)
        if not result and os.environ.get("COURSE_STRICT") == "1":
            raise AssertionError(repr(result))
        return result

    def _examine(self, answer):
        try:
            with time_limit(self.seconds):
                require_attempt(answer)
                self._require_function(answer)
                self._ask(answer)
        except (NotAttempted, NotImplementedError):
            return self._says("not attempted", "Fill in the cell above, run it, then run this check.")
        except AssertionError as error:
            return self._says("not yet", str(error) or "A test failed.")
        except TookTooLong:
            return self._says("not yet", f"Stopped after {self.seconds:g} seconds: does a loop never end?")
        except (Exception, SystemExit) as error:  # an answer of a kind that no check foresaw
            return self._says("not yet", f"Your answer could not be checked: {type(error).__name__}: {error}")
        count = len(self.checks)
        passed = f"{count} check{'s' if count > 1 else ''} passed."
        return Answer(self.name, "correct", passed, self._leads_on())

    def _ask(self, answer):
        """Raise AssertionError with all that is to be said to a wrong answer."""
        try:
            for check in self.checks:
                check(guarded(answer, self.may_change_arguments))
        except (AssertionError, AnswerRaised) as error:
            said = describe(error.__cause__, answer) if error.__cause__ else str(error)
            words = self._lookalikes.words(answer)
            raise AssertionError(f"{said.rstrip('.')}. {words}" if words else said) from None

    @cached_property
    def _lookalikes(self):
        return Lookalikes(self)

    def _leads_on(self):
        """Return what to try after this exercise, an empty text if there is nothing."""
        if self.next_step:
            return f"And now: {self.next_step}"
        listed = [id(other) for other in getattr(sys.modules.get(self.chapter), "EXERCISES", ())]
        if id(self) not in listed[:-1]:
            return ""
        following = sys.modules[self.chapter].EXERCISES[listed.index(id(self)) + 1]
        return f"Next: {following.title}, check.{following.name}."

    def _require_function(self, answer):
        if inspect.isfunction(self.reference) and not callable(answer):
            kind = type(answer).__name__
            raise AssertionError(
                f"Expected a function, by its name without parentheses, got {kind}: {answer!r}."
            )

    def _says(self, status, message):
        return Answer(self.name, status, message)

    def hint(self):
        """Return the next hint; the last one stays."""
        number = min(self._hints_given, len(self.hints) - 1)
        self._hints_given = number + 1
        return Hint(f"Hint {number + 1} of {len(self.hints)}: {self.hints[number]}")

    def solution(self):
        """Return the solution: the source of the very object that the tests ran."""
        return Code(self.source or _definition(self.reference))


def exercise(*, name=None, **parts):
    """Make an exercise whose solution is the decorated function or class.

    Parameters
    ----------
    name : str, optional
        As in ``check.name``; by default the name of the function. It differs where the chapter
        has a function of that name already and the reader's one is called ``my_...``.
    **parts
        The other fields of `Exercise`: difficulty, checks, hints, wrong_answers, ...
    """

    def decorate(reference):
        own = reference.__name__
        parts.update(source=_definition(reference), answer=own, chapter=_chapter(reference))
        return Exercise(name=name or own, reference=reference, **parts)

    return decorate


def value_exercise(*, name=None, **parts):
    """Make an exercise whose solution is a value, computed by the body of the decorated function.

    The reader sees that body without its ``return``, so it must use the reader's own names:

    >>> @value_exercise(difficulty="warm-up", checks=(), hints=(), wrong_answers=())
    ... def edge():
    ...     my_kernel = [1, 0, -1]
    ...     return my_kernel
    >>> edge.solution()
    my_kernel = [1, 0, -1]
    """

    def decorate(function):
        parts.update(source=_body(function), answer=_returned(function), chapter=_chapter(function))
        return Exercise(name=name or function.__name__, reference=function(), **parts)

    return decorate


def _chapter(reference):
    """Return the name of the chapter's module, in whose folder a reference stands."""
    return reference.__module__.rpartition(".")[0]


def _definition(reference):
    """Return a function's or class's source without its decorators."""
    source, node = _parsed(reference)
    return "\n".join(source[node.lineno - 1 :])


def _body(function):
    """Return the source of a function's body without docstring and final return."""
    source, node = _parsed(function)
    statements = node.body[1:] if ast.get_docstring(node) else node.body
    lines = source[statements[0].lineno - 1 : statements[-1].lineno - 1]
    return textwrap.dedent("\n".join(lines)).strip()


def _returned(function):
    """Return the source of the expression that a function returns at its end."""
    _, node = _parsed(function)
    return ast.unparse(node.body[-1].value)


def _parsed(reference):
    source = textwrap.dedent(inspect.getsource(reference))
    return source.splitlines(), ast.parse(source).body[0]
