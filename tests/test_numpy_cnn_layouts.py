"""The convolution in three memory layouts: the same function as `Conv2d`, in another order of memory."""

import numpy as np
import pytest
from numpy_cnn_cases import CONVOLUTIONS, assert_close, randomise

from course_lib.numpy_cnn import Conv2d, MaxPool2d, ReLU, Sequential
from course_lib.numpy_cnn.layouts import LAYOUTS, LaidOutConv2d

every_layout = pytest.mark.parametrize("layout", LAYOUTS)
CASES = [case for case in CONVOLUTIONS if case.kernel_size <= min(case.shape[2:])]


@every_layout
def test_output_and_gradients_are_those_of_the_usual_convolution(layout):
    assert len(CASES) > 50
    for case in CASES:
        sizes = case.shape[1], case.out_channels, case.kernel_size
        usual = randomise(Conv2d(*sizes, rng=np.random.default_rng(0)), np.random.default_rng(case.seed))
        ours = LaidOutConv2d(*sizes, layout=layout, rng=np.random.default_rng(0))
        for own, other in zip(ours.parameters(), usual.parameters(), strict=True):
            own[...] = other
        y = usual.forward(case.images())
        assert_close(ours.forward(case.images()), y, case)
        upstream = case.upstream(y.shape)
        assert ours.backward(upstream, need_grad_input=False) is None
        assert_close(ours.backward(upstream), usual.backward(upstream), case)
        for own, other in zip(ours.gradients(), usual.gradients(), strict=True):
            assert_close(own, other, case)


@every_layout
def test_every_array_of_a_network_lies_in_the_order_of_its_letters(layout, rng):
    stack = Sequential(LaidOutConv2d(2, 3, 3, layout=layout, rng=rng), MaxPool2d(2), ReLU())
    arrays = list(stack.trace(rng.normal(size=(4, 2, 9, 8))).values())[1:]
    grad_output = arrays[-1].copy(order="K")
    for layer in reversed(stack.layers):
        grad_output = layer.backward(grad_output)
        arrays.append(grad_output)
    axes = ["NCHW".index(letter) for letter in layout]
    assert all(array.transpose(axes).flags.c_contiguous for array in arrays)


def test_another_batch_size_and_back_again_changes_nothing(rng):
    layer, x = LaidOutConv2d(1, 2, 3, layout="NHWC", rng=rng), rng.normal(size=(6, 1, 5, 5))
    expected = layer.forward(x)
    layer.forward(x[:2])
    np.testing.assert_array_equal(layer.forward(x), expected)


@every_layout
def test_the_memory_of_the_columns_is_kept_for_the_next_batch_and_holds_its_windows(layout, rng):
    layer, others = (LaidOutConv2d(2, 3, 2, layout=layout, rng=np.random.default_rng(0)) for _ in range(2))
    first, second = rng.normal(size=(2, 4, 2, 5, 6))
    layer.forward(first)
    columns = layer._columns
    np.testing.assert_array_equal(layer.forward(second), others.forward(second))
    assert layer._columns is columns


@pytest.mark.parametrize("layout", ["NCWH", None, "chwn"])
def test_an_unknown_layout_is_named_with_those_that_exist(layout, rng):
    with pytest.raises(ValueError, match="CHWN, NCHW, NHWC, got"):
        LaidOutConv2d(1, 1, 1, layout=layout, rng=rng)


def test_backward_before_forward_is_named(rng):
    with pytest.raises(RuntimeError, match="forward"):
        LaidOutConv2d(1, 1, 1, layout="NCHW", rng=rng).backward(np.zeros((1, 1, 1, 1)))
