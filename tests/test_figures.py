"""Which figures are plots of lines, whose ink the dark theme may turn, and which are pictures."""

import io
from base64 import b64encode
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from matplotlib import pyplot as plt
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image
from sphinx_project import build

from course_lib import plotting
from sphinx_ext import figures


def executed(draw, **metadata):
    """A cell of a notebook that was executed, with the picture that it drew."""
    picture, plot = io.BytesIO(), f"import matplotlib.pyplot as plt\nplt.figure(figsize=(3, 2))\n{draw}"
    exec(plot)
    plt.savefig(picture)
    plt.close()
    shown = new_output("display_data", {"image/png": b64encode(picture.getvalue()).decode()})
    return new_code_cell(f"{plot}\nplt.show()", outputs=[shown], metadata=metadata)


def saved(tmp_path, draw):
    plotting.use_course_style()
    fig, ax = plt.subplots()
    draw(ax)
    fig.savefig(tmp_path / "figure.png")
    plt.close(fig)
    return tmp_path / "figure.png"


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        pytest.param(lambda ax: ax.plot([1, 3, 2]), True, id="lines"),
        pytest.param(lambda ax: ax.barh([0, 1], [2, 3], height=0.2), True, id="bars"),
        pytest.param(lambda ax: ax.imshow(np.zeros((4, 4)), cmap="gray"), False, id="a black picture"),
        pytest.param(lambda ax: plotting.show_weights(np.eye(4), ax), False, id="weights"),
    ],
)
def test_a_plot_of_lines_is_white_and_hardly_anywhere_dark(draw, expected, tmp_path):
    assert figures.is_line_plot(saved(tmp_path, draw)) is expected


@pytest.mark.parametrize(
    ("white", "dark", "expected"),  # pixels of 100; the others are grey
    [(60, 6, True), (59, 0, False), (60, 7, False)],
)
def test_six_tenths_of_a_plot_are_white_and_six_hundredths_may_be_dark(white, dark, expected, tmp_path):
    pixels = np.repeat(np.array([255, 0, 128], np.uint8), [white, dark, 100 - white - dark])
    Image.fromarray(pixels.reshape(10, 10)).save(tmp_path / "figure.png")
    assert figures.is_line_plot(tmp_path / "figure.png") is expected


def test_the_script_is_copied_into_a_site_that_was_built(tmp_path):
    (tmp_path / "_static").mkdir()
    app = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format="html"))
    figures.copy_scripts(app, RuntimeError("The build failed."))
    assert not list((tmp_path / "_static").iterdir())
    figures.copy_scripts(app, None)
    for name in figures.SCRIPTS:
        assert (tmp_path / "_static" / name).read_bytes() == (figures.STATIC / name).read_bytes()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """The site of a page with a line plot, a pale picture, and this picture again with the tag "ink"."""
    line, pale = "plt.plot([1, 3, 2])", "plt.imshow([[1.0] * 9] * 9, cmap='gray', vmin=0, vmax=1)"
    cells = [new_markdown_cell("# Figures"), executed(line), executed(pale), executed(pale, tags=["ink"])]
    files = {"index.ipynb": nbformat.writes(new_notebook(cells=cells))}
    folder = tmp_path_factory.mktemp("figures")
    return build(folder, files, ["myst_nb", "sphinx_ext.figures"], nb_execution_mode="off")[0]


def images_of(site):
    return BeautifulSoup((site / "index.html").read_text(), "html.parser").select(".cell_output img")


def test_a_picture_follows_the_dark_theme_where_its_cell_asks_for_it(drawn):
    _, first, second = images_of(drawn)
    assert not first.has_attr("class")
    assert second["class"] == [figures.LINE_PLOT]


def test_a_page_marks_its_line_plots_and_no_picture(drawn):
    first, second, _ = images_of(drawn)
    assert first["class"] == [figures.LINE_PLOT]
    assert not second.has_attr("class")  # it is as white, but its cell draws a picture
    assert (drawn / "_static/enlarge.js").is_file()


def cell(source, *uris):
    code = nodes.literal_block("", source)
    images = [nodes.image(uri=uri) for uri in uris]
    return nodes.container("", code, *images, nb_element="cell_code", cell_metadata={})


@pytest.mark.parametrize("call", ["show_digits(a)", "ax.imshow(a)", "image_wall(a)", "plt.pcolormesh(a)",
                                  "ax.matshow(a)", "plotting.plot_confusion(a)"])  # fmt: skip
def test_what_a_cell_draws_as_a_picture_keeps_its_colours(tmp_path, call):
    Image.new("L", (4, 4), 255).save(tmp_path / "white.png")
    Image.new("L", (4, 4), 0).save(tmp_path / "black.png")
    (tmp_path / "white.svg").write_text("<svg/>")
    app = SimpleNamespace(srcdir=tmp_path, outdir=tmp_path, builder=SimpleNamespace(format="html"))
    names = ("white.png", "black.png", "white.svg", "missing.png")
    page = nodes.section("", cell(call, "white.png"), cell("plt.plot(a)", *names), nodes.image(uri=names[0]))
    figures.mark_figures(app, page, "index")
    marked = [image["classes"] for image in page.findall(nodes.image)]
    assert marked == [[], ["line-plot"], [], [], [], []]


def test_on_paper_no_plot_is_marked_and_no_script_is_copied(tmp_path):
    (tmp_path / "_static").mkdir()
    Image.new("L", (4, 4), 255).save(tmp_path / "white.png")
    app = SimpleNamespace(srcdir=tmp_path, outdir=tmp_path, builder=SimpleNamespace(format="latex"))
    page = nodes.section("", cell("plt.plot(a)", "white.png"))
    figures.mark_figures(app, page, "index")
    figures.copy_scripts(app, None)
    assert page.next_node(nodes.image)["classes"] == []
    assert list((tmp_path / "_static").iterdir()) == []


def test_white_begins_at_250_and_dark_ends_below_80(tmp_path):
    def is_line_plot(*greys):
        Image.fromarray(np.array([greys], np.uint8)).save(tmp_path / "figure.png")
        return figures.is_line_plot(tmp_path / "figure.png")

    assert is_line_plot(250)
    assert not is_line_plot(249)
    assert is_line_plot(*[255] * 9, 80)
    assert not is_line_plot(*[255] * 9, 79)


def test_the_script_waits_until_a_page_is_read():
    files, events = [], []
    app = SimpleNamespace(
        add_js_file=lambda name, **options: files.append((name, options)),
        connect=lambda event, listener: events.append((event, listener)),
    )
    figures.setup(app)
    assert files == [(name, {"loading_method": "defer"}) for name in ("enlarge.js", "dark_paper.js")]
    assert events == [("doctree-resolved", figures.mark_figures), ("build-finished", figures.copy_scripts)]
