"""What all of the book's Sphinx extensions have in common."""

import dataclasses
import importlib
import re
from pathlib import Path
from unittest.mock import MagicMock

import pytest

FOLDER = Path(__file__).parents[1] / "sphinx_ext"
EXTENSIONS = sorted(p.stem for p in FOLDER.glob("*.py") if "\ndef setup(" in p.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXTENSIONS)
def test_pages_may_be_read_and_written_by_several_processes_except_notebooks(name):
    declared = importlib.import_module(f"sphinx_ext.{name}").setup(MagicMock())
    assert declared["parallel_read_safe"] is True
    # the notebooks' builder remembers what it wrote, which one process alone can
    assert declared["parallel_write_safe"] is (name != "notebooks")


def test_every_extension_is_one_that_the_book_loads():
    configuration = (FOLDER.parent / "_config.yml").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^ +- sphinx_ext\.(\w+)", configuration, re.MULTILINE)) == EXTENSIONS


def test_records_of_the_extensions_cannot_be_changed():
    records = [
        value
        for path in FOLDER.glob("*.py")
        for value in vars(importlib.import_module(f"sphinx_ext.{path.stem}")).values()
        if dataclasses.is_dataclass(value) and value.__module__ == f"sphinx_ext.{path.stem}"
    ]
    assert {"Claim", "Fact"} <= {record.__name__ for record in records}
    assert [record for record in records if not record.__dataclass_params__.frozen] == []
