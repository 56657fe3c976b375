"""An exercise that can be solved where nothing runs: its code with gaps, and pieces to choose for each.

    ```{gaps}
    def twice(x):
        return {{x + x|x * x|x + 1}}
    ```

stands in an exercise, after its check. The build fills the gaps in every possible way and hands each of
these programs to the exercise's own check; the page holds what the check said and shows it for the reader's
choice (``static/gaps.js``). So a page answers what a notebook would answer to the very same code. Notebooks
and paper leave the gaps out: a notebook has the cell, and paper cannot be pressed.
"""

import json
import re
import shutil
import sys
from html import escape
from itertools import product
from math import prod
from pathlib import Path

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx_exercise.nodes import is_exercise_node

from .exercise_facts import chapter_module, check_cells, checked_name

SCRIPT = Path(__file__).parent / "static" / "gaps.js"
GAP = re.compile(r"\{\{(.+?)\}\}")
MOST = 64  # ways to fill the gaps
PLACE = "gap_{}_here"  # an identifier, so that the code around it is coloured as if it were whole

logger = logging.getLogger(__name__)


class Gaps(nodes.Invisible, nodes.Element):
    """The place of the code; a text, such as a notebook, has none."""


class GapsDirective(SphinxDirective):
    """The code of an exercise, with ``{{one piece|another}}`` wherever the reader chooses."""

    has_content = True

    def run(self):
        """Return the place of the code; its verdicts come when the exercise around it is known."""
        place = Gaps("", code="\n".join(self.content))
        self.set_source_info(place)
        return [place]


def setup(app):
    """Register the directive and the script."""
    app.add_node(Gaps, html=(visit_gaps, lambda self, node: None))
    app.add_directive("gaps", GapsDirective)
    app.add_js_file(SCRIPT.name, loading_method="defer")
    app.connect("doctree-resolved", judge_gaps, priority=600)  # after the hints, which come first on a page
    app.connect("build-finished", write_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def judge_gaps(app, doctree, docname):
    """Give each exercise's gaps what its check says to every way of filling them."""
    if app.builder.format != "html":
        return
    for node in doctree.findall(is_exercise_node):
        for place in list(node.findall(Gaps)):
            names = [checked_name(cell) for cell in check_cells(node)]
            exercise = getattr(chapter_module(docname), names[-1], None) if names else None
            place["title"] = node[0].astext().strip().removeprefix("(").removesuffix(")")
            place["verdicts"] = verdicts(exercise, place["code"]) if exercise else []
            for fault in faults(exercise, place["code"], place["verdicts"]):
                logger.warning("the gaps of an exercise %s", fault, location=place, type="gaps")


def pieces(code):
    """Return the pieces of each gap.

    >>> pieces("x {{+|-}} {{1|2}}")
    [['+', '-'], ['1', '2']]
    """
    return [found[1].split("|") for found in GAP.finditer(code)]


def filled(code, chosen):
    """Return the code with a piece in each gap.

    >>> filled("x {{+|-}} {{1|2}}", ["-", "2"])
    'x - 2'
    """
    rest = iter(chosen)
    return GAP.sub(lambda found: next(rest), code)


def verdicts(exercise, code):
    """Return the check's answer to each way of filling the gaps, the last gap's pieces in turn first."""
    gaps = pieces(code)
    if prod(map(len, gaps)) > MOST:
        return []
    return [verdict(exercise, filled(code, chosen)) for chosen in product(*gaps)]


def verdict(exercise, code):
    """Return what an exercise says to code, which sees the names that its own solution sees."""
    namespace = dict(vars(sys.modules[definition_module(exercise)]))
    exec(code, namespace)
    return exercise(eval(exercise.answer, namespace))


def definition_module(exercise):
    """Return the name of the module in which an exercise's solution stands."""
    return f"{exercise.chapter}.{exercise.name}"


def faults(exercise, code, said):
    """Return what is wrong with gaps, an empty list if nothing is."""
    gaps = pieces(code)
    if exercise is None:
        return ["stand in no exercise that has a check"]
    if not gaps or not said or any(len(gap) < 2 for gap in gaps):
        return [f"leave two pieces or more each, and at most {MOST} ways to fill them: {gaps}"]
    statuses = {answer.status for answer in said}
    complaints = []
    if statuses != {"correct", "not yet"}:
        complaints.append(f"can be filled rightly and wrongly, and no otherwise: {sorted(statuses)}")
    complaints += [
        f"can be filled so that the check fails: {answer.message}"
        for answer in said
        if "could not be checked" in answer.message
    ]
    return complaints


def visit_gaps(self, node):
    """Leave the folded code in the page, with a list for each gap and what the check says to all choices."""
    texts = [words(answer) for answer in node.get("verdicts", [])]
    said = list(dict.fromkeys(texts))
    data = {"said": said, "table": [said.index(text) for text in texts]}
    self.body.append(
        f'<details class="gaps" hidden data-verdicts="{escape(json.dumps(data))}">'
        f'<summary>Solve it here: fill the gaps<span class="visually-hidden">: {escape(node["title"])}</span>'
        f"</summary>{code_html(node['code'])}"
        '<p class="gaps-check"><button type="button">Check</button>'
        '<span class="gaps-said" role="status"></span></p></details>'
    )


def words(answer):
    """Return an answer as the page shows it: [status, message, what leads on], with no name of a check."""
    return (answer.status, answer.message, re.sub(r", check\.\w+\.$", ".", answer.next_step))


def code_html(code):
    """Return the code, coloured, with a list to choose from in the place of each gap.

    What is no ``div.highlight`` gets no button that copies it.
    """
    gaps = pieces(code)
    whole = filled(code, [PLACE.format(number) for number in range(len(gaps))])
    text = highlight(whole, PythonLexer(), HtmlFormatter(nowrap=True))
    for number, gap in enumerate(gaps):
        options = select_html(number, gap)
        text = re.sub(rf'<span class="\w+">{PLACE.format(number)}</span>', lambda _, new=options: new, text)
    return (
        f'<pre class="highlight notranslate">{"".join(map(line_html, text.splitlines(keepends=True)))}</pre>'
    )


def line_html(line):
    """Return a line of code as a block, which knows how far it is indented: where it wraps, so is its rest.

    >>> line_html("    return w")
    '<span class="line in-4">    return w</span>'
    """
    indented = len(line) - len(line.lstrip(" "))
    return f'<span class="line in-{indented}">{line}</span>'


def select_html(number, gap):
    """Return the list of a gap; before a choice it shows an ellipsis, and an empty piece has a name."""
    options = "".join(f"<option>{escape(piece.strip()) or '(nothing)'}</option>" for piece in gap)
    return f'<select aria-label="Gap {number + 1}"><option value="">\u2026</option>{options}</select>'


def write_script(app, exception):
    """Write the script into the site."""
    if exception is None and app.builder.format == "html":
        shutil.copyfile(SCRIPT, Path(app.outdir) / "_static" / SCRIPT.name)
