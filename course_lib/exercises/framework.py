"""The exercises answer back: a check, its hints, its solution and the wrong answers it must catch.

An `Exercise` is called with the reader's answer. It never raises on a wrong one (a page must
keep running) unless ``COURSE_STRICT=1`` is set.
"""

import dis
import html
import inspect
import os
import textwrap
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


class NotAttempted(Exception):
    """The answer is still the empty stub."""


@dataclass(frozen=True)
class Answer:
    """What a check says: prints as one line, shows as a box in a notebook."""

    exercise: str
    status: str  # "correct", "not yet" or "not attempted"
    message: str

    def __bool__(self):
        return self.status == "correct"

    def __repr__(self):
        return f"{self.exercise}: {self.status}. {self.message}"

    def _repr_html_(self):
        marks = {"correct": "&#10003;", "not yet": "&#10007;", "not attempted": "&#9675;"}
        name = self.status.replace(" ", "-")
        return (
            f'<div class="check check-{name}" role="status" '
            'style="border-left:4px solid currentColor;padding:.4rem .8rem;margin:.5rem 0">'
            f'<strong><span aria-hidden="true">{marks[self.status]}</span> '
            f"{html.escape(self.exercise)}: {self.status}</strong>"
            f'<div style="white-space:pre-wrap">{html.escape(self.message)}</div></div>'
        )


class Code:
    """Source code that shows highlighted in a page, in Jupyter and in Colab."""

    def __init__(self, source):
        self.source = textwrap.dedent(source).strip()

    def __repr__(self):
        return self.source

    def _repr_markdown_(self):
        return f"```python\n{self.source}\n```"


@dataclass(frozen=True)
class WrongAnswer:
    """A plausible wrong answer and the words that the check's message must contain."""

    answer: object
    message_contains: str
    why: str = ""


@dataclass
class Exercise:
    """One exercise of a chapter.

    Parameters
    ----------
    name : str
        What the reader calls it, as in ``check.softmax_gradient``.
    checks : sequence of callable
        Each takes the answer and raises AssertionError (best through `expect_close` or
        `expect`) with a message in the reader's language: what was asked, what came, where,
        and the likely mistake.
    reference : object
        The solution: a function or class whose source is shown, or any other value.
    hints : sequence of str
        From gentle to plain; at least two.
    wrong_answers : sequence of WrongAnswer
        At least three; tests prove that each is caught with the right words.
    """

    name: str
    checks: tuple[Callable, ...]
    reference: object
    hints: tuple[str, ...]
    wrong_answers: tuple[WrongAnswer, ...]
    _hints_given: int = field(default=0, repr=False)

    def __call__(self, answer=None):
        """Check an answer and say how it went; see the module's docstring."""
        result = self._examine(answer)
        if not result and os.environ.get("COURSE_STRICT") == "1":
            raise AssertionError(repr(result))
        return result

    def _examine(self, answer):
        try:
            for check in self.checks:
                _require_attempt(answer)
                check(answer)
        except (NotAttempted, NotImplementedError):
            return Answer(self.name, "not attempted", "Fill in the cell above, run it, then run this check.")
        except AssertionError as error:
            return Answer(self.name, "not yet", str(error) or "A test failed.")
        except Exception as error:  # the reader's code may raise anything
            return Answer(self.name, "not yet", _describe_error(error))
        return Answer(self.name, "correct", f"{len(self.checks)} checks passed.")

    def hint(self):
        """Return the next hint; the last one stays."""
        number = min(self._hints_given, len(self.hints) - 1)
        self._hints_given = number + 1
        return Hint(f"Hint {number + 1} of {len(self.hints)}: {self.hints[number]}")

    def solution(self):
        """Return the solution: the source of the very object that the tests ran."""
        if inspect.isfunction(self.reference) or inspect.isclass(self.reference):
            return Code(inspect.getsource(self.reference))
        return Code(repr(self.reference))


class Hint(str):
    """A sentence that shows without quotation marks."""

    __slots__ = ()

    def __repr__(self):
        return str(self)


def expect(condition, message):
    """Raise AssertionError with a message for the reader unless the condition holds."""
    if not condition:
        raise AssertionError(message)


def expect_close(got, expected, what, *, rtol=1e-5, atol=1e-6):
    """Raise AssertionError that says where `got` differs most from `expected`.

    NumPy arrays, tensors, lists and numbers are all welcome. An ellipsis counts as not attempted.
    """
    if got is Ellipsis:
        raise NotAttempted
    expect(got is not None, f"{what}: expected numbers, got None. Does your function end with `return`?")
    got, expected = as_array(got, what), np.asarray(expected, dtype=float)
    expect(got.shape == expected.shape, f"{what}: expected shape {expected.shape}, got {got.shape}.")
    if np.allclose(got, expected, rtol=rtol, atol=atol):
        return
    if got.ndim == 0:
        raise AssertionError(f"{what}: expected {expected:.6g}, got {got:.6g}.")
    error = np.where(np.isnan(got), np.inf, np.abs(got - expected))
    index = tuple(int(i) for i in np.unravel_index(error.argmax(), expected.shape))
    raise AssertionError(
        f"{what}: the largest error is at index {index}: "
        f"expected {expected[index]:.6g}, got {got[index]:.6g}."
    )


def as_array(value, what):
    """Return a float array of a tensor, array, list or number; AssertionError if it is none."""
    if hasattr(value, "detach"):  # a tensor, without importing torch here
        value = value.detach().cpu()
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise AssertionError(f"{what}: expected numbers, got {type(value).__name__}: {value!r}.") from None


def _require_attempt(answer):
    """Raise NotAttempted for None, an ellipsis, and functions whose body is one of them."""
    if answer is None or answer is Ellipsis:
        raise NotAttempted
    if inspect.isfunction(answer) and _is_stub(answer):
        raise NotAttempted


def _is_stub(function):
    """Whether a function's code does nothing: ``...``, ``pass`` or a docstring alone."""
    code = function.__code__
    has_locals = code.co_nlocals > len(inspect.signature(function).parameters)
    names_used = code.co_names or has_locals or code.co_freevars
    constants = set(code.co_consts) - {function.__doc__}
    return not names_used and constants <= {None, Ellipsis} and _bytecode(code) == _bytecode(_empty.__code__)


def _bytecode(code):
    return [i.opname for i in dis.get_instructions(code) if i.opname not in {"RESUME", "NOP"}]


def _empty(): ...


def _describe_error(error):
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f" (line {frame.lineno}: {frame.line})" if frame.line else ""
    return f"Your code raised {type(error).__name__}: {error}{where}"
