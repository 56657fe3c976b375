"""A data set and its parts: random, stratified, without leaks, and equal where the pixels are equal."""

import hashlib
import os
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from course_lib import data
from course_lib.data import ImageData, sample_indices
from course_lib.data.files import MNIST

IMAGES = ("train_images", "validation_images", "test_images")


@pytest.fixture
def small():
    """Ten training and four test images of 1 x 3 x 2, all pixels different."""
    images = torch.arange(14.0 * 6).reshape(14, 1, 3, 2)
    labels = torch.arange(14) % 3
    return ImageData(
        images[:10], labels[:10], images[10:], labels[10:],
        class_names=("a", "b", "c"), name="small", source="here", mean=0.25, std=0.5,
    )  # fmt: skip


@pytest.fixture
def split(small):
    """The same with four of the training images set aside."""
    return small.validation_split(4)


def rows(*images):
    """Return sets of images as one set of tuples."""
    return {tuple(image.flatten().tolist()) for part in images for image in part}


# --- random subsets


@pytest.mark.parametrize("num_samples", [1, 2, 3, 7, 50, 99, 100])
@pytest.mark.parametrize("make", [np.asarray, torch.tensor], ids=["array", "tensor"])
def test_each_class_gets_its_share_rounded_up_or_down(make, num_samples):
    labels = make([0] * 50 + [1] * 30 + [2] * 19 + [7])
    for seed in range(20):
        chosen = sample_indices(labels, num_samples, seed)
        assert len(set(chosen.tolist())) == len(chosen) == num_samples
        counts = np.bincount(np.asarray(labels)[chosen], minlength=8)
        shares = np.array([50, 30, 19, 0, 0, 0, 0, 1]) * num_samples / 100
        assert (np.abs(counts - shares) < 1).all()


def test_every_image_is_chosen_equally_often_and_stands_anywhere():
    labels = np.array([0, 1, 0, 0, 1, 2, 0, 1, 2, 0])
    chosen = np.array([sample_indices(labels, 4, seed) for seed in range(3000)])
    # 1,200 expected each; the draws of one seed depend on each other, which makes the test stricter
    assert stats.chisquare(np.bincount(chosen.ravel())).pvalue > 1e-3
    for place in chosen.T:
        assert stats.chisquare(np.bincount(place, minlength=10)).pvalue > 1e-4
    together = {tuple(sorted(row)) for row in chosen.tolist()}
    assert len(together) > 50


def test_the_same_seed_chooses_the_same_and_another_seed_others():
    labels = np.arange(1000) % 10
    first, again, other = (sample_indices(labels, 100, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert len(set(first) & set(other)) < 30  # 10 expected, deviation 3
    np.testing.assert_array_equal(sample_indices(labels, 100), sample_indices(labels, 100, seed=0))


def test_all_of_them_come_in_another_order():
    chosen = sample_indices(np.zeros(100, int), 100)
    assert sorted(chosen) == list(range(100))
    assert abs(stats.spearmanr(chosen, range(100)).statistic) < 0.4  # deviation 0.1


def test_positions_index_arrays_and_tensors():
    labels = np.arange(20) % 4
    chosen = sample_indices(labels, np.int64(8))
    np.testing.assert_array_equal(torch.from_numpy(labels)[chosen], labels[chosen])
    assert chosen.dtype == np.int64


@pytest.mark.parametrize("count", [0, -1, 11, 2.0, True, "3", None])
def test_a_nonsensical_number_of_images_is_refused_with_the_limits(small, count):
    for choose in (small.sample, small.validation_split, lambda n: sample_indices(small.train_labels, n)):
        with pytest.raises(ValueError, match=f"between 1 and 10, the number of images, got {count!r}"):
            choose(count)


def test_labels_may_be_a_list():
    labels = [0, 0, 1, 1, 1, 1]
    np.testing.assert_array_equal(sample_indices(labels, 3), sample_indices(np.array(labels), 3))


def test_labels_in_a_column_are_refused():
    with pytest.raises(ValueError, match=r"shape \(N,\), got \(4, 1\)"):
        sample_indices(np.zeros((4, 1)), 2)


def test_a_sample_is_drawn_from_the_training_images_with_their_labels(small):
    numbered = replace(small, train_labels=torch.arange(10))
    fewer = numbered.sample(4, seed=1)
    np.testing.assert_array_equal(fewer.train_labels, sample_indices(numbered.train_labels, 4, seed=1))
    assert torch.equal(fewer.train_images, small.train_images[fewer.train_labels])
    assert torch.equal(fewer.test_images, small.test_images)
    assert not torch.equal(numbered.sample(4, seed=2).train_labels, fewer.train_labels)
    assert numbered.sample(4) == numbered.sample(4, seed=0)


def test_a_validation_split_parts_the_training_set_and_never_touches_the_test_set(small):
    numbered = replace(small, train_labels=torch.arange(10))
    split = numbered.validation_split(4, seed=5)
    assert sorted([*split.train_labels.tolist(), *split.validation_labels.tolist()]) == list(range(10))
    assert rows(split.train_images, split.validation_images) == rows(small.train_images)
    assert torch.equal(split.train_images, small.train_images[split.train_labels])
    assert torch.equal(split.validation_images, small.train_images[split.validation_labels])
    assert torch.equal(split.test_images, small.test_images)
    assert torch.equal(split.test_labels, small.test_labels)
    assert len(split.validation_images) == 4
    assert "validation" in split.source
    assert (split.mean, split.name, split.class_names) == (small.mean, small.name, small.class_names)
    assert numbered.validation_split(4) == numbered.validation_split(4, seed=0) != split


def test_a_validation_split_is_stratified(small):
    counts = torch.bincount(small.validation_split(5).validation_labels, minlength=3)
    assert counts.min() >= 1  # shares of 2, 1.5 and 1.5


def test_a_split_can_be_sampled_and_keeps_its_validation_images(split):
    fewer = split.sample(3)
    assert torch.equal(fewer.validation_images, split.validation_images)
    assert rows(fewer.train_images) < rows(split.train_images)


def test_a_validation_split_leaves_at_least_one_training_image(small):
    assert len(small.validation_split(9).train_images) == 1
    with pytest.raises(ValueError, match="none is left to train on"):
        small.validation_split(10)


def test_data_is_split_only_once(split):
    with pytest.raises(ValueError, match=r"4 validation.*validation set already"):
        split.validation_split(2)


def test_validation_images_without_labels_are_refused(small):
    for name in ("validation_images", "validation_labels"):
        with pytest.raises(ValueError, match="both validation_images and validation_labels"):
            replace(small, **{name: small.test_images})


def nearest_mean_accuracy(train_images, train_labels, images, labels):
    """Return the accuracy of the nearest class mean, from numbers alone."""
    sums = torch.zeros(10, images[0].numel()).index_add_(0, train_labels, train_images.flatten(1))
    means = sums / train_labels.bincount()[:, None]
    return (torch.cdist(images.flatten(1), means).argmin(1) == labels).double().mean().item()


@pytest.mark.pipeline
@pytest.mark.skipif(not os.path.exists(MNIST.path), reason="MNIST is not in the data folder")
def test_on_mnist_a_validation_split_is_as_hard_as_the_test_set():
    mnist = data.load_mnist(offline_default=False)
    assert nearest_mean_accuracy(
        mnist.train_images, mnist.train_labels, mnist.test_images, mnist.test_labels
    ) == pytest.approx(0.8203, abs=1e-3)  # FACTS: 82.03 %
    for seed in range(5):
        split = mnist.validation_split(1000, seed)
        accuracy = nearest_mean_accuracy(
            split.train_images, split.train_labels, split.validation_images, split.validation_labels
        )
        assert abs(accuracy - 0.820) < 0.03  # of 1,000 answers: 2.5 deviations; the last 1,000 give 88.0 %


# --- the whole


def test_map_images_changes_images_of_every_set_and_no_label(small, split):
    for given, names in ((small, ("train_images", "test_images")), (split, IMAGES)):
        negative = given.map_images(lambda images: -images)
        for name in names:
            torch.testing.assert_close(getattr(negative, name), -getattr(given, name))
        torch.testing.assert_close(negative.train_labels, given.train_labels)
    assert not small.map_images(lambda images: -images).has_validation


@pytest.mark.parametrize(
    "name", [f"{part}_{what}" for part in ("train", "validation", "test") for what in ("images", "labels")]
)
def test_the_fingerprint_knows_every_array(split, name):
    changed = getattr(split, name).clone()
    changed.view(-1)[-1] += 1
    assert replace(split, **{name: changed}).fingerprint != split.fingerprint
    assert replace(split, **{name: getattr(split, name).clone()}).fingerprint == split.fingerprint


def test_the_fingerprint_knows_shapes_and_types(small):
    reshaped = small.train_images.reshape(10, 1, 2, 3)
    assert replace(small, train_images=reshaped).fingerprint != small.fingerprint
    assert replace(small, train_labels=small.train_labels.int()).fingerprint != small.fingerprint


def test_the_fingerprint_is_that_of_the_same_numbers_as_arrays(small):
    arrays = {name: getattr(small, name).numpy() for name in ("train_images", "test_labels")}
    assert replace(small, **arrays).fingerprint == small.fingerprint
    assert len(small.fingerprint) == hashlib.sha256().digest_size * 2


def test_the_fingerprint_knows_pixels_that_are_changed_in_place(small):
    arrays = replace(small, train_images=small.train_images.numpy().copy())
    for given in (small, arrays):
        before = given.fingerprint
        given.train_images[0, 0, 0, 0] += 1
        assert given.fingerprint != before
    assert small.fingerprint == arrays.fingerprint


def test_a_fingerprint_of_unchanged_tensors_is_not_computed_again(small, monkeypatch):
    first = small.fingerprint
    monkeypatch.setattr(hashlib, "sha256", None)
    assert small.fingerprint == first


def test_data_is_equal_where_pixels_labels_and_facts_are(small, split):
    copy = replace(small, train_images=small.train_images.clone())
    assert copy == small
    assert replace(small, train_images=-small.train_images) != small
    assert split != small
    for fact, value in (
        ("name", "x"),
        ("source", "x"),
        ("mean", 0.0),
        ("std", 1.0),
        ("class_names", tuple("xyz")),
    ):
        assert replace(small, **{fact: value}) != small
    assert small != "small"
    with pytest.raises(AttributeError):
        small.name = "large"
    with pytest.raises(TypeError, match="unhashable"):
        hash(small)


def test_data_that_says_nothing_about_it_is_not_normalised(small):
    plain = ImageData(
        small.train_images, small.train_labels, small.test_images, small.test_labels, ("a",), "plain", "here"
    )
    assert (plain.mean, plain.std, float(plain.background)) == (0.0, 1.0, 0.0)
    assert not plain.has_validation


def test_background_is_what_black_became(small):
    assert float(small.background) == pytest.approx((0 - 0.25) / 0.5)
    coloured = replace(small, mean=(0.5, 0.25), std=(0.5, 0.5))
    np.testing.assert_allclose(coloured.background, [-1.0, -0.5])


def test_ink_ends_at_paper_and_at_full_ink(small):
    pixels = torch.tensor([-0.5, 0.0, 0.75, 1.0, 1.5]).reshape(5, 1, 1, 1)
    assert small.ink((pixels - 0.25) / 0.5).flatten().tolist() == [0, 0, 0.75, 1, 1]


def test_the_background_of_colour_images_fills_a_shift(rng):
    black = np.zeros((2, 3, 4, 5))
    mean, std = (0.5, 0.25, 0.1), (0.5, 0.5, 0.2)
    images = torch.from_numpy((black - np.reshape(mean, (3, 1, 1))) / np.reshape(std, (3, 1, 1)))
    labels = torch.zeros(2).long()
    coloured = ImageData(images, labels, images, labels, ("a",), "black", "here", mean, std)
    torch.testing.assert_close(data.shift_images(images, 2, -1, coloured.background), images)


def test_data_introduces_itself_with_its_sizes(small, split):
    assert repr(small) == "small: 10 training and 4 test images of 1 x 3 x 2, 3 classes"
    assert repr(split) == "small: 6 training, 4 validation and 4 test images of 1 x 3 x 2, 3 classes"


def test_a_split_says_where_its_images_came_from_and_happens_once(small, split):
    assert split.source == "here, validation split"
    assert (split.name, split.mean, split.std) == ("small", 0.25, 0.5)
    with pytest.raises(ValueError) as caught:
        split.validation_split(1)
    assert str(caught.value) == (
        "small: 6 training, 4 validation and 4 test images of 1 x 3 x 2, 3 classes: "
        "there is a validation set already, split the data only once."
    )
    with pytest.raises(ValueError) as caught:
        small.validation_split(10)
    assert str(caught.value) == "All 10 images would be set aside, and none is left to train on."
    with pytest.raises(ValueError) as caught:
        replace(small, validation_images=small.test_images)
    assert str(caught.value) == "A validation set needs both validation_images and validation_labels."


def test_equal_is_what_has_the_same_pixels_and_facts(small):
    same = replace(small, train_images=small.train_images.clone())
    assert same == small
    assert small != "small"
    for change in ({"name": "other"}, {"source": "there"}, {"mean": 0.5}, {"std": 1.0},
                   {"class_names": ("a", "b", "d")}, {"test_labels": small.test_labels + 1}):  # fmt: skip
        assert replace(small, **change) != small
    shaped = small.map_images(lambda images: images.reshape(-1, 1, 2, 3))
    assert shaped.fingerprint != small.fingerprint
    assert small.map_images(lambda images: images.double()).fingerprint != small.fingerprint
