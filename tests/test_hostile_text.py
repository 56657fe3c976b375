"""Every figure that takes a text shows it as a text, whatever stands in it."""

import numpy as np
import pytest
import torch
from test_widgets import map_bench, snapshots

from course_lib.geometry import Window
from course_lib.models import FlatNet, LinearClassifier
from course_lib.widgets import (
    ArchitectureScatter,
    BackpropGraph,
    DigitPlayground,
    FilterTimeline,
    GainCheck,
    GradientDescent,
    PixelLab,
    ReceptiveFieldExplorer,
    ShiftLab,
    TinyCNNLive,
    TouchingLab,
    TurnLab,
)

HOSTILE = "</script><img src=x onerror='window.planted=1'><!--<script>&quot;\"'`${1}\\u003c<b>"
NAMES = [f"{HOSTILE}{number}" for number in range(10)]


def figures():
    """One figure of each kind that takes names, every name hostile."""
    digits = torch.rand(2, 1, 28, 28)
    maps = dict(zip(NAMES, torch.randn(3, 3, 28, 28), strict=False))
    return {
        "gain": GainCheck({NAMES[0]: [0.98, 0.99, 0.97], NAMES[1]: [0.99, 0.98, 0.98]}),
        "architectures": ArchitectureScatter(
            {NAMES[0]: [0.6, 0.7], NAMES[1]: [0.7, 0.8]}, {NAMES[2]: {NAMES[0]: 10, NAMES[1]: 30}}
        ),
        "descent": GradientDescent([[1.0, 0.4], [0.4, 3.0]], names=NAMES[:2]),
        "explorer": ReceptiveFieldExplorer([Window(3)], {NAMES[0]: [(3,)], NAMES[1]: [(5,)]}),
        "playground": DigitPlayground({NAMES[0]: LinearClassifier()}, digits),
        "maps": map_bench(maps=maps),
        "pixels": PixelLab(
            torch.zeros(2, 1, 9, 9), torch.zeros(10, 1, 9, 9), class_names=NAMES, task=HOSTILE
        ),
        "shift": ShiftLab(digits, {NAMES[0]: LinearClassifier()}, 3, labels=[4, 1], class_names=NAMES),
        "turn": TurnLab({NAMES[0]: LinearClassifier()}, digits, torch.tensor([4, 1]), class_names=NAMES),
        "live": TinyCNNLive(snapshots(0, 80), NAMES[:3], {NAMES[3]: np.ones((8, 8))}),
        "touching": TouchingLab(torch.ones(1, 2, 20, 12), {NAMES[0]: FlatNet(width=2)}),
    }


KINDS = sorted(figures())


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_open_no_tag_and_end_no_script(kind):
    source = figures()[kind]._repr_html_()
    assert "window.planted" in source  # the name is there, as a text
    assert "<img src=x" not in source
    assert "<!--" not in source
    assert source.count("</script>") == 1


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: BackpropGraph(HOSTILE, b=1), id="an-expression"),
        pytest.param(lambda: FilterTimeline({HOSTILE: np.ones((1, 1, 3, 3))}), id="an-epoch"),
        pytest.param(lambda: ShiftLab(torch.rand(1, 1, 28, 28), HOSTILE), id="models"),
    ],
)
def test_a_hostile_text_in_the_place_of_something_else_is_refused(make):
    with pytest.raises((ValueError, TypeError)):
        make()


USE_ALL = """() => {
    const roots = [...document.querySelectorAll("[data-figure]")].map(element => element.shadowRoot);
    for (const root of roots)
        for (const control of root.querySelectorAll("button, input, select, [tabindex]")) {
            control.dispatchEvent(new PointerEvent("pointerenter"));
            control.dispatchEvent(new FocusEvent("focus"));
            if (control.matches("button, input[type=checkbox], input[type=radio]")) control.click();
            for (const name of ["input", "change"])
                control.dispatchEvent(new Event(name, { bubbles: true }));
        }
    return {
        planted: window.planted ?? null,
        pictures: roots.flatMap(root => [...root.querySelectorAll("img[src=x], script, b")]).length,
        text: roots.map(root => root.textContent).join(" "),
    };
}"""


@pytest.mark.book
@pytest.mark.parametrize("kind", KINDS)
def test_hostile_names_are_shown_as_they_are_when_every_control_is_used(kind, show):
    seen = show(figures()[kind]).evaluate(USE_ALL)
    assert seen["planted"] is None
    assert seen["pictures"] == 0
    assert HOSTILE in seen["text"]
