"""Two thousand photographs: beat the chapter's residual network with equal work, by a check that trains."""

from dataclasses import replace
from functools import cache

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course_lib.data import coloured_shapes, load_cifar10, sample_indices
from course_lib.exercises.framework import Answer, WrongAnswer, exercise, expect
from course_lib.exercises.framework.shapes import in_words
from course_lib.models import LinearClassifier, SmallResNet
from course_lib.reproducibility import set_seed
from course_lib.training import TrainConfig, predict, train

NUM_IMAGES, MOST_EPOCHS, LEAST_BATCH, MOST_MULTIPLY_ADDS = 2000, 12, 32, 4_000_000
RIVAL = TrainConfig(
    MOST_EPOCHS, 64, 1e-2, optimizer="adamw", weight_decay=0.01, schedule="one-cycle"
)  # fmt: skip
# seen: the reference 1.86, SimpleCNN 1.7 to 1.96, a network that learns nothing 2.37
HEAT_IMAGES, HEAT_EPOCHS, HEAT = 96, 4, 2.2


def entry(answer):
    """Return the reader's network, settings and augmentation, after a first look at them."""
    expect(not isinstance(answer, nn.Module), "Give the function that makes the entry, not a network.")
    made = answer()
    expect(made is not None, "Expected three things, got None. Does your function end with `return`?")
    three = isinstance(made, (tuple, list)) and len(made) == 3
    expect(three, f"Expected a network, its TrainConfig and an augmentation or None, got {kind(made)}.")
    network, config, augment = made
    expect(isinstance(network, nn.Module), f"The network: expected a torch module, got {kind(network)}.")
    expect(isinstance(config, TrainConfig), f"The settings: expected a TrainConfig, got {kind(config)}.")
    expect(
        augment is None or callable(augment),
        f"The augmentation: expected a function or None, got {kind(augment)}.",
    )
    return network, config, augment


def kind(value):
    return type(value).__name__


def takes_photographs(answer):
    """Check that the network takes photographs, and that the augmentation returns some."""
    network, _, augment = entry(answer)
    pictures = torch.zeros(4, 3, 32, 32)
    try:
        shape = tuple(getattr(network.eval()(pictures), "shape", ()))
    except (RuntimeError, ValueError) as error:
        raise AssertionError(
            f"Your network does not take images of 3 x 32 x 32. {in_words(error) or error}"
        ) from None
    expect(shape == (4, 10), f"Four photographs must give logits of shape (4, 10), got {shape}.")
    if augment is not None:
        changed = getattr(augment(pictures), "shape", None)
        expect(
            changed == pictures.shape,
            f"Your augmentation must return as many images as it gets, (4, 3, 32, 32), got {changed}.",
        )


def within_the_budget(answer):
    """Check that epochs, batches and multiply-adds stay within the budget."""
    network, config, _ = entry(answer)
    work = multiply_adds(network)
    for holds, words in (
        (
            work <= MOST_MULTIPLY_ADDS,
            f"Your network needs {work:,} multiply-adds, {MOST_MULTIPLY_ADDS:,} are",
        ),
        (
            config.num_epochs <= MOST_EPOCHS,
            f"You train for {config.num_epochs} epochs, {MOST_EPOCHS} are",
        ),
    ):
        expect(holds, f"{words} allowed.")
    expect(
        config.batch_size >= LEAST_BATCH,
        f"Your batches have {config.batch_size} images, at least {LEAST_BATCH} are asked for.",
    )


def multiply_adds(network):
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.eval()(torch.zeros(1, 3, 32, 32))
    return counter.get_total_flops() // 2  # torch counts product and sum as two


def learns(answer):
    """The heat: a moment of training on coloured shapes."""
    _, config, _ = entry(answer)
    config = replace(config, num_epochs=HEAT_EPOCHS, batch_size=LEAST_BATCH)
    losses = trained(answer, config, shapes(), seed=100)[1].train_loss
    expect(
        losses[-1] < HEAT,
        f"In the heat, {HEAT_EPOCHS} epochs on {HEAT_IMAGES} coloured shapes, your loss ends at "
        f"{losses[-1]:.2f}; a network that knows nothing has 2.30.",
    )


@cache
def shapes():
    """Return the pictures of the heat."""
    return coloured_shapes(HEAT_IMAGES, 10)


def trained(answer, config, data, seed):
    """Train a fresh network of the reader's; return it and its history."""
    set_seed(seed)
    network, _, augment = entry(answer)
    return network, train(network, data, replace(config, seed=seed), augment=augment)


def final(answer, data=None, seeds=(1001, 1002)):
    """Train the reader's entry and SmallResNet on the same 2,000 images, twice, and compare them.

    The test images are read once, after the last epoch. Takes less than a minute.
    """
    within_the_budget(answer)
    data = (load_cifar10() if data is None else data).sample(NUM_IMAGES)
    few = sample_indices(data.test_labels, 100)  # `train` looks at its test images after each epoch
    small = replace(data, test_images=data.test_images[few], test_labels=data.test_labels[few])
    correct = {}
    for name, competitor in (("yours", answer), ("SmallResNet", rival)):
        networks = [trained(competitor, entry(competitor)[1], small, seed)[0] for seed in seeds]
        correct[name] = torch.stack([right(network, data) for network in networks]).double()  # (S, N)
    scores = {name: values.mean(dim=1) for name, values in correct.items()}
    gains = (correct["yours"] - correct["SmallResNet"]).mean(dim=0)  # (N,)
    error = gains.std().item() / len(gains) ** 0.5
    won = bool((scores["yours"] > scores["SmallResNet"]).all()) and gains.mean().item() > 2 * error
    words = "; ".join(f"{name} {100 * score.mean():.1f} %" for name, score in scores.items())
    return Answer(
        "final",
        "correct" if won else "not yet",
        f"{words}. The difference is {100 * gains.mean():+.1f} points, standard error over images "
        f"{100 * error:.1f}; asked for are two of these, and a lead with both seeds.",
    )


def right(network, data):
    return predict(network, data.test_images).argmax(dim=1).cpu() == torch.as_tensor(data.test_labels)


def rival():
    return SmallResNet(), RIVAL, None


@exercise(
    title="Two thousand photographs",
    difficulty="open",
    next_step=(
        "Which part of your entry earned the lead, the network, the training or the augmentation? "
        "Take each away alone."
    ),
    checks=(takes_photographs, within_the_budget, learns),
    hints=(
        "With few images a network learns them by heart. What can be done to an image so that it is a new "
        "one, and keeps its label?",
        "Choose on validation images of your own (`data.validation_split`), with a few seeds: another seed "
        "moves the accuracy by more than many a good idea.",
    ),
    wrong_answers=(
        WrongAnswer(lambda: (SmallResNet(), replace(RIVAL, num_epochs=50), None), "50 epochs", "longer"),
        WrongAnswer(lambda: (SmallResNet((32, 64, 128)), RIVAL, None), "multiply-adds", "larger"),
        WrongAnswer(lambda: (SmallResNet(), RIVAL), "an augmentation or None", "a pair"),
        WrongAnswer(lambda: (LinearClassifier(), RIVAL, None), "does not take images", "made for digits"),
        WrongAnswer(
            lambda: (SmallResNet(), RIVAL, lambda images: images[0]), "as many images as it gets", "one image"
        ),
        WrongAnswer(
            lambda: (SmallResNet(), replace(RIVAL, batch_size=1), None), "1 images", "batches of one"
        ),
        WrongAnswer(
            lambda: (SmallResNet(), replace(RIVAL, learning_rate=1e-7), None), "In the heat", "learns nothing"
        ),
    ),
)
def few_photographs():
    def half_of_them_mirrored(images):
        chosen = torch.rand(len(images)) < 0.5
        return torch.where(chosen[:, None, None, None], images.flip(3), images)

    config = TrainConfig(12, 64, 1e-2, optimizer="adamw", weight_decay=0.01, schedule="one-cycle")
    return SmallResNet(), config, half_of_them_mirrored
