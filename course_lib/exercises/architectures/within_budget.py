"""A network under 30,000 parameters and 4 million multiply-adds, checked by what it can do."""

import torch
from torch import nn
from torch.nn import functional

from course_lib.architectures import measure
from course_lib.exercises.framework import WrongAnswer, exercise, expect
from course_lib.models import SmallResNet

MOST_PARAMETERS, MOST_MULTIPLY_ADDS = 30_000, 4_000_000
LEAST_FIELD, NUM_STEPS = 24, 25


def made(answer):
    """Return a fresh network of the reader's, after a look at its kind and its answer."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = answer()
        is_network = isinstance(model, nn.Module)
        expect(is_network, f"Expected a function that returns a torch module, got {type(model).__name__}.")
        logits = model.eval()(torch.zeros(2, 3, 32, 32))
    shape = tuple(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
    expect(shape == (2, 10), f"Two images of 3 x 32 x 32 must give logits of shape (2, 10), got {shape}.")
    return model


def budget(answer):
    """Check that parameters and multiply-adds stay within the budget."""
    costs = measure(made(answer), (3, 32, 32))
    for what, got, most in (
        ("parameters", costs.parameters, MOST_PARAMETERS),
        ("multiply-adds", costs.multiply_adds, MOST_MULTIPLY_ADDS),
    ):
        expect(got <= most, f"At most {most:,} {what} are allowed, your network has {got:,}.")


def sees_enough(answer):
    """A unit of the last map, or a dense layer behind it, must see most of the image."""
    costs = measure(made(answer), (3, 32, 32))
    expect(
        costs.receptive_field >= LEAST_FIELD,
        f"A unit of your last map sees {costs.receptive_field} pixels per axis, "
        f"{LEAST_FIELD} are asked for: an average over units that see little knows textures only.",
    )


def learns(answer):
    """Twenty images of noise, two labels: a network that trains can learn them by heart."""
    with torch.random.fork_rng(devices=[]):
        model = made(answer).train()
        generator = torch.Generator().manual_seed(0)
        images = torch.randn(20, 3, 32, 32, generator=generator)
        labels = torch.arange(20) % 2
        parameters = [p for p in model.parameters() if p.requires_grad]
        expect(parameters, "Your network has no parameters to train.")
        optimizer = torch.optim.AdamW(parameters, lr=1e-2)
        for _ in range(NUM_STEPS):
            loss = functional.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    expect(
        loss.item() < 0.5,
        f"After {NUM_STEPS} steps on twenty images its loss is {loss.item():.2f}; guessing between the two "
        "labels has 0.69. Do gradients arrive at the first layer?",
    )


def unnormalised_and_deep():
    layers = [nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU()]
    for _ in range(14):
        layers += [nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))


@exercise(
    title="Thirty thousand parameters",
    difficulty="open",
    next_step=(
        "Which of your stages takes most of the multiply-adds, and which most of the parameters? Move "
        "channels from one to the other: what does the field say?"
    ),
    checks=(budget, sees_enough, learns),
    hints=(
        "Which of the two budgets does a layer on a small map spend, and which one on a large map?",
        "A stride or a pooling early saves multiply-adds; depthwise and 1x1 layers save parameters.",
    ),
    wrong_answers=(
        WrongAnswer(lambda: SmallResNet(), "At most 30,000 parameters", "the chapter's own"),
        WrongAnswer(
            lambda: nn.Sequential(
                nn.Conv2d(3, 24, 5, padding=2), nn.ReLU(), nn.Conv2d(24, 10, 5, padding=2),
                nn.AdaptiveAvgPool2d(1), nn.Flatten(),
            ),
            "At most 4,000,000 multiply-adds",
            "few weights, used at every pixel",
        ),
        WrongAnswer(
            lambda: nn.Sequential(
                nn.Conv2d(3, 32, 3, stride=2), nn.ReLU(), nn.Conv2d(32, 64, 3, stride=2), nn.ReLU(),
                nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
            ),
            "sees 7 pixels per axis",
            "an average over textures",
        ),
        WrongAnswer(unnormalised_and_deep, "Do gradients arrive", "sixteen plain layers"),
        WrongAnswer(lambda: nn.Flatten(), "logits of shape (2, 10)", "no answer"),
    ),
)  # fmt: skip
def within_budget():
    return SmallResNet((18, 36, 54), separable=True)
