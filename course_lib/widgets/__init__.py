"""The book's interactive figures: Python objects that show themselves in a page, in Jupyter and in Colab."""

from course_lib.widgets.convolution_stepper import ConvolutionStepper

__all__ = ["ConvolutionStepper"]
