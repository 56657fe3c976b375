"""Figures on dark pages and on small screens.

A plot of lines on white is given a class: in the dark its ground goes, and its ink becomes light
(``book.css``). A picture, a map of weights or of activations means its colours, and keeps them. On a small
screen a button beside a wide figure shows it in its full size (``static/enlarge.js``).
"""

import re
import shutil
from pathlib import Path

from docutils import nodes
from PIL import Image

from .notebook_writer import code_cells

LINE_PLOT = "line-plot"
TAG = "tag_ink"  # of a cell whose picture reads as well turned: a map of few weights beside a plot
SCRIPT = Path(__file__).parent / "static" / "enlarge.js"
# What a cell calls when its colours mean something.
PICTURES = re.compile(r"\b(show_\w+|imshow|image_wall|pcolormesh|matshow|plot_confusion)\(")
LEAST_WHITE, MOST_DARK = 0.6, 0.06  # shares of the pixels; pictures lie far outside
DARK = 80  # of 255; the darkest colour of the palette, blue, has 87


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.add_js_file(SCRIPT.name, loading_method="defer")
    app.connect("doctree-resolved", mark_line_plots)
    app.connect("build-finished", copy_script)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def mark_line_plots(app, doctree, docname):
    """Give the images of a page that are plots of lines their class."""
    if app.builder.format != "html":
        return
    for cell in code_cells(doctree):
        source = next((block.astext() for block in cell.findall(nodes.literal_block)), "")
        if PICTURES.search(source) and TAG not in cell["classes"]:
            continue
        for image in cell.findall(nodes.image):
            path = Path(app.srcdir, image["uri"])
            if path.suffix == ".png" and path.is_file() and is_line_plot(path):
                image["classes"].append(LINE_PLOT)


def is_line_plot(path):
    """Return whether an image is mostly white and hardly anywhere dark."""
    with Image.open(path) as image:
        counts = image.convert("L").histogram()
    total = sum(counts)
    return sum(counts[250:]) >= LEAST_WHITE * total and sum(counts[:DARK]) <= MOST_DARK * total


def copy_script(app, exception):
    """Copy the script into the written site."""
    if exception is None and app.builder.format == "html":
        shutil.copyfile(SCRIPT, Path(app.outdir) / "_static" / SCRIPT.name)
