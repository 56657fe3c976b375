"""The kernel that runs handed-in cells: what it is asked, when it is stopped, and what is said then."""

import importlib.util
import json
import queue
import subprocess
import sys
from types import SimpleNamespace

import pytest

from course_lib.exercises import kernel_session
from course_lib.exercises.kernel_session import KernelFailed, KernelSession

OURS, ANOTHER = "our request", "another request"
OK = {"status": "ok"}


def message(parent=OURS, **content):
    return {"parent_header": {"msg_id": parent}, "content": content}


class Client:
    """The channels of a kernel: what it displays and replies is in two lists; waiting moves the clock."""

    def __init__(self, clock):
        self.clock, self.displays, self.replies, self.requests, self.open = clock, [], [], [], None

    def start_channels(self):
        self.open = True

    def stop_channels(self):
        self.open = False

    def wait_for_ready(self, timeout):
        pass

    def execute(self, source, **options):
        self.requests.append((source, options))
        return OURS

    def get_iopub_msg(self, timeout):
        if not self.displays:
            self.clock.now += timeout
            raise queue.Empty
        self.clock.now += 0.09  # two messages fit into a tick
        return self.displays.pop(0)

    def get_shell_msg(self, timeout):
        if not self.replies:
            raise queue.Empty
        return self.replies.pop(0)


class Manager:
    """A kernel without a process; `when_interrupted` is what it replies then."""

    def __init__(self, client):
        self.client, self.alive, self.interrupts, self.when_interrupted = client, True, 0, None
        self.started, self.shut_down = None, None

    def start_kernel(self, **options):
        self.started = options

    def blocking_client(self):
        return self.client

    def is_alive(self):
        return self.alive

    def interrupt_kernel(self):
        self.interrupts += 1
        if self.when_interrupted:
            self.client.replies.append(self.when_interrupted)

    def shutdown_kernel(self, now):
        self.shut_down = now


@pytest.fixture
def session(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(kernel_session, "time", clock)
    monkeypatch.setattr(kernel_session, "KernelManager", lambda kernel_name: Manager(Client(clock)))
    session = KernelSession("a folder", cell_seconds=3, total_seconds=10, output_bytes=100)
    session.clock = clock
    with session:
        yield session


def test_a_kernel_starts_quietly_in_its_folder_with_checks_that_do_not_raise(session):
    options = session.manager.started
    assert options["cwd"] == "a folder"
    assert options["stdout"] == options["stderr"] == subprocess.DEVNULL
    assert options["env"]["COURSE_STRICT"] == "0"
    assert session.client.open


@pytest.mark.parametrize("error", [None, RuntimeError("it is gone")])
def test_leaving_the_block_closes_the_channels_and_ends_the_kernel_at_once(session, monkeypatch, error):
    ended = []

    def shut_down(now):
        ended.append(now)
        if error:
            raise error

    monkeypatch.setattr(session.manager, "shutdown_kernel", shut_down)
    session.__exit__()
    assert (session.client.open, ended) == (False, [True])


def test_a_kernel_that_does_not_start_is_ended_and_said(session, monkeypatch):
    def never(self, timeout):
        raise RuntimeError("no heartbeat")

    monkeypatch.setattr(Client, "wait_for_ready", never)
    with pytest.raises(KernelFailed, match=r"did not start: no heartbeat"), session:
        pass
    assert (session.client.open, session.manager.shut_down) == (False, True)


def test_a_cell_that_went_well_says_nothing_and_one_that_failed_its_error(session):
    session.client.replies = [message(**OK), message(status="error", ename="ValueError", evalue="no")]
    assert [session.run("x = 1"), session.run("x = y")] == [None, "ValueError: no"]
    source, options = session.client.requests[0]
    assert (source, options["allow_stdin"], options["store_history"]) == ("x = 1", False, False)


def test_what_belongs_to_another_request_is_no_reply_and_no_output(session):
    session.client.displays = [message(ANOTHER, text="x" * 1000), message(execution_state="idle")]
    session.client.replies = [message(ANOTHER, status="error", ename="E", evalue=""), message(**OK)]
    assert session.run("x = 1") is None
    assert (session.manager.interrupts, session.client.displays) == (0, [])


def test_after_idle_no_further_output_is_waited_for(session):
    session.client.displays = [message(execution_state="idle"), message(text="x" * 1000)]
    session.client.replies = [message(**OK)]
    assert session.run("x = 1") is None
    assert len(session.client.displays) == 1


def test_a_cell_that_prints_too_much_is_interrupted_once(session):
    session.client.displays = [message(text="x" * 60) for _ in range(6)]
    session.manager.when_interrupted = message(status="error", ename="KeyboardInterrupt", evalue="")
    assert session.run("print") == "Stopped: a cell printed more than 100 bytes."
    assert session.manager.interrupts == 1


def test_output_below_the_limit_is_let_through(session):
    session.client.displays = [message(text="x" * 10)]
    session.client.replies = [message(**OK)]
    assert session.run("print") is None


def test_a_cell_that_takes_too_long_is_interrupted_and_the_next_one_runs(session):
    session.manager.when_interrupted = message(status="error", ename="KeyboardInterrupt", evalue="")
    assert session.run("loop") == "Stopped: a cell took more than 3 seconds."
    assert 3 < session.clock.now < 4
    session.client.replies = [message(**OK)]
    assert session.run("x = 1") is None


def test_a_cell_that_does_not_listen_fails_the_kernel_after_its_grace(session):
    with pytest.raises(KernelFailed, match=r"more than 3 seconds. It could not be interrupted"):
        session.run("deaf")
    assert session.manager.interrupts == 1
    assert 3 + kernel_session.GRACE_SECONDS < session.clock.now < 4 + kernel_session.GRACE_SECONDS


def test_a_notebook_that_takes_too_long_is_stopped_and_nothing_more_is_run(session):
    session.clock.now = 8.5
    session.manager.when_interrupted = message(status="error", ename="KeyboardInterrupt", evalue="")
    assert session.run("loop") == "Stopped: the notebook took more than 10 seconds."
    assert session.run("x = 1") == "Not run: the notebook took more than 10 seconds."
    assert session.ask("a_chapter", "a_name") == (
        "too slow", "Not run: the notebook took more than 10 seconds.",
    )  # fmt: skip
    assert len(session.client.requests) == 1


def test_a_kernel_that_died_is_named(session):
    session.manager.alive = False
    with pytest.raises(KernelFailed, match=r"The kernel died"):
        session.run("x = 1")


def answered(**verdict):
    return message(status="ok", user_expressions={"verdict": verdict})


def test_an_exercise_is_asked_afresh_by_chapter_and_name(session):
    said = repr(json.dumps(["correct", "1 check passed."]))
    session.client.replies = [answered(status="ok", data={"text/plain": said})]
    assert session.ask("convolution", "my_conv2d") == ("correct", "1 check passed.")
    source, options = session.client.requests[0]
    assert source == kernel_session.FRESH
    assert "verdict('convolution', 'my_conv2d', globals())" in options["user_expressions"]["verdict"]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (answered(status="error", ename="NameError", evalue="no verdict"), "NameError: no verdict"),
        (message(status="ok"), "Error: no answer"),
        (answered(status="ok", data={"text/plain": "<correct>"}), "changes how values are shown"),
        (answered(status="ok", data={"text/plain": "'no json'"}), "changes how values are shown"),
        (answered(status="ok", data={}), "changes how values are shown"),
    ],
)
def test_an_answer_that_cannot_be_read_wins_nothing_and_says_why(session, reply, words):
    session.client.replies = [reply]
    status, said = session.ask("convolution", "my_conv2d")
    assert status == "not checked"
    assert words in said


def test_without_jupyter_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "jupyter_client", None)
    spec = importlib.util.spec_from_file_location("without_jupyter", kernel_session.__file__)
    with pytest.raises(ModuleNotFoundError, match="pip install ipykernel"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
