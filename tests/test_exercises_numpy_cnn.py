"""The patients of the exercises have the diseases of the answer key, and nothing else."""

import importlib

import numpy as np
import pytest
import torch
from torch.nn import functional

from course_lib.exercises.numpy_cnn import diagnosis, dilated_conv2d, patients
from course_lib.numpy_cnn import Conv2d, Linear
from course_lib.numpy_cnn.gradient_check import check_layer

cases = importlib.import_module("course_lib.exercises.numpy_cnn.cases")  # the module, not the exercise


@pytest.fixture
def seen(rng):
    """Return, for a patient, its layer, input, upstream gradient and what its backward pass says."""

    def look_at(name):
        layer, x = patients()[name]
        upstream = rng.normal(size=layer.forward(x).shape)
        return layer, x, upstream, [layer.backward(upstream), *layer.gradients()]

    return look_at


def healthy(layer, x, upstream):
    """Return torch's gradients of input, weight and bias."""
    leaves = [torch.tensor(array, requires_grad=True) for array in (x, *layer.parameters())]
    function = functional.linear if isinstance(layer, Linear) else functional.conv2d
    function(*leaves).backward(torch.from_numpy(upstream))
    return [leaf.grad.numpy() for leaf in leaves]


def assert_same(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)  # only the order of sums differs


def test_an_answer_of_which_nothing_is_filled_in_is_not_attempted():
    assert diagnosis(dict.fromkeys("ABCD", ...)).status == "not attempted"
    assert cases.cases([...]).status == "not attempted"
    assert diagnosis({**dict.fromkeys("ABCD", ...), "B": "kink"}).message == "No diagnosis yet for A, C, D."


def test_the_key_names_every_patient():
    assert list(patients()) == list(diagnosis.reference) == list("ABCD")


def test_patient_a_turns_the_kernel_for_the_input_alone(seen):
    assert diagnosis.reference["A"] == "turned"
    layer, x, upstream, (grad_x, grad_weight, grad_bias) = seen("A")
    expected = healthy(layer, x, upstream)
    assert_same(grad_weight, expected[1])
    assert_same(grad_bias, expected[2])
    weight = layer.weight.copy()
    layer.weight = weight[:, :, ::-1, ::-1].copy()
    assert_same(grad_x, healthy(layer, x, upstream)[0])
    assert np.abs(grad_x - expected[0]).min() > 1e-3  # every pixel is wrong, as the message says


def test_patient_b_is_right_and_one_number_is_nearer_to_the_kink_than_the_step(seen):
    assert diagnosis.reference["B"] == "kink"
    layer, x, upstream, (grad_x,) = seen("B")
    assert_same(grad_x, upstream * (x > 0))
    assert (np.abs(x) < 1e-6).sum() == 1
    x[np.abs(x) < 1e-6] = 0.5
    assert check_layer(layer, x, rng=np.random.default_rng(0))["input"] < 1e-7


def test_patient_c_divides_weight_and_bias_by_the_batch_once_more(seen):
    assert diagnosis.reference["C"] == "mean"
    layer, x, upstream, (grad_x, grad_weight, grad_bias) = seen("C")
    expected = healthy(layer, x, upstream)
    assert len(x) == 4
    assert_same(grad_x, expected[0])
    assert_same(4 * grad_weight, expected[1])
    assert_same(4 * grad_bias, expected[2])


def test_patient_d_keeps_the_last_window_in_the_weight_alone(seen):
    assert diagnosis.reference["D"] == "overwritten"
    layer, x, upstream, (grad_x, grad_weight, grad_bias) = seen("D")
    expected = healthy(layer, x, upstream)
    assert_same(grad_x, expected[0])
    assert_same(grad_bias, expected[2])
    last = np.zeros_like(upstream)
    last[:, :, -1, -1] = upstream[:, :, -1, -1]
    assert_same(grad_weight, healthy(layer, x, last)[1])
    assert np.abs(grad_weight - expected[1]).min() > 1e-3


# --- the broken convolutions of the open task


@pytest.mark.parametrize("bug", cases.SUSPECTS, ids=lambda bug: bug.__name__)
def test_every_suspect_is_wrong_where_all_geometry_differs(bug):
    assert cases.error(bug, ((2, 2, 6, 7), 3, 3, 2, 1)) > 0.1


@pytest.mark.parametrize(("bug", "case"), [
    pytest.param(cases.first_image_only, ((1, 2, 6, 7), 3, 3, 2, 1), id="one-image"),
    pytest.param(cases.first_kernel_only, ((2, 2, 6, 7), 1, 3, 2, 1), id="one-kernel"),
    pytest.param(cases.first_channel_for_all, ((2, 1, 6, 7), 3, 3, 2, 1), id="one-channel"),
    pytest.param(cases.turned_kernel, ((2, 2, 6, 7), 3, 1, 2, 1), id="one-weight"),
    pytest.param(cases.square_of_the_outputs, ((2, 2, 6, 6), 3, 3, 2, 1), id="square"),
    pytest.param(cases.border_kept, ((2, 2, 6, 7), 3, 3, 2, 0), id="no-padding"),
    pytest.param(cases.without_stride, ((2, 2, 6, 7), 3, 3, 1, 1), id="stride-1"),
    pytest.param(cases.aligned_at_the_end, ((2, 2, 5, 7), 3, 3, 2, 1), id="no-rest"),
    pytest.param(cases.overwritten, ((2, 2, 6, 7), 3, 2, 2, 1), id="no-overlap"),
])  # fmt: skip
def test_every_suspect_hides_in_the_geometry_that_its_mistake_needs(bug, case):
    assert cases.error(bug, case) < cases.LIMIT


@pytest.mark.parametrize(("answer", "words"), [
    pytest.param([((64, 3, 224, 224), 1, 3, 1, 0)], "have 9633792 numbers", id="huge"),
    pytest.param([...], "Fill in", id="ellipsis"),
    pytest.param([((1, 1, 2.5, 2), 1, 1, 1, 0)], "Case 0 should be", id="half-a-row"),
    pytest.param([((1, 1, 4, 4), 1, 2, 0, 0)], "no layer that exists", id="stride-0"),
])  # fmt: skip
def test_what_is_no_case_is_said_without_trying_it(answer, words):
    assert words in cases.cases(answer).message


def test_cases_of_numpy_integers_and_lists_are_cases():
    answer = [[[np.int64(n) for n in shape], *map(np.int64, rest)] for shape, *rest in cases.cases.reference]
    assert cases.cases(answer)


# --- the reader's own convolution


@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_the_dilated_convolution_is_torchs(dilation, rng):
    layer, x = dilated_conv2d.reference(2, 3, 2, dilation, rng=rng), rng.normal(size=(2, 2, 6, 7))
    layer.bias = rng.normal(size=3)
    leaves = [torch.tensor(array, requires_grad=True) for array in (x, layer.weight, layer.bias)]
    y = functional.conv2d(*leaves, dilation=dilation)
    upstream = rng.normal(size=y.shape)
    y.backward(torch.from_numpy(upstream))
    assert_same(layer.forward(x), y.detach().numpy())
    got = [layer.backward(upstream), *layer.gradients()]
    for ours, leaf in zip(got, leaves, strict=True):
        assert_same(ours, leaf.grad.numpy())


def test_a_correct_layer_written_another_way_passes():
    """As a plain convolution whose kernel has zeros between its weights."""

    class Spread(Conv2d):
        def __init__(self, in_channels, out_channels, kernel_size, dilation, *, rng):
            super().__init__(in_channels, out_channels, kernel_size, rng=rng)
            reach = dilation * (kernel_size - 1) + 1
            self.plain = Conv2d(in_channels, out_channels, reach, rng=rng)
            self.places = np.s_[:, :, ::dilation, ::dilation]

        def forward(self, x):
            self.plain.weight[...] = 0
            self.plain.weight[self.places] = self.weight
            self.plain.bias[...] = self.bias
            return self.plain.forward(x)

        def backward(self, grad_output, need_grad_input=True):
            grad_x = self.plain.backward(grad_output)
            self.grad_weight, self.grad_bias = self.plain.grad_weight[self.places], self.plain.grad_bias
            return grad_x

    assert dilated_conv2d(Spread), dilated_conv2d(Spread)


def test_a_layer_whose_methods_are_still_empty_is_not_attempted():
    class Empty(dilated_conv2d.reference):
        def forward(self, x): ...

        def backward(self, grad_output, need_grad_input=True): ...

    assert dilated_conv2d(Empty).status == "not attempted"
