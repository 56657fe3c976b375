"""Draw a digit and hear what several models make of it, while the pen moves."""

import base64
import html

import numpy as np
import torch

from course_lib.training import predict
from course_lib.widgets.base import Widget
from course_lib.widgets.layers import packed_layers

SIDE = 28  # pixels of the images that the book's models take
MOST_IMAGES = 26  # each has a letter
MOST_BYTES = 1_000_000  # of weights in base64


class DigitPlayground(Widget):
    """A sheet of paper to draw a digit on, and the probabilities that models give, live.

    The models run in the page: their weights come along as float16. A digit can be drawn with pointer,
    finger or keys, or taken from a few stored ones; it can be moved, and centred as MNIST's are.

    Parameters
    ----------
    models : dict of str to torch.nn.Module
        Stacks of layers from images (N, 1, 28, 28) to logits, by the name that the figure shows.
    images : torch.Tensor, shape (N, 1, 28, 28), optional
        At most 26 digits to begin with, as the models take them.
    mean, std : float
        What was subtracted from the brightness between 0 and 1, and what it was divided by; as in
        ``data.mean`` and ``data.std``.

    Raises
    ------
    ValueError
        For no models, a layer that the figure cannot compute, images of another shape, a standard
        deviation that is not positive, and more weights than a page should carry.
    """

    name = "digit_playground"
    parts = ("packed", "forward", "probabilities")
    label = "Digit playground"
    tip = "Draw a digit, then change one stroke of it until the answers are no longer the same."

    def __init__(self, models, images=None, *, mean=0.1307, std=0.3081):
        super().__init__()
        if not isinstance(models, dict) or not models:
            raise ValueError(f"models must be a dictionary of at least one model by name, got {models!r}.")
        if not std > 0:
            raise ValueError(f"std must be positive, got {std!r}.")
        self.models, self.mean, self.std = models, float(mean), float(std)
        self.images = torch.zeros(0, 1, SIDE, SIDE) if images is None else torch.as_tensor(images)
        if tuple(self.images.shape[1:]) != (1, SIDE, SIDE):
            raise ValueError(f"images must have shape (N, 1, 28, 28), got {tuple(self.images.shape)}.")
        if len(self.images) > MOST_IMAGES:
            raise ValueError(f"Expected at most {MOST_IMAGES} images, got {len(self.images)}.")
        self.layers = {str(name): packed_layers(name, model) for name, model in models.items()}
        size = sum(len(v) for layers in self.layers.values() for layer in layers for v in _texts(layer))
        if size > MOST_BYTES:
            raise ValueError(f"{size:,} bytes of weights are too many for a page (at most {MOST_BYTES:,}).")

    def pixels(self):
        """Return the stored digits as brightness from 0 to 255, shape (N, 28, 28)."""
        brightness = self.images[:, 0].detach().cpu().numpy() * self.std + self.mean
        return np.round(255 * brightness.clip(0, 1)).astype(np.uint8)

    def data(self):
        """Return the layers of every model and the stored digits."""
        return {
            "models": [{"name": name, "layers": layers} for name, layers in self.layers.items()],
            "mean": self.mean, "std": self.std,
            "pixels": base64.b64encode(self.pixels().tobytes()).decode(),
        }  # fmt: skip

    def fallback(self):
        """Return a table of what the models answer to the stored digits."""
        rows = "".join(
            f'<tr><th scope="row">{html.escape(str(name))}</th>{self._answers(model)}</tr>'
            for name, model in self.models.items()
        )
        return (
            "<table><caption>What each model answers to the stored digits</caption>"
            f"<tbody>{rows}</tbody></table><p>With JavaScript, you can draw digits of your own.</p>"
        )

    def _answers(self, model):
        if not len(self.images):
            return ""
        return "".join(f"<td>{int(answer)}</td>" for answer in predict(model, self.images).argmax(dim=1))


def _texts(layer):
    return (value for value in layer.values() if isinstance(value, str))
