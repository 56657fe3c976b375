"""One strip at the head of every chapter: what it needs, what it gives, how long it takes, where to run it.

The first two are the paragraphs of the chapter's opening that begin with "You need" and "You will be able
to". Reading is counted by words and lines of code, exercises by their difficulty, running is what the
build measured. In an exported notebook the two paragraphs stay where the author wrote them.

On a telephone all but the ways to run the chapter is folded, so that the first words stand on its first
screen; where there is room, the style sheet shows what is folded, and no handle.
"""

import re
from html import escape

from docutils import nodes
from sphinx_exercise.nodes import is_exercise_node, is_solution_node

from .chapter_numbers import NEEDS, QUESTION, chapter_number
from .exercise_facts import exercise_facts
from .exercise_steps import page_buttons
from .notebook_writer import shows_code

PARTS = {
    "You need": NEEDS,
    "You will be able to": re.compile(r"(what )?you will be able to\b", re.IGNORECASE),
}
WORDS_PER_MINUTE = 200  # slower than a novel is read: one stops to think
LINES_PER_MINUTE = 20  # of code


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.connect("doctree-resolved", add_strip, priority=600)  # after the note on the data, which it takes in
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def add_strip(app, doctree, docname):
    """Put the strip below a chapter's title and question."""
    if app.builder.format != "html" or not chapter_number(app.env, docname):
        return
    page = doctree.next_node(nodes.section)
    parts = {heading: taken(page, pattern) for heading, pattern in PARTS.items()}
    columns = [column(heading, content) for heading, content in parts.items() if content]
    notes = [node for node in page.children if "data-note" in node.get("classes", [])]
    for node in notes:
        page.remove(node)
    runtime = app.env.nb_metadata.get(docname, {}).get("exec_data", {}).get("runtime")
    reading, exercises = reading_minutes(doctree), exercise_facts(doctree, docname)
    ways = ways_html(page_buttons(app, docname)) if shows_code(doctree) else ""
    warnings = [node for node in notes if isinstance(node, nodes.admonition)]  # never folded
    strip = nodes.container("", classes=["chapter-strip"])
    strip += nodes.raw("", handle_html(reading), format="html")
    strip += [*columns, nodes.raw("", facts_html(reading, exercises, runtime), format="html")]
    strip += [node for node in notes if node not in warnings]
    strip += [nodes.raw("", "</div></details>" + ways, format="html"), *warnings]
    heads = [i for i, node in enumerate(page.children) if _is_head(node)]
    page.insert(max(heads) + 1, strip)


def _is_head(node):
    return isinstance(node, nodes.title) or QUESTION in node.get("classes", [])


def taken(page, pattern):
    """Take the part of an opening whose bold first words match out of its page; return its content."""
    for node in page.children:
        if isinstance(node, nodes.section):
            break
        strong = next((child for child in node.children if child.astext()), None)
        if not isinstance(strong, nodes.strong) or not pattern.match(strong.astext()):
            continue
        content = [without_label(node)]
        following = node.next_node(descend=False, siblings=True)
        if not content[0].astext() and isinstance(following, nodes.bullet_list):
            content = [following]
            page.remove(following)
        page.remove(node)
        return content
    return []


def without_label(paragraph):
    """Return a copy of a paragraph without its bold first words; what is left begins with a capital."""
    rest = paragraph.deepcopy()
    rest.children = [child for child in rest.children if child.astext()][1:]  # Markdown leaves empty texts
    if rest.children and isinstance(rest[0], nodes.Text):
        text = rest[0].astext().lstrip(" .:\n")
        rest.replace(rest[0], nodes.Text(text[:1].upper() + text[1:]))
    return rest


def column(heading, content):
    """Return a column of the strip."""
    title = nodes.paragraph("", "", nodes.strong("", heading), classes=["strip-title"])
    return nodes.container("", title, *content, classes=["strip-part"])


def reading_minutes(doctree):
    """Return how long a page takes to read, exercises and solutions aside, to the next five minutes."""
    words, lines = _amount(doctree)
    return max(5, 5 * round((words / WORDS_PER_MINUTE + lines / LINES_PER_MINUTE) / 5))


def _amount(node):
    """Return how many words and lines of code stand below a node."""
    if is_exercise_node(node) or is_solution_node(node):
        return 0, 0
    if isinstance(node, nodes.literal_block):
        return 0, len(node.astext().splitlines())
    if isinstance(node, nodes.TextElement):
        return len(node.astext().split()), 0
    if node.get("nb_element") == "cell_code_output" or "hide_mode" in node:
        return 0, 0
    amounts = [_amount(child) for child in node.children if isinstance(child, nodes.Element)]
    return sum(words for words, _ in amounts), sum(lines for _, lines in amounts)


def handle_html(reading):
    """Return the opening of the fold: its handle, seen on a telephone, says how long the chapter is.

    >>> handle_html(30).partition("</summary>")[0]
    '<details class="strip-fold"><summary><b>About this chapter</b> <span>30 min to read</span>'
    """
    handle = f"<summary><b>About this chapter</b> <span>{reading} min to read</span></summary>"
    return f'<details class="strip-fold">{handle}<div class="strip-inside">'


def facts_html(reading, exercises, runtime):
    """Return the line of times.

    >>> facts_html(30, [], 12.5)
    '<p class="chapter-facts"><span><b>Read</b> about 30 min</span><span><b>Run</b> under a minute</span></p>'
    """
    facts = [("Read", f"about {reading} min")]
    if exercises:
        minutes = sum(exercise.minutes for exercise in exercises)
        count = f"{len(exercises)} exercise{'s' if len(exercises) > 1 else ''}"
        facts.append(("Solve", f'<a href="#{exercises[0].anchor}">{count}</a>, about {minutes} min'))
    if runtime:
        minutes = round(runtime / 60)
        facts.append(("Run", f"about {minutes} min" if minutes else "under a minute"))
    spans = "".join(f"<span><b>{name}</b> {text}</span>" for name, text in facts)
    return f'<p class="chapter-facts">{spans}</p>'


def ways_html(buttons):
    """Return the launch buttons, as short as in the header: they share a telephone's line."""
    links = []
    for button in buttons:
        extra = ' target="_blank" rel="noopener"' if button.get("external") else ""
        extra += f' download="{escape(button["download"])}"' if button.get("download") else ""
        icon = f'<i class="{button["icon"]}" aria-hidden="true"></i>'
        extra += f' aria-label="{escape(button["label"])}"'
        links.append(f'<a href="{escape(button["url"])}"{extra}>{icon}{button["text"]}</a>')
    return f'<p class="chapter-ways">{"".join(links)}</p>'
