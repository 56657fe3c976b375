"""The training loop, against the same steps written with torch's own pieces."""

import contextlib
import itertools
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from course_lib import evaluation, training
from course_lib.data import ImageData, shift_images
from course_lib.models import MLP, SimpleCNN
from course_lib.training import TrainConfig, evaluate, loop, predict, train, vote
from course_lib.training.augmentation import randomly_shifted
from course_lib.training.schedules import rate_factor


@pytest.fixture
def small():
    """50 training images (so that batches of 16 leave a short one) and 30 test images, 12x12, 3 classes."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(80, 1, 12, 12, generator=generator)
    labels = torch.randint(3, (80,), generator=generator)
    return ImageData(images[:50], labels[:50], images[50:], labels[50:], tuple("abc"), "small", "here")


def fresh(cls=SimpleCNN):
    """The same initial weights every time; 12x12 images, 3 classes."""
    torch.manual_seed(1)
    return cls(num_classes=3, image_size=12)


class WithDropout(nn.Sequential):
    """A small network whose result depends on random masks."""

    def __init__(self):
        super().__init__(nn.Flatten(), nn.Dropout(0.5), nn.Linear(144, 3))


# --- against torch's own loop


def plain_training(model, data, config, optimizer, scheduler=None):
    """The loop of every torch tutorial, batch by batch in the order that the seed gives."""
    generator = torch.Generator().manual_seed(config.seed)
    history = []
    for _ in range(config.num_epochs):
        losses, hits = [], []
        order = torch.randperm(len(data.train_images), generator=generator)
        for start in range(0, len(order), config.batch_size):
            batch = order[start : start + config.batch_size]
            logits = model(data.train_images[batch])
            criterion = nn.CrossEntropyLoss(reduction="none", label_smoothing=config.label_smoothing)
            loss = criterion(logits, data.train_labels[batch])
            optimizer.zero_grad()
            loss.mean().backward()
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            losses.append(loss.detach())
            hits.append(logits.argmax(1) == data.train_labels[batch])
        with torch.no_grad():
            logits = model(data.test_images)
        history.append(
            {
                "train_loss": torch.cat(losses).mean().item(),
                "train_accuracy": torch.cat(hits).double().mean().item(),
                "test_loss": functional.cross_entropy(logits, data.test_labels).item(),
                "test_accuracy": (logits.argmax(1) == data.test_labels).double().mean().item(),
            }
        )
    return history


OPTIMIZERS = {
    "adam": lambda weights: torch.optim.Adam(weights, lr=1e-3, weight_decay=0.01),
    "adamw": lambda weights: torch.optim.AdamW(weights, lr=1e-3, weight_decay=0.01),
    "sgd": lambda weights: torch.optim.SGD(weights, lr=1e-3, momentum=0.7, weight_decay=0.01),
}


@pytest.mark.parametrize("model", [MLP, SimpleCNN])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_gives_the_weights_and_the_history_of_the_plain_loop(small, model, optimizer):
    config = TrainConfig(2, batch_size=16, optimizer=optimizer, momentum=0.7, weight_decay=0.01, seed=5)
    ours, theirs = fresh(model), fresh(model)
    history = train(ours, small, config)
    expected = plain_training(theirs, small, config, OPTIMIZERS[optimizer](theirs.parameters()))
    for name, weight in theirs.named_parameters():
        # float32, eight steps of 1e-3: other memory layouts sum in another order, Adam divides small numbers
        torch.testing.assert_close(dict(ours.named_parameters())[name], weight, rtol=1e-4, atol=2e-6)
    for epoch, values in enumerate(expected):
        for name, value in values.items():
            assert getattr(history, name)[epoch] == pytest.approx(value, rel=1e-5), (name, epoch)


def torch_scheduler(schedule, optimizer, num_steps, warmup):
    """What torch calls by these names; a triangle is its one-cycle with straight lines."""
    rates = torch.optim.lr_scheduler
    if schedule == "cosine":
        return rates.CosineAnnealingLR(optimizer, T_max=num_steps)
    ways = {"one-cycle": ("cos", 25, 1e4), "triangular": ("linear", 1e3, 1)}
    way, div_factor, final_div_factor = ways[schedule]
    peak = optimizer.param_groups[0]["lr"]
    return rates.OneCycleLR(
        optimizer, peak, num_steps, pct_start=warmup, anneal_strategy=way, cycle_momentum=False,
        div_factor=div_factor, final_div_factor=final_div_factor,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["warmup", "label_smoothing"])
def test_a_share_may_be_one_and_no_more(name):
    assert getattr(TrainConfig(1, **{name: 1}), name) == 1.0
    with pytest.raises(ValueError, match=f"{name} is a share"):
        TrainConfig(1, **{name: 1.01})


@pytest.mark.filterwarnings("ignore:Detected call of")  # the optimiser takes no steps here
@pytest.mark.parametrize("schedule", ["cosine", "one-cycle", "triangular"])
@pytest.mark.parametrize(("num_steps", "warmup"), [(12, 0.25), (37, 0.3), (10, 0.5)])
def test_a_schedule_takes_the_values_of_torchs(schedule, num_steps, warmup):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=2.0)
    scheduler = torch_scheduler(schedule, optimizer, num_steps, warmup)
    for step in range(num_steps):
        expected = optimizer.param_groups[0]["lr"]
        # torch's cosine is a recursion: rounding adds up
        assert 2 * rate_factor(schedule, step, num_steps, warmup) == pytest.approx(
            expected, rel=1e-9, abs=1e-12
        )
        scheduler.step() if step < num_steps - 1 else None


@pytest.mark.parametrize("schedule", training.schedules.SCHEDULES)
def test_a_schedule_never_leaves_zero_to_peak_however_short_it_is(schedule):
    for num_steps, warmup in itertools.product((1, 2, 3, 40), (0.0, 0.1, 0.25, 1.0)):
        factors = [rate_factor(schedule, step, num_steps, warmup) for step in range(num_steps)]
        assert all(0 < factor <= 1 + 1e-12 for factor in factors), (num_steps, warmup)
        assert max(factors) > 0.4, (num_steps, warmup)  # near the peak, between two steps perhaps


@pytest.mark.parametrize("schedule", ["cosine", "one-cycle", "triangular"])
def test_training_with_a_schedule_and_smoothed_labels_gives_the_weights_of_the_plain_loop(small, schedule):
    config = TrainConfig(
        3, 16, learning_rate=0.05, optimizer="sgd", schedule=schedule, warmup=0.3, label_smoothing=0.2
    )
    ours, theirs = fresh(), fresh()
    history = train(ours, small, config)
    optimizer = torch.optim.SGD(theirs.parameters(), lr=0.05, momentum=0.9)
    scheduler = torch_scheduler(schedule, optimizer, num_steps=12, warmup=0.3)  # 3 epochs of 16, 16, 16, 2
    expected = plain_training(theirs, small, config, optimizer, scheduler)
    for name, weight in theirs.named_parameters():
        torch.testing.assert_close(dict(ours.named_parameters())[name], weight, rtol=1e-4, atol=2e-6)
    assert history.train_loss == pytest.approx([epoch["train_loss"] for epoch in expected], rel=1e-5)
    assert history.test_loss == pytest.approx([epoch["test_loss"] for epoch in expected], rel=1e-5)


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "sgd"])
def test_without_a_schedule_or_shifts_every_bit_is_that_of_the_loop_without_them(
    small, optimizer, monkeypatch
):
    config = TrainConfig(2, batch_size=16, optimizer=optimizer, weight_decay=0.01, seed=5)
    ours, theirs = fresh(), fresh().to(memory_format=torch.channels_last)
    images = small.train_images.to(memory_format=torch.channels_last)
    settings = {"lr": 1e-3, "weight_decay": 0.01, "fused": True}
    settings |= {"momentum": 0.9} if optimizer == "sgd" else {}
    reference = training.config.OPTIMIZERS[optimizer](theirs.parameters(), **settings)
    generator = torch.Generator().manual_seed(5)
    for _ in range(2):
        for batch in torch.randperm(50, generator=generator).split(16):
            loss = functional.cross_entropy(theirs(images[batch]), small.train_labels[batch])
            reference.zero_grad(set_to_none=True)
            loss.backward()
            reference.step()
    for name in ("randomly_shifted", "rate_factor", "_set_rate"):
        monkeypatch.setattr(loop, name, None)  # calling one would raise
    train(ours, small, config)
    for weight, expected in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(weight, expected)


def test_the_means_weigh_samples_and_not_batches(small):
    frozen = fresh(MLP)
    optimizer = torch.optim.SGD(frozen.parameters(), lr=0.0)
    images, labels = small.train_images[:17], small.train_labels[:17]
    generator = torch.Generator().manual_seed(0)
    loss, accuracy = training.train_epoch(frozen, images, labels, optimizer, 16, generator)
    whole = frozen(images)  # batches of 16 and 1: a mean over batches would count one image as 16
    assert loss == pytest.approx(functional.cross_entropy(whole, labels).item(), rel=1e-6)
    assert accuracy == pytest.approx((whole.argmax(1) == labels).double().mean().item())


def test_the_seed_gives_the_batch_order_and_nothing_else_does(small):
    def weights(seed, global_seed):
        model = fresh()
        torch.manual_seed(global_seed)
        train(model, small, TrainConfig(1, batch_size=16, seed=seed))
        return model[0].weight

    assert torch.equal(weights(0, global_seed=0), weights(0, global_seed=1))
    assert not torch.equal(weights(0, global_seed=0), weights(1, global_seed=0))


def test_every_image_is_visited_once_per_epoch_in_another_order(small):
    seen = []

    class Recorder(nn.Linear):
        def forward(self, images):
            if self.training:
                seen.append(images[:, 0].clone())
            return super().forward(images)

    numbered = replace(small, train_images=torch.arange(50.0).reshape(50, 1), test_images=torch.zeros(30, 1))
    train(Recorder(1, 3), numbered, TrainConfig(2, batch_size=16))
    assert [len(batch) for batch in seen] == [16, 16, 16, 2] * 2
    first, second = torch.cat(seen[:4]), torch.cat(seen[4:])
    assert torch.equal(first.sort().values, torch.arange(50.0))
    assert torch.equal(second.sort().values, torch.arange(50.0))
    assert not torch.equal(first, second)
    assert not torch.equal(first, torch.arange(50.0))


def test_the_batch_order_comes_from_the_generator_whatever_else_draws_random_numbers(small):
    seen = []

    class Drawing(nn.Linear):
        def forward(self, images):
            seen.append(images[:, 0].clone())
            torch.rand(3)  # as dropout does
            return super().forward(images)

    model = Drawing(1, 3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    generator = torch.Generator().manual_seed(4)
    for _ in range(2):
        training.train_epoch(model, torch.arange(50.0)[:, None], small.train_labels, optimizer, 16, generator)
    expected = torch.Generator().manual_seed(4)
    order = torch.cat([torch.randperm(50, generator=expected) for _ in range(2)])
    assert torch.equal(torch.cat(seen), order.float())


def test_dropout_follows_the_seed_of_the_configuration(small):
    def weights(seed, global_seed):
        torch.manual_seed(1)
        model = WithDropout()
        torch.manual_seed(global_seed)
        train(model, small, TrainConfig(1, batch_size=50, seed=seed))  # one batch: its order does not matter
        return model[2].weight

    assert torch.equal(weights(0, global_seed=0), weights(0, global_seed=1))
    assert not torch.allclose(weights(0, global_seed=0), weights(1, global_seed=0), atol=1e-5)


def test_training_leaves_the_random_numbers_of_the_caller_alone(small):
    model = WithDropout()
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    train(model, small, TrainConfig(1))
    assert torch.equal(torch.rand(3), expected)


def test_training_learns_what_can_be_learned(small):
    easy = replace(small, train_images=small.train_images + 2 * small.train_labels.reshape(-1, 1, 1, 1))
    history = train(fresh(), easy, TrainConfig(20, batch_size=10))
    assert history.train_accuracy[-1] > 0.95
    assert history.train_loss[-1] < history.train_loss[0] / 3


def test_test_images_are_never_trained_on(small):
    other = replace(small, test_images=-3 * small.test_images, test_labels=(small.test_labels + 1) % 3)
    first, second = fresh(), fresh()
    train(first, small, TrainConfig(1))
    train(second, other, TrainConfig(1))
    assert torch.equal(first[0].weight, second[0].weight)


def test_training_evaluates_without_dropout_and_trains_with_it(small):
    model, modes = WithDropout(), []
    model[1].register_forward_hook(
        lambda module, inputs, output: modes.append((len(output), module.training))
    )
    model.eval()  # as a chapter may have left it
    train(model, small, TrainConfig(1, batch_size=25))
    assert [training for size, training in modes if size == 25] == [True, True]
    assert [training for size, training in modes if size == 30] == [False]


def test_a_model_comes_back_in_the_memory_layout_that_everyone_expects(small):
    model, layouts = fresh(), []
    model[3].register_forward_hook(
        lambda module, *_: layouts.append(module.weight.is_contiguous(memory_format=torch.channels_last))
    )
    train(model, small, TrainConfig(1))
    assert all(layouts[2:])  # after the two checks
    assert model[3].weight.is_contiguous()
    assert model.training


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_training_leaves_the_usual_memory_layout(small, monkeypatch, interruption):
    def stop(*_, **__):
        raise interruption

    model = fresh()
    monkeypatch.setattr(loop, "train_epoch", stop)
    with pytest.raises(interruption):
        train(model, small, TrainConfig(1))
    assert model[3].weight.is_contiguous()
    assert not model[3].weight.is_contiguous(memory_format=torch.channels_last)


# --- validation images


def test_validation_images_are_measured_in_place_of_the_test_images(small):
    split = small.validation_split(20)
    unseen = replace(split, test_images=torch.full_like(small.test_images, torch.nan))
    ours, theirs = fresh(), fresh()
    history = train(ours, unseen, TrainConfig(2))
    expected = train(
        theirs, replace(small, train_images=split.train_images, train_labels=split.train_labels,
                        test_images=split.validation_images, test_labels=split.validation_labels),
        TrainConfig(2),
    )  # fmt: skip
    assert torch.equal(ours[0].weight, theirs[0].weight)
    assert history.validation_loss == expected.test_loss
    assert history.validation_accuracy == expected.test_accuracy
    assert history.test_loss == history.test_accuracy == []
    assert expected.validation_loss == expected.validation_accuracy == []
    assert len(history.train_loss) == len(history.seconds) == 2


def test_validation_images_are_never_trained_on(small):
    split = small.validation_split(20)
    other = replace(split, validation_images=-3 * split.validation_images)
    first, second = fresh(), fresh()
    train(first, split, TrainConfig(1))
    train(second, other, TrainConfig(1))
    assert torch.equal(first[0].weight, second[0].weight)


# --- numbers that are none


@pytest.mark.parametrize("value", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("part", ["train", "test"])
def test_pixels_that_are_no_numbers_are_refused_before_a_weight_changes(small, part, value):
    model = fresh()
    before = model[0].weight.clone()
    images = getattr(small, f"{part}_images").clone()
    images[-1, 0, -1, -1] = value
    with pytest.raises(ValueError, match="nan or infinite"):
        train(model, replace(small, **{f"{part}_images": images}), TrainConfig(1))
    assert torch.equal(model[0].weight, before)


def test_a_model_whose_weights_are_no_numbers_gets_nothing_right(small):
    model = fresh(MLP)
    with torch.no_grad():
        model[3].bias[1] = torch.nan
    history = train(model, small, TrainConfig(1))
    assert history.train_accuracy == history.test_accuracy == [0.0]
    assert math.isnan(history.train_loss[0])
    assert math.isnan(history.test_loss[0])


def test_losses_in_float64_add_up_in_float64(small):
    images = small.train_images.double()
    model = fresh(MLP).double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    loss, _ = training.train_epoch(
        model, images, small.train_labels, optimizer, 7, torch.Generator().manual_seed(0)
    )
    whole = functional.cross_entropy(model(images), small.train_labels).item()
    assert loss == pytest.approx(whole, rel=1e-13)


def test_arrays_train_like_tensors(small):
    arrays = replace(
        small,
        **{
            name: getattr(small, name).numpy()
            for name in ("train_images", "train_labels", "test_images", "test_labels")
        },
    )
    ours, theirs = fresh(), fresh()
    assert train(ours, arrays, TrainConfig(1)).test_loss == train(theirs, small, TrainConfig(1)).test_loss
    assert torch.equal(ours[0].weight, theirs[0].weight)
    logits = predict(ours, arrays.test_images)
    assert torch.equal(logits, predict(ours, small.test_images))
    assert evaluate(ours, arrays.test_images, arrays.test_labels) == evaluate(
        ours, small.test_images, small.test_labels
    )


def test_a_history_is_plain_numbers_one_per_epoch(small):
    history = train(fresh(), small, TrainConfig(3))
    for name, values in vars(history).items():
        assert len(values) == (0 if name.startswith("validation") else 3), name
        assert all(type(value) is float and math.isfinite(value) for value in values), name
    assert json.loads(json.dumps(vars(history))) == vars(history)
    assert all(0 < seconds < 60 for seconds in history.seconds)


def test_the_progress_bar_counts_epochs_under_the_models_name(small, monkeypatch):
    bars = []

    class Bar(contextlib.nullcontext):
        def __init__(self, **settings):
            super().__init__(self)
            self.settings, self.shown, self.steps = settings, [], 0
            bars.append(self)

        def set_postfix(self, numbers):
            self.shown.append(numbers)

        def update(self):
            self.steps += 1

    monkeypatch.setattr(loop, "tqdm", Bar)
    monkeypatch.setenv("TQDM_DISABLE", "1")
    train(fresh(MLP), small, TrainConfig(1))
    history = train(fresh(), small, TrainConfig(2))
    assert [bar.settings for bar in bars] == [
        {"desc": name, "total": epochs, "initial": 0, "unit": "epoch", "leave": False, "disable": True}
        for name, epochs in (("MLP", 1), ("SimpleCNN", 2))
    ]
    assert [bar.steps for bar in bars] == [1, 2]
    assert bars[1].shown == [
        {"loss": f"{loss:.3f}", "test": f"{accuracy:.2%}"}
        for loss, accuracy in zip(history.train_loss, history.test_accuracy, strict=True)
    ]


def test_the_default_configuration_is_that_of_the_book(small):
    assert training.describe(TrainConfig()) == {
        "num_epochs": 5, "batch_size": 128, "learning_rate": 1e-3, "optimizer": "adam",
        "momentum": 0.9, "weight_decay": 0.0, "seed": 0, "schedule": "constant", "warmup": 0.25,
        "label_smoothing": 0.0, "max_shift": 0,
    }  # fmt: skip
    history = train(fresh(), small)
    assert len(history.seconds) == 5


def test_a_small_set_gets_more_epochs_unless_told_otherwise(small):
    large = replace(small, train_images=torch.zeros(1).expand(10_000))
    nearly = replace(small, train_images=torch.zeros(1).expand(9_999))
    assert TrainConfig.for_data(large) == TrainConfig(num_epochs=5)
    assert TrainConfig.for_data(nearly) == TrainConfig(num_epochs=20)
    assert TrainConfig.for_data(small, num_epochs=3, seed=2) == TrainConfig(num_epochs=3, seed=2)


# --- shifted images


def dots(count):
    """Images of 7x5 in two channels: one pixel of 1 and one of 2, on a background of 0 and -1."""
    images = torch.zeros(count, 2, 7, 5)
    images[:, 1] = -1
    images[:, 0, 3, 2], images[:, 1, 4, 1] = 1, 2
    return images


def test_every_image_moves_as_a_whole_and_all_moves_are_equally_likely():
    images, generator = dots(5000), torch.Generator().manual_seed(0)
    shifted = randomly_shifted(images, 2, fill=[0.0, -1.0], generator=generator)
    number, rows, columns = (shifted[:, 0] == 1).nonzero().T
    assert torch.equal(number, torch.arange(5000))  # each dot is still in its frame
    moves = torch.stack([rows - 3, columns - 2], dim=1)
    for move in [(-2, -2), (-2, 2), (2, -1), (0, 0), (1, -2)]:
        one = shifted[(moves == torch.tensor(move)).all(1)]
        assert torch.equal(one[0], shift_images(images[:1], *move, fill=[0.0, -1.0])[0])
        assert (one == one[0]).all()
    counts = torch.bincount((rows - 1) * 5 + columns, minlength=25)
    assert len(counts) == 25
    # binomial(5000, 1/25): 200 with a standard deviation of 14
    assert counts.min() > 200 - 4 * 14
    assert counts.max() < 200 + 4 * 14
    assert torch.equal(images, dots(5000))  # the originals stay
    assert shifted.stride() == images.stride()


def test_a_hand_made_image_moves_down_and_left_and_background_comes_in():
    images = torch.arange(1.0, 7).reshape(1, 1, 2, 3)
    moved = {
        tuple(randomly_shifted(images, 1, -9.0, torch.Generator().manual_seed(seed)).flatten().tolist())
        for seed in range(100)
    }
    assert len(moved) == 9
    assert (-9, -9, -9, 2, 3, -9) in moved
    assert (1, 2, 3, 4, 5, 6) in moved
    assert (-9, 4, 5, -9, -9, -9) in moved


def test_training_sees_fresh_shifts_in_every_epoch_filled_with_the_background(small):
    seen = []

    class Recorder(nn.Sequential):
        def forward(self, images):
            seen.append(images.clone()) if self.training else None
            return super().forward(images)

    data = replace(small, train_images=dots(50), test_images=dots(30), mean=(0.0, 0.5), std=(1.0, 0.5))
    before = data.train_images.clone()
    train(Recorder(nn.Flatten(), nn.Linear(70, 3)), data, TrainConfig(3, batch_size=50, max_shift=1))
    assert torch.equal(data.train_images, before)
    places = [(images[:, 0] == 1).flatten(1).int().argmax(1) for images in seen]  # by epoch
    assert all(len(place.unique()) == 9 for place in places)
    assert not torch.equal(places[0].sort().values, places[1].sort().values)
    assert {value for images in seen for value in images[:, 1].unique().tolist()} == {-1.0, 2.0}


def test_shifts_come_from_the_seed_and_nothing_else(small):
    def weights(seed, global_seed):
        model = fresh()
        torch.manual_seed(global_seed)
        train(model, small, TrainConfig(1, batch_size=50, seed=seed, max_shift=2))
        return model[0].weight

    assert torch.equal(weights(0, global_seed=0), weights(0, global_seed=1))
    assert not torch.equal(weights(0, global_seed=0), weights(1, global_seed=0))


# --- a vote


def test_a_vote_is_the_mean_of_the_probabilities_in_evaluation_mode(small):
    models = [fresh(), fresh(MLP), WithDropout()]
    probabilities = vote(iter(models), small.test_images)
    expected = np.mean([predict(model, small.test_images).double().softmax(1).numpy() for model in models], 0)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-5, atol=1e-7)  # float32
    torch.testing.assert_close(
        vote(models[:1], small.test_images), predict(models[0], small.test_images).softmax(1)
    )


def test_in_a_vote_the_one_who_is_sure_outweighs_two_who_hesitate():
    sure, unsure = nn.Linear(1, 2), nn.Linear(1, 2)
    sure.bias.data, unsure.bias.data = torch.tensor([6.0, 0.0]), torch.tensor([0.0, 0.5])
    assert vote([sure, unsure, unsure], torch.zeros(1, 1)).argmax().item() == 0
    with pytest.raises(ValueError, match="at least one model"):
        vote([], torch.zeros(1, 1))


# --- where it is computed


def test_nothing_in_training_and_prediction_puts_numbers_on_the_cpu(small, monkeypatch):
    # "meta" tensors have a shape and no numbers; an operation between them and the CPU raises
    monkeypatch.setattr(torch.Tensor, "item", lambda _: 1.0)
    for module in (loop, evaluation):
        monkeypatch.setattr(module, "check_labelled_images", lambda *_: None)  # reads numbers
    unfused = {"adamw": lambda weights, fused, **settings: torch.optim.AdamW(weights, **settings)}
    monkeypatch.setattr(loop, "OPTIMIZERS", unfused)  # there is no fused one for "meta"
    with torch.device("meta"):
        model = nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(), nn.Flatten(), nn.Linear(200, 3)
        )
    config = TrainConfig(2, 16, optimizer="adamw", schedule="cosine", label_smoothing=0.1, max_shift=2)
    history = train(model, small, config)
    assert len(history.test_loss) == 2
    assert vote([model, model], small.test_images).device.type == "meta"
    with pytest.raises(RuntimeError, match="device"):
        model(small.test_images)  # as it would, if one of them were left behind


def test_no_line_of_the_library_names_a_device_but_where_it_is_chosen():
    fixed = re.compile(r"""\.cuda\(|device=["'](?:cpu|cuda)|\.to\(["'](?:cpu|cuda)""")
    root = Path(training.__file__).parents[1]
    found = {
        f"{path.relative_to(root)}: {line.strip()}"
        for path in root.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if fixed.search(line)
    }
    assert fixed.search('model.to("cuda")')
    assert fixed.search("torch.zeros(3, device='cpu')")
    assert found == set()


# --- predicting and evaluating


def test_evaluation_in_batches_equals_one_large_batch():
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(2_345, 1, 12, 12, generator=generator)  # three batches, the last one short
    labels = torch.randint(3, (2_345,), generator=generator)
    model = fresh().eval()
    with torch.no_grad():
        whole = model(images)
    torch.testing.assert_close(predict(model, images), whole, rtol=1e-5, atol=1e-6)  # float32, other batches
    loss, accuracy = evaluate(model, images, labels)
    assert loss == pytest.approx(functional.cross_entropy(whole, labels).item(), rel=1e-5)
    assert accuracy == np.mean((whole.argmax(1) == labels).numpy())
    assert type(loss) is type(accuracy) is float


@pytest.mark.parametrize(
    "call", [predict, lambda model, images: evaluate(model, images, torch.zeros(4).long())]
)
def test_every_module_is_left_in_the_mode_that_it_was_in(call):
    model = nn.Sequential(nn.Flatten(), nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout(0.5))
    model.train()
    model[2].eval()  # a frozen part
    before = model[2].running_mean.clone()
    call(model, torch.rand(4, 1, 2, 2))
    assert [module.training for module in model] == [True, True, False, True]
    assert torch.equal(model[2].running_mean, before)


def test_modes_are_restored_even_after_an_error():
    model = MLP()
    with pytest.raises(ValueError):
        predict(model, torch.zeros(1, 1, 5, 5))
    assert all(module.training for module in model.modules())


def test_predict_computes_in_evaluation_mode_without_a_graph(small):
    model = WithDropout()
    logits = predict(model, small.test_images)
    assert torch.equal(logits, predict(model, small.test_images))
    assert not logits.requires_grad
    scale = torch.ones((), requires_grad=True)
    (scale * logits).sum().backward()  # a chapter may go on computing with them
    torch.testing.assert_close(scale.grad, logits.sum())


def test_predicted_maps_lie_in_memory_as_usual_and_say_what_the_model_says():
    """Convolutions get the channels of a pixel side by side, which is faster; nobody outside sees it."""
    layouts, model = [], nn.Conv2d(3, 4, 3)
    model.register_forward_hook(lambda _, inputs, output: layouts.append(inputs[0].stride()))
    images = torch.randn(5, 3, 9, 8, generator=torch.Generator().manual_seed(0))
    maps = predict(model, images)
    assert layouts == [(9 * 8 * 3, 1, 8 * 3, 3)]
    assert maps.is_contiguous()
    torch.testing.assert_close(maps, model(images).detach())
    assert predict(model.double(), images.double()).dtype == torch.float64


def test_a_model_without_parameters_can_be_evaluated(small):
    class Brightness(nn.Module):
        def forward(self, images):
            return images.mean((1, 2, 3))[:, None] * torch.tensor([1.0, -1.0, 0.0])

    _, accuracy = evaluate(Brightness(), small.test_images, small.test_labels)
    expected = np.where(small.test_images.mean((1, 2, 3)) > 0, 0, 1) == small.test_labels.numpy()
    assert accuracy == pytest.approx(expected.mean())


# --- bad input


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("num_epochs", 0, "at least 1, got 0"),
        ("num_epochs", 2.0, "an integer of at least 1, got 2.0"),
        ("num_epochs", True, "got True"),
        ("num_epochs", None, "got None"),
        ("batch_size", -1, "got -1"),
        ("batch_size", "128", "got '128'"),
        ("seed", -1, "at least 0, got -1"),
        ("seed", 0.5, "got 0.5"),
        ("learning_rate", 0, "positive, got 0"),
        ("learning_rate", -1e-3, "got -0.001"),
        ("learning_rate", float("nan"), "finite number of at least 0, got nan"),
        ("learning_rate", float("inf"), "got inf"),
        ("learning_rate", "fast", "got 'fast'"),
        ("learning_rate", True, "got True"),
        ("momentum", -0.1, "got -0.1"),
        ("weight_decay", -1.0, "got -1.0"),
        ("weight_decay", None, "got None"),
        ("schedule", "linear", "'one-cycle', 'triangular'], got 'linear'"),
        ("warmup", 1.5, "a share, at most 1, got 1.5"),
        ("label_smoothing", -0.1, "got -0.1"),
        ("label_smoothing", 2, "a share, at most 1, got 2.0"),
        ("max_shift", 1.5, "an integer of at least 0, got 1.5"),
        ("optimizer", "rmsprop", "['adam', 'adamw', 'sgd'], got 'rmsprop'"),
        ("optimizer", ["adam"], "got ['adam']"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(setting, value, words):
    with pytest.raises(ValueError) as error:
        TrainConfig(**{setting: value})
    assert setting in str(error.value)
    assert words in str(error.value)


def test_numbers_of_numpy_become_plain_ones(small):
    config = TrainConfig(np.int64(3), np.uint8(16), np.float32(0.5), momentum=1, seed=np.int32(2))
    assert config == TrainConfig(3, 16, 0.5, momentum=1.0, seed=2)
    assert json.loads(json.dumps(training.describe(config))) == training.describe(config)
    assert {type(value) for value in vars(config).values()} == {int, float, str}


def test_batches_of_one_image_and_settings_of_zero_make_sense():
    config = TrainConfig(1, batch_size=1, momentum=0, weight_decay=0, seed=0)
    assert vars(config) == vars(replace(TrainConfig(), num_epochs=1, batch_size=1, momentum=0.0))


def test_a_configuration_cannot_be_changed():
    with pytest.raises(AttributeError):
        TrainConfig().seed = 1


def test_an_unknown_setting_is_refused():
    with pytest.raises(TypeError, match="lr"):
        TrainConfig(lr=0.1)


BAD_SETS = {
    "label-too-large": (
        torch.zeros(4, 1, 12, 12),
        torch.tensor([0, 1, 2, 3]),
        "0..2; got labels from 0 to 3",
    ),
    "label-negative": (torch.zeros(4, 1, 12, 12), torch.tensor([0, -1, 2, 1]), "got labels from -1 to 2"),
    "image-shape": (torch.zeros(4, 1, 12, 11), torch.arange(4) % 3, "(N, 1, 12, 12), got (1, 1, 12, 11)"),
    "image-channels": (torch.zeros(4, 3, 12, 12), torch.arange(4) % 3, "(N, 1, 12, 12), got (1, 3, 12, 12)"),
    "no-channel": (torch.zeros(4, 12, 12), torch.arange(4) % 3, "(N, 1, 12, 12), got (1, 12, 12)"),
    "empty": (torch.zeros(0, 1, 12, 12), torch.zeros(0).long(), "empty"),
    "lengths-differ": (torch.zeros(4, 1, 12, 12), torch.zeros(5).long(), "4 images and 5 labels"),
    "labels-in-a-column": (torch.zeros(4, 1, 12, 12), torch.zeros(4, 1).long(), "got shape (4, 1)"),
    "labels-as-float": (torch.zeros(4, 1, 12, 12), torch.zeros(4), "torch.float32"),
    "raw-pixels": (
        torch.zeros(4, 1, 12, 12).byte(),
        torch.arange(4) % 3,
        "torch.float32, got images of torch.uint8",
    ),
    "double-images": (np.zeros((4, 1, 12, 12)), torch.arange(4) % 3, "got images of torch.float64"),
}


@pytest.mark.parametrize(("images", "labels", "words"), BAD_SETS.values(), ids=BAD_SETS)
@pytest.mark.parametrize("part", ["train", "test"])
def test_training_refuses_a_bad_set_before_it_changes_a_weight(small, part, images, labels, words):
    model = fresh()
    before = model[0].weight.clone()
    bad = replace(small, **{f"{part}_images": images, f"{part}_labels": labels})
    with pytest.raises(ValueError) as error:
        train(model, bad, TrainConfig(1))
    assert words in str(error.value)
    assert torch.equal(model[0].weight, before)


@pytest.mark.parametrize(("images", "labels", "words"), BAD_SETS.values(), ids=BAD_SETS)
def test_evaluation_refuses_a_bad_set(images, labels, words):
    with pytest.raises(ValueError) as error:
        evaluate(fresh(), images, labels)
    assert words in str(error.value)


def test_one_image_is_a_set(small):
    images, labels = small.test_images[:1], small.test_labels[:1]
    assert evaluate(fresh(), images, labels)[1] in (0.0, 1.0)
    one = replace(small, train_images=images, train_labels=labels, test_images=images, test_labels=labels)
    assert len(train(fresh(), one, TrainConfig(1)).test_loss) == 1


def test_predicting_nothing_is_refused():
    with pytest.raises(ValueError, match="empty set"):
        predict(MLP(), torch.zeros(0, 1, 28, 28))


def test_the_progress_bar_shows_loss_and_accuracy_and_can_be_silenced(small, capsys, monkeypatch):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    train(fresh(), small, TrainConfig(1))
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("TQDM_DISABLE", "0")
    train(fresh(), small, TrainConfig(1))
    shown = capsys.readouterr().err
    for words in ("SimpleCNN", "loss=", "test=", "epoch"):
        assert words in shown
    train(fresh(), small.validation_split(20), TrainConfig(1))
    shown = capsys.readouterr().err
    assert "validation=" in shown
    assert "test=" not in shown
