"""A picture without a text alternative is a warning, and with ``-W`` the end of the build.

Without one, a screen reader hears the name of a file. Pictures inside the HTML that a widget
writes are the widget's own business.
"""

import re

from docutils import nodes
from sphinx.util import logging

MIN_WORDS = 3  # fewer name the picture, they do not say what it shows

logger = logging.getLogger(__name__)


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.connect("doctree-resolved", check_alt_texts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def check_alt_texts(app, doctree, docname):
    """Warn about every picture of a page whose alt text says nothing."""
    for image in doctree.findall(nodes.image):
        problem = alt_problem(image.get("alt"))
        if problem:
            logger.warning(
                "a picture %s. Say in a sentence what it shows: `alt:` under `mystnb: image:` of the cell "
                "that draws it, or `:alt:` of the figure.", problem,
                location=(docname, line_of(image)), type="alt_text",
            )  # fmt: skip


def alt_problem(alt):
    """Return what is wrong with an alt text, or None.

    >>> alt_problem("_images/5f.png")
    "has the file name '_images/5f.png' as its alt text"
    >>> alt_problem("Ten handwritten digits in a row.")
    """
    alt = (alt or "").strip()
    if not alt:
        return "has no alt text"
    if re.fullmatch(r"\S+\.(png|jpe?g|gif|svg|webp)", alt, re.IGNORECASE):
        return f"has the file name {alt!r} as its alt text"
    if len(re.findall(r"\w+", alt)) < MIN_WORDS:
        return f"has an alt text of fewer than {MIN_WORDS} words: {alt!r}"
    return None


def line_of(node):
    """Return the source line of a node, or of the nearest node around it that knows its own."""
    while node is not None and node.line is None:
        node = node.parent
    return node.line if node is not None else None
