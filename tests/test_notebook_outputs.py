"""What an exported notebook shows before it has run: words, figures, and nothing that spoils a question."""

import base64
import io

import nbformat
import numpy as np
import pytest
from docutils import nodes
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbformat import v4
from PIL import Image
from sphinx_exercise.nodes import exercise_node

from sphinx_ext.notebook_outputs import LIVE, LIVE_DRAWN, LIVE_ON_PAGE, answers, executed_cells, shown
from sphinx_ext.quiz import Question

PRINTED = v4.new_output("stream", name="stdout", text="19\n")
WIDGET = v4.new_output(
    "execute_result",
    data={
        "text/plain": "Lab (an interactive figure)",
        "text/html": "<style>p {}</style><script>go()</script>",
    },
    execution_count=7,
)
GLUED = v4.new_output("display_data", data={"text/plain": "3"}, metadata={"scrapbook": {}})


def png(size):
    """Return noise as a figure: the larger, the heavier."""
    pixels = np.random.default_rng(0).integers(256, size=(size, size, 3), dtype=np.uint8)
    picture = io.BytesIO()
    Image.fromarray(pixels).save(picture, "png")
    return base64.b64encode(picture.getvalue()).decode()


def displayed(size=4, **metadata):
    return v4.new_output(
        "display_data", data={"image/png": png(size), "text/plain": "<Figure>"}, metadata=metadata
    )


def cell(*outputs, tags=(), alt=None):
    metadata = {"tags": list(tags)} | ({"mystnb": {"image": {"alt": alt}}} if alt else {})
    return v4.new_code_cell("1 + 1", outputs=list(outputs), metadata=metadata)


# One output


def test_what_was_printed_stands_below_the_cell_in_one_piece():
    pieces = [v4.new_output("stream", name="stdout", text=text) for text in ("a\n", "b\n")]
    assert [(o.name, o.text) for o in shown(cell(*pieces))] == [("stdout", "a\nb\n")]


def test_a_result_keeps_its_words_and_counts_no_runs():
    result = v4.new_output("execute_result", data={"text/plain": "4"}, execution_count=7)
    assert shown(cell(result)) == [v4.new_output("execute_result", data={"text/plain": "4"})]
    assert shown(cell(result))[0].execution_count is None


def test_a_result_in_markdown_keeps_both_of_its_forms():
    data = {"text/markdown": "*a*", "text/plain": "a", "text/latex": "a"}
    (kept,) = shown(cell(v4.new_output("display_data", data=data)))
    assert kept.data == {"text/markdown": "*a*", "text/plain": "a"}


def test_a_figure_has_its_size_and_its_alternative_text():
    (figure,) = shown(cell(displayed(**{"image/png": {"width": 2, "height": 2}}), alt="Some\n  noise."))
    assert figure.data["image/png"] == png(4)
    assert figure.metadata == {"image/png": {"width": 2, "height": 2, "alt": "Some noise."}}


def test_a_figure_without_an_alternative_text_claims_none():
    assert shown(cell(displayed()))[0].metadata == {"image/png": {}}


def test_a_heavy_figure_is_as_light_as_on_the_page():
    (figure,) = shown(cell(displayed(300)))
    assert len(figure.data["image/png"]) < len(png(300)) / 2
    with Image.open(io.BytesIO(base64.b64decode(figure.data["image/png"]))) as image:
        assert image.size == (300, 300)


def test_a_live_figure_leaves_its_script_and_says_how_to_see_it():
    assert [output.data for output in shown(cell(WIDGET))] == [{"text/plain": LIVE}]
    (there,) = shown(cell(WIDGET), "https://o.org/page.html")
    assert there.data["text/plain"].split("\n") == [LIVE, LIVE_ON_PAGE.format("https://o.org/page.html")]


def test_in_place_of_a_live_figure_stands_its_picture_if_there_is_one():
    still = {WIDGET.data["text/html"]: {"png": "abc", "width": 720, "alt": "A stepper."}}.get
    picture, words = shown(cell(WIDGET), "https://o.org/page.html", still)
    assert picture.data == {"image/png": "abc"}
    assert picture.metadata == {"image/png": {"width": 720, "alt": "A stepper."}}
    assert words.data["text/plain"].split("\n") == [
        LIVE_DRAWN,
        LIVE_ON_PAGE.format("https://o.org/page.html"),
    ]
    (alone,) = shown(cell(v4.new_output("display_data", data={"text/html": "<script>"})), "", still)
    assert alone.data == {"text/plain": LIVE}


def test_of_html_only_the_words_stay():
    code = {"text/html": "<style>a</style>", "text/plain": "x = 1", "text/latex": r"\x"}
    result = v4.new_output("execute_result", data=code)
    assert shown(cell(result))[0].data == {"text/plain": "x = 1"}
    for wordless in ({"text/html": "<b>"}, {"text/html": "<b>", "text/plain": "<HTML object\n at 0x7f>"}):
        assert shown(cell(v4.new_output("display_data", data=wordless))) == []


def test_an_error_names_neither_folders_nor_runs():
    error = v4.new_output("error", ename="E", evalue="no", traceback=["File /opt/x.py", "In[3]"])
    assert shown(cell(error)) == [v4.new_output("error", ename="E", evalue="no", traceback=["E: no"])]


@pytest.mark.parametrize(
    "silent",
    [
        pytest.param(cell(v4.new_output("stream", name="stderr", text="careful")), id="warnings"),
        pytest.param(
            cell(v4.new_output("display_data", data={"text/plain": "3"}, metadata={"scrapbook": {}})),
            id="glue",
        ),
        pytest.param(cell(PRINTED, tags=["hide-cell"]), id="folded-cell"),
        pytest.param(cell(PRINTED, tags=["hide_output"]), id="folded-output"),
        pytest.param(cell(PRINTED, tags=["remove-output"]), id="no-output"),
    ],
)
def test_what_the_page_does_not_show_the_notebook_does_not_show(silent):
    assert shown(silent) == []


def test_the_executed_cell_stays_as_it_was():
    executed = cell(PRINTED, PRINTED)
    shown(executed)
    assert executed == cell(PRINTED, PRINTED) | {"id": executed.id}


def test_what_is_shown_makes_a_valid_notebook():
    error = v4.new_output("error", ename="E", evalue="no", traceback=["x"])
    outputs = shown(cell(PRINTED, WIDGET, displayed(), error, alt="Noise."))
    assert len(outputs) == 4
    nbformat.validate(v4.new_notebook(cells=[v4.new_code_cell("x", outputs=outputs)]))


# What answers a prediction

QUIET, TOLD, LIVING = cell(), cell(PRINTED), cell(WIDGET)
TEXT = nodes.paragraph("", "Text.")


def box(kind="predict"):
    return Question(classes=[kind, "asks"])


def page(*children):
    """Return a page; a number is the cell of that index."""
    found = [
        nodes.container("", nb_element="cell_code", cell_index=child, cell_metadata={})
        if isinstance(child, int)
        else child.deepcopy()
        for child in children
    ]
    return nodes.section("", *found)


@pytest.mark.parametrize(
    ("children", "expected"),
    [
        pytest.param([box(), 1, 2], {1}, id="the-next-cell-alone"),
        pytest.param([box(), 0, TEXT, 1], {1}, id="behind-a-cell-that-prepares-it"),
        pytest.param([box("quiz"), 1], set(), id="a-quiz-asks-back"),
        pytest.param([box(), 3, 1], set(), id="a-live-figure-ends-the-search"),
        pytest.param([box(), nodes.section("", TEXT), 1], set(), id="a-section-ends-it"),
        pytest.param([box(), nodes.note("", TEXT), 1], set(), id="a-box-ends-it"),
        pytest.param([box(), exercise_node(), 1], set(), id="an-exercise-ends-it"),
        pytest.param([box(), box(), 1, box(), 2], {1, 2}, id="the-nearest-question-counts"),
        pytest.param([1, box()], set(), id="nothing-follows"),
    ],
)
def test_the_output_that_answers_a_prediction_is_known(children, expected):
    assert answers(page(*children), [QUIET, TOLD, TOLD, LIVING]) == expected


# Where the outputs come from


def test_outputs_come_from_the_cache(tmp_path):
    executed = v4.new_notebook(cells=[cell(PRINTED)])
    get_cache(tmp_path / "cache").cache_notebook_bundle(
        CacheBundleIn(executed, "page.ipynb"), check_validity=False, overwrite=True
    )
    source = v4.new_notebook(cells=[cell()])
    (found,) = executed_cells(source, str(tmp_path / "cache"), tmp_path / "none.ipynb")
    assert found.outputs == [PRINTED]


@pytest.mark.parametrize("cache", ["", "empty"])
def test_without_a_cached_run_outputs_come_from_the_file_of_this_one(cache, tmp_path):
    nbformat.write(v4.new_notebook(cells=[cell(PRINTED)]), tmp_path / "page.ipynb")
    folder = str(tmp_path / cache) if cache else ""
    (found,) = executed_cells(v4.new_notebook(cells=[cell()]), folder, tmp_path / "page.ipynb")
    assert found.outputs == [PRINTED]
