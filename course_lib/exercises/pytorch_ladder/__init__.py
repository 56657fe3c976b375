"""Exercises of the chapter on the ladder in PyTorch, in the order of the page."""

from course_lib.exercises.pytorch_ladder.contender import contender, final
from course_lib.exercises.pytorch_ladder.inverted_dropout import inverted_dropout
from course_lib.exercises.pytorch_ladder.large_kernels import large_kernels
from course_lib.exercises.pytorch_ladder.lenet import lenet
from course_lib.exercises.pytorch_ladder.paired_gain import paired_gain

EXERCISES = (inverted_dropout, paired_gain, large_kernels, lenet, contender)

__all__ = ["EXERCISES", "contender", "final", "inverted_dropout", "large_kernels", "lenet", "paired_gain"]
