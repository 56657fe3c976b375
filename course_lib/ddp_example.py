"""One training, alone or shared among processes: DistributedDataParallel in one script.

Alone, on two processes of this machine, and on four machines with eight GPUs each (on every one of
them, HOST being one)::

    python -m course_lib.ddp_example
    torchrun --standalone --nproc-per-node 2 -m course_lib.ddp_example
    torchrun --nnodes 4 --nproc-per-node 8 --rdzv-backend c10d --rdzv-endpoint HOST:29500 \\
        -m course_lib.ddp_example

Explained in the chapter on scaling out. Every process holds the whole model and takes its share of
each joint batch; the gradients are averaged while they are computed. The settings are the same on
one process and on many, ``batch_size`` counts the images of all of them.
"""

import argparse
import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass, fields

import torch
from torch.nn import functional

from course_lib.data import load_mnist
from course_lib.ddp_checkpoint import how_to_go_on, restore, save
from course_lib.ddp_group import Group, OtherProcessLost, end_neighbours, process_group
from course_lib.evaluation import evaluate
from course_lib.models import SimpleCNN
from course_lib.reproducibility import set_seed


@dataclass(frozen=True)
class Settings:
    """What the training is; the command line has an option for each."""

    steps: int = 200
    batch_size: int = 64  # of all processes together
    learning_rate: float = 0.05
    momentum: float = 0.9
    seed: int = 0
    num_images: int = 4000  # a random part of MNIST's; at most all
    save_every: int = 20  # steps
    timeout: float = 10.0  # seconds for which a process waits for the others in one step
    checkpoint: str = ""  # a file; none by default


def joint_batch(step, num_images, settings):
    """Return the positions of the images of all processes at one step, shape (batch_size,).

    They follow from seed and step alone: every process draws the same ones, and a training that goes
    on after an interruption needs no state of a generator. Each epoch has an order of its own; images
    that fill no batch are left out of it.
    """
    if not settings.batch_size <= num_images:
        raise ValueError(f"A batch of {settings.batch_size} images needs as many, got {num_images}.")
    per_epoch = num_images // settings.batch_size
    epoch, place = divmod(step, per_epoch)
    generator = torch.Generator().manual_seed(1_000_003 * settings.seed + epoch)
    order = torch.randperm(num_images, generator=generator)
    return order[place * settings.batch_size : (place + 1) * settings.batch_size]


def own_share(batch, group):
    """Return this process's part of a joint batch, shape (batch_size / size,).

    Raises
    ------
    ValueError
        If the parts would differ in size: the mean of their means would not be the mean of all.
    """
    if len(batch) % group.size:
        raise ValueError(
            f"A joint batch of {len(batch)} images has no {group.size} equal parts: make batch_size a "
            f"multiple of the number of processes, such as {-(-len(batch) // group.size) * group.size}."
        )
    return batch[group.rank :: group.size]


def fit(model, images, labels, settings, group=None, report=None):
    """Train a model in place on this process's share of each joint batch.

    Parameters
    ----------
    model : torch.nn.Module
        On the device of the group, with the same weights on every process.
    images : torch.Tensor
        Shape (N, C, H, W): all images, on every process.
    labels : torch.Tensor
        Shape (N,).
    settings : Settings
    group : Group, optional
        Without one the process is alone.
    report : callable, optional
        Gets a line about the training whenever the first process could keep its state.

    Returns
    -------
    list of float
        The losses of this process's shares, from the first step that was still to do.
    """
    group = Group() if group is None else group
    optimizer = torch.optim.SGD(model.parameters(), lr=settings.learning_rate, momentum=settings.momentum)
    first = restore(settings, model, optimizer)
    group.agree("first steps", first + 1)
    replica, losses = group.wrap(model), []
    for step in range(first, settings.steps):
        share = own_share(joint_batch(step, len(images), settings), group)  # (batch_size / size,)
        with _others_may_be_lost(group, step, settings):
            logits = replica(images[share])  # (batch_size / size, num_classes)
            loss = functional.cross_entropy(logits, labels[share])  # ()
            optimizer.zero_grad()
            loss.backward()  # here the replicas average their gradients
            optimizer.step()
            losses.append(loss.item())
        done = step + 1
        if group.rank == 0 and (done % settings.save_every == 0 or done == settings.steps):
            save(settings, model, optimizer, done)
            if report is not None:
                report(f"step {done} of {settings.steps}: loss {losses[-1]:.4f}")
    return losses


@contextmanager
def _others_may_be_lost(group, step, settings):
    """Say what to do when another process is lost, and end those of this machine that hang."""
    try:
        yield
    except RuntimeError as error:
        text = str(error)
        if group.size == 1 or not any(word in text for word in ("gloo", "NCCL", "Connection", "Timed out")):
            raise
        raise OtherProcessLost(
            f"rank {group.rank}, step {step + 1}: another process died, or did not answer for "
            f"{settings.timeout:g} s. {how_to_go_on(settings)}"
        ) from error


def parse(arguments=None):
    """Return the settings that a command line names."""
    parser = argparse.ArgumentParser(prog="ddp_example", description=__doc__.partition("\n")[0])
    for field in fields(Settings):
        option = f"--{field.name.replace('_', '-')}"
        parser.add_argument(option, type=type(field.default), default=field.default)
    return Settings(**vars(parser.parse_args(arguments)))


def train(settings, group, report=None):
    """Train the first CNN of the book on a part of MNIST; return the model and what it was trained on."""
    data = load_mnist()
    data = data.sample(min(settings.num_images, len(data.train_labels)), seed=settings.seed)
    images, labels = data.train_images.to(group.device), data.train_labels.to(group.device)
    set_seed(settings.seed)  # the same weights on every process
    model = SimpleCNN().to(group.device)
    fit(model, images, labels, settings, group, report)
    return model, images, labels


def say(words):
    """Print at once: who reads the output of a process that dies finds all that it said."""
    print(f"{words}\n", end="", flush=True)  # in one piece: several processes write into the same file


def main(arguments=None):
    """Train as the command line says; of many processes the first one speaks."""
    settings = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: _told_to_stop(settings))  # torchrun's, when another one died
    with process_group(settings.timeout) as group:
        try:
            model, images, labels = train(settings, group, report=say)
        except OtherProcessLost as error:
            say(error)
            end_neighbours(group)
        if group.rank == 0:
            accuracy = evaluate(model, images, labels)[1]
            say(f"{accuracy:.1%} of the training images after {settings.steps} steps")


def _told_to_stop(settings):
    say(f"rank {os.environ.get('RANK', 0)}: told to stop. {how_to_go_on(settings)}")
    os._exit(1)  # the others may be gone: nothing here waits for them


if __name__ == "__main__":
    main()
