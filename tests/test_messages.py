"""What course_lib says when it refuses: whole sentences, with what was expected and what came."""

import io
import pickle
import re

import numpy as np
import pytest
import torch
from torch import nn

from course_lib import geometry, inspection, metrics, numpy_cnn
from course_lib.data import (
    coloured_shapes,
    downloads,
    load_patterns,
    patterns,
    shifts,
    subsets,
    textures,
    touching,
    turns,
)
from course_lib.data.files import DataError, read_arrays
from course_lib.data.sources import data_folder
from course_lib.geometry import Window
from course_lib.numpy_cnn import cross_entropy, gradient_check, layouts, loops
from course_lib.training import TrainConfig, randomly_turned, train

ONE = torch.zeros(2, 1, 5, 5)
BRIGHT = torch.ones(1, 1, 2, 2)


RNG = np.random.default_rng(0)


def used_linear():
    layer = numpy_cnn.Linear(2, 3, rng=RNG)
    layer.forward(np.zeros((1, 2)))
    return layer


def ablated(channels):
    model = cnn()
    with inspection.ablation(model, "0", channels):
        model(ONE)


def fitted(images=None, **settings):
    labels = np.zeros(2, int)
    images = np.zeros((2, 2)) if images is None else images
    validation = np.zeros((2, 2)), labels
    return numpy_cnn.fit(
        numpy_cnn.Sequential(used_linear()), (images, labels), validation, seed=0, **settings
    )


def cnn():
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(18, 3))


class Blocked(nn.Conv2d):
    """A convolution that forgets its input."""

    def forward(self, x):
        return 0 * super().forward(x)


REFUSED = {
    "a window": (
        lambda: Window(0),
        "kernel_size must be an integer of at least 1, or a pair of them, got 0 in Window(kernel_size=0, "
        "stride=1, padding=0, dilation=1).",
    ),
    "a window larger than its input": (
        lambda: geometry.output_size(4, Window(4, padding=1, dilation=2)),
        "A window that spans 7 pixels does not fit into an input of 4 pixels with padding 1 per side.",
    ),
    "an output padding": (
        lambda: geometry.transposed_output_size(4, Window(3, stride=2), 2),
        "output_padding must be an integer in 0..1, got 2.",
    ),
    "nothing left": (
        lambda: geometry.transposed_output_size(1, Window(2, padding=1)),
        "Window(kernel_size=2, stride=1, padding=1, dilation=1) leaves nothing of an input of 1 pixels: 0.",
    ),
    "groups": (
        lambda: geometry.conv2d_parameters(4, 6, 3, groups=4),
        "groups must divide both channel counts, got 4 for 4 and 6.",
    ),
    "a layer that cannot be drawn": (
        lambda: inspection.randomised(cnn(), 0, ["1"]),
        "'1' cannot be drawn anew; layers with weights are ['0', '3'].",
    ),
    "a patch": (
        lambda: inspection.occlusion_map(cnn(), ONE[0], 0, 6),
        "A patch of 6 pixels does not fit into an image of 5 x 5.",
    ),
    "a layer without maps": (
        lambda: inspection.grad_cam(cnn(), ONE[0], 0, "3"),
        "grad_cam needs a layer with maps (N, K, H, W); layer '3' made (1, 3).",
    ),
    "maps of two shapes": (
        lambda: inspection.rank_correlation(ONE[0, 0], ONE[0, 0, 1:]),
        "Expected maps (H, W) or (N, H, W) of one shape, got [(5, 5), (4, 5), (5, 5)].",
    ),
    "images without labels": (
        lambda: inspection.saliency(cnn(), ONE, 0),
        "Expected one image (C, H, W) with one label, or images (N, C, H, W) with N labels, "
        "got (2, 1, 5, 5) and ().",
    ),
    "a label of no class": (
        lambda: inspection.saliency(cnn(), ONE, torch.tensor([1, 3])),
        "Labels must lie in 0..2, got 1 to 3.",
    ),
    "too few images for patches": (
        lambda: inspection.top_patches(ONE, ONE, stride=1, padding=0, size=1),
        "Expected maps (N, K, H', W') and images (N, 1, H, W) with N at least 9, "
        "got (2, 1, 5, 5) and (2, 1, 5, 5).",
    ),
    "too few rows for a probe": (
        lambda: inspection.linear_probe(torch.zeros(4, 2), torch.zeros(4), 2, 2),
        "Expected features (N, ...), labels (N,) or (T, N) and more than 4 rows, got (4, 2) and (4,).",
    ),
    "a stride of a layer of loops": (
        lambda: loops.Conv2d(1, 1, 3, stride=0, rng=RNG),
        "stride must be an integer of at least 1, got 0.",
    ),
    "no row to fit a probe": (
        lambda: inspection.linear_probe(torch.zeros(4, 2), torch.zeros(4), 1, 2),
        "num_fit must be an integer of at least 2, got 1.",
    ),
    "no row to choose a penalty": (
        lambda: inspection.linear_probe(torch.zeros(4, 2), torch.zeros(4), 2, 0),
        "num_choose must be an integer of at least 1, got 0.",
    ),
    "kernels": (
        lambda: inspection.plane_energy(np.zeros((3, 1, 2))),
        "plane_energy expects kernels of shape (N, K, L), 2 x 2 or more, got (3, 1, 2).",
    ),
    "a variance of one": (
        lambda: inspection.activation_statistics(cnn(), ONE[:1]),
        "A variance over images needs at least 2 of them, got 1.",
    ),
    "a layer that slides no window": (
        lambda: inspection.windows_of(nn.Sequential(nn.AdaptiveAvgPool2d(1))),
        "Layer '0' is a AdaptiveAvgPool2d: it has no single sliding window to read.",
    ),
    "a layer that rounds up": (
        lambda: inspection.windows_of(nn.Sequential(nn.MaxPool2d(2, ceil_mode=True))),
        "Layer '0' rounds its size up (ceil_mode=True); windows here round down.",
    ),
    "a layer with one side longer": (
        lambda: inspection.windows_of(nn.Sequential(nn.Conv2d(1, 1, 2, padding="same"))),
        "Layer '0' pads its two sides unequally (padding='same', even extent).",
    ),
    "an input of no size": (
        lambda: inspection.measured_receptive_field(nn.Conv2d(1, 1, 1), (0, 5)),
        "input_size must be an integer of at least 1, got 0.",
    ),
    "a field as large as the input": (
        lambda: inspection.measured_receptive_field(nn.Conv2d(1, 1, 5, padding=2), 5),
        "The field of the central unit reaches the border of the input, 5 x 5 pixels, "
        "and may be larger than seen: use a larger input_size.",
    ),
    "a spread of one": (
        lambda: metrics.mean_and_spread([1.0]),
        "A spread needs at least 2 results, got 1.",
    ),
    "answers on other images": (
        lambda: metrics.compare_on_images(np.ones(2, bool), np.ones(3, bool)),
        "Expected answers on the same images, got 2 and 3.",
    ),
    "predictions for answers": (
        lambda: metrics.compare_on_images(np.ones(2, int), np.ones(2, bool)),
        "Expected one True or False per image, shape (N,), got shape (2,) and type int64: "
        "pass predictions == labels.",
    ),
    "other seeds": (
        lambda: metrics.compare_over_seeds([1.0, 2.0], [1.0]),
        "Expected one value per seed and the same seeds, at least 2, got shapes (2,) and (1,).",
    ),
    "results that are none": (
        lambda: metrics.compare_over_seeds([1.0, np.nan], [1.0, 2.0]),
        "Expected finite values, got [ 1. nan] and [1. 2.].",
    ),
    "an accuracy in percent": (
        lambda: metrics.accuracy_interval(98.6, 100),
        "accuracy must be a fraction in 0..1, got 98.6.",
    ),
    "an optimizer": (
        lambda: TrainConfig(optimizer="magic"),
        "optimizer must be one of ['adam', 'adamw', 'sgd'], got 'magic'.",
    ),
    "a schedule": (
        lambda: TrainConfig(schedule="magic"),
        "schedule must be one of ['constant', 'cosine', 'one-cycle', 'triangular'], got 'magic'.",
    ),
    "a setting below zero": (
        lambda: TrainConfig(momentum=-1),
        "momentum must be a finite number of at least 0, got -1.",
    ),
    "a share above one": (
        lambda: TrainConfig(warmup=1.5),
        "warmup is a share, at most 1, got 1.5.",
    ),
    "no learning": (
        lambda: TrainConfig(learning_rate=0),
        "learning_rate must be positive, got 0: nothing would be learned.",
    ),
    "integer logits": (
        lambda: cross_entropy(np.array([[0, 1]]), np.array([1])),
        "Expected logits in floating-point numbers, got int64: use astype(float).",
    ),
    "no logits": (
        lambda: cross_entropy([0.0, 1.0], np.array([1])),
        "Expected an array of logits of shape (N, num_classes), got a list.",
    ),
    "a data type": (
        lambda: numpy_cnn.Linear(2, 3, rng=RNG, dtype=int),
        "Linear expects a floating-point dtype, got int64.",
    ),
    "a generator": (
        lambda: numpy_cnn.Linear(2, 3, rng=0),
        "rng must be a numpy.random.Generator (np.random.default_rng(0)), got 0.",
    ),
    "inputs of a layer": (
        lambda: numpy_cnn.Linear(2, 3, rng=RNG).forward(np.zeros((1, 3))),
        "Linear expects an array of shape (N, 2), got shape (1, 3).",
    ),
    **{
        f"inputs of {type(layer).__module__}.{name}": (
            lambda layer=layer: layer.forward(np.zeros((1, 3))),
            f"{name} expects an array of shape ({shape}), got shape (1, 3).",
        )
        for name, shape, layer in [
            ("Conv2d", "N, 2, H, W", numpy_cnn.Conv2d(2, 1, 3, rng=RNG)),
            ("LaidOutConv2d", "N, 2, H, W", layouts.LaidOutConv2d(2, 1, 3, layout="NHWC", rng=RNG)),
            ("MaxPool2d", "N, C, H, W", numpy_cnn.MaxPool2d(2)),
            ("Conv2d", "N, 2, H, W", loops.Conv2d(2, 1, 3, rng=RNG)),
            ("AvgPool2d", "N, C, H, W", loops.AvgPool2d(2)),
            ("Linear", "N, 2", loops.Linear(2, 3, rng=RNG)),
        ]
    },
    "no sample": (
        lambda: numpy_cnn.Linear(2, 3, rng=RNG).forward(np.zeros((0, 2))),
        "Linear needs at least one sample, got shape (0, 2).",
    ),
    "inputs of another type": (
        lambda: numpy_cnn.Linear(2, 3, rng=RNG).forward(np.zeros((1, 2), np.float32)),
        "Linear computes in float64, got float32: convert the input with astype, "
        "or build the layer with another dtype.",
    ),
    "a gradient of another shape": (
        lambda: used_linear().backward(np.zeros((1, 2))),
        "Linear.backward expects grad_output of shape (1, 3), the shape of its output, got shape (1, 2).",
    ),
    "a gradient of another type": (
        lambda: used_linear().backward(np.zeros((1, 3), np.float32)),
        "Linear.backward expects grad_output in float64, the dtype of its output, "
        "got float32: convert it with astype.",
    ),
    "a learning rate": (
        lambda: fitted(learning_rate=0),
        "learning_rate must be a positive number, got 0.",
    ),
    "epochs that are not reached": (
        lambda: fitted(num_epochs=2, snapshot_epochs=[3]),
        "snapshot_epochs must be epochs in 0..2, got [3].",
    ),
    "pixels that are none": (
        lambda: fitted(images=np.full((2, 2), np.nan)),
        "The train set has pixels that are nan or infinite: nothing can be learned.",
    ),
    "sets that are none": (
        lambda: fitted(images=[1, 2]),
        "The train set must be two NumPy arrays, images and labels, got a list and shape (2,).",
    ),
    "an empty set": (
        lambda: fitted(images=np.zeros((0, 2))),
        "The train set is empty: at least one image is needed.",
    ),
    "a label short": (
        lambda: fitted(images=np.zeros((3, 2))),
        "The train set needs one label per image, got 3 images and 2 labels.",
    ),
    "a list in place of a set": (
        lambda: numpy_cnn.Sequential(used_linear()).evaluate([[1.0]], [1]),
        "The set must be two NumPy arrays, images and labels, got a list and a list.",
    ),
    "a probability": (
        lambda: numpy_cnn.Dropout(1.0, rng=RNG),
        "Dropout expects a probability p with 0 <= p < 1, got 1.0.",
    ),
    "no layers": (
        lambda: numpy_cnn.Sequential(),
        "Sequential needs at least one layer, got none.",
    ),
    "layers that are none": (
        lambda: numpy_cnn.Sequential(1),
        "Sequential(layer, layer, ...) expects layers, got 1.",
    ),
    "a layer twice": (
        lambda: numpy_cnn.Sequential(*[used_linear()] * 2),
        "Sequential needs a layer of its own at each place, got the same Linear "
        "at places [1, 2]: a layer remembers one input only, that of its latest forward.",
    ),
    "parameters of another network": (
        lambda: numpy_cnn.Sequential(used_linear()).load([np.zeros(2)]),
        "Expected parameters of shapes [(3, 2), (3,)], got [(2,)].",
    ),
    "no images": (
        lambda: numpy_cnn.Sequential(used_linear()).predict([]),
        "Expected an array of at least one image, got a list.",
    ),
    "a layout": (
        lambda: layouts.LaidOutConv2d(1, 1, 3, layout="WHCN", rng=RNG),
        "layout must be one of CHWN, NCHW, NHWC, got 'WHCN'.",
    ),
    "a gradient check in single precision": (
        lambda: gradient_check.numerical_gradient(np.sum, np.zeros(2, np.float32)),
        "A gradient check needs arrays of float64, got float32: convert input and layer.",
    ),
    "no validation images": (
        lambda: inspection.activation_statistics(cnn(), ONE, nn.Dropout),
        "Sequential has no module of the kind <class 'torch.nn.modules.dropout.Dropout'>.",
    ),
    "a channel": (
        lambda: ablated([2]),
        "The layer has channels 0..1, got [2].",
    ),
    "a contrast": (
        lambda: textures.textured_shapes([0], [0], 0.6),
        "contrast must lie between 0 and 0.5, got 0.6.",
    ),
    "a shape that there is not": (
        lambda: textures.textured_shapes([0, 4], [0, 0], 0.2),
        "shapes must be 0, 1, 2 or 3, got 0 to 4.",
    ),
    "a texture that there is not": (
        lambda: textures.textured_shapes([0, 0], [-1, 0], 0.2),
        "textures must be 0, 1, 2 or 3, got -1 to 0.",
    ),
    "labels in columns": (
        lambda: subsets.sample_indices(np.zeros((3, 1), int), 1),
        "Expected labels of shape (N,), got (3, 1).",
    ),
    "arrays of two shapes": (
        lambda: gradient_check.relative_error(np.zeros(2), np.zeros(3)),
        "Expected two arrays of one shape, got (2,) and (3,).",
    ),
    "labels of other rows": (
        lambda: cross_entropy(np.zeros((2, 3)), np.array([1])),
        "Expected 2 integer labels, one per row of the logits, got shape (1,) and dtype int64.",
    ),
    "labels of no logit": (
        lambda: cross_entropy(np.zeros((2, 3)), np.array([1, 3])),
        "The logits have 3 classes, so labels must lie in 0..2; got labels from 1 to 3.",
    ),
    "a class twice": (
        lambda: load_patterns(classes=("cross", "cross")),
        f"classes must be at least two different ones of {list(patterns.PATTERNS)}, got ('cross', 'cross').",
    ),
    "a shift out of the image": (
        lambda: load_patterns(size=6, shift=9),
        re.compile(r"A pattern in an image of 6 can move by at most \d, got shift=9\."),
    ),
    "a noise": (
        lambda: load_patterns(noise=-0.1),
        "noise must be a finite number of at least 0, got -0.1.",
    ),
    "a brightness": (
        lambda: load_patterns(brightness=(1, 0)),
        "brightness must be (lowest, highest), got (1, 0).",
    ),
    "a move": (
        lambda: shifts.shift_images(ONE, 6, 0, 0),
        "Images of 5 x 5 cannot move by 6 rows and 0 columns.",
    ),
    "fills of other channels": (
        lambda: shifts.shift_images(ONE, 1, 0, (1, 2)),
        "Expected one fill value, or one for each of 1 channels, got [1. 2.].",
    ),
    "more than there are": (
        lambda: subsets.sample_indices(np.zeros(3, int), 4, 0),
        "num_samples must be an integer between 1 and 3, the number of images, got 4.",
    ),
    "shapes without textures": (
        lambda: textures.textured_shapes(np.zeros(2, int), np.zeros(3, int), 0.2),
        "Every image needs a shape and a texture, got (2,) and (3,).",
    ),
    "a digit without ink": (
        lambda: touching.cut_out(np.zeros((3, 3))),
        "A digit without ink: no pixel reaches 0.5. Pass ink from 0 to 1.",
    ),
    "no digits": (
        lambda: touching.touching_digits(np.ones((1, 28, 28)), 1),
        "A hundred pairs did not fit on 32 x 48 pixels. Are these digits?",
    ),
    "a turn the wrong way": (
        lambda: randomly_turned(ONE, -1, 0, torch.Generator()),
        "most_degrees must be a finite number of at least 0, got -1.",
    ),
    "a checkpoint with changed images": (
        lambda: train(None, None, checkpoint="a", augment=abs),
        "A checkpoint cannot keep `augment`: give one of the two.",
    ),
    "a module through which no gradient comes": (
        lambda: inspection.measured_receptive_field(Blocked(1, 1, 1), 5),
        "Blocked cannot be measured: no usable gradient arrives at its input. "
        "Where a module multiplies its map by a global average, every unit sees the whole image.",
    ),
    "bytes for turning": (
        lambda: turns.turn_images(ONE.byte(), 3, 0),
        "Expected floats of shape (N, C, H, W), got torch.uint8 (2, 1, 5, 5).",
    ),
    "angles": (
        lambda: turns.turn_images(ONE, [1, 2, 3], 0),
        "Expected one finite angle, or one for each of 2 images, got [1, 2, 3].",
    ),
}  # fmt: skip

FEATURES = torch.arange(8.0).reshape(4, 2)
ENDS = {
    "no answer right": lambda: metrics.accuracy_interval(0, 1),
    "every answer right": lambda: metrics.accuracy_interval(1.0, 1),
    "two results": lambda: metrics.mean_and_spread([1.0, 2.0]),
    "two seeds": lambda: metrics.compare_over_seeds([1.0, 2.0], [1.0, 2.5]),
    "a window as large as its input": lambda: geometry.output_size(5, Window(5)),
    "the most output padding": lambda: geometry.transposed_output_size(3, Window(3, stride=2), 1),
    "one pixel left": lambda: geometry.transposed_output_size(1, Window(3, padding=1)),
    "a patch as large as the image": lambda: inspection.occlusion_map(cnn(), ONE[0], 0, 5),
    "the last class": lambda: inspection.saliency(cnn(), ONE, torch.tensor([0, 2])),
    "two images": lambda: inspection.activation_statistics(cnn(), ONE),
    "the first and the last channel": lambda: ablated([0, 1]),
    "one row more than two to fit and one to choose": lambda: inspection.linear_probe(
        FEATURES, torch.tensor([0, 1, 0, 1]), 2, 1
    ),
    "kernels of 2 x 2": lambda: inspection.plane_energy(np.eye(2)[None]),
    "out of the frame at the bottom": lambda: shifts.shift_images(ONE, 5, 0, 0),
    "out of the frame to the left": lambda: shifts.shift_images(ONE, 0, -5, 0),
    "a fill for each channel": lambda: shifts.shift_images(ONE, 1, 0, [0.5]),
    "no contrast": lambda: textures.textured_shapes([0, 3], [3, 0], 0),
    "full contrast": lambda: textures.textured_shapes([0, 3], [3, 0], 0.5),
    "all images": lambda: subsets.sample_indices(np.zeros(3, int), 3),
    "the largest shift, no noise, one brightness": lambda: load_patterns(
        1, 1, 6, shift=2, noise=0, brightness=(0, 0)
    ),
    "no turn": lambda: randomly_turned(ONE, 0, 0, torch.Generator()),
    "whole shares": lambda: TrainConfig(warmup=1, label_smoothing=1, momentum=0, weight_decay=0),
    "no dropout": lambda: numpy_cnn.Dropout(0, rng=RNG),
    "snapshots before and after": lambda: fitted(num_epochs=1, snapshot_epochs=[0, 1]),
    "the first and the last label": lambda: cross_entropy(np.zeros((2, 3)), np.array([0, 2])),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_ends_of_a_range_belong_to_it(end):
    ENDS[end]()


COUNTS = [
    ("input_size", 1, lambda n: geometry.output_size(n, Window(1))),
    ("input_size", 1, lambda n: geometry.transposed_output_size(n, Window(1))),
    ("in_channels", 1, lambda n: geometry.conv2d_parameters(n, 1, 1)),
    ("out_channels", 1, lambda n: geometry.conv2d_parameters(1, n, 1)),
    ("groups", 1, lambda n: geometry.conv2d_parameters(1, 1, 1, groups=n)),
    ("in_features", 1, lambda n: geometry.linear_parameters(n, 1)),
    ("out_features", 1, lambda n: geometry.linear_parameters(1, n)),
    ("num_resamples", 100, lambda n: metrics.compare_on_images([True], [True], num_resamples=n)),
    ("num_samples", 1, lambda n: metrics.accuracy_interval(0.5, n)),
    ("count", 1, lambda n: inspection.top_patches(BRIGHT, BRIGHT, stride=1, padding=0, size=1, count=n)),
    ("patch_size", 1, lambda n: inspection.occlusion_map(cnn(), ONE[0], 0, n)),
    ("stride", 1, lambda n: inspection.occlusion_map(cnn(), ONE[0], 0, 5, stride=n)),
    ("in_channels", 1, lambda n: inspection.measured_receptive_field(nn.Conv2d(1, 1, 1), 5, n)),
    ("seed", 0, lambda n: inspection.randomised(cnn(), n)),
    ("num_samples", 1, lambda n: touching.touching_digits(np.eye(3)[None], n)),
    ("size", 3, lambda n: load_patterns(size=n, shift=0, num_train_per_class=1, num_validation_per_class=1)),
    ("shift", 0, lambda n: load_patterns(shift=n, num_train_per_class=1, num_validation_per_class=1)),
    ("num_train_per_class", 1, lambda n: load_patterns(num_train_per_class=n)),
    ("num_validation_per_class", 1, lambda n: load_patterns(num_validation_per_class=n)),
    ("num_train", 1, lambda n: coloured_shapes(n, 1)),
    ("num_test", 1, lambda n: coloured_shapes(1, n)),
    ("num_epochs", 1, lambda n: TrainConfig(num_epochs=n)),
    ("batch_size", 1, lambda n: TrainConfig(batch_size=n)),
    ("seed", 0, lambda n: TrainConfig(seed=n)),
    ("max_shift", 0, lambda n: TrainConfig(max_shift=n)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "least", "call"), COUNTS)
def test_a_count_is_taken_from_its_least_on_and_one_less_is_refused_by_name(name, least, call):
    call(least)
    with pytest.raises(ValueError, match=f"^{name} must be an integer of at least {least}, got {least - 1}"):
        call(least - 1)


@pytest.mark.parametrize("what", REFUSED)
def test_a_refusal_is_a_sentence_that_says_what_was_expected_and_what_came(what):
    call, sentence = REFUSED[what]
    with pytest.raises(ValueError) as caught:
        call()
    said = str(caught.value)
    assert sentence.fullmatch(said) if isinstance(sentence, re.Pattern) else said == sentence


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"x_train": None}, "has no array 'x_train', only ['x_test', 'y_test', 'y_train']"),
        ({"x_test": np.zeros((4, 5, 3), np.uint8)},
         "holds x_test of shape (4, 5, 3) and type uint8, expected ('N', 5, 4), uint8"),
        ({"y_train": np.zeros(7, np.uint8)}, "holds y_train of shape (7,) and type uint8 for 8 images"),
        ({"y_test": np.full(4, 3, np.uint8)}, "holds a label 3 in y_test, expected 0..2"),
        ({"y_test": np.zeros(4, np.uint8)}, "does not hold Tiny: the checksum of y_test is wrong"),
    ],
    ids=["missing", "shape", "labels", "class", "content"],
)  # fmt: skip
def test_a_broken_data_file_is_named_with_its_remedy(tiny, change, problem):
    arrays = {name: array for name, array in (tiny.arrays | change).items() if array is not None}
    path = tiny.source.path
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    with pytest.raises(DataError) as caught:
        read_arrays(tiny.source)
    assert str(caught.value) == (
        f"The data file {path} {problem}. Delete the file and run again: it will be downloaded. "
        f"Or set COURSE_DATA to a folder with a good tiny.npz."
    )


def test_a_file_that_cannot_be_read_is_named_with_the_reason_and_the_remedy(tiny):
    path = tiny.source.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    with pytest.raises(DataError) as caught:
        read_arrays(tiny.source)
    assert str(caught.value) == (
        f"The data file {path} cannot be read (EOFError: No data left in file). "
        "Delete the file and run again: it will be downloaded. "
        "Or set COURSE_DATA to a folder with a good tiny.npz."
    )


def test_a_home_that_nobody_has_is_named(monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "~nobody-of-this-name/data")
    with pytest.raises(DataError) as caught:
        data_folder()
    assert str(caught.value) == (
        "COURSE_DATA=~nobody-of-this-name/data names a home folder that is not known: "
        "Could not determine home directory."
    )


def test_a_pickle_that_calls_anything_is_refused_by_name():
    reader = downloads._ArrayUnpickler(io.BytesIO())
    with pytest.raises(pickle.UnpicklingError) as caught:
        reader.find_class("os", "system")
    assert str(caught.value) == "the archive wants to call os.system, which makes no array"


def test_a_download_that_may_not_be_or_never_ends_says_so(tiny, monkeypatch):
    with pytest.raises(DataError) as caught:
        read_arrays(tiny.source)
    assert str(caught.value) == f"There is no file {tiny.source.path}."
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    with pytest.raises(DataError) as caught:
        downloads.download(tiny.source)
    folder = tiny.source.path.parent
    assert str(caught.value) == f"Tiny is not in {folder}, and COURSE_OFFLINE=1 forbids to download it."
    monkeypatch.delenv("COURSE_OFFLINE")
    with pytest.raises(DataError) as caught:
        downloads.download(tiny.source)  # it has no mirrors
    assert str(caught.value) == (
        f"Tiny could not be downloaded. Check the connection, or put tiny.npz into {folder} by hand.\n"
    )
    file = downloads._LimitedFile(io.BytesIO(), 1000)
    file.write(bytes(1000))
    with pytest.raises(OSError, match=r"^more than the expected 1,000 bytes came$"):
        file.write(b"1")
