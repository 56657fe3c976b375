"""A run of torchrun: its words are found, also where two processes wrote one line, and all of it ends."""

import sys
from types import SimpleNamespace

import psutil
import pytest

from course_lib import processes
from course_lib.processes import Torchrun


def running(words, ended=None):
    """Return a run that wrote some words, and is still running unless it ended with a code."""
    run = Torchrun("a.module")
    run.output = lambda: words
    run._process = SimpleNamespace(poll=lambda: ended, pid=1)
    return run


def test_the_number_of_a_process_is_found_in_a_line_that_two_wrote():
    run = running("rank 0 of 2: process 12, gloo on cpurank 1 of 2: process 345, gloo on cpu\n\n")
    assert (run.process_of(0), run.process_of(1)) == (12, 345)


def test_the_number_is_that_of_the_last_start():
    assert running("rank 1 of 2: process 3, gloo\nrank 1 of 2: process 4, gloo\n").process_of(1) == 4


@pytest.mark.parametrize(("ended", "error"), [(1, RuntimeError), (None, TimeoutError)])
def test_words_that_never_come_are_named(ended, error):
    with pytest.raises(error, match="step 20"):
        running("step 10", ended).wait_for("step 20", seconds=0.05)


WORDS = ("rank 0 of 1: process 7, gloo on cpu", "W torchrun warns", "step 20 of 20: loss 0.1", "91.5% of all")
SPEAKS = f"import sys; print(*{WORDS!r}, sep=chr(10)); sys.exit(3)"
HANGS = "import time; print('step 10', flush=True); time.sleep(600)"


def small_process(code):
    """Return a run of a small Python process in place of torchrun."""
    run = Torchrun("a.module", "--steps", 20, num_processes=3)
    run.command = [sys.executable, "-I", "-S", "-c", code]
    return run


def test_the_command_is_torchrun_on_this_machine_with_the_arguments_as_text():
    command = Torchrun("a.module", "--steps", 20, num_processes=3).command
    assert command[:4] == [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    assert command[4:] == ["--nproc-per-node", "3", "-m", "a.module", "--steps", "20"]


def test_a_run_gives_its_exit_code_all_its_words_and_those_of_the_module():
    with small_process(SPEAKS) as run:
        assert run.wait() == 3
        assert "torchrun warns" in run.output()
        assert run.said() == [WORDS[0], *WORDS[2:]]
        assert run.process_of(0) == 7


def test_a_process_that_hangs_is_named_with_the_end_of_its_output_and_ended_with_the_block():
    with small_process(HANGS) as run:
        run.wait_for("step 10")
        with pytest.raises(TimeoutError, match=r"(?s)after 0.01 s.*step 10"):
            run.wait(0.01)
    assert run._process.returncode not in (None, 0)


def test_the_block_ends_what_torchrun_started_too_and_minds_nobody_who_is_gone(monkeypatch):
    ended = []

    def process(pid, gone=False, children=()):
        def kill():
            if gone:
                raise psutil.NoSuchProcess(pid)
            ended.append(pid)

        return SimpleNamespace(kill=kill, children=lambda recursive: list(children))

    torchrun = process(1, children=[process(2), process(3, gone=True), process(4)])
    monkeypatch.setattr(processes.psutil, "Process", lambda pid: torchrun)
    running("")._end_all()
    assert ended == [2, 4, 1]


def test_a_torchrun_that_is_gone_already_is_no_error(monkeypatch):
    def gone(pid):
        raise psutil.NoSuchProcess(pid)

    monkeypatch.setattr(processes.psutil, "Process", gone)
    running("")._end_all()


@pytest.mark.parametrize(
    ("interfaces", "expected"), [(["eth0", "lo"], "lo"), (["lo0"], "lo0"), (["eth0"], None)]
)
def test_processes_speak_over_the_loop_back_network_where_there_is_one(monkeypatch, interfaces, expected):
    monkeypatch.delenv("GLOO_SOCKET_IFNAME", raising=False)
    monkeypatch.setattr(processes.socket, "if_nameindex", lambda: list(enumerate(interfaces)))
    assert processes._environment().get("GLOO_SOCKET_IFNAME") == expected


def test_processes_have_one_thread_each_unless_the_caller_says_otherwise(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert processes._environment()["OMP_NUM_THREADS"] == "1"
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert processes._environment()["OMP_NUM_THREADS"] == "4"
