"""What a learned kernel looks like, as a number."""

import numpy as np
import torch


def plane_energy(kernels):
    r"""Return how much of every kernel is an edge detector: the share of its energy in two slopes.

    The best-fitting plane without its constant, the horizontal slope :math:`h` and the vertical
    slope :math:`v` of the kernel's grid, both of length 1, explains of a kernel :math:`w` the share

    .. math:: \frac{(w \cdot h)^2 + (w \cdot v)^2}{w \cdot w}

    A linear ramp has 1, Sobel's kernel 8 / 9, a line or a blob 0, and random kernels of K x L numbers
    on average 2 / (K L). It measures the shape of an edge, not of every useful detector.
    Used in the chapter *Laboratory*.

    Parameters
    ----------
    kernels : array_like or torch.Tensor
        Shape (N, K, L) or (N, 1, K, L), at least 2 x 2.

    Returns
    -------
    numpy.ndarray
        Shape (N,), in 0..1; nan for a kernel of zeros, which has no shape.

    Raises
    ------
    ValueError
        For another shape.

    Examples
    --------
    >>> sobel, line = [[1, 0, -1], [2, 0, -2], [1, 0, -1]], [[-1, 2, -1]] * 3
    >>> plane_energy([sobel, line]).round(3)
    array([0.889, 0.   ])
    """
    if isinstance(kernels, torch.Tensor):
        kernels = kernels.detach().cpu()
    kernels = np.asarray(kernels, dtype=float)
    if kernels.ndim == 4 and kernels.shape[1] == 1:
        kernels = kernels[:, 0]
    if kernels.ndim != 3 or min(kernels.shape[1:]) < 2:
        raise ValueError(
            f"plane_energy expects kernels of shape (N, K, L), 2 x 2 or more, got {kernels.shape}."
        )
    slopes = [axis - axis.mean() for axis in np.indices(kernels.shape[1:])]  # orthogonal to each other
    explained = sum((kernels * slope).sum(axis=(1, 2)) ** 2 / (slope**2).sum() for slope in slopes)  # (N,)
    with np.errstate(invalid="ignore"):
        return explained / (kernels**2).sum(axis=(1, 2))


def degree_basis():
    """Return nine patterns of 3 x 3, of length 1 and orthogonal to each other, and their degrees.

    A kernel is a surface over its grid, and these are the polynomials of which it is the sum: degree 0
    is the constant, 1 the two slopes that `plane_energy` takes, 2 the three curvatures, and what varies
    faster has 3 or 4. The squares of a kernel's products with the patterns add up to its energy.

    Returns
    -------
    patterns : numpy.ndarray
        Shape (9, 3, 3).
    degrees : numpy.ndarray
        Shape (9,).

    Examples
    --------
    >>> patterns, degrees = degree_basis()
    >>> sobel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
    >>> squares = (patterns * sobel).sum(axis=(1, 2)) ** 2 / 12
    >>> [squares[degrees == degree].sum().round(3).item() for degree in range(5)]
    [0.0, 0.889, 0.0, 0.111, 0.0]
    """
    rows = np.array([[1, 1, 1], [-1, 0, 1], [1, -2, 1]])  # constant, slope, curvature of three numbers
    rows = rows / np.sqrt((rows**2).sum(axis=1, keepdims=True))
    patterns = np.einsum("ai,bj->abij", rows, rows).reshape(9, 3, 3)
    return patterns, np.add.outer(range(3), range(3)).ravel()
