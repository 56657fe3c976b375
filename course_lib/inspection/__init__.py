"""Looking at a network from outside: shapes, the values of layers, what a unit sees, what an answer needs."""

from course_lib.inspection.activations import LayerTrace, ShapeTrace, activations, kept_bytes, shape_trace
from course_lib.inspection.controls import ablation, other_of_class, randomised
from course_lib.inspection.fields import measured_receptive_field, windows_of
from course_lib.inspection.kernels import degree_basis, plane_energy
from course_lib.inspection.maps import grad_cam, input_gradient, occlusion_map, rank_correlation, saliency
from course_lib.inspection.patches import patch_likeness, top_patches
from course_lib.inspection.probes import linear_probe
from course_lib.inspection.statistics import ActivationStatistics, activation_statistics, forward_hooks

__all__ = [
    "ActivationStatistics", "LayerTrace", "ShapeTrace", "ablation", "activation_statistics",
    "activations", "degree_basis", "forward_hooks", "grad_cam", "input_gradient", "kept_bytes",
    "linear_probe", "measured_receptive_field", "occlusion_map", "other_of_class", "patch_likeness",
    "plane_energy", "randomised", "rank_correlation", "saliency", "shape_trace", "top_patches",
    "windows_of",
]  # fmt: skip
