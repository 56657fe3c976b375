"""Nine numbers over a photograph: edit the kernel and watch the response."""

import base64
import io

import matplotlib.image
import numpy as np

from course_lib.widgets.base import Widget, check_numbers, number

MOST_PIXELS = 40_000  # about 40 KB of the page
PRESETS = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "blur": [[1 / 9] * 3] * 3,
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "vertical edges (Sobel)": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "horizontal edges (Sobel)": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "Laplacian": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
}


class KernelEditor(Widget):
    """A 3x3 kernel whose numbers can be edited, over a grey image.

    Parameters
    ----------
    image : array, shape (H, W) or (H, W, 3), values in 0..1
        Colour is averaged to grey; larger images than 40,000 pixels are averaged down.
    kernel : array, shape (3, 3), optional
        The default finds vertical edges.

    Raises
    ------
    ValueError
        For other shapes or values outside 0..1.
    """

    name = "kernel_editor"
    parts = ("fields",)
    label = "Kernel editor"
    tip = "Turn the blur into a sharpener: twice the identity minus the blur. Fractions such as 1/9 count."

    def __init__(self, image, kernel=None):
        super().__init__()
        image = np.asarray(image, dtype=float)
        if image.ndim == 3 and image.shape[2] == 3:
            image = image.mean(axis=2)
        if image.ndim != 2 or min(image.shape) < 3:
            raise ValueError(f"image must have shape (H, W) or (H, W, 3), at least 3 x 3, got {image.shape}.")
        if not (image.min() >= 0 and image.max() <= 1):  # NaN fails as well
            raise ValueError(f"image must lie in 0..1, got {image.min():g} to {image.max():g}.")
        step = int(np.ceil(np.sqrt(image.size / MOST_PIXELS)))
        self.image = np.round(_thinned(image, step) * 255).astype(np.uint8)
        self.kernel = np.asarray(PRESETS["vertical edges (Sobel)"] if kernel is None else kernel, dtype=float)
        if self.kernel.shape != (3, 3):
            raise ValueError(f"kernel must be 3 x 3 numbers, got shape {self.kernel.shape}.")
        check_numbers("kernel", self.kernel)

    def response(self):
        """Return the cross-correlation of image (0..1) and kernel where the kernel fits, (H - 2, W - 2)."""
        patches = np.lib.stride_tricks.sliding_window_view(self.image / 255, (3, 3))
        return np.tensordot(patches, self.kernel, axes=2)

    def data(self):
        """Return the image as base64 bytes, the kernel and the presets."""
        return {
            "height": self.image.shape[0], "width": self.image.shape[1],
            "pixels": base64.b64encode(self.image.tobytes()).decode(),
            "kernel": self.kernel.tolist(), "presets": PRESETS,
        }  # fmt: skip

    def fallback(self):
        """Return the response as a picture and a sentence."""
        response = self.response()
        limit = max(float(np.abs(response).max()), 1e-9)
        file = io.BytesIO()
        matplotlib.image.imsave(file, response, cmap="gray", vmin=-limit, vmax=limit, format="png")
        picture = base64.b64encode(file.getvalue()).decode()
        numbers = "; ".join(" ".join(number(value) for value in row) for row in self.kernel)
        return (
            f'<img src="data:image/png;base64,{picture}" '
            f'alt="The photograph after the kernel {numbers}: grey is zero, bright positive, dark negative.">'
            f"<p>The kernel is {numbers}. With JavaScript, its nine numbers can be edited.</p>"
        )


def _thinned(image, step):
    """Average blocks of step x step pixels: plain subsampling would alias."""
    height, width = image.shape[0] // step * step, image.shape[1] // step * step
    return image[:height, :width].reshape(height // step, step, width // step, step).mean(axis=(1, 3))
