"""A page's doctree as plain Markdown: what Colab, JupyterLab and GitHub all render.

No directive, role, label or anchor survives: boxes become block quotes, tabs bold lines, dropdowns
``<details>``, references absolute links or plain text. `notebooks` decides what goes into which cell.
"""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.locale import admonitionlabels
from sphinx.util import logging

from .markdown_text import LINE_START, code_span, escaped, fenced, folded, formula, indented, quoted

logger = logging.getLogger(__name__)

SILENT = (nodes.Invisible, nodes.docinfo, nodes.field_list, addnodes.index, addnodes.toctree)
PLAIN = ("default", "none", "text", "myst-ansi")
ALIGNMENT = {"text-left": ":---", "text-right": "---:", "text-center": ":---:"}


class MarkdownRenderer:
    """Turn docutils nodes into Markdown.

    ``page`` answers what a node alone cannot: ``page.link(uri)`` and ``page.image(node)`` absolute
    addresses, ``page.number(node)`` "Fig. 1", ``page.equation_number(node)`` "7", each None or "" if there
    is none, and ``page.is_title(text)`` whether a page or a section is called so.
    """

    def __init__(self, page):
        self.page = page
        self.in_table = False

    def blocks(self, children):
        """Return the Markdown of block nodes, a blank line between them."""
        return "\n\n".join(filter(None, map(self.block, children)))

    def block(self, node):
        """Return the Markdown of one block node, by the most specific method for its class."""
        if isinstance(node, SILENT):
            return ""
        if component := node.get("design_component") if isinstance(node, nodes.Element) else None:
            return self.component(node, component)
        for cls in type(node).__mro__:
            if method := getattr(self, f"block_{cls.__name__}", None):
                return method(node)
        logger.warning("the notebooks cannot show a %s", type(node).__name__, location=node, type="notebooks")
        return self.blocks(node.children)

    def inlines(self, node):
        """Return the Markdown of a node's inline children."""
        return "".join(map(self.inline, node.children))

    def inline(self, node):
        """Return the Markdown of one inline node; a container without a method of its own is its children."""
        if isinstance(node, nodes.Text):
            text = escaped(node.astext())
            return text.replace("|", r"\|") if self.in_table else text
        if isinstance(node, SILENT):
            return ""
        method = getattr(self, f"inline_{type(node).__name__}", None)
        return method(node) if method else self.inlines(node)

    # Inline

    def inline_emphasis(self, node):
        return f"*{self.inlines(node)}*"

    def inline_strong(self, node):
        return f"**{self.inlines(node)}**"

    def inline_literal(self, node):
        text = code_span(node.astext())
        return text.replace("|", r"\|") if self.in_table else text

    def inline_math(self, node):
        text = " ".join(node.astext().split())
        if self.in_table:  # a bar would end the table's cell
            text = text.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
        return f"${text}$"

    def inline_math_block(self, node):
        return f"\n\n{self.block_math_block(node)}\n\n"

    def inline_reference(self, node):
        text = self.inlines(node)
        fragment = f"#{node['refid']}" if "refid" in node else ""
        address = self.page.link(node.get("refuri", "") + fragment)
        if not address or not text:  # a title that leads nowhere is marked as one, else it reads as prose
            return f"*{text}*" if self.page.is_title(node.astext()) else text
        return f"<{address}>" if node.astext() == address else f"[{text}]({address.replace(')', '%29')})"

    inline_number_reference = inline_reference

    def inline_image(self, node):
        alt = " ".join(node.get("alt", "").split())
        return f"![{alt.replace(']', ')').replace('[', '(')}]({self.page.image(node)})"

    def inline_raw(self, node):
        shown = "html" in node.get("format", "") and "<script" not in node.astext()
        return node.astext() if shown else ""  # notebooks run no script, and print it instead

    def inline_superscript(self, node):
        return f"<sup>{self.inlines(node)}</sup>"

    def inline_subscript(self, node):
        return f"<sub>{self.inlines(node)}</sub>"

    def inline_footnote_reference(self, node):
        return f"<sup>[{node.astext()}]</sup>"

    # Blocks

    def block_Inline(self, node):
        return self.inline(node)

    block_Text = block_Inline

    def block_TextElement(self, node):
        return self.inlines(node)

    def block_paragraph(self, node):
        return LINE_START.sub(lambda m: f"{m[1]}\\" if m[1].isdigit() else f"\\{m[1]}", self.inlines(node))

    def block_rubric(self, node):
        return f"**{self.inlines(node)}**"

    def block_container(self, node):
        return self.blocks(node.children)

    block_compound = block_section = block_figure = block_legend = block_only = block_container
    block_bibliography = block_compact_paragraph = block_glossary = block_container

    def block_image(self, node):
        return self.inline_image(node)

    def block_raw(self, node):
        return self.inline_raw(node).strip()

    def block_transition(self, node):
        return "---"

    def block_literal_block(self, node):
        language = node.get("language", "")
        return fenced(node.astext(), "" if language in PLAIN else language)

    def block_doctest_block(self, node):
        return fenced(node.astext(), "python")

    def block_math_block(self, node):
        return formula(node.astext(), self.page.equation_number(node))

    def block_caption(self, node):
        return f"{self.number(node.parent)}{self.inlines(node)}"

    def number(self, node):
        """Return the bold number that goes before a caption, with a space, or nothing."""
        number = self.page.number(node)
        return f"**{number}.** " if number else ""

    def block_quote(self, node):
        return quoted(self.blocks(node.children))

    def block_block_quote(self, node):
        return self.block_quote(node)

    def block_attribution(self, node):
        return f"— {self.inlines(node)}"

    def block_Admonition(self, node):
        """Return a box as a quote with its title in bold, a dropdown as ``<details>``."""
        title, body = admonitionlabels.get(type(node).__name__, ""), node.children
        plain = title
        if body and isinstance(body[0], nodes.title):
            title, plain, body = self.inlines(body[0]), body[0].astext(), body[1:]
        if "dropdown" in node.get("classes", []):
            return folded(plain, self.blocks(body))
        return quoted("\n\n".join(filter(None, [f"**{title}**" if title else "", self.blocks(body)])))

    block_topic = block_sidebar = block_Admonition

    def block_Question(self, node):
        """Return a question as a quote, its answer folded below."""
        return f"{self.block_Admonition(nodes.admonition('', *node[:-1]))}\n\n{self.block(node[-1])}"

    def block_Answer(self, node):
        return folded("Answer", self.blocks(node.children))

    def component(self, node, name):
        """Return a sphinx-design component: dropdowns fold, tabs and cards keep order and bold title."""
        if name != "dropdown":
            return self.blocks(node.children)
        has_title = node.get("has_title", False)
        title = node[0].astext() if has_title else ""
        return folded(title, self.blocks(node.children[1 if has_title else 0 :]))

    def list_of(self, node, markers):
        """Return a list, tight if no item needs more than a paragraph and further lists."""
        items = [f"{m} {indented(self.block(i), len(m) + 1)}" for m, i in zip(markers, node, strict=True)]
        return ("\n\n" if any("\n\n" in item for item in items) else "\n").join(items)

    def block_list_item(self, node):
        """Return an item; a list that follows its first paragraph needs no blank line before it."""
        lists = (nodes.bullet_list, nodes.enumerated_list)
        tight = all(isinstance(child, lists) for child in node.children[1:])
        return ("\n" if tight else "\n\n").join(filter(None, map(self.block, node.children)))

    def block_bullet_list(self, node):
        return self.list_of(node, ["-"] * len(node))

    def block_enumerated_list(self, node):
        return self.list_of(node, [f"{node.get('start', 1) + i}." for i in range(len(node))])

    def block_definition_list(self, node):
        return "\n".join(f"- {indented(self.block(item), 2)}" for item in node.children)

    def block_definition_list_item(self, node):
        terms = ", ".join(f"**{self.inlines(term)}**" for term in node.findall(nodes.term))
        return f"{terms}: {self.blocks(c for c in node.children if isinstance(c, nodes.definition))}"

    block_definition = block_container

    def block_line_block(self, node):
        return "  \n".join(self.blocks([line]) for line in node.children)

    def block_footnote(self, node):
        return f"<sup>[{node[0].astext()}]</sup> {self.blocks(node.children[1:])}"

    def block_citation(self, node):
        return f"**[{escaped(node[0].astext())}]** {self.blocks(node.children[1:])}"

    def block_table(self, node):
        """Return a table, its caption above; without a header it gets an empty one, as Markdown needs."""
        titles = (f"{self.number(node)}{self.inlines(title)}" for title in node.findall(nodes.title))
        heads = [row for head in node.findall(nodes.thead) for row in head]
        rows = heads + [row for body in node.findall(nodes.tbody) for row in body]
        first = rows[len(heads)] if len(rows) > len(heads) else rows[0]
        rule = [next((ALIGNMENT[c] for c in e.get("classes", []) if c in ALIGNMENT), "---") for e in first]
        cells = [[self.cell(entry) for entry in row] for row in rows]
        if not heads:
            cells.insert(0, [""] * len(rule))
        lines = [f"| {' | '.join(row)} |" for row in [cells[0], rule, *cells[1:]]]
        return "\n\n".join([*titles, "\n".join(lines)])

    def cell(self, entry):
        self.in_table = True
        try:
            return re.sub(r"\n+", "<br>", self.blocks(entry.children))
        finally:
            self.in_table = False
