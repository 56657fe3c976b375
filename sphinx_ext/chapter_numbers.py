"""A chapter has a number, a short title and a question: "5 Convolution", and below it what is asked.

The number is the table of contents' (``numbered: 1`` in ``_toc.yml``); the question is the paragraph in
italics right below the title. A reference to a chapter names it in full once on a page and says
"Chapter 5" from then on; *Next* and *Previous* show number, title and question.
"""

import html
import re

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

QUESTION = "question"  # the class of the paragraph, and the key under which Sphinx keeps its text
# How the paragraph on what a chapter needs begins; the strip at the head of a page shows it.
NEEDS = re.compile(r"(what )?you need\b", re.IGNORECASE)


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.connect("config-inited", count_by_chapter)
    app.connect("doctree-read", mark_question)
    app.connect("html-page-context", name_neighbours)
    app.add_post_transform(NameChapters)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def count_by_chapter(app, config):
    """Number figures, tables, equations and exercises as 5.1; write "5 Convolution" without a dot."""
    config.numfig, config.numfig_secnum_depth = True, 1
    config.html_secnumber_suffix = " "


def chapter_number(env, docname):
    """Return the number of a page in the table of contents as text, or "" if it has none."""
    return ".".join(map(str, env.toc_secnumbers.get(docname, {}).get("") or ()))


def numbered_title(env, docname):
    """Return a page's title with its number, if it has one: "5 Convolution"."""
    return f"{chapter_number(env, docname)} {env.titles[docname].astext()}".strip()


def mark_question(app, doctree):
    """Give the paragraph in italics below a page's title its class, and keep its text."""
    title = doctree.next_node(nodes.title)
    below = title.next_node(descend=False, siblings=True) if title is not None else None
    if isinstance(below, nodes.paragraph) and [type(child) for child in below] == [nodes.emphasis]:
        below["classes"].append(QUESTION)
        app.env.metadata[app.env.docname][QUESTION] = " ".join(below.astext().split())


class NameChapters(SphinxPostTransform):
    """Let a reference to a chapter say its number, and the first one on a page its title, too."""

    default_priority = 5  # before Sphinx resolves references, with 10

    def run(self, **kwargs):
        """Write the words of every reference to a numbered chapter that has no words of its own."""
        named = {self.env.docname}  # a page need not be told its own title
        labels = self.env.get_domain("std").labels
        for node in self.document.findall(addnodes.pending_xref):
            docname, _, heading = labels.get(node["reftarget"], ("", "", ""))
            if node["reftype"] != "ref" or node.get("refexplicit") or not self.is_chapter(docname, heading):
                continue
            in_strip = NEEDS.match(node.parent.astext())  # which stands above whatever came before
            words = self.words(node, docname, in_full=docname not in named or in_strip)
            node.children = []
            node += nodes.inline("", words, classes=["std", "std-ref"])
            node["refexplicit"] = True
            named.add(docname)

    def is_chapter(self, docname, heading):
        """Return whether a label's heading is the title of a numbered page, and not one of its sections."""
        return bool(chapter_number(self.env, docname)) and heading == self.env.titles[docname].astext()

    def words(self, node, docname, in_full):
        """Return "Chapter 5", in full "Chapter 5 (Convolution)", in brackets "Chapter 5, Convolution"."""
        chapter, title = f"Chapter {chapter_number(self.env, docname)}", self.env.titles[docname].astext()
        if not in_full:
            return chapter
        siblings = node.parent.children
        before = "".join(sibling.astext() for sibling in siblings[: siblings.index(node)])
        in_brackets = before.count("(") > before.count(")")
        return f"{chapter}, {title}" if in_brackets else f"{chapter} ({title})"


def name_neighbours(app, pagename, templatename, context, doctree):
    """Show below a page what comes before and after, with the question as the reason to go on."""
    _, before, after = getattr(app.builder, "relations", {}).get(pagename, (None, None, None))
    for key, docname in (("prev", before), ("next", after)):
        if context.get(key) and docname:
            context[key]["title"] = neighbour_html(app.env, docname)


def neighbour_html(env, docname):
    """Return the words of a link to the page before or after."""
    title = html.escape(numbered_title(env, docname), quote=False)
    question = html.escape(env.metadata[docname].get(QUESTION, ""), quote=False)
    return title + (f' <span class="neighbour-question">{question}</span>' if question else "")
