"""A gradient check that fails, and why: four layers, of which three are ill."""

import numpy as np

from course_lib.exercises.framework import NotAttempted, WrongAnswer, expect, value_exercise
from course_lib.numpy_cnn import Conv2d, Linear, ReLU


class DividedTwice(Linear):
    """Weight and bias divide by the size of the batch, which the loss has done already."""

    def backward(self, grad_output, need_grad_input=True):
        grad_input = super().backward(grad_output)
        self.grad_weight = self.grad_weight / len(grad_output)
        self.grad_bias = self.grad_bias / len(grad_output)
        return grad_input


class TurnedKernel(Conv2d):
    """The gradient of the image is made with the kernel turned by 180 degrees."""

    def backward(self, grad_output, need_grad_input=True):
        weight = self.weight
        self.weight = np.ascontiguousarray(weight[:, :, ::-1, ::-1])
        grad_input = super().backward(grad_output)
        self.weight = weight
        return grad_input


class OverwrittenWeight(Conv2d):
    """The kernel keeps what it heard from the last window, and forgets the others."""

    def forward(self, x):
        self.x = x
        return super().forward(x)

    def backward(self, grad_output, need_grad_input=True):
        grad_input = super().backward(grad_output)
        size, last = self.kernel_size, grad_output[:, :, -1, -1]
        self.grad_weight = np.einsum("no,ncuv->ocuv", last, self.x[:, :, -size:, -size:])
        return grad_input


def patients():
    """Return the layers A to D of the exercise, each with an input to examine it with."""
    rng = np.random.default_rng(9)
    numbers = rng.normal(size=(2, 4))
    numbers[1, 2] = 2e-7  # nearer to the kink than the step of the check
    return {
        "A": (TurnedKernel(1, 1, 2, rng=rng), rng.normal(size=(1, 1, 3, 3))),
        "B": (ReLU(), numbers),
        "C": (DividedTwice(3, 2, rng=rng), rng.normal(size=(4, 3))),
        "D": (OverwrittenWeight(1, 1, 2, rng=rng), rng.normal(size=(1, 1, 3, 3))),
    }


CAUSES = ("mean", "turned", "kink", "overwritten", "flattened")
WHY_NOT = {
    "A": "everything that belongs to the kernel is right, and every pixel of the input is wrong. "
    "What does only the gradient of the input use?",
    "B": "one number of eight is off, the others agree to rounding. A bug would not be so choosy; "
    "what is special about that one number?",
    "C": "weight and bias are wrong in every number by the same share, the input is right. "
    "What do weight and bias have in common that the input does not?",
    "D": "the weight alone is wrong, the bias is right. How does one kernel collect from many positions?",
}


def every_patient(answer):
    """Check that all four patients get a cause, and the right one."""
    expect(isinstance(answer, dict), f"Expected a dictionary from A to D to causes, got {answer!r:.60}.")
    if answer and all(cause is Ellipsis for cause in answer.values()):
        raise NotAttempted
    missing = [name for name in WHY_NOT if answer.get(name, ...) is Ellipsis]
    expect(not missing, f"No diagnosis yet for {', '.join(missing)}.")
    for name, why_not in WHY_NOT.items():
        cause = answer[name]
        expect(cause in CAUSES, f"{name}: {cause!r:.60} is none of the causes {', '.join(CAUSES)}.")
        expect(cause == diagnosis.reference[name], f'{name} is not "{cause}": {why_not}')


@value_exercise(
    title="A gradient check that fails, and why",
    difficulty="idea",
    checks=(every_patient,),
    hints=(
        "First which gradient is wrong, then in how many of its numbers: one, some, or all?",
        "Which factor makes a number too small by 0.75 of itself? And where only one number of many is off, "
        "look at that number of the input before you look at the code.",
    ),
    wrong_answers=(
        WrongAnswer({"A": "overwritten", "B": "kink", "C": "mean", "D": "turned"}, "every pixel", "A and D"),
        WrongAnswer({"A": "turned", "B": "mean", "C": "kink", "D": "overwritten"}, "not be so choosy", "B"),
        WrongAnswer({"A": "turned", "B": "kink", "C": "overwritten", "D": "mean"}, "by the same share", "C"),
        WrongAnswer({"A": "turned", "B": "kink", "C": "mean", "D": "flattened"}, "weight alone", "D"),
        WrongAnswer({"A": "turned", "B": "kink", "C": "mean"}, "No diagnosis yet for D", "one left out"),
        WrongAnswer({"A": "turned", "B": "ReLU", "C": "mean", "D": "turned"}, "none of the causes", "a word"),
    ),
)
def diagnosis():
    causes = {"A": "turned", "B": "kink", "C": "mean", "D": "overwritten"}
    return causes
