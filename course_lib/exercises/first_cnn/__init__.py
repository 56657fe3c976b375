"""Exercises of the chapter *Linear, MLP, CNN, side by side*, in the order of the page."""

from course_lib.exercises.first_cnn.accuracy_in_batches import accuracy_in_batches
from course_lib.exercises.first_cnn.compare_errors import compare_errors
from course_lib.exercises.first_cnn.local_layer import local_layer
from course_lib.exercises.first_cnn.paired_table import paired_table
from course_lib.exercises.first_cnn.pooled_cnn import pooled_cnn

EXERCISES = (compare_errors, accuracy_in_batches, paired_table, pooled_cnn, local_layer)
