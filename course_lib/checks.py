"""Refusals that many modules need, in the same words everywhere. Internal."""

import math
from numbers import Integral, Real


def is_integer(value):
    """Whether a value is a whole number by type: Python's or NumPy's, but no bool and no 3.0."""
    return isinstance(value, Integral) and not isinstance(value, bool)


def check_integer(name, value, least):
    """Return `value` as a Python int; raise ValueError unless it is an integer of at least `least`.

    >>> check_integer("stride", 2, least=1)
    2
    """
    if not is_integer(value) or value < least:
        raise ValueError(f"{name} must be an integer of at least {least}, got {value!r}.")
    return int(value)  # NumPy's small integers wrap where Python's grow


def is_number(value):
    """Whether a value is one finite real number, and no bool."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
