"""Exercises of the chapter *How far does a weighted sum get?*"""

import numpy as np
from scipy.optimize import linprog
from scipy.stats import pearsonr

from course_lib.exercises.framework import Exercise, WrongAnswer, as_array, expect, expect_close
from course_lib.exercises.linear_models_loss import log_softmax, softmax_gradient

__all__ = ["correlation", "log_softmax", "parameters", "ring", "softmax_gradient"]


def count_parameters(height, width, channels, num_classes):
    """Return the number of weights and biases of a linear classifier of images."""
    num_pixel_values = height * width * channels
    return num_classes * (num_pixel_values + 1)  # one bias per class


def _check_count(answer):
    cases = {(28, 28, 1, 10): 7_850, (32, 32, 3, 10): 30_730, (2, 3, 1, 4): 28}  # the last one by hand
    for (height, width, channels, num_classes), expected in cases.items():
        got = answer(height, width, channels, num_classes)
        case = f"{height}x{width} pixels, {channels} channel(s), {num_classes} classes"
        num_weights = expected - num_classes
        expect(got != num_weights, f"{case}: got {got}, the weights alone. Each class has a bias too.")
        expect(got != num_weights + 1, f"{case}: got {got}, one bias for all. Each class has its own bias.")
        if channels > 1 and got == num_classes * (height * width + 1):
            raise AssertionError(f"{case}: got {got}. A colour image has one value per pixel and channel.")
        expect_close(got, expected, case)


parameters = Exercise(
    name="parameters",
    checks=(_check_count,),
    reference=count_parameters,
    hints=(
        "How many numbers does one image hold? Each class weighs every one of them.",
        "A class has height * width * channels weights and one bias.",
    ),
    wrong_answers=(
        WrongAnswer(lambda h, w, c, k: h * w * c * k, "Each class has a bias", "no biases"),
        WrongAnswer(lambda h, w, c, k: h * w * c * k + 1, "one bias for all", "a single bias"),
        WrongAnswer(lambda h, w, c, k: k * (h * w + 1), "per pixel and channel", "channels forgotten"),
        WrongAnswer(lambda h, w, c, k: h * w * c + 1, "expected 7850", "classes forgotten"),
    ),
)


def squared_radius(points):
    """Return one feature per point: its squared distance from the origin."""
    points = np.asarray(points, dtype=float)  # (N, 2)
    return (points**2).sum(axis=1, keepdims=True)  # (N, 1)


def _ring_points(num_angles=24):
    """Return 2-d points, half of them in a disc (+1), half in the ring around it (-1)."""
    angles = 2 * np.pi * np.arange(num_angles) / num_angles
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    inner, outer = [r * circle for r in (0.3, 0.7, 1.0)], [r * circle for r in (1.2, 1.6, 2.0)]
    return np.concatenate(inner + outer), np.repeat([1, -1], 3 * num_angles)


def _is_separable(features, signs):
    """Whether some weighted sum has the right sign everywhere: a linear programme decides it."""
    with_bias = np.column_stack([features, np.ones(len(features))])
    result = linprog(
        np.zeros(with_bias.shape[1]), A_ub=-signs[:, None] * with_bias, b_ub=-np.ones(len(signs)),
        bounds=(None, None), method="highs",
    )  # fmt: skip
    return result.status == 0


def _check_ring_shape(answer):
    points, _ = _ring_points()
    got = as_array(answer(points.copy()), "features of the ring's points")
    expect(
        got.ndim == 2 and len(got) == len(points) and 1 <= got.shape[1] <= 6,
        f"expected features of shape ({len(points)}, k), k from 1 to 6: one row per point; got {got.shape}.",
    )
    expect(np.isfinite(got).all(), "some features are not finite numbers.")
    alone = as_array(answer(points[5:6].copy()), "features of one point")
    expect_close(alone, got[5:6], "A point's features must not depend on the other points; one point alone")


def _check_ring_separable(answer):
    points, signs = _ring_points()
    features = as_array(answer(points.copy()), "features of the ring's points")
    expect(
        _is_separable(features, signs),
        "no weighted sum of your features separates disc and ring: a linear programme found none. "
        "What is small for every point of the disc and large for every point of the ring?",
    )


ring = Exercise(
    name="ring",
    checks=(_check_ring_shape, _check_ring_separable),
    reference=squared_radius,
    hints=(
        "Which single number tells a point of the disc from a point of the ring?",
        "The squared distance from the origin, x1**2 + x2**2; keep the shape (N, 1).",
    ),
    wrong_answers=(
        WrongAnswer(lambda p: p, "no weighted sum", "the coordinates themselves"),
        WrongAnswer(lambda p: np.abs(p), "no weighted sum", "a diamond is not a circle"),
        WrongAnswer(lambda p: p[:, :1] * p[:, 1:], "no weighted sum", "the product, as for XOR"),
        WrongAnswer(lambda p: (p**2).sum(axis=1), "one row per point", "shape (N,)"),
        WrongAnswer(
            lambda p: squared_radius(p) - squared_radius(p).mean(), "other points", "centred by the batch"
        ),
    ),
)


def pearson_correlation(a, b):
    """Return the correlation of the pixels of two images of the same shape."""
    a = np.asarray(a, dtype=float).ravel()
    b = np.asarray(b, dtype=float).ravel()
    a, b = a - a.mean(), b - b.mean()
    return (a @ b) / np.sqrt((a @ a) * (b @ b))


def _check_correlation(answer):
    rng = np.random.default_rng(5)
    a, b = rng.normal(2.0, 1.0, size=(4, 5)), rng.normal(1.0, 3.0, size=(4, 5))
    got, case = answer(a.copy(), b.copy()), "two random images of shape (4, 5)"
    if np.size(got) == 1:
        number = float(as_array(got, case).reshape(()))
        cosine = np.sum(a * b) / np.sqrt(np.sum(a**2) * np.sum(b**2))
        covariance = np.mean((a - a.mean()) * (b - b.mean()))
        expect(
            not np.isclose(number, cosine),
            f"{case}: this is the cosine. Subtract each image's own mean first.",
        )
        expect(
            not np.isclose(number, covariance),
            f"{case}: this is the covariance. Divide by both standard deviations.",
        )
    expect_close(got, pearsonr(a.ravel(), b.ravel())[0], f"{case}, against SciPy's pearsonr")


def _check_correlation_scale(answer):
    image = np.arange(6.0).reshape(2, 3) ** 2
    expect_close(
        answer(image.copy(), 3 * image + 7), 1.0, "an image and the same, brighter and with more contrast"
    )
    expect_close(answer(image.copy(), -image), -1.0, "an image and its negative")


correlation = Exercise(
    name="correlation",
    checks=(_check_correlation, _check_correlation_scale),
    reference=pearson_correlation,
    hints=(
        "Make both images vectors and subtract each one's mean; what is left is the pattern.",
        "Divide the dot product of the two by the product of their lengths.",
    ),
    wrong_answers=(
        WrongAnswer(
            lambda a, b: np.sum(a * b) / np.sqrt(np.sum(a**2) * np.sum(b**2)), "the cosine", "not centred"
        ),
        WrongAnswer(
            lambda a, b: np.mean((a - a.mean()) * (b - b.mean())),
            "the covariance",
            "not divided",
        ),
        WrongAnswer(lambda a, b: np.corrcoef(a, b), "expected shape ()", "a matrix of rows"),
        WrongAnswer(lambda a, b: abs(pearson_correlation(a, b)), "expected -", "sign lost"),
    ),
)
