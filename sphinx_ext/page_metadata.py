"""What a page says about itself to search engines and in shared links.

The description is the page's own opening. An address appears only where the book has one
(``COURSE_SITE_URL``): a wrong address is worse than none.
"""

import html
import os
import re

from docutils import nodes

MAX_LENGTH = 200  # what search results show of a description
OBJECT = "\ufffc"  # stands for what cannot be said in plain text
GENERATED = {"genindex": "Index", "search": "Search"}
ASIDES = (nodes.Admonition, nodes.table, nodes.figure, nodes.footnote, nodes.list_item, nodes.container)


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.setup_extension("sphinxext.opengraph")
    if os.environ.get("COURSE_SITE_URL"):
        app.setup_extension("sphinx_sitemap")
    app.connect("config-inited", set_address)
    app.connect("html-page-context", describe_page, priority=400)  # opengraph keeps what it finds
    app.connect("html-page-context", drop_relative_addresses, priority=600)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def set_address(app, config):
    """Give the book the address in ``COURSE_SITE_URL``, if there is one."""
    config.ogp_social_cards = {"enable": False}  # a picture of the title says no more than the title
    address = os.environ.get("COURSE_SITE_URL", "").rstrip("/")
    if address:
        config.html_baseurl = config.ogp_site_url = address + "/"
        config.sitemap_url_scheme = "{link}"


def describe_page(app, pagename, templatename, context, doctree):
    """Put a description into the page's head, unless its author wrote one."""
    metatags = context.get("metatags", "")
    written = re.search(r'<meta content="([^"]*)"[^>]* name="description"', metatags)
    if written:
        context["meta"] = {**(context.get("meta") or {}), "og:description": written.group(1)}
        return
    text = description_of(doctree) if doctree is not None else ""
    if not text:
        title = GENERATED.get(pagename) or re.sub("<[^>]*>", "", context.get("title") or pagename)
        text = f"{html.unescape(title)}: a page of {app.config.project}."
    context["metatags"] = metatags + f'<meta name="description" content="{html.escape(text)}" />\n'
    context["meta"] = {**(context.get("meta") or {}), "og:description": html.escape(text, quote=False)}


def description_of(doctree):
    """Return the opening of a page as plain text: whole sentences without formulas, cut at 200 characters."""
    chosen = ""
    for paragraph in doctree.findall(nodes.paragraph):
        if "data-note" in paragraph["classes"] or _is_aside(paragraph):
            continue
        for sentence in plain_sentences(paragraph):
            if chosen and len(chosen) + len(sentence) >= MAX_LENGTH:
                return chosen
            chosen = f"{chosen} {sentence}".strip()
        if len(chosen) > MAX_LENGTH // 2:
            break
    return chosen if len(chosen) <= MAX_LENGTH else chosen[: MAX_LENGTH - 4].rsplit(" ", 1)[0] + " ..."


def plain_sentences(paragraph):
    """Return the sentences of a paragraph (one per source line) that hold neither formula nor citation."""
    plain = paragraph.deepcopy()
    for node in list(plain.findall(_is_unspeakable)):
        node.parent.replace(node, nodes.Text(OBJECT))
    return [line.strip() for line in plain.astext().split("\n") if line.strip() and OBJECT not in line]


def drop_relative_addresses(app, pagename, templatename, context, doctree):
    """Remove the page's address where opengraph had none to build it from."""
    if not app.config.ogp_site_url:
        context["metatags"] = re.sub(r'<meta property="og:url"[^>]*>\n?', "", context.get("metatags", ""))


def _is_aside(node):
    while node is not None:
        if isinstance(node, ASIDES):
            return True
        node = node.parent
    return False


def _is_unspeakable(node):
    return isinstance(node, nodes.math) or "bibtex-citation" in getattr(node, "attributes", {}).get(
        "classes", ()
    )
