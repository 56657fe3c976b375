"""A line never breaks where a reader would stumble: before the comma behind a formula, or between 98 and %.

Browsers may break a line on either side of an inline formula. So a formula and the punctuation that touches
it stand in a box that stays whole (``.unbroken`` in ``book.css``), and the space before a per cent sign or
around the "x" of a size or the "±" of an error is one that does not break. A name such as t-SNE stands in a
box, too, and keeps the hyphen that somebody types who looks for it. Only pages are changed, not the exported
notebooks.
"""

import re

from docutils import nodes

BEFORE = re.compile(r"[(\[“‘]+\Z")
AFTER = re.compile(r"\A[^\w\s(\[“‘]+")  # punctuation, and the hyphen of "n-th"
PERCENT = re.compile(r"(?<=\d) (?=%)")
TIMES = re.compile(r"(?<=\d) (x|±) (?=\d)")
LETTER_NAME = re.compile(r"\b([A-Za-z]-[A-Z]\w+)")  # t-SNE, U-Net
NO_BREAK = "\N{NO-BREAK SPACE}"


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.connect("doctree-resolved", mend_breaks, priority=900)  # the text is complete by then
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def mend_breaks(app, doctree, docname):
    """Tie together what belongs together in the paragraphs and captions of a page."""
    if app.builder.format != "html":
        return
    for block in doctree.findall(lambda node: isinstance(node, nodes.paragraph | nodes.caption)):
        settle_parents(block)
        for text in [node for node in block.findall(nodes.Text) if not is_code(node)]:
            text.parent[place_of(text)] = nodes.Text(without_breaks(text.astext(), before(text)))
        for formula in list(block.findall(nodes.math)):
            keep_whole(formula)
    for block in list(doctree.findall(nodes.TextElement)):
        if isinstance(block, nodes.paragraph | nodes.caption | nodes.title | nodes.term):
            keep_names_whole(block)


def settle_parents(block):
    """Let every node know where it stands: one that an extension put into a second place may not."""
    for element in block.findall(nodes.Element):
        for child in element:
            child.parent = element


def is_code(text):
    """Return whether a text is code or a formula."""
    return isinstance(text.parent, nodes.literal | nodes.math | nodes.raw)


def place_of(node):
    """Return where a node stands in its parent: itself, not the first that equals it."""
    return next(place for place, child in enumerate(node.parent) if child is node)


def before(node):
    """Return the text that stands directly before a node, an empty one if there is none."""
    place = place_of(node)
    return node.parent[place - 1].astext() if place else ""


def without_breaks(text, previous=""):
    r"""Return a text whose spaces before "%" and around the "x" of sizes and "±" do not break.

    >>> without_breaks("98 % of 28 x 28 pixels")
    '98\xa0% of 28\xa0x\xa028 pixels'
    >>> without_breaks(" % of all", previous="98")
    '\xa0% of all'
    """
    whole = TIMES.sub(rf"{NO_BREAK}\1{NO_BREAK}", PERCENT.sub(NO_BREAK, previous + text))
    return whole[len(previous) :]


def keep_whole(formula):
    """Put an inline formula into one box with the punctuation that touches it."""
    opening, closing = (taken(formula, BEFORE, -1), taken(formula, AFTER, 1))
    if opening or closing:
        box = nodes.inline("", "", classes=["unbroken"])
        formula.replace_self(box)
        box += [nodes.Text(opening), formula, nodes.Text(closing)]


def keep_names_whole(block):
    """Put the names with a letter and a hyphen in a block into boxes that stay whole."""
    settle_parents(block)
    for text in [node for node in block.findall(nodes.Text) if not is_code(node)]:
        pieces = LETTER_NAME.split(text.astext())
        if len(pieces) > 1:
            text.parent[place_of(text) : place_of(text) + 1] = [
                nodes.inline("", piece, classes=["unbroken"]) if index % 2 else nodes.Text(piece)
                for index, piece in enumerate(pieces)
                if piece
            ]


def taken(node, pattern, step):
    """Take what matches out of the text beside a node, and return it."""
    parent, place = node.parent, place_of(node) + step
    text = parent[place] if 0 <= place < len(parent) else None
    found = pattern.search(text) if isinstance(text, nodes.Text) else None
    if not found:
        return ""
    parent[place] = nodes.Text(text[: found.start()] + text[found.end() :])
    return found.group()
