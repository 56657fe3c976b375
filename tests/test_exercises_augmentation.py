"""The exercises on augmentation: a standard error that is one, other right answers, and the final."""

import sys
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.data import coloured_shapes
from course_lib.exercises import augmentation_and_cifar as check
from course_lib.models import LinearClassifier

entries = sys.modules["course_lib.exercises.augmentation_and_cifar.few_photographs"]


@pytest.mark.parametrize(
    ("of_seeds", "of_images"), [(0.3, 0.2), (0.0, 0.8), (0.5, 0.0)], ids=["both", "images", "seeds"]
)
def test_the_third_error_is_how_far_the_mean_of_new_seeds_and_images_scatters(rng, of_seeds, of_images):
    num_seeds, num_images, trials = 5, 40, 600
    means, squares = [], []
    for _ in range(trials):
        table = rng.normal(0, 1, (num_seeds, num_images))
        table += rng.normal(0, of_seeds, (num_seeds, 1)) + rng.normal(0, of_images, num_images)
        means.append(table.mean())
        seeds, images, _ = check.standard_errors.reference(table)
        rest = table - table.mean(1, keepdims=True) - table.mean(0) + table.mean()
        squares.append(
            seeds**2 + images**2 - (rest**2).sum() / (num_seeds - 1) / (num_images - 1) / table.size
        )
    # the mean of 600 squares and the variance of 600 means are each sure to about 6 %
    assert np.mean(squares) == pytest.approx(np.var(means), rel=0.2)


def test_other_right_answers_are_accepted_too():
    def by_numpy(pixels, mean, std):
        return np.moveaxis((pixels / np.float32(255) - np.float32(mean)) / np.float32(std), -1, 1)

    def interleaved(images, labels, transform):
        both = torch.stack([transform(images), images], dim=1).flatten(0, 1)
        return both, images.repeat_interleave(2, dim=0), labels.repeat_interleave(2)

    assert check.to_batch(by_numpy)
    assert check.with_control(interleaved)


def linear(rate, augment=None):
    model = LinearClassifier(in_channels=3, image_size=32)
    return model, replace(entries.RIVAL, num_epochs=2, learning_rate=rate), augment


@pytest.mark.parametrize(("rate", "status"), [(3e-3, "correct"), (1e-8, "not yet")])
def test_the_final_compares_both_on_the_same_images(monkeypatch, rate, status):
    untrained = partial(linear, 1e-8)
    monkeypatch.setattr(entries, "rival", untrained)
    monkeypatch.setattr(entries, "NUM_IMAGES", 200)
    data = coloured_shapes(300, 150)
    data = replace(data, test_images=data.train_images[:150], test_labels=data.train_labels[:150])
    answer = check.final(partial(linear, rate), data, seeds=(1, 2))
    assert answer.status == status, answer
    assert "standard error over images" in answer.message


def test_the_final_of_the_reader_s_own_network_keeps_the_budget():
    wide = nn.Sequential(nn.Conv2d(3, 96, 5), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(96, 10))
    with pytest.raises(AssertionError, match="4,000,000 are allowed"):
        check.final(lambda: (wide, entries.RIVAL, None))
