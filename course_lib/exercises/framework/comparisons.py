"""Comparisons that answer in the reader's language: what was asked, what came, and where."""

import operator

import numpy as np


class NotAttempted(Exception):
    """The answer is still the empty stub."""


def expect(condition, message):
    """Raise AssertionError with a message for the reader unless the condition holds."""
    if not condition:
        raise AssertionError(message)


def expect_close(got, expected, what, *, rtol=1e-5, atol=1e-6):
    """Raise AssertionError that says where `got` differs most from `expected`.

    NumPy arrays, tensors (with or without gradients), lists and numbers are all welcome. An
    ellipsis counts as not attempted.
    """
    got, expected = as_array(got, what), np.asarray(expected, dtype=float)
    if got.shape != expected.shape:
        wanted = f"shape {expected.shape}, got" if expected.ndim else "one number, got shape"
        raise AssertionError(f"{what}: expected {wanted} {got.shape}.")
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


def expect_integer(got, expected, what):
    """Raise AssertionError unless `got` is the integer `expected`, of Python's, NumPy's or torch's kind."""
    if got is Ellipsis:
        raise NotAttempted
    expect(got is not None, f"{what}: expected {expected}, got None. Does your function end with `return`?")
    try:
        number = operator.index(got)
    except TypeError:
        raise AssertionError(f"{what}: expected the integer {expected}, got {got!r}.") from None
    expect(number == expected, f"{what}: expected {expected}, got {number}.")


def as_array(value, what):
    """Return a float array of a tensor, array, list or number; AssertionError if it is none.

    An ellipsis counts as not attempted.
    """
    if value is Ellipsis:
        raise NotAttempted
    expect(value is not None, f"{what}: expected numbers, got None. Does your function end with `return`?")
    try:
        return np.asarray(_without_torch(value), dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise AssertionError(f"{what}: expected numbers, got {type(value).__name__}: {value!r}.") from None


def _without_torch(value):
    """Turn a tensor, also one within lists and tuples, into an array; torch need not be imported here."""
    if hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    if isinstance(value, (list, tuple)):
        return [_without_torch(item) for item in value]
    return value
