"""Processes that a page starts and surely ends: torchrun on this machine."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress

import psutil


class Torchrun:
    """A module under torchrun on this machine; use it in a ``with`` block, which leaves no process behind.

    What the processes write goes to a file, so that nothing waits for a reader.

    Parameters
    ----------
    module : str
        Such as ``course_lib.ddp_example``.
    *arguments : str
        Of the module.
    num_processes : int, optional

    Examples
    --------
    ::

        with Torchrun("course_lib.ddp_example", "--steps", "20") as run:
            code = run.wait()
        print(code, run.output())
    """

    def __init__(self, module, *arguments, num_processes=2):
        self.command = [
            sys.executable, "-m", "torch.distributed.run", "--standalone",
            "--nproc-per-node", str(num_processes),
            "-m", module, *map(str, arguments),
        ]  # fmt: skip

    def __enter__(self):
        self._file = tempfile.TemporaryFile()
        # A session of its own: what torchrun starts can be ended with it, and an interrupt of the page
        # does not reach half of them.
        self._process = subprocess.Popen(
            self.command, stdout=self._file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            start_new_session=True, env=_environment(),
        )  # fmt: skip
        return self

    def __exit__(self, *error):
        self._end_all()
        self._process.wait()
        self._file.close()

    def output(self):
        """Return what the processes have written so far."""
        size = os.fstat(self._file.fileno()).st_size
        return os.pread(self._file.fileno(), size, 0).decode(errors="replace")

    def said(self):
        """Return the lines of the module, without those of torchrun and of tracebacks."""
        ours = re.compile(r"(rank|step) \d|\d+\.\d%")
        return [line for line in self.output().splitlines() if ours.match(line)]

    def wait(self, seconds=120.0):
        """Wait until torchrun has ended and return its exit code, 0 if all went well.

        Raises
        ------
        TimeoutError
            After so many seconds; the message holds the end of the output.
        """
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"Still running after {seconds:g} s. {self._end_of_output()}") from None

    def wait_for(self, words, seconds=120.0):
        """Wait until the processes have written these words.

        Raises
        ------
        TimeoutError
            If they do not within so many seconds.
        RuntimeError
            If torchrun ends before.
        """
        self._wait_for_pattern(re.escape(words), words, seconds)

    def process_of(self, rank, seconds=120.0):
        """Return the process number of a rank, as it wrote it last; wait until it has written one.

        Raises
        ------
        TimeoutError, RuntimeError
            As `wait_for`.
        """
        # Not at the beginning of a line only: two processes may write into the same one.
        pattern = rf"rank {rank} of \d+: process (\d+)"
        return int(self._wait_for_pattern(pattern, f"the process of rank {rank}", seconds)[-1])

    def _wait_for_pattern(self, pattern, words, seconds):
        end = time.monotonic() + seconds
        while not (found := re.findall(pattern, self.output())):
            if self._process.poll() is not None and not re.search(pattern, self.output()):
                raise RuntimeError(f"It ended before it wrote {words!r}. {self._end_of_output()}")
            if time.monotonic() > end:
                raise TimeoutError(f"No {words!r} within {seconds:g} s. {self._end_of_output()}")
            time.sleep(0.02)
        return found

    def _end_of_output(self):
        return f"The end of its output:\n{self.output()[-2000:]}"

    def _end_all(self):
        """Kill torchrun and all that it started; those processes have sessions of their own."""
        with suppress(psutil.NoSuchProcess):
            torchrun = psutil.Process(self._process.pid)
            for process in (*torchrun.children(recursive=True), torchrun):
                with suppress(psutil.NoSuchProcess):
                    process.kill()


def _environment():
    """Return the environment of local processes: one thread each, and the loop-back network."""
    found = {"OMP_NUM_THREADS": "1", "COURSE_DEVICE": "cpu", **os.environ}
    names = [name for _, name in socket.if_nameindex() if re.fullmatch(r"lo\d*", name)]
    if names:  # a host name need not resolve where there is no network
        found.setdefault("GLOO_SOCKET_IFNAME", names[0])
    return found
