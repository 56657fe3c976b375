"""Which images to take when not all are wanted: a random choice, never the first ones of a file."""

import numpy as np

from course_lib.checks import is_integer


def sample_indices(labels, num_samples, seed=0):
    """Return the positions of `num_samples` images drawn at random, in random order.

    Stratified: of each class as large a share as in `labels`, rounded up or down. The files of
    MNIST and of scikit-learn's digits are ordered by writer, so that their first images, or their
    last ones, are no fair sample; see the chapter on data and baselines.

    Parameters
    ----------
    labels : torch.Tensor or numpy.ndarray
        Shape (N,), the classes of the images to choose from.
    num_samples : int
    seed : int, optional

    Returns
    -------
    numpy.ndarray
        Shape (num_samples,), different positions in 0..N - 1; it indexes arrays and tensors.

    Raises
    ------
    ValueError
        For labels that are no row, or a number of samples outside 1..N.

    Examples
    --------
    >>> labels = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    >>> labels[sample_indices(labels, 4)]
    array([1, 0, 1, 0])
    """
    labels = np.asarray(labels)
    num_samples = _checked_number(num_samples, labels)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]  # random within each class
    # every (N / n)-th of them, from a random start: a class gets its share, rounded up or down
    positions = (np.arange(num_samples) * len(labels) + rng.integers(len(labels))) // num_samples
    return rng.permutation(by_class[positions])


def _checked_number(num_samples, labels):
    """Return the number of samples as Python's own integer, if so many can be drawn."""
    if labels.ndim != 1:
        raise ValueError(f"Expected labels of shape (N,), got {labels.shape}.")
    if not is_integer(num_samples) or not 1 <= num_samples <= len(labels):
        raise ValueError(
            f"num_samples must be an integer between 1 and {len(labels):,}, "
            f"the number of images, got {num_samples!r}."
        )
    return int(num_samples)
