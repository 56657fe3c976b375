"""What the chapter on scaling out measures with several processes; alone it computes the other side.

    torchrun --standalone --nproc-per-node 2 -m course_lib.ddp_checks RESULT.npz

The first process writes what it found: the gradients of each case, and how long an average of so
many bytes and a step of training take.
"""

import sys
import time
from dataclasses import dataclass

import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional

from course_lib.ddp_example import Settings, fit
from course_lib.ddp_group import Group, process_group
from course_lib.models import SimpleCNN
from course_lib.reproducibility import set_seed

BATCH = 64
SIZES = tuple(2**power for power in range(12, 25))  # bytes: 4 KB to 16 MB
REPEATS = 15
TWENTY = Settings(steps=20, batch_size=BATCH, learning_rate=0.01)


@dataclass(frozen=True)
class Case:
    """One comparison: which network, in which precision, and how two processes share the batch."""

    batch_norm: bool = False
    dtype: torch.dtype = torch.float32
    shares: tuple = (BATCH // 2, BATCH // 2)


CASES = {
    "float32": Case(),
    "float64": Case(dtype=torch.float64),
    "batch norm": Case(batch_norm=True, dtype=torch.float64),
    "40 and 24": Case(dtype=torch.float64, shares=(40, 24)),
}


def make_model(case):
    """Return a small CNN for 12x12 images with the same weights each time."""
    set_seed(0)
    norms = [nn.BatchNorm2d(8)] if case.batch_norm else []
    return nn.Sequential(
        nn.Conv2d(1, 8, kernel_size=3, padding=1), *norms, nn.ReLU(),   # (8, 12, 12)
        nn.MaxPool2d(kernel_size=2),                                    # (8, 6, 6)
        nn.Flatten(), nn.Linear(8 * 6 * 6, 14), nn.ReLU(),              # (14,)
        nn.Linear(14, 10),                                              # (10,)
    ).to(case.dtype)  # fmt: skip


def joint_batch(case):
    """Return the images and labels of all processes: noise and its classes, the same each time."""
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(BATCH, 1, 12, 12, generator=generator, dtype=torch.float64)
    return images.to(case.dtype), torch.randint(10, (BATCH,), generator=generator)


def gradient(case, group=None):
    """Return the gradient of one joint batch as one array, averaged over the processes of a group."""
    group = Group() if group is None else group
    images, labels = joint_batch(case)
    shares = case.shares if group.size == len(case.shares) else (BATCH,)
    start = sum(shares[: group.rank])
    own = slice(start, start + shares[group.rank])
    model = make_model(case)
    replica = group.wrap(model)
    functional.cross_entropy(replica(images[own]), labels[own]).backward()
    return flat(parameter.grad for parameter in model.parameters())


def weights(group=None):
    """Return the weights after the twenty steps of `TWENTY` as one array."""
    model = make_model(CASES["float32"])
    fit(model, *joint_batch(CASES["float32"]), TWENTY, group)
    return flat(model.parameters())


def refuses_to_synchronise(group):
    """Whether PyTorch refuses batch normalisation over all processes, as it does on CPUs."""
    case = CASES["batch norm"]
    try:
        group.wrap(nn.SyncBatchNorm.convert_sync_batchnorm(make_model(case)))(joint_batch(case)[0])
    except (RuntimeError, ValueError) as error:
        return "GPU" in str(error)
    return False


def flat(tensors):
    """Return all numbers of some tensors in one array."""
    return np.concatenate([tensor.detach().cpu().numpy().ravel() for tensor in tensors])


def seconds_to_average(sizes, group, repeats=REPEATS):
    """Return how long averages of so many bytes took, shape (sizes, repeats).

    The sizes take turns, so that what else the machine does slows all of them alike; the first
    round does not count.
    """
    arrays = [torch.zeros(num_bytes // 4) for num_bytes in sizes]
    rounds = [[seconds_of_one(array, group) for array in arrays] for _ in range(repeats + 1)]
    return np.transpose(rounds[1:])


def seconds_of_one(array, group):
    """Return how long one average of an array takes, from the moment at which all are ready."""
    dist.barrier(group.steps)
    start = time.perf_counter()
    dist.all_reduce(array, group=group.steps)
    return time.perf_counter() - start


def seconds_per_step(batch_size, group=None, repeats=REPEATS):
    """Return how long several steps of the book's first CNN took; the images are noise.

    With a group each process takes `batch_size` images, and the gradients are averaged.
    """
    set_seed(0)
    model = SimpleCNN()
    replica = model if group is None else group.wrap(model)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    images, labels = torch.randn(batch_size, 1, 28, 28), torch.randint(10, (batch_size,))
    seconds = []
    for _ in range(repeats + 3):  # the first three do not count
        start = time.perf_counter()
        optimizer.zero_grad()
        functional.cross_entropy(replica(images), labels).backward()
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    return np.array(seconds[3:])


def main(path):
    """Measure everything once; the first process writes it to a file."""
    with process_group(timeout=60.0) as group:
        found = {f"gradient/{name}": gradient(case, group) for name, case in CASES.items()}
        found["weights"] = weights(group)
        found["share"] = seconds_per_step(BATCH // group.size)
        found["alone"] = seconds_per_step(BATCH)
        found["shared"] = seconds_per_step(BATCH // group.size, group)
        found["no synchronised batch norm"] = refuses_to_synchronise(group)
        found["sizes"] = np.array(SIZES)
        found["seconds"] = seconds_to_average(SIZES, group)
        if group.rank == 0:
            np.savez(path, **found)


if __name__ == "__main__":
    main(sys.argv[1])
