"""Depth lab: how large activations and gradients are, layer by layer, and what sets their size."""

import numpy as np
import torch
from torch import nn

from course_lib.checks import check_integer, is_number
from course_lib.models import Block
from course_lib.widgets.base import Widget

WIDTH, BATCH = 64, 32
MOST_LAYERS, MOST_DRAWS = 40, 1000
LEAST_VARIANCE, MOST_VARIANCE = 0.1, 4.0
PRESETS = {"torch's, 1/(3n)": 1 / 3, "1/n": 1.0, "He's, 2/n": 2.0}


class DepthLab(Widget):
    """A batch on its way up through many layers, and the gradient on its way down, with dials.

    Every layer is dense, 64 units wide and without a bias: ``relu(x W^T)``, with batch normalisation
    before the ReLU if it is switched on; with skips ``relu(x + branch_scale * x W^T)``. The 32 rows of
    the batch are fixed. The page draws the weights itself and computes everything anew at each change.

    Parameters
    ----------
    depth : int, optional
        Layers, from 1 to 40.
    variance : float, optional
        Of a weight, times the number of inputs n: 2 is He's choice, 1/3 torch's.
    normalised, residual : bool, optional
        Whether layers have a batch normalisation, and a skip around them.
    branch_scale : float, optional
        The factor of the branch, from 0 to 1; of use only with skips.
    draw : int, optional
        Which random weights.

    Raises
    ------
    ValueError
        For dials beyond their ends.

    Examples
    --------
    >>> activations, gradients = DepthLab(depth=20, variance=1 / 3).sizes()
    >>> bool(1e-17 < activations[-1] < 1e-14), bool(1e-17 < gradients[0] < 1e-14)  # about 6**-20
    (True, True)
    """

    name = "depth_lab"
    parts = ("fluid",)
    label = "Depth lab"
    tip = (
        "With batch normalisation, change the variance of the weights: what no longer matters, and which "
        "of the two lines still is not level? Then find a branch scale with which forty layers with skips "
        "need no normalisation."
    )

    def __init__(self, depth=20, variance=2.0, normalised=False, residual=False, branch_scale=1.0, draw=0):
        super().__init__()
        self.depth = check_integer("depth", depth, least=1)
        self.draw = check_integer("draw", draw, least=0)
        if self.depth > MOST_LAYERS or self.draw >= MOST_DRAWS:
            raise ValueError(f"At most {MOST_LAYERS} layers, draws below {MOST_DRAWS}, got {depth}, {draw}.")
        for name, value, low, high in (
            ("variance", variance, LEAST_VARIANCE, MOST_VARIANCE), ("branch_scale", branch_scale, 0, 1),
        ):  # fmt: skip
            if not is_number(value) or not low <= value <= high:
                raise ValueError(f"{name} must be a number from {low:g} to {high:g}, got {value!r}.")
        self.variance, self.branch_scale = float(variance), float(branch_scale)
        self.normalised, self.residual = bool(normalised), bool(residual)

    def network(self):
        """Return the layers that the dials describe, as torch modules in float64."""
        layers = []
        for layer in range(self.depth):
            dense = nn.Linear(WIDTH, WIDTH, bias=False, dtype=torch.float64)
            weights = noise(self.draw, 1 + layer, WIDTH * WIDTH).reshape(WIDTH, WIDTH)
            dense.weight.data = torch.from_numpy(weights * np.sqrt(3 * self.variance / WIDTH))
            norm = [nn.BatchNorm1d(WIDTH, dtype=torch.float64)] if self.normalised else []
            scale = self.branch_scale if self.residual else None
            layers.append(Block(nn.Sequential(dense, *norm), self.residual, scale))
        return nn.Sequential(*layers)

    def sizes(self):
        """Return the mean squares of activations and gradients, two arrays of shape (depth + 1,).

        Activations from the input on, which has the mean square 1; gradients with respect to them of a
        loss whose gradient at the last layer is random and has the mean square 1.
        """
        batch, upstream = (torch.from_numpy(values) for values in ends(self.draw))
        steps = [batch.requires_grad_()]
        for layer in self.network():
            steps.append(layer(steps[-1]))
        gradients = torch.autograd.grad(steps[-1], steps, upstream)
        return tuple(np.array([v.square().mean().item() for v in values]) for values in (steps, gradients))

    def data(self):
        """Return the dials."""
        return {
            "width": WIDTH, "batch": BATCH, "mostLayers": MOST_LAYERS, "mostDraws": MOST_DRAWS,
            "range": [LEAST_VARIANCE, MOST_VARIANCE], "presets": list(PRESETS.items()),
            "depth": self.depth, "variance": self.variance, "normalised": self.normalised,
            "residual": self.residual, "scale": self.branch_scale, "draw": self.draw,
        }  # fmt: skip

    def fallback(self):
        """Return a table: three variances of the weights, neither normalisation nor skips."""
        rows = ""
        for name, variance in PRESETS.items():
            activations, gradients = DepthLab(self.depth, variance, draw=self.draw).sizes()
            numbers = f"<td>{activations[-1]:.1e}</td><td>{gradients[0]:.1e}</td>"
            rows += f'<tr><th scope="row">{name}</th>{numbers}</tr>'
        return (
            f"<table><caption>Mean squares after {self.depth} layers, on the way up and on the way down"
            '</caption><thead><tr><th scope="col">variance of a weight</th><th scope="col">activations</th>'
            f'<th scope="col">gradients</th></tr></thead><tbody>{rows}</tbody></table>'
            "<p>With JavaScript, depth, variance, batch normalisation, skips and their scale are dials.</p>"
        )


def noise(draw, layer, count):
    """Return numbers that look random, even between -1 and 1: the script makes the same from their places.

    A place (draw, layer and index in one integer) is mixed by the last steps of MurmurHash3 (A. Appleby).
    """
    place = np.arange(count, dtype=np.uint64) + np.uint64((draw * (MOST_LAYERS + 2) + layer) * WIDTH * WIDTH)
    mixed = (place * np.uint64(0x9E3779B9)) & np.uint64(0xFFFFFFFF)  # neighbours far apart
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35), (16, 1)):
        mixed = ((mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)) & np.uint64(0xFFFFFFFF)
    return mixed.astype(np.float64) / 2**31 - 1


def ends(draw):
    """Return what comes in from below and from above, both of shape (BATCH, WIDTH) and mean square 1.

    From below comes what a ReLU would let through.
    """
    both = noise(draw, 0, 2 * BATCH * WIDTH).reshape(2, BATCH, WIDTH)
    both[0] = np.maximum(both[0], 0)
    return both / np.sqrt((both**2).mean(axis=(1, 2), keepdims=True))
