"""The header's three ways to run a page that has code: in Colab, as a downloaded notebook, locally.

The theme's own launch buttons open the MyST source, which Colab cannot read; these open what the builder
``notebooks`` made of it. They are a template and not theme buttons, because those cannot say ``download``.
"""

from pathlib import Path

from .notebook_writer import shows_code
from .repository import HELP_PAGE, colab_url, repository_url

THEME_BUTTONS = "article-header-buttons.html"
WORDS = {".ipynb": "Download the notebook", "Run locally": "Run it locally"}  # where there is room
SOURCE_BUTTONS = {"download-source-button", "download-notebook-button"}


def launch_buttons(pagename, pathto, repository, help_page=True):
    """Return the buttons of a page that has code, each a dict that the template knows.

    Where Colab cannot open the repository, its button leads to the page on running a chapter.
    """
    notebook = f"{pagename.rpartition('/')[2]}.ipynb"
    help_url = pathto(HELP_PAGE) if help_page else None
    colab = colab_url(repository, notebook)
    buttons = [
        {
            "url": colab or help_url,
            "text": "Colab",
            "label": colab_words(colab),
            "icon": "fas fa-rocket",
            "external": bool(colab),
        },
        {
            "url": pathto(f"notebooks/{notebook}", 1),
            "text": ".ipynb",
            "label": "Download this chapter as a notebook (.ipynb)",
            "icon": "fas fa-download",
            "download": notebook,
        },
        {
            "url": help_url,
            "text": "Run locally",
            "label": "Run locally: how to run this chapter on your own machine",
            "icon": "fas fa-laptop-code",
        },
    ]
    return [button for button in buttons if button["url"]]


def colab_words(opens, deed="Open in Colab"):
    """Return what a link to Colab promises; where it only leads to an explanation, all say so in one way.

    >>> colab_words(True, "Solve it in Colab"), colab_words(None), colab_words(None, "Solve it in Colab")
    ('Solve it in Colab', 'How to open in Colab', 'How to open in Colab')
    """
    return deed if opens else "How to open in Colab"


def button_words(button, deed="Open in Colab"):
    """Return the words of a launch button in a text: for Colab what is done there."""
    return WORDS.get(button["text"]) or colab_words(button["external"], deed)


def without_sources(buttons):
    """Return the theme's header buttons without those for a page's MyST source; a group of one dissolves."""
    kept = []
    for button in buttons:
        inner = without_sources(button.get("buttons", []))
        if button.get("label") in SOURCE_BUTTONS or ("buttons" in button and not inner):
            continue
        if len(inner) == 1:
            button = {**inner[0], "text": None}  # as a group's entry it had words, in the row it is an icon
        elif inner:
            button = {**button, "buttons": inner}
        kept.append(button)
    return kept


def add_buttons(app, pagename, templatename, context, doctree):
    """Put the buttons into the context of a page that has code."""
    if doctree is not None and shows_code(doctree):
        context["launch_buttons"] = launch_buttons(
            pagename, context["pathto"], repository_url(app.srcdir), HELP_PAGE in app.env.found_docs
        )


def remove_sources(app, pagename, templatename, context, doctree):
    """Take the theme's buttons for the MyST source off every page."""
    context["header_buttons"] = without_sources(context.get("header_buttons", []))


def add_template(app, config):
    """Show the template where the theme shows its buttons, which it includes."""
    config.templates_path = [*config.templates_path, str(Path(__file__).parent / "templates")]
    places = config.html_theme_options.get("article_header_end", [THEME_BUTTONS])
    config.html_theme_options["article_header_end"] = [
        "launch-buttons.html" if place == THEME_BUTTONS else place for place in places
    ]


def setup(app):
    """Connect to the pages."""
    app.connect("config-inited", add_template)
    app.connect("html-page-context", add_buttons, priority=400)  # at 500 the theme drops empty templates
    app.connect("html-page-context", remove_sources, priority=502)  # at 501 the theme lists its buttons
    return {"parallel_read_safe": True, "parallel_write_safe": True}
