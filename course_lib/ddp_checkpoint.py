"""The state of `course_lib.ddp_example` in a file: written in one step, read without running anything."""

import os
from pathlib import Path

import torch

SAME = ("batch_size", "learning_rate", "momentum", "seed", "num_images")  # when a training goes on


def how_to_go_on(settings):
    """Return the sentence that a training says when it must end early."""
    if not settings.checkpoint:
        return "Nothing was kept: with --checkpoint FILE it could go on."
    if not Path(settings.checkpoint).exists():
        return "It ended before its first checkpoint."
    done = read(settings)["step"]
    return f"The state after step {done} is in {settings.checkpoint}: the same command goes on from it."


def save(settings, model, optimizer, step):
    """Write the state after so many steps; a kill leaves the old file or the new one, whole."""
    if not settings.checkpoint:
        return
    state = {"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict()}
    part = Path(f"{settings.checkpoint}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    torch.save({**state, "training": _identity(settings)}, part)
    os.replace(part, settings.checkpoint)  # in one step


def read(settings):
    """Return the state in the checkpoint, without running anything that it holds.

    Raises
    ------
    ValueError
        For a file that is damaged, or of a training with other settings.
    """
    try:
        state = torch.load(settings.checkpoint, map_location="cpu", weights_only=True)
        kept = state["training"]
    except Exception as error:  # whatever a damaged file makes of torch's reader
        raise ValueError(
            f"The checkpoint {settings.checkpoint} cannot be read ({type(error).__name__}): delete it to "
            "begin again."
        ) from error
    ours = _identity(settings)
    changed = [
        f"{name}={kept.get(name)} and not {ours[name]}" for name in ours if kept.get(name) != ours[name]
    ]
    if changed:
        raise ValueError(
            f"The checkpoint {settings.checkpoint} is of a training with {changed[0]}: name another file."
        )
    return state


def restore(settings, model, optimizer):
    """Bring model and optimiser to the state in the checkpoint, if there is one; return its step."""
    if not settings.checkpoint or not Path(settings.checkpoint).exists():
        return 0
    state = read(settings)
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    return state["step"]


def _identity(settings):
    return {name: getattr(settings, name) for name in SAME}
