"""Looking at a network from outside: its shapes, the values of its layers, what a unit sees."""

from course_lib.inspection.activations import LayerTrace, ShapeTrace, activations, kept_bytes, shape_trace
from course_lib.inspection.fields import measured_receptive_field, windows_of
from course_lib.inspection.kernels import plane_energy

__all__ = [
    "LayerTrace", "ShapeTrace", "activations", "kept_bytes", "measured_receptive_field", "plane_energy",
    "shape_trace", "windows_of",
]  # fmt: skip
