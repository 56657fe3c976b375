"""Exercises of the chapter on deep networks, in the order of the page."""

from course_lib.exercises.deep_networks.block_sizes import block_sizes
from course_lib.exercises.deep_networks.fifty_six_layers import fifty_six_layers, final
from course_lib.exercises.deep_networks.gated_layer import gated_layer
from course_lib.exercises.deep_networks.he_std import he_std
from course_lib.exercises.deep_networks.new_head import new_head

EXERCISES = (he_std, gated_layer, block_sizes, new_head, fifty_six_layers)

__all__ = ["EXERCISES", "block_sizes", "fifty_six_layers", "final", "gated_layer", "he_std", "new_head"]
