"""A gradient with a penalty: softmax regression, checked by finite differences."""

import numpy as np
from scipy.optimize import approx_fprime
from scipy.special import softmax

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect, expect_close


def problem():
    rng = np.random.default_rng(3)
    labels = np.array([2, 0, 1, 2, 2])
    return rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(5, 4)), labels


def loss(theta, features, labels, penalty):
    """The loss by its definition, one sample at a time: what the finite differences differentiate."""
    weight, bias = theta[:-3].reshape(3, 4), theta[-3:]
    probabilities = [softmax(weight @ x + bias)[label] for x, label in zip(features, labels, strict=True)]
    return -np.mean(np.log(probabilities)) + penalty / 2 * np.sum(weight**2)


def two_gradients(answer, penalty, case):
    weight, bias, features, labels = problem()
    got = answer(weight, bias, features, labels, penalty)
    expect(
        isinstance(got, tuple | list) and len(got) == 2,
        f"{case}: expected two arrays, the gradients with respect to weight and to bias, "
        f"got {type(got).__name__}.",
    )
    return [as_array(part, f"{case}, {name}") for part, name in zip(got, ("weight", "bias"), strict=True)]


def agrees_with_differences(answer, penalty, case):
    weight, bias, features, labels = problem()
    theta = np.append(weight, bias)  # (K * D + K,)
    numeric = approx_fprime(theta, lambda t: loss(t, features, labels, penalty), 1e-6)
    expected = numeric[: weight.size].reshape(weight.shape), numeric[weight.size :]
    for name, got, true in zip(
        ("weight", "bias"), two_gradients(answer, penalty, case), expected, strict=True
    ):
        if got.shape == true.shape:
            expect(
                not np.allclose(got, len(labels) * true),
                f"{case}, {name}: a sum over samples. Asked: the mean.",
            )
            expect(not np.allclose(got, -true), f"{case}, {name}: the sign is turned: this points downhill.")
        what = f"{case}, gradient with respect to {name}, against finite differences"
        expect_close(got, true, what, rtol=1e-3, atol=1e-4)


def without_penalty(answer):
    agrees_with_differences(answer, 0.0, "penalty 0")


def with_penalty(answer):
    plain_weight, plain_bias = two_gradients(answer, 0.0, "penalty 0")
    weight, bias = two_gradients(answer, 0.5, "penalty 0.5")
    expect(
        bias.shape != plain_bias.shape or np.allclose(bias, plain_bias),
        "penalty 0.5: the gradient with respect to bias changed. Only the weights are penalised.",
    )
    expect(
        weight.shape != plain_weight.shape or not np.allclose(weight, plain_weight),
        "penalty 0.5: the gradient with respect to weight is that of penalty 0. What does the penalty add?",
    )
    agrees_with_differences(answer, 0.5, "penalty 0.5")


def summed(weight, bias, features, labels, penalty):
    grads = my_gradient.reference(weight, bias, features, labels, penalty)
    return len(labels) * grads[0], len(labels) * grads[1]


def bias_penalised(weight, bias, features, labels, penalty):
    grad_weight, grad_bias = my_gradient.reference(weight, bias, features, labels, penalty)
    return grad_weight, grad_bias + penalty * bias


@exercise(
    name="softmax_gradient",
    difficulty="idea",
    checks=(without_penalty, with_penalty),
    hints=(
        "Start with the gradient with respect to the logits, one row per sample: said minus true, over N.",
        "What is the derivative of penalty / 2 * w**2? And does the bias occur in the penalty?",
    ),
    wrong_answers=(
        WrongAnswer(summed, "Asked: the mean", "not divided by N"),
        WrongAnswer(
            lambda *args: [-part for part in my_gradient.reference(*args)],
            "points downhill",
            "sign turned",
        ),
        WrongAnswer(lambda *args: my_gradient.reference(*args[:4], 0.0), "penalty add", "penalty ignored"),
        WrongAnswer(bias_penalised, "Only the weights", "bias penalised too"),
        WrongAnswer(lambda *args: my_gradient.reference(*args)[0], "expected two arrays", "bias forgotten"),
        WrongAnswer(
            lambda *args: my_gradient.reference(*args[:4], 2 * args[4]), "finite differences", "factor 2"
        ),
    ),
)
def my_gradient(weight, bias, features, labels, penalty):
    """Return the gradients of cross-entropy plus penalty / 2 times the sum of squared weights."""
    grad_logits = softmax(features @ weight.T + bias, axis=1)  # (N, K): what you said
    grad_logits[np.arange(len(labels)), labels] -= 1  # minus what was true
    grad_logits /= len(labels)
    return grad_logits.T @ features + penalty * weight, grad_logits.sum(axis=0)
