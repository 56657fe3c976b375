"""Seeds, device and versions."""

import random
from importlib import metadata

import numpy as np
import pytest
import torch

from course_lib import reproducibility
from course_lib.reproducibility import default_device, set_seed, versions


def draws(generator):
    return (
        random.random(),
        float(np.random.rand()),  # noqa: NPY002 (the global state is what is tested)
        torch.rand(1).item(),
        torch.rand(1, generator=generator).item(),
    )


def test_a_seed_fixes_python_numpy_torch_and_the_generator():
    first, again, other = draws(set_seed(3)), draws(set_seed(3)), draws(set_seed(4))
    assert first == again
    assert all(a != b for a, b in zip(first, other, strict=True))


def test_a_seed_is_that_of_each_library():
    values = draws(set_seed(11))
    assert values[0] == random.Random(11).random()
    assert values[1] == np.random.RandomState(11).rand()
    assert values[2] == values[3] == torch.rand(1, generator=torch.Generator().manual_seed(11)).item()


def test_the_generator_is_not_the_global_one():
    generator = set_seed(0)
    expected = torch.rand(2)[1].item()
    generator = set_seed(0)
    torch.rand(5, generator=generator)
    torch.rand(1)
    assert torch.rand(1).item() == expected


def test_numpy_integers_and_large_seeds_are_welcome():
    assert draws(set_seed(np.int64(5))) == draws(set_seed(5))
    set_seed(2**40)


@pytest.mark.parametrize("seed", [-1, 1.5, "0", None, True])
def test_a_seed_that_is_no_count_is_refused(seed):
    with pytest.raises(ValueError, match=f"at least 0, got {seed!r}"):
        set_seed(seed)


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_the_default_device_is_the_fastest_that_is_there(monkeypatch, cuda, mps, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert default_device() == torch.device(expected)


def test_the_reader_may_choose_the_device(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert default_device() == torch.device("cpu")
    monkeypatch.setenv("COURSE_DEVICE", "toaster")
    with pytest.raises(ValueError, match="COURSE_DEVICE=toaster is no device"):
        default_device()


def test_versions_are_those_installed_and_a_missing_package_is_said(monkeypatch):
    assert versions()["numpy"] == np.__version__
    assert list(versions())[:2] == ["Python", "torch"]

    def missing(package):
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(reproducibility.metadata, "version", missing)
    assert versions()["torch"] == "not installed"
