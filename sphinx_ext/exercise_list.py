"""The directive ``exercise-list``: all exercises of the book in one table, made from their checks.

An exercise is in it if a numbered chapter hands an answer to its check; nobody keeps a list by hand.
"""

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from .chapter_numbers import chapter_number, numbered_title
from .exercise_facts import WORDS, exercise_facts

HEADER = ("Chapter", "Exercise", "Difficulty", "Minutes")


class ExerciseList(nodes.General, nodes.Element):
    """The place of the table, until every page is read."""


class ExerciseListDirective(SphinxDirective):
    """``exercise-list`` without content."""

    def run(self):
        """Leave the place, and remember the page."""
        self.env.metadata[self.env.docname]["exercise-list"] = True
        return [ExerciseList()]


def setup(app):
    """Register the directive."""
    app.add_node(ExerciseList)
    app.add_directive("exercise-list", ExerciseListDirective)
    app.connect("env-updated", pages_with_list)
    app.connect("doctree-resolved", fill_list)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def pages_with_list(app, env):
    """Return the pages to write again: a change of any other page may change the table."""
    return [name for name, metadata in env.metadata.items() if "exercise-list" in metadata]


def fill_list(app, doctree, docname):
    """Put the table where the directive stood."""
    for place in list(doctree.findall(ExerciseList)):
        place.replace_self(exercise_table(app, docname))


def exercise_table(app, docname):
    """Return the table of all exercises, with links relative to a page."""
    env, rows = app.env, []
    chapters = [name for name in env.found_docs if chapter_number(env, name)]
    for chapter in sorted(chapters, key=lambda name: env.toc_secnumbers[name][""]):
        numbers = env.toc_fignumbers.get(chapter, {}).get("exercise", {})
        uri = app.builder.get_relative_uri(docname, chapter)
        for fact in exercise_facts(env.get_doctree(chapter), chapter):
            number = ".".join(map(str, numbers.get(fact.anchor, ())))
            rows.append(
                (
                    _link(numbered_title(env, chapter), uri),
                    _link(f"{number} {fact.title}".strip(), f"{uri}#{fact.anchor}"),
                    nodes.Text(WORDS[fact.difficulty]),
                    nodes.Text(str(fact.minutes)),
                )
            )
    return table(HEADER, rows)


def _link(text, uri):
    return nodes.reference("", text, refuri=uri, internal=True)


def table(header, rows):
    """Return a table node of a header (texts) and rows (each a sequence of inline nodes)."""
    group = nodes.tgroup("", cols=len(header))
    group += [nodes.colspec(colwidth=1) for _ in header]
    group += nodes.thead("", _row([nodes.Text(text) for text in header]))
    group += nodes.tbody("", *[_row(row) for row in rows])
    return nodes.table("", group, classes=["exercise-list"])


def _row(inlines):
    return nodes.row("", *[nodes.entry("", nodes.paragraph("", "", inline)) for inline in inlines])
