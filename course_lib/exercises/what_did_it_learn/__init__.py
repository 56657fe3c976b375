"""Exercises of the chapter that looks inside, in the order of the page."""

from course_lib.exercises.what_did_it_learn.best_match import best_match
from course_lib.exercises.what_did_it_learn.ink_likeness import ink_likeness
from course_lib.exercises.what_did_it_learn.map_with_places import map_with_places
from course_lib.exercises.what_did_it_learn.plant import plant
from course_lib.exercises.what_did_it_learn.slope_shares import slope_shares

EXERCISES = (slope_shares, best_match, ink_likeness, map_with_places, plant)
