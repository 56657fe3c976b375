"""Exact resume: what must a checkpoint hold, so that an interruption cannot be seen in the weights?"""

import copy

import torch
from torch import nn
from torch.nn import functional

from course_lib.exercises.framework import WrongAnswer, exercise, expect

STEPS = 5
COPIES = "keep copies, of the tensors inside, too"
WHERE = "A seed says where the numbers began, a state how far they have come."


def begin():
    """Return a small network with its optimiser and the generator of its batches."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    return model, torch.optim.Adam(model.parameters(), lr=0.01), torch.Generator().manual_seed(1)


def go_on(model, optimizer, generator):
    """Take a few steps in place."""
    for _ in range(STEPS):
        images = torch.randn(16, 6, generator=generator)
        labels = torch.randint(3, (16,), generator=generator)
        optimizer.zero_grad()
        functional.cross_entropy(model(images), labels).backward()
        optimizer.step()


def resumed(state):
    """Return what comes of a state in a new process: new objects that take it over."""
    model, optimizer, generator = begin()
    if isinstance(state["model"], dict):
        missing = [name for name, _ in model.named_buffers() if name not in state["model"]]
        expect(
            not missing,
            f'state["model"] lacks {", ".join(missing)}: no optimiser moves them, but training does, and '
            "evaluation needs them.",
        )
    for name, taker in (("model", model), ("optimizer", optimizer)):
        try:
            taker.load_state_dict(state[name])
        except (AttributeError, KeyError, RuntimeError, TypeError, ValueError) as error:
            raise AssertionError(f'load_state_dict of the {name} refuses state["{name}"]: {error}') from None
    values = state["generator"]
    kind = type(values).__name__
    expect(
        isinstance(values, torch.Tensor), f'state["generator"] must be a tensor of bytes, got {kind}. {WHERE}'
    )
    generator.set_state(values)
    return model, optimizer, generator


def keys(answer):
    """The state has three parts."""
    state = answer(*begin())
    expect(isinstance(state, dict), f"Expected a dictionary, got {type(state).__name__}.")
    wanted = {"model", "optimizer", "generator"}
    expect(set(state) == wanted, f"Expected the keys {sorted(wanted)}, got {sorted(map(str, state))}.")


def exact(answer):
    """Train, capture, train on; then go on once more from what was captured, and compare bit for bit."""
    run = begin()
    go_on(*run)
    state = answer(*run)
    at_once = copy.deepcopy(state)
    go_on(*run)
    expected = run[0].state_dict()
    for name, kept, words in (
        ("at once", at_once, "what is captured is not all that the next step depends on."),
        ("later", state, f"while the training went on, your state changed with it: {COPIES}."),
    ):
        again = resumed(kept)
        go_on(*again)
        found = again[0].state_dict()
        wrong = [key for key in expected if not torch.equal(expected[key], found[key])]
        expect(
            not wrong,
            f"Resumed {name}, {', '.join(wrong[:1])} differs from the uninterrupted training: {words}",
        )


def unstepped(model, optimizer, generator):
    fresh = torch.optim.Adam(model.parameters(), lr=0.01)
    return copy.deepcopy(
        {"model": model.state_dict(), "optimizer": fresh.state_dict(), "generator": generator.get_state()}
    )


def reseeded(model, optimizer, generator):
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    return copy.deepcopy(state) | {"generator": torch.Generator().manual_seed(1).get_state()}


def uncopied(model, optimizer, generator):
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
    return state | {"generator": generator.get_state()}


def without_buffers(model, optimizer, generator):
    weights = {**begin()[0].state_dict(), **dict(model.named_parameters())}
    return copy.deepcopy(
        {"model": weights, "optimizer": optimizer.state_dict(), "generator": generator.get_state()}
    )


def seed_only(model, optimizer, generator):
    return {**reseeded(model, optimizer, generator), "generator": generator.initial_seed()}


@exercise(
    title="Exact resume",
    difficulty="idea",
    checks=(keys, exact),
    hints=(
        "On what does the next step depend, besides the weights? Adam has a memory, and so has whatever "
        "draws the next batch.",
        "`state_dict` returns the very tensors that the training goes on to change. `copy` has a function "
        "that follows them all.",
    ),
    wrong_answers=(
        WrongAnswer(lambda m, o, g: m.state_dict(), "Expected the keys", "the weights only"),
        WrongAnswer(unstepped, "not all that the next step depends on", "a new optimiser"),
        WrongAnswer(reseeded, "not all that the next step depends on", "the generator seeded again"),
        WrongAnswer(without_buffers, "not all that the next step", "parameters without buffers"),
        WrongAnswer(
            lambda m, o, g: uncopied(m, o, g) | {"model": dict(m.named_parameters())},
            "lacks 1.running_mean, 1.running_var, 1.num_batches_tracked: no optimiser moves them",
            "the parameters alone",
        ),
        WrongAnswer(uncopied, "keep copies, of the tensors inside", "no copies"),
        WrongAnswer(
            seed_only, "tensor of bytes, got int. A seed says where", "the seed in place of the state"
        ),
    ),
)
def capture(model, optimizer, generator):
    import copy

    return copy.deepcopy(
        {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "generator": generator.get_state(),
        }
    )
