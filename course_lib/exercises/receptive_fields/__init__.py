"""Exercises of the chapter on receptive fields, in the order of the page."""

from course_lib.exercises.receptive_fields.dilated_stack import dilated_stack
from course_lib.exercises.receptive_fields.layers_needed import layers_needed
from course_lib.exercises.receptive_fields.pixels_seen import pixels_seen
from course_lib.exercises.receptive_fields.receptive_field import size_and_field as receptive_field

EXERCISES = (receptive_field, layers_needed, pixels_seen, dilated_stack)
