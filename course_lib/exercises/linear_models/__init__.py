"""Exercises of the chapter on linear models, in the order of the page."""

from course_lib.exercises.linear_models.anywhere import my_phi as anywhere
from course_lib.exercises.linear_models.largest_rate import my_largest_rate as largest_rate
from course_lib.exercises.linear_models.log_softmax import my_log_softmax as log_softmax
from course_lib.exercises.linear_models.softmax_gradient import my_gradient as softmax_gradient
from course_lib.exercises.linear_models.walk import walk

EXERCISES = (walk, log_softmax, softmax_gradient, largest_rate, anywhere)
