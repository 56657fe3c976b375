"""How the learning rate moves during a training: a factor of its peak for every step."""

import math

SCHEDULES = ("constant", "one-cycle", "cosine", "triangular")


def rate_factor(schedule, step, num_steps, warmup):
    """Return by what the peak learning rate is multiplied at a step.

    "constant" stays at 1. "cosine" falls from 1 along half a wave. "one-cycle" rises along half a
    wave from 1/25 to 1 and falls to 1/250,000, as in Smith and Topin (2017) and PyTorch. "triangular"
    does the same along straight lines, from 1/1000 to 1 and back.

    Parameters
    ----------
    schedule : str
        One of `SCHEDULES`.
    step : int
        0..num_steps - 1.
    num_steps : int
        Of the whole training.
    warmup : float
        The share of the steps on which "one-cycle" and "triangular" rise.

    References
    ----------
    Smith and Topin (2017), Super-convergence, arXiv:1708.07120.

    Examples
    --------
    >>> [round(rate_factor("triangular", step, 9, warmup=1 / 3), 2) for step in range(9)]
    [0.0, 0.5, 1.0, 0.83, 0.67, 0.5, 0.33, 0.17, 0.0]
    """
    if schedule == "constant":
        return 1.0
    if schedule == "cosine":
        return (1 + math.cos(math.pi * step / num_steps)) / 2
    start, end, way = CYCLES[schedule]
    top, last = max(warmup * num_steps - 1, 0), num_steps - 1  # the steps at the peak and at the end
    if step < top:
        return start + (1 - start) * way(step / top)
    return 1 + (end - 1) * way((step - top) / (last - top)) if last > top else 1.0


def _wave(share):
    return (1 - math.cos(math.pi * share)) / 2


def _line(share):
    return share


CYCLES = {"one-cycle": (1 / 25, 1 / 250_000, _wave), "triangular": (1e-3, 1e-3, _line)}  # start, end, way
