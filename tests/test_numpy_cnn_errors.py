"""Wrong input to the NumPy layers, losses and networks: the error says what was expected and what came."""

from functools import partial

import numpy as np
import pytest
import torch
from numpy_cnn_cases import KINDS, every_layer, fast_and_loops, names

from course_lib.numpy_cnn import (
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
    cross_entropy,
    fit,
    softmax,
    tiny_cnn,
)

RNG = np.random.default_rng(0)


def assert_says(error, call, *words, case=""):
    """Assert that a call raises this error, with all the words in its message; a failure names the case."""
    try:
        call()
    except error as caught:
        message = str(caught)
    else:
        pytest.fail(f"{case} raised no {error.__name__} that says {words}")
    missing = [word for word in words if word not in message]
    assert not missing, (case, missing, message)


# --- images


def images(*shape, dtype=np.float64):
    return np.zeros(shape, dtype)


@fast_and_loops
@pytest.mark.parametrize(("name", "x", "words"), [
    pytest.param("Conv2d", images(2, 7, 6), ["(N, 2, H, W)", "(2, 7, 6)"], id="Conv2d-rank"),
    pytest.param("Conv2d", images(1, 1, 2, 7, 6), ["(N, 2, H, W)", "(1, 1, 2, 7, 6)"], id="Conv2d-rank-5"),
    pytest.param("Conv2d", images(4, 3, 7, 6), ["(N, 2, H, W)", "(4, 3, 7, 6)"], id="Conv2d-channels"),
    pytest.param("MaxPool2d", images(7, 6), ["(N, C, H, W)", "(7, 6)"], id="MaxPool2d-rank"),
    pytest.param("AvgPool2d", images(2, 7, 6), ["(N, C, H, W)", "(2, 7, 6)"], id="AvgPool2d-rank"),
    pytest.param("Linear", images(4, 6), ["(N, 5)", "(4, 6)"], id="Linear-features"),
    pytest.param("Linear", images(5), ["(N, 5)", "(5,)"], id="Linear-rank-1"),
    pytest.param("Linear", images(4, 1, 5), ["(N, 5)", "(4, 1, 5)"], id="Linear-rank-3"),
    pytest.param("ReLU", np.float64(1) * images(), ["(N)", "()"], id="ReLU-rank-0"),
    pytest.param("MaxPool2d", images(4, 2, 2, 6), ["3 pixels", "2 pixels"], id="pool-higher-than-image"),
    pytest.param("AvgPool2d", images(4, 2, 6, 1), ["2 pixels", "1 pixels"], id="pool-wider-than-image"),
    pytest.param("Conv2d", images(4, 2, 0, 6), ["at least 1", "got 0"], id="Conv2d-no-rows"),
])  # fmt: skip
def test_a_shape_that_does_not_fit_is_named(module, name, x, words):
    (kind,) = (k for k in KINDS if k.name == name)
    assert_says(ValueError, lambda: kind.make(module, rng=RNG).forward(np.asarray(x)), *words)


@fast_and_loops
def test_a_kernel_larger_than_the_padded_image_is_named(module):
    layer = module.Conv2d(1, 1, 5, padding=1, rng=RNG)
    layer.forward(images(1, 1, 3, 3))  # 3 + 2 is enough
    words = "5 pixels", "does not fit", "2 pixels", "padding 1"
    assert_says(ValueError, lambda: layer.forward(images(1, 1, 3, 2)), *words)


NO_FLOATS = {
    "list": (lambda x: x.tolist(), "got a list"),
    "tensor": (torch.tensor, "got a Tensor"),
    "int": (lambda x: x.astype(int), "int64"),
    "uint8": (lambda x: x.astype(np.uint8), "uint8"),
    "bool": (lambda x: x > 0, "bool"),
    "complex": (lambda x: x + 0j, "complex"),
    "empty batch": (lambda x: x[:0], "at least one sample"),
    "none": (lambda x: None, "NoneType"),
}


@every_layer
@fast_and_loops
def test_what_is_not_an_array_of_floats_is_named(module, kind):
    used = kind.make(module, rng=RNG)
    used.forward(images(*kind.shape))  # what a good batch has passed, the next one must pass, too
    for case, (convert, word) in NO_FLOATS.items():
        for layer in (kind.make(module, rng=RNG), used):
            x = convert(images(*kind.shape))
            assert_says(ValueError, partial(layer.forward, x), kind.name, word, case=case)


def test_a_layer_without_parameters_takes_floats_of_any_size():
    words = "ReLU computes in floating-point numbers, got int64"
    assert_says(ValueError, lambda: ReLU().forward(np.zeros(3, np.int64)), words)


def test_a_single_number_is_no_batch_also_after_a_row_of_numbers():
    layer = ReLU()
    layer.forward(images(3))
    assert_says(ValueError, lambda: layer.forward(np.array(1.0)), "(N)", "()")


@fast_and_loops
@pytest.mark.parametrize("kind", [k for k in KINDS if k.name in ("Conv2d", "Linear")], ids=names)
@pytest.mark.parametrize(("own", "given"), [("float32", "float64"), ("float64", "float32")])
def test_floats_of_another_size_are_refused_instead_of_promoted(module, kind, own, given):
    layer = kind.make(module, rng=RNG, dtype=own)
    assert_says(ValueError, lambda: layer.forward(images(*kind.shape, dtype=given)), kind.name, own, given)


# --- gradients


@every_layer
@fast_and_loops
def test_backward_before_forward_is_named(module, kind):
    layer = kind.make(module, rng=RNG)
    words = f"{kind.name}.backward needs a forward pass first: call forward(x), then backward."
    assert_says(RuntimeError, lambda: layer.backward(images(*kind.output_shape)), words)


UNLIKE_THE_OUTPUT = {
    "one sample": (lambda g: g[:1], "(1, "),
    "flattened": (lambda g: g.ravel(), "got shape ("),
    "would broadcast": (lambda g: g[..., :1], ", 1)"),
    "list": (lambda g: g.tolist(), "got a list"),
    "tensor": (torch.tensor, "got a Tensor"),
    "number": (lambda g: 1.0, "got a float"),
    "float32": (lambda g: g.astype(np.float32), "float32"),
    "int": (lambda g: g.astype(int), "int64"),
}


@every_layer
@fast_and_loops
def test_a_gradient_unlike_the_output_is_named(module, kind):
    for case, (convert, got) in UNLIKE_THE_OUTPUT.items():
        layer = kind.make(module, rng=RNG)
        y = layer.forward(images(*kind.shape))
        expected = "float64" if case in ("float32", "int") else str(y.shape)
        gradient = convert(images(*kind.output_shape))
        words = f"{kind.name}.backward", expected, got
        assert_says(ValueError, partial(layer.backward, gradient), *words, case=case)


def test_an_evaluation_of_another_batch_size_between_forward_and_backward_is_noticed():
    network = tiny_cnn(seed=0)
    y = network.forward(images(4, 1, 8, 8))
    network.predict(images(9, 1, 8, 8))
    assert_says(ValueError, lambda: network.backward(y), "(9, 3)", "(4, 3)")


# --- constructors


NONSENSE = [0, -1, True, 2.0, "3", None, (3, 3)]


@fast_and_loops
@pytest.mark.parametrize(("argument", "make"), [
    ("in_channels", lambda m, v: m.Conv2d(v, 1, 1, rng=RNG)),
    ("out_channels", lambda m, v: m.Conv2d(1, v, 1, rng=RNG)),
    ("kernel_size", lambda m, v: m.Conv2d(1, 1, v, rng=RNG)),
    ("stride", lambda m, v: m.Conv2d(1, 1, 1, v, rng=RNG)),
    ("padding", lambda m, v: m.Conv2d(1, 1, 1, 1, -1 if v == 0 else v, rng=RNG)),
    ("kernel_size", lambda m, v: m.MaxPool2d(v)),
    ("stride", lambda m, v: m.MaxPool2d(2, 0 if v is None else v)),  # None: the kernel size
    ("kernel_size", lambda m, v: m.AvgPool2d(v)),
    ("stride", lambda m, v: m.AvgPool2d(2, 0 if v is None else v)),
    ("in_features", lambda m, v: m.Linear(v, 1, rng=RNG)),
    ("out_features", lambda m, v: m.Linear(1, v, rng=RNG)),
])  # fmt: skip
def test_a_size_that_is_no_count_is_named(module, argument, make):
    least = 0 if argument == "padding" else 1
    words = f"{argument} must be an integer of at least {least}, got "
    for value in NONSENSE:
        with pytest.raises(ValueError) as caught:
            make(module, value)
        assert str(caught.value).startswith(words), value


def test_sizes_may_be_numpy_integers():
    one, two = np.arange(1, 3)
    layer = Conv2d(one, two, two, stride=one, padding=one, rng=RNG)
    assert layer.forward(images(1, 1, 3, 3)).shape == (1, 2, 4, 4)
    assert MaxPool2d(two).stride == 2


@fast_and_loops
@pytest.mark.parametrize(
    "rng", [0, None, np.random, np.random.RandomState(0)], ids=["seed", "none", "module", "legacy"]
)
@pytest.mark.parametrize("kind", [k for k in KINDS if k.name in ("Conv2d", "Linear", "Dropout")], ids=names)
def test_an_rng_that_is_no_generator_is_named(module, kind, rng):
    assert_says(ValueError, lambda: kind.make(module, rng=rng), "rng", "Generator", "got ")


@pytest.mark.parametrize("dtype", [int, "uint8", bool, complex])
@pytest.mark.parametrize("make", [Conv2d, Linear], ids=["Conv2d", "Linear"])
def test_a_dtype_that_is_not_floating_is_named(make, dtype):
    sizes = (1, 1, 1) if make is Conv2d else (1, 1)
    assert_says(ValueError, lambda: make(*sizes, rng=RNG, dtype=dtype), "floating", str(np.dtype(dtype)))


@pytest.mark.parametrize("p", [-0.1, 1, 1.5, np.nan, "0.5", None, True], ids=repr)
def test_a_dropout_probability_outside_zero_to_one_is_named(p):
    assert_says(ValueError, lambda: Dropout(p, rng=RNG), "0 <= p < 1", repr(p))


# --- losses


@pytest.mark.parametrize(("labels", "words"), [
    pytest.param(np.array([0, 3]), ["0..2", "from 0 to 3"], id="too-large"),
    pytest.param(np.array([-1, 2]), ["0..2", "from -1 to 2"], id="negative"),
    pytest.param(np.array([0.0, 1.0]), ["integer", "float64"], id="floats"),
    pytest.param(np.array([True, False]), ["integer", "bool"], id="booleans"),
    pytest.param(np.array([0, 1, 2]), ["2 integer labels", "(3,)"], id="wrong-length"),
    pytest.param(np.eye(3, dtype=int)[:2], ["one per row", "(2, 3)"], id="one-hot"),
    pytest.param(np.array([[0], [1]]), ["one per row", "(2, 1)"], id="column"),
    pytest.param([0, 1], ["integer labels", "list"], id="list"),
    pytest.param(torch.tensor([0, 1]), ["integer labels", "torch"], id="tensor"),
])  # fmt: skip
def test_labels_that_do_not_fit_are_named(labels, words):
    assert_says(ValueError, lambda: cross_entropy(images(2, 3), labels), *words)


@pytest.mark.parametrize(("logits", "got"), [
    pytest.param(images(3), "shape (3,)", id="rank-1"),
    pytest.param(images(2, 3, 1), "shape (2, 3, 1)", id="rank-3"),
    pytest.param(images(0, 3), "shape (0, 3)", id="no-samples"),
    pytest.param(images(2, 0), "shape (2, 0)", id="no-classes"),
    pytest.param([[0.0, 1.0]], "a list", id="list"),
    pytest.param(torch.zeros(2, 3), "a Tensor", id="tensor"),
])  # fmt: skip
def test_logits_that_are_no_table_are_named(logits, got):
    assert_says(ValueError, lambda: softmax(logits), "(N, num_classes)", got)
    assert_says(ValueError, lambda: cross_entropy(logits, np.zeros(2, int)), "(N, num_classes)", got)


# --- networks and training


@pytest.mark.parametrize(
    "layers", [(), ([ReLU()],), (ReLU,), (ReLU(), "Flatten")], ids=["none", "a-list", "a-class", "a-name"]
)
def test_what_is_no_layer_does_not_enter_a_network(layers):
    assert_says(ValueError, lambda: Sequential(*layers), "Sequential", "layer", "got ")


def test_a_layer_that_stands_twice_in_a_network_is_named_with_its_places():
    relu = ReLU()
    words = "same ReLU", "[2, 4]", "of its own", "remembers one input"
    assert_says(ValueError, lambda: Sequential(Flatten(), relu, ReLU(), relu), *words)
    Sequential(ReLU(), ReLU())  # two of a kind are two layers


def test_parameters_of_other_shapes_are_not_loaded_and_change_nothing():
    network, other = tiny_cnn(seed=0), tiny_cnn(num_classes=4, seed=1)
    before = [parameter.copy() for parameter in network.parameters()]
    assert_says(ValueError, lambda: network.load(other.parameters()), "(3, 27)", "(4, 27)")
    assert_says(ValueError, lambda: network.load(before[:-1]), "[(3, 1, 3, 3)", "(3,)]")
    assert_says(ValueError, lambda: network.load(before[1] for _ in range(4)), "(3, 27)")
    for own, value in zip(network.parameters(), before, strict=True):
        np.testing.assert_array_equal(own, value)


SET = images(4, 1, 8, 8), np.array([0, 1, 2, 0])


@pytest.mark.parametrize(("changes", "words"), [
    pytest.param({"train": (images(0, 1, 8, 8), np.zeros(0, int))}, ["train set is empty"], id="empty"),
    pytest.param({"validation": (SET[0][:0], SET[1][:0])}, ["validation set is empty"], id="no-validation"),
    pytest.param({"train": (SET[0], SET[1][:3])}, ["train", "4 images", "3 labels"], id="too-few-labels"),
    pytest.param({"validation": (SET[0][:3], SET[1])}, ["validation", "3 images"], id="too-few-images"),
    pytest.param({"train": (torch.zeros(4, 1, 8, 8), SET[1])}, ["train", "a Tensor"], id="tensor"),
    pytest.param({"train": (SET[0], SET[1].tolist())}, ["train", "a list"], id="list-of-labels"),
    pytest.param({"train": (SET[0], SET[1] + 1)}, ["0..2", "3"], id="label-out-of-range"),
    pytest.param({"train": (SET[0], SET[1] * 1.0)}, ["integer", "float64"], id="labels-as-floats"),
    pytest.param({"train": (SET[0][:, 0], SET[1])}, ["(N, 1, H, W)", "(4, 8, 8)"], id="no-channel-axis"),
    pytest.param({"train": (SET[0].astype("f4"), SET[1])}, ["float64", "float32"], id="other-dtype"),
    pytest.param({"num_epochs": 0}, ["num_epochs", "0"], id="no-epochs"),
    pytest.param({"num_epochs": 1.5}, ["num_epochs", "1.5"], id="half-an-epoch"),
    pytest.param({"batch_size": 0}, ["batch_size", "0"], id="batch-of-none"),
    pytest.param({"batch_size": True}, ["batch_size", "True"], id="batch-of-true"),
    pytest.param({"num_epochs": True}, ["num_epochs must be an integer of at least 1, got True"], id="yes"),
    pytest.param({"batch_size": 0}, ["batch_size must be an integer of at least 1, got 0"], id="no-batch"),
    pytest.param({"batch_size": 2.0}, ["batch_size must be", "got 2.0"], id="batch-of-floats"),
    pytest.param({"seed": None}, ["seed must be an integer of at least 0, got None"], id="no-seed"),
    pytest.param({"seed": -1}, ["seed must be an integer of at least 0, got -1"], id="negative-seed"),
    pytest.param({"learning_rate": True}, ["learning_rate", "True"], id="learning-rate-yes"),
    pytest.param({"learning_rate": 0}, ["learning_rate", "0"], id="no-learning-rate"),
    pytest.param({"learning_rate": -0.1}, ["learning_rate", "-0.1"], id="negative-learning-rate"),
    pytest.param({"learning_rate": np.inf}, ["learning_rate", "inf"], id="infinite-learning-rate"),
    pytest.param({"learning_rate": np.nan}, ["learning_rate", "nan"], id="learning-rate-nan"),
    pytest.param({"learning_rate": "0.1"}, ["learning_rate", "'0.1'"], id="learning-rate-text"),
    pytest.param({"snapshot_epochs": (0, 3)}, ["0..2", "(0, 3)"], id="snapshot-after-the-end"),
    pytest.param({"snapshot_epochs": [-1]}, ["0..2", "[-1]"], id="snapshot-before-the-start"),
    pytest.param({"snapshot_epochs": 2}, ["0..2", "2"], id="snapshots-as-a-number"),
])  # fmt: skip
def test_sets_and_settings_that_make_no_sense_are_named(changes, words):
    network = tiny_cnn(seed=0)
    arguments = {"train": SET, "validation": SET, "num_epochs": 2, "seed": 0} | changes
    assert_says(ValueError, lambda: fit(network, **arguments), *words)
    for own, fresh in zip(network.parameters(), tiny_cnn(seed=0).parameters(), strict=True):
        np.testing.assert_array_equal(own, fresh)  # nothing was learned before the refusal


@pytest.mark.parametrize("call", [Sequential.predict, Sequential.trace, Sequential.forward])
def test_a_network_refuses_lists_and_empty_arrays(call):
    network = Sequential(Flatten(), ReLU())
    assert_says(ValueError, lambda: call(network, [[1.0]]), "array", "got a list")
    assert_says(ValueError, lambda: call(network, images(0, 1, 8, 8)), "at least one", "(0, 1, 8, 8)")
