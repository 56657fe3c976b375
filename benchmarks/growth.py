"""How time grows: a convolution with batch, size and kernel, a build with chapters.

Everything takes turns and is measured in seconds of the processor, so that what else runs disturbs it
little. The exponent of a power law is the slope of a line through the logarithms; its interval comes
from how far the points lie off that line. The page *How this book was built* shows the stored results.
(How a sweep gets faster with more workers is measured in the chapter on scaling out.)

    python benchmarks/growth.py --results course_lib/data/growth.json    # on a built book: five minutes
"""

import argparse
import os
import re
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from rows import ROOT, timed_command
from threadpoolctl import threadpool_limits
from torch.nn import functional

from course_lib import numpy_cnn
from course_lib.experiments import Record
from course_lib.scaling import power_law

BASE = {"batch": 32, "size": 32, "kernel": 3}
CHANNELS = 16
POINTS = {
    "batch": (1, 2, 4, 8, 16, 32, 64, 128),
    "size": (8, 12, 16, 24, 32, 48, 64, 96),
    "kernel": (1, 3, 5, 7, 9, 11),
}
CHAPTERS = (1, 4, 12)
ROUNDS = {"convolution": 7, "build": 1}


def main():
    """Measure what is not in the file yet, and print the exponents."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=Path)
    parser.add_argument("--part", nargs="+", choices=ROUNDS, default=list(ROUNDS))
    parser.add_argument("--root", type=Path, default=ROOT, help="a built book")
    arguments = parser.parse_args()
    os.environ |= {"TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1"}
    record = Record(arguments.results, base=BASE, channels=CHANNELS, rounds=ROUNDS)
    if "convolution" in arguments.part:
        for axis in POINTS:
            found = record.keep(lambda: convolution(axis), "convolution", axis)  # noqa: B023
            for who, seconds in found["seconds"].items():
                slope, half = power_law(found["points"], seconds)
                print(f"{who}, {axis}: exponent {slope:.2f} +- {half:.2f}", flush=True)
    if "build" in arguments.part:
        print("build", record.keep(lambda: build_seconds(arguments.root), "build"), flush=True)


def convolution(axis):
    """Return the seconds of a convolution along one axis, the others at their base: ours and PyTorch's."""
    torch.set_num_threads(1)
    steps = {
        who: [step(who, **BASE | {axis: point}) for point in POINTS[axis]] for who in ("NumPy", "PyTorch")
    }
    seconds = {who: [[] for _ in POINTS[axis]] for who in steps}
    with threadpool_limits(1):
        for _ in range(ROUNDS["convolution"]):
            for place in range(len(POINTS[axis])):
                for who, run in steps.items():
                    seconds[who][place].append(fastest(run[place]))
    medians = {
        who: [round(statistics.median(taken), 7) for taken in rounds] for who, rounds in seconds.items()
    }
    return {"points": POINTS[axis], "seconds": medians}


def step(who, batch, size, kernel):
    """Return a function that convolves a batch once, without gradients."""
    rng = np.random.default_rng(0)
    images = rng.normal(size=(batch, CHANNELS, size, size)).astype(np.float32)
    layer = numpy_cnn.Conv2d(CHANNELS, CHANNELS, kernel, padding=kernel // 2, rng=rng, dtype=np.float32)
    if who == "NumPy":
        return lambda: layer.forward(images)
    tensors = [torch.from_numpy(array) for array in (images, layer.weight, layer.bias)]

    def torch_step():
        with torch.inference_mode():
            functional.conv2d(*tensors, padding=kernel // 2)

    return torch_step


def fastest(run, least_seconds=0.02):
    """Return the least processor seconds of a run among those that fit into a moment, on this one thread."""
    taken, began = [], time.perf_counter()
    while not taken or time.perf_counter() - began < least_seconds:
        start = time.thread_time()
        run()
        taken.append(time.thread_time() - start)
    return min(taken)


def build_seconds(root):
    """Return the processor seconds to build the first chapters of a book whose cells have run, by round."""
    seconds = [[] for _ in CHAPTERS]
    for _ in range(ROUNDS["build"]):
        for place, count in enumerate(CHAPTERS):
            with tempfile.TemporaryDirectory() as folder:
                seconds[place].append(built(root, Path(folder) / "book", count))
    return {"chapters": CHAPTERS, "seconds": seconds}


def built(root, book, count):
    """Return the seconds to build a copy of a book with its first chapters alone."""
    skipped = shutil.ignore_patterns(
        ".venv", ".git", "html", ".doctrees", "jupyter_execute", "notebooks", ".models"
    )
    shutil.copytree(root, book, ignore=skipped)
    names = re.findall(
        r"file: (chapters/\w+)$", (root / "_toc.yml").read_text(encoding="utf-8"), re.MULTILINE
    )
    listed = "".join(f"      - file: {name}\n" for name in names[:count])
    (book / "_toc.yml").write_text(
        f"format: jb-book\nroot: glossary\nparts:\n  - caption: All\n    numbered: 1\n    chapters:\n{listed}"
    )
    command = [str(root / ".venv/bin/jupyter-book"), "build", ".", "--quiet"]
    before = processor_seconds()
    timed_command(command, cwd=book, env=os.environ | {"PYTHONPATH": str(book)})
    return round(processor_seconds() - before, 2)


def processor_seconds():
    """Return the processor seconds of all commands so far: what else runs beside them counts little."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    main()
