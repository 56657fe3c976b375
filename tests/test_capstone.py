"""The capstone's rules: what is counted, what is refused, and that nobody trains more than others."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from course_lib.capstone import STORED, Residual, Size, append, measured, ranking, read, reference, reset
from course_lib.capstone.checker import FINAL_SEEDS, fair_split, final, settings, trained, try_out
from course_lib.data.digits import offline_digits
from course_lib.geometry import Window, conv2d_multiply_adds, conv2d_parameters, linear_parameters


def head(features):
    return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, 10)]


def mixed():
    """Strides, groups, a shortcut and a layer that is used twice."""
    twice = nn.Conv2d(6, 6, 3, padding=1, groups=3)
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, stride=2), nn.GELU(), Residual(twice, nn.GroupNorm(2, 6)), twice, *head(6)
    )


# The size ---------------------------------------------------------------------------------------


def test_the_reference_has_the_size_of_the_arithmetic():
    parameters = sum(conv2d_parameters(a, b, 3, bias=False) + 2 * b for a, b in ((1, 8), (8, 16), (16, 32)))
    work = sum(
        conv2d_multiply_adds(a, b, n, Window(3, padding=1))
        for a, b, n in ((1, 8, 28), (8, 16, 14), (16, 32, 7))
    )
    assert measured(reference()) == Size(parameters + linear_parameters(288, 10), work + 2880)
    assert measured(reference()) == Size(8_834, 510_912)


def test_strides_groups_and_a_layer_that_is_used_twice_are_counted():
    first, grouped = 6 * 25 * 12**2, 6 * 2 * 9 * 12**2
    assert measured(mixed()) == Size(6 * 25 + 6 + 6 * 2 * 9 + 6 + 2 * 6 + 70, first + 2 * grouped + 60)


def test_measuring_leaves_a_network_as_it_was():
    network = reference().train()
    before = [tensor.clone() for tensor in network.state_dict().values()]
    measured(network)
    assert network.training
    assert all(map(torch.equal, before, network.state_dict().values()))
    assert not any(layer._forward_hooks for layer in network.modules())


class Own(nn.Conv2d):
    """A subclass could compute anything."""


def attached(change):
    network = reference()
    change(network)
    return network


@pytest.mark.parametrize(
    ("network", "words"),
    [
        pytest.param(nn.Sequential(Own(1, 8, 3), *head(8)), "Own 0 is not among", id="own-layer"),
        pytest.param(nn.Sequential(nn.Unfold(3), *head(9)), "Unfold 0 is not", id="unfold-counts-nothing"),
        pytest.param(nn.Sequential(nn.Flatten(), nn.Linear(784, 13), nn.Linear(13, 10)), "10,345 parameters",
                     id="too-many-parameters"),
        pytest.param(nn.Sequential(nn.Conv2d(1, 31, 5, padding=2), *head(31)), "607,910 multiply-adds",
                     id="too-much-work"),
        pytest.param(nn.Sequential(*head(1))[:2], "got (2, 1)", id="no-ten-logits"),
        pytest.param(nn.Sequential(nn.Conv2d(3, 8, 3), *head(8)), "does not take images", id="colour"),
        pytest.param(attached(lambda n: n[0].register_forward_hook(lambda m, x, y: y)), "Conv2d 0 has a hook",
                     id="hook"),
        pytest.param(attached(lambda n: n[0].register_buffer("table", torch.zeros(784))), "carries table",
                     id="buffer"),
        pytest.param(attached(lambda n: setattr(n[0], "table", torch.zeros(9))), "table", id="tensor"),
        pytest.param(attached(lambda n: setattr(n[2], "forward", torch.tanh)), "forward", id="code"),
        pytest.param(attached(lambda n: n[0].register_parameter("more", nn.Parameter(torch.zeros(1)))),
                     "carries more", id="parameter"),
        pytest.param(attached(lambda n: nn.utils.parametrizations.weight_norm(n[0])), "not among the allowed",
                     id="parametrised"),
    ],
)  # fmt: skip
def test_what_the_count_would_not_see_is_refused(network, words):
    with pytest.raises(ValueError, match=words.replace("(", r"\(").replace(")", r"\)")):
        measured(network)


def test_a_residual_adds_its_input():
    x = torch.rand(2, 3, 4, 4)
    torch.testing.assert_close(Residual(nn.ReLU())(x), 2 * x)


def test_weights_that_came_along_are_drawn_anew():
    known, fresh = reference(), reference()
    with torch.no_grad():
        for tensor in known.state_dict().values():
            tensor.fill_(7)
    reset(known, 3), reset(fresh, 3)
    for ours, theirs in zip(known.state_dict().values(), fresh.state_dict().values(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


# The training -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits():
    return offline_digits().sample(60)


@pytest.fixture
def one_epoch(monkeypatch):
    """One step in place of five epochs."""
    monkeypatch.setattr(
        "course_lib.capstone.checker.settings", lambda *arguments: replace(settings(*arguments), num_epochs=1)
    )


def test_only_three_rates_may_be_tried(digits):
    assert settings(digits, 0.03).learning_rate == 0.03
    with pytest.raises(ValueError, match="learning_rate must be one of"):
        settings(digits, 0.02)


def test_an_entry_is_a_matter_of_its_architecture_alone(digits, one_epoch):
    def pretrained():
        network = reference()
        with torch.no_grad():
            network[0].weight.fill_(1)
        return network

    assert try_out(pretrained, data=digits) == try_out(reference, data=digits)


def test_the_test_images_are_read_by_the_final_only(digits, tmp_path, one_epoch):
    class Untouchable:
        def __getattr__(self, name):
            raise AssertionError("the test images were read")

        def __len__(self):
            raise AssertionError("the test images were read")

    blind = type(digits)(**{**vars(digits), "test_images": Untouchable(), "test_labels": Untouchable()})
    assert 0 <= try_out(reference, data=blind) <= 1
    with pytest.raises(Exception, match=r"test images were read|Untouchable"):
        final(reference, "somebody", tmp_path / "board.jsonl", data=blind)


def test_the_split_is_the_same_for_all_entries(digits):
    first, second = fair_split(digits), fair_split(digits)
    assert torch.equal(first.validation_labels, second.validation_labels)
    assert len(first.validation_labels) == 10


def test_the_final_has_a_look_for_each_seed_and_writes_it_down(digits, tmp_path, monkeypatch):
    seeds = []

    def quick(make, data, learning_rate, seed):
        seeds.append(seed)
        network = make()
        return reset(network, seed), measured(network)

    monkeypatch.setattr("course_lib.capstone.checker.trained", quick)
    line = final(reference, "somebody", tmp_path / "board.jsonl", data=digits, description="as it starts")
    assert seeds == list(FINAL_SEEDS)
    assert len(line["accuracies"]) == 3
    assert (line["num_parameters"], line["multiply_adds"], line["look"]) == (8_834, 510_912, 1)
    assert read(tmp_path / "board.jsonl") == [line]


def test_a_trained_entry_has_learned_and_kept_its_size(digits, one_epoch):
    network, size = trained(reference, fair_split(digits), 0.01, seed=0)
    assert size == measured(network)
    fresh = reset(reference(), 0)
    assert not torch.equal(network[0].weight, fresh[0].weight)


# The scoreboard ---------------------------------------------------------------------------------


@pytest.fixture
def board(tmp_path):
    path = tmp_path / "board.jsonl"
    scores = {"ann": (0.990, 0.991, 0.992), "bob": (0.9905, 0.9900, 0.9925), "cy": (0.980, 0.981, 0.982)}
    for author, accuracies in scores.items():
        append(path, author=author, data="MNIST", accuracies=accuracies)
    append(path, author="cy", data="MNIST", accuracies=(0.999, 0.999, 0.999))  # a second look
    append(path, author="dee", data="other digits", accuracies=(1.0, 1.0, 1.0))
    return path


def test_lines_know_their_number_their_look_and_the_line_before(board):
    lines = read(board)
    assert [line["number"] for line in lines] == [1, 2, 3, 4, 5]
    assert [line["look"] for line in lines] == [1, 1, 1, 2, 1]
    assert [b["previous"] for b in lines[1:]] == [a["hash"] for a in lines[:-1]]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        pytest.param(
            lambda lines: [lines[0].replace("0.99", "0.999", 1), *lines[1:]], 1, id="a-better-score"
        ),
        pytest.param(lambda lines: [*lines[:1], *lines[2:]], 2, id="a-removed-look"),
        pytest.param(lambda lines: [lines[1], lines[0], *lines[2:]], 1, id="another-order"),
        pytest.param(lambda lines: [*lines, lines[-1]], 6, id="a-line-twice"),
        pytest.param(lambda lines: [*lines[:2], "{", *lines[3:]], 3, id="no-json"),
        pytest.param(lambda lines: [*lines[:2], "[1]", *lines[3:]], 3, id="no-line"),
    ],
)
def test_a_changed_file_is_refused_at_its_first_wrong_line(board, change, line):
    board.write_text("\n".join(change(board.read_text().splitlines())) + "\n")
    with pytest.raises(ValueError, match=f"Line {line} of"):
        read(board)


def test_who_knows_the_method_can_forge_the_file(tmp_path, board):
    """The chain protects from accidents only; the page says so."""
    forged = tmp_path / "forged.jsonl"
    for line in read(board):
        append(forged, author=line["author"], data="MNIST", accuracies=[1.0, 1.0, 1.0])
    assert len(read(forged)) == 5


def test_the_first_look_ranks_ties_share_a_place_and_other_data_are_left_out(board):
    places = [(place, line["author"]) for place, line in ranking(read(board))]
    assert places == [(1, "bob"), (1, "ann"), (3, "cy")]


def test_a_look_has_an_author(tmp_path):
    for author in ("", None, "  "):
        with pytest.raises(ValueError, match="needs the name of its author"):
            append(tmp_path / "board.jsonl", author=author, accuracies=[])


def test_the_books_own_scoreboard_is_whole_and_of_networks_that_keep_the_rules():
    lines = read(STORED)
    assert {(line["data"], line["look"], len(line["accuracies"])) for line in lines} == {("MNIST", 1, 3)}
    sizes = [measured(reference()), Size(6_274, 508_352)]  # the second: a global average, 32 x 10 weights
    assert [Size(line["num_parameters"], line["multiply_adds"]) for line in lines] == sizes
    assert ranking(lines)[0][1]["description"] == "the reference"
