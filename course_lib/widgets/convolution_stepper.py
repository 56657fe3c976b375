"""Step through a convolution, one output cell at a time, with every product in words."""

import numpy as np

from course_lib.geometry import Window, output_size
from course_lib.widgets.base import Widget, check_numbers, table

MOST_PADDING = 6  # a 7 x 7 kernel over the last pixel of a corner; more zeros teach nothing


class ConvolutionStepper(Widget):
    """An editable image and kernel, and the arithmetic of every output cell.

    Parameters
    ----------
    image : array, shape (H, W), at most 12 x 12
    kernel : array, shape (K, L), at most 7 x 7
    stride, padding, dilation : int
        What the figure starts with; the reader can change them.
    flip : bool
        Start with a true convolution (the kernel turned by 180 degrees) instead of the
        cross-correlation that deep learning calls convolution.

    Raises
    ------
    ValueError
        For arrays that are not two-dimensional, too large, or not finite, for a padding of more
        than 6, and for a kernel that does not fit into the padded image.

    Examples
    --------
    >>> stepper = ConvolutionStepper([[0, 1, 2], [3, 4, 5], [6, 7, 8]], [[0, 1], [2, 3]])
    >>> stepper.output()
    array([[19., 25.],
           [37., 43.]])
    """

    name = "convolution_stepper"
    parts = ("fields", "player", "links")
    label = "Convolution stepper"
    tip = "Put a 1 into one corner of the kernel and 0 everywhere else. Where does the image go?"

    def __init__(self, image, kernel, stride=1, padding=0, dilation=1, flip=False):
        super().__init__()
        self.image = _checked("image", image, 12)
        self.kernel = _checked("kernel", kernel, 7)
        self.window = Window(self.kernel.shape, stride, padding, dilation)
        if isinstance(padding, tuple) or padding > MOST_PADDING:
            raise ValueError(f"padding must be one integer of at most {MOST_PADDING}, got {padding!r}.")
        if isinstance(stride, tuple) or isinstance(dilation, tuple):
            raise ValueError(f"The stepper has one stride and one dilation, got {stride!r} and {dilation!r}.")
        output_size(self.image.shape, self.window)  # raises if the kernel does not fit
        self.flip = bool(flip)

    def output(self):
        """Return what the figure shows at its start, as the definition reads."""
        window, kernel = self.window, self.kernel[::-1, ::-1] if self.flip else self.kernel
        padded = np.pad(self.image, window.padding)
        height, width = output_size(self.image.shape, window)
        rows, columns = window.extent
        result = np.empty((height, width))
        for i in range(height):
            for j in range(width):
                top, left = i * window.stride, j * window.stride
                patch = padded[top : top + rows : window.dilation, left : left + columns : window.dilation]
                result[i, j] = (patch * kernel).sum()
        return result

    def data(self):
        """Return the arrays and settings, as lists and numbers."""
        return {
            "image": self.image.tolist(), "kernel": self.kernel.tolist(), "flip": self.flip,
            "stride": self.window.stride, "padding": self.window.padding, "dilation": self.window.dilation,
        }  # fmt: skip

    def fallback(self):
        """Return the three tables and a sentence."""
        parts = (table("Image", self.image), table("Kernel", self.kernel), table("Output", self.output()))
        return "".join(parts) + (
            "<p>Each output number is the sum of the products of the kernel with the image patch below it. "
            "With JavaScript, this figure steps through all of them.</p>"
        )


def _checked(name, values, most):
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or not 1 <= min(values.shape) <= max(values.shape) <= most:
        raise ValueError(f"{name} must have two axes of 1 to {most}, got shape {values.shape}.")
    check_numbers(name, values)
    return values
