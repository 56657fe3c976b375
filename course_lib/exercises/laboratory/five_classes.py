"""A fifth class: train on the training images alone, and say which pattern is taken for which."""

from dataclasses import replace

import numpy as np

from course_lib.data.patterns import load_patterns
from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect, expect_close
from course_lib.numpy_cnn import Sequential, fit, tiny_cnn

FIVE = ("vertical", "horizontal", "diagonal", "dot", "cross")
ENOUGH = 0.85  # on new images under this noise: about 0.95 if trained, 0.80 if the cross was never shown


def noisy_data():
    """Return five classes; one validation label in two is wrong, so that learning from them does harm.

    Every image whose label is wrong is said to be of the next class: whoever trains on them learns that.
    """
    data = load_patterns(classes=FIVE, noise=0.3)
    labels = data.validation_labels
    wrong = np.arange(len(labels)) % 2 == 0
    return replace(data, validation_labels=np.where(wrong, (labels + 1) % 5, labels))


def network_and_table(answer):
    """Check that the network learned the five patterns, and the table counts its answers."""
    data = noisy_data()
    got = answer(data, 1)
    expect(
        isinstance(got, (tuple, list)) and len(got) == 2,
        f"Return two things, the trained network and the table; got {type(got).__name__}.",
    )
    network, table = got
    is_a_network_of_170(network, data)
    new = load_patterns(classes=FIVE, noise=0.3, seed=8)
    _, accuracy = network.evaluate(new.test_images, new.test_labels)
    expect(
        accuracy > ENOUGH,
        f"On new images of the five patterns it is right in {accuracy:.0%}: is it trained, on the training "
        "images of all five classes, and on nothing else?",
    )
    is_the_table(as_array(table, "The table"), network, data)


def is_a_network_of_170(network, data):
    """Raise AssertionError unless it has five logits and 170 parameters."""
    expect(
        isinstance(network, Sequential),
        f"First comes the trained network, a Sequential; got {type(network).__name__}.",
    )
    num_logits = network.forward(data.validation_images).shape[1]
    expect(num_logits == 5, f"Five classes need five logits per image, your network gives {num_logits}.")
    expect(
        network.num_parameters == 170,
        f"Three filters and five classes make 170 parameters, yours has {network.num_parameters}.",
    )


def is_the_table(table, network, data):
    expected = count(data.validation_labels, network.predict(data.validation_images).argmax(axis=1))
    turned = table.shape == (5, 5) and np.array_equal(table, expected.T)
    expect(not turned, "The table is turned: the rows are the true classes, the columns the answers.")
    expect_close(table, expected, "The table for the validation images")


def count(labels, answers):
    table = np.zeros((5, 5), int)
    np.add.at(table, (labels, answers), 1)
    return table


def trained_on(images, labels, seed, network=None):
    network = network or tiny_cnn(3, 5, seed=seed)
    fit(network, (images, labels), (images, labels), seed=seed)
    return network


def with_table(network, data):
    return network, count(data.validation_labels, network.predict(data.validation_images).argmax(axis=1))


def on_the_validation_set(data, seed):
    return with_table(trained_on(data.validation_images, data.validation_labels, seed), data)


def without_the_cross(data, seed):
    known = data.train_labels < 4
    return with_table(trained_on(data.train_images[known], data.train_labels[known], seed), data)


def five_filters(data, seed):
    return with_table(trained_on(data.train_images, data.train_labels, seed, tiny_cnn(5, 5, seed=seed)), data)


def table_turned(data, seed):
    network, table = five_classes.reference(data, seed)
    return network, table.T


def table_of_the_training_set(data, seed):
    network, _ = five_classes.reference(data, seed)
    return network, count(data.train_labels, network.predict(data.train_images).argmax(axis=1))


@exercise(
    title="A fifth class",
    difficulty="idea",
    checks=(network_and_table,),
    hints=(
        "tiny_cnn takes num_filters and num_classes; only one of them changes.",
        "fit takes two pairs (images, labels): the first is learned from, the second only watched.",
        "An image of class i that is answered j adds one to one place of the table.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda data, seed: with_table(tiny_cnn(3, 5, seed=seed), data), "is it trained", "untrained"
        ),
        WrongAnswer(on_the_validation_set, "and on nothing else", "trained on the validation set"),
        WrongAnswer(without_the_cross, "of all five classes", "the cross never shown"),
        WrongAnswer(
            lambda data, seed: (tiny_cnn(5, 3, seed=seed), 0), "five logits", "filters and classes swapped"
        ),
        WrongAnswer(five_filters, "170", "five filters as well"),
        WrongAnswer(lambda data, seed: five_classes.reference(data, seed)[0], "two things", "no table"),
        WrongAnswer(table_turned, "is turned", "columns for rows"),
        WrongAnswer(table_of_the_training_set, "largest error", "the training set counted"),
    ),
)
def five_classes(data, seed):
    network = tiny_cnn(num_filters=3, num_classes=5, seed=seed)
    validation = data.validation_images, data.validation_labels
    fit(network, (data.train_images, data.train_labels), validation, seed=seed)
    answers = network.predict(data.validation_images).argmax(axis=1)
    table = np.zeros((5, 5), int)
    np.add.at(table, (data.validation_labels, answers), 1)
    return network, table
