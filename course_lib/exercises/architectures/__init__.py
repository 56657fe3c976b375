"""Exercises of the chapter on architectures, in the order of the page."""

from course_lib.exercises.architectures.attention_cost import attention_cost
from course_lib.exercises.architectures.block_costs import block_costs
from course_lib.exercises.architectures.bottleneck_field import bottleneck_field
from course_lib.exercises.architectures.constant_width import constant_width
from course_lib.exercises.architectures.within_budget import within_budget

EXERCISES = (block_costs, attention_cost, bottleneck_field, constant_width, within_budget)
