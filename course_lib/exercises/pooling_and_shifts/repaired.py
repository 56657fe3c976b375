"""A repaired flatten head: a wide head that still knows its classes when the image moves."""

import torch
from torch import nn
from torch.nn import functional

from course_lib.data.patterns import load_patterns
from course_lib.exercises.framework import WrongAnswer, exercise, expect
from course_lib.reproducibility import set_seed

DIRECTIONS = ("vertical", "horizontal", "diagonal", "anti-diagonal")
FEWEST_INPUTS, IN_PLACE, MOVED = 128, 0.95, 0.80  # seen: no repair 0.50 moved; five repairs 0.88 to 1.00


def lines(num_per_class, shift, seed):
    """Return images (N, 1, 16, 16) of lines at most `shift` pixels off the middle, and labels (N,)."""
    data = load_patterns(num_per_class, 1, size=16, classes=DIRECTIONS, shift=shift, seed=seed)
    return torch.from_numpy(data.train_images).float(), torch.from_numpy(data.train_labels)


def makes_logits_from_a_wide_head(answer):
    """Check that the function makes a network of four logits whose head has inputs enough."""
    expect(not isinstance(answer, nn.Module), "Give the function that makes the network, not a network.")
    network = answer()
    expect(network is not None, "Expected a network, got None. Does your function end with `return`?")
    expect(isinstance(network, nn.Module), f"Expected a torch module, got {type(network).__name__}.")
    shape = tuple(network(torch.zeros(8, 1, 16, 16)).shape)
    expect(shape == (8, 4), f"8 images and 4 classes should give logits of shape (8, 4), got {shape}.")
    dense = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    expect(dense, "Your network has no nn.Linear: its head is to be one.")
    inputs = dense[-1].in_features
    expect(
        inputs >= FEWEST_INPUTS, f"The head takes {inputs} numbers, at least {FEWEST_INPUTS} are asked for."
    )


def survives_shifts(answer):
    """Check that the trained network reads new lines in the middle and elsewhere."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a network is slower on several
    try:
        network = trained(answer)
    finally:
        torch.set_num_threads(threads)
    asked = (
        "It was trained on lines there: does it do something else to images once it is in evaluation mode?"
    )
    elsewhere = "Which places has its head seen, and what undoes or survives a move to the others?"
    for where, shift, enough, question in (
        ("in the middle", 1, IN_PLACE, asked),
        ("moved by up to 5 pixels", 5, MOVED, elsewhere),
    ):
        images, labels = lines(100, shift, seed=shift)
        with torch.inference_mode():
            accuracy = (network(images).argmax(dim=1) == labels).double().mean().item()
        expect(
            accuracy >= enough,
            f"Of new lines {where} your network gets {100 * accuracy:.0f} % right, "
            f"{100 * enough:.0f} % are asked for. {question}",
        )


def trained(make_network, num_epochs=10):
    """Train with Adam (0.02) on 160 lines in the middle; return the network, ready to be asked."""
    images, labels = lines(40, shift=1, seed=0)
    generator = set_seed(0)
    network = make_network().train()
    network(images[torch.arange(2)])  # a lazy layer has its parameters only now
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)
    for _ in range(num_epochs):
        for batch in torch.randperm(len(images), generator=generator).split(32):
            optimizer.zero_grad()
            functional.cross_entropy(network(images[batch]), labels[batch]).backward()
            optimizer.step()
    return network.eval()


def plain(padding_mode="zeros", num_classes=4):
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1, padding_mode=padding_mode), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(8 * 8 * 8, num_classes),
    )  # fmt: skip


def pooled():
    return nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.ReLU(), nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(8, 4)
    )


def moved_when_asked():
    class Roll(nn.Module):
        def forward(self, images):
            return images if self.training else images.roll((5, 5), dims=(2, 3))

    return nn.Sequential(Roll(), plain())


def no_return():
    plain()


@exercise(
    title="Repair the flatten head",
    difficulty="open",
    next_step=(
        "How far may the lines move before your network falls below 80 %? Draw that curve for both of "
        "your repairs."
    ),
    checks=(makes_logits_from_a_wide_head, survives_shifts),
    hints=(
        "A network may do to an image whatever it likes before the first convolution.",
        "Three directions to think in: see more places, undo the move, or compute something that a move "
        "does not change.",
    ),
    wrong_answers=(
        WrongAnswer(plain, "Which places has its head seen", "no repair"),
        WrongAnswer(moved_when_asked, "in evaluation mode", "moves the images when it should read them"),
        WrongAnswer(lambda: plain("circular"), "moved by up to 5 pixels", "only the frame repaired"),
        WrongAnswer(pooled, "at least 128", "another head"),
        WrongAnswer(lambda: plain(num_classes=3), "(8, 4)", "three classes"),
        WrongAnswer(plain(), "makes the network, not a network", "a network for a function"),
        WrongAnswer(no_return, "return", "no return"),
    ),
)
def repaired():
    class Jitter(nn.Module):
        """Move every image at random while the network learns."""

        def forward(self, images):
            if not self.training:
                return images
            moves = torch.randint(-5, 6, (len(images), 2)).tolist()
            pairs = zip(images, moves, strict=True)
            return torch.stack([image.roll(move, dims=(1, 2)) for image, move in pairs])

    return nn.Sequential(
        Jitter(),
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),  # (8, 8, 8)
        nn.Flatten(), nn.Linear(8 * 8 * 8, 4),                      # (4,)
    )  # fmt: skip
