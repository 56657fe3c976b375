"""Exercises of the chapter *What does loss.backward() do?*"""

import numpy as np

from course_lib.exercises.framework import Exercise, NotAttempted, WrongAnswer, as_array, expect, expect_close
from course_lib.exercises.numpy_cnn_windows import input_gradient, kernel_gradient
from course_lib.numpy_cnn import loops, softmax
from course_lib.numpy_cnn.gradient_check import numerical_gradient

__all__ = [
    "average_pool_backward", "diagnosis", "input_gradient", "kernel_gradient", "patients", "softmax_backward",
]  # fmt: skip


def average_pool_backward(grad_output, kernel_size):
    share = grad_output / kernel_size**2  # every pixel of a window gets the same
    return share.repeat(kernel_size, axis=2).repeat(kernel_size, axis=3)


def _average_pool_by_hand(answer):
    what = "The gradient 4, 8 of two windows of 2x2"
    got, shape = as_array(answer(np.array([[[[4.0, 8.0]]]]), 2), what), (1, 1, 2, 4)
    expect(got.shape == shape, f"{what}: they come from an image of shape {shape}, got shape {got.shape}.")
    first, total = got[0, 0, :, :2], got[0, 0, :, :2].sum()
    expect(
        np.count_nonzero(first) != 1,
        f"{what}: one pixel of the window got everything, as in max-pooling. A mean listens to all four.",
    )
    expect(
        not np.allclose(got[0, 0], [[1, 2, 1, 2], [1, 2, 1, 2]]),
        f"{what}: the right shares at the wrong pixels. The four pixels of a window are neighbours, "
        "which is np.repeat, not np.tile.",
    )
    expect(
        np.isclose(total, 4),
        f"{what}: the four shares of the first window should add up to 4, yours add up to {total:g}.",
    )
    expect_close(got, [[[[1, 1, 2, 2], [1, 1, 2, 2]]]], what)


def _average_pool_of_a_batch(answer):
    grad_output = np.arange(2 * 3 * 2 * 4, dtype=float).reshape(2, 3, 2, 4)
    for size in (1, 3):
        expected = np.zeros((2, 3, 2 * size, 4 * size))
        for i, j in np.ndindex(2 * size, 4 * size):
            expected[:, :, i, j] = grad_output[:, :, i // size, j // size] / size**2
        expect_close(answer(grad_output.copy(), size), expected, f"A batch with kernel_size={size}")


def _tiled(grad_output, kernel_size):
    return np.tile(grad_output / kernel_size**2, (1, 1, kernel_size, kernel_size))


def _to_the_first(grad_output, kernel_size):
    grad_input = np.zeros_like(_average_pool(grad_output, kernel_size))
    grad_input[:, :, ::kernel_size, ::kernel_size] = grad_output
    return grad_input


_average_pool = average_pool_backward
average_pool_backward = Exercise(
    name="average_pool_backward",
    checks=(_average_pool_by_hand, _average_pool_of_a_batch),
    reference=average_pool_backward,
    hints=(
        "Which outputs does one pixel reach, and at what rate? The rate is its weight in the mean.",
        "array.repeat(k, axis) writes every number k times in a row.",
    ),
    wrong_answers=(
        WrongAnswer(lambda g, k: _average_pool(k**2 * g, k), "should add up to 4", "not divided"),
        WrongAnswer(lambda g, k: _average_pool(k * g, k), "should add up to 4", "divided by k only"),
        WrongAnswer(_tiled, "np.repeat, not np.tile", "tiled"),
        WrongAnswer(_to_the_first, "as in max-pooling", "everything to one pixel"),
        WrongAnswer(lambda g, k: g / k**2, "from an image of shape", "not spread over the window"),
        WrongAnswer(lambda g, k: _average_pool(g, 2), "kernel_size=1", "always windows of 2x2"),
    ),
)


def softmax_backward(grad_output, probabilities):
    expected = (grad_output * probabilities).sum(axis=1, keepdims=True)  # (N, 1)
    return probabilities * (grad_output - expected)  # (N, K)


def _softmax_by_hand(answer):
    # J = diag(p) - p p^T with p = (1/4, 3/4): 3/16 on the diagonal, -3/16 beside it
    got = as_array(answer(np.array([[1.0, 0.0]]), np.array([[0.25, 0.75]])), "p = (1/4, 3/4)")
    if got.shape == (1, 2):
        expect(
            not np.allclose(got, [[0.1875, 0]]),
            "p = (1/4, 3/4): a logit also lowers the probabilities of the other classes, "
            "because they sum to one. You followed each logit to its own probability only.",
        )
        expect(not np.allclose(got, [[-0.1875, 0.1875]]), "p = (1/4, 3/4): the sign is turned.")
        expect(
            not np.allclose(got, [[0.125, -0.375]]),
            "p = (1/4, 3/4): you subtract the plain mean of grad_output. Each class weighs in the mean "
            "with its probability.",
        )
    expect_close(got, [[0.1875, -0.1875]], "p = (1/4, 3/4) and grad_output = (1, 0)")


def _softmax_against_differences(answer):
    rng = np.random.default_rng(5)
    logits, upstream = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    numeric = numerical_gradient(lambda z: (upstream * softmax(z)).sum(), logits)
    got = as_array(answer(upstream.copy(), softmax(logits)), "Four samples")
    if got.shape == numeric.shape:
        sums = np.abs(got.sum(axis=1))
        expect(
            sums.max() < 1e-6,
            "Four samples: each row of your gradient should sum to zero, since raising all logits of "
            f"a sample changes nothing; row {sums.argmax()} sums to {got[sums.argmax()].sum():.3g}.",
        )
    expect_close(got, numeric, "Four samples, against finite differences")


def _diagonal_only(grad_output, probabilities):
    return grad_output * probabilities * (1 - probabilities)


def _mean_for_expectation(grad_output, probabilities):
    return probabilities * (grad_output - grad_output.mean(axis=1, keepdims=True))


def _one_sum_for_the_batch(grad_output, probabilities):
    return probabilities * (grad_output - (grad_output * probabilities).sum())


softmax_backward = Exercise(
    name="softmax_backward",
    checks=(_softmax_by_hand, _softmax_against_differences),
    reference=softmax_backward,
    hints=(
        "The logit z_k reaches every probability: p_j changes at the rate p_j ([j = k] - p_k).",
        "Write the sum over j of grad_output_j p_j ([j = k] - p_k), and take p_k out of both terms.",
    ),
    wrong_answers=(
        WrongAnswer(_diagonal_only, "its own probability only", "only the diagonal of the Jacobian"),
        WrongAnswer(_mean_for_expectation, "with its probability", "the chapter's broken one"),
        WrongAnswer(lambda g, p: -_softmax_backward(g, p), "sign is turned", "sign"),
        WrongAnswer(_one_sum_for_the_batch, "should sum to zero", "one sum for the whole batch"),
        WrongAnswer(lambda g, p: g * 0, "index (0, 0)", "always zero"),
    ),
)
_softmax_backward = softmax_backward.reference


# --- four layers, of which three are ill


class _Mean(loops.Linear):
    def backward(self, grad_output):
        grad_input = super().backward(grad_output)
        self.grad_weight /= len(grad_output)
        self.grad_bias /= len(grad_output)
        return grad_input


class _Turned(loops.Conv2d):
    def backward(self, grad_output):
        weight = self.weight
        self.weight = weight[:, :, ::-1, ::-1]
        grad_input = super().backward(grad_output)
        self.weight = weight
        return grad_input


class _Overwritten(loops.Conv2d):
    def backward(self, grad_output):
        grad_input = super().backward(grad_output)
        for i, j, rows, columns in self._places:
            patch = self._x[:, :, rows, columns]
            self.grad_weight = np.tensordot(grad_output[:, :, i, j], patch, axes=(0, 0))
        return grad_input


def patients():
    """Return the layers A to D of the exercise, each with an input to examine it with."""
    rng = np.random.default_rng(9)
    numbers = rng.normal(size=(2, 4))
    numbers[1, 2] = 2e-7
    return {
        "A": (_Turned(1, 1, 2, rng=rng), rng.normal(size=(1, 1, 3, 3))),
        "B": (loops.ReLU(), numbers),
        "C": (_Mean(3, 2, rng=rng), rng.normal(size=(4, 3))),
        "D": (_Overwritten(1, 1, 2, rng=rng), rng.normal(size=(1, 1, 3, 3))),
    }


_CAUSES = ("mean", "turned", "kink", "overwritten", "flattened")
_WHY_NOT = {
    "A": "everything that belongs to the kernel is right, and every pixel of the input is wrong. "
    "What does only the gradient of the input use?",
    "B": "one number of eight is off, the others agree to rounding. A bug would not be so choosy; "
    "what is special about that one number?",
    "C": "weight and bias are wrong in every number by the same share, the input is right. "
    "What do weight and bias have in common that the input has not?",
    "D": "the weight alone is wrong, the bias is right. How does one kernel collect from many positions?",
}


def _diagnosis(answer):
    expect(isinstance(answer, dict), f"Expected a dictionary from A to D to causes, got {answer!r:.60}.")
    if answer and all(cause is Ellipsis for cause in answer.values()):
        raise NotAttempted
    missing = [name for name in _WHY_NOT if answer.get(name, ...) is Ellipsis]
    expect(not missing, f"No diagnosis yet for {', '.join(missing)}.")
    for name, why_not in _WHY_NOT.items():
        cause = answer[name]
        expect(cause in _CAUSES, f"{name}: {cause!r:.60} is none of the causes {', '.join(_CAUSES)}.")
        expect(cause == diagnosis.reference[name], f'{name} is not "{cause}": {why_not}')


diagnosis = Exercise(
    name="diagnosis",
    checks=(_diagnosis,),
    reference={"A": "turned", "B": "kink", "C": "mean", "D": "overwritten"},
    hints=(
        "First which gradient is wrong, then in how many of its numbers: one, some, or all?",
        "Errors of exactly 1 - 1/N point at a factor N; a single wrong number points at a special input.",
    ),
    wrong_answers=(
        WrongAnswer({"A": "overwritten", "B": "kink", "C": "mean", "D": "turned"}, "every pixel", "A and D"),
        WrongAnswer({"A": "turned", "B": "mean", "C": "kink", "D": "overwritten"}, "not be so choosy", "B"),
        WrongAnswer({"A": "turned", "B": "kink", "C": "overwritten", "D": "mean"}, "by the same share", "C"),
        WrongAnswer({"A": "turned", "B": "kink", "C": "mean", "D": "flattened"}, "weight alone", "D"),
        WrongAnswer({"A": "turned", "B": "kink", "C": "mean"}, "No diagnosis yet for D", "one left out"),
        WrongAnswer({"A": "turned", "B": "ReLU", "C": "mean", "D": "turned"}, "none of the causes", "a word"),
    ),
)
