"""Exercises of the chapter on the ladder in PyTorch, in the order of the page."""

from course_lib.exercises.pytorch_ladder.contender import contender, final
from course_lib.exercises.pytorch_ladder.inverted_dropout import inverted_dropout
from course_lib.exercises.pytorch_ladder.large_kernels import large_kernels
from course_lib.exercises.pytorch_ladder.lenet import lenet
from course_lib.exercises.pytorch_ladder.paired_gain import paired_gain
from course_lib.exercises.pytorch_ladder.third_block import third_block

EXERCISES = (inverted_dropout, paired_gain, third_block, large_kernels, lenet, contender)

__all__ = [
    "EXERCISES", "contender", "final", "inverted_dropout", "large_kernels", "lenet", "paired_gain",
    "third_block",
]  # fmt: skip
