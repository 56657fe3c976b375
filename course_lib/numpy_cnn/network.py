"""Layers in a row: the network of the book, and the two tiny ones of the laboratory."""

import numpy as np

from course_lib.numpy_cnn import layers as fast_layers
from course_lib.numpy_cnn.base import Layer, described
from course_lib.numpy_cnn.losses import correct_answers, cross_entropy

PREDICTION_BATCH = 500  # bounds the memory of a whole test set


class Sequential:
    """Layers, each of which takes what the one before it gives.

    Parameters
    ----------
    *layers : Layer

    Examples
    --------
    >>> network = tiny_cnn(seed=0)
    >>> network.num_parameters, network.forward(np.zeros((2, 1, 8, 8))).shape
    (114, (2, 3))
    """

    def __init__(self, *layers):
        if not layers:
            raise ValueError("Sequential needs at least one layer, got none.")
        for layer in layers:
            if not isinstance(layer, Layer):
                raise ValueError(f"Sequential(layer, layer, ...) expects layers, got {layer!r}.")
            places = [place for place, other in enumerate(layers, start=1) if other is layer]
            if len(places) > 1:
                raise ValueError(
                    f"Sequential needs a layer of its own at each place, got the same {type(layer).__name__} "
                    f"at places {places}: a layer remembers one input only, that of its latest forward."
                )
        self.layers = layers

    def __repr__(self):
        return f"Sequential({', '.join(type(layer).__name__ for layer in self.layers)})"

    def forward(self, x):
        """Return the output of the last layer."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, grad_output, need_grad_input=True):
        """Set the gradients of all parameters; return the gradient of the input.

        With ``need_grad_input=False`` (training needs none) nothing is computed below the first
        layer that learns, and None is returned.
        """
        first = 0
        if not need_grad_input:
            first = next((i for i, layer in enumerate(self.layers) if layer.names), len(self.layers))
        for index in range(len(self.layers) - 1, first - 1, -1):
            grad_output = self.layers[index].backward(grad_output, need_grad_input or index > first)
        return grad_output if need_grad_input else None

    def parameters(self):
        """Return the arrays of all layers, input side first; change them in place to train."""
        return [parameter for layer in self.layers if layer.names for parameter in layer.parameters()]

    def gradients(self):
        """Return the gradients of the latest ``backward``, in the order of `parameters`."""
        return [gradient for layer in self.layers if layer.names for gradient in layer.gradients()]

    def load(self, parameters):
        """Copy arrays into the parameters: a snapshot, or another network's ``parameters()``."""
        own, parameters = self.parameters(), list(parameters)
        shapes, given = [p.shape for p in own], [np.shape(p) for p in parameters]
        if shapes != given:
            raise ValueError(f"Expected parameters of shapes {shapes}, got {given}.")
        for parameter, values in zip(own, parameters, strict=True):
            parameter[...] = values
        return self

    @property
    def num_parameters(self):
        """How many numbers the network learns."""
        return sum(layer.num_parameters for layer in self.layers)

    def train(self, mode=True):
        """Put the layers into training mode (dropout drops) and return the network."""
        for layer in self.layers:
            layer.training = mode
        return self

    def eval(self):
        """Put the layers into evaluation mode (dropout does nothing) and return the network."""
        return self.train(False)

    def trace(self, x):
        """Return every activation by name: "input", then the layers' names, numbered from the second on.

        >>> list(tiny_cnn(seed=0).trace(np.zeros((1, 1, 8, 8))))
        ['input', 'Conv2d', 'ReLU', 'MaxPool2d', 'Flatten', 'Linear']
        """
        activations, seen = {"input": x}, {}
        for layer in self.layers:
            name = type(layer).__name__
            seen[name] = seen.get(name, 0) + 1
            x = layer.forward(x)
            activations[name if seen[name] == 1 else f"{name} {seen[name]}"] = x
        return activations

    def predict(self, images):
        """Return the logits of any number of images, computed in evaluation mode, batch by batch."""
        if not isinstance(images, np.ndarray) or len(images) == 0:
            raise ValueError(f"Expected an array of at least one image, got {described(images)}.")
        modes = [layer.training for layer in self.layers]
        self.eval()
        try:
            starts = range(0, len(images), PREDICTION_BATCH)
            return np.concatenate([self.forward(images[i : i + PREDICTION_BATCH]) for i in starts])
        finally:
            for layer, mode in zip(self.layers, modes, strict=True):
                layer.training = mode

    def evaluate(self, images, labels):
        """Return (mean cross-entropy, accuracy as a fraction) over all images, as Python floats."""
        check_set("The set", images, labels)
        logits = self.predict(images)
        loss, _ = cross_entropy(logits, labels)
        return loss, float(correct_answers(logits, labels).mean())


def tiny_cnn(num_filters=3, num_classes=3, *, seed, dtype=np.float64, layers=None):
    """Return a network of 114 parameters for 8x8 images: the one of the chapter *Laboratory*.

    Parameters
    ----------
    num_filters, num_classes : int, optional
    seed : int
        Drives the initial weights.
    dtype : numpy.dtype, optional
    layers : module, optional
        ``numpy_cnn.loops`` for the slow twin with the same weights; ``numpy_cnn.layers`` if not given.
    """
    rng, layers = np.random.default_rng(seed), layers or fast_layers
    return Sequential(
        layers.Conv2d(1, num_filters, 3, rng=rng, dtype=dtype), layers.ReLU(),  # (num_filters, 6, 6)
        layers.MaxPool2d(2),                                                    # (num_filters, 3, 3)
        layers.Flatten(),                                                       # (9 num_filters,)
        layers.Linear(9 * num_filters, num_classes, rng=rng, dtype=dtype),      # (num_classes,)
    )  # fmt: skip


def tiny_mlp(hidden_features=18, num_classes=3, *, seed, dtype=np.float64, layers=None):
    """Return a network of 1,227 parameters for 8x8 images, with one hidden layer.

    Parameters as for `tiny_cnn`, `hidden_features` being the width of the hidden layer.
    """
    rng, layers = np.random.default_rng(seed), layers or fast_layers
    return Sequential(
        layers.Flatten(),                                                            # (64,)
        layers.Linear(64, hidden_features, rng=rng, dtype=dtype), layers.ReLU(),     # (hidden_features,)
        layers.Linear(hidden_features, num_classes, rng=rng, dtype=dtype),           # (num_classes,)
    )  # fmt: skip


def check_set(name, images, labels):
    """Raise ValueError unless there are images, and as many labels, both in arrays."""
    if not (isinstance(images, np.ndarray) and isinstance(labels, np.ndarray)):
        got = f"{described(images)} and {described(labels)}"
        raise ValueError(f"{name} must be two NumPy arrays, images and labels, got {got}.")
    if len(images) == 0:
        raise ValueError(f"{name} is empty: at least one image is needed.")
    if len(images) != len(labels):
        raise ValueError(
            f"{name} needs one label per image, got {len(images)} images and {len(labels)} labels."
        )
