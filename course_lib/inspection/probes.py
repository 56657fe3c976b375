"""What a linear model can read from a network's features."""

import torch
from torch.nn import functional

from course_lib.checks import check_integer

PENALTIES = (0.01, 0.1, 1.0, 10.0)


@torch.no_grad()
def linear_probe(features, labels, num_fit, num_choose):
    """Return how often a linear model on some features is right: ridge regression, on unseen images.

    The first rows are fitted by least squares with a penalty, the next ones choose among four
    penalties, the rest is measured. Give it images that the network was not trained on, in random
    order: features of a network's own training images are better than those of other images.
    Used in the chapter *What did it learn?*

    Parameters
    ----------
    features : torch.Tensor
        Shape (N, ...); every feature is standardised by the images that are fitted.
    labels : torch.Tensor of int64
        Shape (N,), from 0; or (T, N), of T tasks for the same features.
    num_fit, num_choose : int
        How many rows to fit, and to choose the penalty by; fewer than N together.

    Returns
    -------
    float
        A fraction of the N - num_fit - num_choose other rows; or a list of T fractions.

    Examples
    --------
    >>> numbers = torch.arange(90.0) % 9 - 4
    >>> linear_probe(numbers[:, None], (numbers > 0).long(), num_fit=40, num_choose=20)
    1.0
    """
    sizes = [check_integer("num_fit", num_fit, least=2), check_integer("num_choose", num_choose, least=1)]
    left = len(features) - sum(sizes)
    if features.ndim < 2 or labels.ndim not in (1, 2) or labels.shape[-1] != len(features) or left < 1:
        raise ValueError(
            f"Expected features (N, ...), labels (N,) or (T, N) and more than {sum(sizes)} rows, "
            f"got {tuple(features.shape)} and {tuple(labels.shape)}."
        )
    rows = features.flatten(1)  # (N, D)
    fitted = rows[: sizes[0]]
    rows = (rows - fitted.mean(dim=0)) / fitted.std(dim=0).clamp(min=1e-6)
    fitted, *others = rows.split([*sizes, left])
    factors = _factors(fitted @ fitted.T)
    found = [_accuracy(factors, fitted, others, task) for task in labels.reshape(-1, len(rows))]
    return found[0] if labels.ndim == 1 else found


def _factors(products):
    """Return the Cholesky factor for each penalty, (F, F): a weight for each image, not for each feature."""
    scale = products.diagonal().mean() * torch.eye(len(products)).to(products)
    return [torch.linalg.cholesky(products + penalty * scale) for penalty in PENALTIES]


def _accuracy(factors, fitted, others, labels):
    """Fit with every penalty; return the accuracy on the last rows of the one that the middle rows prefer."""
    known, *answers = labels.split([len(rows) for rows in (fitted, *others)])
    classes = functional.one_hot(known, int(labels.max()) + 1).to(fitted.dtype)  # (F, num_classes)
    level = classes.mean(dim=0)
    solved = torch.cat([torch.cholesky_solve(classes - level, factor) for factor in factors], dim=1)
    weights = fitted.T @ solved  # (D, penalties * num_classes): one product for all penalties
    scores = []
    for x, y in zip(others, answers, strict=True):
        logits = (x @ weights).unflatten(1, (len(factors), -1)) + level  # (N, penalties, num_classes)
        scores.append((logits.argmax(dim=2) == y[:, None]).double().mean(dim=0))  # (penalties,)
    chosen, measured = scores
    return measured[chosen.argmax()].item()
