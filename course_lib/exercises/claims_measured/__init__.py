"""Exercises of the chapter on claims, in the order of the page."""

from course_lib.exercises.claims_measured.best_lead import best_lead
from course_lib.exercises.claims_measured.bought_margins import bought_margins
from course_lib.exercises.claims_measured.entry import my_entry as entry
from course_lib.exercises.claims_measured.judge_interval import judge_interval
from course_lib.exercises.claims_measured.untrained_twin import untrained_twin

EXERCISES = (judge_interval, bought_margins, best_lead, untrained_twin, entry)
