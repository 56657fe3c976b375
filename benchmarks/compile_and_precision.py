"""What torch.compile and 16-bit products are worth on this machine, for FastCNN's training step.

Three ways take turns, batch size by batch size: as it is (eager), compiled, and with products in
bfloat16. Compilation is timed apart; from it and the seconds saved per step follow the steps after
which it has paid. Needs a C++ compiler.

    python benchmarks/compile_and_precision.py --batches 64 256 1024 --steps 20
"""

import argparse
import datetime
import json
import math
import statistics
import time
from contextlib import nullcontext
from pathlib import Path

import torch
from torch.nn import functional

from course_lib.models import FastCNN
from course_lib.reproducibility import default_device, set_seed, versions


def main():
    """Print a table, one line for each batch size, and keep it where a file is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batches", type=int, nargs="+", default=(64, 256, 1024))
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--results", type=Path, help="a JSON file, written anew; the chapter shows its own")
    arguments = parser.parse_args()
    device, rows = default_device(), []
    print(f"torch {torch.__version__} on {device}, {torch.get_num_threads()} threads, milliseconds a step")
    for batch_size in arguments.batches:
        rows.append(measured(batch_size, arguments.steps, device))
        print(in_words(rows[-1]), flush=True)
    if arguments.results is not None:
        facts = {"date": datetime.date.today().isoformat(), "versions": versions(), "device": str(device)}
        facts |= {"threads": torch.get_num_threads(), "steps": arguments.steps, "rows": rows}
        arguments.results.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def measured(batch_size, num_steps, device):
    """Return what was measured for one batch size: medians in milliseconds, seconds to compile."""
    images = torch.randn(batch_size, 1, 28, 28, generator=set_seed(0)).to(device)
    labels = torch.randint(10, (batch_size,), generator=set_seed(1)).to(device)
    model = FastCNN().to(device)
    torch.compiler.reset()  # else the second batch size gets code for any size
    compiled = torch.compile(model)  # shares the weights
    ways = {
        "eager": (model, nullcontext()),
        "compiled": (compiled, nullcontext()),
        "bfloat16": (model, torch.autocast(device.type, dtype=torch.bfloat16)),
    }
    first = {name: seconds_of_step(*way, images, labels) for name, way in ways.items()}
    times = {name: [] for name in ways}
    for _ in range(num_steps):
        for name, way in ways.items():  # in turns: what else the machine does hits all alike
            times[name].append(seconds_of_step(*way, images, labels))
    usual = {name: statistics.median(values) for name, values in times.items()}
    return {
        "batch_size": batch_size,
        "milliseconds": {name: round(1000 * value, 2) for name, value in usual.items()},
        "seconds_to_compile": round(first["compiled"] - usual["compiled"], 1),
        "largest_difference": largest_difference(model, compiled, images),
    }


def in_words(row):
    """Return a row as a line."""
    usual, spent = row["milliseconds"], row["seconds_to_compile"]
    shown = ", ".join(f"{name} {value:.1f}" for name, value in usual.items())
    steps = steps_until_it_pays(row)
    pays = "never pays" if steps is None else f"pays after {steps:,} steps"
    return (
        f"batch {row['batch_size']}: {shown}; compiling took {spent:.0f} s, {pays}; "
        f"compiled logits differ by {row['largest_difference']:.0e}"
    )


def steps_until_it_pays(row):
    """Return after how many steps compiling has paid for itself, None if a step is no faster."""
    saved = (row["milliseconds"]["eager"] - row["milliseconds"]["compiled"]) / 1000
    return math.ceil(row["seconds_to_compile"] / saved) if saved > 0 else None


def seconds_of_step(model, precision, images, labels):
    """Return the seconds of one forward and backward pass, the device's queue emptied."""
    start = time.perf_counter()
    with precision:
        loss = functional.cross_entropy(model(images), labels)
    loss.backward()
    model.zero_grad()
    if images.device.type != "cpu":
        torch.accelerator.synchronize()
    return time.perf_counter() - start


@torch.no_grad()
def largest_difference(model, compiled, images):
    """Return the largest difference of a logit, both in evaluation mode."""
    model.eval()
    difference = (model(images) - compiled(images)).abs().max().item()
    model.train()
    return difference


if __name__ == "__main__":
    main()
