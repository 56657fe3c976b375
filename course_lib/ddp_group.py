"""The processes of `course_lib.ddp_example`: who is there, who waits how long, who ends whom."""

import os
import signal
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from course_lib.reproducibility import default_device

START_TIMEOUT = 120.0  # seconds: processes start one after the other, on a busy machine much later
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Group:
    """The processes of a training: this one's number, how many there are, and where it computes."""

    rank: int = 0
    size: int = 1
    device: torch.device = CPU
    steps: object = None  # torch's group for the steps; its patience is short
    neighbours: tuple = ()  # the process numbers of the others on this machine

    def wrap(self, model):
        """Return the model as it is trained: alone itself, otherwise a replica that averages gradients."""
        if self.size == 1:
            return model
        device_ids = None if self.device.type == "cpu" else [self.device.index]
        return DistributedDataParallel(model, device_ids=device_ids, process_group=self.steps)

    def agree(self, what, value):
        """Raise ValueError unless all processes say the same; wait patiently for those that still load."""
        values = [value]
        if self.size > 1:
            values = [None] * self.size
            dist.all_gather_object(values, value)
        if len(set(values)) > 1:
            raise ValueError(
                f"The processes have different {what}: {values}. Do all machines see the same files?"
            )


class OtherProcessLost(RuntimeError):
    """Another process of the group died or does not answer; this one cannot go on."""


@contextmanager
def process_group(timeout=10.0):
    """Join the processes that torchrun started, for the length of a ``with`` block; alone there are none.

    Yields
    ------
    Group

    Raises
    ------
    ValueError
        If torchrun started more processes than this machine has GPUs.
    """
    if "RANK" not in os.environ:
        yield Group(device=default_device())
        return
    device = _local_device(int(os.environ["LOCAL_RANK"]))
    backend = "gloo" if device.type == "cpu" else "nccl"
    dist.init_process_group(backend, timeout=timedelta(seconds=START_TIMEOUT))
    try:
        rank, size = dist.get_rank(), dist.get_world_size()
        everybody = [None] * size
        dist.all_gather_object(everybody, (socket.gethostname(), os.getpid()))  # waits for the slowest
        here, own = everybody[rank]
        neighbours = tuple(pid for host, pid in everybody if host == here and pid != own)
        steps = dist.new_group(timeout=timedelta(seconds=timeout))
        # the line in one piece: several processes write into the same file
        print(f"rank {rank} of {size}: process {own}, {backend} on {device}\n", end="", flush=True)
        yield Group(rank, size, device, steps, neighbours)
    finally:
        dist.destroy_process_group()


def _local_device(local_rank):
    if default_device().type != "cuda":  # or COURSE_DEVICE=cpu
        return CPU
    if local_rank >= torch.cuda.device_count():
        raise ValueError(
            f"{torch.cuda.device_count()} GPUs are here, and torchrun started process {local_rank + 1}: "
            "lower --nproc-per-node to one process for each GPU."
        )
    torch.cuda.set_device(local_rank)
    return torch.device("cuda", local_rank)


def end_neighbours(group):
    """End this machine's other processes: torchrun would wait 30 s for one that hangs; then leave."""
    time.sleep(1)  # until they have said what they saw
    for process in group.neighbours:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    os._exit(1)
