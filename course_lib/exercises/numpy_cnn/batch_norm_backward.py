"""Batch normalisation, backward: every sample reaches every output of its column."""

import numpy as np

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
    expect_close,
)
from course_lib.numpy_cnn.gradient_check import numerical_gradient


def batch_norm(x, gamma, beta, epsilon):
    """The page's forward pass."""
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + epsilon) + beta


def problem(num_samples, epsilon):
    rng = np.random.default_rng(num_samples)
    x, gamma = rng.normal(1.0, 2.0, (num_samples, 3)), rng.normal(size=3)
    return rng.normal(size=x.shape), x, gamma, epsilon


def three_of(answer, arguments):
    got = answer(*arguments)
    several = isinstance(got, (tuple, list))
    what = f"{len(got)} things" if several else type(got).__name__
    expect(several and len(got) == 3, f"Expected three gradients, of x, gamma and beta, got {what}.")
    return got


def beta_and_gamma(answer):
    """Check that both gradients are those of finite differences."""
    grad_output, x, gamma, epsilon = arguments = problem(4, 0.1)
    _, grad_gamma, grad_beta = three_of(answer, arguments)
    for name, got, array in (("beta", grad_beta, np.zeros(3)), ("gamma", grad_gamma, gamma)):
        other = {"gamma": gamma, "beta": np.zeros(3)}
        numeric = numerical_gradient(
            lambda v, name=name, other=other: (
                grad_output * batch_norm(x, **(other | {name: v}), epsilon=epsilon)
            ).sum(),
            array.copy(),
        )
        what = f"The gradient of {name}"
        if as_array(got, what).shape == (3,):
            expect(
                not np.allclose(4 * as_array(got, what), numeric),
                f"{what} is four times too small for four samples: it is a sum over the batch, not a mean.",
            )
        expect_close(got, numeric, what)


def the_input(answer):
    """Check that the gradient of the input is that of finite differences, for three batches."""
    for num_samples, epsilon in ((4, 0.1), (5, 2.0), (2, 1e-5)):
        grad_output, x, gamma, _ = arguments = problem(num_samples, epsilon)
        what = f"The gradient of x, {num_samples} samples, epsilon={epsilon:g}"
        got = as_array(three_of(answer, arguments)[0], what)
        expect(got.shape == x.shape, f"{what}: expected shape {x.shape}, got {got.shape}.")
        numeric = numerical_gradient(
            lambda v, g=grad_output, w=gamma, e=epsilon: (g * batch_norm(v, w, 0.0, e)).sum(), x.copy()
        )
        scale = np.sqrt(x.var(axis=0) + epsilon)
        constants = gamma * grad_output / scale
        for mistake, words in (
            (constants, "you treat mean and variance as constants, but every sample moves both"),
            (constants - constants.mean(axis=0), "the path through the variance is missing"),
        ):
            expect(not np.allclose(got, mistake, atol=1e-6), f"{what}: {words}.")
        sums = np.abs(got.sum(axis=0))
        expect(
            sums.max() < 1e-5,
            f"{what}: each column should sum to zero, since adding a constant to a column changes nothing; "
            f"column {sums.argmax()} sums to {got[:, sums.argmax()].sum():.3g}.",
        )
        expect_close(got, numeric, what)


def constants(grad_output, x, gamma, epsilon):
    _, *others = batch_norm_backward.reference(grad_output, x, gamma, epsilon)
    return gamma * grad_output / np.sqrt(x.var(axis=0) + epsilon), *others


def without_variance(grad_output, x, gamma, epsilon):
    grad_x, *others = constants(grad_output, x, gamma, epsilon)
    return grad_x - grad_x.mean(axis=0), *others


def without_mean(grad_output, x, gamma, epsilon):
    grad_x, *others = batch_norm_backward.reference(grad_output, x, gamma, epsilon)
    return grad_x + (gamma * grad_output / np.sqrt(x.var(axis=0) + epsilon)).mean(axis=0), *others


def sample_variance(grad_output, x, gamma, epsilon):
    """As if the variance were divided by N - 1."""
    other = epsilon + x.var(axis=0, ddof=1) - x.var(axis=0)
    return batch_norm_backward.reference(grad_output, x, gamma, other)


def means(grad_output, x, gamma, epsilon):
    grad_x, *others = batch_norm_backward.reference(grad_output, x, gamma, epsilon)
    return grad_x, *[grad / len(x) for grad in others]


@exercise(
    title="Batch normalisation, backward",
    difficulty="idea",
    checks=(beta_and_gamma, the_input),
    hints=(
        "Give the steps names: the centred x, the scale, the normalised x. Then go back through them.",
        "A sample reaches the outputs of its column in three ways: directly, through the mean, and through "
        "the scale. What does each way contribute, and which of them is the same for all samples?",
    ),
    mistakes=(
        Mistake(
            "grad = gamma * grad_output",
            "grad = grad_output",
            "The gradient on its way to x meets gamma, which is missing.",
        ),
        Mistake(" - grad.mean(axis=0)", "", "The way through the mean is missing."),
        Mistake(
            "(grad * normal).mean(",
            "(grad * normal).sum(",
            "On the way through the variance stands a mean over the samples, not a sum.",
        ),
        Mistake(
            "(grad_output * normal)",
            "(grad * normal)",
            "In the gradient of gamma, gamma itself must not appear.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(constants, "mean and variance as constants", "statistics as constants"),
        WrongAnswer(without_variance, "through the variance is missing", "no path through the variance"),
        WrongAnswer(without_mean, "should sum to zero", "no path through the mean"),
        WrongAnswer(sample_variance, "The gradient of gamma", "divided by N - 1"),
        WrongAnswer(means, "not a mean", "means over the batch"),
        WrongAnswer(
            lambda g, x, gamma, epsilon: batch_norm_backward.reference(g, x, np.ones(3), epsilon),
            "The gradient of x",
            "gamma forgotten on the way to x",
        ),
        WrongAnswer(lambda g, x, gamma, epsilon: constants(g, x, gamma, epsilon)[0], "three", "x alone"),
    ),
)
def batch_norm_backward(grad_output, x, gamma, epsilon=1e-5):
    scale = np.sqrt(x.var(axis=0) + epsilon)  # (D,)
    normal = (x - x.mean(axis=0)) / scale  # (N, D)
    grad = gamma * grad_output  # of normal
    grad_x = grad - grad.mean(axis=0) - normal * (grad * normal).mean(axis=0)
    return grad_x / scale, (grad_output * normal).sum(axis=0), grad_output.sum(axis=0)
