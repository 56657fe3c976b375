"""What several processes compute, in this one: a group of one, or of two of which the test plays both."""

import os
import signal
from contextlib import nullcontext

import numpy as np
import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional

from course_lib import ddp_checks, ddp_example, ddp_group
from course_lib.data import ImageData
from course_lib.ddp_checks import BATCH, CASES, TWENTY
from course_lib.ddp_group import CPU, Group, OtherProcessLost, end_neighbours, process_group


@pytest.fixture
def as_rank_0_of_1(monkeypatch):
    """As torchrun starts its only process: with a group of torch's own, over the loop-back network."""
    if os.name == "nt":
        pytest.skip("gloo as on Linux and macOS")
    values = {"RANK": 0, "LOCAL_RANK": 0, "WORLD_SIZE": 1, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": 0}
    for name, value in (values | {"COURSE_DEVICE": "cpu"}).items():
        monkeypatch.setenv(name, str(value))
    for name in ("lo", "lo0"):
        if name in dict(map(reversed, ddp_group.socket.if_nameindex())):
            monkeypatch.setenv("GLOO_SOCKET_IFNAME", name)
    yield
    assert not dist.is_initialized()


@pytest.fixture
def replicas(monkeypatch):
    """Models are wrapped by nothing, and what they would be wrapped with is noted."""
    noted = []

    def wrap(model, **options):
        noted.append(options)
        return model

    monkeypatch.setattr(ddp_group, "DistributedDataParallel", wrap)
    return noted


def plain_gradient(case, images, labels):
    model = ddp_checks.make_model(case)
    functional.cross_entropy(model(images), labels).backward()
    return np.concatenate([parameter.grad.numpy().ravel() for parameter in model.parameters()])


def test_a_process_of_torchrun_says_its_number_and_leaves_no_group_behind(as_rank_0_of_1, capsys):
    with process_group() as group:
        assert (group.rank, group.size, group.device, group.neighbours) == (0, 1, CPU, ())
        assert group.steps is not None
    assert capsys.readouterr().out == f"rank 0 of 1: process {os.getpid()}, gloo on cpu\n"


def test_the_group_is_left_when_the_training_fails(as_rank_0_of_1):
    with pytest.raises(KeyError, match="mine"), process_group():
        raise KeyError("mine")


@pytest.mark.parametrize(("device", "expected"), [(CPU, None), (torch.device("cuda", 1), [1])])
def test_in_company_a_model_becomes_a_replica_of_the_groups_steps_on_its_device(replicas, device, expected):
    model = nn.Linear(2, 1)
    assert Group(1, 2, device, steps="the steps").wrap(model) is model
    assert replicas == [{"device_ids": expected, "process_group": "the steps"}]


@pytest.mark.parametrize("others", [[7, 7], [7, 8]])
def test_processes_agree_or_their_different_values_are_named(monkeypatch, others):
    monkeypatch.setattr(
        dist, "all_gather_object", lambda values, value: values.__setitem__(slice(None), others)
    )
    if others[0] == others[1]:
        Group(0, 2).agree("first steps", 7)
        return
    with pytest.raises(ValueError, match=r"different first steps: \[7, 8\]. Do all machines see"):
        Group(0, 2).agree("first steps", 7)


def test_each_process_takes_the_graphics_card_of_its_number(monkeypatch):
    taken = []
    monkeypatch.delenv("COURSE_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", taken.append)
    assert ddp_group._local_device(1) == torch.device("cuda", 1)
    assert taken == [1]


class Left(Exception):
    """The process has ended, with this code."""


@pytest.fixture
def ends(monkeypatch):
    """What was ended: numbers of processes; leaving this one raises Left. Number 5 is gone already."""
    killed = []

    def kill(process, sent):
        if process == 5:
            raise ProcessLookupError
        killed.append((process, sent))

    def leave(code):
        raise Left(code)

    monkeypatch.setattr(ddp_group.time, "sleep", lambda seconds: None)
    monkeypatch.setattr(os, "kill", kill)
    monkeypatch.setattr(os, "_exit", leave)
    return killed


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_who_loses_another_process_ends_its_neighbours_and_itself(ends):
    with pytest.raises(Left, match="1"):
        end_neighbours(Group(0, 4, neighbours=(4, 5, 6)))
    assert ends == [(4, signal.SIGKILL), (6, signal.SIGKILL)]


@pytest.mark.parametrize("name", CASES)
def test_alone_each_case_has_the_gradient_of_the_whole_batch(name):
    case = CASES[name]
    expected = plain_gradient(case, *ddp_checks.joint_batch(case))
    assert np.array_equal(ddp_checks.gradient(case), expected)


@pytest.mark.parametrize(("name", "equal"), [("float64", True), ("batch norm", False), ("40 and 24", False)])
def test_the_mean_of_two_shares_is_the_joint_gradient_for_equal_shares_without_batch_norm(
    replicas, name, equal
):
    case = CASES[name]
    first, second = (ddp_checks.gradient(case, Group(rank, 2)) for rank in range(2))
    joint = plain_gradient(case, *ddp_checks.joint_batch(case))
    error = np.linalg.norm((first + second) / 2 - joint) / np.linalg.norm(joint)
    assert (error < 1e-12) == equal
    if name == "40 and 24":  # as a mean over images it would be
        weighted = (40 * first + 24 * second) / BATCH
        assert np.linalg.norm(weighted - joint) / np.linalg.norm(joint) < 1e-12


def test_the_weights_are_those_of_twenty_steps_of_plain_gradient_descent():
    model = ddp_checks.make_model(CASES["float32"])
    images, labels = ddp_checks.joint_batch(CASES["float32"])
    optimizer = torch.optim.SGD(model.parameters(), lr=TWENTY.learning_rate, momentum=TWENTY.momentum)
    for step in range(20):
        order = ddp_example.joint_batch(step, BATCH, TWENTY)
        optimizer.zero_grad()
        functional.cross_entropy(model(images[order]), labels[order]).backward()
        optimizer.step()
    expected = np.concatenate([parameter.detach().numpy().ravel() for parameter in model.parameters()])
    assert np.array_equal(ddp_checks.weights(), expected)


def test_the_first_process_writes_all_that_the_chapter_reads(as_rank_0_of_1, monkeypatch, tmp_path):
    monkeypatch.setattr(ddp_checks, "SIZES", (8, 4096))
    monkeypatch.setattr(ddp_checks, "SimpleCNN", lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10)))
    ddp_checks.main(tmp_path / "found.npz")
    found = np.load(tmp_path / "found.npz")
    for name, case in CASES.items():
        assert np.array_equal(found[f"gradient/{name}"], ddp_checks.gradient(case))
    assert np.array_equal(found["weights"], ddp_checks.weights())
    assert found["no synchronised batch norm"]  # on a CPU
    assert found["sizes"].tolist() == [8, 4096]
    assert found["seconds"].shape == (2, ddp_checks.REPEATS)
    for name in ("share", "alone", "shared", "seconds"):
        assert (found[name] > 0).all()
        assert found[name].shape[-1] == ddp_checks.REPEATS  # what warms up does not count


def test_a_pytorch_that_synchronises_batch_norm_or_fails_otherwise_refuses_nothing(monkeypatch):
    assert not ddp_checks.refuses_to_synchronise(Group())  # alone there is nothing to synchronise
    monkeypatch.setattr(ddp_checks.nn.SyncBatchNorm, "convert_sync_batchnorm", lambda model: nn.Linear(3, 1))
    assert not ddp_checks.refuses_to_synchronise(Group())


@pytest.fixture
def small_data(monkeypatch):
    """Images on which the script takes no time, and an end of the process that a test can see."""
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.randn(96, 1, 28, 28, generator=generator), torch.arange(96) % 10
    data = ImageData(images, labels, images, labels, tuple("0123456789"), "noise", "a test")
    monkeypatch.setattr(ddp_example, "load_mnist", lambda: data)
    monkeypatch.setattr(ddp_example, "SimpleCNN", lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10)))
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    handlers = {}
    monkeypatch.setattr(ddp_example.signal, "signal", handlers.__setitem__)
    return handlers


def test_the_script_reports_its_steps_and_ends_with_an_accuracy(small_data, capsys):
    ddp_example.main(["--steps", "5", "--save-every", "2", "--num-images", "64", "--batch-size", "32"])
    *steps, last = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in steps] == [f"step {step} of 5" for step in (2, 4, 5)]
    model, images, labels = ddp_example.train(
        ddp_example.Settings(steps=5, num_images=64, batch_size=32), Group()
    )
    accuracy = (model(images).argmax(1) == labels).float().mean()
    assert last == f"{accuracy:.1%} of the training images after 5 steps"
    assert len(images) == 64


def lost(*arguments, **options):
    raise OtherProcessLost("rank 0, step 3: another process died")


def test_a_lost_process_is_said_before_its_neighbours_are_ended(small_data, ends, monkeypatch, capsys):
    monkeypatch.setattr(ddp_example, "train", lost)
    with pytest.raises(Left):
        ddp_example.main([])
    assert capsys.readouterr().out == "rank 0, step 3: another process died\n"


def test_the_other_processes_do_not_speak_at_the_end(small_data, monkeypatch, capsys):
    monkeypatch.setattr(ddp_example, "process_group", lambda timeout: nullcontext(Group(1, 2)))
    monkeypatch.setattr(ddp_example, "train", lambda *given, **options: (None, None, None))
    ddp_example.main([])
    assert capsys.readouterr().out == ""


def test_who_is_told_to_stop_says_how_to_go_on_and_leaves_at_once(small_data, ends, monkeypatch, capsys):
    ddp_example.main(["--steps", "1", "--num-images", "64"])
    capsys.readouterr()
    monkeypatch.setenv("RANK", "3")
    with pytest.raises(Left, match="1"):
        small_data[signal.SIGTERM](signal.SIGTERM, None)
    assert capsys.readouterr().out.startswith("rank 3: told to stop. Nothing was kept")
