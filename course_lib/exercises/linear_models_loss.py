"""The two exercises on the loss of the chapter *How far does a weighted sum get?*"""

import numpy as np
from scipy.optimize import approx_fprime
from scipy.special import softmax

from course_lib.exercises.framework import Exercise, WrongAnswer, as_array, expect, expect_close


def stable_log_softmax(logits):
    """Return the logarithm of the softmax of every row, for logits of any size."""
    logits = np.asarray(logits, dtype=float)
    shifted = logits - logits.max(axis=1, keepdims=True)  # (N, K), the largest of a row is 0
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))  # (N, K)


def _check_log_softmax_by_hand(answer):
    logits = np.array([[0.0, np.log(3.0)], [0.0, 0.0]])
    with np.errstate(all="ignore"):
        got = answer(logits.copy())
    probabilities = np.array([[0.25, 0.75], [0.5, 0.5]])
    if np.shape(got) == probabilities.shape and np.allclose(got, probabilities):
        raise AssertionError("These are the probabilities. Asked: their logarithms.")
    expect_close(got, np.log(probabilities), "log-softmax of [[0, ln 3], [0, 0]], one sample per row")


def _check_log_softmax_large(answer):
    logits = np.array([[1000.0, 0.0], [-1000.0, -1000.0]])
    expected = np.array([[0.0, -1000.0], [-np.log(2), -np.log(2)]])
    with np.errstate(all="ignore"):
        got = as_array(answer(logits.copy()), "log-softmax of [[1000, 0], [-1000, -1000]]")
    if got.shape == expected.shape:
        expect(
            np.isfinite(got[0]).all(),
            f"[1000, 0] gave {got[0]}: exp(1000) is an overflow, or log(0) came after it. "
            "Subtract the largest logit first, and take the logarithm of the sum alone.",
        )
        expect(
            np.isfinite(got[1]).all(),
            f"[-1000, -1000], in a batch with [1000, 0], gave {got[1]}: the maximum of each row is needed, "
            "not that of the whole batch.",
        )
    expect_close(got, expected, "log-softmax of [[1000, 0], [-1000, -1000]]")


def _naive_log_softmax(logits):
    exponentials = np.exp(logits)
    return np.log(exponentials / exponentials.sum(axis=1, keepdims=True))


def _log_after_softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.log(exponentials / exponentials.sum(axis=1, keepdims=True))


def _one_maximum_for_all(logits):
    shifted = logits - logits.max()
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


log_softmax = Exercise(
    name="log_softmax",
    checks=(_check_log_softmax_by_hand, _check_log_softmax_large),
    reference=stable_log_softmax,
    hints=(
        "Adding a number to all logits of a row changes no probability. Which number makes exp safe?",
        "After subtracting the row's maximum: ln(e^z / S) = z - ln S. Write it so, without dividing.",
    ),
    wrong_answers=(
        WrongAnswer(_naive_log_softmax, "overflow", "the formula as written"),
        WrongAnswer(_log_after_softmax, "logarithm of the sum alone", "divides, then takes log(0)"),
        WrongAnswer(_one_maximum_for_all, "maximum of each row", "one maximum for the batch"),
        WrongAnswer(lambda z: np.exp(stable_log_softmax(z)), "their logarithms", "the softmax itself"),
        WrongAnswer(lambda z: stable_log_softmax(z.T).T, "one sample per row", "wrong axis"),
    ),
)


def penalised_gradient(weight, bias, features, labels, penalty):
    """Return the gradients of cross-entropy plus penalty / 2 times the sum of squared weights."""
    logits = features @ weight.T + bias  # (N, K)
    grad_logits = softmax(logits, axis=1)  # (N, K)
    grad_logits[np.arange(len(labels)), labels] -= 1  # minus one at the right class
    grad_logits /= len(labels)
    return grad_logits.T @ features + penalty * weight, grad_logits.sum(axis=0)  # (K, D), (K,)


def _gradient_problem():
    rng = np.random.default_rng(3)
    labels = np.array([2, 0, 1, 2, 2])
    return rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(5, 4)), labels


def _loss(theta, features, labels, penalty):
    """The loss by its definition, one sample at a time: what the finite differences differentiate."""
    weight, bias = theta[:-3].reshape(3, 4), theta[-3:]
    probabilities = [softmax(weight @ x + bias)[label] for x, label in zip(features, labels, strict=True)]
    return -np.mean(np.log(probabilities)) + penalty / 2 * np.sum(weight**2)


def _check_gradient(answer, penalty, case):
    weight, bias, features, labels = _gradient_problem()
    got = answer(weight.copy(), bias.copy(), features.copy(), labels.copy(), penalty)
    expect(
        isinstance(got, tuple | list) and len(got) == 2,
        f"{case}: expected two arrays, the gradients by weight and by bias, got {type(got).__name__}.",
    )
    theta = np.append(weight, bias)  # (K * D + K,)
    numeric = approx_fprime(theta, lambda t: _loss(t, features, labels, penalty), 1e-6)
    by_weight, by_bias = numeric[: weight.size].reshape(weight.shape), numeric[weight.size :]
    for part, got_part, expected in zip(("weight", "bias"), got, (by_weight, by_bias), strict=True):
        _name_gradient_mistake(got_part, expected, len(labels), f"{case}, gradient by {part}")
        expect_close(
            got_part,
            expected,
            f"{case}, gradient by {part}, against finite differences",
            rtol=1e-3,
            atol=1e-4,
        )


def _name_gradient_mistake(got, expected, num_samples, case):
    if np.shape(got) != expected.shape:
        return
    got = as_array(got, case)
    expect(not np.allclose(got, num_samples * expected), f"{case}: a sum over samples. Asked: the mean.")
    expect(not np.allclose(got, -expected), f"{case}: the sign is turned: this points downhill.")


def _check_gradient_without_penalty(answer):
    _check_gradient(answer, 0.0, "penalty 0")


def _check_gradient_with_penalty(answer):
    weight, bias, features, labels = _gradient_problem()
    args = (features, labels)
    got = answer(weight.copy(), bias.copy(), *args, 0.5)
    plain = answer(weight.copy(), bias.copy(), *args, 0.0)
    if len(got) == 2 and np.shape(got[1]) == bias.shape:
        expect(
            np.allclose(as_array(got[1], "bias"), as_array(plain[1], "bias")),
            "penalty 0.5: the gradient by bias changed. Only the weights are penalised.",
        )
        expect(
            not np.allclose(as_array(got[0], "weight"), as_array(plain[0], "weight")),
            "penalty 0.5: the gradient by weight is that of penalty 0. What does the penalty add?",
        )
    _check_gradient(answer, 0.5, "penalty 0.5")


def _negated(*args):
    return tuple(-gradient for gradient in penalised_gradient(*args))


def _summed(weight, bias, features, labels, penalty):
    grads = penalised_gradient(weight, bias, features, labels, penalty)
    return len(labels) * grads[0], len(labels) * grads[1]


def _bias_penalised(weight, bias, features, labels, penalty):
    grad_weight, grad_bias = penalised_gradient(weight, bias, features, labels, penalty)
    return grad_weight, grad_bias + penalty * bias


softmax_gradient = Exercise(
    name="softmax_gradient",
    checks=(_check_gradient_without_penalty, _check_gradient_with_penalty),
    reference=penalised_gradient,
    hints=(
        "Start with the gradient by the logits, one row per sample: probabilities minus one-hot, over N.",
        "The derivative of penalty / 2 * w**2 is penalty * w. The bias has no penalty.",
    ),
    wrong_answers=(
        WrongAnswer(_summed, "Asked: the mean", "not divided by N"),
        WrongAnswer(_negated, "points downhill", "sign turned"),
        WrongAnswer(lambda *args: penalised_gradient(*args[:4], 0.0), "penalty add", "penalty ignored"),
        WrongAnswer(_bias_penalised, "Only the weights", "bias penalised too"),
        WrongAnswer(lambda *args: penalised_gradient(*args)[0], "expected two arrays", "bias forgotten"),
        WrongAnswer(
            lambda *args: penalised_gradient(*args[:4], 2 * args[4]), "finite differences", "factor 2"
        ),
    ),
)
