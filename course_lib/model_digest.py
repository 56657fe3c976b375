"""What a model is: a digest of everything in it that decides what training makes of it.

It is known for modules of torch and of course_lib, whose code is a version or can be read whole.
For any other class it is not: a method may reach into every line of a notebook. Internal.
"""

import hashlib
import inspect
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

PLAIN = (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device)
INTERNAL_NAMES = frozenset(vars(nn.Module())) - {"training"}
PACKAGE = "course_lib"
TRAIN_NO_TORCH_MODEL = {"exercises", "numpy_cnn", "widgets"}  # a new hint makes no model outdated


class UnknownModel(Exception):
    """The digest of a model cannot be known; the message says why."""


def model_digest(model):
    """Return a hexadecimal digest of a model's classes, settings, weights and what is frozen.

    Raises
    ------
    UnknownModel
        For a class from elsewhere, a hook, a method or a setting that cannot be compared, or
        if course_lib was changed on disk after it was imported.
    """
    if package_digest() != IMPORTED:
        raise UnknownModel("course_lib was changed after it was imported: restart to run what is on disk")
    parts = [IMPORTED]
    for name, module in model.named_modules(remove_duplicate=False):
        parts += [name, *_classes(type(module)), *_settings(name, module)]
    parts += _described_tensors(model)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def named_tensors(model):
    """Return all parameters and buffers by name; what is shared has all of its names."""
    return {
        **dict(model.named_parameters(remove_duplicate=False)),
        **dict(model.named_buffers(remove_duplicate=False)),  # those that a state_dict leaves out, too
    }


def settings_of(model):
    """Return the description of every plain attribute in a model: training must not change them."""
    return [part for name, module in model.named_modules() for part in _settings(name, module)]


def package_digest():
    """Return the digest of the source files that a torch model may depend on, as they are on disk."""
    root, digest = Path(__file__).parent, hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root)
        if name.parts[0] not in TRAIN_NO_TORCH_MODEL:
            digest.update(f"{name.as_posix()}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


IMPORTED = package_digest()


def _classes(cls):
    """Return the description of a class and its bases."""
    return [_class(base) for base in cls.__mro__ if base is not object]


def _class(cls):
    name = f"{cls.__module__}.{cls.__qualname__}"
    if cls.__module__.startswith("torch."):
        return name
    package, _, rest = cls.__module__.partition(".")
    module = sys.modules.get(cls.__module__)
    if package != PACKAGE or rest.partition(".")[0] in TRAIN_NO_TORCH_MODEL:
        raise UnknownModel(f"{name} is no class of torch or course_lib: its code cannot be read whole")
    if getattr(module, cls.__qualname__, None) is not cls:
        raise UnknownModel(f"{name} is not what its module calls so")
    return name + repr([(key, _member(key, cls, member)) for key, member in sorted(vars(cls).items())])


def _member(key, cls, member):
    """Describe what a class holds: the file knows its functions, unless they were replaced since."""
    member = inspect.unwrap(getattr(member, "__func__", getattr(member, "fget", member)))
    if inspect.isfunction(member):
        if member.__code__.co_filename != inspect.getfile(cls):
            raise UnknownModel(f"{cls.__qualname__}.{key} was replaced")
        return described([member.__defaults__, member.__kwdefaults__])
    is_setting = isinstance(member, (*PLAIN, tuple, list, dict)) and not key.startswith("__")
    return described(member) if is_setting else ""


def _settings(name, module):
    """Return the description of a module's plain attributes; hooks have no description."""
    hooks = [key for key in INTERNAL_NAMES if key.endswith("hooks") and getattr(module, key)]
    if hooks:
        raise UnknownModel(f"module {name!r} has {sorted(hooks)}")
    return [(key, described(value)) for key, value in vars(module).items() if key not in INTERNAL_NAMES]


def _described_tensors(model):
    parts, first_names = [], {}
    for name, tensor in named_tensors(model).items():
        if tensor._backward_hooks:
            raise UnknownModel(f"{name} has a hook")
        shared_with = first_names.setdefault(id(tensor), name)
        parts.append((name, shared_with, tensor.requires_grad, str(tensor.device), described(tensor)))
    return parts


def described(value):
    """Return a string that equal settings share and others do not.

    >>> described([1, 2.0]) == described((1, 2.0))
    False
    """
    if type(value) in PLAIN:
        return repr(value)
    if isinstance(value, torch.Tensor):
        return f"tensor {described(value.detach().cpu().numpy())}"
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype != object:
        pixels = hashlib.sha256(np.ascontiguousarray(value)).hexdigest()
        return f"{type(value).__name__} {value.shape} {value.dtype} {pixels}"
    if isinstance(value, dict):
        return described([(key, value[key]) for key in value])
    if isinstance(value, (tuple, list, set, frozenset)):
        items = [described(item) for item in value]
        return type(value).__name__ + repr(sorted(items) if isinstance(value, (set, frozenset)) else items)
    if _name_in_torch(value):
        return _name_in_torch(value)
    raise UnknownModel(f"a setting cannot be compared: {value!r}")


def _name_in_torch(value):
    """Return where torch keeps a function or a class, known by torch's version; None for anything else."""
    name, module = getattr(value, "__name__", None), getattr(value, "__module__", None) or "torch"
    if module.partition(".")[0] == "torch" and vars(sys.modules[module]).get(name) is value:
        return f"{module}.{name}"
    return None
