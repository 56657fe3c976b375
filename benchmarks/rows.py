"""One row of the table of `make bench`: a median, its spread, what was promised, what the rest is."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def row(name, values, unit, *, most=None, least=None, rest=""):
    """Return a row, as JSON can hold it.

    Parameters
    ----------
    name : str
    values : sequence of float
        One for each run, or for each pair of runs.
    unit : str
        "s", or "x" for a ratio.
    most, least : float, optional
        What was promised of the median.
    rest : str, optional
        What the remaining time is made of.

    Examples
    --------
    >>> row("import", [0.3, 0.1, 0.2], "s", most=0.25)["good"]
    True
    """
    median = statistics.median(values)
    good = (most is None or median <= most) and (least is None or median >= least)
    promised = f"at most {most:g}" if most is not None else f"at least {least:g}" if least is not None else ""
    return {
        "name": name, "median": median, "low": min(values), "high": max(values), "runs": len(values),
        "unit": unit, "promised": promised, "good": good, "rest": rest,
    }  # fmt: skip


def timed_command(command, allowed=(0,), **settings):
    """Return the seconds of a command and what it printed; raise with its words where it fails."""
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, **{"cwd": ROOT} | settings)
    seconds = time.perf_counter() - start
    if done.returncode not in allowed:
        raise RuntimeError(f"{' '.join(map(str, command))} failed:\n{(done.stdout + done.stderr)[-2000:]}")
    return seconds, done.stdout


def python(code, **variables):
    """Return the seconds of a fresh interpreter that runs some code, and what it printed."""
    return timed_command([sys.executable, "-c", code], env=os.environ | variables)


def shares(parts):
    """Return the parts of a whole as text, the largest first.

    >>> shares({"import": 1.0, "data": 3.0})
    'data 75 %, import 25 %'
    """
    whole = sum(parts.values())
    ordered = sorted(parts.items(), key=lambda part: -part[1])
    return ", ".join(f"{name} {seconds / whole:.0%}".replace("%", " %") for name, seconds in ordered)
