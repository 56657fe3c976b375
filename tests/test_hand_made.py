"""The hand-made features and the linear model on them, against SciPy and scikit-learn."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import ndimage
from sklearn.linear_model import LogisticRegression

from course_lib.data import load_digits
from course_lib.hand_made import EdgeClassifier, fit_edge_classifier, zoned_edges


def test_zoned_edges_are_scipys_sobel_cut_at_zero_and_averaged():
    images = torch.rand(3, 1, 12, 20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    expected = []
    for image in images[:, 0].numpy():
        right, lower = (ndimage.sobel(image, axis=axis) / 8 for axis in (1, 0))
        maps = np.stack([right, lower, -right, -lower]).clip(min=0)
        border = np.pad(np.ones((10, 18)), 1)  # SciPy mirrors at the border, we count it 0
        expected.append((maps * border).reshape(4, 3, 4, 5, 4).mean(axis=(2, 4)))
    np.testing.assert_allclose(zoned_edges(images), np.stack(expected), atol=1e-12)


@pytest.fixture(scope="module")
def digits():
    data = load_digits().sample(300)  # few, so that both fits arrive quickly
    labels = (torch.from_numpy(part).long() for part in (data.train_labels, data.test_labels))
    train_labels, test_labels = labels
    data = replace(data, train_labels=train_labels, test_labels=test_labels)
    return data.map_images(lambda images: torch.from_numpy(images).float())


def test_the_fit_is_the_minimum_that_scikit_learn_finds(digits):
    model = fit_edge_classifier(digits, num_steps=100, penalty=0.1)
    features = model[0](digits.train_images).numpy()
    oracle = LogisticRegression(C=1 / (0.1 * len(features)), max_iter=200, tol=1e-6)
    oracle.fit(features, digits.train_labels)
    ours = model(digits.test_images).softmax(1).detach()
    theirs = oracle.predict_proba(model[0](digits.test_images).numpy())
    np.testing.assert_allclose(ours, theirs, atol=5e-3)  # float32, and where L-BFGS stops


def test_features_are_standardised_by_the_training_images_alone(digits):
    model = fit_edge_classifier(digits, num_steps=1)
    features = model[0](digits.train_images)
    assert features.mean(dim=0).abs().max() < 1e-4
    assert 0.5 < features.std(dim=0).max() < 1
    assert model[0](digits.test_images).mean(dim=0).abs().max() > 1e-3


def test_another_fit_gives_the_same_weights(digits):
    first, second = (fit_edge_classifier(digits, num_steps=5) for _ in range(2))
    assert torch.equal(first[1].weight, second[1].weight)


def test_images_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"expects images of shape \(N, 1, 28, 28\), got \(2, 3, 28, 28\)"):
        EdgeClassifier()(torch.zeros(2, 3, 28, 28))
