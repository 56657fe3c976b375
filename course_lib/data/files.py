"""Where the data sets lie, how they are fetched, and the proof that they are what they claim to be."""

import hashlib
import logging
import os
import pickle
import tarfile
import tempfile
import warnings
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import platformdirs

# what numpy.load raises for truncated, damaged or foreign files, found by damaging files byte by byte
UNREADABLE = (
    OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError, MemoryError,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip
ARRAYS = ("x_train", "y_train", "x_test", "y_test")
TIMEOUT_SECONDS = 10  # for a connection, and for each silence within a download
NUM_TRIES = 3


class DataError(RuntimeError):
    """A data file is missing, broken or out of reach; the message says what to do."""


@dataclass(frozen=True)
class DataSource:
    """One data set: its file, its mirrors and what proves that it is intact.

    ``image_shape`` is that of one raw image; ``array_sha256`` names the expected digest of an
    array's raw bytes, for the data sets whose content is fixed; ``download_sha256`` that of the
    file at the mirrors.
    """

    name: str
    file: str
    image_shape: tuple
    num_classes: int
    mirrors: tuple
    download_sha256: str
    array_sha256: dict = field(default_factory=dict)

    @property
    def path(self):
        """Where the file lies, or would lie."""
        return data_folder() / self.file


MNIST = DataSource(
    name="MNIST",
    file="mnist.npz",
    image_shape=(28, 28),
    num_classes=10,
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
        "https://s3.amazonaws.com/img-datasets/mnist.npz",
    ),
    download_sha256="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
    array_sha256={
        "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
        "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    },
)

CIFAR10 = DataSource(
    name="CIFAR-10",
    file="cifar10.npz",
    image_shape=(32, 32, 3),
    num_classes=10,
    mirrors=("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
    download_sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
)


def data_folder():
    """Return the folder of the data sets: ``$COURSE_DATA``, or the user's cache folder."""
    chosen = os.environ.get("COURSE_DATA")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("course_lib"))


def load_arrays(source):
    """Return the four uint8 arrays of a data set, downloading the file where it is missing.

    Raises DataError if the file is broken, or missing and out of reach.
    """
    if not os.path.exists(source.path):  # os.path: a folder that may not be entered holds no file for us
        download(source)
    return read_arrays(source)


def read_arrays(source):
    """Return the four arrays of a data set's file, after every check; DataError names what is wrong."""
    try:
        with np.load(source.path, allow_pickle=False) as archive:
            found = archive.files
            # asarray: of a member that is no array, numpy returns the bytes
            arrays = {name: np.asarray(archive[name]) for name in ARRAYS if name in found}
    except FileNotFoundError:
        raise DataError(f"There is no file {source.path}.") from None
    except UNREADABLE as error:
        raise DataError(_repair(source, f"cannot be read ({type(error).__name__}: {error})")) from error
    for name in ARRAYS:
        if name not in arrays:
            raise DataError(_repair(source, f"has no array {name!r}, only {sorted(found)}"))
    _check_arrays(source, arrays)
    return arrays


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
        # Work in a folder beside the goal: the last step is then one atomic rename,
        # and two processes that start at once cannot meet in a half-written file.
        with tempfile.TemporaryDirectory(dir=source.path.parent, prefix=".download-") as folder:
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
    downloader = pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT_SECONDS)
    path = Path(fetcher.fetch("download", downloader=downloader))
    return _cifar_to_npz(path) if ".tar" in url else path


def _move(path, target):
    """Rename in one step; the file becomes readable for everyone who shares the folder."""
    path.chmod(0o644)  # temporary files are private
    try:
        os.replace(path, target)
    except PermissionError:
        # Windows refuses while another process, which finished first, reads the same file
        if not target.is_file():
            raise


def _cifar_to_npz(path):
    """Rewrite CIFAR-10's archive (already verified: it holds pickles) as the book's npz file."""
    images, labels = {}, {}
    with tarfile.open(path) as archive:
        for member in archive:
            batch = Path(member.name).name
            if batch.startswith("data_batch") or batch == "test_batch":
                content = pickle.load(archive.extractfile(member), encoding="bytes")  # sha256 matched
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


def _check_arrays(source, arrays):
    for part in ("train", "test"):
        images, labels = arrays[f"x_{part}"], arrays[f"y_{part}"]
        expected = ("N", *source.image_shape)
        if images.dtype != np.uint8 or images.ndim != len(expected) or images.shape[1:] != source.image_shape:
            problem = (
                f"holds x_{part} of shape {images.shape} and type {images.dtype}, expected {expected}, uint8"
            )
            raise DataError(_repair(source, problem))
        if len(images) == 0 or labels.shape != (len(images),) or labels.dtype != np.uint8:
            problem = (
                f"holds y_{part} of shape {labels.shape} and type {labels.dtype} for {len(images)} images"
            )
            raise DataError(_repair(source, problem))
        if labels.max() >= source.num_classes:
            problem = f"holds a label {labels.max()} in y_{part}, expected 0..{source.num_classes - 1}"
            raise DataError(_repair(source, problem))
    for name, digest in source.array_sha256.items():
        if hashlib.sha256(np.ascontiguousarray(arrays[name])).hexdigest() != digest:
            raise DataError(_repair(source, f"does not hold {source.name}: the checksum of {name} is wrong"))


def _repair(source, problem):
    return (
        f"The data file {source.path} {problem}. Delete the file and run again: it will be downloaded. "
        f"Or set COURSE_DATA to a folder with a good {source.file}."
    )
