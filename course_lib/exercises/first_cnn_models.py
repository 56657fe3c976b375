"""The exercises of the chapter *Linear, MLP, CNN, side by side* whose answers are torch code."""

import numpy as np
import torch
from torch import nn

from course_lib.exercises.framework import Exercise, WrongAnswer, as_array, expect, expect_close


def accuracy_in_batches(model, images, labels, batch_size):
    """Return the fraction of images that the model classifies correctly."""
    model.eval()
    num_correct = 0
    with torch.no_grad():
        for batch, batch_labels in zip(images.split(batch_size), labels.split(batch_size), strict=True):
            num_correct += (model(batch).argmax(dim=1) == batch_labels).sum().item()
    return num_correct / len(images)


class _Recorder(nn.Module):
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


def _five_images():
    """Return five images that `_Recorder` takes for 0, 1, 2, 0, 1, and labels of which three agree."""
    images = torch.zeros(5, 1, 2, 2)
    images.flatten(1)[torch.arange(5), torch.tensor([0, 1, 2, 0, 1])] = 1.0
    return images, torch.tensor([0, 1, 2, 1, 0])


def _check_accuracy_value(answer):
    images, labels = _five_images()
    case = "5 images, 3 of them right, batch_size=4"
    got = float(as_array(answer(_Recorder(), images, labels, 4), case))
    expect(
        not np.isclose(got, 0.375),
        f"{case}: got 0.375, the mean of the batches' 3/4 and 0/1. The short batch must not weigh as much.",
    )
    expect(not np.isclose(got, 3), f"{case}: got 3, a count. Divide by the number of images.")
    expect_close(got, 0.6, case)


def _check_accuracy_calls(answer):
    images, labels = _five_images()
    model = _Recorder()
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


def _mean_of_batches(model, images, labels, batch_size):
    model.eval()
    with torch.no_grad():
        batches = zip(images.split(batch_size), labels.split(batch_size), strict=True)
        return np.mean([(model(x).argmax(1) == y).float().mean().item() for x, y in batches])


def _all_at_once(model, images, labels, batch_size):
    model.eval()
    with torch.no_grad():
        return (model(images).argmax(dim=1) == labels).double().mean()


def _in_training_mode(model, images, labels, batch_size):
    batches = zip(images.split(batch_size), labels.split(batch_size), strict=True)
    return sum((model(x).argmax(1) == y).sum().item() for x, y in batches) / len(images)


def _with_gradients(model, images, labels, batch_size):
    return _in_training_mode(model.eval(), images, labels, batch_size)


accuracy_in_batches = Exercise(
    name="accuracy_in_batches",
    checks=(_check_accuracy_value, _check_accuracy_calls),
    reference=accuracy_in_batches,
    hints=(
        "Count the right answers over all batches and divide once, at the end; the last batch may be short.",
        "`model.eval()`, then `with torch.no_grad():`, then loop over `images.split(batch_size)`; "
        "the answer to an image is the class with the largest logit, `argmax(dim=1)`.",
    ),
    wrong_answers=(
        WrongAnswer(_mean_of_batches, "short batch", "averages batch means"),
        WrongAnswer(lambda *given: 5 * accuracy_in_batches.reference(*given), "a count", "forgets to divide"),
        WrongAnswer(_all_at_once, "images.split(batch_size)", "one big batch"),
        WrongAnswer(_in_training_mode, "model.eval()", "training mode"),
        WrongAnswer(_with_gradients, "torch.no_grad()", "keeps the graph"),
    ),
)


def pooled_cnn():
    """Return SimpleCNN's convolutions with a head that averages each map: 5,130 parameters."""
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, padding=1), nn.ReLU(),   # (16, 28, 28)
        nn.MaxPool2d(kernel_size=2),                             # (16, 14, 14)
        nn.Conv2d(16, 32, kernel_size=3, padding=1), nn.ReLU(),  # (32, 14, 14)
        nn.AdaptiveAvgPool2d(1), nn.Flatten(),                   # (32,)
        nn.Linear(32, 10),                                       # (10,)
    )  # fmt: skip


def _check_pooled_parameters(answer):
    model = answer()
    expect(
        isinstance(model, nn.Module), f"Your function must return a torch module, got {type(model).__name__}."
    )
    kinds = [type(layer).__name__ for layer in model.modules()]
    expect("Softmax" not in kinds, "Return logits: the loss applies the softmax itself, so leave it out.")
    num_relu = kinds.count("ReLU")
    expect(num_relu == 2, f"Expected two nn.ReLU layers, a ReLU after each convolution; got {num_relu}.")
    count = sum(parameter.numel() for parameter in model.parameters())
    expect(
        count == 5_130,
        f"Expected 160 + 4,640 + 330 = 5,130 parameters, got {count:,}. After averaging each map to one "
        "number, the last layer reads 32 features.",
    )


def _check_pooled_shapes(answer):
    for size in (28, 32):
        case = f"a batch of 2 images of 1 x {size} x {size}"
        with torch.no_grad():
            shape = tuple(answer()(torch.zeros(2, 1, size, size)).shape)
        expect(shape == (2, 10), f"For {case}: expected logits of shape (2, 10), got {shape}.")


def _pooled(*head, relu=True):
    between = [nn.ReLU()] if relu else []
    first = [nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*first, nn.Conv2d(16, 32, 3, padding=1), *between, *head)


def _flattened():
    return _pooled(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(1568, 10))


def _averaged(*more, relu=True):
    return _pooled(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10), *more, relu=relu)


pooled_cnn = Exercise(
    name="pooled_cnn",
    checks=(_check_pooled_parameters, _check_pooled_shapes),
    reference=pooled_cnn,
    hints=(
        "Keep the two convolutions with their ReLUs; replace everything from the flattening on.",
        "`nn.AdaptiveAvgPool2d(1)` turns each map into its mean, whatever its size; then flatten, "
        "then one linear layer from 32 features to 10 logits.",
    ),
    wrong_answers=(
        WrongAnswer(_flattened, "reads 32 features", "still flattens the maps"),
        WrongAnswer(lambda: _averaged(nn.Softmax(dim=1)), "Return logits", "softmax in the model"),
        WrongAnswer(lambda: _averaged(relu=False), "a ReLU after each", "a convolution without ReLU"),
        WrongAnswer(
            lambda: _pooled(nn.AvgPool2d(14), nn.Flatten(1, 2), nn.Linear(1, 10), nn.Flatten()),
            "5,130 parameters",
            "keeps the maps apart",
        ),
    ),
)
