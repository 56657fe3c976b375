"""How good, and how sure: accuracies with intervals, means with spreads, two models side by side."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from course_lib.checks import check_integer

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

    For 95 of 100 test sets drawn at random it contains the true accuracy of this one model. It is
    no forecast: the accuracy on a second test set of the same size falls inside only about 83 times
    in 100, because both sets vary. It does not know how far another training run would move the
    figure, and it is not made for comparing two models on the same images: see `compare_on_images`.
    Derived in the chapter on data and baselines.

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


@dataclass(frozen=True, repr=False)
class Comparison:
    """A difference a - b of two fractions, its standard error and its 95 % interval (low, high).

    Printed in percentage points, with its sign: positive where a is larger.
    """

    difference: float
    standard_error: float
    low: float
    high: float
    p_value: float

    def __repr__(self):
        numbers = (100 * number for number in (self.difference, self.low, self.high))
        difference, low, high = (f"{number:+.2f}" for number in numbers)
        p = "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.3f}"
        return f"{difference} points (95 %: {low} to {high}), {self._sample()}, {p}"


@dataclass(frozen=True, repr=False)
class ImageComparison(Comparison):
    """Two models on the same images; ``only_a`` and ``only_b`` count what one of them alone gets right."""

    only_a: int
    only_b: int

    def _sample(self):
        return f"{self.only_a} against {self.only_b} images"


@dataclass(frozen=True, repr=False)
class SeedComparison(Comparison):
    """Two methods with the same seeds."""

    num_seeds: int

    def _sample(self):
        return f"{self.num_seeds} seeds"


def compare_on_images(correct_a, correct_b, num_resamples=2000, seed=0):
    """Compare two models on the same images: is one more often right than by chance?

    The p-value is McNemar's, in its exact form: among the images that only one of the two gets
    right, each is a coin toss if the models are equally good. The interval is a percentile
    bootstrap over images. Both speak of these two trained models, not of other training runs.

    Parameters
    ----------
    correct_a, correct_b : sequence of bool
        Shape (N,), whether each image was classified correctly.
    num_resamples : int, optional
        Of the bootstrap.
    seed : int, optional
        Of the bootstrap.

    Returns
    -------
    ImageComparison
        ``.difference .standard_error .low .high`` in fractions, ``.only_a .only_b .p_value``.

    Raises
    ------
    ValueError
        For answers that are no bools, none at all, or of two lengths.

    References
    ----------
    McNemar (1947), Note on the sampling error of the difference between correlated proportions.

    Examples
    --------
    >>> a = np.array([True] * 95 + [False] * 5)
    >>> b = np.array([True] * 85 + [False] * 14 + [True])
    >>> compare_on_images(a, b)
    +9.00 points (95 %: +3.00 to +15.00), 10 against 1 images, p = 0.012
    """
    correct_a, correct_b = _answers(correct_a), _answers(correct_b)
    check_integer("num_resamples", num_resamples, least=100)
    num_images = len(correct_a)
    if len(correct_b) != num_images:
        raise ValueError(f"Expected answers on the same images, got {num_images} and {len(correct_b)}.")
    only_a = int((correct_a & ~correct_b).sum())
    only_b = int((correct_b & ~correct_a).sum())
    difference = (only_a - only_b) / num_images
    # An image adds 1, -1 or 0 to the difference, so that drawing N images with replacement
    # is drawing these three counts.
    shares = np.array([only_a, only_b, num_images - only_a - only_b]) / num_images
    counts = np.random.default_rng(seed).multinomial(num_images, shares, num_resamples)
    low, high = np.quantile((counts[:, 0] - counts[:, 1]) / num_images, (0.025, 0.975)).tolist()
    standard_error = math.sqrt((shares[0] + shares[1] - difference**2) / num_images)
    p_value = _coin_toss_p(only_a, only_b)
    return ImageComparison(difference, standard_error, low, high, p_value, only_a, only_b)


def compare_over_seeds(values_a, values_b):
    """Compare two methods that were run with the same seeds, by their differences seed by seed.

    The interval and the p-value are those of the paired t test with n - 1 degrees of freedom: they
    suppose that the differences scatter about normally. With three seeds the interval is 2.5
    standard deviations of the differences to each side: three seeds settle only what is large.

    Parameters
    ----------
    values_a, values_b : sequence of float
        One fraction (an accuracy) per seed, in the same order of seeds.

    Returns
    -------
    SeedComparison
        ``.difference .standard_error .low .high .p_value``

    Raises
    ------
    ValueError
        For fewer than two seeds, two lengths, or values that are not finite.

    Examples
    --------
    >>> compare_over_seeds([0.97, 0.98, 0.99], [0.95, 0.97, 0.97])
    +1.67 points (95 %: +0.23 to +3.10), 3 seeds, p = 0.038
    """
    values_a, values_b = np.asarray(values_a, dtype=float), np.asarray(values_b, dtype=float)
    if values_a.ndim != 1 or values_a.shape != values_b.shape or len(values_a) < 2:
        raise ValueError(
            f"Expected one value per seed and the same seeds, at least 2, "
            f"got shapes {values_a.shape} and {values_b.shape}."
        )
    if not (np.isfinite(values_a).all() and np.isfinite(values_b).all()):
        raise ValueError(f"Expected finite values, got {values_a} and {values_b}.")
    num_seeds = len(values_a)
    difference, spread = mean_and_spread(values_a - values_b)
    standard_error = spread / math.sqrt(num_seeds)
    half = float(special.stdtrit(num_seeds - 1, 0.975)) * standard_error
    p_value = _t_test_p(difference, standard_error, num_seeds - 1)
    return SeedComparison(
        difference, standard_error, difference - half, difference + half, p_value, num_seeds
    )


def _answers(correct):
    answers = np.asarray(correct)
    if answers.ndim != 1 or answers.dtype != bool or len(answers) == 0:
        raise ValueError(
            f"Expected one True or False per image, shape (N,), got shape {answers.shape} "
            f"and type {answers.dtype}: pass predictions == labels."
        )
    return answers


def _coin_toss_p(heads, tails):
    """Return the two-sided p-value of a fair coin, from whole numbers: no rounding, no approximation."""
    num_tosses, term, total = heads + tails, 1, 0
    for k in range(min(heads, tails) + 1):
        total += term  # term: num_tosses over k
        term = term * (num_tosses - k) // (k + 1)
    return min(1.0, 2 * total / 2**num_tosses)


def _t_test_p(difference, standard_error, degrees_of_freedom):
    if standard_error == 0:  # the same difference with every seed
        return 0.0 if difference else 1.0
    return float(2 * special.stdtr(degrees_of_freedom, -abs(difference) / standard_error))


def _check(accuracy, num_samples):
    if not 0 <= accuracy <= 1:
        raise ValueError(f"accuracy must be a fraction in 0..1, got {accuracy!r}.")
    check_integer("num_samples", num_samples, least=1)
