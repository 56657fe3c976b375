"""What a caller of the library relies on without looking: usual settings, and records that stay."""

import dataclasses
import importlib
import inspect

import numpy as np
import pytest

from course_lib.exercises.framework.exercise import Exercise

MODULES = (
    "geometry", "metrics", "data", "data.sources", "data.touching", "training", "inspection", "numpy_cnn",
    "numpy_cnn.fitting", "exercises.framework.answers", "exercises.framework.exercise",
)  # fmt: skip
USUAL = {
    "geometry.Window": {"stride": 1, "padding": 0, "dilation": 1},
    "geometry.transposed_output_size": {"output_padding": 0},
    "geometry.conv2d_parameters": {"bias": True, "groups": 1},
    "geometry.conv2d_multiply_adds": {"groups": 1},
    "geometry.linear_parameters": {"bias": True},
    "metrics.compare_on_images": {"num_resamples": 2000, "seed": 0},
    "numpy_cnn.fit": {"num_epochs": 80, "learning_rate": 0.12, "batch_size": 18, "snapshot_epochs": ()},
    "numpy_cnn.base.check_count": {"least": 1},
    "numpy_cnn.gradient_check.numerical_gradient": {"step": 1e-6},
    "numpy_cnn.gradient_check.relative_error": {"floor": 0.0},
    "numpy_cnn.gradient_check.check_layer": {"step": 1e-6},
    "numpy_cnn.Conv2d": {"stride": 1, "padding": 0, "dtype": np.float64},
    "numpy_cnn.loops.Conv2d": {"stride": 1, "padding": 0, "dtype": np.float64},
    "numpy_cnn.Linear": {"dtype": np.float64},
    "numpy_cnn.MaxPool2d": {"stride": None},
    "numpy_cnn.Sequential.train": {"mode": True},
    "numpy_cnn.tiny_cnn": {"num_filters": 3, "num_classes": 3, "dtype": np.float64, "layers": None},
    "numpy_cnn.tiny_mlp": {"hidden_features": 18, "num_classes": 3, "dtype": np.float64, "layers": None},
    "data.load_mnist": {"offline_default": True},
    "data.load_cifar10": {"offline_default": True},
    "data.offline_digits": {"seed": 0},
    "data.ImageData.sample": {"seed": 0},
    "data.ImageData.validation_split": {"seed": 0},
    "data.load_patterns": {
        "num_train_per_class": 60, "num_validation_per_class": 30, "size": 8, "seed": 7, "shift": 1,
        "noise": 0.12, "brightness": (0.85, 1.15), "classes": ("vertical", "horizontal", "diagonal"),
    },
    "data.coloured_shapes": {"num_train": 8000, "num_test": 2000, "seed": 0, "informative_hue": True},
    "data.subsets.sample_indices": {"seed": 0},
    "data.textures.textured_shapes": {"seed": 0},
    "data.touching_digits": {"seed": 0},
    "training.train": {"config": None, "checkpoint": None, "augment": None},
    "training.loop.Run": {"augment": None},
    "training.train_epoch": {"label_smoothing": 0.0, "rates": None},
    "inspection.randomised": {"layers": None},
    "inspection.other_of_class": {"seed": 0},
    "inspection.ablation": {"fill": 0.0},
    "inspection.measured_receptive_field": {"in_channels": 1},
    "inspection.occlusion_map": {"stride": 1, "fill": None},
    "inspection.rank_correlation": {"where": None},
    "inspection.top_patches": {"fill": 0.0, "count": 9},
    "inspection.activation_statistics": {"kind": None},
    "exercises.framework.comparisons.expect_close": {"rtol": 1e-5, "atol": 1e-6},
    "exercises.framework.guard.guarded": {"may_change_arguments": False},
}  # fmt: skip


def found(name):
    """Return what a name such as "data.ImageData.sample" stands for."""
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        try:
            thing = importlib.import_module(".".join(["course_lib", *parts[:length]]))
        except ModuleNotFoundError:
            continue
        for part in parts[length:]:
            thing = getattr(thing, part)
        return thing
    raise LookupError(name)


@pytest.mark.parametrize("name", USUAL)
def test_what_is_not_given_has_its_usual_value(name):
    parameters = inspect.signature(found(name)).parameters.values()
    assert {p.name: p.default for p in parameters if p.default is not p.empty} == USUAL[name]


@pytest.mark.parametrize("module", ["", ".loops"])
def test_every_layer_returns_the_gradient_of_its_input_unless_told_otherwise(module):
    layers = vars(importlib.import_module(f"course_lib.numpy_cnn{module}")).values()
    backward = [layer.backward for layer in layers if hasattr(layer, "backward")]
    assert len(backward) > 4
    for function in backward:
        assert inspect.signature(function).parameters["need_grad_input"].default is True, function


def test_the_usual_exercise_is_this():
    fields = {f.name: f.default for f in dataclasses.fields(Exercise) if f.default is not dataclasses.MISSING}
    assert fields == {
        "difficulty": "idea", "source": "", "may_change_arguments": False, "seconds": 60.0, "answer": "",
        "title": "", "next_step": "", "chapter": "", "mistakes": (), "_hints_given": 0,
    }  # fmt: skip
    assert [f.name for f in dataclasses.fields(Exercise) if not f.repr] == ["_hints_given"]


def test_records_cannot_be_changed_but_what_grows_and_what_counts_its_hints():
    modules = [importlib.import_module(f"course_lib.{name}") for name in MODULES]
    records = {record for module in modules for record in vars(module).values()
               if dataclasses.is_dataclass(record) and inspect.isclass(record)}  # fmt: skip
    assert len(records) > 12
    growing = {record.__name__ for record in records if not record.__dataclass_params__.frozen}
    assert growing == {"History", "Exercise"}
