"""The exported notebooks of the book that was built, for the tests that read and that run them.

``COURSE_BOOK`` names the folder of the book; by default it is this project.
"""

import json
import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
BOOK = Path(os.environ.get("COURSE_BOOK", ROOT)).resolve()
BUILD = BOOK / "_build"
NAMES = sorted(path.stem for path in (BUILD / "notebooks").glob("*.ipynb"))


def cells_of(name, kind, tag=None):
    """Return the exported cells of a kind, as (source, metadata)."""
    raw = json.loads((BUILD / f"notebooks/{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    found = [("".join(c["source"]), c["metadata"]) for c in raw if c["cell_type"] == kind]
    return [(source, data) for source, data in found if tag is None or tag in data.get("tags", [])]


def page_of(name):
    """Return the source text of a notebook's page."""
    (page,) = [path for path in (BOOK / f"chapters/{name}.md", BOOK / f"{name}.md") if path.is_file()]
    return page.read_text(encoding="utf-8")
