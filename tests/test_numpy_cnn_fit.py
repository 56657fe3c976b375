"""Training a NumPy network: along torch's gradients, deterministic in its seed, truthful in its history."""

import itertools
import time

import numpy as np
import pytest
import torch
from numpy_cnn_cases import assert_close
from torch import nn
from torch.nn import functional

from course_lib.data.patterns import load_patterns
from course_lib.numpy_cnn import Dropout, Flatten, Linear, Sequential, fit, tiny_cnn, tiny_mlp


def patterns(**arguments):
    """Return (train, validation), each (images, labels)."""
    data = load_patterns(**arguments)
    return (data.train_images, data.train_labels), (data.validation_images, data.validation_labels)


@pytest.fixture(scope="module")
def few():
    """22 training images, so that batches of 8 leave a short one, and 9 others."""
    (images, labels), validation = patterns(num_train_per_class=8, num_validation_per_class=3)
    return (images[:22], labels[:22]), validation


def assert_same_parameters(first, second):
    for own, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(own, other)


# --- against torch


def test_steps_on_the_whole_set_follow_torchs_gradients(few):
    (images, labels), validation = few
    ours = tiny_cnn(seed=2)
    theirs = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(27, 3)
    ).double()
    for parameter, values in zip(theirs.parameters(), ours.parameters(), strict=True):
        parameter.data = torch.tensor(values.copy())
    losses = []
    for _ in range(5):
        loss = functional.cross_entropy(theirs(torch.tensor(images)), torch.tensor(labels))
        gradients = torch.autograd.grad(loss, list(theirs.parameters()))
        for parameter, gradient in zip(theirs.parameters(), gradients, strict=True):
            parameter.data -= 0.2 * gradient
        losses.append(loss.item())
    history = fit(ours, (images, labels), validation, num_epochs=5, learning_rate=0.2, batch_size=22, seed=0)
    np.testing.assert_allclose(history.train_loss, losses, rtol=1e-10)  # only summation order differs
    for own, parameter in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert_close(own, parameter.detach(), "after five steps")


# --- what it learns


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("make", [tiny_cnn, tiny_mlp], ids=["cnn", "mlp"])
def test_three_patterns_are_learned_without_a_mistake(make, seed):
    history = fit(make(seed=seed), *patterns(), seed=seed)
    assert history.validation_accuracy[-1] == 1.0
    assert history.train_loss[-1] < 0.1 < history.train_loss[0]


def test_training_in_float32_stays_in_float32_and_agrees_with_float64(few):
    singles = [(images.astype(np.float32), labels) for images, labels in few]
    double, single = tiny_cnn(seed=0), tiny_cnn(seed=0, dtype=np.float32)
    expected = fit(double, *few, num_epochs=5, seed=0)
    # a NumPy scalar as learning rate is what promotes in NumPy 2
    rate = np.float64(0.12)
    history = fit(single, *singles, num_epochs=5, seed=0, learning_rate=rate, snapshot_epochs=[5])
    arrays = [*single.parameters(), *single.gradients(), *history.snapshots[5], single.predict(singles[0][0])]
    assert {array.dtype for array in arrays} == {np.dtype(np.float32)}
    for own, other in zip(single.parameters(), double.parameters(), strict=True):
        assert_close(own, other, "after five epochs", rtol=1e-4)  # fifteen steps of float32 rounding
    assert history.train_loss == pytest.approx(expected.train_loss, rel=1e-4)


# --- the order of the samples


class Recorder(Flatten):
    """A Flatten layer that keeps what it saw in training mode, batch by batch."""

    def __init__(self):
        self.batches, self.evaluated = [], []

    def forward(self, x):
        (self.batches if self.training else self.evaluated).append(x[:, 0].copy())
        return super().forward(x)


def recorded(seed, num_epochs=2):
    """Fit on the numbers 0..9 in batches of 4; return the recorder."""
    recorder = Recorder()
    train = np.arange(10.0)[:, None], np.arange(10) % 2
    layers = recorder, Linear(1, 2, rng=np.random.default_rng(0))
    fit(Sequential(*layers), train, train, num_epochs=num_epochs, batch_size=4, seed=seed)
    return recorder


def test_every_epoch_visits_every_sample_once_in_batches_with_the_short_one_last():
    recorder = recorded(seed=0)
    assert [len(batch) for batch in recorder.batches] == [4, 4, 2, 4, 4, 2]
    for epoch in (recorder.batches[:3], recorder.batches[3:]):
        assert sorted(np.concatenate(epoch)) == list(range(10))
    np.testing.assert_array_equal(np.concatenate(recorder.evaluated), [*range(10)] * 2)


def test_the_order_differs_by_epoch_and_by_seed_and_repeats_for_the_same_seed():
    def order(seed):
        return np.concatenate(recorded(seed).batches).tolist()

    assert order(0) == order(0) != order(1)
    assert order(0)[:10] != order(0)[10:]
    assert order(0)[:10] != list(range(10))


def test_labels_go_with_their_images():
    # the label is the image: any mix-up between them leaves the loss near ln 2
    images = np.random.default_rng(0).integers(0, 2, (60, 1)).astype(float)
    network = Sequential(Linear(1, 2, rng=np.random.default_rng(0)))
    train = 2 * images - 1, images[:, 0].astype(int)
    history = fit(network, train, train, num_epochs=30, learning_rate=1.0, batch_size=7, seed=0)
    assert history.train_accuracy[-1] == 1.0
    assert history.validation_loss[-1] < 0.05


def test_the_same_seed_trains_the_same_network_and_another_seed_another(few):
    trained = []
    for seed in (0, 0, 1):
        network = tiny_cnn(seed=0)
        fit(network, *few, num_epochs=2, batch_size=8, seed=seed)
        trained.append(network.parameters())
    assert_same_parameters(trained[0], trained[1])
    assert (trained[0][0] != trained[2][0]).all()


# --- the history


def test_a_history_has_one_number_per_epoch_in_plain_python(few):
    history = fit(tiny_cnn(seed=0), *few, num_epochs=3, seed=0)
    series = [
        history.train_loss, history.train_accuracy, history.validation_loss, history.validation_accuracy,
        history.seconds,
    ]  # fmt: skip
    assert [len(numbers) for numbers in series] == [3] * 5
    assert {type(number) for numbers in series for number in numbers} == {float}
    assert min(history.seconds) > 0
    assert history.snapshots == {}


def test_seconds_are_those_of_training_and_not_of_measuring(few, monkeypatch):
    clock = itertools.accumulate(itertools.count(1))  # 1, 3, 6, 10: each pair of readings is further apart
    monkeypatch.setattr(time, "perf_counter", lambda: next(clock))
    history = fit(tiny_cnn(seed=0), *few, num_epochs=3, seed=0)
    assert history.seconds == [2, 4, 6]


@pytest.mark.parametrize("place", ["train", "validation"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_pixels_that_are_no_numbers_are_refused_before_a_weight_changes(few, place, value):
    sets = {"train": few[0], "validation": few[1]}
    images = sets[place][0].copy()
    images[-1, 0, -1, -1] = value
    network = tiny_cnn(seed=0)
    with pytest.raises(ValueError, match=f"The {place} set has pixels that are nan or infinite"):
        fit(network, **sets | {place: (images, sets[place][1])}, num_epochs=1, seed=0)
    assert_same_parameters(network.parameters(), tiny_cnn(seed=0).parameters())


@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
def test_a_network_whose_weights_are_no_numbers_gets_nothing_right(few):
    network = tiny_cnn(seed=0)
    network.parameters()[-1][0] = np.nan
    history = fit(network, *few, num_epochs=1, seed=0)
    assert history.train_accuracy == history.validation_accuracy == [0.0]
    assert np.isnan(history.train_loss[0])


def test_running_means_weigh_every_sample_alike_though_the_last_batch_is_short(few):
    (images, labels), validation = few
    network = tiny_cnn(seed=0)
    before = network.evaluate(images, labels)
    assert before != network.evaluate(*validation)
    # a rate so small that the weights stand still: the mean over batches is the mean over the set
    for seed in range(3):
        history = fit(
            network, (images, labels), validation, num_epochs=1, learning_rate=1e-13, batch_size=8, seed=seed
        )
        assert history.train_loss[0] == pytest.approx(before[0], rel=1e-10)
        assert history.train_accuracy[0] == pytest.approx(before[1], rel=1e-12)


def test_validation_is_measured_after_the_epoch_and_without_dropout(few):
    rng = np.random.default_rng(0)
    network = Sequential(Flatten(), Dropout(0.5, rng=rng), Linear(64, 3, rng=rng))
    history = fit(network, *few, num_epochs=2, seed=0)
    expected = network.evaluate(*few[1])
    assert (history.validation_loss[-1], history.validation_accuracy[-1]) == expected


def test_training_drops_even_if_the_network_came_in_evaluation_mode(few):
    (images, labels), validation = few
    rng = np.random.default_rng(0)
    network = Sequential(Flatten(), Dropout(0.9, rng=rng), Linear(64, 3, rng=rng)).eval()
    standing = {"num_epochs": 1, "learning_rate": 1e-13, "seed": 0}
    history = fit(network, (images, labels), validation, **standing)
    without = network.evaluate(images, labels)[0]
    assert abs(history.train_loss[0] - without) > 0.01


def test_snapshots_are_copies_by_epoch_and_zero_is_before_training(few):
    network, start = tiny_cnn(seed=0), tiny_cnn(seed=0)
    history = fit(network, *few, num_epochs=3, seed=0, snapshot_epochs=(epoch for epoch in (3, 0, 1)))
    assert sorted(history.snapshots) == [0, 1, 3]
    assert_same_parameters(history.snapshots[0], start.parameters())
    assert_same_parameters(history.snapshots[3], network.parameters())
    fit(start, *few, num_epochs=1, seed=0)
    assert_same_parameters(history.snapshots[1], start.parameters())
    for snapshot in history.snapshots.values():
        assert not any(map(np.shares_memory, snapshot, network.parameters()))
    assert network.load(history.snapshots[0]).evaluate(*few[1]) == tiny_cnn(seed=0).evaluate(*few[1])


def test_the_progress_bar_shows_loss_and_validation_accuracy_and_goes_away(few, capsys, monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "0")
    fit(tiny_cnn(seed=0), *few, num_epochs=2, seed=0)
    shown = capsys.readouterr().err
    for words in ("\rfit: ", "loss=", "validation=", "0/2", "?epoch/s"):
        assert words in shown
    assert shown.endswith("\r")  # the line is empty again


def test_the_progress_bar_can_be_silenced_at_any_time(few, capsys, monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    fit(tiny_cnn(seed=0), *few, num_epochs=2, seed=0)
    assert capsys.readouterr() == ("", "")


def test_sets_are_never_changed_by_training(few):
    copies = [(images.copy(), labels.copy()) for images, labels in few]
    fit(tiny_cnn(seed=0), *few, num_epochs=2, seed=0)
    for given, copy in zip(few, copies, strict=True):
        assert_same_parameters(given, copy)
