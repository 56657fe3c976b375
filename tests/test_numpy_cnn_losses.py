"""The softmax and the cross-entropy of `numpy_cnn`: against scipy, torch and arithmetic."""

import numpy as np
import pytest
import scipy.special
import torch
from torch.nn import functional

from course_lib.numpy_cnn import cross_entropy, softmax
from course_lib.numpy_cnn.losses import correct_answers

LOGITS = [
    pytest.param(1.0, id="usual"),
    pytest.param(1e-6, id="nearly-equal"),
    pytest.param(1e4, id="large"),  # exp(1e4) overflows
    pytest.param(1e300, id="huge"),
]


@pytest.mark.parametrize("scale", LOGITS)
@pytest.mark.parametrize("shape", [(1, 2), (7, 3), (3, 10), (2, 1)], ids=str)
def test_softmax_is_scipys_and_rows_sum_to_one(shape, scale, rng):
    logits = scale * rng.normal(size=shape)
    probabilities = softmax(logits)
    # rtol: exp and log each round; an error in the logit is an error in the exponent
    np.testing.assert_allclose(probabilities, scipy.special.softmax(logits, axis=1), rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-14)


@pytest.mark.parametrize("scale", LOGITS)
@pytest.mark.parametrize("shape", [(1, 2), (7, 3), (3, 10), (2, 1)], ids=str)
@pytest.mark.parametrize("label_dtype", [np.int64, np.uint8])
def test_cross_entropy_and_its_gradient_are_torchs(shape, scale, label_dtype, rng):
    logits, labels = scale * rng.normal(size=shape), rng.integers(0, shape[1], shape[0]).astype(label_dtype)
    theirs_logits = torch.tensor(logits, requires_grad=True)
    theirs = functional.cross_entropy(theirs_logits, torch.tensor(labels.astype(np.int64)))
    theirs.backward()
    loss, grad_logits = cross_entropy(logits, labels)
    assert isinstance(loss, float)
    assert loss == pytest.approx(theirs.item(), rel=1e-12, abs=1e-15)
    np.testing.assert_allclose(grad_logits, theirs_logits.grad, rtol=1e-10, atol=1e-15)


def test_cross_entropy_of_equal_logits_is_the_logarithm_of_the_number_of_classes():
    for num_classes in (2, 3, 10):
        loss, grad_logits = cross_entropy(np.full((4, num_classes), 7.0), np.zeros(4, int))
        assert loss == pytest.approx(np.log(num_classes), rel=1e-14)
        assert grad_logits[0, 0] == pytest.approx((1 / num_classes - 1) / 4)


def test_losses_change_neither_logits_nor_labels_and_keep_float32(rng):
    logits, labels = rng.normal(size=(5, 3)).astype(np.float32), rng.integers(0, 3, 5)
    before = logits.copy(), labels.copy()
    loss, grad_logits = cross_entropy(logits, labels)
    assert softmax(logits).dtype == grad_logits.dtype == np.float32
    np.testing.assert_array_equal(logits, before[0])
    np.testing.assert_array_equal(labels, before[1])
    assert loss == pytest.approx(cross_entropy(logits.astype(float), labels)[0], rel=1e-6)


@pytest.mark.parametrize("logits", [[[0, 1000]], [[True, False]]], ids=["integers", "bools"])
def test_logits_that_are_no_floats_are_refused(logits):
    # in integers every probability would be rounded to 0 or 1, and the loss infinite
    got = np.array(logits).dtype
    for function in (softmax, lambda z: cross_entropy(z, np.array([1]))):
        with pytest.raises(ValueError, match=f"floating-point numbers, got {got}"):
            function(np.array(logits))


def test_an_answer_is_the_largest_logit_and_nan_is_no_answer():
    logits = np.array([[1.0, 2.0], [3.0, 2.0], [np.nan, 2.0], [5.0, np.nan], [1.0, np.inf]])
    assert correct_answers(logits, np.array([1, 1, 0, 0, 1])).tolist() == [True, False, False, False, True]
