"""What the exercises share in which a reader writes a layer as a class."""

from course_lib.exercises.framework import NotAttempted, expect
from course_lib.exercises.framework.guard import require_attempt


def asked(what, function, *args, **kwargs):
    """Call into the reader's class; what it raises is said in the reader's language."""
    try:
        return function(*args, **kwargs)
    except (AssertionError, NotAttempted, NotImplementedError):
        raise
    except Exception as error:
        raise AssertionError(f"{what} raised {type(error).__name__}: {error}") from None


def built(answer, *args, **kwargs):
    """Return the reader's layer."""
    layer = asked("Your constructor", answer, *args, **kwargs)
    for name in ("forward", "backward"):
        expect(hasattr(layer, name), f"A layer needs {name}; yours has none.")
    return layer


def require_both_methods(layer):
    """Raise NotAttempted while forward and backward are both stubs; say which one still is."""
    stubs = [name for name in ("forward", "backward") if _is_missing(getattr(type(layer), name))]
    if len(stubs) == 2:
        raise NotAttempted
    expect(not stubs, f"Half way: {''.join(stubs)} is still to be written.")


def _is_missing(method):
    try:
        require_attempt(method)
    except NotAttempted:
        return True
    return False
