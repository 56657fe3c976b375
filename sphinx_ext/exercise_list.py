"""The directive ``exercise-list``: all exercises of the book in one table, made from their checks.

An exercise is in it if a numbered chapter hands an answer to its check; nobody keeps a list by hand.
"""

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from .chapter_numbers import chapter_number, numbered_title
from .exercise_facts import WORDS, exercise_facts

HEADER = ("Exercise", "Difficulty", "Minutes")


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
    """Return the table of all exercises by chapter, with links relative to a page."""
    env, rows = app.env, []
    chapters = [name for name in env.found_docs if chapter_number(env, name)]
    for chapter in sorted(chapters, key=lambda name: env.toc_secnumbers[name][""]):
        facts = exercise_facts(env.get_doctree(chapter), chapter)
        if facts:
            rows += chapter_rows(env, chapter, facts, app.builder.get_relative_uri(docname, chapter))
    return table(HEADER, rows)


def chapter_rows(env, chapter, facts, uri):
    """Return a row for a chapter, with the minutes of all its exercises, and below it a row for each."""
    numbers = env.toc_fignumbers.get(chapter, {}).get("exercise", {})
    minutes = sum(fact.minutes for fact in facts)
    head = _row([_link(numbered_title(env, chapter), uri), nodes.Text(str(minutes))])
    head["classes"].append("chapter")
    head[0]["morecols"] = len(HEADER) - 2  # it reaches to the minutes
    rows = [head]
    for fact in facts:
        number = ".".join(map(str, numbers.get(fact.anchor, ())))
        link = _link(f"{number} {fact.title}".strip(), f"{uri}#{fact.anchor}")
        rows.append(_row([link, nodes.Text(WORDS[fact.difficulty]), nodes.Text(str(fact.minutes))]))
    return rows


def _link(text, uri):
    return nodes.reference("", text, refuri=uri, internal=True)


def table(header, rows):
    """Return a table node of a header (texts) and rows (nodes)."""
    group = nodes.tgroup("", cols=len(header))
    group += [nodes.colspec(colwidth=1) for _ in header]
    group += nodes.thead("", _row([nodes.Text(text) for text in header]))
    group += nodes.tbody("", *rows)
    return nodes.table("", group, classes=["exercise-list"])


def _row(inlines):
    return nodes.row("", *[nodes.entry("", nodes.paragraph("", "", inline)) for inline in inlines])
