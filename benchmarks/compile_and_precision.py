"""What torch.compile and 16-bit products are worth on this machine, for FastCNN's training step.

Three ways take turns, batch size by batch size: as it is (eager), compiled, and with products in
bfloat16. Compilation is timed apart; from it and the seconds saved per step follow the steps after
which it has paid. Needs a C++ compiler.

    python benchmarks/compile_and_precision.py --batches 64 256 1024 --steps 20
"""

import argparse
import statistics
import time
from contextlib import nullcontext

import torch
from torch.nn import functional

from course_lib.models import FastCNN
from course_lib.reproducibility import default_device, set_seed


def main():
    """Print a table, one line for each batch size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batches", type=int, nargs="+", default=(64, 256, 1024))
    parser.add_argument("--steps", type=int, default=20)
    arguments = parser.parse_args()
    device = default_device()
    print(f"torch {torch.__version__} on {device}, {torch.get_num_threads()} threads, milliseconds a step")
    for batch_size in arguments.batches:
        print(row(batch_size, arguments.steps, device), flush=True)


def row(batch_size, num_steps, device):
    """Return what was measured for one batch size, in words."""
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
    shown = ", ".join(f"{name} {1000 * value:.1f}" for name, value in usual.items())
    saved, spent = usual["eager"] - usual["compiled"], first["compiled"] - usual["compiled"]
    pays = f"pays after {spent / saved:,.0f} steps" if saved > 0 else "never pays"
    difference = largest_difference(model, compiled, images)
    return (
        f"batch {batch_size}: {shown}; compiling took {spent:.0f} s, {pays}; "
        f"compiled logits differ by {difference:.0e}"
    )


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
