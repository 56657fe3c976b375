"""The interactive figures as Python objects: what they accept, what they hold, how much they weigh."""

import html.parser
import json
import re

import numpy as np
import pytest
import torch
from torch.nn import functional

from course_lib.geometry import Window, receptive_field
from course_lib.models import MLP, LinearClassifier
from course_lib.widgets import ConvolutionStepper, KernelEditor, ReceptiveFieldExplorer, ShiftLab
from course_lib.widgets.receptive_field_explorer import PRESETS

MOST_BYTES = 12 * 1024  # before the data; DESIGN, section 6


def examples():
    photograph = np.random.default_rng(0).random((30, 40))
    return [
        pytest.param(ConvolutionStepper(np.eye(4), [[1, 2], [3, 4]]), id="stepper"),
        pytest.param(ReceptiveFieldExplorer([Window(3), Window(2, 2)]), id="explorer"),
        pytest.param(KernelEditor(photograph), id="editor"),
        pytest.param(ShiftLab(torch.rand(2, 1, 28, 28), {"linear": LinearClassifier()}, 3), id="shift-lab"),
    ]


class Outline(html.parser.HTMLParser):
    """Collects ids, scripts and addresses of a block of HTML."""

    def __init__(self, source):
        super().__init__()
        self.ids, self.addresses, self.scripts, self._in_script = [], [], [], False
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self._in_script = tag == "script"
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.addresses += [attrs[name] for name in ("src", "href") if name in attrs]

    def handle_data(self, data):
        if self._in_script:
            self.scripts.append(data)


@pytest.mark.parametrize("widget", examples())
def test_a_figure_is_one_small_block_without_any_address(widget):
    source = widget._repr_html_()
    outline = Outline(source)
    data = json.dumps(widget.data(), separators=(",", ":"))
    assert len(outline.scripts) == 1
    assert data.replace("</", "<\\/") in outline.scripts[0]
    assert len(source.encode()) - len(data) - len(widget.fallback()) < MOST_BYTES
    assert all(address.startswith("data:") for address in outline.addresses)
    # the only addresses in a script are names of XML namespaces, which nobody fetches
    assert set(re.findall(r"https?://[^\"'` ]+", outline.scripts[0])) <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("widget", examples())
def test_two_figures_on_a_page_do_not_share_an_id(widget):
    again = type(widget).__new__(type(widget))
    again.__dict__.update(widget.__dict__)
    super(type(widget), again).__init__()
    ids = [Outline(figure._repr_html_()).ids[0] for figure in (widget, again)]
    assert ids[0] != ids[1]


@pytest.mark.parametrize("widget", examples())
def test_without_a_script_a_figure_says_what_it_would_show(widget):
    assert "With JavaScript" in widget.fallback()
    assert re.search(r"<(table|img)", widget.fallback())


def test_the_stepper_starts_from_what_torch_computes():
    rng = np.random.default_rng(1)
    image, kernel = rng.integers(-3, 4, (6, 7)).astype(float), rng.integers(-3, 4, (3, 2)).astype(float)
    stepper = ConvolutionStepper(image, kernel, stride=2, padding=1, dilation=2)
    batch = (torch.from_numpy(array)[None, None] for array in (image, kernel))
    expected = functional.conv2d(*batch, stride=2, padding=1, dilation=2)[0, 0].numpy()
    np.testing.assert_array_equal(stepper.output(), expected)  # whole numbers: no rounding


def test_the_editor_starts_from_what_torch_computes():
    editor = KernelEditor(np.random.default_rng(2).random((9, 11)))
    batch = (torch.from_numpy(array)[None, None] for array in (editor.image / 255, editor.kernel))
    expected = functional.conv2d(*batch)[0, 0].numpy()
    np.testing.assert_allclose(editor.response(), expected, atol=1e-12)  # float64, order of nine products


def test_the_presets_of_the_explorer_end_at_the_published_fields():
    # Araujo, Norris and Sim (2019); torchvision's ResNet-50 has its stride in the 3x3
    published = {
        "AlexNet": 195,
        "VGG-16": 212,
        "ResNet-50 (paper)": 483,
        "ResNet-50 (torchvision)": 427,
        "LeNet-5": 32,
    }
    for name, size in published.items():
        field = receptive_field([Window(*layer) for layer in PRESETS[name]])
        assert field.size == size, name
        assert field.jump == (4 if name == "LeNet-5" else 32), name


def test_the_shift_lab_holds_what_the_models_say_about_the_moved_images():
    torch.manual_seed(0)
    images, models = torch.rand(3, 1, 28, 28), {"a": LinearClassifier(), "b": MLP()}
    lab = ShiftLab(images, models, most_shift=2, fill=0.0)
    for down, right in ((0, 0), (2, -1), (-2, 2)):
        moved = torch.zeros_like(images)  # by plain slices, not by the function under test
        rows = slice(max(down, 0), 28 + min(down, 0)), slice(max(-down, 0), 28 + min(-down, 0))
        columns = slice(max(right, 0), 28 + min(right, 0)), slice(max(-right, 0), 28 + min(-right, 0))
        moved[:, :, rows[0], columns[0]] = images[:, :, rows[1], columns[1]]
        for index, model in enumerate(models.values()):
            expected = 255 * model(moved).softmax(1).detach().numpy()
            got = lab.probabilities[:, index, down + 2, right + 2]
            np.testing.assert_allclose(got, expected, atol=0.51)  # rounded to whole bytes


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(
            lambda: ConvolutionStepper(np.zeros(3), np.zeros((2, 2))), r"shape \(3,\)", id="one axis"
        ),
        pytest.param(
            lambda: ConvolutionStepper(np.zeros((20, 20)), np.eye(2)), r"\(20, 20\)", id="too large"
        ),
        pytest.param(lambda: ConvolutionStepper(np.eye(2), np.eye(3)), "does not fit", id="kernel too large"),
        pytest.param(lambda: ConvolutionStepper(np.full((3, 3), np.nan), np.eye(2)), "finite", id="nan"),
        pytest.param(lambda: ConvolutionStepper(np.eye(3), np.eye(2), stride=0), "stride", id="stride 0"),
        pytest.param(lambda: ReceptiveFieldExplorer([]), "1 to 60", id="no layers"),
        pytest.param(lambda: ReceptiveFieldExplorer([Window((3, 5))]), "one axis", id="a pair"),
        pytest.param(lambda: ShiftLab(torch.rand(28, 28), {"a": MLP()}), r"\(N, 1, H, W\)", id="one image"),
        pytest.param(lambda: ShiftLab(torch.rand(1, 1, 28, 28), {}), "at least one model", id="no models"),
        pytest.param(
            lambda: ShiftLab(torch.rand(1, 1, 28, 28), {"a": MLP()}, 28), "between 1 and 27", id="too far"
        ),
        pytest.param(lambda: KernelEditor(np.zeros((2, 2))), "at least 3 x 3", id="tiny image"),
        pytest.param(lambda: KernelEditor(np.full((5, 5), 255.0)), "0..1", id="bytes for fractions"),
        pytest.param(lambda: KernelEditor(np.full((5, 5), np.nan)), "0..1", id="nan image"),
        pytest.param(lambda: KernelEditor(np.zeros((5, 5)), np.eye(2)), "3 x 3", id="small kernel"),
    ],
)
def test_bad_input_is_refused_with_what_came(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_large_photograph_is_averaged_down_not_thinned():
    image = np.zeros((400, 600))
    image[::2] = 1  # stripes of one pixel: taking every third row would keep some of them
    editor = KernelEditor(image)
    assert editor.image.size <= 40_000
    step = 400 // editor.image.shape[0]
    assert editor.image.max() - editor.image.min() <= 255 / step + 1
