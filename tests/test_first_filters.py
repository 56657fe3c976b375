"""The stored results on edges: complete, of the networks that are named, and one of them measured again."""

import json
from functools import partial

import numpy as np
import pytest
import torch
from benchmark_files import load_benchmark

from course_lib.data.digits import offline_digits
from course_lib.inspection import degree_basis, plane_energy


@pytest.fixture(scope="module")
def benchmark():
    return load_benchmark("first_filters")


@pytest.fixture(scope="module")
def stored(benchmark):
    return json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))


def test_every_version_has_its_search_and_the_same_seeds(benchmark, stored):
    assert list(stored["results"]) == list(benchmark.ARMS)
    settings = {"images": benchmark.NUM_IMAGES, "epochs": benchmark.NUM_EPOCHS}
    assert settings.items() <= stored["settings"].items()
    for arm in stored["results"].values():
        assert len(arm["test"]) >= 5
        assert list(arm["test"]) == [str(seed) for seed in range(len(arm["test"]))]
        tried = {float(rate): accuracy for rate, accuracy in arm["validation"].items()}
        assert set(benchmark.RATES) <= set(tried)
        assert tried[arm["rate"]] == max(tried.values())
        place = benchmark.GRID.index(arm["rate"])
        assert set(benchmark.GRID[max(place - 1, 0) : place + 2]) <= set(tried)  # no edge did best


def made_elsewhere(seed):
    """Return kernels that might have been trained: half of them slopes."""
    kernels = np.random.default_rng(seed).normal(size=(16, 9))
    patterns, degrees = degree_basis()
    slopes = patterns.reshape(9, 9)[degrees == 1]
    kernels[:8] = kernels[:8] @ slopes.T @ slopes
    return kernels


def kernels(benchmark, name, seed=3):
    return benchmark.build(name, seed, made_elsewhere)[0].weight.detach()


@pytest.mark.parametrize(("name", "share"), [("slope only", 1), ("slope removed", 0), ("two others only", 0)])
def test_kernels_hold_the_share_of_slope_that_their_version_says(benchmark, name, share):
    np.testing.assert_allclose(plane_energy(kernels(benchmark, name)), share, atol=1e-6)


def test_removing_two_others_leaves_the_slopes_and_five_directions(benchmark):
    made = kernels(benchmark, "two others removed")
    assert plane_energy(made).mean() > plane_energy(kernels(benchmark, "random")).mean() + 0.02
    assert torch.linalg.matrix_rank(made.flatten(1), rtol=1e-5) == 7
    assert torch.linalg.matrix_rank(kernels(benchmark, "two others only").flatten(1), rtol=1e-5) == 2


def test_the_same_shares_are_those_of_the_kernels_from_elsewhere_in_other_directions(benchmark):
    patterns, degrees = degree_basis()

    def shares(made):
        parts = (made.reshape(16, 9) @ patterns.reshape(9, 9).T) ** 2
        parts = parts / parts.sum(axis=1, keepdims=True)
        return np.stack([parts[:, degrees.clip(max=3) == degree].sum(axis=1) for degree in range(4)])

    elsewhere = kernels(benchmark, "trained elsewhere").flatten(1).numpy().astype(float)
    same = kernels(benchmark, "same shares").flatten(1).numpy().astype(float)
    np.testing.assert_allclose(shares(same), shares(elsewhere), atol=1e-5)
    cosines = (same * elsewhere).sum(1) / np.linalg.norm(same, axis=1) / np.linalg.norm(elsewhere, axis=1)
    assert np.abs(cosines).mean() < 0.6
    cosine = (elsewhere * made_elsewhere(3)).sum(1)
    lengths = np.linalg.norm(elsewhere, axis=1) * np.linalg.norm(made_elsewhere(3), axis=1)
    np.testing.assert_allclose(cosine / lengths, 1, atol=1e-6)  # stretched and nothing else


def test_versions_differ_in_the_first_kernels_alone_and_these_keep_their_lengths(benchmark):
    random = benchmark.build("random", 3)
    lengths = random[0].weight.flatten(1).norm(dim=1)
    for name in benchmark.ARMS + benchmark.MORE:
        model = benchmark.build(name, 3, made_elsewhere)
        assert model[0].weight.requires_grad == (name == "learned")
        torch.testing.assert_close(model[0].weight.flatten(1).norm(dim=1), lengths)
        pairs = list(zip(model.parameters(), random.parameters(), strict=True))[1:]
        assert all(torch.equal(a, b) for a, b in pairs)


def test_kernels_from_elsewhere_never_saw_the_images_that_they_are_used_on(benchmark, monkeypatch):
    for name, number in (("NUM_IMAGES", 100), ("NUM_ELSEWHERE", 300), ("NUM_VALIDATION", 200)):
        monkeypatch.setattr(benchmark, name, number)
    few, others = benchmark.splits(offline_digits())
    parts = few.train_images, others.train_images, few.validation_images
    assert [len(part) for part in parts] == [100, 300, 200]
    assert not others.has_validation
    rows = torch.cat(parts).flatten(1)
    assert len(rows.unique(dim=0)) > 590  # of scikit-learn's digits few are equal


@pytest.mark.pipeline
def test_one_result_can_be_measured_again(benchmark, stored, mnist):
    few, others = benchmark.splits(mnist)
    arm, elsewhere = stored["results"]["slope only"], partial(benchmark.trained_kernels, others)
    accuracy = benchmark.accuracy("slope only", few, elsewhere, arm["rate"], seed=0)
    # 4,000 test images; on another processor other last digits, and 100 steps at a large rate amplify them
    assert accuracy == pytest.approx(arm["test"]["0"], abs=0.02)
