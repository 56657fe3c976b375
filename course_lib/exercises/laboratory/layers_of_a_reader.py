"""What the exercises share in which a reader writes a layer as a class."""

from course_lib.exercises.framework import NotAttempted, expect


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
