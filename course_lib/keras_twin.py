"""SimpleCNN once more in Keras 3, and how its weights go from one framework to the other.

Keras is imported where it is used: whoever reads only the rest of the book need not have it. It takes
its backend from the environment, ``KERAS_BACKEND=torch``, before its first import.
"""

import numpy as np


def keras_cnn():
    """Return the layers of ``models.SimpleCNN`` as a Keras model, with Keras's own initial weights.

    Images are (N, 28, 28, 1), channels last; the outputs are logits.
    """
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),    # (28, 28, 16)
            layers.MaxPooling2D(2),                                     # (14, 14, 16)
            layers.Conv2D(32, 3, padding="same", activation="relu"),    # (14, 14, 32)
            layers.MaxPooling2D(2),                                     # (7, 7, 32)
            layers.Flatten(),                                           # (1568,)
            layers.Dense(128, activation="relu"),                       # (128,)
            layers.Dense(10),                                           # (10,)
        ]
    )  # fmt: skip


def keras_fit(network, data, config):
    """Train a Keras model in place with the settings of a TrainConfig (Adam).

    Equal to ``training.train`` but for the order of the images, which Keras draws itself.
    """
    import keras

    keras.utils.set_random_seed(config.seed)
    network.compile(
        optimizer=keras.optimizers.Adam(config.learning_rate, epsilon=1e-8),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    network.fit(
        channels_last(data.train_images), data.train_labels.numpy(),
        batch_size=config.batch_size, epochs=config.num_epochs, verbose=0,
    )  # fmt: skip


def keras_accuracy(network, images, labels):
    """Return the fraction of images (N, C, H, W) that a Keras model classifies correctly."""
    logits = network.predict(channels_last(images), batch_size=500, verbose=0)  # (N, 10)
    return float((logits.argmax(axis=1) == labels.numpy()).mean())


def channels_last(images):
    """Return images (N, C, H, W) as an array (N, H, W, C)."""
    return np.ascontiguousarray(images.permute(0, 2, 3, 1).numpy())


def keras_weights(model, order_of_flatten=True):
    """Return the parameters of a SimpleCNN as Keras lays them out.

    Kernels (O, I, H, W) become (H, W, I, O), dense weights (O, I) become (I, O). What reads the
    flattened maps reads them position by position in Keras, and channel by channel in PyTorch:
    with ``order_of_flatten=False`` that last difference is left as it is.

    Parameters
    ----------
    model : course_lib.models.SimpleCNN
    order_of_flatten : bool

    Returns
    -------
    list of numpy.ndarray
        For ``set_weights`` of the model that `keras_cnn` makes.

    Examples
    --------
    >>> from course_lib.models import SimpleCNN
    >>> [weight.shape for weight in keras_weights(SimpleCNN())[::2]]
    [(3, 3, 1, 16), (3, 3, 16, 32), (1568, 128), (128, 10)]
    """
    state = {name: parameter.detach().cpu().numpy() for name, parameter in model.named_parameters()}
    channels = state["3.weight"].shape[0]  # of the last map
    if order_of_flatten:
        maps = state["7.weight"].reshape(len(state["7.weight"]), channels, -1)  # (128, 32, 49)
        state["7.weight"] = maps.transpose(0, 2, 1).reshape(len(maps), -1)  # (128, 49 * 32)
    return [_in_keras(weight) for weight in state.values()]


def _in_keras(weight):
    return np.ascontiguousarray(weight.transpose(2, 3, 1, 0) if weight.ndim == 4 else weight.T)
