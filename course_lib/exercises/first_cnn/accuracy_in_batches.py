"""The evaluation that goes with the training loop."""

import numpy as np
import torch
from torch import nn

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    as_array,
    exercise,
    expect,
    expect_close,
)


class Recorder(nn.Module):
    """Gives the first pixels as logits, and remembers how it was called."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))
        self.batch_sizes, self.modes, self.tracked = [], [], []

    def forward(self, images):
        self.batch_sizes.append(len(images))
        self.modes.append(self.training)
        logits = self.scale * images.flatten(1)[:, :3]
        self.tracked.append(logits.requires_grad)
        return logits


def images_taken_for(classes):
    """Return images that `Recorder` takes for these classes."""
    images = torch.zeros(len(classes), 1, 2, 2)
    images.flatten(1)[torch.arange(len(classes)), torch.tensor(classes)] = 1.0
    return images


def name_the_mistake(got, case):
    """Raise AssertionError that says which usual slip gives just this number."""
    expect(
        not np.isclose(got, 0.375),
        f"{case}: got 0.375, the mean of the batches' 3/4 and 0/1. The short batch must not weigh as much.",
    )
    expect(
        not np.isclose(got, 0.75),
        f"{case}: got 0.75, the accuracy on the first batch alone. The short batch counts, too.",
    )
    expect(not np.isclose(got, 3), f"{case}: got 3, a count. Divide by the number of images.")


def value(answer):
    """Check that a short last batch does not change the accuracy."""
    images, labels = images_taken_for([0, 1, 2, 0, 1]), torch.tensor([0, 1, 2, 1, 0])
    case = "5 images, 3 of them right, batch_size=4"
    got = as_array(answer(Recorder(), images, labels, 4), case)
    if got.ndim == 0:
        name_the_mistake(got, case)
    expect_close(got, 0.6, case)


def short_batch(answer):
    """The image of the short batch is right: leaving it out of the count shows here, too."""
    images, labels = images_taken_for([0, 1, 2, 0, 1]), torch.tensor([0, 0, 0, 0, 1])
    got = answer(Recorder(), images, labels, 2)
    case = "5 images, 3 of them right, the last one among them, batch_size=2"
    expect_close(got, 0.6, f"{case} (is the last, short batch counted?)")


def calls(answer):
    """Check that batches have the asked size, in evaluation mode, without gradients."""
    images, labels = images_taken_for([0, 1, 2, 0, 1]), torch.tensor([0, 1, 2, 1, 0])
    model = Recorder()
    answer(model, images, labels, 2)
    expect(
        max(model.batch_sizes) <= 2,
        f"With batch_size=2 the model got batches of {model.batch_sizes}; use `images.split(batch_size)`.",
    )
    expect(
        not any(model.modes),
        "The model was still in training mode: layers such as dropout need `model.eval()` first.",
    )
    expect(not any(model.tracked), "Gradients were tracked; evaluate inside `with torch.no_grad():`.")


def mean_of_batches(model, images, labels, batch_size):
    model.eval()
    with torch.no_grad():
        batches = zip(images.split(batch_size), labels.split(batch_size), strict=True)
        return np.mean([(model(x).argmax(1) == y).float().mean().item() for x, y in batches])


def whole_batches_only(model, images, labels, batch_size):
    kept = torch.arange(len(images) // batch_size * batch_size)
    return accuracy_in_batches.reference(model, images[kept], labels[kept], batch_size)


def short_batch_uncounted(model, images, labels, batch_size):
    whole = len(images) // batch_size * batch_size
    return whole_batches_only(model, images, labels, batch_size) * whole / len(images)


def all_at_once(model, images, labels, batch_size):
    model.eval()
    with torch.no_grad():
        return (model(images).argmax(dim=1) == labels).double().mean()


def in_training_mode(model, images, labels, batch_size):
    batches = zip(images.split(batch_size), labels.split(batch_size), strict=True)
    return sum((model(x).argmax(1) == y).sum().item() for x, y in batches) / len(images)


def with_gradients(model, images, labels, batch_size):
    return in_training_mode(model.eval(), images, labels, batch_size)


@exercise(
    title="The accuracy, in batches",
    difficulty="idea",
    checks=(value, short_batch, calls),
    hints=(
        "Of five images in batches of four the last batch has one. How much may it weigh?",
        "Which two things does the training loop do that an evaluation must not?",
        "A tensor's `split` gives its batches, the last one short; `argmax(dim=1)` gives the answers.",
    ),
    mistakes=(
        Mistake(
            "dim=1",
            "dim=0",
            "Along axis 0, argmax chooses among the images of the batch and gives one index "
            "for each class; expected is one class for each image.",
        ),
        Mistake(
            ".sum()",
            ".float().mean()",
            "In each batch the right ones should be counted; a mean is a share, and shares do not add up.",
        ),
        Mistake(
            "/ len(images)",
            "/ batch_size",
            "You divided by the size of a batch, not by the number of all images.",
        ),
    ),
    wrong_answers=(
        WrongAnswer(mean_of_batches, "short batch", "averages batch means"),
        WrongAnswer(whole_batches_only, "The short batch counts", "drops the short batch"),
        WrongAnswer(short_batch_uncounted, "is the last, short batch counted", "counts whole batches only"),
        WrongAnswer(lambda *given: 5 * accuracy_in_batches.reference(*given), "a count", "forgets to divide"),
        WrongAnswer(all_at_once, "images.split(batch_size)", "one big batch"),
        WrongAnswer(in_training_mode, "model.eval()", "training mode"),
        WrongAnswer(with_gradients, "torch.no_grad()", "keeps the graph"),
    ),
)
def accuracy_in_batches(model, images, labels, batch_size):
    model.eval()
    num_correct = 0
    with torch.no_grad():
        batches = images.split(batch_size), labels.split(batch_size)
        for batch, answers in zip(*batches, strict=True):
            predictions = model(batch).argmax(dim=1)  # (B,)
            num_correct += (predictions == answers).sum().item()
    return num_correct / len(images)
