"""Walk down a loss, step by step: too short steps, right ones, and steps that climb."""

import html

import numpy as np

from course_lib.widgets.base import Widget, check_numbers, number

STEPS = (0, 1, 2, 5, 10, 20)  # of the static table


class GradientDescent(Widget):
    """Gradient descent, with momentum if wanted, on a quadratic loss of one or two weights.

    The loss is ``offset + (w - minimum) @ hessian @ (w - minimum) / 2``, and a step is PyTorch's:
    ``velocity = momentum * velocity + gradient``, then ``w = w - learning_rate * velocity``.

    Parameters
    ----------
    hessian : number, or array of shape (1, 1) or (2, 2)
        The curvature: symmetric, with positive eigenvalues.
    minimum, start : number or sequence, one number for each weight
        The defaults are zeros, and a place to the upper left of the minimum.
    learning_rate : float, optional
        What the figure starts with; the default is a tenth of the largest one that does not diverge.
    momentum : float
        At least 0 and below 1.
    offset : float
        The loss at the minimum.
    names : sequence of str, optional
        Of the weights.

    Raises
    ------
    ValueError
        For a loss without a lowest point, numbers that do not fit to it, and settings out of range.

    Examples
    --------
    >>> figure = GradientDescent([[1.0, 0.0], [0.0, 10.0]], learning_rate=0.25)
    >>> figure.largest_rate  # two over the largest curvature
    0.2
    >>> figure.path(3)[:, 1].tolist()  # each step overshoots by more than the last
    [1.0, -1.5, 2.25, -3.375]
    """

    name = "gradient_descent"
    parts = ("fields", "player")
    label = "Gradient descent"
    tip = "Find the momentum with which a learning rate that is too small arrives in half the steps."

    def __init__(
        self, hessian, minimum=0.0, start=None, learning_rate=None, momentum=0.0, *, offset=0.0, names=None
    ):
        super().__init__()
        self.hessian = _checked_hessian(hessian)
        size = len(self.hessian)
        self.minimum = _vector("minimum", minimum, size)
        self.start = self.minimum + [-2.0, 1.0][:size] if start is None else _vector("start", start, size)
        self.curvatures = np.linalg.eigvalsh(self.hessian)
        self.largest_rate = 2 / float(self.curvatures[-1])
        self.learning_rate = self.largest_rate / 10 if learning_rate is None else float(learning_rate)
        self.momentum, self.offset = float(momentum), float(offset)
        self.names = tuple(names or ("w", "b")[:size])
        _check(self)

    @classmethod
    def of_line(cls, x, y, **settings):
        """Return the figure of the mean squared error of the line ``w * x + b`` through points."""
        x, y = np.asarray(x, dtype=float).ravel(), np.asarray(y, dtype=float).ravel()
        columns = np.stack([x, np.ones_like(x)], axis=1)  # (N, 2)
        minimum = np.linalg.lstsq(columns, y, rcond=None)[0]
        hessian = 2 * columns.T @ columns / len(x)
        offset = np.mean((columns @ minimum - y) ** 2)
        return cls(hessian, minimum, **{"start": (0, 0), "offset": offset, **settings})

    def loss(self, weights):
        """Return the loss of weights of shape (..., size)."""
        away = weights - self.minimum
        return self.offset + ((away @ self.hessian) * away).sum(axis=-1) / 2

    def path(self, num_steps, learning_rate=None):
        """Return the weights before and after every step, shape (num_steps + 1, size)."""
        rate = self.learning_rate if learning_rate is None else learning_rate
        path, velocity = [self.start], np.zeros(len(self.start))
        for _ in range(num_steps):
            velocity = self.momentum * velocity + self.hessian @ (path[-1] - self.minimum)
            path.append(path[-1] - rate * velocity)
        return np.array(path)

    def rates(self):
        """Return three learning rates by name: too small, right without momentum, too large."""
        right = 2 / float(self.curvatures[0] + self.curvatures[-1])
        return {"too small": self.largest_rate / 40, "right": right, "too large": 1.05 * self.largest_rate}

    def data(self):
        """Return the loss, the settings and three learning rates to try."""
        return {
            "hessian": self.hessian, "minimum": self.minimum, "offset": self.offset, "start": self.start,
            "rate": self.learning_rate, "momentum": self.momentum, "names": self.names,
            "curvature": self.curvatures[-1], "rates": self.rates(),
        }  # fmt: skip

    def fallback(self):
        """Return the loss after some steps, for three learning rates."""
        heads = "".join(f'<th scope="col">{n}</th>' for n in STEPS)
        rows = "".join(self._row(name, rate) for name, rate in self.rates().items())
        return (
            "<table><caption>The loss after so many steps of gradient descent</caption><thead><tr>"
            f'<th scope="col">learning rate</th>{heads}</tr></thead><tbody>{rows}</tbody></table>'
            "<p>With JavaScript, learning rate and momentum can be changed, and the path is drawn.</p>"
        )

    def _row(self, name, rate):
        losses = self.loss(self.path(STEPS[-1], rate))[list(STEPS)]
        cells = "".join(f"<td>{number(loss)}</td>" for loss in losses)
        return f'<tr><th scope="row">{html.escape(name)}, {rate:.3g}</th>{cells}</tr>'


def _checked_hessian(hessian):
    hessian = np.asarray(hessian, dtype=float)
    hessian = hessian.reshape(1, 1) if hessian.ndim == 0 else hessian
    if hessian.shape not in {(1, 1), (2, 2)}:
        raise ValueError(f"hessian must be a number or have shape (2, 2), got shape {hessian.shape}.")
    check_numbers("hessian", hessian)
    if not np.allclose(hessian, hessian.T) or np.linalg.eigvalsh(hessian)[0] <= 1e-6:
        raise ValueError(
            f"hessian must be symmetric with eigenvalues above 1e-6 (a loss with one lowest point), "
            f"got {hessian.tolist()}."
        )
    return hessian


def _vector(name, values, size):
    values = np.asarray(values, dtype=float)
    values = np.full(size, values) if values.ndim == 0 else values
    if values.shape != (size,):
        raise ValueError(f"{name} needs {size} number(s), one for each weight, got {values.tolist()}.")
    check_numbers(name, values)
    return values


def _check(figure):
    if not 0 < figure.learning_rate <= 4 * figure.largest_rate:
        raise ValueError(
            f"learning_rate must be positive and at most {4 * figure.largest_rate:g}, four times the "
            f"largest one that does not diverge, got {figure.learning_rate!r}."
        )
    if not 0 <= figure.momentum < 1:
        raise ValueError(f"momentum must be at least 0 and below 1, got {figure.momentum!r}.")
    if len(figure.names) != len(figure.minimum):
        raise ValueError(f"Expected {len(figure.minimum)} names, got {figure.names}.")
    if np.allclose(figure.start, figure.minimum):
        raise ValueError(f"start must differ from the minimum, got {figure.start.tolist()}.")
