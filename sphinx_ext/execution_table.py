"""The table of executed pages says "ok" or "failed" in words: not every machine has a font with the signs."""

from docutils import nodes

WORDS = {"✅": "ok", "❌": "failed"}


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.connect("doctree-resolved", say_in_words)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def say_in_words(app, doctree, docname):
    """Replace the signs in the tables of a page; a failure keeps its explanation."""
    for table in doctree.findall(nodes.table):
        for text in [node for node in table.findall(nodes.Text) if node in WORDS]:
            text.parent.replace(text, nodes.Text(WORDS[text]))
