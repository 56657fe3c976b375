"""A convolution over several channels, with every product of every output number."""

import numpy as np

from course_lib.geometry import Window, output_size
from course_lib.widgets.base import Widget, check_numbers, table

MOST_CHANNELS, MOST_PIXELS, MOST_WEIGHTS = 4, 6, 3


class MultiChannelStepper(Widget):
    """Input channels, one kernel for each pair of output and input channel, and all products.

    An output number is the bias and one sum of products for each input channel; the figure shows
    all of them, for one output cell at a time.

    Parameters
    ----------
    image : array, shape (in_channels, H, W), at most 4 x 6 x 6
    kernels : array, shape (out_channels, in_channels, K, L), at most 4 x 4 x 3 x 3
    bias : sequence of out_channels numbers, optional
        The default is zeros.

    Raises
    ------
    ValueError
        For arrays of other shapes, numbers that are not finite, and kernels that do not fit.

    Examples
    --------
    The two input channels of *Dive into Deep Learning*, and the same kernels plus one:

    >>> image = np.stack([np.arange(9).reshape(3, 3), np.arange(1, 10).reshape(3, 3)])
    >>> kernel = np.stack([np.arange(4).reshape(2, 2), np.arange(1, 5).reshape(2, 2)])
    >>> MultiChannelStepper(image, np.stack([kernel, kernel + 1])).output()[0]
    array([[ 56.,  72.],
           [104., 120.]])
    """

    name = "multi_channel_stepper"
    parts = ("fields", "player", "links")
    label = "Convolution with several channels"
    tip = "Set all numbers of one kernel to 0: the output then ignores that input channel."

    def __init__(self, image, kernels, bias=None):
        super().__init__()
        self.image, self.kernels = np.asarray(image, dtype=float), np.asarray(kernels, dtype=float)
        _check_shapes(self.image.shape, self.kernels.shape)
        self.bias = np.zeros(len(self.kernels)) if bias is None else np.asarray(bias, dtype=float)
        if self.bias.shape != (len(self.kernels),):
            raise ValueError(f"bias needs {len(self.kernels)} numbers, got shape {self.bias.shape}.")
        for name in ("image", "kernels", "bias"):
            check_numbers(name, getattr(self, name))

    def output(self):
        """Return what the figure shows at its start, shape (out_channels, H - K + 1, W - L + 1)."""
        patches = np.lib.stride_tricks.sliding_window_view(self.image, self.kernels.shape[2:], axis=(1, 2))
        return np.einsum("chwkl,ockl->ohw", patches, self.kernels) + self.bias[:, None, None]

    def data(self):
        """Return the three arrays."""
        return {"image": self.image, "kernels": self.kernels, "bias": self.bias}

    def fallback(self):
        """Return all arrays as tables, and a sentence."""
        inputs = [table(f"Input channel {c}", channel) for c, channel in enumerate(self.image)]
        kernels = [
            table(f"Kernel [{o}, {c}]", kernel)
            for o, pair in enumerate(self.kernels)
            for c, kernel in enumerate(pair)
        ]
        outputs = [
            table(f"Output channel {o}, bias {self.bias[o]:g}", channel)
            for o, channel in enumerate(self.output())
        ]
        return "".join(inputs + kernels + outputs) + (
            "<p>Each output number is the bias and, for every input channel, the sum of the products of "
            "a patch with the kernel of that channel. With JavaScript, this figure shows all of them.</p>"
        )


def _check_shapes(image, kernels):
    if (
        len(image) != 3
        or not 1 <= image[0] <= MOST_CHANNELS
        or not 1 <= min(image) <= max(image[1:]) <= MOST_PIXELS
    ):
        raise ValueError(f"image must have shape (in_channels, H, W), at most (4, 6, 6), got {image}.")
    if len(kernels) != 4 or 0 in kernels or kernels[1] != image[0] or kernels[0] > MOST_CHANNELS:
        raise ValueError(
            f"kernels must have shape (out_channels, {image[0]}, K, L), with at most {MOST_CHANNELS} "
            f"output channels, got {kernels}."
        )
    if max(kernels[2:]) > MOST_WEIGHTS:
        raise ValueError(f"A kernel may have at most 3 x 3 weights, got {kernels[2:]}.")
    output_size(image[1:], Window(kernels[2:]))  # raises if a kernel does not fit
