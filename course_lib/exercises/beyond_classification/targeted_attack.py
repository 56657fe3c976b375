"""One step towards an answer of one's own choice."""

import torch
from torch import nn
from torch.nn import functional

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
    expect_close,
)

EPSILON = 0.1


class Fixed(nn.Sequential):
    """A small network with known weights, in training mode and with gradients, as a reader may have it."""

    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(12, 5), nn.Tanh(), nn.Linear(5, 3))
        generator = torch.Generator().manual_seed(1)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator))


def ink_and_target():
    generator = torch.Generator().manual_seed(2)
    ink = torch.rand(4, 1, 3, 4, generator=generator)
    ink[0, 0, 0] = torch.tensor([0.0, 1.0, 0.03, 0.97])  # at and near both ends
    return ink, torch.tensor([0, 1, 2, 2])


def probability(model, ink, target):
    with torch.no_grad():
        return model(ink).softmax(1).gather(1, target[:, None]).mean().item()


def goes_where_it_is_told(answer):
    """Ink stays ink, the step has its size, and the target gains what central differences say."""
    model, (ink, target) = Fixed(), ink_and_target()
    before, original = probability(model, ink, target), ink.clone()
    got = answer(model, ink, target, EPSILON)
    array = as_array(got, "The changed images")
    expect(array.shape == tuple(ink.shape), f"Expected shape {tuple(ink.shape)}, got {array.shape}.")
    expect(torch.equal(ink, original), "Your function changed the images that it was given. Make new ones.")
    changed = torch.as_tensor(array, dtype=torch.float32)
    low, high = changed.min(), changed.max()
    expect(
        low >= 0 and high <= 1,
        f"Ink lies between 0 and 1, yours between {low:.2f} and {high:.2f}.",
    )
    largest = (changed - ink).abs().max().item()
    expect(largest <= EPSILON + 1e-6, f"A pixel changed by {largest:.3f}; {EPSILON} is allowed.")
    after = probability(model, changed, target)
    expect(
        after > before,
        f"The target's probability went from {before:.3f} to {after:.3f}.",
    )
    expect_close(changed, reference_step(model, ink, target), "The changed images", atol=1e-5)


def reference_step(model, ink, target):
    """The same from the other side: central differences of the target's log-probability, in float64."""
    model = Fixed().double()
    step, ink = 1e-5, ink.double()
    slope = torch.zeros_like(ink)
    for index in range(ink[0].numel()):
        nudge = torch.zeros_like(ink[0]).flatten()
        nudge[index] = step
        nudge = nudge.view(ink[0].shape)
        with torch.no_grad():
            up, down = (functional.log_softmax(model(ink + s * nudge), 1) for s in (1, -1))
        change = (up - down).gather(1, target[:, None])[:, 0]
        slope.view(len(ink), -1)[:, index] = change
    return (ink + EPSILON * slope.sign()).clamp(0, 1)


def one_step(model, ink, target, epsilon, *, direction=-1, sign=True, clamp=True):
    ink = ink.clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(functional.cross_entropy(model(ink), target), ink)
    step = gradient.sign() if sign else gradient
    changed = (ink + direction * epsilon * step).detach()
    return changed.clamp(0, 1) if clamp else changed


@exercise(
    title="Any answer you like",
    difficulty="idea",
    checks=(goes_where_it_is_told,),
    hints=(
        "The attack on the page walks up the loss of the right label. Which loss do you want to be small?",
        "Down the target's loss: one sign is different. Ink stays between 0 and 1.",
    ),
    mistakes=(
        Mistake("() - epsilon", "() + epsilon", "The step goes uphill: it raises the loss for the target."),
        Mistake(
            "gradient.sign()",
            "gradient",
            "The gradient itself is a tiny step; its sign moves every pixel by epsilon.",
        ),
        Mistake(".clamp(0, 1)", "", "The result is not clipped to the range of ink."),
    ),
    wrong_answers=(
        WrongAnswer(lambda m, x, t, e: one_step(m, x, t, e, direction=1), "went from", "uphill"),
        WrongAnswer(lambda m, x, t, e: one_step(m, x, t, e, clamp=False), "Ink lies between", "not clamped"),
        WrongAnswer(lambda m, x, t, e: one_step(m, x, t, e, sign=False), "The changed images", "no sign"),
        WrongAnswer(lambda m, x, t, e: one_step(m, x, t, 2 * e), "0.1 is allowed", "too large a step"),
        WrongAnswer(lambda m, x, t, e: x, "went from", "nothing"),
    ),
)
def targeted_attack(model, ink, target, epsilon):
    ink = ink.clone().requires_grad_(True)
    loss = functional.cross_entropy(model(ink), target)
    (gradient,) = torch.autograd.grad(loss, ink)
    return (ink.detach() - epsilon * gradient.sign()).clamp(0, 1)
