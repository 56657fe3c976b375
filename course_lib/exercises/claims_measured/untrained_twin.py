"""The control that most claims about learned features lack: the same network, never trained."""

import torch
from torch import nn

from course_lib.exercises.framework import WrongAnswer, exercise, expect
from course_lib.reproducibility import set_seed


def learned():
    """A small network whose weights lie far from where they started, as after a training."""
    set_seed(7)
    network = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 26 * 26, 10)
    )
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(3).add_(0.5)
    network[1].running_mean.add_(2)
    network[1].running_var.mul_(4)
    network[1].num_batches_tracked.add_(100)
    return network


def state(network):
    return torch.cat([tensor.detach().double().flatten() for tensor in network.state_dict().values()])


def same_architecture(answer):
    """Check that the twin has the very layers of the trained network."""
    network = learned()
    twin = answer(network, 0)
    expect(isinstance(twin, nn.Module), f"Expected a network, got {type(twin).__name__}.")
    expect(repr(twin) == repr(network), "The twin is another architecture: only the learning may differ.")


def leaves_the_network(answer):
    """Check that the trained network keeps its weights and shares none."""
    network = learned()
    before, twin = state(network).clone(), answer(network, 0)
    expect(torch.equal(state(network), before), "The trained network has lost its weights: work on a copy.")
    shared = {p.data_ptr() for p in network.parameters()} & {p.data_ptr() for p in twin.parameters()}
    expect(not shared, "The twin shares weights with the network: training one would move the other.")


def starts_as_torch_starts(answer):
    """What was learned is gone from every tensor, and the sizes are those of a fresh network."""
    network = learned()
    twin = answer(network, 0)
    set_seed(0)
    for layer, fresh in ((twin[0], nn.Conv2d(1, 8, 3)), (twin[4], nn.Linear(8 * 26 * 26, 10))):
        size, usual = layer.weight.abs().max().item(), fresh.weight.abs().max().item()
        expect(
            0.5 * usual < size < 1.5 * usual,
            f"The largest weight of {type(layer).__name__} is {size:.2f}, where an untrained one has "
            f"{usual:.2f}: the control must start as the network started.",
        )
    for (name, theirs), old in zip(twin.state_dict().items(), network.state_dict().values(), strict=True):
        kind = type(twin.get_submodule(name.rpartition(".")[0])).__name__
        learned_here = not torch.equal(old.double(), torch.zeros_like(old).double())
        expect(
            not (learned_here and torch.equal(theirs, old)),
            f"{name} is what the trained network has learned: a {kind} must start again, too.",
        )


def seeds_decide(answer):
    """Check that a seed settles the twin, and another seed gives another one."""
    network = learned()
    first, again, other = (state(answer(network, seed)) for seed in (1, 1, 2))
    expect(torch.equal(first, again), "The same seed gives two different twins.")
    expect(not torch.equal(first, other), "Two seeds give the same twin: several controls would be one.")


def reset_in_place(network, seed):
    set_seed(seed)
    for layer in network:
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return network


def changed_copy(change):
    """Return a wrong answer: a copy whose weights are changed in this way."""

    def wrong(network, seed):
        import copy

        twin = copy.deepcopy(network)
        set_seed(seed)
        with torch.no_grad():
            for parameter in twin.parameters():
                change(parameter)
        return twin

    return wrong


def shuffle(parameter):
    parameter.copy_(parameter.flatten()[torch.randperm(parameter.numel())].view_as(parameter))


@exercise(
    title="The control for learning",
    difficulty="idea",
    checks=(same_architecture, leaves_the_network, starts_as_torch_starts, seeds_decide),
    hints=(
        "Which parts of a network change while it is trained? Not only what the optimiser moves.",
        "`copy.deepcopy` makes the twin; torch's layers know how to start again: ask each of them.",
    ),
    wrong_answers=(
        WrongAnswer(lambda network, seed: network, "shares weights", "the network itself"),
        WrongAnswer(reset_in_place, "has lost its weights", "in place"),
        WrongAnswer(
            changed_copy(shuffle), "must start as the network started", "the learned weights, shuffled"
        ),
        WrongAnswer(changed_copy(lambda p: p.normal_()), "must start as the network started", "another size"),
        WrongAnswer(
            changed_copy(lambda p: p.uniform_(-0.33, 0.33) if p.dim() == 4 else p.uniform_(-0.0136, 0.0136)),
            "running_mean is what the trained network has learned: a BatchNorm2d must start again",
            "buffers forgotten",
        ),
        WrongAnswer(
            lambda network, seed: untrained_twin.reference(network, 0),
            "Two seeds give the same",
            "one seed for all",
        ),
        WrongAnswer(
            lambda network, seed: nn.Sequential(nn.Flatten(), nn.Linear(784, 10)),
            "another architecture",
            "linear",
        ),
    ),
)
def untrained_twin(network, seed):
    import copy

    twin = copy.deepcopy(network)
    set_seed(seed)
    for layer in twin.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return twin
