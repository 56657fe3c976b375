"""The reader's code at arm's length: it gets copies, it may raise anything, it must come to an end."""

import _thread
import copy
import dis
import functools
import inspect
import signal
import threading
import traceback
from contextlib import contextmanager

import numpy as np

from course_lib.exercises.framework.comparisons import NotAttempted
from course_lib.exercises.framework.shapes import in_words


class AnswerRaised(Exception):
    """The reader's function raised; its own exception is the cause."""


class TookTooLong(Exception):
    """The reader's code did not end within its time."""


def guarded(answer, may_change_arguments=False):
    """Wrap a reader's function; anything else is returned as it is.

    The function gets copies of all arrays and tensors, so that it cannot spoil what later cells
    use. If it writes into one of them, that is an AssertionError, unless it may. What it raises
    itself arrives as AnswerRaised, so that a failure of the check is never put down to the reader.
    """
    if not inspect.isfunction(answer):
        return answer

    @functools.wraps(answer)
    def call(*args, **kwargs):
        copies = [_copied(value) for value in args]
        named = {name: _copied(value) for name, value in kwargs.items()}
        try:
            result = answer(*copies, **named)
        except (NotAttempted, NotImplementedError):
            raise
        except (Exception, SystemExit) as error:
            raise AnswerRaised from error
        if result is Ellipsis:  # a function that was begun, and still returns its stub
            raise NotAttempted
        if not may_change_arguments:
            _refuse_changes([*args, *kwargs.values()], [*copies, *named.values()])
        return result

    return call


def _copied(value):
    if isinstance(value, np.ndarray) or (hasattr(value, "detach") and hasattr(value, "clone")):
        return copy.deepcopy(value)  # keeps a subclass, the memory's order and requires_grad
    if type(value) in (list, tuple):
        return type(value)(_copied(item) for item in value)
    return value


def _refuse_changes(originals, copies):
    for number, (original, copied) in enumerate(zip(originals, copies, strict=True), start=1):
        if not _same(original, copied):
            raise AssertionError(
                f"Your function changes its argument number {number} in place: whoever called it finds "
                "other values afterwards. Compute a new array instead."
            )


def _same(original, copied):
    if type(original) in (list, tuple):
        same_length = len(original) == len(copied)
        return same_length and all(_same(a, b) for a, b in zip(original, copied, strict=True))
    if original is copied:  # not an array: nothing was copied
        return True
    if hasattr(original, "detach"):
        original, copied = original.detach().cpu().numpy(), copied.detach().cpu().numpy()
    return original.shape == copied.shape and np.array_equal(
        np.asarray(original), np.asarray(copied), equal_nan=original.dtype.kind in "fc"
    )


@contextmanager
def time_limit(seconds):
    """Raise TookTooLong in the main thread after `seconds`; elsewhere nothing can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    expired = threading.Event()
    timer = threading.Timer(seconds, lambda: (expired.set(), _thread.interrupt_main()))
    timer.daemon = True
    # what a shell starts in the background ignores interrupts, and would wait for ever
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if expired.is_set():
            raise TookTooLong from None
        raise
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)


def require_attempt(answer):
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


def describe(error, answer):
    """Say what the reader's code raised, with the last line that the reader wrote."""
    own_file = inspect.unwrap(answer).__code__.co_filename if inspect.isfunction(answer) else None
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == own_file]
    where = f" (line {own[-1].lineno}: {own[-1].line})" if own and own[-1].line else ""
    kind, words = type(error).__name__, in_words(error)
    if words:
        return f"Your code raised {kind}{where}. {words}"
    return f"Your code raised {kind}: {str(error).strip()}{where}"
