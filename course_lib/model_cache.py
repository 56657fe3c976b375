"""Trained models, shared between chapters: trained once, then loaded.

A model's file is named by a digest of everything that its weights depend on: the source of
the model and of the training loop, the initial weights, the configuration, every pixel and
label, and the version of torch. Change one of them and the model is trained again. Files are
plain ``.npz`` archives of arrays; nothing is ever unpickled.
"""

import hashlib
import inspect
import json
import logging
import os
import tempfile
from pathlib import Path

import numpy as np
import torch

from course_lib import evaluation, training
from course_lib.data.files import UNREADABLE, data_folder
from course_lib.training import History, TrainConfig

log = logging.getLogger(__name__)


def models_folder():
    """Return the folder of trained models: ``$COURSE_MODELS``, or ``models`` beside the data."""
    chosen = os.environ.get("COURSE_MODELS")
    return Path(chosen).expanduser() if chosen else data_folder() / "models"


def train_cached(model, data, config=None):
    """Train a model in place like ``training.train``, or load what the same call gave before.

    A broken or unreadable file means training again; a folder that cannot be written means
    that nothing is kept. Both are logged, neither is an error.

    Parameters
    ----------
    model : torch.nn.Module
        Freshly initialised: its weights are part of the key.
    data : course_lib.data.ImageData
    config : TrainConfig, optional

    Returns
    -------
    History
        ``seconds`` are those of the run that trained the model.
    """
    config = TrainConfig() if config is None else config
    path = models_folder() / f"{type(model).__name__}-{cache_key(model, data, config)[:24]}.npz"
    history = _load(path, model)
    if history is None:
        history = training.train(model, data, config)
        _store(path, model, history)
    return history


def cache_key(model, data, config):
    """Return the hexadecimal digest that names a trained model."""
    digest = hashlib.sha256()
    for part in (
        torch.__version__,
        str(torch.get_num_threads()),  # other threads, other sums, other last digits
        next((parameter.device.type for parameter in model.parameters()), "cpu"),
        json.dumps(training.describe(config), sort_keys=True),
        inspect.getsource(training),
        inspect.getsource(evaluation),
        repr(model),
        *_sources(model),
        data.fingerprint,
    ):
        digest.update(hashlib.sha256(part.encode()).digest())
    for name, values in _state(model).items():
        digest.update(f"{name} {values.shape} {values.dtype}".encode())
        digest.update(np.ascontiguousarray(values))
    return digest.hexdigest()


def _sources(model):
    """Return the source of every class in the model that is not torch's own."""
    classes = {type(module) for module in model.modules()}
    classes |= {base for cls in classes for base in cls.__mro__ if base is not object}
    ours = sorted(
        (cls for cls in classes if not cls.__module__.startswith("torch.")), key=lambda cls: cls.__qualname__
    )
    return [_source(cls) for cls in ours]


def _source(cls):
    try:
        return inspect.getsource(cls)
    except (OSError, TypeError):  # a class typed into a notebook has no file, but its methods have code
        codes = [member.__code__ for member in vars(cls).values() if inspect.isfunction(member)]
        return cls.__qualname__ + repr([(code.co_code, code.co_names, code.co_consts) for code in codes])


def _state(model):
    return {name: tensor.detach().cpu().numpy() for name, tensor in model.state_dict().items()}


def _load(path, model):
    """Load weights into the model and return the history, or None if there is nothing usable."""
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as archive:
            state = {name: torch.from_numpy(archive[f"weight/{name}"]) for name in model.state_dict()}
            history = History(**json.loads(str(archive["history"])))
        for name, expected in model.state_dict().items():
            if state[name].shape != expected.shape or state[name].dtype != expected.dtype:
                raise ValueError(f"{name} does not fit")  # before anything is loaded: no half-loaded model
        model.load_state_dict(state)
    except UNREADABLE as error:
        log.warning("The cached model %s is unusable (%s); training again.", path, error)
        return None
    return history


def _store(path, model, history):
    """Write the file whole or not at all: a temporary neighbour, then one atomic rename."""
    arrays = {f"weight/{name}": values for name, values in _state(model).items()}
    arrays["history"] = np.array(json.dumps(vars(history)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".part-") as folder:
            temporary = Path(folder) / path.name
            np.savez(temporary, **arrays)
            os.replace(temporary, path)
    except OSError as error:
        log.warning("The trained model cannot be kept in %s (%s).", path.parent, error)
