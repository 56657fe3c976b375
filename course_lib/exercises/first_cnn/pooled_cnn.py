"""SimpleCNN with a head that forgets where things are."""

import torch
from torch import nn

from course_lib.exercises.framework import WrongAnswer, exercise, expect, expect_close


def parameters(answer):
    """Check that the network has 5,130 parameters."""
    expect(
        not isinstance(answer, nn.Module),
        "Give the check the function that makes the network, by its name without parentheses.",
    )
    model = answer()
    expect(model is not None, "Expected a network, got None. Does your function end with `return`?")
    expect(isinstance(model, nn.Module), f"Expected a torch module, got {type(model).__name__}.")
    count = sum(parameter.numel() for parameter in model.parameters())
    expect(
        count == 5_130,
        f"Expected 160 + 4,640 + 330 = 5,130 parameters, got {count:,}. After averaging each map to one "
        "number, how many features does the last layer read?",
    )


def shapes(answer):
    """Check that images of two sizes give ten logits each."""
    for size in (28, 32):
        case = f"a batch of 2 images of 1 x {size} x {size}"
        try:
            with torch.no_grad():
                shape = tuple(answer()(torch.zeros(2, 1, size, size)).shape)
        except RuntimeError as error:
            raise AssertionError(
                f"For {case} your network stops with: {error}. Does the linear layer read as many numbers as "
                "are left of the maps, at every image size?"
            ) from None
        expect(shape == (2, 10), f"For {case}: expected logits of shape (2, 10), got {shape}.")


def variants():
    """Return the solution with one stage changed each, and what to say about it."""
    relu, pool, average = nn.ReLU(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1)
    return (
        ((relu, pool, nn.ReLU(), nn.AdaptiveMaxPool2d(1)), "You take each map's maximum, not its mean."),
        ((relu, nn.Identity(), relu, average), "The pooling between the two convolutions is missing."),
        ((relu, nn.AvgPool2d(2), relu, average), "The pooling between the convolutions takes the maximum."),
        ((relu, pool, average, relu), "The second ReLU comes before the averaging: apply it to the maps."),
        ((relu, pool, nn.Identity(), average), "The ReLU after the second convolution is missing."),
        ((nn.Identity(), pool, relu, average), "The ReLU after the first convolution is missing."),
        ((relu, pool, relu, nn.Sequential(pool, average)), "Average the maps directly, without a pooling."),
    )


def assembled(first_relu, pool, third, fourth, more=()):
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), first_relu, pool,
        nn.Conv2d(16, 32, 3, padding=1), third, fourth,
        nn.Flatten(), nn.Linear(32, 10), *more,
    )  # fmt: skip


def with_weights_of(model, other):
    """Copy the other model's weights, in their order, into the model."""
    for own, given in zip(model.parameters(), other.parameters(), strict=True):
        expect(own.shape == given.shape, f"Weights of shape {tuple(given.shape)}: {tuple(own.shape)} asked.")
        own.data = given.data.clone()
    return model


def outputs(answer):
    """With its weights copied into the solution, the answer must compute the same logits."""
    model = answer().eval()
    images = torch.randn(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        logits = model(images)
        expect(
            not torch.allclose(logits.exp().sum(1), torch.ones(4), atol=1e-4)
            and not torch.allclose(logits.sum(1), torch.ones(4), atol=1e-4),
            "Return logits: the loss applies the softmax itself, so leave it out.",
        )
        for stages, words in variants():
            other = with_weights_of(assembled(*stages), model)(images)
            expect(not torch.allclose(logits, other, atol=1e-5), words)
        expected = with_weights_of(pooled_cnn.reference(), model)(images)
    expect_close(logits, expected, "With your weights in the solution, the logits", rtol=1e-3, atol=1e-4)


def flattened():
    return nn.Sequential(*list(assembled(*variants()[0][0]))[:5], nn.Flatten(), nn.Linear(32 * 14 * 14, 10))


def halved_again():
    return assembled(nn.ReLU(), nn.MaxPool2d(2), nn.ReLU(), nn.MaxPool2d(2))


def wrong(number, words, why):
    return WrongAnswer(lambda: assembled(*variants()[number][0]), words, why)


def solution_with(*more):
    return assembled(nn.ReLU(), nn.MaxPool2d(2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), more)


@exercise(
    title="A head that forgets where",
    difficulty="idea",
    checks=(parameters, shapes, outputs),
    hints=(
        "Write the shape behind every line. What is left of (32, 14, 14) when each map is one number?",
        "torch has poolings that are told the size of their output instead of the size of their window.",
    ),
    wrong_answers=(
        WrongAnswer(nn.Flatten(), "without parentheses", "the network, not the function"),
        WrongAnswer(flattened, "how many features", "still flattens the maps"),
        WrongAnswer(halved_again, "at every image size", "pools windows, reads one number for each map"),
        WrongAnswer(lambda: solution_with(nn.Softmax(dim=1)), "Return logits", "softmax in the model"),
        WrongAnswer(lambda: solution_with(nn.LogSoftmax(dim=1)), "Return logits", "log-softmax"),
        wrong(0, "not its mean", "the maximum of each map"),
        wrong(1, "is missing", "no pooling"),
        wrong(2, "takes the maximum", "averages for maxima"),
        wrong(3, "before the averaging", "ReLU after the averaging"),
        wrong(4, "after the second convolution", "no second ReLU"),
        wrong(5, "after the first convolution", "no first ReLU"),
        wrong(6, "without a pooling", "pools a second time"),
    ),
)
def pooled_cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, padding=1), nn.ReLU(),   # (16, 28, 28)
        nn.MaxPool2d(kernel_size=2),                             # (16, 14, 14)
        nn.Conv2d(16, 32, kernel_size=3, padding=1), nn.ReLU(),  # (32, 14, 14)
        nn.AdaptiveAvgPool2d(1), nn.Flatten(),                   # (32,)
        nn.Linear(32, 10),                                       # (10,)
    )  # fmt: skip
