"""A layer that drops: forward and backward in training, and nothing in evaluation."""

import numpy as np

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect, expect_close
from course_lib.exercises.laboratory.layers_of_a_reader import asked, built, require_both_methods
from course_lib.numpy_cnn.base import Layer

SHAPE = (200, 300)  # 60,000 coins: the share that is dropped is known to 0.2 points


def dropped_and_scaled(answer):
    """Check that in training the asked share is dropped, image by image, and the rest scaled."""
    for p in (0.5, 0.2):
        layer = built(answer, p, rng=np.random.default_rng(0))
        require_both_methods(layer)
        layer.training = True
        got = as_array(asked("forward", layer.forward, np.full(SHAPE, 3.0)), f"p={p}")
        expect(got.shape == SHAPE, f"p={p}: expected shape {SHAPE}, got {got.shape}.")
        rows = (got == 0).astype(int)
        expect(
            not rows.any() or len(np.unique(rows, axis=0)) > 1,
            f"p={p}: every image lost the same numbers; toss for each one.",
        )
        share, kept = np.mean(got == 0), np.unique(got[got != 0])
        expect(
            abs(share - p) < 0.02,
            f"p={p}: expected about {p:.0%} of the numbers to be zero, got {share:.1%}.",
        )
        expect(
            len(kept) == 1 and abs(kept[0] - 3 / (1 - p)) < 1e-6,
            f"p={p}: a 3 that stays should become {3 / (1 - p):g}, so that the mean stays 3, "
            f"got {', '.join(f'{value:g}' for value in kept[:3])}; with that the mean is {got.mean():.1f}.",
        )
        again = as_array(asked("forward", layer.forward, np.full(SHAPE, 3.0)), f"p={p}")
        expect(not np.array_equal(got, again), f"p={p}: the second batch lost the same numbers as the first.")


def gradient(answer):
    """Check that the gradient passes where the numbers did, scaled as they were."""
    layer = built(answer, 0.25, rng=np.random.default_rng(1))
    layer.training = True
    y = as_array(asked("forward", layer.forward, np.full((4, 6), 3.0)), "forward")
    upstream = np.random.default_rng(2).normal(size=(4, 6))
    got = asked("backward", layer.backward, upstream.copy())
    unchanged = np.array_equal(as_array(got, "backward"), upstream)
    expect(
        not unchanged,
        "backward, p=0.25: the gradient passes as if nothing had been dropped. What forward multiplied by "
        "zero has no say in the loss, so its gradient is 0; what it scaled has its gradient scaled, too.",
    )
    # the layer multiplies by y / 3, so that this is its derivative as well
    expect_close(
        got, upstream * y / 3, "backward, p=0.25: what was dropped has no gradient, the rest is scaled"
    )


def evaluation(answer):
    """Check that in evaluation nothing happens, forward and backward."""
    layer = built(answer, 0.5, rng=np.random.default_rng(0))
    layer.training = False
    x = np.arange(12.0).reshape(3, 4)
    expect_close(
        asked("forward", layer.forward, x.copy()), x, "forward in evaluation, where nothing is dropped"
    )
    got = asked("backward", layer.backward, np.ones((3, 4)))
    expect_close(got, np.ones((3, 4)), "backward in evaluation")


class Slip(Layer):
    """Dropout with its decisions as methods, to be taken wrongly."""

    def __init__(self, p, *, rng):
        self.p, self.rng = p, rng

    def draw(self, shape):
        return (self.rng.random(shape) >= self.p) / (1 - self.p)

    def forward(self, x):
        self.scale = self.draw(x.shape) if self.training else 1.0
        return x * self.scale

    def backward(self, grad_output, need_grad_input=True):
        return grad_output * self.scale


class NotScaled(Slip):
    def draw(self, shape):
        return self.rng.random(shape) >= self.p


class Inverted(Slip):
    def draw(self, shape):
        return (self.rng.random(shape) < self.p) / (1 - self.p)


class DividedByP(Slip):
    def draw(self, shape):
        return (self.rng.random(shape) >= self.p) / self.p


class OwnMean(Slip):
    def draw(self, shape):
        kept = self.rng.random(shape) >= self.p
        return kept / kept.mean()


class OneRow(Slip):
    def draw(self, shape):
        return np.broadcast_to(super().draw((1, *shape[1:])), shape)


class SameCoins(Slip):
    def draw(self, shape):
        return (np.random.default_rng(0).random(shape) >= self.p) / (1 - self.p)


class OtherCoinsBack(Slip):
    def backward(self, grad_output, need_grad_input=True):
        return grad_output * self.draw(grad_output.shape)


class AllBack(Slip):
    def backward(self, grad_output, need_grad_input=True):
        return grad_output


class AlwaysDrops(Slip):
    def forward(self, x):
        self.scale = self.draw(x.shape)
        return x * self.scale


@exercise(
    name="dropout",
    title="A layer that drops",
    difficulty="idea",
    checks=(dropped_and_scaled, gradient, evaluation),
    hints=(
        "rng.random(x.shape) is below p with probability p: toss for every number of the batch.",
        "A number that survives with probability 1 - p: what must it become for its mean to stay?",
        "The layer multiplies by something. Backward multiplies by the very same thing.",
    ),
    wrong_answers=(
        WrongAnswer(NotScaled, "should become 6", "no scaling"),
        WrongAnswer(Inverted, "expected about 20% of the numbers", "the coin turned"),
        WrongAnswer(DividedByP, "got 15; with that the mean is 12", "divided by p"),
        WrongAnswer(OwnMean, "should become", "scaled by this batch's share"),
        WrongAnswer(OneRow, "every image lost the same", "one toss for all images"),
        WrongAnswer(SameCoins, "the second batch", "a new generator in every call"),
        WrongAnswer(OtherCoinsBack, "backward, p=0.25", "other coins in backward"),
        WrongAnswer(AllBack, "as if nothing had been dropped", "nothing in backward"),
        WrongAnswer(AlwaysDrops, "in evaluation", "drops in evaluation, too"),
    ),
)
class MyDropout(Layer):
    def __init__(self, p, *, rng):
        self.p, self.rng = p, rng

    def forward(self, x):
        self.scale = np.ones(x.shape)
        if self.training:
            self.scale = (self.rng.random(x.shape) >= self.p) / (1 - self.p)
        return x * self.scale

    def backward(self, grad_output, need_grad_input=True):
        return grad_output * self.scale


dropout = MyDropout
