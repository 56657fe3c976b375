"""Move a digit and watch what several models make of it, at every shift."""

import base64
import html
from numbers import Integral

import numpy as np
import torch

from course_lib.data import shift_images
from course_lib.training import predict
from course_lib.widgets.base import Widget

MOST_BYTES = 150_000  # of probabilities; base64 makes four bytes of three


class ShiftLab(Widget):
    """Images that can be dragged, and the probabilities that models give at every shift.

    All probabilities are computed here, once, and rounded to 1/255; the figure looks them up.

    Parameters
    ----------
    images : torch.Tensor, shape (N, 1, H, W)
        A few images as the models take them.
    models : dict of str to torch.nn.Module
        Each from images to logits (N, num_classes), by the name that the figure shows.
    most_shift : int
        The images move by up to so many pixels in each of the four directions.
    labels : sequence of int, optional
        The right classes. Without them, what a model answers to the unmoved image counts.
    class_names : sequence of str, optional
        The default is 0, 1, 2, ...
    fill : float, optional
        What comes in at the borders; the default is the smallest value of the images.

    Raises
    ------
    ValueError
        For images of another shape, no models, a shift that leaves nothing to see, labels or
        class names that do not fit, models that answer with numbers that are not finite, and more
        probabilities than a page should carry.
    """

    name = "shift_lab"
    parts = ("probabilities",)
    label = "Shift lab"
    tip = "Find the smallest shift that changes an answer, for each model."

    def __init__(self, images, models, most_shift=8, *, labels=None, class_names=None, fill=None):
        super().__init__()
        self.images = torch.as_tensor(images).detach().cpu()
        _check(self.images, models, most_shift)
        self.names, self.most_shift = tuple(models), int(most_shift)
        self.fill = float(self.images.min() if fill is None else fill)
        self.probabilities = self._probabilities(models)
        num_classes = self.probabilities.shape[-1]
        self.class_names = tuple(map(str, range(num_classes) if class_names is None else class_names))
        if len(self.class_names) != num_classes:
            raise ValueError(f"The models have {num_classes} classes, got {len(self.class_names)} names.")
        self.labels = None if labels is None else _checked_labels(labels, len(self.images), num_classes)

    def _probabilities(self, models):
        """Return bytes of shape (N, num_models, shifts down, shifts right, num_classes)."""
        steps = range(-self.most_shift, self.most_shift + 1)
        moved = [shift_images(self.images, down, right, self.fill) for down in steps for right in steps]
        logits = [predict(model, torch.cat(moved)).cpu() for model in models.values()]
        for name, values in zip(models, logits, strict=True):
            if not values.isfinite().all():
                raise ValueError(f"The logits of the model {name!r} must be finite, got {_odd(values)}.")
        if len({values.shape for values in logits}) > 1:
            counts = [values.shape[1] for values in logits]
            raise ValueError(f"All models need the same classes, got {counts} of them.")
        probabilities = torch.stack(logits).softmax(dim=-1)  # (M, S * S * N, K)
        if probabilities.numel() > MOST_BYTES:
            raise ValueError(
                f"{probabilities.numel():,} probabilities are too many for a page (at most {MOST_BYTES:,}): "
                "use fewer images or models, or a smaller most_shift."
            )
        shape = (len(models), len(steps), len(steps), len(self.images), probabilities.shape[-1])
        return (255 * probabilities).round().byte().reshape(shape).permute(3, 0, 1, 2, 4).numpy()

    def data(self):
        """Return the images and the probabilities as base64 bytes, and what their numbers mean."""
        return {
            "height": self.images.shape[2], "width": self.images.shape[3], "most": self.most_shift,
            "models": self.names, "classes": self.class_names, "labels": self.labels,
            "pixels": _base64(self._grey(self.images.numpy())), "fill": int(self._grey(self.fill)),
            "probabilities": _base64(self.probabilities),
        }  # fmt: skip

    def fallback(self):
        """Return a table of answers for the first image, moved to the right."""
        steps = range(0, self.most_shift + 1, 2)
        heads = "".join(f'<th scope="col">{step}</th>' for step in steps)
        rows = "".join(
            f'<tr><th scope="row">{html.escape(name)}</th>'
            + "".join(f"<td>{self._answer(model, step)}</td>" for step in steps)
            + "</tr>"
            for model, name in enumerate(self.names)
        )
        return (
            "<table><caption>What each model answers when the first image moves to the right</caption>"
            f'<thead><tr><th scope="col">pixels</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
            "<p>With JavaScript, every image can be moved in all directions.</p>"
        )

    def _answer(self, model, right):
        values = self.probabilities[0, model, self.most_shift, self.most_shift + right]
        return f"{html.escape(self.class_names[values.argmax()])} ({values.max() / 2.55:.0f} %)"

    def _grey(self, values):
        low = min(float(self.images.min()), self.fill)
        span = max(float(self.images.max()), self.fill) - low or 1.0
        return np.round((np.asarray(values) - low) / span * 255).astype(np.uint8)


def _check(images, models, most_shift):
    if images.ndim != 4 or images.shape[1] != 1 or len(images) == 0 or not images.is_floating_point():
        raise ValueError(
            f"images must be floats of shape (N, 1, H, W), got {images.dtype} {tuple(images.shape)}."
        )
    if not isinstance(models, dict) or not models:
        raise ValueError(f"models must be a dictionary of at least one model by name, got {models!r}.")
    most = min(images.shape[2:]) - 1
    whole = isinstance(most_shift, Integral) and not isinstance(most_shift, bool)
    if not whole or not 1 <= most_shift <= most:
        raise ValueError(f"most_shift must be an integer between 1 and {most}, got {most_shift!r}.")


def _checked_labels(labels, num_images, num_classes):
    labels = [int(label) for label in labels]
    if len(labels) != num_images or not all(0 <= label < num_classes for label in labels):
        raise ValueError(f"Expected {num_images} labels in 0..{num_classes - 1}, got {labels}.")
    return labels


def _odd(values):
    """Return the first number that is not finite."""
    return values[~values.isfinite()][0].item()


def _base64(values):
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
