"""One class for every pixel: networks, their fields, training, scores, and cuts by hand."""

import json
from importlib import import_module

import pytest
import torch
from benchmark_files import load_benchmark
from sklearn.metrics import jaccard_score

from course_lib import segmentation
from course_lib.data import offline_digits, touching_digits
from course_lib.inspection import measured_receptive_field
from course_lib.models import FlatNet, UNet, num_parameters
from course_lib.reproducibility import set_seed


@pytest.fixture(scope="module")
def pairs():
    data = offline_digits()
    return touching_digits(data.ink(data.train_images), 30, seed=0)


@pytest.mark.parametrize("network", [UNet(), UNet(skips=False), UNet(width=2, in_channels=3), FlatNet()])
def test_every_pixel_gets_logits(network):
    channels = next(network.parameters()).shape[1]
    with torch.no_grad():
        assert network(torch.rand(2, channels, 32, 48)).shape == (2, 3, 32, 48)
        assert network(torch.rand(1, channels, 40, 20)).shape == (1, 3, 40, 20)


def test_parameters_by_hand():
    convolutions = 9 * (1 * 8 + 8 * 8 + 8 * 16 + 16 * 16 + 16 * 32 + 32 * 32 + 32 * 16 + 16 * 8)
    normalisations = 2 * (8 + 8 + 16 + 16 + 32 + 32 + 16 + 8)
    upwards = (32 * 16 * 4 + 16) + (16 * 8 * 4 + 8)
    assert num_parameters(UNet()) == convolutions + normalisations + upwards + 8 * 3 + 3 == 26_571
    width = 26
    assert num_parameters(FlatNet()) == 9 * (width + 4 * width**2) + 5 * 2 * width + 3 * width + 3


def test_fields_of_the_flat_networks_are_those_of_the_formula():
    assert measured_receptive_field(FlatNet(), 64) == (11, 11)
    assert measured_receptive_field(FlatNet(dilations=(1, 2, 4, 8, 1)), 64) == (33, 33)


def test_without_skips_the_fine_map_does_not_reach_the_answer():
    set_seed(0)
    with_skips, without = UNet(), UNet(skips=False)
    without.load_state_dict(with_skips.state_dict())
    image = torch.rand(1, 1, 32, 48)
    for network, reached in ((with_skips.eval(), True), (without.eval(), False)):
        fine = network.down1(image).detach().requires_grad_(True)
        second = network.down2(network.down1(image)).detach()
        up = network._merge(network.merge2, second, network.up2(network.bottom(second)))
        answer = network._merge(network.merge1, fine, network.up1(up)).sum()
        (gradient,) = torch.autograd.grad(answer, fine, allow_unused=True)
        assert (gradient is not None and gradient.abs().sum() > 0) == reached


def test_training_lowers_the_loss_and_repeats_itself(pairs):
    losses = []
    for _ in range(2):
        set_seed(0)
        network = UNet(width=2)
        losses.append(segmentation.train_segmenter(network, pairs, num_epochs=3, batch_size=5))
    assert losses[0] == losses[1]
    assert losses[0][-1] < losses[0][0] - 0.1


def test_pixels_that_both_claim_are_those_that_cross_entropy_skips():
    assert torch.nn.CrossEntropyLoss().ignore_index == segmentation.IGNORED


def test_the_score_is_scikit_learns_on_the_pixels_that_count():
    generator = torch.Generator().manual_seed(0)
    predicted = torch.randint(3, (5, 9, 7), generator=generator)
    labels = torch.randint(3, (5, 9, 7), generator=generator)
    labels[torch.rand(5, 9, 7, generator=generator) < 0.2] = -100
    expected = []
    for got, wanted in zip(predicted, labels, strict=True):
        counted = wanted != -100
        both = jaccard_score(wanted[counted], got[counted], labels=[1, 2], average=None)
        expected.append(both.mean())
    assert segmentation.digit_overlap(predicted, labels).tolist() == pytest.approx(expected)


def two_bars():
    """One image: bars in columns 2 to 4 and 6 to 9, joined by a thin line in row 0."""
    image, labels = torch.zeros(1, 1, 8, 12), torch.zeros(1, 8, 12, dtype=torch.int64)
    image[..., 2:5] = image[..., 6:10] = 1
    image[..., 0, 5] = 1
    labels[..., 2:5], labels[..., 6:10], labels[:, 0, 5] = 1, 2, 1
    return image, labels


def test_cuts_fall_where_the_ink_is_thinnest_and_the_oracle_where_it_should_be():
    image, labels = two_bars()
    assert segmentation.thinnest_column(image).tolist() == [5]
    best = segmentation.best_column(image, labels)
    assert best.tolist() == [6]
    cut = segmentation.cut_at(image, best)
    assert torch.equal(cut, labels)
    assert segmentation.digit_overlap(cut, labels).tolist() == [1.0]


def test_connected_pieces_are_two_only_where_the_ink_is_interrupted():
    image, labels = two_bars()
    assert set(segmentation.connected_components(image).unique().tolist()) == {0, 1}
    image[..., 0, 5] = 0
    labels[:, 0, 5] = 0
    assert torch.equal(segmentation.connected_components(image), labels)


@pytest.fixture(scope="module")
def benchmark():
    return load_benchmark("touching_digits")


def test_the_stored_results_are_complete_and_bear_out_the_page(benchmark):
    stored = json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))["results"]
    assert list(stored) == list(benchmark.ARMS)
    for name, arm in stored.items():
        assert arm["parameters"] == num_parameters(benchmark.ARMS[name]())
        assert [float(rate) for rate in arm["validation"]] == list(benchmark.RATES)
        best = max(arm["validation"].values(), key=lambda run: run["mean"])
        assert arm["validation"][f"{arm['rate']:g}"] == best
        assert list(arm["test"]) == list("012")
    sizes = [arm["parameters"] for arm in stored.values()]
    assert max(sizes) < 1.02 * min(sizes)
    scores = {name: [run["mean"] for run in arm["test"].values()] for name, arm in stored.items()}
    assert min(scores["U-Net"]) > max(scores["U-Net without skips"]) + 0.05
    assert min(scores["flat, dilated"]) > max(scores["flat"]) + 0.1


@pytest.mark.parametrize(("seen", "status"), [((1, 1), "correct"), ((1, 0), "not yet")])
def test_the_full_training_of_a_readers_network_counts_the_mean_overlap_of_both_seeds(
    monkeypatch, seen, status
):
    tiny_segmenter = import_module("course_lib.exercises.beyond_classification.tiny_segmenter")
    made, trained, seen = [], [], list(seen)

    def few(ink, count, seed):
        made.append((count, seed))
        return touching_digits(ink, 5, seed=seed)

    def learned(network, images):  # all pixels right, or none of the digits'
        truth = touching_digits(data.ink(data.test_images), 5, seed=2000)
        assert torch.equal(images, truth.images)
        return truth.labels * seen.pop(0)

    data = offline_digits()
    monkeypatch.setattr(tiny_segmenter, "touching_digits", few)
    monkeypatch.setattr(tiny_segmenter, "predict_pixels", learned)
    monkeypatch.setattr(tiny_segmenter, "train_segmenter", lambda *given, **options: trained.append(options))
    answer = tiny_segmenter.final(lambda: torch.nn.Conv2d(1, 3, 1), data)
    assert made == [(2000, 1000), (400, 2000)]
    assert trained == [{"num_epochs": 4, "seed": 1001}, {"num_epochs": 4, "seed": 1002}]
    assert answer.status == status
    assert ("mean 1.000" if status == "correct" else "mean 0.500") in answer.message
