"""Figures fit the page: their pictures take its width, with words that are as large on a telephone."""

import pytest
import torch
from browser import NARROW, two_frames

from course_lib.models import LinearClassifier
from course_lib.widgets import ArchitectureScatter, DepthLab, DigitPlayground, GainCheck, ScaleOut, ShiftLab

pytestmark = pytest.mark.book

LEAST_WORDS = 12  # CSS pixels
FIGURES = {
    "architectures": lambda: ArchitectureScatter(
        {"small": [0.6], "large": [0.8]}, {"weights": {"small": 1e6, "large": 3e7}}
    ),
    "depth": DepthLab,
    "gain": lambda: GainCheck({"one": [0.98, 0.99, 0.97], "two": [0.99, 0.98, 0.98]}),
    "scale": lambda: ScaleOut(4e-4, 1e-3, 8e5),
}
MEASURE = """picture => {
    const scale = picture.getScreenCTM().a;
    const frame = picture.getBoundingClientRect(), box = picture.closest(".box");
    const padding = parseFloat(getComputedStyle(box).paddingLeft);
    const words = [...picture.querySelectorAll("text")];
    return {
        unused: box.clientWidth - 2 * padding - frame.width,
        words: Math.min(...words.map(text => scale * parseFloat(getComputedStyle(text).fontSize))),
        cut: words.filter(text => {
            const { left, right } = text.getBoundingClientRect();
            return left < frame.left - 1 || right > frame.right + 1;
        }).map(text => text.textContent),
    };
}"""


@pytest.mark.parametrize("width", [NARROW, 390, 720, 1280])
@pytest.mark.parametrize("kind", FIGURES)
def test_the_picture_takes_the_whole_width_and_its_words_keep_their_size(kind, width, show):
    page = show(FIGURES[kind]())
    page.set_viewport_size({"width": width, "height": 900})
    two_frames(page)
    measured = page.locator("svg.fluid").evaluate(MEASURE)
    assert abs(measured["unused"]) < 1
    assert measured["words"] >= LEAST_WORDS
    assert measured["cut"] == []


@pytest.mark.parametrize("kind", [ShiftLab, DigitPlayground])
def test_a_table_of_probabilities_fits_a_telephone(kind, show):
    models = {name: LinearClassifier() for name in ("flatten", "global average")}
    images = torch.rand(2, 1, 28, 28)
    page = show(ShiftLab(images, models, 3) if kind is ShiftLab else DigitPlayground(models, images))
    page.set_viewport_size({"width": NARROW, "height": 900})
    two_frames(page)
    assert page.locator(".box").evaluate("box => box.scrollWidth - box.clientWidth") == 0
