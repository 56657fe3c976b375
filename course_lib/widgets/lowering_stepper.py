"""Watch windows become the columns of a matrix: what lowering copies, and what it is good for."""

import numpy as np

from course_lib.widgets.base import Widget, table

SIZES, KERNEL_SIZES, STRIDES = (4, 5, 6), (1, 2, 3), (1, 2, 3)
# for each kernel size: the pixels count upwards, and the outputs shall differ and have two digits
WEIGHTS = {1: [2], 2: [1, 0, 0, 1], 3: [1, 0, 1, 0, -1, 0, 0, 1, 0]}


class LoweringStepper(Widget):
    """An image of counted pixels, the matrix of its windows, and the kernel's row times that matrix.

    Parameters
    ----------
    size, kernel_size, stride : int
        What the figure starts with, at most 6, 3 and 3; the reader can change them, and the weights.

    Raises
    ------
    ValueError
        For sizes that the figure does not offer.

    Examples
    --------
    >>> stepper = LoweringStepper(size=4, kernel_size=2)
    >>> stepper.columns().shape  # four numbers for each of nine windows
    (4, 9)
    """

    name = "lowering_stepper"
    parts = ("fields", "player")
    label = "Lowering an image to a matrix"
    tip = "Make the stride as large as the kernel. What is copied twice now, and what not at all?"

    def __init__(self, size=5, kernel_size=3, stride=1):
        super().__init__()
        _check_offered("size", size, SIZES)
        _check_offered("kernel_size", kernel_size, KERNEL_SIZES)
        _check_offered("stride", stride, STRIDES)
        self.size, self.kernel_size, self.stride = size, kernel_size, stride

    def columns(self):
        """Return the matrix of the windows, shape (K * K, number of windows)."""
        image = np.arange(self.size**2).reshape(self.size, self.size)
        kernel_shape = (self.kernel_size, self.kernel_size)
        windows = np.lib.stride_tricks.sliding_window_view(image, kernel_shape)
        return windows[:: self.stride, :: self.stride].reshape(-1, self.kernel_size**2).T

    def output(self):
        """Return the row of weights times the matrix."""
        return np.array(WEIGHTS[self.kernel_size]) @ self.columns()

    def data(self):
        """Return the three numbers, and what can be chosen."""
        return {
            "size": self.size, "kernel": self.kernel_size, "stride": self.stride, "weights": WEIGHTS,
            "sizes": SIZES, "kernels": KERNEL_SIZES, "strides": STRIDES,
        }  # fmt: skip

    def fallback(self):
        """Return the three tables and a sentence."""
        image = np.arange(self.size**2).reshape(self.size, self.size)
        columns = self.columns()
        parts = (
            table("Image", image), table("Kernel, as a row", [WEIGHTS[self.kernel_size]]),
            table("One column for each window", columns), table("Row times columns", [self.output()]),
        )  # fmt: skip
        return "".join(parts) + (
            f"<p>{image.size} pixels have become {columns.size} numbers. With JavaScript, this figure shows "
            "which window each column comes from, and which copies each pixel has.</p>"
        )


def _check_offered(name, number, offered):
    if number not in offered:
        raise ValueError(f"{name} must be one of {offered}, got {number!r}.")
