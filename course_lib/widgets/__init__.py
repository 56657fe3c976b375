"""The book's interactive figures: Python objects that show themselves in a page, in Jupyter and in Colab."""

from course_lib.widgets.architecture_scatter import ArchitectureScatter
from course_lib.widgets.backprop_graph import BackpropGraph
from course_lib.widgets.convolution_stepper import ConvolutionStepper
from course_lib.widgets.depth_lab import DepthLab
from course_lib.widgets.digit_playground import DigitPlayground
from course_lib.widgets.filter_timeline import FilterTimeline
from course_lib.widgets.gain_check import GainCheck
from course_lib.widgets.gradient_descent import GradientDescent
from course_lib.widgets.kernel_editor import KernelEditor
from course_lib.widgets.lowering_stepper import LoweringStepper
from course_lib.widgets.map_bench import MapBench
from course_lib.widgets.multi_channel_stepper import MultiChannelStepper
from course_lib.widgets.pixel_lab import PixelLab
from course_lib.widgets.receptive_field_explorer import ReceptiveFieldExplorer
from course_lib.widgets.scale_out import ScaleOut
from course_lib.widgets.shift_lab import ShiftLab
from course_lib.widgets.tiny_cnn_live import TinyCNNLive
from course_lib.widgets.touching_lab import TouchingLab
from course_lib.widgets.turn_lab import TurnLab

__all__ = [
    "ArchitectureScatter", "BackpropGraph", "ConvolutionStepper", "DepthLab", "DigitPlayground",
    "FilterTimeline", "GainCheck", "GradientDescent", "KernelEditor", "LoweringStepper", "MapBench",
    "MultiChannelStepper", "PixelLab", "ReceptiveFieldExplorer", "ScaleOut", "ShiftLab", "TinyCNNLive",
    "TouchingLab", "TurnLab",
]  # fmt: skip
