"""What an exported cell shows before it has run: what it showed when the book was built.

A notebook that is opened in Jupyter, in an editor, in Colab or on GitHub is read before it is run, often
instead. So its cells hold the outputs of the book's own execution: words, and figures as the page shows them.
Nothing stands where a reader has something to find out first: below an exercise, and below the cell that
answers a prediction. No output holds HTML, which a notebook that nobody trusts yet would not show anyway:
in place of a live figure stands its picture.
"""

import base64
import copy
import re
from contextlib import suppress

import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from myst_nb.core.utils import coalesce_streams
from nbformat import v4
from sphinx_exercise.nodes import is_exercise_node

from .local_site import lightened
from .quiz import Question

SHOWN_FORMS = ("text/plain", "text/markdown", "image/png")
FOLDED_OUTPUTS = {"hide-cell", "hide_cell", "hide-output", "hide_output"}
NO_OUTPUTS = {"remove-output", "remove_output", "remove-cell", "remove_cell"}
WORDLESS = re.compile(r"<.*>", re.DOTALL)  # an object that is called by its class
LIVE = "A live figure: run the cells down to this one, and it appears here."
LIVE_DRAWN = "The picture of a live figure: run the cells down to this one, and it comes alive."
LIVE_ON_PAGE = "Without running anything, it can be tried on the page: {}"


def executed_cells(source, cache, path):
    """Return the cells of a page with their outputs.

    Parameters
    ----------
    source : nbformat.NotebookNode
        The page as it was read, without outputs.
    cache : str
        The folder of the execution cache, "" if there is none.
    path : pathlib.Path
        Where myst_nb left the executed page: what it takes from the cache stands there without outputs.
    """
    with suppress(KeyError):
        if cache:
            return get_cache(cache).merge_match_into_notebook(source)[1].cells
    return nbformat.read(path, as_version=4).cells


def visible(cell):
    """Return the outputs of an executed cell that its page shows open: no glue, and nothing folded."""
    if (FOLDED_OUTPUTS | NO_OUTPUTS).intersection(cell.metadata.get("tags", [])):
        return []
    outputs = [o for o in cell.get("outputs", []) if "scrapbook" not in o.get("metadata", {})]
    return coalesce_streams(copy.deepcopy(outputs))


def shown(cell, address="", still=lambda html: None):
    """Return what a notebook shows below a cell that has not run: words and figures, and no count of runs.

    Parameters
    ----------
    cell : nbformat.NotebookNode
        The executed cell.
    address : str
        The page, where a live figure is alive; "" where the site has no address.
    still : callable
        Returns the picture of a live figure from its HTML, as `notebook_stills.Stills.of` does, or None.
    """
    alt = " ".join(cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "").split())
    kept = []
    for output in visible(cell):
        kept += _live(output, address, still) if is_live(output) else filter(None, [_still(output, alt)])
    return kept


def is_live(output):
    """Return whether an output is a live figure, which needs a script."""
    return "<script" in output.get("data", {}).get("text/html", "")


def answers(doctree, cells):
    """Return the indices of the cells whose output answers a prediction: those that the page folds.

    As in ``static/results.js``: cells without an output prepare the one that has it; a section, a box or a
    live figure ends the search.
    """
    boxes = [box for box in doctree.findall(Question) if "predict" in box["classes"]]
    return {index for box in boxes for index in [_answer(box, cells)] if index is not None}


def _answer(box, cells):
    siblings = box.parent.children
    for node in siblings[siblings.index(box) + 1 :]:
        if isinstance(node, nodes.section | nodes.Admonition) or is_exercise_node(node):
            return None
        if isinstance(node, nodes.container) and node.get("nb_element") == "cell_code":
            outputs = visible(cells[node["cell_index"]])
            if outputs:
                return None if any(map(is_live, outputs)) else node["cell_index"]
    return None


def _live(output, address, still):
    """Return what stands in place of a live figure: its picture, if there is one, and how to see it alive."""
    picture = still(output.data["text/html"])
    words = v4.new_output("display_data", data={"text/plain": live_words(address, picture is not None)})
    if picture is None:
        return [words]
    metadata = {"image/png": {"width": picture["width"], "alt": picture["alt"]}}
    return [v4.new_output("display_data", data={"image/png": picture["png"]}, metadata=metadata), words]


def _still(output, alt):
    """Return an output without what only a run can show, or None if nothing is left."""
    if output.output_type == "stream":
        return v4.new_output("stream", name="stdout", text=output.text) if output.name == "stdout" else None
    if output.output_type == "error":  # the traceback counts runs and names folders
        said = f"{output.ename}: {output.evalue}"
        return v4.new_output("error", ename=output.ename, evalue=output.evalue, traceback=[said])
    data = {form: output.data[form] for form in SHOWN_FORMS if form in output.data}
    metadata = {}
    if list(data) == ["text/plain"] and WORDLESS.fullmatch(data["text/plain"]):
        return None
    if "image/png" in data:
        data["image/png"] = _as_on_the_page(data["image/png"])
        metadata["image/png"] = output.metadata.get("image/png", {}) | ({"alt": alt} if alt else {})
    return v4.new_output(output.output_type, data=data, metadata=metadata) if data else None


def live_words(address, is_drawn=False):
    """Return what stands in a notebook in place of a live figure, or below its picture.

    >>> live_words("")
    'A live figure: run the cells down to this one, and it appears here.'
    """
    said = LIVE_DRAWN if is_drawn else LIVE
    return f"{said}\n{LIVE_ON_PAGE.format(address)}" if address else said


def _as_on_the_page(picture):
    """Return a figure, in base64, as light as the site makes it."""
    return base64.b64encode(lightened(base64.b64decode(picture))).decode()
