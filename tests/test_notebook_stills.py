"""A live figure's picture, for notebooks that have not run: drawn once, light, and never needed."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from course_lib.widgets import ConvolutionStepper
from sphinx_ext.notebook_stills import LARGEST, WIDTH, Stills, digest, with_few_colours


def test_a_kept_picture_needs_no_browser(tmp_path, monkeypatch):
    monkeypatch.setattr("sphinx_ext.notebook_stills.sync_playwright", None)
    still = {"png": "abc", "width": 720, "alt": "A stepper."}
    (tmp_path / f"{digest('<p>')}.json").write_text(json.dumps(still))
    assert Stills(tmp_path).of("<p>") == still


def test_pictures_that_no_notebook_shows_are_forgotten(tmp_path):
    for html in ("<p>", "<b>"):
        (tmp_path / f"{digest(html)}.json").write_text("{}")
    stills = Stills(tmp_path)
    stills.of("<b>")
    stills.close()
    assert [path.name for path in tmp_path.iterdir()] == [f"{digest('<b>')}.json"]


def test_without_a_browser_there_is_no_picture_and_no_error(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CHROMIUM", str(tmp_path / "none"))
    stills = Stills(tmp_path / "stills")
    assert stills.of("<script>") is None
    stills.close()
    assert list(tmp_path.iterdir()) == []


def test_few_colours_make_a_picture_light_and_leave_its_size():
    pixels = np.random.default_rng(0).integers(256, size=(60, 80, 3), dtype=np.uint8)
    picture = io.BytesIO()
    Image.fromarray(pixels).save(picture, "png")
    light = with_few_colours(picture.getvalue())
    assert len(light) < len(picture.getvalue()) / 2
    with Image.open(io.BytesIO(light)) as image:
        assert image.size == (80, 60)


@pytest.mark.book
def test_a_figure_is_drawn_as_it_begins_and_says_what_it_shows(tmp_path):
    stills = Stills(tmp_path)
    html = ConvolutionStepper(np.arange(9).reshape(3, 3), np.arange(4).reshape(2, 2))._repr_html_()
    still = stills.of(html)
    assert stills.of("<script>no figure</script>") is None
    stills.close()
    assert still["alt"].startswith(
        "The live figure \u201cConvolution stepper\u201d as it begins. Output row 0"
    )
    assert "= 19" in still["alt"]
    png = base64.b64decode(still["png"])
    assert len(png) <= LARGEST
    with Image.open(io.BytesIO(png)) as image:
        assert image.width == 1.5 * WIDTH
        assert image.height < image.width
        assert len(image.convert("RGB").getcolors()) > 8  # not an empty sheet
    assert Stills(tmp_path).of(html) == still
