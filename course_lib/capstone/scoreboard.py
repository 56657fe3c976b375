"""The scoreboard: one line of JSON for each look at the test images, each with the hash of the line before.

A changed or deleted line breaks the chain, so that an accident is seen. It is no protection from a
liar: whoever can write the file can write all of it anew.
"""

import hashlib
import json
from pathlib import Path

import numpy as np

from course_lib.metrics import compare_over_seeds

START = "0" * 64  # stands for the line before the first one
STORED = Path(__file__).parents[1] / "data" / "scoreboard.jsonl"  # the book's own entries


def append(path, **fields):
    """Write one more line; return it with its number, the author's look, and the two hashes.

    Raises
    ------
    ValueError
        If the file is damaged, or the author has no name.
    """
    lines = read(path)
    author = fields.get("author")
    if not isinstance(author, str) or not author.strip():
        raise ValueError(f"A look at the test images needs the name of its author, got {author!r}.")
    look = 1 + sum(line["author"] == author for line in lines)
    line = {"number": len(lines) + 1, "look": look, **fields}
    line["previous"] = lines[-1]["hash"] if lines else START
    line["hash"] = digest(line)
    _write(Path(path), "".join(json.dumps(each) + "\n" for each in [*lines, line]))
    return line


def _write(path, text):
    """Write the file whole or not at all: half a line, from a full disk, would stop every later look."""
    part = path.with_suffix(".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def read(path):
    """Return all lines of a scoreboard as dictionaries, none for a file that is not there.

    Raises
    ------
    ValueError
        That names the first line that was changed, removed or inserted.
    """
    if not Path(path).exists():
        return []
    lines, previous = [], START
    for number, text in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), start=1):
        try:
            line = json.loads(text)
            sound = line["hash"] == digest(line) and line["previous"] == previous and line["number"] == number
        except (ValueError, KeyError, TypeError):
            sound = False
        if not sound:
            raise ValueError(f"Line {number} of {path} is not what was written: its hash does not fit.")
        lines.append(line)
        previous = line["hash"]
    return lines


def digest(line):
    """Return the hash of a line, which covers all that it says and the hash of the line before."""
    content = {key: value for key, value in line.items() if key != "hash"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def ranking(lines, data="MNIST"):
    """Return (place, line) of each author's first look, the best first.

    Two entries share a place if the 95 % interval of their difference contains zero, paired by the
    seeds that all entries have in common. A place that is shared with the entry above is
    the same as that one's.

    Parameters
    ----------
    lines : sequence of dict
        As `read` returns them.
    data : str, optional
        Only looks at these test images are compared.
    """
    first = [line for line in lines if line["look"] == 1 and line["data"] == data]
    first.sort(key=lambda line: -np.mean(line["accuracies"]))
    places = []
    for i, line in enumerate(first):
        tied = i > 0 and tie(first[i - 1]["accuracies"], line["accuracies"])
        places.append(places[-1] if tied else i + 1)
    return list(zip(places, first, strict=True))


def tie(accuracies, others):
    """Return whether the paired interval contains zero; with three seeds it is 4.3 errors to each side."""
    gap = compare_over_seeds(accuracies, others)
    return gap.low <= 0 <= gap.high
