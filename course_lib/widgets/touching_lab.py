"""Push one digit into another and see, pixel by pixel, what a straight cut and networks make of the pair."""

import base64
import html

import numpy as np
import torch

from course_lib import segmentation
from course_lib.data.touching import HEIGHT, IGNORED, WIDTH, cut_out, place
from course_lib.evaluation import evaluation_mode, predict
from course_lib.gradient_paths import last_feature_map
from course_lib.widgets.base import Widget

PUSHES = range(-6, 13)  # columns past the first touch; negative ones leave a gap
PERIOD = 8  # boxes repeat with the product of the strides, 8 at most
MOST_ANSWERS = 400  # pictures of 384 bytes; base64 makes four bytes of three
CUT = "column cut"


class TouchingLab(Widget):
    """Two digits of which one can be dragged into the other, and the class that each pixel gets.

    All answers are computed here, once, for every position; the figure looks them up. Beside the
    networks stands a straight cut at the column with the least ink.

    Parameters
    ----------
    pairs : torch.Tensor or numpy.ndarray
        (N, 2, H, W), the left and the right digits, ink from 0 to 1, at most 28 x 28 pixels.
    networks : dict of str to torch.nn.Module
        Each from images (N, 1, 32, 48) to logits (N, 3, 32, 48), by the name that the figure shows.
    pushes : sequence of int, optional
        By how many columns the right digit has gone on after the first touch.

    Raises
    ------
    ValueError
        For pairs of another shape or outside 0..1, digits that do not meet or do not fit, no networks,
        networks that answer in another shape or with numbers that are not finite, and more answers
        than a page should carry.
    """

    name = "touching_lab"
    parts = ("packed",)
    label = "Separate two digits that touch"
    tip = (
        "Point at a pixel near the touch. Could you tell whose it is, if you saw no more than the small box?"
    )

    def __init__(self, pairs, networks, pushes=PUSHES):
        super().__init__()
        self.pushes = tuple(int(push) for push in pushes)
        _check(pairs := np.asarray(pairs, dtype=np.float32), networks, self.pushes)
        placed = [self._placed(number, *pair) for number, pair in enumerate(pairs)]
        self.images, self.labels = (torch.stack(parts).flatten(0, 1) for parts in zip(*placed, strict=True))
        self.names = (CUT, *networks)
        cut = segmentation.cut_at(self.images, segmentation.thinnest_column(self.images))
        answers = [cut, *(_answers(name, network, self.images) for name, network in networks.items())]
        overlaps = [segmentation.digit_overlap(answer, self.labels) for answer in answers]
        shape = (len(pairs), len(self.pushes))
        self.answers = torch.stack(answers, dim=1).unflatten(0, shape)  # (N, pushes, models, 32, 48)
        self.overlaps = torch.stack(overlaps, dim=1).unflatten(0, shape).numpy()  # (N, pushes, models)
        self.reach = [None, *(reach(network) for network in networks.values())]

    def _placed(self, number, left, right):
        """Return images (pushes, 1, 32, 48) and labels (pushes, 32, 48) of one pair, both in the middle."""
        digits = [cut_out(digit) for digit in (left, right)]
        rows = [(HEIGHT - len(digit)) // 2 for digit in digits]
        made = [place(*digits, rows, push) for push in self.pushes]
        if None in made:
            raise ValueError(
                f"Pair number {number} does not meet, or does not fit on {HEIGHT} x {WIDTH} pixels with "
                f"{-min(self.pushes)} pixels between its digits."
            )
        images, labels = (torch.from_numpy(np.stack(arrays)) for arrays in zip(*made, strict=True))
        return images[:, None], labels

    def data(self):
        """Return images, truth and answers as base64 bytes, and the numbers that the sentence needs."""
        truth = torch.where(self.labels == IGNORED, 3, self.labels)
        return {
            "height": HEIGHT, "width": WIDTH, "pushes": self.pushes, "models": self.names,
            "pixels": _base64((15 * self.images).round().numpy()),
            "truth": _base64(_quartered(truth.numpy())), "answers": _base64(_quartered(self.answers.numpy())),
            "overlaps": self.overlaps.round(4).astype(float).round(4), "reach": self.reach,
        }  # fmt: skip

    def fallback(self):
        """Return a table of the overlaps of the first pair."""
        shown = range(0, len(self.pushes), 4)
        heads = "".join(f'<th scope="col">{self.pushes[k]}</th>' for k in shown).replace("-", "\u2212")
        rows = "".join(
            f'<tr><th scope="row">{html.escape(name)}</th>'
            + "".join(f"<td>{self.overlaps[0, k, model]:.2f}</td>" for k in shown)
            + "</tr>"
            for model, name in enumerate(self.names)
        )
        return (
            "<table><caption>Overlap with the truth, by columns past the first touch</caption>"
            f'<thead><tr><th scope="col">pushed by</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
            "<p>With JavaScript, the right digit can be dragged, and each pixel be asked.</p>"
        )


def reach(network):
    """Return how far an answer looks: up, down, left and right of its pixel, by the pixel's place.

    A network that halves its maps looks further to one side or the other, depending on where a pixel
    lies in its window: row and column modulo 8 count. Measured as in `measured_receptive_field`, on a
    canvas twice as large as a pair.

    Returns
    -------
    list of list of int
        Eight times (up, down, left, right), in pixels.

    Examples
    --------
    >>> reach(torch.nn.Conv2d(1, 3, 5, padding=2))[0]
    [2, 2, 2, 2]
    """
    side = 2 * WIDTH
    images = torch.ones(1, 1, side, side, dtype=torch.float64, requires_grad=True)
    found = []
    with torch.enable_grad(), evaluation_mode(network):
        answers = last_feature_map(network, images)
        weights = torch.linspace(1, 2, answers.shape[1], dtype=answers.dtype)
        for phase in range(PERIOD):
            at = WIDTH + phase
            unit = (weights * answers[0, :, at, at]).sum()
            (gradient,) = torch.autograd.grad(unit, images, retain_graph=True)
            rows, columns = gradient[0, 0].nonzero().T
            found.append(
                [at - int(rows.min()), int(rows.max()) - at, at - int(columns.min()), int(columns.max()) - at]
            )
    return found


def _check(pairs, networks, pushes):
    if pairs.ndim != 4 or pairs.shape[1] != 2 or not len(pairs) or max(pairs.shape[2:]) > 28:
        raise ValueError(
            "pairs must have the shape (N, 2, H, W), digits of at most 28 x 28 pixels, "
            f"got {tuple(pairs.shape)}."
        )
    if not ((pairs >= 0) & (pairs <= 1)).all():
        raise ValueError("pairs must hold ink from 0 to 1: data.ink(images) makes it of normalised images.")
    if not isinstance(networks, dict) or not networks or CUT in networks:
        raise ValueError(
            f"networks must be a dictionary of at least one network by name, none called {CUT!r}, "
            f"got {networks!r}."
        )
    if len(pushes) < 2 or list(pushes) != sorted(set(pushes)):
        raise ValueError(f"pushes must be at least two different numbers in rising order, got {pushes}.")
    total = len(pairs) * len(pushes) * (len(networks) + 2)
    if total > MOST_ANSWERS:
        raise ValueError(
            f"{total:,} pictures are too many for a page (at most {MOST_ANSWERS}): "
            "use fewer pairs, networks or pushes."
        )


def _answers(name, network, images):
    logits = predict(network, images).cpu()
    expected = (len(images), 3, HEIGHT, WIDTH)
    if tuple(logits.shape) != expected or not logits.isfinite().all():
        raise ValueError(
            f"The network {name!r} must give finite logits of shape {expected}, got {tuple(logits.shape)}."
        )
    return logits.argmax(dim=1)


def _quartered(classes):
    """Put four classes (0 to 3) into a byte, the first one into the lowest bits."""
    flat = classes.reshape(-1, 4).astype(np.uint8)
    return flat[:, 0] | flat[:, 1] << 2 | flat[:, 2] << 4 | flat[:, 3] << 6


def _base64(values):
    return base64.b64encode(np.ascontiguousarray(values, dtype=np.uint8).tobytes()).decode()
