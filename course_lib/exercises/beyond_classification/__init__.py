"""Exercises of the chapter beyond classification, in the order of the page."""

from course_lib.exercises.beyond_classification.dense_to_convolution import dense_to_convolution
from course_lib.exercises.beyond_classification.overlap_counts import overlap_counts
from course_lib.exercises.beyond_classification.pixel_overlap import pixel_overlap
from course_lib.exercises.beyond_classification.targeted_attack import targeted_attack
from course_lib.exercises.beyond_classification.tiny_segmenter import final, tiny_segmenter
from course_lib.exercises.beyond_classification.to_patches import to_patches

EXERCISES = (overlap_counts, dense_to_convolution, pixel_overlap, targeted_attack, to_patches, tiny_segmenter)
__all__ = [
    "EXERCISES", "dense_to_convolution", "final", "overlap_counts", "pixel_overlap", "targeted_attack",
    "tiny_segmenter", "to_patches",
]  # fmt: skip
