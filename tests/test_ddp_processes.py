"""Several processes of this machine: the same training as one, and what becomes of accidents."""

import os
import signal
import time
from contextlib import suppress

import numpy as np
import psutil
import pytest
import torch

from course_lib import ddp_checks
from course_lib.processes import Torchrun

pytestmark = [
    pytest.mark.pipeline,
    pytest.mark.skipif(os.name == "nt", reason="signals and gloo as on Linux and macOS"),
]
EXAMPLE = "course_lib.ddp_example"
ENDLESS = ("--steps", 100_000)


@pytest.fixture(autouse=True)
def small_data(monkeypatch):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    monkeypatch.setenv("COURSE_DATA", "/nonexistent")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def distance(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def left_of(processes, seconds=60):
    """Return which processes still run after a while; one that died and was not yet collected does not."""
    end = time.monotonic() + seconds
    while left := [p for p in processes if runs(p)]:
        if time.monotonic() > end:
            break
        time.sleep(0.05)
    return left


def runs(process):
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def weights_in(checkpoint):
    return ddp_checks.flat(torch.load(checkpoint, weights_only=True)["model"].values())


def test_two_processes_with_equal_shares_get_the_gradient_of_the_joint_batch_and_the_controls_do_not(
    tmp_path,
):
    path = tmp_path / "found.npz"
    with Torchrun("course_lib.ddp_checks", path) as run:
        assert run.wait() == 0, run.output()
    found = np.load(path)
    errors = {
        name: distance(found[f"gradient/{name}"], ddp_checks.gradient(case))
        for name, case in ddp_checks.CASES.items()
    }
    assert errors["float32"] < 1e-5
    assert errors["float64"] < 1e-12
    assert min(errors["batch norm"], errors["40 and 24"]) > 1e-3
    assert distance(found["weights"], ddp_checks.weights()) < 1e-5  # after twenty steps
    assert found["no synchronised batch norm"] or torch.cuda.is_available()


@pytest.mark.parametrize(("kind", "victim"), [("SIGKILL", 1), ("SIGKILL", 0), ("SIGSTOP", 1)])
def test_a_lost_process_ends_the_run_within_30_seconds_with_a_message_and_a_checkpoint(
    tmp_path, kind, victim
):
    checkpoint = tmp_path / "state.pt"
    with Torchrun(EXAMPLE, *ENDLESS, "--checkpoint", checkpoint) as run:
        run.wait_for("step 20")
        workers = [run.process_of(rank) for rank in range(2)]
        start = time.monotonic()
        os.kill(workers[victim], getattr(signal, kind))
        assert run.wait(60) != 0
        assert time.monotonic() - start < 30
        assert f"rank {1 - victim}, step" in run.output() or f"rank {1 - victim}: told" in run.output()
        assert f"is in {checkpoint}: the same command goes on from it." in run.output()
    assert torch.load(checkpoint, weights_only=True)["step"] >= 20
    assert left_of(workers) == []


def test_the_same_command_goes_on_and_ends_with_the_bits_of_an_undisturbed_run(tmp_path):
    kept = [tmp_path / name for name in ("whole.pt", "interrupted.pt")]
    with Torchrun(EXAMPLE, *ENDLESS, "--checkpoint", kept[1]) as run:
        run.wait_for("step 20 ")
        os.kill(run.process_of(1), signal.SIGKILL)
        assert run.wait() != 0, run.output()
    first = torch.load(kept[1], weights_only=True)["step"]
    for checkpoint in kept:
        with Torchrun(EXAMPLE, "--steps", first + 10, "--checkpoint", checkpoint) as run:
            assert run.wait() == 0, run.output()
            assert ("step 20 " in run.output()) == (checkpoint == kept[0])
    whole, interrupted = map(weights_in, kept)
    assert np.array_equal(whole, interrupted)


def test_a_process_that_pauses_for_two_seconds_is_waited_for():
    with Torchrun(EXAMPLE, "--steps", 200) as run:
        run.wait_for("rank 1 of 2")
        os.kill(run.process_of(1), signal.SIGSTOP)
        before = run.output().count("loss")
        time.sleep(2)
        assert run.output().count("loss") <= before + 1  # the step that was under way
        os.kill(run.process_of(1), signal.SIGCONT)
        assert run.wait() == 0, run.output()
        assert run.said()[-1].endswith("of the training images after 200 steps")


def test_nothing_is_left_when_a_page_leaves_the_block_early():
    with suppress(KeyError), Torchrun(EXAMPLE, *ENDLESS) as run:
        run.wait_for("step 20")
        left = [run._process.pid, run.process_of(0), run.process_of(1)]
        raise KeyError("mine")
    assert left_of(left) == []


def test_a_batch_that_cannot_be_shared_evenly_ends_with_the_rule():
    with Torchrun(EXAMPLE, "--batch-size", 65) as run:
        assert run.wait() != 0
        assert "has no 2 equal parts" in run.output()


def test_waiting_for_words_that_never_come_says_how_it_ended():
    with Torchrun("course_lib.no_such_module", num_processes=1) as run:
        with pytest.raises(RuntimeError, match=r"(?s)before it wrote 'step'.*no_such_module"):
            run.wait_for("step")
        with pytest.raises(RuntimeError, match="the process of rank 0"):
            run.process_of(0)
