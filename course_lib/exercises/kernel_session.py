"""A kernel that runs somebody else's cells, with limits on time and output."""

import ast
import contextlib
import json
import os
import queue
import subprocess
import time

try:
    from jupyter_client import KernelManager
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "Marking notebooks needs jupyter_client and ipykernel: pip install ipykernel."
    ) from error

# Everything about exercises is imported anew: what the notebook's cells changed in it is gone.
FRESH = """
for _name in [n for n in __import__("sys").modules if n.startswith("course_lib.exercises")]:
    del __import__("sys").modules[_name]
"""
ASK = '__import__("course_lib.exercises.verdict", fromlist=["verdict"]).verdict({!r}, {!r}, globals())'
GRACE_SECONDS = 5  # for a cell to end after it was interrupted
TICK_SECONDS = 0.2


class KernelFailed(Exception):
    """The kernel died, or does not answer any more."""


class KernelSession:
    """A kernel of its own for one notebook; a context manager.

    Parameters
    ----------
    folder : path
        Where it runs.
    cell_seconds, total_seconds : float
        How long a cell, and all cells together, may take.
    output_bytes : int
        How much a cell may print before it is interrupted.
    """

    def __init__(self, folder, *, cell_seconds, total_seconds, output_bytes):
        self.folder, self.cell_seconds, self.output_bytes = folder, cell_seconds, output_bytes
        self.deadline = time.monotonic() + total_seconds
        self.total_seconds = total_seconds
        self.manager = KernelManager(kernel_name="python3")

    def __enter__(self):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        settings = {"COURSE_STRICT": "0", "TQDM_DISABLE": "1"}
        self.manager.start_kernel(cwd=str(self.folder), env={**os.environ, **settings}, **quiet)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        try:
            self.client.wait_for_ready(timeout=120)
        except RuntimeError as error:
            self.__exit__()
            raise KernelFailed(f"The kernel did not start: {error}") from None
        return self

    def __exit__(self, *_):
        self.client.stop_channels()
        with contextlib.suppress(Exception):  # whatever state it is in, it has to go
            self.manager.shutdown_kernel(now=True)

    def run(self, source):
        """Run a cell; return None, or in words what went wrong.

        Raises KernelFailed if no further cell can run.
        """
        reply, stopped = self._execute(source)
        if stopped:
            return stopped
        if reply["status"] == "error":
            return f"{reply['ename']}: {reply['evalue']}"
        return None

    def ask(self, chapter, name):
        """Return (status, message) of an exercise, checked afresh."""
        reply, stopped = self._execute(FRESH, {"verdict": ASK.format(chapter, name)})
        if stopped:
            return "too slow", stopped
        said = reply.get("user_expressions", {}).get("verdict", {})
        if said.get("status") != "ok":
            return "not checked", f"{said.get('ename', 'Error')}: {said.get('evalue', 'no answer')}"
        try:
            status, message = json.loads(ast.literal_eval(said["data"]["text/plain"]))
        except (KeyError, TypeError, ValueError, SyntaxError):
            return "not checked", "The notebook changes how values are shown."
        return status, message

    def _execute(self, source, expressions=None):
        """Return the kernel's reply to a request, and why it was interrupted, if it was."""
        if time.monotonic() > self.deadline:
            return None, f"Not run: the notebook took more than {self.total_seconds:g} seconds."
        request = self.client.execute(
            source, store_history=False, allow_stdin=False, stop_on_error=False, user_expressions=expressions
        )
        end = min(time.monotonic() + self.cell_seconds, self.deadline)
        printed, stopped = 0, None
        while True:
            printed += self._printed(request)
            reply = self._reply(request)
            if reply is not None:
                return reply, stopped
            stop = self._reason_to_stop(end, printed)
            if stop and stopped:
                raise KernelFailed(f"{stopped} It could not be interrupted.")
            if stop:
                stopped, printed, end = stop, -(10**12), time.monotonic() + GRACE_SECONDS
                self.manager.interrupt_kernel()

    def _reason_to_stop(self, end, printed):
        if not self.manager.is_alive():
            raise KernelFailed("The kernel died: a crash, or too little memory.")
        if printed > self.output_bytes:
            return f"Stopped: a cell printed more than {self.output_bytes:,} bytes."
        if time.monotonic() > self.deadline:
            return f"Stopped: the notebook took more than {self.total_seconds:g} seconds."
        if time.monotonic() > end:
            return f"Stopped: a cell took more than {self.cell_seconds:g} seconds."
        return None

    def _printed(self, request):
        """Drop what a cell displays, for at most a moment; return how many bytes that was."""
        count, end = 0, time.monotonic() + TICK_SECONDS
        while time.monotonic() < end:
            try:
                message = self.client.get_iopub_msg(timeout=TICK_SECONDS)
            except queue.Empty:
                break
            if message["parent_header"].get("msg_id") != request:
                continue
            count += len(str(message["content"]))
            if message["content"].get("execution_state") == "idle":
                break
        return count

    def _reply(self, request):
        """Return the content of the reply, or None if there is none yet."""
        with contextlib.suppress(queue.Empty):
            while True:
                message = self.client.get_shell_msg(timeout=0.01)
                if message["parent_header"].get("msg_id") == request:
                    return message["content"]
        return None
