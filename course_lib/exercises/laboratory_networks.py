"""Exercises of the laboratory in which whole networks are built, trained and covered up."""

import numpy as np

from course_lib.data.patterns import load_patterns
from course_lib.exercises.framework import Exercise, WrongAnswer, as_array, expect, expect_close
from course_lib.numpy_cnn import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential, fit, tiny_cnn

FIVE = ("vertical", "horizontal", "diagonal", "dot", "cross")


def five_classes(data, seed):
    network = tiny_cnn(num_filters=3, num_classes=5, seed=seed)
    train = data.train_images, data.train_labels
    validation = data.validation_images, data.validation_labels
    fit(network, train, validation, seed=seed)
    return network


def _five_classes(answer):
    data = load_patterns(classes=FIVE)
    network = answer(data, 1)
    expect(
        isinstance(network, Sequential),
        f"Return the trained network, a Sequential; got {type(network).__name__}.",
    )
    num_logits = network.forward(data.validation_images[:1]).shape[1]
    expect(num_logits == 5, f"Five classes need five logits per image, your network gives {num_logits}.")
    expect(
        network.num_parameters == 170,
        f"Three filters and five classes make 170 parameters, yours has {network.num_parameters}.",
    )
    other = load_patterns(classes=FIVE, seed=8)
    _, accuracy = network.evaluate(other.validation_images, other.validation_labels)
    expect(
        accuracy > 0.9, f"On fresh images of the five patterns it is right in {accuracy:.0%}: is it trained?"
    )


def _four_of_five(data, seed):
    network = tiny_cnn(3, 5, seed=seed)
    known = data.train_labels < 4  # the cross left out
    train = data.train_images[known], data.train_labels[known]
    fit(network, train, (data.validation_images, data.validation_labels), seed=seed)
    return network


def _trained(network, data, seed):
    fit(
        network,
        (data.train_images, data.train_labels),
        (data.validation_images, data.validation_labels),
        seed=seed,
    )
    return network


five_classes = Exercise(
    name="five_classes",
    checks=(_five_classes,),
    reference=five_classes,
    hints=(
        "tiny_cnn takes num_filters and num_classes; only one of them changes.",
        "fit(network, (images, labels), (images, labels), seed=seed) trains in place; return the network.",
    ),
    wrong_answers=(
        WrongAnswer(lambda data, seed: tiny_cnn(3, 5, seed=seed), "is it trained?", "not trained"),
        WrongAnswer(
            lambda data, seed: tiny_cnn(5, 3, seed=seed), "five logits", "filters and classes swapped"
        ),
        WrongAnswer(
            lambda data, seed: _trained(tiny_cnn(5, 5, seed=seed), data, seed), "170", "five filters as well"
        ),
        WrongAnswer(
            lambda data, seed: fit(
                tiny_cnn(3, 5, seed=seed),
                (data.train_images, data.train_labels),
                (data.validation_images, data.validation_labels),
                num_epochs=1,
                seed=seed,
            ),
            "Return the trained network",
            "the history returned",
        ),
        WrongAnswer(_four_of_five, "is it trained?", "the cross never shown"),
    ),
)


def strided_cnn(rng):
    """Return a network without pooling: two convolutions, the first with stride 2."""
    return Sequential(
        Conv2d(1, 3, kernel_size=3, stride=2, rng=rng),  # (3, 3, 3)
        ReLU(),
        Conv2d(3, 6, kernel_size=3, rng=rng),  # (6, 1, 1)
        ReLU(),
        Flatten(),
        Linear(6, 3, rng=rng),  # (3,)
    )


def _strided_cnn(answer):
    network = answer(np.random.default_rng(0))
    expect(isinstance(network, Sequential), f"Return a Sequential, got {type(network).__name__}.")
    names = [type(layer).__name__ for layer in network.layers]
    expect(not any("Pool" in name for name in names), "No pooling layer is allowed: the strides must do it.")
    expect(names.count("Conv2d") == 2, f"Two convolutions are asked for, got {names.count('Conv2d')}.")
    between = names[names.index("Conv2d") + 1 :]
    between = between[: between.index("Conv2d")]
    expect("ReLU" in between, "Without a ReLU between them two convolutions are one.")
    trace = network.trace(np.random.default_rng(1).normal(size=(2, 1, 8, 8)))
    maps = [values.shape[1:] for name, values in trace.items() if name.startswith("Conv2d")]
    expect(maps[0] == (3, 3, 3), f"The first convolution should give maps of (3, 3, 3), yours {maps[0]}.")
    expect(maps[1] == (6, 1, 1), f"The second convolution should give maps of (6, 1, 1), yours {maps[1]}.")
    shape = list(trace.values())[-1].shape
    expect(shape == (2, 3), f"Two images should give logits of shape (2, 3), yours have {shape}.")


def _first_strided(first, *rest):
    """A constructor of a network whose first layer is `first(rng)`, followed by `rest`, each of rng."""
    return lambda rng: Sequential(first(rng), *(layer(rng) for layer in rest))


def _relu(rng):
    return ReLU()


def _second(rng):
    return Conv2d(3, 6, 3, rng=rng)


def _head(rng):
    return Linear(6, 3, rng=rng)


def _flatten(rng):
    return Flatten()


strided_cnn = Exercise(
    name="strided_cnn",
    checks=(_strided_cnn,),
    reference=strided_cnn,
    hints=(
        "Which stride makes 3 positions of a 3x3 kernel on 8 pixels? The formula has a floor in it.",
        "A 3x3 kernel fits into a 3x3 map exactly once, so the second convolution needs no stride.",
    ),
    wrong_answers=(
        WrongAnswer(
            _first_strided(
                lambda rng: Conv2d(1, 3, 3, rng=rng),
                _relu, lambda rng: MaxPool2d(2), _second, _relu, _flatten, _head,
            ),
            "No pooling layer",
            "pooled after all",
        ),
        WrongAnswer(
            _first_strided(lambda rng: Conv2d(1, 3, 3, stride=2, rng=rng), _second, _relu, _flatten, _head),
            "two convolutions are one",
            "no ReLU between",
        ),
        WrongAnswer(
            _first_strided(
                lambda rng: Conv2d(1, 3, 3, stride=2, padding=1, rng=rng),
                _relu, _second, _relu, _flatten, lambda rng: Linear(24, 3, rng=rng),
            ),
            "yours (3, 4, 4)",
            "padding makes it 4x4",
        ),
        WrongAnswer(
            _first_strided(
                lambda rng: Conv2d(1, 3, 3, stride=2, rng=rng),
                _relu, _flatten, lambda rng: Linear(27, 3, rng=rng),
            ),
            "Two convolutions",
            "one convolution",
        ),
        WrongAnswer(
            _first_strided(lambda rng: Conv2d(1, 3, 3, stride=2, rng=rng), _relu, _second, _relu, _flatten),
            "logits of shape (2, 3)",
            "no head",
        ),
    ),
)  # fmt: skip


def occlusion_map(predict, image, label, size):
    """Return by how much the answer for `label` drops where a square is covered."""
    before = predict(image[None])[0, label]
    side = image.shape[-1] - size + 1
    drops = np.empty((side, side))
    for row, column in np.ndindex(side, side):
        covered = image.copy()
        covered[:, row : row + size, column : column + size] = 0
        drops[row, column] = before - predict(covered[None])[0, label]
    return drops


def _occlusion(answer):
    rng = np.random.default_rng(0)
    weight, image = rng.integers(-3, 4, (3, 5, 5)).astype(float), rng.integers(1, 5, (1, 5, 5)).astype(float)
    original = image.copy()

    def predict(images):  # linear, so what a patch is worth is known: the sum of its products
        images = np.asarray(images)
        expect(
            images.ndim == 4 and images.shape[1:] == (1, 5, 5),
            f"predict takes a batch of shape (N, 1, 5, 5), you gave it {images.shape}.",
        )
        return np.einsum("chw,nhw->nc", weight, images[:, 0])

    for label, size in ((2, 1), (1, 2)):
        what = f"label={label}, size={size}"
        worth = np.lib.stride_tricks.sliding_window_view(weight[label] * image[0], (size, size))
        expected = worth.sum(axis=(2, 3))  # (6 - size, 6 - size)
        got = as_array(answer(predict, image, label, size), what)
        expect(
            np.array_equal(image, original),
            f"{what}: the image was changed; cover a copy, or the patches add up.",
        )
        expect(
            got.shape != expected.shape or not np.allclose(got, -expected),
            f"{what}: the sign is turned; a patch that helped the class has a positive drop.",
        )
        left = (weight[label] * image[0]).sum() - expected
        expect(
            got.shape != expected.shape or not np.allclose(got, left),
            f"{what}: these are the logits that are left; asked is how far they dropped.",
        )
        expect_close(got, expected, what)


def _occlude_in_place(predict, image, label, size):
    before, side = predict(image[None])[0, label], image.shape[-1] - size + 1
    drops = np.empty((side, side))
    for row, column in np.ndindex(side, side):
        image[:, row : row + size, column : column + size] = 0
        drops[row, column] = before - predict(image[None])[0, label]
    return drops


def _logits_left(predict, image, label, size):
    return predict(image[None])[0, label] - occlusion_map.reference(predict, image, label, size)


occlusion_map = Exercise(
    name="occlusion_map",
    checks=(_occlusion,),
    reference=occlusion_map,
    hints=(
        "The patch fits at H - size + 1 places along each axis, like a kernel.",
        "Copy the image, set image[:, row:row+size, column:column+size] to 0, and ask predict again.",
    ),
    wrong_answers=(
        WrongAnswer(_occlude_in_place, "in place", "the image itself covered"),
        WrongAnswer(_logits_left, "how far they dropped", "the logits, not the drops"),
        WrongAnswer(
            lambda predict, image, label, size: -occlusion_map.reference(predict, image, label, size),
            "the sign is turned",
            "after minus before",
        ),
        WrongAnswer(
            lambda predict, image, label, size: occlusion_map.reference(predict, image, 0, size),
            "label=2",
            "always the first class",
        ),
        WrongAnswer(
            lambda predict, image, label, size: occlusion_map.reference(predict, image, label, 1),
            "size=2",
            "always one pixel",
        ),
        WrongAnswer(lambda predict, image, label, size: predict(image), "takes a batch", "no batch axis"),
    ),
)
