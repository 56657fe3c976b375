"""One page's doctree, dealt out into the cells of a notebook."""

import hashlib
import re
from pathlib import Path

import nbformat
from docutils import nodes
from myst_nb.core.read import create_nb_reader
from nbformat import v4
from sphinx_exercise.nodes import exercise_enumerable_node, is_exercise_node, is_solution_node

from .chapter_numbers import QUESTION, chapter_number
from .markdown_text import fenced, folded
from .notebook_code import folded_source, form_title, glue_names, how_to_run, imported_modules, without_glue
from .notebook_markdown import MarkdownRenderer
from .notebook_outputs import answers, executed_cells, shown
from .notebook_page import NotebookPage
from .notebook_references import cited_works

FOLDED_TAGS = {"hide-input", "hide-cell", "remove-input", "hide_input", "hide_cell", "remove_input"}
WITHOUT_SOURCE = {"remove-input", "remove_input"}
# A solution's cells that only talk to the check: one returns the solution, the other proves it to the build.
ASKS_FOR_SOLUTION = re.compile(r"check\.\w+\.solution\(\)")
PROVES_SOLUTION = re.compile(r"check\.\w+\(check\.\w+\.reference\)")
METADATA = {
    "colab": {"toc_visible": True},
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def code_cells(doctree):
    """Return the code cells that a page shows, as myst_nb's containers."""
    return [c for c in doctree.findall(nodes.container) if is_code_cell(c)]


def is_code_cell(node):
    """Return whether a node is a code cell."""
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def shows_code(doctree):
    """Return whether a page shows code, and not only what code made: such a page is worth running."""
    return any(not WITHOUT_SOURCE.intersection(tags_of(cell)) for cell in code_cells(doctree))


def tags_of(cell):
    """Return the tags of a code cell."""
    return cell["cell_metadata"].get("tags", [])


def cell_id(node):
    """Return the id of an exercise's first cell: its label, so that a page's links find it in Colab."""
    return re.sub(r"[^\w-]", "-", node["ids"][0])[:64]


class NotebookWriter:
    """Deal a page out into cells."""

    def __init__(self, builder, docname, doctree):
        self.builder, self.docname, self.doctree = builder, docname, doctree
        self.page = NotebookPage(builder, docname)
        self.markdown = MarkdownRenderer(self.page)
        self.cells, self.used = [], {}
        self.outputs = {}  # what cells show before they run, by index: without answers to predictions
        self.pending = []  # Markdown that waits for its cell
        self.anchor = None  # the id that the next cell gets
        self.role, self.summary = None, None  # "exercise" or "solution" while inside one; its title
        self.install = None  # the source of the cell that installs, until it stands below the title

    def notebook(self):
        """Return the notebook: the title, the install cell, the page in its order, what it cites."""
        page = self.source_notebook()
        cells = page.cells
        glue = glue_names([cell.source for cell in cells if cell.cell_type == "code"])
        indices = [cell["cell_index"] for cell in code_cells(self.doctree)]
        self.source = {index: without_glue(cells[index].source, glue) for index in indices}
        executed = executed_cells(page, *self.builder.executions(self.docname))
        visible = set(indices) - answers(self.doctree, executed)
        address = self.builder.get_target_uri(self.docname)
        self.outputs = {index: shown(executed[index], address, self.builder.still) for index in visible}
        self.install = self.builder.install_source(imported_modules(self.source.values()))
        self.walk(self.doctree, 0)
        self.end_title()
        if works := cited_works(self.builder.env, self.docname):
            self.heading("References", 2)
            self.pending.append(self.markdown.block(works))
        self.flush()
        notebook = v4.new_notebook(cells=self.cells, metadata=METADATA)
        nbformat.validate(notebook)
        return notebook

    def source_notebook(self):
        """Return the page's source, its hidden cells too; ``cell_index`` counts them all."""
        env, path = self.builder.env, self.builder.env.doc2path(self.docname)
        text = Path(path).read_text(encoding="utf-8")
        return create_nb_reader(path, env.myst_config, env.mystnb_config, text).read(text)

    # From nodes to cells

    def walk(self, parent, depth):
        """Deal out the children of a page, a section, an exercise or a solution."""
        for node in parent.children:
            is_question = QUESTION in node.get("classes", []) if isinstance(node, nodes.Element) else False
            if any(self.pending) and not is_question:
                self.end_title()
            if is_code_cell(node):
                self.code(node)
            elif is_exercise_node(node):
                self.exercise(node, depth)
            elif is_solution_node(node):
                self.solution(node, depth)
            elif isinstance(node, nodes.section):
                self.walk(node, depth + 1)
            elif isinstance(node, nodes.title):
                self.heading(self.markdown.inlines(node), depth)
            elif is_question:
                self.pending.insert(1, self.markdown.block(node))  # right below the title
            else:
                self.pending.append(self.markdown.block(node))

    def end_title(self):
        """Let the cell that installs follow the title, before anything that runs."""
        if self.install is not None:
            self.flush()
            source, self.install = self.install, None
            self.add_code(source, {"cellView": "form"})

    def heading(self, text, depth):
        """Begin a cell with a heading; under the page's own, say what book this is and how to run it."""
        self.flush()
        is_title = self.install is not None  # which waits for it
        number = chapter_number(self.builder.env, self.docname) if is_title else ""
        self.pending.append(" ".join(filter(None, ["#" * min(max(depth, 1), 6), number, text])))
        if is_title:
            link = self.builder.get_target_uri(self.docname)
            online = f" [Read it online]({link})." if link else ""
            self.pending.append(f"A chapter of *{self.builder.config.project}*.{online}")
            self.pending.append(self.builder.origin(self.docname))
            self.pending.append(how_to_run(self.builder.help_page))

    def exercise(self, node, depth):
        """Deal out an exercise: its title as a heading, its cells as the source left them."""
        number = f"{self.page.number(node)} " if isinstance(node, exercise_enumerable_node) else ""
        self.heading(f"{number}{self.markdown.inlines(node[0]).strip()}".strip(), depth + 1)
        self.anchor = cell_id(node)
        self.within("exercise", None, node, depth)

    def solution(self, node, depth):
        """Deal out a solution, its text and its code folded."""
        self.flush()
        self.within("solution", node[0].astext(), node, depth)

    def within(self, role, summary, node, depth):
        self.role, self.summary = role, summary
        content = nodes.container("", *node.children[1:])  # without the title
        self.walk(content, depth)
        self.flush()
        self.role, self.summary = None, None

    def code(self, node):
        """Add a code cell and its figure's caption; a solution's code is text, so that nothing runs it."""
        source, tags = self.source[node["cell_index"]], tags_of(node)
        figure = next(node.findall(nodes.figure), None)
        if self.role == "solution":
            self.pending += self.solution_code(source, node)
        elif source.strip():
            self.flush()
            extra = ["exercise", "raises-exception"] if self.role == "exercise" else []
            metadata = {"tags": list(dict.fromkeys([*tags, *extra]))}
            outputs = [] if self.role == "exercise" else self.outputs.get(node["cell_index"], [])
            self.add_code(source, metadata, self.title(tags, figure), outputs)
        if figure is not None:
            self.pending += self.caption(figure, node["cell_metadata"])
            if self.role != "solution":  # what follows gets its own cell: folded words have no air below
                self.flush()

    def title(self, tags, figure):
        """Return the title under which a cell is folded, or None for a cell that stands open."""
        if not FOLDED_TAGS.intersection(tags):
            return None
        return form_title(self.caption_text(figure)) or ("Preparation" if "hide-cell" in tags else "The code")

    def solution_code(self, source, node):
        """Return a solution's cell as Markdown: its code, and below it what it printed."""
        if PROVES_SOLUTION.fullmatch(source):
            return []
        outputs = [c for c in node.children if c.get("nb_element") == "cell_code_output"]
        said = [self.markdown.block(output) for output in outputs]
        return said if said and ASKS_FOR_SOLUTION.fullmatch(source) else [fenced(source, "python"), *said]

    def caption(self, figure, metadata):
        """Return a figure's caption, and its alternative text folded: the cell's output has none in Colab."""
        captions = [self.markdown.block(c) for c in figure.findall(nodes.caption)]
        alt = metadata.get("mystnb", {}).get("image", {}).get("alt", "")
        return captions + ([folded("The figure in words", " ".join(alt.split()))] if alt else [])

    @staticmethod
    def caption_text(figure):
        caption = next(figure.findall(nodes.caption), None) if figure is not None else None
        return caption.astext() if caption is not None else ""

    # Cells

    def flush(self):
        """Put the Markdown that waits into a cell; inside a solution, fold it."""
        text = "\n\n".join(filter(None, self.pending)).strip()
        self.pending = []
        if not text:
            return
        if self.role == "solution":
            text = folded(self.summary, text)
        self.add(v4.new_markdown_cell(text))

    def add_code(self, source, metadata, title=None, outputs=()):
        """Add a code cell and what it shows; with a title, its code is folded."""
        metadata = {key: value for key, value in metadata.items() if value}
        if title:
            source = folded_source(source, title)
            metadata |= {"cellView": "form", "jupyter": {"source_hidden": True}}
        self.add(v4.new_code_cell(source, metadata=metadata, outputs=list(outputs)))

    def add(self, cell):
        """Add a cell under an id that depends only on what it holds, so that an edit changes one id.

        The first cell of an exercise has the exercise's label, also where Colab looks for it.
        """
        if self.anchor:
            cell.id = cell.metadata["id"] = self.anchor
            self.anchor = None
            self.cells.append(cell)
            return
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        repeat = self.used[digest] = self.used.get(digest, 0) + 1
        cell.id = digest if repeat == 1 else f"{digest}-{repeat}"
        self.cells.append(cell)
