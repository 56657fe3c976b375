"""A disk that is full in the middle of a file: real writes fail, and nothing that was there is lost.

Other tests let a write raise "No space left on device" where they want to choose the step that fails.
"""

import logging
import os
from dataclasses import replace

import pytest
import test_checkpoints as checkpoints
import test_ddp_example as shared
import test_model_cache as cache
import torch
from test_data_files import assert_nothing_stored, served
from test_model_cache import small  # noqa: F401

from course_lib.capstone.scoreboard import append, read
from course_lib.data import files as data_files
from course_lib.data.files import DataError
from course_lib.ddp_example import fit
from course_lib.experiments import Record
from course_lib.model_cache import train_cached
from course_lib.training import train

images_and_labels = shared.images_and_labels


def test_the_limit_fails_in_the_middle_of_a_file(tmp_path, full_disk):
    with full_disk(100), pytest.raises(OSError, match="File too large"):
        (tmp_path / "file").write_bytes(bytes(1000))
    assert (tmp_path / "file").stat().st_size == 100


def test_a_download_says_why_it_failed_and_leaves_nothing(tiny, mirror, full_disk):
    mirror.content = tiny.file_bytes
    source = served(tiny, mirror.url)
    with full_disk(), pytest.raises(DataError, match="File too large"):
        data_files.load_arrays(source)
    assert_nothing_stored(source)
    data_files.load_arrays(source)  # when there is room again


def test_a_checkpoint_stays_as_it_was_and_the_training_goes_on_from_it(tmp_path, monkeypatch, full_disk):
    path, data = tmp_path / "run.npz", checkpoints.make_data()
    checkpoints.stopped_after(2, data, checkpoints.CONFIG, path, monkeypatch)
    before = path.read_bytes()
    with full_disk(), pytest.raises(OSError, match="File too large"):
        train(checkpoints.make_model(), data, checkpoints.CONFIG, path)
    assert path.read_bytes() == before
    whole, resumed = checkpoints.make_model(), checkpoints.make_model()
    train(whole, data, checkpoints.CONFIG)
    train(resumed, data, checkpoints.CONFIG, path)
    checkpoints.assert_same(resumed, whole)


def test_a_shared_training_keeps_its_last_checkpoint(images_and_labels, tmp_path, full_disk):
    kept = replace(shared.SETTINGS, steps=4, checkpoint=str(tmp_path / "state.pt"))
    fit(shared.make_model(), *images_and_labels, kept)
    with full_disk(), pytest.raises((OSError, RuntimeError)):
        fit(shared.make_model(), *images_and_labels, replace(kept, steps=6))
    assert torch.load(kept.checkpoint, weights_only=True)["step"] == 4
    assert len(fit(shared.make_model(), *images_and_labels, replace(kept, steps=6))) == 2


def test_a_model_that_cannot_be_kept_is_trained_all_the_same(small, models_folder, caplog, full_disk):  # noqa: F811
    models_folder.mkdir(exist_ok=True)
    model = cache.fresh()
    with caplog.at_level(logging.INFO), full_disk():
        history = train_cached(model, small, cache.CONFIG)
    assert "File too large" in caplog.text
    assert len(history.test_loss) == 2
    assert cache.kept(models_folder) == []


def test_the_record_of_a_long_run_keeps_all_earlier_results(tmp_path, full_disk):
    path = tmp_path / "record.json"
    Record(path).keep(lambda: 1, "first")
    with full_disk(), pytest.raises(OSError, match="File too large"):
        Record(path).keep(lambda: 2, "second")
    assert Record(path).values["results"] == {"first": 1}


def test_the_scoreboard_keeps_every_look_and_no_half_of_one(tmp_path, full_disk):
    path = tmp_path / "board.jsonl"
    append(path, author="ann", data="MNIST", accuracies=[0.99])
    with full_disk(path.stat().st_size + 20), pytest.raises(OSError, match="File too large"):
        append(path, author="bob", data="MNIST", accuracies=[0.98])
    assert [line["author"] for line in read(path)] == ["ann"]
    assert os.listdir(tmp_path) == ["board.jsonl"]
