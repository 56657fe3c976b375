"""What a page says about its exercises: which ones it has, how hard they are, how long they may take."""

import importlib
import importlib.util
import re
from dataclasses import dataclass

from docutils import nodes
from sphinx_exercise.nodes import exercise_subtitle, is_exercise_node

from .notebook_writer import code_cells

CHECK = re.compile(r"^check\.(\w+)\((?!\))", re.MULTILINE)
# Estimates, and called so where they are shown.
MINUTES = {"warm-up": 5, "idea": 15, "open": 30}
WORDS = {"warm-up": "warm-up", "idea": "needs an idea", "open": "open task"}


@dataclass(frozen=True)
class Fact:
    """An exercise of a page: its id and title there, and the difficulty of its check."""

    anchor: str
    title: str
    difficulty: str

    @property
    def minutes(self):
        """How long it may take."""
        return MINUTES[self.difficulty]


def exercise_facts(doctree, docname):
    """Return a Fact for each exercise of a page that has a check, in the order of the page."""
    checks = chapter_module(docname)
    found = []
    for node in doctree.findall(is_exercise_node):
        names = [checked_name(cell) for cell in check_cells(node)]
        exercise = getattr(checks, names[-1], None) if names else None
        if exercise is not None:
            title = next((part.astext() for part in node[0].findall(exercise_subtitle)), "")
            found.append(Fact(node["ids"][0], title, exercise.difficulty))
    return found


def check_cells(exercise):
    """Return the cells of an exercise that check an answer."""
    return [cell for cell in code_cells(exercise) if checked_name(cell)]


def checked_name(cell):
    """Return the name of the exercise that a cell checks, or None."""
    source = next((block.astext() for block in cell.findall(nodes.literal_block)), "")
    found = CHECK.search(source)
    return found.group(1) if found else None


def chapter_module(docname):
    """Return the module with a chapter's exercises, or None."""
    name = f"course_lib.exercises.{docname.rpartition('/')[2]}"
    return importlib.import_module(name) if importlib.util.find_spec(name) else None
