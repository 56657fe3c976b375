"""Draw on 8x8 pixels and see every number of a tiny CNN at once."""

import html

import numpy as np

from course_lib.numpy_cnn import softmax, tiny_cnn
from course_lib.widgets.base import Widget, check_numbers, number, table
from course_lib.widgets.snapshots import array, by_epoch, check_total, packed

SIZE = 8
HINT = (
    "Draw with the pointer, or with arrow keys and space. Point at any number below, or go there "
    "with the arrow keys, to read it and to see where it comes from."
)


TOUCH_HINT = "Draw with a finger. Touch any number below to read it and to see where it comes from."


class TinyCNNLive(Widget):
    """A network of `course_lib.numpy_cnn.tiny_cnn` at work on an image that the reader draws.

    Every activation and every parameter is in sight, at every epoch that was kept; filters can be
    set back to their initial values, one by one, and a square of the image can be hidden.

    Parameters
    ----------
    snapshots : dict of int to list of arrays
        By epoch, all parameters of a `tiny_cnn`, as ``History.snapshots`` of `fit` holds them: kernels
        (F, 1, 3, 3), biases (F,), linear weights (num_classes, 9 F), biases (num_classes,).
    class_names : sequence of str
    image : array, shape (8, 8) or (1, 8, 8), or dict of such arrays by name, optional
        What the figure starts with; the reader comes back to each by a button. The default is
        a vertical line.

    Raises
    ------
    ValueError
        For no snapshots, parameters or images of other shapes, fewer than two class names, numbers
        that are not finite, and more numbers than a page should carry.

    Examples
    --------
    >>> network = tiny_cnn(seed=0)
    >>> live = TinyCNNLive({0: network.parameters()}, ["vertical", "horizontal", "diagonal"])
    >>> live.num_parameters, live.probabilities().shape
    (114, (3,))
    """

    name = "tiny_cnn_live"
    parts = ("packed",)
    label = "TinyCNN live"
    tip = "Draw a line that the network gets wrong, and set back one filter after the other."

    def __init__(self, snapshots, class_names, image=None):
        super().__init__()
        self.class_names = tuple(map(str, class_names))
        if isinstance(class_names, str) or len(self.class_names) < 2:
            raise ValueError(f"class_names must be a sequence of at least two names, got {class_names!r}.")
        snapshots = {e: _arrays(e, parameters) for e, parameters in by_epoch(snapshots).items()}
        self.num_filters = _num_filters(snapshots)
        _check(snapshots, self.num_filters, len(self.class_names))
        self.snapshots, self.images = snapshots, _checked_images(image)

    @property
    def num_parameters(self):
        """How many numbers the network has learned."""
        return sum(values.size for values in next(iter(self.snapshots.values())))

    def probabilities(self):
        """Return what the figure says at its start: the first image at the last epoch, (num_classes,)."""
        network = tiny_cnn(self.num_filters, len(self.class_names), seed=0)
        network.load(list(self.snapshots.values())[-1])
        image = next(iter(self.images.values()))
        return softmax(network.predict(image[None, None]))[0]

    def data(self):
        """Return all parameters and images as base64 float32, and what they mean."""
        parameters = [np.concatenate([v.ravel() for v in values]) for values in self.snapshots.values()]
        return {
            "epochs": tuple(self.snapshots), "filters": self.num_filters, "classes": self.class_names,
            "values": packed(parameters), "limits": self._limits(),
            "images": [(name, packed(image)) for name, image in self.images.items()],
            "hint": HINT, "touchHint": TOUCH_HINT, "legend": self._legend(),
        }  # fmt: skip

    def _limits(self):
        """Return the sizes of full colour: 1 in the image, else the largest of all epochs."""
        largest = [[float(np.abs(values).max()) for values in v] for v in self.snapshots.values()]
        kernels, _, weights, _ = (max(sizes) or 1.0 for sizes in zip(*largest, strict=True))
        return {"x": 1, "k": kernels, "w": weights}

    def _legend(self):
        filters, classes = self.num_filters, len(self.class_names)
        return (
            f"{self.num_parameters:,} numbers: {filters} filter{'s' if filters > 1 else ''} of 9 weights "
            f"and a bias, {classes} classes of {9 * filters} weights and a bias. "
            "In the image white is 1 and black 0; elsewhere blue is positive, red with a minus sign "
            "negative. "
            "A logit is the bias of its class and the sums below its weights."
        )

    def fallback(self):
        """Return the filters and the probabilities at the last epoch."""
        epoch, (kernels, biases, *_) = list(self.snapshots.items())[-1]
        filters = "".join(
            table(f"Filter {f} at epoch {epoch}, bias {number(bias)}", kernel[0])
            for f, (kernel, bias) in enumerate(zip(kernels, biases, strict=True), 1)
        )
        rows = "".join(
            f'<tr><th scope="row">{html.escape(name)}</th><td>{100 * probability:.1f} %</td></tr>'
            for name, probability in zip(self.class_names, self.probabilities(), strict=True)
        )
        name = html.escape(next(iter(self.images)))
        return (
            f"{filters}<table><caption>Probabilities for the image \u201c{name}\u201d</caption>"
            f"<tbody>{rows}</tbody></table>"
            "<p>With JavaScript, this figure computes them for what you draw and shows every number.</p>"
        )


def _arrays(epoch, parameters):
    if isinstance(parameters, dict) or hasattr(parameters, "ndim"):
        raise ValueError(
            f"The snapshot of epoch {epoch} must be a list of arrays, got a {type(parameters).__name__}."
        )
    return [array(values) for values in parameters]


def _num_filters(snapshots):
    """Return how many kernels the first snapshot has; the rest is compared with that."""
    epoch, parameters = next(iter(snapshots.items()))
    kernels = parameters[0].shape if parameters else ()
    if len(kernels) != 4 or kernels[0] == 0 or kernels[1:] != (1, 3, 3):
        raise ValueError(
            f"The snapshot of epoch {epoch} must begin with kernels of shape (F, 1, 3, 3), as those of "
            f"tiny_cnn, got shapes {[values.shape for values in parameters]}."
        )
    return kernels[0]


def _check(snapshots, filters, classes):
    expected = [(filters, 1, 3, 3), (filters,), (classes, 9 * filters), (classes,)]
    for epoch, parameters in snapshots.items():
        shapes = [values.shape for values in parameters]
        if shapes != expected:
            raise ValueError(
                f"{filters} filters and {classes} class names need parameters of shapes {expected}, "
                f"got {shapes} at epoch {epoch}."
            )
        for values in parameters:
            check_numbers(f"The parameters of epoch {epoch}", values)
    check_total(len(snapshots) * sum(values.size for values in parameters))


def _checked_images(image):
    """Return the images by name, each of shape (8, 8)."""
    if image is None:
        line = np.zeros((SIZE, SIZE))
        line[:, (SIZE - 1) // 2] = 1
        return {"vertical line": line}
    images = image if isinstance(image, dict) else {"given image": image}
    if not images:
        raise ValueError("image must be an array or a dictionary of at least one, got {}.")
    checked = {str(name): array(values) for name, values in images.items()}
    for name, values in checked.items():
        if values.shape not in {(SIZE, SIZE), (1, SIZE, SIZE)}:
            raise ValueError(f"image must have shape (8, 8) or (1, 8, 8), got {values.shape} ({name}).")
        check_numbers(f"image ({name})", values)
    return {name: values.reshape(SIZE, SIZE) for name, values in checked.items()}
