"""Exercises of the chapter *How fast can NumPy be, and what does it wait for?*, in the order of the page."""

from course_lib.exercises.fast_numpy.columns_bytes import columns_bytes
from course_lib.exercises.fast_numpy.frugal_convolution import frugal_convolution
from course_lib.exercises.fast_numpy.raise_columns import raise_columns
from course_lib.exercises.fast_numpy.standardise import standardise

EXERCISES = (columns_bytes, raise_columns, standardise, frugal_convolution)
