"""Turn a digit and hear what several models make of it, and how often they are right at that angle."""

import base64
import html

import numpy as np
import torch

from course_lib.checks import check_integer
from course_lib.data import turn_images
from course_lib.training import predict
from course_lib.widgets.base import Widget
from course_lib.widgets.layers import packed_layers

STEP = 15  # degrees between two angles at which the accuracy is known
ANGLES = tuple(range(-180, 181, STEP))  # clockwise
MOST_SHOWN = 40
MOST_BYTES = 400_000  # of weights in base64


class TurnLab(Widget):
    """A digit that can be turned and moved, the answers of models to it, live, and their accuracy by angle.

    The models run in the page: their weights come along as float16. Below them, a strip for each
    model shows how many of all given images it gets right at every angle; that was computed here.

    Parameters
    ----------
    models : dict of str to torch.nn.Module
        Stacks of layers from images (N, 1, S, S) to logits, by the name that the figure shows.
    images : torch.Tensor, shape (N, 1, S, S)
        The images that the accuracies are about, as the models take them.
    labels : torch.Tensor, shape (N,)
        The right classes.
    per_class : int, optional
        The first so many images of each class can be turned, at most 40 in all.
    mean, std : float
        What was subtracted from the brightness between 0 and 1, and what it was divided by; as in
        ``data.mean`` and ``data.std``.
    class_names : sequence of str, optional
        The default is 0, 1, 2, ...

    Attributes
    ----------
    angles : tuple of int
        -180, -165, ... 180: degrees clockwise.
    accuracy : numpy.ndarray, shape (num_models, 25)
        The share of right answers when all images are turned by each of these angles.

    Raises
    ------
    ValueError
        For no models, a layer that the figure cannot compute, images that are not square or not
        finite, labels or class names that do not fit, models with different classes, a standard
        deviation that is not positive, and more weights than a page should carry.
    """

    name = "turn_lab"
    parts = ("packed", "forward", "probabilities")
    label = "Turn lab"
    angles = ANGLES
    tip = (
        "Turn a 6 all the way round. Which models change their minds, at which angle, and who is wrong then?"
    )

    def __init__(self, models, images, labels, *, per_class=1, mean=0.1307, std=0.3081, class_names=None):
        super().__init__()
        self.images, self.labels = torch.as_tensor(images).detach().cpu(), torch.as_tensor(labels).cpu()
        _check(models, self.images, self.labels, std)
        self.mean, self.std, self.shown = float(mean), float(std), _first(self.labels, per_class)
        self.layers = {str(name): packed_layers(name, model) for name, model in models.items()}
        size = sum(len(v) for layers in self.layers.values() for layer in layers for v in _texts(layer))
        if size > MOST_BYTES:
            raise ValueError(f"{size:,} bytes of weights are too many for a page (at most {MOST_BYTES:,}).")
        self.class_names = self._class_names(models, class_names)
        self.accuracy = self._accuracy(models)

    def _class_names(self, models, names):
        """Return the names of the classes, after a look at how many the models have."""
        counts = [predict(model, self.images[:1]).shape[1] for model in models.values()]
        if len(set(counts)) > 1:
            raise ValueError(f"All models need the same classes, got {counts} of them.")
        names = tuple(map(str, range(counts[0]) if names is None else names))
        if len(names) != counts[0]:
            raise ValueError(f"The models have {counts[0]} classes, got {len(names)} names.")
        if not 0 <= int(self.labels.min()) <= int(self.labels.max()) < len(names):
            raise ValueError(f"Labels must lie in 0..{len(names) - 1}, got {self.labels.tolist()[:20]}.")
        return names

    def _accuracy(self, models):
        """Return the share of right answers of every model at every angle, shape (num_models, 25)."""
        right = []
        for angle in ANGLES:
            turned = turn_images(self.images, -angle, fill=-self.mean / self.std)
            answers = [predict(model, turned).argmax(dim=1).cpu() for model in models.values()]
            right.append([(answer == self.labels).double().mean().item() for answer in answers])
        return np.array(right).T

    def pixels(self):
        """Return the images that can be turned as brightness from 0 to 255, shape (num_shown, S, S)."""
        brightness = self.images[self.shown, 0].numpy() * self.std + self.mean
        return np.round(255 * brightness.clip(0, 1)).astype(np.uint8)

    def data(self):
        """Return the layers of every model, the digits, and the accuracies by angle."""
        return {
            "models": [{"name": name, "layers": layers} for name, layers in self.layers.items()],
            "side": self.images.shape[-1], "mean": self.mean, "std": self.std,
            "classes": self.class_names, "labels": self.labels[self.shown].tolist(),
            "pixels": base64.b64encode(self.pixels().tobytes()).decode(),
            "angles": self.angles, "accuracy": self.accuracy.round(4), "count": f"{len(self.images):,}",
        }  # fmt: skip

    def fallback(self):
        """Return a table of accuracies for a few angles."""
        few = [ANGLES.index(angle) for angle in (-90, -45, -30, 0, 30, 45, 90, 180)]
        heads = "".join(f'<th scope="col">{ANGLES[k]}'.replace("-", "\u2212") + "</th>" for k in few)
        rows = "".join(
            f'<tr><th scope="row">{html.escape(name)}</th>'
            + "".join(f"<td>{100 * self.accuracy[model, k]:.1f}</td>" for k in few)
            + "</tr>"
            for model, name in enumerate(self.layers)
        )
        return (
            f"<table><caption>Right answers to {len(self.images):,} turned images, in percent</caption>"
            f'<thead><tr><th scope="col">degrees clockwise</th>{heads}</tr></thead>'
            f"<tbody>{rows}</tbody></table>"
            "<p>With JavaScript, single images can be turned and moved by hand.</p>"
        )


def _texts(layer):
    return (value for value in layer.values() if isinstance(value, str))


def _first(labels, per_class):
    """Return where the first few images of each class are, in the order of the classes."""
    check_integer("per_class", per_class, 1)
    places = [(labels == label).nonzero().flatten()[:per_class] for label in labels.unique()]
    count = sum(map(len, places))
    if count > MOST_SHOWN:
        raise ValueError(f"{count} images to turn are too many for a page (at most {MOST_SHOWN}).")
    return torch.cat(places)


def _check(models, images, labels, std):
    if not isinstance(models, dict) or not models:
        raise ValueError(f"models must be a dictionary of at least one model by name, got {models!r}.")
    square = images.ndim == 4 and images.shape[1] == 1 and images.shape[2] == images.shape[3]
    if not square or len(images) == 0 or not images.is_floating_point():
        raise ValueError(
            f"images must be floats of shape (N, 1, S, S), got {images.dtype} {tuple(images.shape)}."
        )
    if not images.isfinite().all():
        raise ValueError("images must hold finite numbers.")
    if labels.shape != images.shape[:1] or labels.is_floating_point():
        raise ValueError(
            f"Expected {len(images)} whole numbers as labels, got {labels.dtype} {tuple(labels.shape)}."
        )
    if not std > 0:
        raise ValueError(f"std must be positive, got {std!r}.")
