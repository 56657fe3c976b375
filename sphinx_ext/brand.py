"""The pictures that stand for the book elsewhere: a card for each page that is shared, made when it is built.

A card shows the mark (a 3x3 kernel, as in ``images/favicon.svg``), the book's title, and of a chapter its
number, title and question. Addresses of pictures are absolute, so a site without an address names none.
"""

import textwrap
from pathlib import Path

import matplotlib
from PIL import Image, ImageDraw, ImageFont

from .chapter_numbers import QUESTION, chapter_number, numbered_title

SIZE = (1200, 630)  # what the sites that show cards ask for
GROUND, INK = "#0b5394", "#ffffff"
OPACITY = ((15, 45, 15), (45, 100, 45), (15, 45, 15))  # of the mark's cells, in percent
FOLDER = "_static/cards"


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.connect("html-page-context", name_card, priority=450)  # after the description, before opengraph
    app.connect("build-finished", write_cards)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def name_card(app, pagename, templatename, context, doctree):
    """Put the address of its card into a page's metadata, where the site has an address."""
    if app.config.ogp_site_url and pagename in app.env.found_docs:
        address = f"{app.config.ogp_site_url}{FOLDER}/{card_name(pagename)}"
        alt = f"{numbered_title(app.env, pagename)}: {app.config.project}"
        context["meta"] = {**(context.get("meta") or {}), "og:image": address, "og:image:alt": alt}
        tag = '<meta name="twitter:card" content="summary_large_image" />\n'
        context["metatags"] = context.get("metatags", "") + tag


def card_name(pagename):
    """Return the name of a page's card.

    >>> card_name("chapters/convolution")
    'chapters-convolution.png'
    """
    return f"{pagename.replace('/', '-')}.png"


def write_cards(app, exception):
    """Draw the cards of all pages into the written site."""
    if exception is not None or app.builder.format != "html" or not app.config.ogp_site_url:
        return
    folder = Path(app.outdir) / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in app.env.found_docs:
        question = app.env.metadata[name].get(QUESTION, "")
        title = numbered_title(app.env, name)
        book = app.config.project if chapter_number(app.env, name) or title != app.config.project else ""
        draw_card(title, question, book).save(folder / card_name(name), optimize=True)


def draw_card(title, question="", book=""):
    """Return a card as an image: the mark, and beside it book, title and question, each in its size."""
    card = Image.new("RGB", SIZE, GROUND)
    draw = ImageDraw.Draw(card)
    draw_mark(draw, left=80, top=80, cell=44)
    draw.text((260, 122), book, INK, _font(34))
    top = 280
    for words, size, weight, room in ((title, 64, "Bold", 27), (question, 40, "", 46)):
        for line in textwrap.wrap(words, room):
            draw.text((80, top), line, INK, _font(size, weight))
            top += round(1.25 * size)
        top += 24
    return card


def draw_mark(draw, left, top, cell):
    """Draw the nine cells of the mark."""
    for row, shares in enumerate(OPACITY):
        for column, share in enumerate(shares):
            x, y = left + column * (cell + 6), top + row * (cell + 6)
            draw.rounded_rectangle((x, y, x + cell, y + cell), cell // 6, mixed(share))


def mixed(percent):
    """Return so much ink on the ground as a colour.

    >>> mixed(100)
    (255, 255, 255)
    """
    ground, ink = ([int(text[k : k + 2], 16) for k in (1, 3, 5)] for text in (GROUND, INK))
    return tuple(round(g + (i - g) * percent / 100) for g, i in zip(ground, ink, strict=True))


def _font(size, weight=""):
    name = f"DejaVuSans-{weight}" if weight else "DejaVuSans"
    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts", "ttf", f"{name}.ttf"), size)
