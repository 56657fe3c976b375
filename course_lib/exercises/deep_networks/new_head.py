"""Model surgery: a new head on a frozen trunk, batch normalisation included."""

from copy import deepcopy

import torch
from torch import nn
from torch.nn import functional

from course_lib.exercises.framework import WrongAnswer, exercise, expect, expect_close
from course_lib.reproducibility import set_seed


def trained_network():
    """A small network, its statistics counted, with five classes."""
    set_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 16, 5)
    )
    with torch.no_grad():
        model(torch.randn(50, 1, 6, 6))
    return model


def operated(answer, num_classes=3):
    """Return the reader's network, after a look at what became of the one that was given."""
    original = trained_network()
    before = {name: value.clone() for name, value in original.state_dict().items()}
    model = answer(original, num_classes)
    expect(isinstance(model, nn.Module), f"Expected a network, got {type(model).__name__}.")
    for name, value in original.state_dict().items():
        expect(torch.equal(value, before[name]), f"The network that you were given has another {name} now.")
    expect(
        all(parameter.requires_grad for parameter in original.parameters()),
        "You froze the network that you were given: work on a deepcopy of it.",
    )
    return original, model


def answers_for_new_classes(answer):
    """Check that the new logits are a linear function of the trunk's features."""
    original, model = operated(answer)
    images = torch.randn(200, 1, 6, 6)
    with torch.no_grad():
        logits = model.eval()(images)
        expect(
            isinstance(logits, torch.Tensor) and logits.shape == (200, 3),
            f"200 images and 3 classes: expected logits of shape (200, 3), got "
            f"{tuple(getattr(logits, 'shape', ()))}.",
        )
        features = original.eval()[:-1](images)  # (200, 64)
    columns = torch.cat([features, torch.ones(200, 1)], dim=1)
    fitted = columns @ torch.linalg.lstsq(columns, logits).solution
    expect_close(
        fitted, logits.detach(), "The logits should be a linear function of the old features", atol=1e-3
    )
    count = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    expect(
        count == 64 * 3 + 3,
        f"Only the new head should learn, 195 numbers; {count} have requires_grad. Evaluation mode is about "
        "batch normalisation and dropout; it keeps no weight from learning.",
    )


def trunk_stays_through_training(answer):
    """Check that three steps of training change the head and nothing else."""
    _, model = operated(answer)
    set_seed(1)
    images, labels = 3 * torch.randn(30, 1, 6, 6) + 2, torch.arange(30) % 3
    features = {}
    for moment in ("before", "after"):
        with torch.no_grad():
            features[moment] = [b.clone() for b in model.buffers() if b.is_floating_point()]
        if moment == "before":
            old = [p.detach().clone() for p in model.parameters()]
            optimiser = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
            model.train()
            for _ in range(3):
                loss = functional.cross_entropy(model(images), labels)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
    moved = any(not torch.equal(a, b) for a, b in zip(features["before"], features["after"], strict=True))
    expect(
        not moved,
        "After model.train() and three steps the running mean or variance of the trunk has moved: "
        "requires_grad=False does not stop batch normalisation from counting.",
    )
    changed = [not torch.equal(a, b) for a, b in zip(old, model.parameters(), strict=True)]
    expect(
        sum(changed) == 2, f"Weight and bias of the head should have learned; {sum(changed)} parameters did."
    )
    with torch.no_grad():
        together = model.train()(images)
        alone = torch.cat([model.train()(image[None]) for image in images])
    expect_close(
        together, alone, "In training mode an image's logits should not depend on its batch", atol=1e-4
    )


class Frozen(nn.Sequential):
    def train(self, mode=True):
        return super().train(False)


def slip(*, copied=True, frozen=True, evaluating=True, in_features=64, drop_relu=False):
    """Return an answer with one mistake."""

    def answer(model, num_classes):
        layers = list(deepcopy(model) if copied else model)[: -3 if drop_relu else -1]
        layers += [nn.Flatten()] if drop_relu else []
        trunk = (Frozen if evaluating else nn.Sequential)(*layers)
        trunk.requires_grad_(not frozen)
        return nn.Sequential(trunk.eval(), nn.Linear(in_features, num_classes))

    return answer


def momentum_zero(model, num_classes):
    operated_on = slip(evaluating=False)(model, num_classes)
    for module in operated_on.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.0
    return operated_on


@exercise(
    title="A new head",
    difficulty="idea",
    checks=(answers_for_new_classes, trunk_stays_through_training),
    hints=(
        "model[:-1] is the trunk; its last layer's in_features is the number of features.",
        "model.train() reaches every module below it through their method train. What if one of them does "
        "not listen?",
    ),
    wrong_answers=(
        WrongAnswer(slip(frozen=False), "keeps no weight from learning", "nothing frozen"),
        WrongAnswer(slip(evaluating=False), "has moved", "batch normalisation counts on"),
        WrongAnswer(slip(copied=False), "You froze the network", "no copy"),
        WrongAnswer(slip(drop_relu=True), "linear function of the old features", "the ReLU cut off, too"),
        WrongAnswer(momentum_zero, "should not depend on its batch", "momentum 0, batch statistics"),
        WrongAnswer(lambda model, num_classes: model, "shape (200, 3)", "the old head"),
    ),
)
def new_head(model, num_classes):
    class Frozen(nn.Sequential):
        def train(self, mode=True):
            return super().train(False)  # whatever is asked

    trunk = Frozen(*deepcopy(model)[:-1])
    trunk.requires_grad_(False)
    head = nn.Linear(model[-1].in_features, num_classes)
    return nn.Sequential(trunk.train(), head)
