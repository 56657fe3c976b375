"""The header's three ways to run a page that has code: in Colab, as a downloaded notebook, locally.

The theme's own launch buttons open the MyST source, which Colab cannot read; these open what the builder
``notebooks`` made of it. They are a template and not theme buttons, because those cannot say ``download``.
"""

from pathlib import Path

from .notebook_writer import code_cells
from .repository import colab_url, repository_url

HELP_PAGE = "chapters/run_it_yourself"
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
            "label": "Open in Colab" if colab else "How to open this chapter in Colab",
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


def without_sources(buttons):
    """Return the theme's header buttons without those that hand out the MyST source of a page."""
    kept = [button for button in buttons if button.get("label") not in SOURCE_BUTTONS]
    for group in kept:
        if "buttons" in group:
            group["buttons"] = without_sources(group["buttons"])
    return kept


def add_buttons(app, pagename, templatename, context, doctree):
    """Put the buttons into a page's context."""
    context["header_buttons"] = without_sources(context.get("header_buttons", []))
    if doctree is not None and code_cells(doctree):
        context["launch_buttons"] = launch_buttons(
            pagename, context["pathto"], repository_url(app.srcdir), HELP_PAGE in app.env.found_docs
        )


def add_template(app, config):
    """Show the template at the left of the theme's buttons."""
    config.templates_path = [*config.templates_path, str(Path(__file__).parent / "templates")]
    places = config.html_theme_options.setdefault("article_header_end", ["article-header-buttons.html"])
    if "launch-buttons.html" not in places:
        places.insert(0, "launch-buttons.html")


def setup(app):
    """Connect to the pages, after the theme has listed its own buttons (its priority is 501)."""
    app.connect("config-inited", add_template)
    app.connect("html-page-context", add_buttons, priority=502)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
