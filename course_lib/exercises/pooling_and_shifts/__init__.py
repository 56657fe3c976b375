"""Exercises of the chapter on pooling and shifts, in the order of the page."""

from course_lib.exercises.pooling_and_shifts.is_equivariant import is_equivariant
from course_lib.exercises.pooling_and_shifts.max_pool_from_relu import my_max_pool as max_pool_from_relu
from course_lib.exercises.pooling_and_shifts.pool_by_hand import by_hand as pool_by_hand
from course_lib.exercises.pooling_and_shifts.repaired import repaired

EXERCISES = (pool_by_hand, max_pool_from_relu, is_equivariant, repaired)
