"""Exercises of the chapter on multilayer perceptrons, in the order of the page."""

from course_lib.exercises.multilayer_perceptrons.collapse import collapse
from course_lib.exercises.multilayer_perceptrons.count_pieces import count_pieces
from course_lib.exercises.multilayer_perceptrons.parity import parity
from course_lib.exercises.multilayer_perceptrons.touching import touching
from course_lib.exercises.multilayer_perceptrons.unshuffle import unshuffle

EXERCISES = (collapse, parity, unshuffle, count_pieces, touching)
