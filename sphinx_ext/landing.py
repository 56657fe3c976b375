"""The landing page: the directives ``start-buttons`` and ``part-cards``, made from the table of contents.

A card shows a part's chapters with their questions, how long they take, and a picture: a figure of one of
its chapters, named by its label in the directive's content, else the first figure of the part. Behind the
label may stand the part of the figure to show: left, top, right and bottom edge, as shares of its sides.
"""

from pathlib import Path

from docutils import nodes
from PIL import Image
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

from .chapter_numbers import QUESTION, chapter_number, numbered_title
from .chapter_strip import reading_minutes
from .exercise_facts import exercise_facts
from .exercise_steps import page_buttons
from .launch_buttons import button_words

TRY_IT = "playground"  # the page


class StartButtons(nodes.General, nodes.Element):
    """The place of the buttons, until every page is read."""


class PartCards(nodes.General, nodes.Element):
    """The place of the cards, until every page is read."""


class StartButtonsDirective(SphinxDirective):
    """``start-buttons`` without content."""

    def run(self):
        """Leave the place."""
        return [StartButtons()]


class PartCardsDirective(SphinxDirective):
    """``part-cards``; its content names figures."""

    has_content = True

    def run(self):
        """Leave the place, and remember the page and its pictures."""
        self.env.metadata[self.env.docname]["part-cards"] = True
        lines = [line.split() for line in self.content if line.strip()]
        return [PartCards(pictures={name: [float(edge) for edge in box] for name, *box in lines})]


def setup(app):
    """Register the directives."""
    app.add_node(StartButtons)
    app.add_node(PartCards)
    app.add_directive("start-buttons", StartButtonsDirective)
    app.add_directive("part-cards", PartCardsDirective)
    app.connect("env-updated", pages_with_cards)
    app.connect("doctree-resolved", fill_places)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def pages_with_cards(app, env):
    """Return the pages to write again: a change of any chapter may change its card."""
    return [name for name, metadata in env.metadata.items() if "part-cards" in metadata]


def fill_places(app, doctree, docname):
    """Put buttons and cards where the directives stood; a notebook has neither."""
    is_page = app.builder.format == "html"
    for place in list(doctree.findall(StartButtons)):
        place.replace_self(start_buttons(app, docname) if is_page else [])
    for place in list(doctree.findall(PartCards)):
        place.replace_self(part_cards(app, docname, place["pictures"]) if is_page else [])


def parts_of(env):
    """Return the parts of numbered chapters in their order, each as (caption, names of pages)."""
    trees = env.get_doctree(env.config.root_doc).findall(addnodes.toctree)
    parts = [(tree["caption"] or "", tree["includefiles"]) for tree in trees]
    return [(caption, names) for caption, names in parts if names and chapter_number(env, names[0])]


def start_buttons(app, docname):
    """Return a paragraph of links: to the first chapter, to what can be tried at once, and into Colab."""
    parts = parts_of(app.env)
    if not parts:
        return []
    first = parts[0][1][0]
    pages = [("Start", first)] + ([("Try it", TRY_IT)] if TRY_IT in app.env.found_docs else [])
    targets = [(words, app.builder.get_relative_uri(docname, name)) for words, name in pages]
    colab = [button for button in page_buttons(app, docname, first) if button["text"] == "Colab"]
    targets += [(button_words(button), button["url"]) for button in colab]
    links = [nodes.reference("", words, refuri=uri) for words, uri in targets]
    return [nodes.paragraph("", "", *links, classes=["start-buttons"])]


def part_cards(app, docname, pictures):
    """Return a container of one card for each part."""
    cards = [card(app, docname, caption, names, pictures) for caption, names in parts_of(app.env)]
    return [nodes.container("", *cards, classes=["part-cards"])]


def card(app, docname, caption, names, pictures):
    """Return the card of a part."""
    env = app.env
    trees = {name: env.get_doctree(name) for name in names}
    items = []
    for name in names:
        uri = app.builder.get_relative_uri(docname, name)
        link = nodes.reference("", numbered_title(env, name), refuri=uri, internal=True)
        question = nodes.inline("", env.metadata[name].get(QUESTION, ""), classes=["card-question"])
        items.append(nodes.list_item("", nodes.paragraph("", "", link, nodes.Text(" "), question)))
    minutes = sum(
        reading_minutes(tree) + sum(fact.minutes for fact in exercise_facts(tree, name))
        for name, tree in trees.items()
    )
    return nodes.container(
        "",
        *picture_of(app, docname, trees.values(), pictures),
        nodes.paragraph("", "", nodes.strong("", caption), classes=["card-title"]),
        nodes.bullet_list("", *items),
        nodes.paragraph("", facts(len(names), minutes), classes=["card-facts"]),
        classes=["part-card"],
    )


def picture_of(app, docname, trees, pictures):
    """Return the picture of the figure with one of the labels, else of the first figure, in a list."""
    figures = [figure for tree in trees for figure in tree.findall(nodes.figure)]
    figures = [figure for figure in figures if figure.next_node(nodes.image) is not None]
    named = [(name, figure) for figure in figures for name in figure["ids"] if name in pictures]
    for name, figure in named or [("", figure) for figure in figures]:
        image = figure.next_node(nodes.image).deepcopy()
        return [cropped(app, docname, image, name, pictures[name]) if pictures.get(name) else image]
    return []


def cropped(app, docname, image, name, box):
    """Return the part of an image within a box, written beside the site's other images."""
    target = Path(app.outdir, "_images", f"card-{name}.png")
    target.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(Path(app.srcdir, image["uri"])) as whole:
        whole.crop([round(share * side) for share, side in zip(box, whole.size * 2, strict=True)]).save(
            target
        )
    uri = relative_uri(app.builder.get_target_uri(docname), f"_images/{target.name}")
    alt = f"A part of this figure: {image.get('alt', '')}"
    return nodes.image(uri=uri, alt=alt, candidates={"?": uri})  # Sphinx leaves it where it is


def facts(num_chapters, minutes):
    """Return how much a part is.

    >>> facts(4, 500)
    '4 chapters, about 8 hours with the exercises'
    """
    chapters = f"{num_chapters} chapter{'s' if num_chapters > 1 else ''}"
    hours = max(1, round(minutes / 60))
    return f"{chapters}, about {hours} hour{'s' if hours > 1 else ''} with the exercises"
