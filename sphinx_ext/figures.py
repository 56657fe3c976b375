"""Figures on dark pages and on small screens.

A plot of lines on white is given a class: in the dark its ground goes, and its ink becomes light
(``book.css``). A picture, a map of weights or of activations means its colours, and keeps them: of a figure
with such pictures a second file is written, in which only the paper and the words on it are turned
(`dark_paper`), and a dark page shows that one (``static/dark_paper.js``). On a small screen a button beside a
wide figure shows it in its full size (``static/enlarge.js``).
"""

import re
import shutil
from pathlib import Path

from docutils import nodes
from PIL import Image

from .dark_paper import dark_form
from .notebook_writer import code_cells

LINE_PLOT = "line-plot"
DARK_PAPER = "dark-paper"
TAG = "tag_ink"  # of a cell whose picture reads as well turned: a map of few weights beside a plot
STATIC = Path(__file__).parent / "static"
SCRIPTS = ("enlarge.js", "dark_paper.js")
# What a cell calls when its colours mean something.
PICTURES = re.compile(r"\b(show_\w+|imshow|image_wall|pcolormesh|matshow|plot_confusion)\(")
LEAST_WHITE, MOST_DARK = 0.6, 0.06  # shares of the pixels; pictures lie far outside
DARK = 80  # of 255; the darkest colour of the palette, blue, has 87


def setup(app):
    """Connect the extension to a Sphinx application."""
    for name in SCRIPTS:
        app.add_js_file(name, loading_method="defer")
    app.connect("doctree-resolved", mark_figures)
    app.connect("build-finished", copy_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def mark_figures(app, doctree, docname):
    """Give the images of a page that are plots of lines, or pictures on white paper, their class."""
    if app.builder.format != "html":
        return
    for cell in code_cells(doctree):
        source = next((block.astext() for block in cell.findall(nodes.literal_block)), "")
        keeps_colours = PICTURES.search(source) and TAG not in cell["classes"]
        for image in cell.findall(nodes.image):
            path = Path(app.srcdir, image["uri"])
            if path.suffix != ".png" or not path.is_file():
                continue
            if not keeps_colours and is_line_plot(path):
                image["classes"].append(LINE_PLOT)
            elif write_dark_form(path, Path(app.outdir) / "_images"):
                image["classes"].append(DARK_PAPER)


def write_dark_form(path, folder):
    """Write the dark form of a figure beside it into the site, if it has one; return whether it has."""
    target = folder / f"{path.stem}-dark.png"  # a figure's name is the digest of what it shows
    if target.is_file():
        return True
    with Image.open(path) as image:
        dark = dark_form(image)
    if dark is not None:
        folder.mkdir(exist_ok=True)
        dark.save(target, optimize=True)
    return dark is not None


def is_line_plot(path):
    """Return whether an image is mostly white and hardly anywhere dark."""
    with Image.open(path) as image:
        counts = image.convert("L").histogram()
    total = sum(counts)
    return sum(counts[250:]) >= LEAST_WHITE * total and sum(counts[:DARK]) <= MOST_DARK * total


def copy_scripts(app, exception):
    """Copy the scripts into the written site."""
    if exception is None and app.builder.format == "html":
        for name in SCRIPTS:
            shutil.copyfile(STATIC / name, Path(app.outdir) / "_static" / name)
