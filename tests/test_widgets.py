"""The interactive figures as Python objects: what they accept, what they hold, how much they weigh."""

import base64
import gzip
import html.parser
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from course_lib.geometry import Window, receptive_field
from course_lib.models import MLP, FlatNet, LinearClassifier
from course_lib.numpy_cnn import tiny_cnn, tiny_mlp
from course_lib.widgets import (
    ArchitectureScatter,
    BackpropGraph,
    ConvolutionStepper,
    DepthLab,
    DigitPlayground,
    FilterTimeline,
    GainCheck,
    GradientDescent,
    KernelEditor,
    LoweringStepper,
    MapBench,
    MultiChannelStepper,
    PixelLab,
    ReceptiveFieldExplorer,
    ScaleOut,
    ShiftLab,
    TinyCNNLive,
    TouchingLab,
    TurnLab,
    base,
)
from course_lib.widgets.lowering_stepper import WEIGHTS as LOWERING_WEIGHTS
from course_lib.widgets.receptive_field_explorer import PRESETS

MOST_BYTES = 8 * 1024  # of style and scripts as a server sends them, before the data
SOURCES = sorted(Path(base.__file__).parent.glob("*.[jc]s*"))

THREE = ("vertical", "horizontal", "diagonal")


def snapshots(*epochs, **sizes):
    """Parameters of a tiny CNN by epoch, each epoch with its own initial weights."""
    return {epoch: tiny_cnn(seed=epoch, **sizes).parameters() for epoch in epochs}


def kernels(*values):
    """One kernel of 1x2 numbers for each pair, as an array (F, 1, 1, 2)."""
    return np.array(values, dtype=float).reshape(-1, 1, 1, 2)


def map_bench(**changes):
    """Three images of two squares each, their maps, and a model of random weights."""
    torch.manual_seed(0)
    images = torch.zeros(3, 1, 28, 28)
    images[:, :, 5:9, 5:9], images[:, :, 15:20, 12:14] = 1, torch.rand(3, 1, 5, 2) + 0.5
    maps = {name: torch.randn(3, 28, 28) for name in ("trained", "another", "untrained")}
    arguments = {"model": LinearClassifier(), "images": images, "labels": [4, 1, 7], "maps": maps}
    return MapBench(**{**arguments, **changes})


def examples():
    photograph = np.random.default_rng(0).random((30, 40))
    return [
        pytest.param(ConvolutionStepper(np.eye(4), [[1, 2], [3, 4]]), id="stepper"),
        pytest.param(ReceptiveFieldExplorer([Window(3), Window(2, 2)]), id="explorer"),
        pytest.param(GradientDescent([[1.0, 0.4], [0.4, 3.0]]), id="descent"),
        pytest.param(GainCheck({"one": [0.98, 0.99, 0.97], "two": [0.99, 0.98, 0.98]}), id="gain"),
        pytest.param(DepthLab(), id="depth-lab"),
        pytest.param(
            ArchitectureScatter({"a": [0.6, 0.7], "b": [0.7, 0.8]}, {"weights": {"a": 10, "b": 30}}),
            id="architectures",
        ),
        pytest.param(KernelEditor(photograph), id="editor"),
        pytest.param(BackpropGraph("loss = (w * x - y) ** 2", w=1, x=2, y=3), id="graph"),
        pytest.param(MultiChannelStepper(np.ones((2, 3, 3)), np.ones((2, 2, 2, 2))), id="multi"),
        pytest.param(ShiftLab(torch.rand(2, 1, 28, 28), {"linear": LinearClassifier()}, 3), id="shift-lab"),
        pytest.param(DigitPlayground({"a": LinearClassifier()}, torch.rand(1, 1, 28, 28)), id="playground"),
        pytest.param(FilterTimeline(snapshots(0, 80), {80: 1.0}), id="timeline"),
        pytest.param(LoweringStepper(), id="lowering"),
        pytest.param(map_bench(), id="map-bench"),
        pytest.param(
            PixelLab(torch.zeros(1, 1, 28, 28), torch.zeros(2, 1, 28, 28), labels=[1]), id="pixel-lab"
        ),
        pytest.param(ScaleOut(4e-4, 1e-3, 8e5), id="scale-out"),
        pytest.param(TinyCNNLive(snapshots(0, 80), THREE), id="live"),
        pytest.param(TouchingLab(torch.ones(1, 2, 20, 12), {"flat": FlatNet(width=2)}), id="touching-lab"),
        pytest.param(
            TurnLab({"a": LinearClassifier()}, torch.rand(2, 1, 28, 28), torch.tensor([4, 1])), id="turn-lab"
        ),
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
    outline = Outline(widget._repr_html_())
    assert len(outline.scripts) == 1
    assert base.as_json(widget.data())[:-1] in outline.scripts[0]
    assert len(gzip.compress(widget.code().encode(), 6, mtime=0)) <= MOST_BYTES
    assert all(address.startswith("data:") for address in outline.addresses)
    # the only addresses in a script are names of XML namespaces, which nobody fetches
    assert set(re.findall(r"https?://[^\"'` ]+", outline.scripts[0])) <= {"http://www.w3.org/2000/svg"}


def test_figures_have_one_name_exactly_if_they_are_equal():
    def name(*arguments, **settings):
        return re.search('data-figure="(.*?)"', ConvolutionStepper(*arguments, **settings)._repr_html_())[1]

    first = name(np.eye(4), np.ones((2, 2)))
    assert name(np.eye(4), np.ones((2, 2))) == first  # in every kernel, not by counting
    assert name(np.eye(4), np.ones((2, 2)), stride=2) != first
    assert name(np.eye(4) * 2, np.ones((2, 2))) != first


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_a_script_is_written_to_be_read(path):
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert "\t" not in text
    for line in text.splitlines():
        assert len(line) < 110, line
        assert line == line.rstrip(), line
        indent = len(line) - len(line.lstrip())
        assert indent % 2 == 0 or line.lstrip().startswith("*"), line
        code = re.sub(r'"[^"]*"|`[^`]*`|//.*|/\*.*?\*/', "", line)
        if not code.lstrip().startswith("for ("):
            assert code.count(";") <= 1, f"more than one statement: {line}"


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


@pytest.mark.parametrize("kernel_size", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_the_columns_of_lowering_are_those_of_torch(kernel_size, stride):
    for size in (4, 5, 6):
        stepper = LoweringStepper(size, kernel_size, stride)
        image = torch.arange(size**2.0).reshape(1, 1, size, size)
        expected = torch.nn.functional.unfold(image, kernel_size, stride=stride)[0].numpy()
        np.testing.assert_array_equal(stepper.columns(), expected)
        kernel = torch.tensor(LOWERING_WEIGHTS[kernel_size]).view(1, 1, kernel_size, kernel_size).float()
        output = torch.nn.functional.conv2d(image, kernel, stride=stride).flatten().numpy()
        np.testing.assert_array_equal(stepper.output(), output)


def test_the_map_bench_erases_the_largest_values_first_and_only_ink():
    model, bench = MLP(), map_bench()
    bench = map_bench(model=model, images=bench.images, maps=bench.maps)
    image, first = bench.images[1, 0], bench.maps["trained"][1]
    by_brightness = [image, first]
    for order, values in enumerate(reversed(by_brightness)):
        for step, kept in enumerate(bench.erased(1)[order]):
            gone = (kept[0] != image).nonzero()
            assert len(gone) == round(26 * step / 10 + 1e-9)  # 16 + 10 pixels have ink
            stays = values[(kept[0] == image) & (image > 0)]
            if len(gone) and len(stays):
                assert values[kept[0] != image].min() >= stays.max()
            expected = 255 * model(kept[None]).softmax(1)[0, 1].item()
            assert abs(int(bench.sureness[1, order, step]) - expected) < 0.51  # rounded to whole bytes
    assert sorted(bench.orders[1][2]) == sorted(bench.orders[1][0])


def test_the_maps_of_the_bench_stand_in_another_order_for_other_images_and_seeds():
    places = [map_bench(seed=seed).places for seed in range(6)]
    assert all(sorted(place) == [0, 1, 2] for made in places for place in made)
    assert len({tuple(place) for made in places for place in made}) > 3
    assert places[0] == map_bench(seed=0).places


def test_the_timeline_takes_all_that_can_hold_kernels():
    network = tiny_cnn(seed=3)
    kernel = network.layers[0].weight
    tensor = torch.tensor(kernel, dtype=torch.float32, requires_grad=True)
    given = (network.parameters(), kernel, tensor, [tensor, torch.zeros(3)], kernel.astype("float32"))
    data = [FilterTimeline({0: values}).data() for values in given]
    assert all(entry == data[0] for entry in data)
    packed = np.frombuffer(base64.b64decode(data[0]["values"]), "<f2")
    np.testing.assert_array_equal(packed, kernel.astype("float16").ravel())


def test_all_81_epochs_of_the_laboratory_are_kept_and_light():
    timeline = FilterTimeline(snapshots(*range(81)))
    assert timeline.epochs == tuple(range(81))
    assert len(timeline._repr_html_()) - len(timeline.code()) < 12_000  # 81 epochs of 27 numbers of two bytes


def test_the_timeline_orders_its_epochs_and_takes_the_cosine_with_the_first():
    # 45 degrees apart, opposite, and a filter that died: a direction is missing
    timeline = FilterTimeline({7: kernels([1, 1], [-2, 0], [0, 0]), 0: kernels([3, 0], [1, 0], [1, 0])})
    assert timeline.epochs == (0, 7)
    np.testing.assert_allclose(timeline.cosines()[0], 1, rtol=1e-15)
    np.testing.assert_allclose(timeline.cosines()[1], [0.5**0.5, -1, np.nan], rtol=1e-15)


def test_the_timeline_knows_the_accuracy_of_its_epochs_only():
    timeline = FilterTimeline({0: kernels([1, 2]), 2: kernels([1, 2])}, dict(enumerate([0.5, 0.75], 1)))
    assert timeline.data()["accuracy"] == [None, 0.75]


def test_the_live_network_starts_from_what_the_numpy_network_says():
    rng, networks = np.random.default_rng(5), {e: tiny_cnn(4, 5, seed=e) for e in (0, 2)}
    image = rng.normal(size=(1, 8, 8))
    live = TinyCNNLive({e: n.parameters() for e, n in networks.items()}, list("abcde"), image)
    logits = torch.from_numpy(networks[2].predict(image[None]))
    np.testing.assert_allclose(live.probabilities(), logits.softmax(1)[0], rtol=1e-12)


@pytest.mark.parametrize(
    ("filters", "classes", "total"), [(3, 3, 114), (3, 4, 142), (8, 10, 810)], ids=["114", "142", "810"]
)
def test_the_live_network_says_how_many_numbers_it_has(filters, classes, total):
    names = [f"class {k}" for k in range(classes)]
    live = TinyCNNLive(snapshots(0, num_filters=filters, num_classes=classes), names)
    assert live.num_parameters == total
    assert live.data()["legend"].startswith(f"{total} numbers: {filters} filters")


def test_names_of_classes_and_images_are_text_and_not_markup():
    live = TinyCNNLive(snapshots(0), ["<b>", "</script>", "<!--<script>"], {"<i>": np.ones((8, 8))})
    source = live._repr_html_()
    assert "<b>" not in live.fallback()
    assert "<i>" not in live.fallback()
    assert source.count("</script>") == 1
    assert "<!--" not in source


def test_the_loss_of_a_line_and_its_descent_are_those_of_torch():
    rng = np.random.default_rng(8)
    x, y = torch.from_numpy(rng.normal(size=(2, 20)))
    figure = GradientDescent.of_line(x, y, start=(0.5, -1), learning_rate=0.1, momentum=0.6)
    weights = torch.tensor([0.5, -1.0], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([weights], lr=0.1, momentum=0.6)
    for place in figure.path(12):
        loss = ((weights[0] * x + weights[1] - y) ** 2).mean()
        np.testing.assert_allclose(place, weights.detach(), rtol=1e-10)  # only the order of sums differs
        np.testing.assert_allclose(figure.loss(place), loss.item(), rtol=1e-10)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_the_largest_rate_divides_paths_that_arrive_from_those_that_leave(momentum):
    figure = GradientDescent([[1.0, 0.4], [0.4, 3.0]], momentum=momentum)
    limit = figure.largest_rate * (1 + momentum)
    below, above = (figure.loss(figure.path(400, share * limit)[-1]) for share in (0.9, 1.1))
    assert below < 1e-3 < 1e3 < above


def test_the_multi_channel_stepper_starts_from_what_torch_computes():
    rng = np.random.default_rng(9)
    image, kernels, bias = rng.normal(size=(3, 5, 4)), rng.normal(size=(2, 3, 2, 3)), rng.normal(size=2)
    ours = MultiChannelStepper(image, kernels, bias).output()
    tensors = [torch.from_numpy(array) for array in (image, kernels, bias)]
    np.testing.assert_allclose(ours, functional.conv2d(tensors[0][None], *tensors[1:])[0], rtol=1e-10)


EXPRESSIONS = [
    "s = w * x + b; a = relu(s); loss = (a - w) ** 2",
    "a = x * x * w; loss = a / (b + x) - a",
    "loss = tanh(w * x) * exp(-b) + log(x * x + b * b) + w",
]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_graph_computes_the_gradients_of_torch(expression):
    numbers = {"w": 0.7, "x": -1.3, "b": 2.1}
    tensors = {name: torch.tensor(v, dtype=torch.float64, requires_grad=True) for name, v in numbers.items()}
    scope = {name: getattr(torch, name) for name in ("relu", "tanh", "exp", "log")} | tensors
    exec(expression, scope)
    scope["loss"].backward()
    graph = BackpropGraph(expression, **numbers)
    assert graph.values()[-1] == pytest.approx(scope["loss"].item(), rel=1e-12)
    for name, gradient in graph.gradients().items():
        assert gradient == pytest.approx(tensors[name].grad.item(), rel=1e-12), name


def test_numbers_of_numpy_are_numbers():
    stepper = ConvolutionStepper(np.eye(4), np.ones((2, 2)), stride=np.int64(2), flip=np.bool_(True))
    assert stepper._repr_html_() == ConvolutionStepper(np.eye(4), np.ones((2, 2)), 2, flip=True)._repr_html_()
    explorer = ReceptiveFieldExplorer([Window(np.int64(3), np.int32(2))])
    assert explorer._repr_html_() == ReceptiveFieldExplorer([Window(3, 2)])._repr_html_()
    image = torch.rand(1, 1, 28, 28)
    assert ShiftLab(image, {"a": LinearClassifier()}, np.int64(2))._repr_html_()


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
        pytest.param(lambda: ConvolutionStepper(np.eye(3), np.eye(2), padding=1000), "1000", id="wide frame"),
        pytest.param(lambda: ConvolutionStepper(np.eye(3), np.eye(2), (1, 2)), r"\(1, 2\)", id="two strides"),
        pytest.param(
            lambda: ConvolutionStepper(np.full((2, 2), 1e308), np.eye(2)), "got 1e.308", id="overflow"
        ),
        pytest.param(
            lambda: ShiftLab(torch.full((1, 1, 28, 28), torch.nan), {"a": LinearClassifier()}, fill=0.0),
            "logits of the model 'a' must be finite, got nan",
            id="nan logits",
        ),
        pytest.param(lambda: map_bench(labels=[1, 2]), "one label per image", id="labels"),
        pytest.param(lambda: map_bench(maps={"a": torch.zeros(3, 28, 28)}), "2 to 6 maps", id="one map"),
        pytest.param(
            lambda: map_bench(maps={n: torch.zeros(3, 14, 14) for n in "ab"}),
            r"\(3, 14, 14\)",
            id="small maps",
        ),
        pytest.param(lambda: map_bench(images=torch.ones(3, 1, 28, 28)), "no ink", id="no ink"),
        pytest.param(lambda: map_bench(images=torch.ones(3, 28, 28)), r"\(N, 1, H, W\)", id="no channels"),
        pytest.param(
            lambda: map_bench(
                images=torch.ones(13, 1, 28, 28),
                labels=[0] * 13,
                maps={name: torch.ones(13, 28, 28) for name in "ab"},
            ),
            "20,384 pixels of maps are too many",
            id="too many pixels",
        ),
        pytest.param(lambda: ReceptiveFieldExplorer([]), "1 to 60", id="no layers"),
        pytest.param(lambda: ReceptiveFieldExplorer([Window((3, 5))]), "one axis", id="a pair"),
        pytest.param(lambda: ShiftLab(torch.rand(28, 28), {"a": MLP()}), r"\(N, 1, H, W\)", id="one image"),
        pytest.param(lambda: ShiftLab(torch.rand(1, 1, 28, 28), {}), "at least one model", id="no models"),
        pytest.param(
            lambda: ShiftLab(torch.rand(1, 1, 28, 28), {"a": MLP()}, 28), "between 1 and 27", id="too far"
        ),
        pytest.param(
            lambda: ShiftLab(torch.rand(1, 1, 28, 28), {"a": MLP()}, class_names="abc"),
            "10 classes, got 3 names",
            id="too few names",
        ),
        pytest.param(
            lambda: ShiftLab(torch.rand(1, 1, 28, 28), {"a": MLP(), "b": MLP(num_classes=4)}),
            r"same classes, got \[10, 4\]",
            id="other classes",
        ),
        pytest.param(
            lambda: ShiftLab(torch.rand(40, 1, 28, 28), {"a": LinearClassifier()}, 13),
            "291,600 probabilities are too many",
            id="a heavy page",
        ),
        pytest.param(
            lambda: ShiftLab(torch.rand(2, 1, 28, 28), {"a": LinearClassifier()}, 1, labels=[3]),
            r"2 labels in 0..9, got \[3\]",
            id="one label of two",
        ),
        pytest.param(
            lambda: ShiftLab(torch.rand(2, 1, 28, 28), {"a": LinearClassifier()}, 1, labels=[3, 10]),
            r"2 labels in 0..9, got \[3, 10\]",
            id="label 10",
        ),
        pytest.param(lambda: FilterTimeline({}), "at least one epoch", id="no snapshots"),
        pytest.param(lambda: FilterTimeline([kernels([1, 2])]), "dictionary", id="a list of snapshots"),
        pytest.param(lambda: FilterTimeline({"last": kernels([1, 2])}), "got 'last'", id="a named epoch"),
        pytest.param(lambda: FilterTimeline({-1: kernels([1, 2])}), "got -1", id="epoch -1"),
        pytest.param(
            lambda: FilterTimeline({0: np.zeros((3, 2, 5, 5))}), r"pick one.*\[:, :1\]", id="two channels"
        ),
        pytest.param(
            lambda: FilterTimeline({0: kernels([1, 2]), 4: kernels([1, 2], [3, 4])}),
            r"\(1, 1, 1, 2\) at epoch 0 and \(2, 1, 1, 2\) at epoch 4",
            id="another number of filters",
        ),
        pytest.param(
            lambda: FilterTimeline({0: kernels([1, 2]), 4: kernels([1, np.nan])}),
            "epoch 4 must hold finite numbers.*got nan",
            id="nan kernel",
        ),
        pytest.param(
            lambda: FilterTimeline({0: tiny_mlp(seed=0).parameters()}), r"\(18, 64\)", id="no convolution"
        ),
        pytest.param(lambda: FilterTimeline({0: kernels([1, 2])}, [0.5]), "dictionary", id="accuracy list"),
        pytest.param(lambda: FilterTimeline({0: kernels([1, 2])}, {0: 98}), "got 98", id="percents"),
        pytest.param(
            lambda: FilterTimeline({0: np.zeros((400, 1, 9, 9))}), "32,400 numbers", id="too many numbers"
        ),
        pytest.param(lambda: GradientDescent(np.eye(3)), r"\(3, 3\)", id="three weights"),
        pytest.param(lambda: LoweringStepper(7), r"size must be one of \(4, 5, 6\)", id="a large image"),
        pytest.param(lambda: GradientDescent([[1, 2], [0, 1]]), "symmetric", id="no symmetry"),
        pytest.param(lambda: GradientDescent(-1.0), "one lowest point", id="a hill"),
        pytest.param(lambda: GradientDescent(np.nan), "got nan", id="nan curvature"),
        pytest.param(lambda: GradientDescent(1.0, [1, 2]), r"1 number.*\[1.0, 2.0\]", id="two minima"),
        pytest.param(lambda: GradientDescent(1.0, learning_rate=0), "positive", id="rate 0"),
        pytest.param(lambda: GradientDescent(1.0, momentum=1), "below 1", id="momentum 1"),
        pytest.param(lambda: GradientDescent(1.0, start=0), "must differ", id="nothing to do"),
        pytest.param(lambda: GradientDescent(1.0, names=("a", "b")), "Expected 1 names", id="a name more"),
        pytest.param(
            lambda: MultiChannelStepper(np.ones((3, 3)), np.ones((1, 1, 2, 2))), r"\(3, 3\)", id="2-d image"
        ),
        pytest.param(
            lambda: MultiChannelStepper(np.ones((2, 9, 9)), np.ones((1, 2, 2, 2))), r"9, 9", id="large image"
        ),
        pytest.param(
            lambda: MultiChannelStepper(np.ones((2, 3, 3)), np.ones((1, 3, 2, 2))),
            r"\(out_channels, 2, K, L\)",
            id="kernels of three channels",
        ),
        pytest.param(
            lambda: MultiChannelStepper(np.ones((1, 2, 2)), np.ones((1, 1, 3, 3))),
            "does not fit",
            id="no room",
        ),
        pytest.param(
            lambda: MultiChannelStepper(np.ones((1, 3, 3)), np.ones((1, 1, 2, 2)), [1, 2]),
            "1 numbers",
            id="two biases",
        ),
        pytest.param(
            lambda: MultiChannelStepper(np.full((1, 3, 3), np.nan), np.ones((1, 1, 2, 2))),
            "image must hold finite",
            id="nan channel",
        ),
        pytest.param(
            lambda: MultiChannelStepper(np.ones((1, 5, 5)), np.ones((1, 1, 3, 4))),
            r"at most 3 x 3 weights, got \(3, 4\)",
            id="wide kernels",
        ),
        pytest.param(lambda: BackpropGraph("a = b + 1", b=1), "got '1'", id="a constant"),
        pytest.param(lambda: BackpropGraph("a = b", b=1), "something to compute: 'a = b'", id="a copy"),
        pytest.param(lambda: BackpropGraph("a = b % c", b=1, c=2), "got 'b % c'", id="a remainder"),
        pytest.param(lambda: BackpropGraph("a = +b", b=1), r"got '\+b'", id="a plus sign"),
        pytest.param(lambda: BackpropGraph("a = b * c", b=1), "'c' has no value", id="no value"),
        pytest.param(lambda: BackpropGraph("a = b * b", b=1, c=2), r"\['c'\]", id="no use"),
        pytest.param(lambda: BackpropGraph("a = b * b; c = b + b", b=1), r"\['a'\]", id="two results"),
        pytest.param(lambda: BackpropGraph("a = b ** 3", b=1), r"only \*\* 2", id="a cube"),
        pytest.param(lambda: BackpropGraph("b = b * b", b=1), "one new name", id="a name again"),
        pytest.param(lambda: BackpropGraph("a = __import__('os')"), "got", id="a call of something else"),
        pytest.param(lambda: BackpropGraph("a = b +", b=1), "not Python", id="half an expression"),
        pytest.param(lambda: BackpropGraph("", b=1), "at least one assignment", id="no expression"),
        pytest.param(lambda: BackpropGraph("a = b / c", b=1, c=0), "division by zero", id="by zero"),
        pytest.param(lambda: BackpropGraph("a = log(b)", b=-1), r"log of \[-1.0\]", id="log of -1"),
        pytest.param(lambda: BackpropGraph("a = b * b", b=np.nan), "got nan", id="nan leaf"),
        pytest.param(
            lambda: BackpropGraph("; ".join(f"a{n + 1} = a{n} * a{n}" for n in range(30)), a0=1),
            "at most 24",
            id="too many nodes",
        ),
        pytest.param(lambda: TinyCNNLive({}, THREE), "at least one epoch", id="nothing to play with"),
        pytest.param(lambda: TinyCNNLive(snapshots(0), "abc"), "sequence of at least two", id="one string"),
        pytest.param(lambda: TinyCNNLive(snapshots(0), ["a"]), "at least two names", id="one class"),
        pytest.param(
            lambda: TinyCNNLive(snapshots(0), ["a", "b"]),
            r"2 class names need .*\(2, 27\), \(2,\)\], got .*\(3, 27\)",
            id="a class without a name",
        ),
        pytest.param(
            lambda: TinyCNNLive(snapshots(0) | snapshots(5, num_filters=4), THREE),
            r"got .*\(4, 1, 3, 3\).* at epoch 5",
            id="a filter more",
        ),
        pytest.param(
            lambda: TinyCNNLive({0: tiny_mlp(seed=0).parameters()}, THREE), r"\(F, 1, 3, 3\)", id="an MLP"
        ),
        pytest.param(
            lambda: TinyCNNLive({0: tiny_cnn(seed=0).layers[0].weight}, THREE),
            "a list of arrays, got a ndarray",
            id="kernels only",
        ),
        pytest.param(
            lambda: TinyCNNLive({0: [np.full(p.shape, np.inf) for p in snapshots(0)[0]]}, THREE),
            "epoch 0 must hold finite numbers",
            id="infinite weights",
        ),
        pytest.param(
            lambda: TinyCNNLive(snapshots(0), THREE, np.zeros((28, 28))),
            r"got \(28, 28\)",
            id="28 pixels",
        ),
        pytest.param(
            lambda: TinyCNNLive(snapshots(0), THREE, {"hole": np.full((8, 8), np.nan)}),
            r"image \(hole\) must hold finite",
            id="nan in a named image",
        ),
        pytest.param(lambda: TinyCNNLive(snapshots(0), THREE, {}), "at least one", id="no images"),
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


def test_a_colour_photograph_is_edited_in_grey():
    colours = np.random.default_rng(3).random((9, 11, 3))
    np.testing.assert_array_equal(KernelEditor(colours).image, KernelEditor(colours.mean(axis=2)).image)


def test_the_shift_lab_knows_the_right_answers_and_the_names_of_the_classes():
    images, models = torch.rand(2, 1, 28, 28), {"a": LinearClassifier()}
    assert ShiftLab(images, models, 1).data()["labels"] is None
    given = ShiftLab(images, models, 1, labels=torch.tensor([0, 9]), class_names="abcdefghij").data()
    assert (given["labels"], given["classes"]) == ([0, 9], tuple("abcdefghij"))


@pytest.mark.parametrize("widget", examples())
def test_a_figure_says_in_a_terminal_what_it_is_and_where_it_shows(widget):
    assert repr(widget).startswith(f"{type(widget).__name__} (an interactive figure")


def test_a_figure_without_data_or_fallback_is_not_finished():
    for method in (base.Widget().data, base.Widget().fallback):
        with pytest.raises(NotImplementedError):
            method()
