"""From logits to probabilities, to a loss, to the gradient that starts the backward pass."""

import numpy as np

from course_lib.numpy_cnn.base import described


def softmax(logits):
    r"""Return the probabilities of the classes, rows that sum to one.

    .. math:: p_c = e^{z_c} / \sum_k e^{z_k}

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (N, num_classes).

    Examples
    --------
    >>> softmax(np.array([[0.0, np.log(3.0)]]))
    array([[0.25, 0.75]])
    >>> softmax(np.array([[1000.0, 1000.0]]))  # no overflow
    array([[0.5, 0.5]])
    """
    return np.exp(_log_softmax(logits))


def cross_entropy(logits, labels):
    r"""Return the mean negative log-likelihood and its gradient with respect to the logits.

    .. math:: L = -\frac{1}{N} \sum_n \log p_{n, t_n}, \qquad
              \frac{\partial L}{\partial z_{nc}} = \frac{p_{nc} - [c = t_n]}{N}

    Parameters
    ----------
    logits : numpy.ndarray
        Shape (N, num_classes).
    labels : numpy.ndarray
        Shape (N,), integers in 0..num_classes - 1.

    Returns
    -------
    loss : float
    grad_logits : numpy.ndarray
        Shape (N, num_classes).

    Raises
    ------
    ValueError
        For labels of another shape or type, or outside the classes.

    Examples
    --------
    >>> loss, grad_logits = cross_entropy(np.zeros((1, 2)), np.array([1]))
    >>> round(loss, 4), grad_logits
    (0.6931, array([[ 0.5, -0.5]]))
    """
    log_probabilities = _log_softmax(logits)  # (N, num_classes)
    _check_labels(labels, *logits.shape)
    own = np.arange(len(labels)), labels
    loss = -log_probabilities[own].sum() / len(labels)  # (), the mean
    grad_logits = np.exp(log_probabilities)
    grad_logits[own] -= 1
    grad_logits /= len(labels)
    return float(loss), grad_logits


def correct_answers(logits, labels):
    """Return whether each row's largest logit is its label's, shape (N,); nan is no answer."""
    answers = logits.argmax(axis=1)  # the first nan, where there is one
    largest = logits[np.arange(len(labels)), answers]
    return (answers == labels) & (largest == largest)  # nan equals nothing


def _log_softmax(logits):
    if not isinstance(logits, np.ndarray) or logits.ndim != 2 or logits.size == 0:
        raise ValueError(f"Expected an array of logits of shape (N, num_classes), got {described(logits)}.")
    if logits.dtype.kind != "f":  # integers would round every probability to 0 or 1
        raise ValueError(f"Expected logits in floating-point numbers, got {logits.dtype}: use astype(float).")
    shifted = logits - logits.max(axis=1, keepdims=True)  # (N, num_classes), at most 0: no overflow
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def _check_labels(labels, num_samples, num_classes):
    kind = getattr(getattr(labels, "dtype", None), "kind", type(labels).__name__)
    if np.shape(labels) != (num_samples,) or kind not in "iu":
        raise ValueError(
            f"Expected {num_samples} integer labels, one per row of the logits, "
            f"got shape {np.shape(labels)} and dtype {getattr(labels, 'dtype', type(labels).__name__)}."
        )
    low, high = labels.min(), labels.max()
    if low < 0 or high >= num_classes:
        raise ValueError(
            f"The logits have {num_classes} classes, so labels must lie in 0..{num_classes - 1}; "
            f"got labels from {low} to {high}."
        )
