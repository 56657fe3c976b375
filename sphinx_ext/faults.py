"""The directive ``faults``: what was broken on purpose, written from ``tests/faults.yml`` alone.

With the argument ``number`` it says how many faults there are. A test checks that each names a test.
"""

import re
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

FILE = "tests/faults.yml"


class Fault(NamedTuple):
    """What was broken, what a reader meets then, and the test that tries it, as FILE::TEST."""

    what: str
    seen: str
    test: str


class FaultsDirective(SphinxDirective):
    """``faults`` for the list, ``faults number`` for how many there are."""

    optional_arguments = 1

    def run(self):
        """Read the file, and let MyST read what is made of it."""
        path = Path(self.env.srcdir, FILE)
        self.env.note_dependency(str(path))
        try:
            kinds = read_faults(path)
        except (OSError, ValueError) as error:
            raise self.error(str(error)) from None
        text = number(kinds) if self.arguments else "\n\n".join(folded(*item) for item in kinds.items())
        place = nodes.container(classes=["faults"])
        self.state.nested_parse(StringList(text.splitlines(), str(path)), self.content_offset, place)
        return [place]


def setup(app):
    """Register the directive."""
    app.add_directive("faults", FaultsDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def read_faults(path):
    """Return the faults of a file as lists by kind.

    Raises
    ------
    ValueError
        That names the entry which is no fault.
    """
    entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    if not isinstance(entries, list):
        raise ValueError(f"{path} must be a list of kinds of faults.")
    kinds = {}
    for entry in entries:
        if set(entry) != {"kind", "faults"}:
            raise ValueError(f"Expected kind and faults in {path}, got {sorted(entry)}: faults are missing.")
        kinds[entry["kind"]] = [_fault(path, row) for row in entry["faults"]]
    return kinds


def _fault(path, row):
    if len(row) != 3 or not re.fullmatch(r"test_\w+\.py::test_\w+", row[2]):
        raise ValueError(f"Expected what, seen and FILE::TEST in {path}, got {', '.join(map(str, row))}.")
    return Fault(*row)


def number(kinds):
    """Return how many faults there are, and of which kinds."""
    count = sum(map(len, kinds.values()))
    each = ", ".join(f"{kind[0].lower()}{kind[1:]} ({len(faults)})" for kind, faults in kinds.items())
    return f"Faults tried: **{count}**. Of these: {each}."


def folded(kind, faults):
    """Return a box to unfold with the faults of one kind, as a definition list in MyST."""
    entries = "\n\n".join(
        f"{fault.what[0].upper()}{fault.what[1:]}\n: {fault.seen[0].upper()}{fault.seen[1:]}."
        for fault in faults
    )
    return f"```{{admonition}} {kind} ({len(faults)})\n:class: dropdown\n\n{entries}\n```"
