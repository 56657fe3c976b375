"""Checkpoints: a training that was interrupted ends like one that was not, and damage is noticed."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.data import ImageData
from course_lib.model_digest import named_tensors
from course_lib.training import CheckpointError, TrainConfig, checkpoints, loop, train
from course_lib.training.checkpoints import Checkpoint

CONFIG = TrainConfig(
    4, batch_size=16, optimizer="adamw", weight_decay=0.01, seed=5, schedule="triangular",
    label_smoothing=0.1, max_shift=1,
)  # fmt: skip


def make_data():
    """50 training and 20 test images, 6x6, 3 classes."""
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.randn(70, 1, 6, 6, generator=generator), torch.arange(70) % 3
    return ImageData(images[:50], labels[:50], images[50:], labels[50:], tuple("abc"), "small", "here")


def make_model(seed=1):
    """Everything that a state has: two convolutions (their layout matters), running means, random masks."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 6, 3), nn.Dropout(0.4), nn.Flatten(),
        nn.Linear(24, 3),
    )  # fmt: skip


@pytest.fixture
def data():
    return make_data()


def assert_same(ours, theirs):
    for name, tensor in named_tensors(theirs).items():
        assert torch.equal(named_tensors(ours)[name], tensor), name  # bit for bit


def measured(history):
    """A history without its seconds."""
    return {name: values for name, values in vars(history).items() if name != "seconds"}


def stopped_after(num_epochs, data, config, path, monkeypatch, model=None):
    """Train until an epoch ends in an interruption: the epochs before it are kept."""
    epochs, real = iter(range(num_epochs)), loop.train_epoch

    def train_epoch(*args, **kwargs):
        result = real(*args, **kwargs)
        if next(epochs, None) is None:
            raise KeyboardInterrupt
        return result

    with monkeypatch.context() as patch:
        patch.setattr(loop, "train_epoch", train_epoch)
        with pytest.raises(KeyboardInterrupt):
            train(make_model() if model is None else model, data, config, path)


# --- going on


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="adamw-and-everything"),
        pytest.param({"optimizer": "adam", "schedule": "constant", "max_shift": 0}, id="adam"),
        pytest.param({"optimizer": "sgd", "schedule": "one-cycle"}, id="sgd"),
        pytest.param({"optimizer": "sgd", "momentum": 0.0, "schedule": "cosine"}, id="without-momentum"),
    ],
)
@pytest.mark.parametrize("num_epochs", [1, 3])
def test_an_interrupted_training_that_goes_on_ends_with_the_same_bits(
    data, tmp_path, monkeypatch, settings, num_epochs
):
    config, path = replace(CONFIG, **settings), tmp_path / "run.npz"
    whole = make_model()
    expected = train(whole, data, config)
    stopped_after(num_epochs, data, config, path, monkeypatch)
    resumed = make_model()
    torch.manual_seed(99)  # the caller's random numbers have no part in it
    history = train(resumed, data, config, path)
    assert_same(resumed, whole)
    assert measured(history) == measured(expected)
    assert len(history.seconds) == 4
    assert resumed[3].weight.is_contiguous()


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from test_checkpoints import CONFIG, Checkpoint, make_data, make_model, train
real = Checkpoint.save
def save(self, run):
    real(self, run)
    if len(run.history.seconds) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
Checkpoint.save = save
import torch
torch.set_num_threads(int(sys.argv[3]))
train(make_model(), make_data(), CONFIG, sys.argv[2])
"""


@pytest.mark.pipeline
def test_a_killed_process_leaves_what_another_one_needs_to_end_with_the_same_bits(data, tmp_path):
    path, threads = tmp_path / "run.npz", str(torch.get_num_threads())
    command = [sys.executable, "-c", KILLED, os.path.dirname(__file__), str(path), threads]
    assert subprocess.run(command, stderr=subprocess.DEVNULL).returncode == -signal.SIGKILL
    resumed, whole = make_model(), make_model()
    history, expected = train(resumed, data, CONFIG, path), train(whole, data, CONFIG)
    assert_same(resumed, whole)
    assert measured(history) == measured(expected)


def test_a_checkpoint_changes_no_result_and_a_finished_training_is_only_read(data, tmp_path, monkeypatch):
    path = tmp_path / "new folder" / "run.npz"
    with_file, without = make_model(), make_model()
    history = train(with_file, data, CONFIG, path)
    assert measured(train(without, data, CONFIG)) == measured(history)
    assert_same(with_file, without)
    monkeypatch.setattr(loop, "train_epoch", None)  # calling it would raise
    again = make_model()
    assert train(again, data, CONFIG, str(path)) == history
    assert_same(again, with_file)
    assert sorted(file.name for file in path.parent.iterdir()) == ["run.npz", "run.npz.previous"]


def test_the_file_is_plain_arrays_and_previous_is_the_epoch_before(data, tmp_path):
    path = tmp_path / "run"  # NumPy would add an ending of its own
    train(make_model(), data, CONFIG, path)
    lengths = []
    for file in (path, tmp_path / "run.previous"):
        with np.load(file, allow_pickle=False) as archive:
            assert {archive[name].dtype.kind for name in archive.files} <= set("fiuU")
            lengths.append(len(json.loads(str(archive["history"]))["train_loss"]))
    assert lengths == [4, 3]


def test_frozen_layers_and_validation_images_go_on_too(data, tmp_path, monkeypatch):
    def frozen():
        model = make_model()
        model[0].requires_grad_(False)
        return model

    data, path = data.validation_split(10), tmp_path / "run.npz"
    whole, resumed = frozen(), frozen()
    expected = train(whole, data, CONFIG)
    stopped_after(2, data, CONFIG, path, monkeypatch, frozen())
    assert measured(train(resumed, data, CONFIG, path)) == measured(expected)
    assert_same(resumed, whole)
    assert len(expected.validation_loss) == 4


# --- damage


def test_a_damaged_checkpoint_is_an_error_that_names_it_and_the_previous_one_goes_on(
    data, tmp_path, monkeypatch
):
    path = tmp_path / "run.npz"
    stopped_after(3, data, CONFIG, path, monkeypatch)
    path.write_bytes(path.read_bytes()[:-100])
    model = make_model()
    with pytest.raises(CheckpointError) as error:
        train(model, data, CONFIG, path)
    assert re.fullmatch(
        rf"The checkpoint {path} is damaged \(\w+: .*\)\. To go on from the epoch before, "
        rf"move {path}\.previous there; to begin again, delete it\.",
        str(error.value),
    )
    assert_same(model, make_model())  # nothing was loaded
    os.replace(f"{path}.previous", path)
    train(model, data, CONFIG, path)
    whole = make_model()
    train(whole, data, CONFIG)
    assert_same(model, whole)


def test_no_flipped_bit_goes_unnoticed(data, tmp_path):
    path = tmp_path / "run.npz"
    train(make_model(), data, replace(CONFIG, num_epochs=1), path)
    checkpoint = Checkpoint(path, make_model(), data, replace(CONFIG, num_epochs=1))
    good, whole = checkpoint._read(), path.read_bytes()
    rng, noticed = np.random.default_rng(0), 0
    for position in rng.integers(len(whole), size=100):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            arrays = checkpoint._read()
        except CheckpointError:
            noticed += 1
        else:  # a date, for example
            assert arrays.keys() == good.keys()
            assert all(np.array_equal(arrays[name], good[name], equal_nan=False) for name in good)
    assert noticed > 66


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"a letter to my aunt", id="text"),
        pytest.param({"weights": np.zeros(3)}, id="other-arrays"),
        pytest.param({"identity": np.array([{}]), "history": np.array([{}])}, id="pickles"),
    ],
)
def test_a_file_that_is_no_checkpoint_is_refused_and_left_alone(data, tmp_path, content):
    path = tmp_path / "notes.npz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.savez(path, **content)
    before = path.read_bytes()
    with pytest.raises(
        CheckpointError, match=r"notes\.npz is damaged \(\w+Error: .+\)\. To begin again, delete it\.$"
    ):
        train(make_model(), data, CONFIG, path)
    assert path.read_bytes() == before


def test_a_checkpoint_of_another_training_is_refused_with_the_first_difference(data, tmp_path):
    path = tmp_path / "run.npz"
    train(make_model(), data, replace(CONFIG, num_epochs=1), path)
    with pytest.raises(CheckpointError) as error:
        train(make_model(), data, replace(CONFIG, num_epochs=2), path)
    assert str(error.value) == (
        f"The checkpoint {path} is of another training: num_epochs=1 in place of 2. "
        "Give each training a file of its own, or delete this one to begin again."
    )


def test_the_folders_of_a_checkpoint_are_made_before_anything_is_trained(data, tmp_path):
    path = tmp_path / "new" / "deeper" / "run.npz"
    for _ in range(2):
        Checkpoint(path, make_model(), data, CONFIG)
        assert path.parent.is_dir()


def test_a_folder_in_place_of_the_file_is_refused_before_anything_is_trained(data, tmp_path):
    with pytest.raises(
        CheckpointError, match=r"^/.* is no file: name one in which the training can be kept\.$"
    ):
        train(make_model(), data, CONFIG, tmp_path)


@pytest.mark.parametrize("step", ["savez", "replace", "copyfile"])
def test_a_full_disk_leaves_the_last_checkpoint_whole(data, tmp_path, monkeypatch, step):
    path = tmp_path / "run.npz"
    stopped_after(2, data, CONFIG, path, monkeypatch)
    before = path.read_bytes()

    def fail(first, second=None, **_):
        target = first if step == "savez" else second
        if step != "replace":
            (target.write if hasattr(target, "write") else target.write_bytes)(b"half")
        raise OSError("No space left on device")

    owner = {"savez": np, "replace": os, "copyfile": loop.Checkpoint.save.__globals__["shutil"]}[step]
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, fail)
        with pytest.raises(OSError, match="No space left"):
            train(make_model(), data, CONFIG, path)
    assert path.read_bytes() == before
    whole, resumed = make_model(), make_model()
    train(whole, data, CONFIG)
    train(resumed, data, CONFIG, path)
    assert_same(resumed, whole)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run.npz", "run.npz.previous"]


# --- another training


def other_data(data):
    return replace(data, train_labels=data.train_labels.flip(0))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"config": replace(CONFIG, num_epochs=9)}, "num_epochs=4 in place of 9", id="epochs"),
        pytest.param({"config": replace(CONFIG, optimizer="sgd")}, "optimizer='adamw' in", id="optimiser"),
        pytest.param(
            {"model": make_model(seed=2)},
            ": a model with other weights at its start (build it anew, with the same seed). Give",
            id="weights",
        ),
        pytest.param(
            {"model": nn.Sequential(nn.Flatten(), nn.Linear(36, 3))},
            "training: another model. Give",
            id="model",
        ),
        pytest.param({"data": other_data(make_data())}, "training: other images or labels. Give", id="data"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused_and_says_what_differs(data, tmp_path, change, words):
    path = tmp_path / "run.npz"
    train(make_model(), data, CONFIG, path)
    before = path.read_bytes()
    call = {"model": make_model(), "data": data, "config": CONFIG, **change}
    with pytest.raises(CheckpointError) as error:
        train(**call, checkpoint=path)
    assert f"{path} is of another training" in str(error.value)
    assert words in str(error.value)
    assert path.read_bytes() == before


def test_a_model_that_is_trained_already_does_not_go_on_by_mistake(data, tmp_path):
    model = make_model()
    train(model, data, CONFIG, tmp_path / "run.npz")
    with pytest.raises(CheckpointError, match="build it anew"):
        train(model, data, CONFIG, tmp_path / "run.npz")


@pytest.mark.parametrize(("kind", "where"), [("cuda:1", (torch.device("cuda:1"),)), ("mps", ())])
def test_the_random_numbers_of_a_graphics_card_are_kept_and_go_on(monkeypatch, kind, where):
    given = []
    card = SimpleNamespace(
        get_rng_state=lambda *device: torch.tensor([len(device), 7]),
        set_rng_state=lambda state, *device: given.append((state.tolist(), device)),
    )
    monkeypatch.setattr(checkpoints, "device_of", lambda model: torch.device(kind))
    monkeypatch.setattr(torch, "get_device_module", lambda device: card)
    run = SimpleNamespace(model=None, generator=torch.Generator().manual_seed(3))
    arrays = checkpoints._random_arrays(run)
    expected = torch.rand(2, generator=run.generator)
    checkpoints._restore_random(run, arrays)
    assert given == [([len(where), 7], where)]
    assert torch.equal(torch.rand(2, generator=run.generator), expected)
