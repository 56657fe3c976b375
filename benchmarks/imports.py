"""How long a fresh interpreter takes to import each module of course_lib, and what of that is not ours.

Modules take turns, so that a busy machine slows all of them; the rest is the median of the largest
packages below, imported in turn with them: a module takes at least as long as what it needs.
"""

import statistics
from collections import defaultdict

from rows import ROOT, python, row

PROMISED = {"geometry": 0.3, "numpy_cnn": 0.3}
BELOW = {
    "Python": "pass",
    "NumPy": "import numpy",
    "PyTorch": "import torch",
    "pyplot": "import matplotlib.pyplot",
}
ROUNDS = 3


def measured(rounds=ROUNDS):
    """Return the rows of all modules, the slowest last."""
    names = sorted(path.stem for path in (ROOT / "course_lib").iterdir() if is_module(path))
    code = {name: f"import course_lib.{name}" for name in names}
    seconds = defaultdict(list)
    python("; ".join(code.values()))  # reads the files that all others then find in memory
    for _ in range(rounds):
        for name, statement in (BELOW | code).items():
            seconds[name].append(python(statement)[0])
    below = {name: statistics.median(seconds[name]) for name in BELOW}
    rows = [
        row(f"import {name}", seconds[name], "s", most=PROMISED.get(name), rest=made_of(name, below))
        for name in names
    ]
    return sorted(rows, key=lambda found: found["median"])


def is_module(path):
    """Return whether a path in the package is a module or a package."""
    return (path.suffix == ".py" and path.stem != "__init__") or (path / "__init__.py").is_file()


def made_of(name, below):
    """Return which of the packages below a module loads, with their seconds."""
    code = f"import course_lib.{name}, sys; print('numpy' in sys.modules, 'torch' in sys.modules, "
    _, printed = python(code + "'matplotlib.pyplot' in sys.modules)")
    loads = [True, *(answer == "True" for answer in printed.split())]
    return ", ".join(f"{part} {below[part]:.2f}" for part, needed in zip(below, loads, strict=True) if needed)
