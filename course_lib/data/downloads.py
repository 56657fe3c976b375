"""How a data file is fetched: from its mirrors in turn, whole or not at all, within limits."""

import logging
import os
import pickle
import shutil
import tarfile
import tempfile
import time
import warnings
from contextlib import suppress
from pathlib import Path

import numpy as np

from course_lib.data.sources import DataError, data_folder

TIMEOUT_SECONDS = 10  # for a connection, and for each silence within a download
NUM_TRIES = 3
LEAST_BYTES_PER_SECOND = 50_000  # on average; below it CIFAR-10 would take more than an hour
GRACE_SECONDS = 30  # before the average counts
UNFINISHED = ".download-"  # beginning of the names of folders in which downloads are made
STALE_SECONDS = 24 * 3600  # a folder that old belongs to a process that was killed


def download(source):
    """Fetch a data set's file from its mirrors in turn and store it whole or not at all.

    Raises DataError if no mirror delivers the right bytes, if ``COURSE_OFFLINE=1``, or if the
    folder cannot be written.
    """
    if os.environ.get("COURSE_OFFLINE") == "1":
        raise DataError(
            f"{source.name} is not in {data_folder()}, and COURSE_OFFLINE=1 forbids to download it."
        )
    reasons = []
    try:
        source.path.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(source.path.parent)
        # Work in a folder beside the goal: the last step is then one atomic rename,
        # and two processes that start at once cannot meet in a half-written file.
        with tempfile.TemporaryDirectory(dir=source.path.parent, prefix=UNFINISHED) as folder:
            for url in source.mirrors:
                try:
                    _move(_fetched(source, url, Path(folder)), source.path)
                    return
                except (OSError, ValueError, pickle.UnpicklingError, tarfile.TarError) as error:
                    reasons.append(f"{url}: {type(error).__name__}: {error}")
    except OSError as error:
        raise DataError(
            f"The data folder {data_folder()} cannot be written ({error}). "
            "Set COURSE_DATA to a folder that can."
        ) from error
    raise DataError(
        f"{source.name} could not be downloaded. Check the connection, or put {source.file} into "
        f"{data_folder()} by hand.\n" + "\n".join(reasons)
    )


def _fetched(source, url, folder):
    """Return the path of a verified copy of the data in `folder`, in the book's format."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # in a notebook, tqdm complains about missing widgets
        import pooch
    pooch.get_logger().setLevel(logging.WARNING)  # a page shows no log lines
    fetcher = pooch.create(
        path=folder,
        base_url="",
        registry={"download": f"sha256:{source.download_sha256}"},
        urls={"download": url},
        retry_if_failed=NUM_TRIES - 1,
    )
    # pooch's own bar cannot be silenced by an argument of ours: tqdm reads TQDM_DISABLE
    fetch = pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT_SECONDS)

    def downloader(url, path, fetcher):
        with open(path, "wb") as file:
            fetch(url, _LimitedFile(file, source.download_bytes), fetcher)

    path = Path(fetcher.fetch("download", downloader=downloader))
    return _cifar_to_npz(path) if ".tar" in url else path


class _LimitedFile:
    """What a download is written to: it refuses more bytes than were published, and bytes that trickle.

    Without it a mirror that never ends fills the disk, or keeps a reader waiting for days.
    """

    def __init__(self, file, most_bytes):
        self.file, self.most_bytes = file, most_bytes
        self.num_bytes, self.start = 0, time.monotonic()

    def write(self, chunk):
        """Write the bytes that came.

        Raises
        ------
        OSError
            When more bytes came than expected, or, after a grace of seconds, too few a second.
        """
        self.num_bytes += len(chunk)
        if self.num_bytes > self.most_bytes:
            raise OSError(f"more than the expected {self.most_bytes:,} bytes came")
        seconds = time.monotonic() - self.start
        if seconds > GRACE_SECONDS + self.num_bytes / LEAST_BYTES_PER_SECOND:
            raise OSError(f"too slow, {self.num_bytes:,} bytes in {seconds:.0f} s")
        self.file.write(chunk)

    def flush(self):
        """Hand what was written to the operating system."""
        self.file.flush()


def _remove_leftovers(folder):
    """Remove what downloads of long ago left behind when they were killed."""
    for path in folder.glob(f"{UNFINISHED}*"):
        with suppress(OSError):  # another process may be faster, and nothing depends on it
            if time.time() - path.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(path)


def _move(path, target):
    """Rename in one step; the file becomes readable for everyone who shares the folder."""
    path.chmod(0o644)  # temporary files are private
    try:
        os.replace(path, target)
    except PermissionError:
        # Windows refuses while another process, which finished first, reads the same file
        if not os.path.isfile(target):
            raise


def _cifar_to_npz(path):
    """Rewrite CIFAR-10's archive, whose checksum was right, as the book's npz file; nothing is extracted."""
    images, labels = {}, {}
    with tarfile.open(path) as archive:
        for member in archive:
            batch = Path(member.name).name
            if batch.startswith("data_batch") or batch == "test_batch":
                content = _ArrayUnpickler(archive.extractfile(member), encoding="bytes").load()
                images[batch] = content[b"data"].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
                labels[batch] = np.array(content[b"labels"], dtype=np.uint8)
    train = sorted(name for name in images if name != "test_batch")
    target = path.with_name("converted.npz")
    np.savez_compressed(
        target,
        x_train=np.concatenate([images[name] for name in train]),
        y_train=np.concatenate([labels[name] for name in train]),
        x_test=images["test_batch"],
        y_test=labels["test_batch"],
    )
    return target


class _ArrayUnpickler(pickle.Unpickler):
    """Reads CIFAR-10's batches, which are pickles, and calls nothing but what makes an array of NumPy's.

    The only pickles that the book reads; their checksum was right before. This is the second bolt.
    """

    ALLOWED = frozenset({"_reconstruct", "_frombuffer", "ndarray", "dtype"})

    def find_class(self, module, name):
        """Return a function that the pickle wants to call.

        Raises
        ------
        pickle.UnpicklingError
            For one that makes no array.
        """
        of_arrays = module.split(".")[0] == "numpy" and name in self.ALLOWED
        if of_arrays or (module, name) == ("_codecs", "encode"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"the archive wants to call {module}.{name}, which makes no array")
