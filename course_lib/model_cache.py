"""Trained models, shared between chapters: trained once, then loaded.

A model's file is named by a digest of everything that its weights depend on: the model (see
``model_digest``), the code of course_lib, the configuration, every pixel and label, the version of
torch and the processor. Change one of them and the model is trained again. Models of other classes
than torch's and course_lib's are trained each time: nobody can tell whether their code is the same.
Files are plain ``.npz`` archives of arrays; nothing is ever unpickled.
"""

import hashlib
import json
import logging
import os
import tempfile
import warnings
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import platformdirs
import torch
from filelock import FileLock

from course_lib import training
from course_lib.data.files import data_folder
from course_lib.model_digest import UnknownModel, model_digest, named_tensors, settings_of
from course_lib.training import History, TrainConfig

# What goes wrong with the cache costs time and changes no result: it is logged below a warning, because
# a chapter that writes to the error stream does not build.
log = logging.getLogger(__name__)


def model_folders():
    """Return the folders of trained models, in the order in which they are tried.

    ``$COURSE_MODELS`` alone if it is set; else ``models`` beside the data, and, because the data
    may lie in a shared folder that only the teacher can write, ``models`` in the user's cache folder.
    """
    chosen = os.environ.get("COURSE_MODELS")
    if chosen:
        return [Path(chosen).expanduser()]
    own = Path(platformdirs.user_cache_dir("course_lib")) / "models"
    return list(dict.fromkeys([data_folder() / "models", own]))


def train_cached(model, data, config=None):
    """Train a model in place like ``training.train``, or load what the same call gave before.

    A broken or unreadable file means training again; where no folder can be written, nothing is
    kept. Neither is an error.

    Parameters
    ----------
    model : torch.nn.Module
        Freshly initialised: its weights are part of the key. Loaded are only models whose classes are
        torch's or course_lib's; a class of your own is trained each time.
    data : course_lib.data.ImageData
    config : TrainConfig, optional

    Returns
    -------
    History
        ``seconds`` are those of the run that trained the model.
    """
    config = TrainConfig() if config is None else config
    try:
        name = f"{type(model).__name__}-{cache_key(model, data, config)[:24]}.npz"
    except UnknownModel as reason:
        log.info("Trained, not loaded: %s.", reason)
        return training.train(model, data, config)
    with _alone(name):  # of two chapters that run at once, one trains and the other one loads
        history = next(filter(None, (_load(folder / name, model) for folder in model_folders())), None)
        return history or _train_and_store(name, model, data, config)


def _train_and_store(name, model, data, config):
    settings = settings_of(model.train())  # the mode in which training leaves it
    history = training.train(model, data, config)
    if _has_settings(model, settings):  # a file holds the weights alone
        _store(name, model, history)
    return history


@contextmanager
def _alone(name):
    """Let one process at a time have a model; where no lock can be written, nobody waits."""
    folder = model_folders()[0] / ".locks"
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(folder / name))
        except (OSError, NotImplementedError) as error:  # of file systems that cannot lock
            log.info("Not locked (%s).", error)
        yield


def _has_settings(model, expected):
    try:
        return settings_of(model) == expected
    except UnknownModel:
        return False


def cache_key(model, data, config):
    """Return the hexadecimal digest that names a trained model.

    Raises UnknownModel if there is something in the model that cannot be compared.
    """
    parts = (
        torch.__version__,
        torch.backends.cpu.get_cpu_capability(),  # other instructions, other last digits
        torch.get_num_threads(),  # other threads, other sums
        json.dumps(training.describe(config), sort_keys=True),
        model_digest(model),
        data.fingerprint,
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _load(path, model):
    """Load weights into the model and return the history, or None if there is nothing usable."""
    if not os.path.isfile(path):  # os.path: in a folder that may not be entered there is no file for us
        return None
    tensors = named_tensors(model)
    try:
        # a file of our own: NumPy leaves one that is no archive open
        with warnings.catch_warnings(action="ignore"), open(path, "rb") as file:
            archive = np.load(file, allow_pickle=False)
            state = {name: torch.from_numpy(archive[f"weight/{name}"]) for name in tensors}
            history = _history(json.loads(str(archive["history"])))
        for name, expected in tensors.items():
            if state[name].shape != expected.shape or state[name].dtype != expected.dtype:
                raise ValueError(f"{name} does not fit")  # before anything is loaded: no half-loaded model
    except Exception as error:  # whatever a damaged file makes of NumPy's reader: it can be trained again
        log.info("The cached model %s is unusable (%s); training again.", path, error)
        return None
    with torch.no_grad():
        for name, tensor in tensors.items():
            tensor.copy_(state[name])
    model.train()  # the mode in which training leaves it
    return history


def _history(lists):
    """Return a history of what a file holds; anything but numbers in lists raises."""
    return History(**{name: [float(value) for value in values] for name, values in lists.items()})


def _store(name, model, history):
    """Write the file into the first folder that takes it."""
    arrays = {f"weight/{key}": tensor.detach().cpu().numpy() for key, tensor in named_tensors(model).items()}
    arrays["history"] = np.array(json.dumps(vars(history)))
    for folder in model_folders():
        try:
            _write(folder / name, arrays)
            return
        except OSError as error:
            log.info("The trained model cannot be kept in %s (%s).", folder, error)


def _write(path, arrays):
    """Write an archive whole or not at all: a temporary neighbour, then one atomic rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".part-") as folder:
        temporary = Path(folder) / path.name
        np.savez(temporary, **arrays)
        os.replace(temporary, path)
