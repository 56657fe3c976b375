"""Data files, read only when they are what they claim to be."""

import hashlib
import os

import numpy as np

from course_lib.data.downloads import download
from course_lib.data.sources import CIFAR10, MNIST, DataError, DataSource, data_folder

__all__ = [
    "ARRAYS", "CIFAR10", "MNIST", "DataSource", "data_folder", "download", "load_arrays", "read_arrays",
]  # fmt: skip

ARRAYS = ("x_train", "y_train", "x_test", "y_test")


def load_arrays(source):
    """Return the four uint8 arrays of a data set, downloading the file where it is missing.

    Raises DataError if the file is broken, or missing and out of reach.
    """
    if not os.path.exists(source.path):  # os.path: a folder that may not be entered holds no file for us
        download(source)
    return read_arrays(source)


def read_arrays(source):
    """Return the four arrays of a data set's file, after every check; DataError names what is wrong."""
    if not os.path.exists(source.path):
        raise DataError(f"There is no file {source.path}.")
    if not os.path.isfile(source.path):  # a folder, or a pipe, at which reading would wait for ever
        raise DataError(_repair(source, "is no ordinary file"))
    try:
        with np.load(source.path, allow_pickle=False) as archive:
            found = archive.files
            # asarray: of a member that is no array, numpy returns the bytes
            arrays = {name: np.asarray(archive[name]) for name in ARRAYS if name in found}
    except Exception as error:  # zipfile, zlib, lzma, tokenize, ...: each damaged byte has its own
        raise DataError(_repair(source, f"cannot be read ({type(error).__name__}: {error})")) from error
    for name in ARRAYS:
        if name not in arrays:
            raise DataError(_repair(source, f"has no array {name!r}, only {sorted(found)}"))
    _check_arrays(source, arrays)
    return arrays


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
