"""Exercises of the chapter on convolution, in the order of the page."""

from course_lib.exercises.convolution.bright_on_the_left import bright_on_the_left
from course_lib.exercises.convolution.correlate import correlate
from course_lib.exercises.convolution.diagonal_detector import diagonal_detector
from course_lib.exercises.convolution.one_image import one_image

EXERCISES = (bright_on_the_left, correlate, one_image, diagonal_detector)
