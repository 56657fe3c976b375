"""The cache of trained models: the same call gives the same weights, anything else trains again."""

import errno
import inspect
import logging
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from course_lib import model_cache, training
from course_lib.data import ImageData
from course_lib.model_cache import train_cached
from course_lib.models import MLP
from course_lib.training import TrainConfig

CONFIG = TrainConfig(num_epochs=2, batch_size=16)


class WithBuffers(nn.Sequential):
    """A model whose state is more than its parameters."""

    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(36, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 3))


@pytest.fixture
def small(models_folder):
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(60, 1, 6, 6, generator=generator)
    labels = torch.randint(3, (60,), generator=generator)
    return ImageData(images[:40], labels[:40], images[40:], labels[40:], tuple("abc"), "small", "here")


@pytest.fixture
def trainings(monkeypatch):
    """Counts how often a model is really trained."""
    calls, train = [], training.train

    def counted(*args):
        calls.append(args)
        return train(*args)

    monkeypatch.setattr(training, "train", counted)
    return calls


def fresh(cls=MLP, **settings):
    torch.manual_seed(3)
    return cls(hidden_features=5, num_classes=3, image_size=6, **settings) if cls is MLP else cls()


def assert_same_state(model, other):
    assert model.state_dict().keys() == other.state_dict().keys()
    for name, values in model.state_dict().items():
        assert torch.equal(values, other.state_dict()[name]), name


def only_file(folder):
    (path,) = folder.iterdir()
    return path


@pytest.mark.parametrize("cls", [MLP, WithBuffers])
def test_the_second_call_loads_what_the_first_one_trained(small, trainings, cls):
    first, second, reference = fresh(cls), fresh(cls), fresh(cls)
    history = train_cached(first, small, CONFIG)
    again = train_cached(second, small, CONFIG)
    expected = training.train(reference, small, CONFIG)
    assert len(trainings) == 2  # the first call's, and the reference's
    assert_same_state(first, second)
    assert_same_state(first, reference)
    assert again == history
    assert history.test_loss == expected.test_loss
    assert not torch.equal(fresh(cls)[1].weight, first[1].weight)


def test_a_loaded_model_can_be_trained_on(small):
    train_cached(fresh(), small, CONFIG)
    model = fresh()
    train_cached(model, small, CONFIG)
    before = model[1].weight.detach().clone()
    training.train(model, small, CONFIG)
    assert not torch.equal(model[1].weight, before)


def test_the_file_is_an_archive_of_arrays_without_pickles(small, models_folder):
    train_cached(fresh(), small, CONFIG)
    path = only_file(models_folder)
    assert path.suffix == ".npz"
    assert path.name.startswith("MLP-")
    with np.load(path, allow_pickle=False) as archive:
        assert all(archive[name].dtype.kind in "fiU" for name in archive.files)


def test_the_default_configuration_is_the_books(small, trainings):
    train_cached(fresh(), small)
    train_cached(fresh(), small, TrainConfig())
    assert len(trainings) == 1


class Doubled(MLP):
    def forward(self, images):
        return 2 * super().forward(images)


class Redefined:
    """Two classes of the same name and layers, typed in without a file, with different code."""

    def __init__(self, expression):
        namespace = {"nn": nn, "__name__": "__main__"}
        exec(
            "class Net(nn.Sequential):\n"
            "    def __init__(self):\n        super().__init__(nn.Flatten(), nn.Linear(36, 3))\n"
            f"    def forward(self, x):\n        return {expression} * super().forward(x)",
            namespace,
        )
        self.cls = namespace["Net"]


def key(small, model=None, config=CONFIG):
    return model_cache.cache_key(fresh() if model is None else model, small, config)


def test_whatever_the_weights_depend_on_changes_the_key(small, monkeypatch):
    original = key(small)
    assert key(small) == original

    def other_weights():
        model = fresh()
        with torch.no_grad():
            model[1].weight[0, 0] += 1e-3
        return model

    changed = {
        "data": key(replace(small, train_labels=small.train_labels.flip(0))),
        "weights": key(small, other_weights()),
        "class": key(small, fresh_doubled()),
        "layers": key(small, fresh().append(nn.Identity())),
        **{
            name: key(small, config=replace(CONFIG, **{name: value}))
            for name, value in {
                "num_epochs": 3, "batch_size": 8, "learning_rate": 0.1, "optimizer": "sgd",
                "momentum": 0.5, "weight_decay": 0.1, "seed": 1,
            }.items()
        },
    }  # fmt: skip
    monkeypatch.setattr(torch, "__version__", "0.0")
    changed["torch"] = key(small)
    monkeypatch.undo()
    monkeypatch.setattr(torch, "get_num_threads", lambda: 97)
    changed["threads"] = key(small)
    monkeypatch.undo()
    getsource = inspect.getsource
    monkeypatch.setattr(inspect, "getsource", lambda what: getsource(what) + "#" * (what is training))
    changed["loop"] = key(small)
    monkeypatch.setattr(inspect, "getsource", lambda what: getsource(what) + "#" * (what is MLP))
    changed["model"] = key(small)
    assert original not in changed.values()
    assert len(set(changed.values())) == len(changed), changed


def fresh_doubled():
    torch.manual_seed(3)
    return Doubled(hidden_features=5, num_classes=3, image_size=6)


def test_a_class_typed_into_a_notebook_is_known_by_its_code(small):
    def named(expression):
        torch.manual_seed(0)
        return key(small, Redefined(expression).cls())

    assert named("2") == named("2")
    assert named("2") != named("3")
    assert named("2") != named("x.mean()")


# --- broken files, folders and neighbours


def damaged(content, position):
    content = bytearray(content)
    content[position] ^= 0xFF
    return bytes(content)


DAMAGES = {
    "empty": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "other-file": lambda content: b"not an archive",
    "damaged-weight": lambda content: damaged(content, 300),
    "damaged-directory": lambda content: damaged(content, len(content) - 60),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_broken_file_means_training_again_and_is_replaced(small, models_folder, trainings, caplog, damage):
    expected, model, third = fresh(), fresh(), fresh()
    train_cached(expected, small, CONFIG)
    path = only_file(models_folder)
    path.write_bytes(damage(path.read_bytes()))
    with caplog.at_level(logging.WARNING):
        train_cached(model, small, CONFIG)
    assert str(path) in caplog.text
    assert_same_state(model, expected)
    train_cached(third, small, CONFIG)
    assert len(trainings) == 2
    assert_same_state(third, expected)


def rewritten(path, **changes):
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    np.savez(path, **{name: array for name, array in {**arrays, **changes}.items() if array is not None})


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"weight/3.bias": None}, id="missing-weight"),
        pytest.param({"weight/3.bias": np.zeros(7, np.float32)}, id="wrong-shape"),
        pytest.param({"weight/3.bias": np.zeros(3)}, id="wrong-type"),
        pytest.param({"history": None}, id="no-history"),
        pytest.param({"history": np.array("[1, 2]")}, id="history-of-another-kind"),
        pytest.param({"history": np.array("{")}, id="history-broken-off"),
        pytest.param({"history": np.array('{"nonsense": []}')}, id="history-of-other-fields"),
    ],
)
def test_a_file_with_other_content_means_training_again_from_the_models_own_weights(
    small, models_folder, trainings, caplog, changes
):
    expected, model = fresh(), fresh()
    train_cached(expected, small, CONFIG)
    # the other weights are wrong too: had any of them been loaded, training would start elsewhere
    rewritten(only_file(models_folder), **{"weight/1.weight": np.ones((5, 36), np.float32)}, **changes)
    with caplog.at_level(logging.WARNING):
        train_cached(model, small, CONFIG)
    assert "training again" in caplog.text
    assert len(trainings) == 2
    assert_same_state(model, expected)


class Bomb:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def test_pickled_objects_are_never_loaded(small, models_folder, trainings, tmp_path):
    train_cached(fresh(), small, CONFIG)
    rewritten(only_file(models_folder), history=np.array([Bomb(tmp_path / "exploded")], dtype=object))
    train_cached(fresh(), small, CONFIG)
    assert len(trainings) == 2
    assert not (tmp_path / "exploded").exists()


def test_a_folder_that_cannot_be_written_is_a_warning_and_the_model_is_trained(
    small, tmp_path, monkeypatch, caplog
):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "file" / "models"))
    model, expected = fresh(), fresh()
    with caplog.at_level(logging.WARNING):
        history = train_cached(model, small, CONFIG)
    assert "cannot be kept" in caplog.text
    assert str(tmp_path / "file" / "models") in caplog.text
    assert history.test_loss == training.train(expected, small, CONFIG).test_loss
    assert_same_state(model, expected)


@pytest.mark.parametrize("step", ["savez", "replace"])
def test_a_full_disk_is_a_warning_and_leaves_nothing_half_written(
    small, models_folder, monkeypatch, caplog, step
):
    def fail(file, *_, **__):
        if step == "savez":
            Path(file).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np if step == "savez" else os, step, fail)
    with caplog.at_level(logging.WARNING):
        history = train_cached(fresh(), small, CONFIG)
    assert "No space left on device" in caplog.text
    assert len(history.test_loss) == 2
    assert list(models_folder.iterdir()) == []


def test_an_interrupted_training_keeps_nothing(small, models_folder, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_cached(fresh(), small, CONFIG)
    assert not models_folder.exists() or list(models_folder.iterdir()) == []


PROCESS = """
import sys, time, torch
from course_lib.data import ImageData
from course_lib.model_cache import train_cached
from course_lib.models import MLP
from course_lib.training import TrainConfig
torch.set_num_threads(1)
generator = torch.Generator().manual_seed(0)
images, labels = torch.randn(40, 1, 6, 6, generator=generator), torch.arange(40) % 3
torch.manual_seed(3)
model = MLP(hidden_features=5, num_classes=3, image_size=6)
print("ready", flush=True)
sys.stdin.readline()
train_cached(model, ImageData(images, labels, images, labels, tuple("abc"), "small", "here"), TrainConfig(2))
print(model[1].weight.sum().item())
"""


def test_two_trainings_at_once_both_end_with_the_same_model_and_one_good_file(small, models_folder):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    first, second = (process.communicate(timeout=60)[0] for process in processes)
    assert first == second
    assert float(first) != 0
    with np.load(only_file(models_folder)) as archive:
        assert "history" in archive.files


# --- where models lie


def test_the_environment_names_the_folder_otherwise_it_is_beside_the_data(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "elsewhere"))
    assert model_cache.models_folder() == tmp_path / "elsewhere"
    monkeypatch.delenv("COURSE_MODELS")
    assert model_cache.models_folder() == tmp_path / "models"
