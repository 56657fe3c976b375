"""Guess which map comes from the network that can read, then erase ink in its order and in others."""

import base64
import html

import numpy as np
import torch

from course_lib.evaluation import predict
from course_lib.widgets.base import Widget

STEPS = 10  # tenths of the ink
ORDERS = ("brightness", "chance")
MOST_PIXELS = 20_000  # of maps; base64 makes four bytes of three
INK = 0.1  # of the range of an image: what is darker counts as background


class MapBench(Widget):
    """Unlabelled maps of images, to tell apart by eye and then by what erasing ink does.

    For every image the figure shows the maps in a random order. After a guess it says where each
    comes from, and erases the image's ink in the order of the first map, of brightness, and of
    chance; how sure the model remains was computed here.

    Parameters
    ----------
    model : torch.nn.Module
        From images to logits (N, num_classes): the network of the first map.
    images : torch.Tensor
        Shape (N, 1, H, W), bright ink on a dark background.
    labels : sequence of int
        The right classes.
    maps : dict of str to torch.Tensor
        From two to six maps by what the figure calls them, each of shape (N, H, W); positive values
        speak for the label. The first one is the answer.
    seed : int, optional
        Of the places of the maps and of the order by chance.

    Raises
    ------
    ValueError
        For shapes that do not belong together, maps that are not finite, an image without ink, or
        more numbers than a page should carry.
    """

    name = "map_bench"
    parts = ("packed",)
    label = "Map bench"
    tip = "Guess for all images before you look for a pattern. How many right answers would chance give?"

    def __init__(self, model, images, labels, maps, *, seed=0):
        super().__init__()
        self.images = torch.as_tensor(images).detach().cpu()
        self.labels = torch.as_tensor(labels).detach().cpu()
        self.maps = {str(name): torch.as_tensor(values).detach().cpu() for name, values in maps.items()}
        _check(self.images, self.labels, self.maps)
        rng = np.random.default_rng(seed)
        self.places = [rng.permutation(len(self.maps)).tolist() for _ in self.images]
        self.orders = [self._orders_of(number, rng) for number in range(len(self.images))]
        self.sureness = self._sureness(model)

    def _orders_of(self, number, rng):
        """Return the pixels with ink of one image in three orders, shape (3, count)."""
        picture = self.images[number, 0].flatten().numpy()
        ink = np.flatnonzero(picture > picture.min() + INK * np.ptp(picture))
        if not len(ink):
            raise ValueError(f"Image number {number} has no ink to erase: all its pixels are alike.")
        first = next(iter(self.maps.values()))[number].flatten().numpy()
        by_map, by_brightness = (ink[np.argsort(-values[ink], kind="stable")] for values in (first, picture))
        return np.stack([by_map, by_brightness, rng.permutation(ink)])

    def erased(self, number):
        """Return one image with 0, 1, ... 10 tenths of its ink gone, shape (3, 11, 1, H, W)."""
        image = self.images[number]
        made = image.flatten().repeat(3, STEPS + 1, 1)  # (3, 11, H W)
        for order, pixels in enumerate(self.orders[number]):
            for step in range(STEPS + 1):
                made[order, step, torch.from_numpy(pixels[: _count(len(pixels), step)])] = image.min()
        return made.reshape(3, STEPS + 1, *image.shape)

    def _sureness(self, model):
        """Return the probability of the label for every erased image, in bytes (N, 3, 11)."""
        sure = []
        for number, label in enumerate(self.labels):
            probabilities = predict(model, self.erased(number).flatten(0, 1)).cpu().softmax(dim=1)
            sure.append(probabilities[:, label].reshape(3, STEPS + 1))
        return (255 * torch.stack(sure)).round().byte().numpy()

    def data(self):
        """Return images, maps, orders and probabilities as base64 bytes."""
        orders = np.concatenate([order.ravel() for order in self.orders]).astype("<u2")
        maps = torch.stack(list(self.maps.values()), dim=1)  # (N, M, H, W)
        largest = maps.abs().amax(dim=(2, 3), keepdim=True).clamp(min=1e-12)
        low, high = (self.images.amin(dim=(1, 2, 3), keepdim=True), self.images.amax((1, 2, 3), keepdim=True))
        grey = (255 * (self.images - low) / (high - low)).round().byte()
        return {
            "height": self.images.shape[2], "width": self.images.shape[3],
            "names": list(self.maps), "labels": self.labels, "places": self.places,
            "pixels": _base64(grey), "maps": _base64((127 * maps / largest).round().to(torch.int8)),
            "orders": _base64(orders), "counts": [order.shape[1] for order in self.orders],
            "sure": _base64(self.sureness),
        }  # fmt: skip

    def fallback(self):
        """Return a table of what erasing does to the first image."""
        names = (next(iter(self.maps)), *ORDERS)
        rows = "".join(
            f'<tr><th scope="row">{html.escape(name)}</th>'
            + "".join(f"<td>{value / 2.55:.0f}</td>" for value in self.sureness[0, order, ::2])
            + "</tr>"
            for order, name in enumerate(names)
        )
        heads = "".join(f'<th scope="col">{10 * step}</th>' for step in range(0, STEPS + 1, 2))
        return (
            "<table><caption>Probability of the class (%) when ink of the first image is erased</caption>"
            f'<thead><tr><th scope="col">ink erased (%)</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
            "<p>With JavaScript, maps can be guessed and images be erased step by step.</p>"
        )


def _count(ink, step):
    """How many pixels are gone after a step: rounded, halves up, as the script does it."""
    return (2 * ink * step + STEPS) // (2 * STEPS)


def _check(images, labels, maps):
    if images.ndim != 4 or images.shape[1] != 1 or len(images) == 0 or not images.is_floating_point():
        raise ValueError(
            f"images must be floats of shape (N, 1, H, W), got {images.dtype} {tuple(images.shape)}."
        )
    if labels.shape != images.shape[:1]:
        raise ValueError(f"Expected one label per image, got {len(images)} and {tuple(labels.shape)}.")
    if not 2 <= len(maps) <= 6:
        raise ValueError(f"There must be 2 to 6 maps to choose from, got {len(maps)}.")
    expected = (len(images), *images.shape[2:])
    for name, values in maps.items():
        if tuple(values.shape) != expected or not values.isfinite().all():
            raise ValueError(
                f"The map {name!r} must hold finite numbers of shape {expected}, got {tuple(values.shape)}."
            )
    total = len(maps) * images.numel()
    if total > MOST_PIXELS:
        raise ValueError(
            f"{total:,} pixels of maps are too many for a page (at most {MOST_PIXELS:,}): use fewer images."
        )


def _base64(values):
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
