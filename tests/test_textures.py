"""Shapes with textures: neither cue gives the other away, and both are what they are called."""

import json

import numpy as np
import pytest
import torch
from benchmark_files import load_benchmark

from course_lib.data import textures
from course_lib.data.textures import SHAPES, TEXTURES, textured_shapes


@pytest.fixture
def without_noise(monkeypatch):
    monkeypatch.setattr(textures, "NOISE", 0.0)


def cues(number=400):
    rng = np.random.default_rng(0)
    return rng.integers(4, size=number), rng.integers(4, size=number)


def test_shape_type_and_noise():
    images = textured_shapes(*cues(8), contrast=0.3)
    assert images.shape == (8, 1, 28, 28)
    assert images.dtype == torch.float32
    corner = textured_shapes(*cues(), contrast=0.3)[:, 0, 0, 0]
    assert abs(corner.std().item() - textures.NOISE) < 0.04  # 400 numbers: standard error .011
    assert abs(corner.mean().item()) < 0.05


def test_all_shapes_have_one_area_and_all_textures_one_mean(without_noise):
    shapes, filled = cues(1600)
    images = textured_shapes(shapes, filled, contrast=0.3)[:, 0]
    inside = (images > 0).double()
    areas = inside.mean(dim=(1, 2)).numpy()
    means = (images.double() * inside).sum(dim=(1, 2)).numpy() / inside.sum(dim=(1, 2)).numpy()
    for kind in range(4):  # about 400 images each; sizes vary by a third, so errors are near 1 %
        assert areas[shapes == kind].mean() == pytest.approx(areas.mean(), rel=0.05)
        assert areas[filled == kind].mean() == pytest.approx(areas.mean(), rel=0.05)
        assert means[filled == kind].mean() == pytest.approx(0.5, abs=0.01)


def test_no_shape_is_cut_off_by_the_frame(without_noise):
    for shape in range(4):
        images = textured_shapes(np.full(300, shape), np.zeros(300, int), contrast=0.2)[:, 0] > 0
        frame = images.clone()
        frame[:, 1:-1, 1:-1] = False
        assert not frame.any(), SHAPES[shape]


def test_pieces_are_two_pixels_wide_in_their_direction(without_noise, monkeypatch):
    monkeypatch.setattr(textures, "_outline", lambda *_: np.ones((28, 28), bool))
    images = textured_shapes(np.zeros(4, int), np.arange(4), contrast=0.5)[:, 0]
    rows, columns, chequers, diagonals = images
    down = [(image[2:] - image[:-2]).abs().min().item() for image in images]
    right = [(image[:, 2:] - image[:, :-2]).abs().min().item() for image in images]
    assert (down, right) == ([1, 0, 1, 1], [0, 1, 1, 1])  # two pixels on, everything has turned, or nothing
    assert torch.equal(rows, rows[:, :1].expand(28, 28))
    assert torch.equal(columns, columns[:1].expand(28, 28))
    assert torch.equal(chequers[2:, 2:], chequers[:-2, :-2])
    assert torch.equal(diagonals[1:, :-1], diagonals[:-1, 1:])


def test_no_pixel_tells_the_texture(without_noise):
    images = textured_shapes(np.zeros(1600, int), np.arange(1600) % 4, contrast=0.5)[:, 0]
    by_texture = torch.stack([images[texture::4].mean(dim=0) for texture in range(4)])
    assert (by_texture - by_texture.mean(dim=0)).abs().max() < 0.12  # 400 images of .5 each: error .025


def test_the_same_seed_gives_the_same_images_and_another_one_others():
    first, again, other = (textured_shapes(*cues(5), 0.2, seed) for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [0], 0.2), r"\(2,\) and \(1,\)"),
        (([0], [0], 0.7), "between 0 and 0.5, got 0.7"),
        (([4], [0], 0.2), "shapes must be 0, 1, 2 or 3, got 4 to 4"),
        (([0], [-1], 0.2), "textures must be"),
    ],
)
def test_bad_input_is_refused_with_what_came(arguments, message):
    with pytest.raises(ValueError, match=message):
        textured_shapes(*arguments)


def test_there_are_four_of_each_in_an_order_that_stored_labels_rely_on():
    assert SHAPES == ("disc", "square", "triangle", "plus")
    assert TEXTURES == ("rows", "columns", "chequers", "diagonals")


@pytest.fixture(scope="module")
def benchmark():
    return load_benchmark("texture_or_shape")


def test_the_benchmark_draws_cues_that_agree_disagree_or_say_nothing_of_each_other(benchmark):
    for kind, share in (("agree", 1.0), ("disagree", 0.0)):
        _, shapes, filled = benchmark.draw(60, kind, 0.3, seed=0)
        assert (shapes == filled).double().mean() == share
    _, shapes, filled = benchmark.draw(400, "shape", 0.3, seed=0)
    assert abs((shapes == filled).double().mean() - 0.25) < 0.09  # standard error .022


def test_the_stored_results_are_complete_and_of_the_best_rates(benchmark):
    stored = json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))["results"]
    assert list(stored) == list(benchmark.ARMS)
    for arm in stored.values():
        best = max(arm["validation"], key=arm["validation"].get)
        assert arm["rate"] == float(best)
        for contrast in benchmark.CONTRASTS:
            kinds = arm[f"{contrast:g}"]
            assert list(kinds) == list(benchmark.KINDS)
            for kind, runs in kinds.items():
                assert list(runs) == list("012")
                other = {"shape": "texture", "texture": "shape"}.get(kind)
                # a cue that says nothing about the class is met by chance: 2,000 images, error .01
                assert other is None or all(abs(run[other] - 0.25) < 0.05 for run in runs.values())
