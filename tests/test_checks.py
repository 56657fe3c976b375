"""The refusals that many modules share."""

from fractions import Fraction

import numpy as np
import pytest

from course_lib import checks


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.int32(3)])
def test_integers_of_python_and_numpy_become_python_integers(value):
    assert checks.check_integer("n", value, least=3) == 3
    assert type(checks.check_integer("n", value, least=0)) is int


@pytest.mark.parametrize(
    "value", [2, -1, np.int64(2), 3.0, np.float64(3), "3", None, True, np.True_, (3,), [3]]
)
def test_anything_else_is_refused_with_its_name_and_what_came(value):
    with pytest.raises(ValueError) as error:
        checks.check_integer("stride", value, least=3)
    assert str(error.value) == f"stride must be an integer of at least 3, got {value!r}."


@pytest.mark.parametrize("value", [0, 1.5, -2, np.float32(0.5), np.int8(4), Fraction(1, 2)])
def test_finite_real_numbers_are_numbers(value):
    assert checks.is_number(value)


@pytest.mark.parametrize("value", [float("nan"), np.inf, -np.inf, True, np.False_, "1", None, 1j, [1.0]])
def test_what_is_not_finite_or_not_one_real_number_is_none(value):
    assert not checks.is_number(value)
