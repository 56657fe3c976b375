"""Exercises of the chapter on data and baselines, in the order of the page."""

from course_lib.exercises.data_and_baselines.combine_batches import combine_batches
from course_lib.exercises.data_and_baselines.images_needed import images_needed
from course_lib.exercises.data_and_baselines.majority_baseline import majority_baseline
from course_lib.exercises.data_and_baselines.nearest_class_mean import nearest_class_mean
from course_lib.exercises.data_and_baselines.templates import my_templates as templates

EXERCISES = (majority_baseline, nearest_class_mean, images_needed, combine_batches, templates)
