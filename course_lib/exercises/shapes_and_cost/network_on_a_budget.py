"""A network of the reader's own: it must learn a task and stay within a number of bytes."""

import torch
from torch import nn
from torch.nn import functional

from course_lib.data.patterns import load_patterns
from course_lib.exercises.framework import WrongAnswer, exercise, expect
from course_lib.inspection import kept_bytes
from course_lib.models import num_parameters
from course_lib.reproducibility import set_seed

BUDGET, BATCH_SIZE, ENOUGH = 90_000, 32, 0.90
DIRECTIONS = ("vertical", "horizontal", "diagonal", "anti-diagonal")


def makes_logits(answer):
    """Check that the function makes a network of four logits."""
    expect(not isinstance(answer, nn.Module), "Give the function that makes the network, not a network.")
    network = answer()
    expect(network is not None, "Expected a network, got None. Does your function end with `return`?")
    expect(isinstance(network, nn.Module), f"Expected a torch module, got {type(network).__name__}.")
    shape = tuple(network(torch.zeros(BATCH_SIZE, 1, 16, 16)).shape)
    expect(shape == (BATCH_SIZE, 4), f"32 images and 4 classes should give logits (32, 4), got {shape}.")


def stays_within_its_budget(answer):
    """Check that parameters and what backward keeps fit into the bytes."""
    network, images = answer(), torch.zeros(BATCH_SIZE, 1, 16, 16)
    network(images)  # a lazy layer has its parameters only now
    parameters = 16 * num_parameters(network)
    activations = kept_bytes(network, images)
    expect(
        parameters + activations <= BUDGET,
        f"Training would take {parameters + activations:,} bytes, {BUDGET:,} are allowed: "
        f"{parameters:,} for the parameters and {activations:,} for what the backward pass needs.",
    )


def learns(answer):
    """Check that the trained network reads new images."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a network is slower on several
    try:
        accuracy = accuracy_after_training(answer)
    finally:
        torch.set_num_threads(threads)
    expect(
        accuracy >= ENOUGH,
        f"Within its budget your network learns {100 * accuracy:.0f} % of the new images, "
        f"{100 * ENOUGH:.0f} % are asked for. Where does it spend, and does it share?",
    )


def accuracy_after_training(make_network, num_epochs=20):
    """Return the accuracy on 400 new images after Adam (0.02) on 400 others."""
    data = load_patterns(100, 100, size=16, classes=DIRECTIONS, shift=7, noise=0.25)
    images, new_images = (torch.from_numpy(a).float() for a in (data.train_images, data.test_images))
    labels, new_labels = torch.from_numpy(data.train_labels), torch.from_numpy(data.test_labels)
    generator = set_seed(0)
    network = make_network()
    network(images[:1])
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(num_epochs):
        for batch in torch.randperm(len(images), generator=generator).split(BATCH_SIZE):
            optimizer.zero_grad()
            functional.cross_entropy(network(images[batch]), labels[batch]).backward()
            optimizer.step()
    network.eval()
    with torch.inference_mode():
        return (network(new_images).argmax(dim=1) == new_labels).double().mean().item()


def dense(hidden_features):
    return nn.Sequential(
        nn.Flatten(), nn.Linear(256, hidden_features), nn.ReLU(), nn.Linear(hidden_features, 4)
    )


def fine_maps():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(8, 4)
    )


def no_return():
    fine_maps()


@exercise(
    title="A network under a byte budget",
    difficulty="open",
    next_step=(
        "What takes more of your bytes, the parameters or the maps? Double the batch: which of the two grows?"
    ),
    checks=(makes_logits, stays_within_its_budget, learns),
    hints=(
        "Print what your first layer makes: 32 images of that, at 4 bytes a number, is most of the bill.",
        "A stride makes maps small before they are kept; a pooling layer makes them small afterwards.",
        "Must the head know where the line lies?",
    ),
    wrong_answers=(
        WrongAnswer(lambda: dense(32), "90,000 are allowed", "spends on weights"),
        WrongAnswer(fine_maps, "90,000 are allowed", "spends on activations"),
        WrongAnswer(lambda: dense(8), "90 % are asked for", "cheap, and learns too little"),
        WrongAnswer(lambda: nn.Sequential(nn.Flatten(), nn.Linear(256, 3)), "(32, 4)", "three classes"),
        WrongAnswer(dense(8), "makes the network, not a network", "a network for a function"),
        WrongAnswer(no_return, "return", "no return"),
    ),
)
def network_on_a_budget():
    return nn.Sequential(
        nn.Conv2d(1, 8, kernel_size=5, stride=2), nn.ReLU(),  # (8, 6, 6)
        nn.AdaptiveMaxPool2d(1), nn.Flatten(),                # (8,)
        nn.Linear(8, 4),                                      # (4,)
    )  # fmt: skip
