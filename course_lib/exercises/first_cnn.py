"""Exercises of the chapter *Linear, MLP, CNN, side by side: what does a prior buy?*"""

import numpy as np

from course_lib.exercises.first_cnn_models import accuracy_in_batches, pooled_cnn  # noqa: F401
from course_lib.exercises.framework import Exercise, WrongAnswer, as_array, expect, expect_close
from course_lib.geometry import conv2d_parameters, linear_parameters

LAYERS = ("first convolution", "second convolution", "hidden dense layer", "output layer")


def layer_parameters(num_filters, hidden_features, num_classes):
    """Return the parameters of SimpleCNN's four layers with weights, for 28x28 grey images."""
    first, second = num_filters
    return [
        first * (1 * 3 * 3 + 1),  # each filter: 9 weights and a bias
        second * (first * 3 * 3 + 1),  # each filter reads all maps of the first layer
        hidden_features * (second * 7 * 7 + 1),  # two poolings: 28 -> 14 -> 7
        num_classes * (hidden_features + 1),
    ]


def _check_layer_parameters(answer):
    for num_filters, hidden, classes in (((16, 32), 128, 10), ((8, 20), 50, 3)):
        first, second = num_filters
        expected = (
            conv2d_parameters(1, first, kernel_size=3),
            conv2d_parameters(first, second, kernel_size=3),
            linear_parameters(second * 49, hidden),
            linear_parameters(hidden, classes),
        )
        case = f"num_filters={num_filters}, hidden_features={hidden}, num_classes={classes}"
        got = as_array(answer(num_filters, hidden, classes), case)
        expect(got.shape == (4,), f"{case}: expected a list of 4 counts, got shape {got.shape}.")
        _check_counts(got, expected, num_filters, hidden, classes, case)


def _check_counts(got, expected, num_filters, hidden, classes, case):
    first, second = num_filters
    units = (first, second, hidden, classes)
    for layer, count, right, outputs in zip(LAYERS, got, expected, units, strict=True):
        if count == right:
            continue
        likely = ""
        if count == right - outputs:
            likely = " Each output channel, like each dense unit, also has a bias."
        elif count == second * 10 and layer == LAYERS[1]:
            likely = f" Each of its filters reads all {first} maps of the first layer, not one."
        elif layer == LAYERS[2] and count in (hidden * (second * side**2 + 1) for side in (28, 14)):
            likely = " Two poolings lie before this layer; what is left of 28 x 28?"
        raise AssertionError(f"{case}, {layer}: expected {right:,}, got {count:,.0f}.{likely}")


def _without_biases(num_filters, hidden_features, num_classes):
    first, second = num_filters
    return [first * 9, second * first * 9, hidden_features * second * 49, num_classes * hidden_features]


def _one_map_per_filter(num_filters, hidden_features, num_classes):
    right = layer_parameters.reference(num_filters, hidden_features, num_classes)
    return [right[0], num_filters[1] * 10, *right[2:]]


def _one_pooling(num_filters, hidden_features, num_classes):
    right = layer_parameters.reference(num_filters, hidden_features, num_classes)
    return [*right[:2], hidden_features * (num_filters[1] * 14 * 14 + 1), right[3]]


layer_parameters = Exercise(
    name="layer_parameters",
    checks=(_check_layer_parameters,),
    reference=layer_parameters,
    hints=(
        "A filter is as deep as its input has channels: 3 x 3 weights for each of them, and one bias.",
        "A convolution with padding 1 keeps the size and each pooling halves it, so the dense layer "
        "reads num_filters[1] maps of 7 x 7.",
    ),
    wrong_answers=(
        WrongAnswer(_without_biases, "also has a bias", "forgets the biases"),
        WrongAnswer(_one_map_per_filter, "reads all 16 maps", "a filter of one channel"),
        WrongAnswer(_one_pooling, "Two poolings lie before", "counts one pooling"),
        WrongAnswer(lambda *sizes: 206_922, "list of 4 counts", "the sum only"),
    ),
)


def compare_errors(accuracy_a, accuracy_b):
    """Return (points gained, ratio of errors a / b) of two accuracies given as fractions."""
    points = 100 * (accuracy_b - accuracy_a)
    return points, (1 - accuracy_a) / (1 - accuracy_b)


def _check_compare_errors(answer):
    # hand arithmetic: 8 errors in 100 against 1; 3 against 2
    for accuracy_a, accuracy_b, points, ratio in ((0.92, 0.99, 7.0, 8.0), (0.97, 0.98, 1.0, 1.5)):
        case = f"accuracies {accuracy_a} and {accuracy_b}"
        got = as_array(answer(accuracy_a, accuracy_b), case)
        expect(got.shape == (2,), f"{case}: expected two numbers, (points, ratio), got shape {got.shape}.")
        percent = 100 * (accuracy_b - accuracy_a) / accuracy_a
        expect(
            not np.isclose(got[0], percent),
            f"{case}: {percent:.2f} is per cent of the first accuracy; asked are percentage points.",
        )
        expect_close(got[0], points, f"{case}, percentage points gained")
        expect(
            not np.isclose(got[1], accuracy_b / accuracy_a),
            f"{case}: {got[1]:.3f} is the ratio of the accuracies; asked is the ratio of the errors.",
        )
        expect(not np.isclose(got[1], 1 / ratio), f"{case}: got {got[1]:.3f}, the ratio upside down.")
        expect_close(got[1], ratio, f"{case}, errors of the first over errors of the second")


def _percent_gained(a, b):
    return 100 * (b - a) / a, (1 - a) / (1 - b)


compare_errors = Exercise(
    name="compare_errors",
    checks=(_check_compare_errors,),
    reference=compare_errors,
    hints=(
        "An error rate is 1 minus the accuracy.",
        "Percentage points: the plain difference times 100. The ratio: the first error over the second.",
    ),
    wrong_answers=(
        WrongAnswer(lambda a, b: (100 * (b - a), b / a), "ratio of the accuracies", "divides accuracies"),
        WrongAnswer(lambda a, b: (100 * (b - a), (1 - b) / (1 - a)), "upside down", "inverts the ratio"),
        WrongAnswer(_percent_gained, "asked are percentage points", "relative gain"),
        WrongAnswer(lambda a, b: (b - a, (1 - a) / (1 - b)), "points gained: expected 7", "unscaled"),
    ),
)


def paired_table(predictions_a, predictions_b, labels):
    """Return [[both right, only a right], [only b right, both wrong]] as counts."""
    right_a = np.asarray(predictions_a) == np.asarray(labels)
    right_b = np.asarray(predictions_b) == np.asarray(labels)
    return [
        [int((right_a & right_b).sum()), int((right_a & ~right_b).sum())],
        [int((~right_a & right_b).sum()), int((~right_a & ~right_b).sum())],
    ]


def _check_paired_table(answer):
    labels = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    a = np.array([0, 1, 2, 3, 4, 5, 9, 0, 0, 0])  # right on the first six
    b = np.array([0, 1, 2, 3, 0, 0, 6, 1, 0, 1])  # right on the first four and on the 6
    # images 0-3: both; 4 and 5: only a; 6: only b; 7, 8, 9: neither, and on 8 they agree
    case = "10 images of the digits 0 to 9 in order"
    got = as_array(answer(a, b, labels), case)
    expect(got.shape == (2, 2), f"{case}: expected a table of shape (2, 2), got {got.shape}.")
    expect(
        not np.array_equal(got, [[4, 1], [2, 3]]),
        f"{case}: rows and columns are swapped; the first row holds the images that a gets right.",
    )
    expect(
        got.sum() == 10,
        f"{case}: the four entries must count each image once and sum to 10, got a sum of {got.sum():g}.",
    )
    expect(
        not np.array_equal(got, [[4, 2], [1, 3]][::-1]),
        f"{case}: the rows are upside down; the first row holds the images that a gets right.",
    )
    expect_close(got, [[4, 2], [1, 3]], case)


def _table_of_agreement(a, b, labels):
    same = int((a == b).sum())
    return [[same, 0], [0, len(labels) - same]]


def _table_transposed(a, b, labels):
    return np.transpose(paired_table.reference(a, b, labels))


def _table_of_fractions(a, b, labels):
    return np.array(paired_table.reference(a, b, labels)) / len(labels)


paired_table = Exercise(
    name="paired_table",
    checks=(_check_paired_table,),
    reference=paired_table,
    hints=(
        "First turn each model's predictions into right or wrong, by comparing them with the labels.",
        "`right_a & ~right_b` is True where only the first model is right; its sum is the count.",
    ),
    wrong_answers=(
        WrongAnswer(_table_transposed, "rows and columns are swapped", "transposed"),
        WrongAnswer(
            lambda *given: as_array(paired_table.reference(*given), "") / 10, "sum to 10", "fractions"
        ),
        WrongAnswer(_table_of_agreement, "largest error is at index", "compares the models with each other"),
        WrongAnswer(lambda *given: paired_table.reference(*given)[::-1], "upside down", "wrong row first"),
    ),
)
