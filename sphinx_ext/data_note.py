"""Every page that trains on the handwritten digits says which digits it was built with.

The note is added when a page is written, not when it is read: it is right for pages from the
cache, and it stays out of the exported notebooks, where the reader's own data counts.
"""

import math
import os
import re
from pathlib import Path

from docutils import nodes

from course_lib.data.files import CIFAR10
from course_lib.data.image_data import OFFLINE_NAME, SHAPES_NAME

from .chapter_numbers import QUESTION

CODE_CELL = re.compile(r"^(?P<fence>`{3,}|:{3,})\{code-cell\}.*?^(?P=fence)\s*$", re.DOTALL | re.MULTILINE)
# The other data sets have no stand-in: with them there is nothing to say.
LOADS_MNIST = re.compile(r"\bload_mnist\b")
LOADS_CIFAR10 = re.compile(r"\bload_cifar10\b")
OFFLINE_NOTE = (
    "MNIST was out of reach when this page was built. The numbers and figures here come from the 1,797 "
    "handwritten digits that ship with scikit-learn, enlarged to the size of MNIST's images. "
    "Every claim on the page was checked for this data; with MNIST the numbers differ.",
    "To read the book with MNIST, build it with a connection, or put `mnist.npz` into the folder that "
    "`COURSE_DATA` names, and run `make book` again.",
)


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.setup_extension("sphinx_ext.execution_cache")  # which finds out the data's name
    app.connect("doctree-resolved", add_data_note)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def add_data_note(app, doctree, docname):
    """Insert the note below the title and its question, if the page's code loads MNIST."""
    if app.builder.format != "html":
        return
    title = doctree.next_node(nodes.title)
    source = Path(app.env.doc2path(docname)).read_text(encoding="utf-8")
    if title is None or not loads_mnist(source):
        return
    photographs = photographs_name() if loads_cifar10(source) else ""
    question = title.next_node(descend=False, siblings=True)
    above = question if question is not None and QUESTION in question.get("classes", []) else title
    title.parent.insert(title.parent.index(above) + 1, data_note(app.config.course_data, photographs))


def loads_mnist(source):
    """Return whether a code cell of a page's `source`, shown or hidden, loads MNIST.

    >>> loads_mnist("We call `load_mnist` later.")
    False
    """
    return any(LOADS_MNIST.search(cell.group()) for cell in CODE_CELL.finditer(source))


def loads_cifar10(source):
    """Return whether a code cell of a page's `source`, shown or hidden, loads CIFAR-10."""
    return any(LOADS_CIFAR10.search(cell.group()) for cell in CODE_CELL.finditer(source))


def photographs_name():
    """Return the name of what pages that load CIFAR-10 were computed with: its own, or its stand-in's."""
    return CIFAR10.name if os.path.exists(CIFAR10.path) else f"{SHAPES_NAME} in place of {CIFAR10.name}"


def data_of(source, digits):
    """Return the data that the code of a page's `source` loads, `digits` for MNIST; "" if it loads none.

    >>> data_of("Nothing is loaded.", "MNIST")
    ''
    """
    names = [digits] if loads_mnist(source) else []
    names += [photographs_name()] if loads_cifar10(source) else []
    return " and ".join(filter(None, names))


def data_note(data_name, photographs=""):
    """Return the note for the data called `data_name`, and for `photographs`: one line, or a visible box."""
    also = f" and {photographs}" if photographs else ""
    if data_name != OFFLINE_NAME:
        data = f"{data_name}{also}"
        text = f"Every number and figure on this page was computed with {data} when the page was built."
        return nodes.paragraph("", text, classes=["data-note"])
    title = nodes.title("", "Built without MNIST")
    texts = [*OFFLINE_NOTE, f"The pictures in colour are {photographs}."] if photographs else OFFLINE_NOTE
    return nodes.admonition("", title, *map(_paragraph, texts), classes=["warning", "data-note"])


def _paragraph(text):
    """Return a paragraph; what stands between backquotes is code."""
    parts = enumerate(text.split("`"))
    return nodes.paragraph(
        "", "", *(nodes.literal("", part) if i % 2 else nodes.Text(part) for i, part in parts)
    )


def where_numbers_come_from(data_name, sha, seconds):
    """Return the note in an exported notebook: its numbers and figures are not the reader's own yet.

    Parameters
    ----------
    data_name : str
        The data of the build, or "" for a page that reads none.
    sha : str or None
        The commit of the build.
    seconds : float or None
        How long all cells of the page took.
    """
    source = f" with {data_name}" if data_name else ""
    version = f" at commit `{sha[:7]}`" if sha else ""
    minutes = math.ceil((seconds or 0) / 60)
    took = "at most a minute" if minutes == 1 else f"about {minutes} minutes"
    other = "With other data, other versions" if data_name else "With other versions"
    return (
        "The numbers in the text, and what stands below the cells before you run them, "
        f"were computed{source}{version} when the book was built"
        f"{f'; all cells together took {took}' if minutes else ''}. "
        f"{other} or another processor, yours may differ. "
        "What answers a prediction appears when you run its cell."
    )
