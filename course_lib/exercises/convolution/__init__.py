"""Exercises of the chapter on convolution, in the order of the page."""

from course_lib.exercises.convolution.convolve2d import convolve2d
from course_lib.exercises.convolution.correlate import correlate
from course_lib.exercises.convolution.dark_above_bright import dark_above_bright
from course_lib.exercises.convolution.matrix_counts import matrix_counts

EXERCISES = (correlate, dark_above_bright, matrix_counts, convolve2d)
