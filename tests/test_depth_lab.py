"""Depth lab: its numbers against closed forms and against torch's own layers, and what it refuses."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from course_lib.widgets import DepthLab
from course_lib.widgets.depth_lab import BATCH, WIDTH, ends, noise


def test_the_noise_is_even_and_its_neighbours_are_not_related():
    values = noise(0, 1, 20 * WIDTH * WIDTH)
    deciles = np.histogram(values, bins=10, range=(-1, 1))[0] / len(values)
    np.testing.assert_allclose(deciles, 0.1, atol=0.006)  # 81,920 numbers: a standard error of .001
    for lag in (1, WIDTH, WIDTH * WIDTH):
        assert abs(np.corrcoef(values[:-lag], values[lag:])[0, 1]) < 0.015  # standard error .0035


def test_layers_and_draws_have_numbers_of_their_own():
    one, next_layer, next_draw = noise(3, 5, 4096), noise(3, 6, 4096), noise(4, 5, 4096)
    for other in (next_layer, next_draw):
        assert abs(np.corrcoef(one, other)[0, 1]) < 0.07  # standard error .016
    np.testing.assert_array_equal(noise(3, 5, 8192)[4096:], next_layer)  # places run on from layer to layer


def test_what_comes_in_has_the_mean_square_one():
    below, above = ends(0)
    assert below.shape == above.shape == (BATCH, WIDTH)
    assert (below**2).mean() == pytest.approx(1)
    assert (above**2).mean() == pytest.approx(1)
    assert below.min() == 0 > above.min()


@pytest.mark.parametrize("variance", [1 / 3, 2.0])
def test_a_plain_layer_multiplies_by_half_of_n_times_the_variance(variance):
    # 8 draws of 5 layers; the logarithm of one draw spreads by sqrt(5 * 5 / 64) = .6, a fifth of it by layer
    found = [DepthLab(5, variance, draw=draw).sizes() for draw in range(8)]
    for values in (np.mean([a[-1] for a, _ in found]), np.mean([g[0] for _, g in found])):
        assert values ** (1 / 5) == pytest.approx(variance / 2, rel=0.15)


def test_the_plain_network_is_matrix_products_and_rectifiers():
    lab = DepthLab(depth=2, variance=1.0)
    x = torch.from_numpy(ends(0)[0])
    first, second = (
        torch.from_numpy(noise(0, layer, 4096).reshape(64, 64) * (3 / 64) ** 0.5) for layer in (1, 2)
    )
    expected = ((x @ first.T).relu() @ second.T).relu()
    assert lab.sizes()[0][-1] == pytest.approx(expected.square().mean().item(), rel=1e-12)


def test_normalisation_and_skip_stand_where_they_are_said_to_stand():
    lab = DepthLab(depth=1, normalised=True, residual=True, branch_scale=0.25)
    x = torch.from_numpy(ends(0)[0])
    branch = functional.batch_norm(x @ lab.network()[0].branch[0].weight.T, None, None, training=True)
    expected = (x + 0.25 * branch).relu().square().mean().item()
    assert lab.sizes()[0][-1] == pytest.approx(expected, rel=1e-12)


def test_behind_a_normalisation_the_variance_of_the_weights_does_not_matter():
    small, large = (DepthLab(20, variance, normalised=True).sizes() for variance in (0.5, 4.0))
    # only its epsilon is not scaled with the weights; without it they would differ by 8**20
    np.testing.assert_allclose(small[0], large[0], rtol=1e-2)
    np.testing.assert_allclose(small[1], large[1], rtol=1e-1)


def test_closed_branches_let_everything_through():
    activations, gradients = DepthLab(40, residual=True, branch_scale=0.0).sizes()
    np.testing.assert_allclose(activations, 1)
    np.testing.assert_allclose(gradients[:-1], gradients[0])


@pytest.mark.parametrize(
    ("dials", "words"),
    [
        ({"depth": 0}, "depth must be an integer of at least 1"),
        ({"depth": 41}, "At most 40 layers"),
        ({"variance": 0.0}, "variance must be a number from 0.1 to 4"),
        ({"variance": float("nan")}, "variance"),
        ({"branch_scale": 1.5}, "branch_scale must be a number from 0 to 1"),
        ({"draw": 1000}, "draws below 1000"),
    ],
)
def test_dials_have_ends(dials, words):
    with pytest.raises(ValueError, match=words):
        DepthLab(**dials)
