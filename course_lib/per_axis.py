"""One axis or both: arithmetic written for one axis answers for pairs (height, width) as well."""

from dataclasses import fields, is_dataclass
from functools import wraps


def for_both_axes(function):
    """Let a function for one axis also take pairs: it is asked once per axis, the answers joined.

    A pair may be an argument, a field of a dataclass argument, or a field of one of several
    dataclasses in a list.

    >>> for_both_axes(lambda size, padding: size + 2 * padding)((5, 7), 1)
    (7, 9)
    """

    @wraps(function)
    def answer(*args, **kwargs):
        args = [list(arg) if hasattr(arg, "__next__") else arg for arg in args]  # read generators once
        if not any(_has_pair(arg) for arg in (*args, *kwargs.values())):
            return function(*args, **kwargs)
        rows, columns = (
            function(
                *(_on_axis(arg, axis) for arg in args),
                **{name: _on_axis(arg, axis) for name, arg in kwargs.items()},
            )
            for axis in (0, 1)
        )
        return _join(rows, columns)

    return answer


def _values(record):
    return [getattr(record, field.name) for field in fields(record)]


def _holds_records(value):
    return isinstance(value, (list, tuple)) and any(is_dataclass(item) for item in value)


def _has_pair(value):
    if is_dataclass(value):
        return any(_has_pair(item) for item in _values(value))
    if _holds_records(value):
        return any(_has_pair(item) for item in value)
    return isinstance(value, tuple) and len(value) == 2


def _on_axis(value, axis):
    if is_dataclass(value):
        return type(value)(*(_on_axis(item, axis) for item in _values(value)))
    if _holds_records(value):
        return [_on_axis(item, axis) for item in value]
    return value[axis] if isinstance(value, tuple) else value


def _join(rows, columns):
    if isinstance(rows, list):
        return [_join(*pair) for pair in zip(rows, columns, strict=True)]
    if is_dataclass(rows):
        return type(rows)(*zip(_values(rows), _values(columns), strict=True))
    return rows, columns
