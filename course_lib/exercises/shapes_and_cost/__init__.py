"""Exercises of the chapter on shapes and cost, in the order of the page."""

from course_lib.exercises.shapes_and_cost.input_sizes import input_sizes
from course_lib.exercises.shapes_and_cost.network_on_a_budget import network_on_a_budget
from course_lib.exercises.shapes_and_cost.size_table import size_table
from course_lib.exercises.shapes_and_cost.three_blocks import my_network as three_blocks

EXERCISES = (size_table, input_sizes, three_blocks, network_on_a_budget)
