"""Fifty-six plain layers through which signals and gradients arrive, by their initial weights alone."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from course_lib.data import load_mnist
from course_lib.exercises.framework import Answer, WrongAnswer, exercise, expect
from course_lib.inspection import activation_statistics
from course_lib.models import Block, DeepStack, he_initialise
from course_lib.reproducibility import default_device, set_seed
from course_lib.training import TrainConfig, train

LEAST_DIFFERENCE, MOST_UNEVEN = 0.1, 10.0
# of the final; seen with the identity: 87 to 93 %, mean 90.2, standard deviation 2.2 (six seeds), so that
# the mean of two lies 6 standard errors above the goal; He's weights alone: 31 and 38 %
GOAL, RATE, NUM_IMAGES, NUM_EPOCHS, NUM_EPOCHS_OFFLINE = 0.8, 3e-4, 5000, 4, 15


def initialised(answer, seed, image_size):
    """Return a stack that the reader has initialised, with nothing but other values in it."""
    set_seed(seed)
    model = DeepStack(num_blocks=27, image_size=image_size)
    num_modules = len(list(model))
    names = [(name, tuple(parameter.shape)) for name, parameter in model.named_parameters()]
    answer(model)
    now = [(name, tuple(parameter.shape)) for name, parameter in model.named_parameters()]
    plain = all(not block.residual and block.scale is None for block in model if isinstance(block, Block))
    expect(
        names == now and len(list(model)) == num_modules and plain,
        "The network has other layers than before: only the values of its weights and biases may change.",
    )
    expect(
        all(parameter.isfinite().all() for parameter in model.parameters()), "Some weights are not finite."
    )
    return model


def prepared(answer, seed):
    """Return such a stack for small images, and images for it."""
    model = initialised(answer, seed, image_size=16)
    images = torch.rand(64, 1, 16, 16) * (torch.rand(64, 1, 16, 16) < 0.3)
    return model, images


def signals_arrive(answer):
    """Check that the last block's activations have a size and tell images apart, for three seeds."""
    for seed in range(3):
        model, images = prepared(answer, seed)
        last = list(activation_statistics(model, images, Block).values())[-1]
        expect(
            1e-3 < last.mean_absolute < 1e3,
            f"The activations of the last block have a mean size of {last.mean_absolute:.1g}: they should "
            "lie between 0.001 and 1,000.",
        )
        difference = last.variance**0.5 / last.mean_absolute
        expect(
            difference > LEAST_DIFFERENCE,
            f"After 56 layers all images look alike: activations differ between images by {difference:.1%} "
            f"of their size, at least {LEAST_DIFFERENCE:.0%} are asked for.",
        )


def gradients_arrive(answer):
    """Check that every block's gradient is there, and none is many times another."""
    for seed in range(3):
        model, images = prepared(answer, seed)
        functional.cross_entropy(model(images), torch.arange(64) % 10).backward()
        norms = np.array([b.branch[0].weight.grad.norm().item() for b in model if isinstance(b, Block)])
        expect(norms.min() > 0, f"Block {norms.argmin() + 1} gets no gradient at all: it cannot learn.")
        uneven = norms.max() / norms.min()
        expect(
            uneven < MOST_UNEVEN,
            f"The gradient of block {norms.argmax() + 1} is {uneven:,.0f} times that of block "
            f"{norms.argmin() + 1}; a factor of at most {MOST_UNEVEN:g} is asked for.",
        )


def final(answer, data=None, seeds=(1001, 1002)):
    """Train the reader's stack, with seeds of our own, and compare its mean test accuracy with 80 %.

    Four epochs on 5,000 images at the rate 0.0003; less than a minute. Where MNIST is out of reach the
    small digits stand in, for fifteen epochs.
    """
    data = load_mnist() if data is None else data
    small = data.sample(min(NUM_IMAGES, len(data.train_images)), seed=0)
    num_epochs = NUM_EPOCHS_OFFLINE if data.is_offline_default else NUM_EPOCHS
    accuracies = []
    for seed in seeds:
        model = initialised(answer, seed, data.train_images.shape[-1]).to(default_device())
        config = TrainConfig(num_epochs, learning_rate=RATE, batch_size=64, seed=seed)
        accuracies.append(train(model, small, config).test_accuracy[-1])
    mean = sum(accuracies) / len(accuracies)
    shown = ", ".join(f"{100 * accuracy:.1f}" for accuracy in accuracies)
    status = "correct" if mean >= GOAL else "not yet"
    return Answer("final", status, f"{shown} %, mean {100 * mean:.1f} %; the goal is {100 * GOAL:.0f} %.")


def every_convolution(change):
    """Return a wrong answer: the function that changes each convolution in this way."""

    def answer(model):
        for layer in model.modules():
            if isinstance(layer, nn.Conv2d):
                with torch.no_grad():
                    change(layer)

    return answer


def one_value(layer):
    layer.weight.fill_(1 / layer.weight[0].numel())
    layer.bias.zero_()


def add_skips(model):
    he_initialise(model)
    for module in model:
        if isinstance(module, Block):
            module.residual = True


def shut_branches(model):
    he_initialise(model)
    for module in model:
        if isinstance(module, Block):
            nn.init.zeros_(module.branch[2].weight)


@exercise(
    title="Fifty-six plain layers",
    difficulty="open",
    next_step=(
        "Your start is one answer to depth. Which of the other cures of this chapter would still help "
        "on top of it, and how would you find out?"
    ),
    checks=(signals_arrive, gradients_arrive),
    hints=(
        "What should a layer do at the start so that 56 of them in a row do no harm? nn.init may know it.",
        "The activations that enter a block are not negative. Which kernels leave them as they are?",
    ),
    wrong_answers=(
        WrongAnswer(lambda model: model, "all images look alike", "torch's weights"),
        WrongAnswer(he_initialise, "should lie between", "He's alone"),
        WrongAnswer(add_skips, "other layers than before", "skips"),
        WrongAnswer(every_convolution(one_value), "mean size of", "the same value everywhere"),
        WrongAnswer(every_convolution(lambda layer: layer.weight.mul_(10)), "mean size", "ten times torch's"),
        WrongAnswer(shut_branches, "mean size of 0", "plain branches at zero"),
    ),
)
def fifty_six_layers(model):
    he_initialise(model)
    for block in model:
        if isinstance(block, Block):
            for layer in block.branch:
                if isinstance(layer, nn.Conv2d):
                    nn.init.dirac_(layer.weight)  # a channel passes itself on
