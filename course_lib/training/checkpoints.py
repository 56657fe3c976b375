"""The state of a training in a file, so that it can go on after an interruption.

A checkpoint is a plain ``.npz`` archive of arrays: weights and buffers, the optimiser's moments, the
random numbers' states, the history, and what the training is. Nothing is ever unpickled. It is
written beside its place and moved there in one step: a kill leaves the old one or the new one whole.
"""

import hashlib
import json
import os
import shutil
import warnings
from pathlib import Path

import numpy as np
import torch

from course_lib.evaluation import device_of
from course_lib.model_digest import named_tensors
from course_lib.training.config import describe


class CheckpointError(RuntimeError):
    """A checkpoint cannot be used; the message names the file and says what to do."""


class Checkpoint:
    """The file of one training, which knows its settings, its data and the weights that it began with.

    Parameters
    ----------
    path : str or path
    model : torch.nn.Module
        Before its first step.
    data : course_lib.data.ImageData
    config : TrainConfig

    Raises
    ------
    CheckpointError
        If the path is taken by something that is no file.
    """

    def __init__(self, path, model, data, config):
        self.path = Path(path).expanduser()
        self.identity = {
            "settings": describe(config),
            "model": [type(model).__name__, repr(model), _layout(model)],
            "first weights": _digest(model),
            "data": data.fingerprint,
        }
        if self.path.exists() and not self.path.is_file():
            raise CheckpointError(f"{self.path} is no file: name one in which the training can be kept.")
        self.path.parent.mkdir(parents=True, exist_ok=True)  # now, not after the first epoch

    @property
    def previous(self):
        """The file that holds the state of the epoch before."""
        return _beside(self.path, ".previous")

    def restore(self, run):
        """Bring a run to the state in the file; if there is none, leave it at its beginning."""
        if not self.path.exists():
            return
        arrays = self._read()
        self._check(json.loads(str(arrays["identity"])))
        with torch.no_grad():
            for name, tensor in named_tensors(run.model).items():
                tensor.copy_(torch.from_numpy(arrays[f"model/{name}"]))
        _restore_optimizer(run.optimizer, arrays)
        for name, values in json.loads(str(arrays["history"])).items():
            setattr(run.history, name, values)
        _restore_random(run, arrays)

    def save(self, run):
        """Write the state of a run; the state that was there becomes ``.previous``."""
        arrays = {f"model/{name}": _array(tensor) for name, tensor in named_tensors(run.model).items()}
        arrays |= _optimizer_arrays(run.optimizer) | _random_arrays(run)
        arrays |= {"history": np.array(json.dumps(vars(run.history)))}
        arrays |= {"identity": np.array(json.dumps(self.identity))}
        part = _beside(self.path, ".part")  # one name: what a kill leaves is overwritten the next time
        if self.path.exists():
            shutil.copyfile(self.path, part)
            os.replace(part, self.previous)
        with open(part, "wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())  # on the disk before its name is
        os.replace(part, self.path)

    def _read(self):
        with open(self.path, "rb") as file:  # a file that may not be read is an error of its own
            try:
                with warnings.catch_warnings(action="ignore"):
                    archive = np.load(file, allow_pickle=False)
                    arrays = {name: archive[name] for name in archive.files}  # each against its checksum
                if not {"identity", "history"} <= arrays.keys():
                    raise ValueError("no checkpoint")
            except Exception as error:  # whatever a damaged file makes of NumPy's reader
                raise CheckpointError(self._damage(error)) from error
        return arrays

    def _damage(self, error):
        message = f"The checkpoint {self.path} is damaged ({type(error).__name__}: {error}). "
        if self.previous.is_file():
            message += f"To go on from the epoch before, move {self.previous} there; to"
        else:
            message += "To"
        return message + " begin again, delete it."

    def _check(self, found):
        ours, theirs = self.identity["settings"], found["settings"]
        changed = [name for name in ours | theirs if ours.get(name) != theirs.get(name)]
        differences = [f"{name}={theirs.get(name)!r} in place of {ours.get(name)!r}" for name in changed]
        names = {
            "model": "another model",
            "first weights": "a model with other weights at its start (build it anew, with the same seed)",
            "data": "other images or labels",
        }
        differences += [words for key, words in names.items() if found[key] != self.identity[key]]
        if differences:
            raise CheckpointError(
                f"The checkpoint {self.path} is of another training: {differences[0]}. "
                "Give each training a file of its own, or delete this one to begin again."
            )


def _beside(path, ending):
    return path.with_name(path.name + ending)


def _array(tensor):
    return tensor.detach().cpu().numpy()


def _layout(model):
    """Return names, shapes, types and what is frozen, as JSON keeps them."""
    return [
        [name, list(tensor.shape), str(tensor.dtype), tensor.requires_grad]
        for name, tensor in named_tensors(model).items()
    ]


def _digest(model):
    digest = hashlib.sha256()
    for tensor in named_tensors(model).values():
        digest.update(np.ascontiguousarray(_array(tensor)))
    return digest.hexdigest()


def _parameters(optimizer):
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


def _optimizer_arrays(optimizer):
    return {
        f"optimizer/{index}/{name}": _array(value)
        for index, parameter in enumerate(_parameters(optimizer))
        for name, value in optimizer.state.get(parameter, {}).items()
        if value is not None  # "sgd" without momentum
    }


def _restore_optimizer(optimizer, arrays):
    parameters = _parameters(optimizer)
    for key in (key for key in arrays if key.startswith("optimizer/")):
        _, index, name = key.split("/")
        parameter, value = parameters[int(index)], torch.from_numpy(arrays[key])
        # Moments lie in memory as their weights do: a fused step reads both side by side.
        is_moment = value.shape == parameter.shape and name != "step"
        value = torch.empty_like(parameter).copy_(value) if is_moment else value.to(parameter.device)
        optimizer.state[parameter][name] = value


def _random_arrays(run):
    arrays = {"random/order": run.generator.get_state().numpy(), "random/cpu": torch.get_rng_state().numpy()}
    device = device_of(run.model)
    if device.type != "cpu":
        module, where = _random_module(device)
        arrays["random/device"] = module.get_rng_state(*where).cpu().numpy()
    return arrays


def _restore_random(run, arrays):
    run.generator.set_state(torch.from_numpy(arrays["random/order"]))
    torch.set_rng_state(torch.from_numpy(arrays["random/cpu"]))
    if "random/device" in arrays:
        module, where = _random_module(device_of(run.model))
        module.set_rng_state(torch.from_numpy(arrays["random/device"]), *where)


def _random_module(device):
    """Return torch.cuda or torch.mps, and how the first names one of several devices."""
    return torch.get_device_module(device), (device,) if device.type == "cuda" else ()
