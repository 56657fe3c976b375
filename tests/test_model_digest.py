"""What a model is: everything that decides what training makes of it changes the digest."""

import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import course_lib
from course_lib import model_digest, models
from course_lib.model_digest import UnknownModel, described

NET = """
import functools

import torch
from torch import nn

def helper(x):
    return x

class Net(nn.Module):
    rate = 1
    size: int = 3

    def __init__(self, slope=0.0, **settings):
        super().__init__()
        self.slope = slope
        self.first, self.second = nn.Linear(2, 2), nn.Linear(2, 2)
        self.register_buffer("hidden", torch.zeros(2), persistent=False)
        for name, value in settings.items():
            setattr(self, name, value)

    def forward(self, x, scale=1.0, *, shift=0.0):
        return self.slope * self.second(self.first(x)) * scale + shift

    @staticmethod
    def squared(x):
        return x * x

    @property
    def doubled(self):
        return 2 * self.slope

    @torch.no_grad()
    def decorated(self, times=1):
        return times
"""


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A module of course_lib with one class ``Net``."""
    return load(tmp_path, monkeypatch)


def load(folder, monkeypatch, name="course_lib.planted"):
    path = folder / "planted.py"
    path.write_text(NET)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


def digest(build, change=None, **settings):
    torch.manual_seed(0)
    model = build(**settings)
    if change is not None:
        change(model)
    return model_digest.model_digest(model)


def tied(model):
    model.second.weight = model.first.weight


def same_values(model):
    model.second.weight = nn.Parameter(model.first.weight.detach().clone())


CHANGES = {
    "a-setting": {"slope": 1.0},
    "its-type": {"slope": 0},
    "another-setting": {"extra": None},
    "frozen": {"change": lambda model: model.first.weight.requires_grad_(False)},
    "a-weight": {"change": lambda model: model.first.weight.data.view(-1)[0].add_(1e-6)},
    "a-hidden-buffer": {"change": lambda model: model.hidden.add_(1)},
    "a-type": {"change": lambda model: model.double()},
    "tied": {"change": tied},
    "untied": {"change": same_values},
    "mode": {"change": lambda model: model.first.eval()},
    "a-layers-setting": {"change": lambda model: setattr(model.first, "in_features", 3)},
    "a-nested-setting": {"extra": {"sizes": [1, (2, 3)]}},
    "an-array": {"extra": np.arange(3)},
    "a-tensor": {"extra": torch.arange(3)},
    "a-function": {"extra": torch.relu},
    "another-function": {"extra": nn.functional.relu},
    "a-class": {"extra": nn.ReLU},
    "a-set": {"extra": {3, 1, 2}},
    "a-number-of-numpy": {"extra": np.float64(0)},
}


def test_whatever_decides_what_training_makes_of_a_model_changes_its_digest(planted):
    original = digest(planted.Net)
    assert digest(planted.Net) == original
    changed = {name: digest(planted.Net, **change) for name, change in CHANGES.items()}
    assert original not in changed.values()
    assert len(set(changed.values())) == len(changed)
    assert {name: digest(planted.Net, **change) for name, change in CHANGES.items()} == changed


def test_what_a_class_holds_changes_the_digest(planted):
    Net, seen = planted.Net, [digest(planted.Net)]
    Net.rate = 2
    seen.append(digest(Net))
    Net.forward.__defaults__ = (2.0,)
    seen.append(digest(Net))
    Net.forward.__kwdefaults__ = {"shift": 1.0}
    seen.append(digest(Net))
    Net.decorated.__wrapped__.__defaults__ = (2,)
    seen.append(digest(Net))
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize(
    "replaced",
    [
        pytest.param({"forward": lambda self, x: x}, id="method"),
        pytest.param({"squared": staticmethod(lambda x: x)}, id="static-method"),
        pytest.param({"doubled": property(lambda self: 2)}, id="property"),
        pytest.param({"build": classmethod(lambda cls: 2)}, id="class-method"),
        pytest.param({"sizes": [object()]}, id="constant"),
    ],
)
def test_a_method_replaced_after_the_import_makes_a_model_unknown(planted, replaced):
    for name, value in replaced.items():
        setattr(planted.Net, name, value)
    with pytest.raises(UnknownModel):
        digest(planted.Net)


HOOKS = {
    "forward": lambda model: model.second.register_forward_hook(print),
    "before-forward": lambda model: model.register_forward_pre_hook(print),
    "backward": lambda model: model.register_full_backward_hook(print),
    "before-backward": lambda model: model.register_full_backward_pre_hook(print),
    "state": lambda model: model.register_state_dict_post_hook(lambda *_: None),
    "gradient": lambda model: model.first.bias.register_hook(print),
}


@pytest.mark.parametrize("register", HOOKS.values(), ids=HOOKS)
def test_a_hook_makes_a_model_unknown_until_it_is_removed(planted, register):
    torch.manual_seed(0)
    model = planted.Net()
    handle = register(model)
    with pytest.raises(UnknownModel, match="hook"):
        model_digest.model_digest(model)
    handle.remove()
    assert model_digest.model_digest(model) == digest(planted.Net)


class Mine(nn.Sequential):
    pass


def typed_in(expression):
    namespace = {"nn": nn, "__name__": "__main__"}
    exec(f"class Net(nn.Linear):\n    def forward(self, x): return {expression}", namespace)
    return namespace["Net"](1, 1)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        pytest.param(Mine, "Mine is no class of torch or course_lib", id="a-readers-class"),
        pytest.param(lambda: nn.Sequential(Mine()), "Mine is no class", id="inside"),
        pytest.param(lambda: typed_in("x"), "__main__.Net is no class", id="typed-into-a-notebook"),
        pytest.param(lambda: nn.utils.parametrizations.weight_norm(nn.Linear(1, 1)), "hooks", id="by-torch"),
    ],
)  # fmt: skip
def test_a_class_whose_code_cannot_be_read_whole_is_unknown(build, message):
    with pytest.raises(UnknownModel, match=message):
        model_digest.model_digest(build())


@pytest.mark.parametrize(
    "name", ["course_lib.exercises.planted", "course_library.planted", "torchlike.planted"]
)
def test_a_class_outside_of_what_the_digest_covers_is_unknown(tmp_path, monkeypatch, name):
    with pytest.raises(UnknownModel, match="no class of torch or course_lib"):
        digest(load(tmp_path, monkeypatch, name).Net)


def test_a_second_class_of_the_same_name_is_unknown(planted):
    first = planted.Net
    planted.Net = type("Net", (nn.Module,), {"__module__": "course_lib.planted"})
    with pytest.raises(UnknownModel, match="not what its module calls so"):
        digest(first)


@pytest.mark.parametrize(
    "setting", [object(), lambda x: x, [nn.Linear(1, 1)], np.array([object()]), print, int, Mine]
)
def test_a_setting_that_cannot_be_compared_makes_a_model_unknown(planted, setting):
    with pytest.raises(UnknownModel, match="cannot be compared"):
        digest(planted.Net, extra=setting)


def test_order_and_kind_decide_whether_settings_are_equal():
    values = [
        1, 1.0, True, "1", b"1", None, (1,), [1], {1}, frozenset({1}), {"a": 1}, {"a": 2}, np.int64(1),
        np.array(1), np.array([1]), np.array([1.0]), torch.tensor([1]), torch.float32, torch.device("cpu"),
    ]  # fmt: skip
    assert len({described(value) for value in values}) == len(values)
    assert described({"b", "a", "c"}) == described({"c", "b", "a"})
    assert described({"a": 1, "b": 2}) != described({"b": 2, "a": 1})  # layers are made in this order
    assert described(np.arange(6).reshape(2, 3).T) == described(
        np.ascontiguousarray(np.arange(6).reshape(2, 3).T)
    )


def test_every_model_of_the_book_is_known():
    found = {cls for cls in vars(models).values() if isinstance(cls, type) and issubclass(cls, nn.Module)}
    parts = {models.ImageClassifier, models.BasicBlock, models.Block, models.GatedLayer}
    for cls in found - parts:
        assert digest(cls) == digest(cls) != digest(cls, lambda model: model.eval())


@pytest.fixture
def other_package(tmp_path, monkeypatch):
    """A copy of course_lib's files, which the digest reads in place of the real ones."""
    folder = tmp_path / "course_lib"
    shutil.copytree(Path(course_lib.__file__).parent, folder, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(model_digest, "__file__", str(folder / "model_digest.py"))
    return folder


def test_the_code_that_trains_decides_and_a_new_hint_does_not(other_package):
    assert model_digest.package_digest() == model_digest.IMPORTED
    for name in ("exercises/new.py", "widgets/new.py", "numpy_cnn/new.py", "course.mplstyle"):
        (other_package / name).write_text("changed = True")
    assert model_digest.package_digest() == model_digest.IMPORTED
    seen = {model_digest.package_digest()}
    for name in ("training.py", "models.py", "new.py", "data/new.py"):
        (other_package / name).parent.mkdir(exist_ok=True)
        (other_package / name).write_text("changed = True")
        seen.add(model_digest.package_digest())
    (other_package / "new.py").rename(other_package / "newer.py")
    assert len(seen | {model_digest.package_digest()}) == 6


def test_code_changed_since_the_import_makes_every_model_unknown(other_package):
    (other_package / "training.py").write_text("")
    with pytest.raises(UnknownModel, match="restart"):
        model_digest.model_digest(nn.Linear(1, 1))
