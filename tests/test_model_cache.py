"""The cache of trained models: the same call gives the same weights, anything else trains again."""

import errno
import io
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
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


def with_buffers():
    """A model whose state is more than its parameters."""
    return nn.Sequential(nn.Flatten(), nn.Linear(36, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 3))


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


def kept(folder):
    return [path for path in folder.iterdir() if path.name != ".locks"]


def only_file(folder):
    (path,) = kept(folder)
    return path


@pytest.mark.parametrize("cls", [MLP, with_buffers])
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


def test_of_two_that_want_the_same_model_at_once_one_trains_it(small, trainings):
    models = [fresh(), fresh()]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda model: train_cached(model, small, CONFIG), models))
    assert len(trainings) == 1
    assert_same_state(*models)


def test_a_file_system_without_locks_is_no_error(small, trainings, monkeypatch):
    def refuse(path):
        raise NotImplementedError

    monkeypatch.setattr(model_cache, "FileLock", refuse)
    train_cached(fresh(), small, CONFIG)
    train_cached(fresh(), small, CONFIG)
    assert len(trainings) == 1


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


def key(small, model=None, config=CONFIG):
    return model_cache.cache_key(fresh() if model is None else model, small, config)


def test_whatever_the_weights_depend_on_changes_the_key(small, monkeypatch):
    original = key(small)
    assert key(small) == original
    changed = {
        "data": key(replace(small, train_labels=small.train_labels.flip(0))),
        "model": key(small, fresh().append(nn.Identity())),
        **{
            name: key(small, config=replace(CONFIG, **{name: value}))
            for name, value in {
                "num_epochs": 3, "batch_size": 8, "learning_rate": 0.1, "optimizer": "sgd",
                "momentum": 0.5, "weight_decay": 0.1, "seed": 1,
            }.items()
        },
    }  # fmt: skip
    for owner, name, value in (
        (torch, "__version__", "0.0"),
        (torch, "get_num_threads", lambda: 97),
        (torch.backends.cpu, "get_cpu_capability", lambda: "ABACUS"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, value)
            changed[name] = key(small)
    assert original not in changed.values()
    assert len(set(changed.values())) == len(changed), changed


def test_pixels_changed_in_place_change_the_key(small):
    original = key(small)
    small.train_images[0, 0, 0, 0] += 1  # ImageData keeps no digest of pixels that have changed
    assert key(small) != original


class Doubled(MLP):
    def forward(self, images):
        return 2 * super().forward(images)


def test_a_class_of_the_readers_own_is_trained_each_time(small, models_folder, trainings):
    for _ in range(2):
        torch.manual_seed(3)
        train_cached(Doubled(hidden_features=5, num_classes=3, image_size=6), small, CONFIG)
    assert len(trainings) == 2
    assert not models_folder.exists()


def test_a_loaded_model_is_in_the_mode_in_which_training_leaves_it(small, trainings):
    modes = []
    for _ in range(2):
        model = fresh(with_buffers).eval()
        train_cached(model, small, CONFIG)
        modes.append([module.training for module in model.modules()])
    assert len(trainings) == 1
    assert modes == [[True] * 6] * 2


@pytest.mark.parametrize("value", [1, object()], ids=["a-number", "an-object"])
def test_a_model_that_training_changes_elsewhere_is_not_kept(
    small, models_folder, trainings, monkeypatch, value
):
    def train(model, *_):
        model.counted = value
        return training.History()

    model = fresh()
    model.counted = 0
    monkeypatch.setattr(training, "train", train)
    train_cached(model, small, CONFIG)
    assert kept(models_folder) == []


# --- broken files, folders and neighbours


def loud(caplog):
    """What would reach the error stream of a chapter, and fail its build."""
    return [record for record in caplog.records if record.levelno >= logging.WARNING]


def damaged(content, position):
    content = bytearray(content)
    content[position] ^= 0xFF
    return bytes(content)


DAMAGES = {
    "empty": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "other-file": lambda content: b"not an archive",
    "damaged-weight": lambda content: damaged(content, 300),
    "bracket-left-open": lambda content: content.replace(b"(5, 36), }", b"(5, 36(, }"),  # tokenize.TokenError
    "damaged-directory": lambda content: damaged(content, len(content) - 60),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_broken_file_means_training_again_and_is_replaced(small, models_folder, trainings, caplog, damage):
    expected, model, third = fresh(), fresh(), fresh()
    train_cached(expected, small, CONFIG)
    path = only_file(models_folder)
    path.write_bytes(damage(path.read_bytes()))
    with caplog.at_level(logging.INFO):
        train_cached(model, small, CONFIG)
    assert str(path) in caplog.text
    assert loud(caplog) == []
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
        pytest.param({"history": np.array('{"seconds": ["long"]}')}, id="history-without-numbers"),
    ],
)
def test_a_file_with_other_content_means_training_again_from_the_models_own_weights(
    small, models_folder, trainings, caplog, changes
):
    expected, model = fresh(), fresh()
    train_cached(expected, small, CONFIG)
    # the other weights are wrong too: had any of them been loaded, training would start elsewhere
    rewritten(only_file(models_folder), **{"weight/1.weight": np.ones((5, 36), np.float32)}, **changes)
    with caplog.at_level(logging.INFO):
        train_cached(model, small, CONFIG)
    assert "training again" in caplog.text
    assert loud(caplog) == []
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


def test_no_flipped_byte_of_a_header_stops_a_chapter_or_makes_it_loud(small, models_folder, recwarn):
    expected = fresh()
    train_cached(expected, small, CONFIG)
    path = only_file(models_folder)
    content = path.read_bytes()
    starts = [
        content.index(b"NUMPY"),
        content.index(b"PK"),
        content.index(b"PK\1\2"),
        content.index(b"PK\5\6"),
    ]
    num_unusable = 0
    for position in (p for start in starts for p in range(start, min(start + 120, len(content)), 9)):
        path.write_bytes(damaged(content, position))
        model = fresh()
        if model_cache._load(path, model) is None:
            num_unusable += 1
            assert_same_state(model, fresh())
        else:  # the byte lay where nobody looks: padding, a time stamp
            assert_same_state(model, expected)
    assert num_unusable > 16
    assert [str(warning) for warning in recwarn] == []


def test_a_folder_that_cannot_be_written_is_no_error_and_the_model_is_trained(
    small, tmp_path, monkeypatch, caplog
):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path / "file" / "models"))
    model, expected = fresh(), fresh()
    with caplog.at_level(logging.INFO):
        history = train_cached(model, small, CONFIG)
    assert "cannot be kept" in caplog.text
    assert str(tmp_path / "file" / "models") in caplog.text
    assert loud(caplog) == []
    assert history.test_loss == training.train(expected, small, CONFIG).test_loss
    assert_same_state(model, expected)


@pytest.mark.parametrize("step", ["savez", "replace"])
def test_a_full_disk_is_no_error_and_leaves_nothing_half_written(
    small, models_folder, monkeypatch, caplog, step
):
    def fail(file, *_, **__):
        if step == "savez":
            Path(file).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np if step == "savez" else os, step, fail)
    with caplog.at_level(logging.INFO):
        history = train_cached(fresh(), small, CONFIG)
    assert "No space left on device" in caplog.text
    assert loud(caplog) == []
    assert len(history.test_loss) == 2
    assert kept(models_folder) == []


def test_a_folder_that_may_not_be_entered_holds_no_model(small, tmp_path, without_rights):
    assert model_cache._load(tmp_path / "model.npz", fresh()) is None


def test_an_interrupted_training_keeps_nothing(small, models_folder, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_cached(fresh(), small, CONFIG)
    assert kept(models_folder) == []


TRAINING = """
import sys, torch
from course_lib.data import ImageData
from course_lib.model_cache import train_cached
from course_lib.models import MLP
from course_lib.training import TrainConfig
generator = torch.Generator().manual_seed(0)
images, labels = torch.randn(40, 1, 6, 6, generator=generator), torch.arange(40) % 3
torch.manual_seed(3)
model = MLP(hidden_features=5, num_classes=3, image_size=6)
torch.optim.Adam(model.parameters())  # what it imports is there before the race begins
print("ready", flush=True)
wait()
train_cached(model, ImageData(images, labels, images, labels, tuple("abc"), "small", "here"), TrainConfig(2))
print(model[1].weight.sum().item())
"""


@pytest.mark.pipeline
def test_two_trainings_at_once_both_end_with_the_same_model_and_one_good_file(models_folder):
    python = [sys.executable, "-c", "import sys; wait = sys.stdin.readline" + TRAINING]
    here = io.StringIO()
    with subprocess.Popen(python, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:

        def start_both():
            assert other.stdout.readline() == "ready\n"
            print(file=other.stdin, flush=True)

        with torch.random.fork_rng(), redirect_stdout(here):
            exec(TRAINING, {"wait": start_both})
        assert here.getvalue() == "ready\n" + other.stdout.read()
    assert float(here.getvalue().split()[1]) != 0
    with np.load(only_file(models_folder)) as archive:
        assert "history" in archive.files


# --- where models lie


@pytest.fixture
def classroom(monkeypatch, tmp_path):
    """A data folder whose ``models`` cannot be written, and the reader's own cache folder."""
    monkeypatch.delenv("COURSE_MODELS", raising=False)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / "cache" / name))
    (tmp_path / "data").mkdir()
    return tmp_path


def test_the_environment_names_the_folder_otherwise_it_is_beside_the_data(classroom, monkeypatch):
    assert model_cache.model_folders() == [classroom / "data/models", classroom / "cache/course_lib/models"]
    monkeypatch.setenv("COURSE_MODELS", str(classroom / "elsewhere"))
    assert model_cache.model_folders() == [classroom / "elsewhere"]
    monkeypatch.delenv("COURSE_MODELS")
    monkeypatch.setenv("COURSE_DATA", str(classroom / "cache/course_lib"))
    assert model_cache.model_folders() == [classroom / "cache/course_lib/models"]


def test_beside_data_that_cannot_be_written_models_lie_in_the_readers_own_folder(small, classroom, trainings):
    (classroom / "data/models").write_text("in the way, like a folder without the right to write")
    for _ in range(2):
        train_cached(fresh(), small, CONFIG)
    assert len(trainings) == 1
    assert only_file(classroom / "cache/course_lib/models").name.startswith("MLP-")


def test_a_model_beside_the_data_is_found_before_ones_own(small, classroom, trainings):
    train_cached(fresh(), small, CONFIG)
    assert only_file(classroom / "data/models").name.startswith("MLP-")
    assert not (classroom / "cache").exists()
    train_cached(fresh(), small, CONFIG)
    assert len(trainings) == 1
