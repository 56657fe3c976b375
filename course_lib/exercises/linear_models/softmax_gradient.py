"""A gradient with soft labels: softmax regression, checked by finite differences."""

import numpy as np
from scipy.optimize import approx_fprime
from scipy.special import softmax

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect, expect_close

SMOOTHING = 0.3


def problem():
    rng = np.random.default_rng(3)
    labels = np.array([2, 0, 1, 2, 2])
    return rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(5, 4)), labels


def loss(theta, features, labels, smoothing):
    """The loss by its definition, one sample at a time: what the finite differences differentiate."""
    weight, bias = theta[:-3].reshape(3, 4), theta[-3:]
    losses = []
    for x, label in zip(features, labels, strict=True):
        log_probs = np.log(softmax(weight @ x + bias))
        losses.append(-(1 - smoothing) * log_probs[label] - smoothing * log_probs.mean())
    return np.mean(losses)


def two_gradients(answer, smoothing, case):
    """Return the reader's two gradients, after a look at their shapes."""
    weight, bias, features, labels = problem()
    got = answer(weight, bias, features, labels, smoothing)
    expect(
        isinstance(got, tuple | list) and len(got) == 2,
        f"{case}: expected two arrays, the gradients with respect to weight and to bias, "
        f"got {type(got).__name__}.",
    )
    return [as_array(part, f"{case}, {name}") for part, name in zip(got, ("weight", "bias"), strict=True)]


def agrees_with_differences(answer, smoothing):
    """Compare both gradients with finite differences of the loss."""
    case = f"smoothing {smoothing:g}"
    weight, bias, features, labels = problem()
    theta = np.append(weight, bias)  # (K * D + K,)
    numeric = approx_fprime(theta, lambda t: loss(t, features, labels, smoothing), 1e-6)
    expected = numeric[: weight.size].reshape(weight.shape), numeric[weight.size :]
    for name, got, true in zip(
        ("weight", "bias"), two_gradients(answer, smoothing, case), expected, strict=True
    ):
        if got.shape == true.shape:
            expect(
                not np.allclose(got, len(labels) * true, atol=1e-4),
                f"{case}, {name}: a sum over samples. Asked: the mean.",
            )
            expect(
                not np.allclose(got, -true, atol=1e-4),
                f"{case}, {name}: the sign is turned: this points downhill.",
            )
        what = f"{case}, gradient with respect to {name}, against finite differences"
        expect_close(got, true, what, rtol=1e-3, atol=1e-4)


def hard_labels(answer):
    """Check that both gradients are those of finite differences."""
    agrees_with_differences(answer, 0.0)


def soft_labels(answer):
    """Check that they are so for smoothed labels, too."""
    case = f"smoothing {SMOOTHING:g}"
    got = two_gradients(answer, SMOOTHING, case)[1]  # the bias tells them apart
    unchanged, others_only = gradients(0.0)[1], gradients(SMOOTHING, among_others=True)[1]
    if got.shape == unchanged.shape:
        expect(not np.allclose(got, unchanged), f"{case}: the gradient is that of smoothing 0.")
        expect(
            not np.allclose(got, others_only),
            f"{case}: you share it among the wrong classes. The right one gets its part, too.",
        )
        expect(
            abs(got.sum()) < 1e-4,
            f"{case}: the gradient of the bias adds up to {got.sum():.3f} and not to 0. What the model said "
            "and what was true both add up to 1 for each sample: do your targets?",
        )
    agrees_with_differences(answer, SMOOTHING)


def gradients(smoothing, among_others=False):
    """Return the gradients of the problem with its targets written out, as two arrays."""
    weight, bias, features, labels = problem()
    one_hot = np.eye(3)[labels]
    soft = (1 - one_hot) / 2 if among_others else 1 / 3
    grad_logits = softmax(features @ weight.T + bias, axis=1) - (1 - smoothing) * one_hot - smoothing * soft
    return grad_logits.T @ features / len(labels), grad_logits.mean(axis=0)


def summed(weight, bias, features, labels, smoothing):
    grads = my_gradient.reference(weight, bias, features, labels, smoothing)
    return len(labels) * grads[0], len(labels) * grads[1]


def share_forgotten(weight, bias, features, labels, smoothing):
    grad_logits = softmax(features @ weight.T + bias, axis=1) - (1 - smoothing) * np.eye(3)[labels]
    return grad_logits.T @ features / len(labels), grad_logits.mean(axis=0)


def nothing_taken(weight, bias, features, labels, smoothing):
    grad_logits = softmax(features @ weight.T + bias, axis=1) - smoothing / len(bias) - np.eye(3)[labels]
    return grad_logits.T @ features / len(labels), grad_logits.mean(axis=0)


@exercise(
    name="softmax_gradient",
    title="A gradient with soft labels",
    difficulty="idea",
    checks=(hard_labels, soft_labels),
    hints=(
        "Write the loss with targets t that add up to 1 in every row. What is its derivative for a logit?",
        "Said minus true still holds. What is 'true' for the right class now, and for the others?",
    ),
    wrong_answers=(
        WrongAnswer(summed, "Asked: the mean", "not divided by N"),
        WrongAnswer(
            lambda *args: [-part for part in my_gradient.reference(*args)], "points downhill", "sign turned"
        ),
        WrongAnswer(
            lambda *args: my_gradient.reference(*args[:4], 0.0), "that of smoothing 0", "smoothing ignored"
        ),
        WrongAnswer(
            lambda *args: gradients(args[4], among_others=True), "The right one gets", "wrong classes only"
        ),
        WrongAnswer(share_forgotten, "both add up to 1", "targets that do not add up to 1"),
        WrongAnswer(nothing_taken, "both add up to 1", "shared out, and not taken from the right class"),
        WrongAnswer(lambda *args: my_gradient.reference(*args)[0], "expected two arrays", "bias forgotten"),
    ),
)
def my_gradient(weight, bias, features, labels, smoothing):
    """Return the gradients of the cross-entropy with softened labels."""
    grad_logits = softmax(features @ weight.T + bias, axis=1)  # (N, K): what you said
    grad_logits -= smoothing / len(bias)  # minus what was true: a part for every class
    grad_logits[np.arange(len(labels)), labels] -= 1 - smoothing  # and the rest for the right one
    grad_logits /= len(labels)
    return grad_logits.T @ features, grad_logits.sum(axis=0)
