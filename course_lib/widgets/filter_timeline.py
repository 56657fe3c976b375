"""Drag through the epochs of a training run and watch the filters change, or hardly."""

import numpy as np

from course_lib.widgets.base import Widget, check_numbers, number, table
from course_lib.widgets.snapshots import array, by_epoch, check_total, packed

MOST = 60_000  # the largest float16 is 65,504


class FilterTimeline(Widget):
    """The filters of a first layer, at every epoch that was kept.

    Keep all of them (``snapshot_epochs=range(81)``): the slider then moves evenly through the training,
    and it jumps over what was not kept. Every number has its colour on one scale for all filters and
    epochs, symmetric about zero. With each filter stands the cosine between what it was
    at the first epoch and what it is.

    Parameters
    ----------
    snapshots : dict of int to list of arrays, or dict of int to array
        By epoch: all parameters, as ``History.snapshots`` of `course_lib.numpy_cnn.fit` holds them,
        of which the first array of four axes is shown; or that array alone. Its shape is (F, 1, K, L).
    accuracy : dict of int to float, optional
        The validation accuracy by epoch, a fraction. Epochs without a snapshot are left out.

    Raises
    ------
    ValueError
        For no snapshots, filters of more than one input channel, shapes that change between epochs,
        numbers that are not finite, an accuracy outside 0..1, and more numbers than a page should carry.

    Examples
    --------
    >>> timeline = FilterTimeline({0: np.ones((1, 1, 2, 2)), 5: np.eye(2).reshape(1, 1, 2, 2)})
    >>> timeline.cosines().round(3).tolist()  # by epoch and filter
    [[1.0], [0.707]]
    """

    name = "filter_timeline"
    parts = ("player", "packed")
    label = "Filter timeline"
    tip = "Which comes to rest first, the directions (the cosines) or the sizes of the numbers?"

    def __init__(self, snapshots, accuracy=None):
        super().__init__()
        kernels = {epoch: _kernels(epoch, values) for epoch, values in by_epoch(snapshots).items()}
        _check(kernels)
        self.epochs = tuple(kernels)
        self.kernels = np.stack([values[:, 0] for values in kernels.values()])  # (epochs, F, K, L)
        self.accuracy = _checked_accuracy(accuracy or {}, self.epochs)

    def cosines(self):
        """Return the cosine of every filter with itself at the first epoch, shape (epochs, F)."""
        flat = self.kernels.reshape(*self.kernels.shape[:2], -1)  # (epochs, F, K L)
        norms = np.linalg.norm(flat, axis=2)
        with np.errstate(invalid="ignore"):  # a filter of zeros has no direction: NaN
            return (flat * flat[0]).sum(axis=2) / (norms * norms[0])

    def data(self):
        """Return the kernels as base64 float16, and what their numbers mean."""
        _, filters, rows, columns = self.kernels.shape
        return {
            "epochs": self.epochs, "filters": filters, "rows": rows, "columns": columns,
            "values": packed(self.kernels, "<f2"), "accuracy": self.accuracy,
        }  # fmt: skip

    def fallback(self):
        """Return every filter at the last epoch, with its cosine."""
        first, last = self.epochs[0], self.epochs[-1]
        parts = [
            table(f"Filter {f} at epoch {last}; cosine with epoch {first}: {number(cosine)}", kernel)
            for f, (kernel, cosine) in enumerate(zip(self.kernels[-1], self.cosines()[-1], strict=True), 1)
        ]
        return "".join(parts) + "<p>With JavaScript, a slider shows the filters at every kept epoch.</p>"


def _kernels(epoch, values):
    """Return the first array of four axes."""
    arrays = [array(values)] if hasattr(values, "ndim") else [array(value) for value in values]
    for candidate in arrays:
        if candidate.ndim == 4:
            return candidate
    raise ValueError(
        f"The snapshot of epoch {epoch} needs an array of shape (F, 1, K, L), the kernels of a convolution, "
        f"got shapes {[candidate.shape for candidate in arrays]}."
    )


def _check(kernels):
    (first, expected), *_ = ((epoch, values.shape) for epoch, values in kernels.items())
    if expected[1] != 1 or 0 in expected:
        raise ValueError(
            f"The timeline shows kernels of shape (F, 1, K, L), got {expected}. Of more input channels, "
            "pick one: {epoch: kernels[:, :1] for epoch, kernels in ...}."
        )
    for epoch, values in kernels.items():
        if values.shape != expected:
            raise ValueError(
                f"All snapshots need kernels of one shape, got {expected} at epoch {first} "
                f"and {values.shape} at epoch {epoch}."
            )
        check_numbers(f"The kernels of epoch {epoch}", values, MOST)
    check_total(len(kernels) * int(np.prod(expected)))


def _checked_accuracy(accuracy, epochs):
    """Return the accuracy of every epoch, None where it is not known."""
    if not isinstance(accuracy, dict):
        raise ValueError(f"accuracy must be a dictionary of fractions by epoch, got {accuracy!r}.")
    for epoch, value in accuracy.items():
        if not 0 <= value <= 1:  # NaN fails as well
            raise ValueError(f"accuracy must be a fraction in 0..1, got {value!r} at epoch {epoch}.")
    return [float(accuracy[epoch]) if epoch in accuracy else None for epoch in epochs]
