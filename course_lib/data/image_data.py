"""What a data set is: labelled images to train on, to choose by, and to test on."""

from __future__ import annotations  # torch is named, not imported

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from course_lib.data.subsets import sample_indices

if TYPE_CHECKING:
    import torch

OFFLINE_NAME = "scikit-learn digits"
SHAPES_NAME = "generated coloured shapes"


@dataclass(frozen=True, eq=False)
class ImageData:
    """A training set and a test set of labelled images, and perhaps a validation set between them.

    Choices (how wide, how long, which rate) are made on validation images; the test images are
    for the last measurement.

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
    validation_images, validation_labels : torch.Tensor or numpy.ndarray, optional
        As above; None before `validation_split`.
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
    validation_images: torch.Tensor | np.ndarray | None = None
    validation_labels: torch.Tensor | np.ndarray | None = None

    def __post_init__(self):
        if (self.validation_images is None) != (self.validation_labels is None):
            raise ValueError("A validation set needs both validation_images and validation_labels.")

    def __repr__(self):
        channels, height, width = self.train_images.shape[1:]
        parts = f"{len(self.train_images):,} training"
        if self.has_validation:
            parts += f", {len(self.validation_images):,} validation"
        return (
            f"{self.name}: {parts} and {len(self.test_images):,} test images "
            f"of {channels} x {height} x {width}, {len(self.class_names)} classes"
        )

    def __eq__(self, other):
        """Whether two data sets hold the same pixels and labels and say the same about them."""
        if not isinstance(other, ImageData):
            return NotImplemented
        facts = ("class_names", "name", "source", "mean", "std")
        same_facts = all(getattr(self, fact) == getattr(other, fact) for fact in facts)
        return same_facts and self.fingerprint == other.fingerprint

    @property
    def has_validation(self):
        """Whether part of the training images was set aside to choose by."""
        return self.validation_images is not None

    @property
    def is_offline_default(self):
        """Whether this is the small set that stands in where MNIST, or CIFAR-10, is out of reach."""
        return self.name in (OFFLINE_NAME, SHAPES_NAME)

    @property
    def background(self):
        """The value of a black pixel after normalising (one per channel for colour): what fills a shift."""
        return -np.asarray(self.mean, dtype=float) / np.asarray(self.std, dtype=float)

    def ink(self, images):
        """Return normalised images as ink, from 0 (paper) to 1; in colour, as the brightness of each channel.

        Parameters
        ----------
        images : torch.Tensor
            (N, C, H, W), of this set or made from it.
        """
        if np.ndim(self.mean):  # one number per channel
            mean, std = (images.new_tensor(values).reshape(-1, 1, 1) for values in (self.mean, self.std))
            return (images * std + mean).clamp(0, 1)
        return (images * self.std + self.mean).clamp(0, 1)

    @property
    def fingerprint(self):
        """A digest of every pixel and label, also of those that were changed in place."""
        arrays = [self.train_images, self.train_labels, self.test_images, self.test_labels]
        if self.has_validation:
            arrays += [self.validation_images, self.validation_labels]
        # A tensor counts its changes: MNIST's 0.4 s are spent again only after one.
        versions = [getattr(array, "_version", None) for array in arrays]
        known = vars(self).get("_known_fingerprint", (None, None))
        if None in versions or known[0] != versions:
            known = versions, _digest(arrays)
            vars(self)["_known_fingerprint"] = known  # a frozen dataclass allows no assignment
        return known[1]

    def sample(self, num_train, seed=0):
        """Return the same data with only `num_train` of its training images, drawn at random.

        Stratified and shuffled, as `sample_indices` says; validation and test images stay as they are.
        """
        chosen = sample_indices(self.train_labels, num_train, seed)
        return replace(self, train_images=self.train_images[chosen], train_labels=self.train_labels[chosen])

    def validation_split(self, num_validation, seed=0):
        """Return data with `num_validation` of the training images set aside as validation images.

        They are drawn at random and stratified, as `sample_indices` says, and are no training images
        any more. The test images stay as they are: nothing is chosen by them.
        """
        if self.has_validation:
            raise ValueError(f"{self!r}: there is a validation set already, split the data only once.")
        chosen = sample_indices(self.train_labels, num_validation, seed)
        left = np.setdiff1d(np.arange(len(self.train_labels)), chosen)
        if len(left) == 0:
            raise ValueError(
                f"All {num_validation:,} images would be set aside, and none is left to train on."
            )
        return replace(
            self,
            train_images=self.train_images[left], train_labels=self.train_labels[left],
            validation_images=self.train_images[chosen], validation_labels=self.train_labels[chosen],
            source=f"{self.source}, validation split",
        )  # fmt: skip

    def map_images(self, function):
        """Return the same data with `function` applied to the images of every set."""
        names = ["train_images", "test_images"] + ["validation_images"] * self.has_validation
        return replace(self, **{name: function(getattr(self, name)) for name in names})


def _digest(arrays):
    digest = hashlib.sha256()
    for array in arrays:
        array = np.ascontiguousarray(np.asarray(array))
        digest.update(f"{array.shape} {array.dtype}".encode())
        digest.update(array)
    return digest.hexdigest()
