"""What a data set is: labelled images to train on and to test on. No torch needed."""

from __future__ import annotations  # torch is named, not imported

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

OFFLINE_NAME = "scikit-learn digits"


@dataclass(frozen=True)
class ImageData:
    """A training set and a test set of labelled images.

    Attributes
    ----------
    train_images, test_images : torch.Tensor or numpy.ndarray
        Shape (N, C, H, W), floating point.
    train_labels, test_labels : torch.Tensor or numpy.ndarray
        Shape (N,), integers that index ``class_names``.
    class_names : tuple of str
    name, source : str
        What the data is called, and where it came from.
    mean, std : float or tuple of float
        What the pixels (in 0..1) were normalised with: one number, or one per channel.
    """

    train_images: torch.Tensor | np.ndarray
    train_labels: torch.Tensor | np.ndarray
    test_images: torch.Tensor | np.ndarray
    test_labels: torch.Tensor | np.ndarray
    class_names: tuple
    name: str
    source: str
    mean: float | tuple = 0.0
    std: float | tuple = 1.0

    def __repr__(self):
        channels, height, width = self.train_images.shape[1:]
        return (
            f"{self.name}: {len(self.train_images):,} training and {len(self.test_images):,} test images "
            f"of {channels} x {height} x {width}, {len(self.class_names)} classes"
        )

    @property
    def is_offline_default(self):
        """Whether this is the small set that stands in where MNIST is out of reach."""
        return self.name == OFFLINE_NAME

    @property
    def background(self):
        """The value of a black pixel after normalising: what a shifted image is filled with."""
        return -np.asarray(self.mean, dtype=float) / np.asarray(self.std, dtype=float)

    @cached_property
    def fingerprint(self):
        """A digest of every pixel and label: data sets are equal if their fingerprints are."""
        digest = hashlib.sha256()
        for array in (self.train_images, self.train_labels, self.test_images, self.test_labels):
            array = np.ascontiguousarray(np.asarray(array))
            digest.update(f"{array.shape} {array.dtype}".encode())
            digest.update(array)
        return digest.hexdigest()

    def first(self, num_train):
        """Return the same data with only its first `num_train` training images."""
        _check_count(num_train, len(self.train_images), "training images")
        images, labels = self.train_images[:num_train], self.train_labels[:num_train]
        return replace(self, train_images=images, train_labels=labels)

    def validation_split(self, num_validation):
        """Return data whose "test" set is the last `num_validation` training images.

        For choices (how wide, how long): the real test set stays unseen.
        """
        _check_count(num_validation, len(self.train_images) - 1, "training images to hold out")
        cut = len(self.train_images) - num_validation
        return replace(
            self,
            train_images=self.train_images[:cut], train_labels=self.train_labels[:cut],
            test_images=self.train_images[cut:], test_labels=self.train_labels[cut:],
            source=f"{self.source}, validation split",
        )  # fmt: skip

    def map_images(self, function):
        """Return the same data with `function` applied to all training and all test images."""
        return replace(self, train_images=function(self.train_images), test_images=function(self.test_images))


def _check_count(count, most, what):
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= most:
        raise ValueError(f"Expected an integer between 1 and {most:,} {what}, got {count!r}.")
