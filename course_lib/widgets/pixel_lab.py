"""A picture is a table of numbers: change them one by one, and see which class mean lies nearest."""

import base64
import html
import io

import matplotlib.image
import numpy as np
import torch

from course_lib.widgets.base import Widget

MOST_IMAGES = 10  # each is a button
MOST_SIDE = 32  # pixels: more would be too small to point at


class PixelLab(Widget):
    """One image as cells that can be read and changed, and its distance to the mean of every class.

    The distance is Euclidean, not squared, between *normalised* images: what ``torch.cdist`` gives for
    the images and the means as they come.

    Parameters
    ----------
    images : torch.Tensor, shape (N, 1, H, W)
        At most ten images to choose from, normalised; the first one is shown at the beginning.
    means : torch.Tensor, shape (num_classes, 1, H, W)
        The average image of each class, normalised in the same way.
    labels : sequence of int, optional
        The classes of the images, which the names of their buttons say.
    class_names : sequence of str, optional
        The default is 0, 1, 2, ...
    mean, std : float
        What was subtracted from the brightness between 0 and 1, and what it was divided by; as in
        ``data.mean`` and ``data.std``.
    task : str, optional
        What to try, below the figure.

    Raises
    ------
    ValueError
        For images or means of another shape, more than ten images, pixels that are no brightness between
        0 and 1 after normalising is undone, and labels or class names that do not fit.

    Examples
    --------
    >>> means = torch.zeros(2, 1, 28, 28)
    >>> means[1] = 1.0
    >>> lab = PixelLab(means[1:], means, mean=0.0, std=1.0)
    >>> lab.distances().tolist()  # 784 pixels that differ by 1
    [[28.0, 0.0]]
    """

    name = "pixel_lab"
    parts = ("packed",)
    label = "A picture is a table of numbers"
    tip = "Paint a pixel in a corner. What becomes of the ten distances, and what of the answer?"

    def __init__(self, images, means, *, labels=None, class_names=None, mean=0.1307, std=0.3081, task=None):
        super().__init__()
        if not std > 0:
            raise ValueError(f"std must be positive, got {std!r}.")
        self.mean, self.std = float(mean), float(std)
        images, means = (torch.as_tensor(array).detach().cpu() for array in (images, means))
        _check_shapes(images, means)
        self.images = np.round(255 * self._brightness("images", images)).astype(np.uint8)
        self.means = self._brightness("means", means)
        num_classes = len(self.means)
        self.class_names = tuple(map(str, range(num_classes) if class_names is None else class_names))
        if len(self.class_names) != num_classes:
            raise ValueError(f"{num_classes} means need as many class names, got {len(self.class_names)}.")
        self.labels = None if labels is None else [int(label) for label in labels]
        if labels is not None and not _fit(self.labels, len(images), num_classes):
            raise ValueError(f"Expected {len(images)} labels in 0..{num_classes - 1}, got {self.labels}.")
        self.tip = self.tip if task is None else str(task)

    def _brightness(self, name, values):
        brightness = values[:, 0].numpy().astype(float) * self.std + self.mean
        if not ((brightness > -1e-3) & (brightness < 1 + 1e-3)).all():  # NaN fails as well
            raise ValueError(
                f"{name} * std + mean must lie in 0..1, got {brightness.min():g} to {brightness.max():g}: "
                "are these the mean and the std that the images were normalised with?"
            )
        return brightness.clip(0, 1)

    def distances(self):
        """Return the distance of every image to every mean, shape (N, num_classes)."""
        differences = self.images[:, None] / 255 - self.means
        return np.sqrt((differences**2).sum(axis=(2, 3))) / self.std

    def data(self):
        """Return the images in bytes, the means in pairs of bytes, and what they are called."""
        return {
            "height": self.images.shape[1], "width": self.images.shape[2], "std": self.std,
            "classes": self.class_names, "labels": self.labels, "pixels": _base64(self.images),
            "means": _base64(np.round(65535 * self.means).astype("<u2")),
        }  # fmt: skip

    def fallback(self):
        """Return the first image and a table of its distances."""
        heads = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in self.class_names)
        distances = "".join(f"<td>{distance:.1f}</td>" for distance in self.distances()[0])
        height, width = self.images.shape[1:]
        says = f"The first picture, {height} x {width} = {height * width} numbers from 0 to 255."
        return (
            f'<img src="data:image/png;base64,{_png(self.images[0])}" alt="{says}" width="168">'
            f"<p>{says}</p><table><caption>Its distance to the mean of each class</caption>"
            f"<thead><tr>{heads}</tr></thead><tbody><tr>{distances}</tr></tbody></table>"
            "<p>With JavaScript, every pixel can be read and changed.</p>"
        )


def _check_shapes(images, means):
    for name, values in (("images", images), ("means", means)):
        if values.ndim != 4 or values.shape[1] != 1 or not len(values) or not values.is_floating_point():
            raise ValueError(
                f"{name} must be floats of shape (N, 1, H, W), got {values.dtype} {tuple(values.shape)}."
            )
    if images.shape[2:] != means.shape[2:]:
        raise ValueError(
            f"images and means must be equally large, got {tuple(images.shape)} and {tuple(means.shape)}."
        )
    if max(images.shape[2:]) > MOST_SIDE or len(images) > MOST_IMAGES or len(means) < 2:
        raise ValueError(
            f"Expected at most {MOST_IMAGES} images of at most {MOST_SIDE} x {MOST_SIDE} pixels and at least "
            f"two means, got {tuple(images.shape)} and {tuple(means.shape)}."
        )


def _fit(labels, num_images, num_classes):
    return len(labels) == num_images and all(0 <= label < num_classes for label in labels)


def _base64(values):
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def _png(pixels):
    """Return a picture of 6 x 6 screen pixels per pixel: a browser would smooth a smaller one."""
    file = io.BytesIO()
    large = pixels.repeat(6, axis=0).repeat(6, axis=1)
    matplotlib.image.imsave(file, large, cmap="gray", vmin=0, vmax=255, format="png")
    return base64.b64encode(file.getvalue()).decode()
