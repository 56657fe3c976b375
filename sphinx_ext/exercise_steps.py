"""An exercise is no dead end: its hints to unfold, and on a page, where nothing runs, ways to where it does.

The hints are the ones that ``check.<name>.hint()`` gives; they stand below the check in pages and notebooks.
What the check said when the book was built ("not attempted") is of no use to a reader of the page.
"""

import re
from html import escape

from docutils import nodes
from sphinx.util import logging
from sphinx.util.osutil import relative_uri
from sphinx_exercise.nodes import is_exercise_node, is_solution_node

from .exercise_facts import chapter_module, check_cells, checked_name
from .launch_buttons import button_words, launch_buttons
from .markdown_text import SUMMARY
from .notebook_writer import cell_id
from .repository import HELP_PAGE, repository_url

logger = logging.getLogger(__name__)


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.connect("doctree-resolved", complete_exercises)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def complete_exercises(app, doctree, docname):
    """Add hints and ways to every exercise of a page; take the link out of each solution's bar."""
    exercises = [node for node in doctree.findall(is_exercise_node) if check_cells(node)]
    checks = chapter_module(docname) if exercises else None
    for node in exercises:
        cell = check_cells(node)[-1]
        name = checked_name(cell)
        exercise = getattr(checks, name, None)
        if exercise is None:
            logger.warning("there is no exercise %s: no hints", name, location=node, type="exercise")
            continue
        extras = [nodes.raw("", hints_html(exercise.hints), format="html")]
        if app.builder.format == "html":
            remove_verdicts(node)
            extras.insert(0, nodes.raw("", ways_html(page_buttons(app, docname), node), format="html"))
        cell.parent[cell.parent.index(cell) + 1 : cell.parent.index(cell) + 1] = extras
    for node in doctree.findall(is_solution_node):
        without_link(node[0])


def remove_verdicts(exercise):
    """Remove what the checks of an exercise said in the build."""
    for cell in check_cells(exercise):
        for output in [child for child in cell.children if child.get("nb_element") == "cell_code_output"]:
            cell.remove(output)


def hints_html(hints):
    """Return the hints folded, each below its own handle: whoever opens one does not see the next.

    >>> hints_html(["Use `sum`."]).partition("</summary>")[-1]
    '<p>Use <code>sum</code>.</p></details>'
    """
    texts = [re.sub("`([^`]+)`", r"<code>\1</code>", escape(hint, quote=False)) for hint in hints]
    return "".join(
        f'<details class="hints">{SUMMARY}Hint {number} of {len(hints)}</summary><p>{text}</p></details>'
        for number, text in enumerate(texts, start=1)
    )


def ways_html(buttons, exercise):
    """Return links to where the exercise can be solved, each with its name for screen readers."""
    title = escape(exercise[0].astext().strip().removeprefix("(").removesuffix(")"))
    links = []
    for button in buttons:
        url = button["url"] + (f"#scrollTo={cell_id(exercise)}" if button.get("external") else "")
        extra = ' target="_blank" rel="noopener"' if button.get("external") else ""
        extra += f' download="{escape(button["download"])}"' if button.get("download") else ""
        links.append(
            f'<a href="{escape(url)}"{extra}><i class="{button["icon"]}" aria-hidden="true"></i> '
            f'{button_words(button, "Solve it in Colab")}<span class="visually-hidden">: {title}</span></a>'
        )
    return f'<p class="exercise-ways">{"".join(links)}</p>'


def without_link(title):
    """Make the title of a solution plain: it is the handle that unfolds the solution."""
    for link in list(title.findall(nodes.reference)):
        link.replace_self(nodes.Text(f" {link.astext().strip()}"))


def page_buttons(app, docname, chapter=None):
    """Return the launch buttons of a chapter (by default the page itself) with addresses for the page."""
    here = app.builder.get_target_uri(docname)

    def pathto(target, is_resource=False):
        return relative_uri(here, target if is_resource else app.builder.get_target_uri(target))

    return launch_buttons(
        chapter or docname, pathto, repository_url(app.srcdir), help_page=HELP_PAGE in app.env.found_docs
    )
