"""How good, and how sure: accuracies with intervals, means with spreads."""

import math

import numpy as np

Z_95 = 1.959963984540054  # 97.5 % of a standard normal lies below it


def wald_half_width(accuracy, num_samples):
    r"""Return the half width of the textbook 95 % interval of an accuracy.

    .. math:: 1.96 \sqrt{p (1 - p) / n}

    Good in the middle, wrong near 0 and 1 or for few samples: see `accuracy_interval`.

    >>> round(100 * wald_half_width(0.99, 10_000), 2)
    0.2
    """
    _check(accuracy, num_samples)
    return Z_95 * math.sqrt(accuracy * (1 - accuracy) / num_samples)


def accuracy_interval(accuracy, num_samples):
    """Return the 95 % Wilson score interval (low, high) of an accuracy measured on n samples.

    It says how far another test set of the same size might move the figure; it does not
    know how far another training run would. Derived in the chapter on data and baselines.

    Parameters
    ----------
    accuracy : float
        Fraction of correct answers, 0..1.
    num_samples : int
        How many samples it was measured on.

    Raises
    ------
    ValueError
        For an accuracy outside 0..1 or no samples.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference.

    Examples
    --------
    >>> low, high = accuracy_interval(0.99, 10_000)
    >>> round(100 * low, 2), round(100 * high, 2)
    (98.79, 99.18)
    """
    _check(accuracy, num_samples)
    shrink = 1 + Z_95**2 / num_samples
    centre = (accuracy + Z_95**2 / (2 * num_samples)) / shrink
    variance = accuracy * (1 - accuracy) / num_samples + Z_95**2 / (4 * num_samples**2)
    half = Z_95 * math.sqrt(variance) / shrink
    return max(0.0, centre - half), min(1.0, centre + half)


def mean_and_spread(values):
    """Return the mean and the sample standard deviation (n - 1) of results over seeds.

    >>> mean_and_spread([0.96, 0.98])
    (0.97, 0.014142135623730963)
    """
    values = np.asarray(values, dtype=float)
    if values.size < 2:
        raise ValueError(f"A spread needs at least 2 results, got {values.size}.")
    return float(values.mean()), float(values.std(ddof=1))


def _check(accuracy, num_samples):
    if not 0 <= accuracy <= 1:
        raise ValueError(f"accuracy must be a fraction in 0..1, got {accuracy!r}.")
    if num_samples < 1:
        raise ValueError(f"num_samples must be at least 1, got {num_samples!r}.")
