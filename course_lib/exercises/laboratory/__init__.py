"""Exercises of the chapter *What can a network of 114 parameters prove?*, in the order of the page."""

from course_lib.exercises.laboratory.dropout import dropout
from course_lib.exercises.laboratory.filter_sweep import filter_sweep
from course_lib.exercises.laboratory.five_classes import five_classes
from course_lib.exercises.laboratory.missing_control import missing_control
from course_lib.exercises.laboratory.sizes import sizes
from course_lib.exercises.laboratory.strided_conv2d import strided_conv2d

EXERCISES = (sizes, five_classes, filter_sweep, strided_conv2d, dropout, missing_control)
