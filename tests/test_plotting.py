"""Plots: what was drawn is what was given, on the Axes that were given."""

import itertools

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex, to_rgb

from course_lib import plotting
from course_lib.training import History


@pytest.fixture(autouse=True)
def closed_figures():
    """No test sees another one's figure."""
    plt.close("all")
    yield
    plt.close("all")


@pytest.fixture
def ax():
    """Axes that are not the current ones."""
    _, (ax, other) = plt.subplots(1, 2)
    plt.sca(other)
    return ax


HISTORY = History([1.5, 0.5, 0.25], [0.5, 0.75, 0.9], [1.0, 0.75, 0.5], [0.6, 0.7, 0.8], [1.0, 1.0, 1.0])


def _labelled(ends, ax=None, fontsize=None):
    """Draw a line from 0 to each end, and label it with its number."""
    ax = plt.gca() if ax is None else ax
    for number, end in enumerate(ends):
        ax.plot([0, 1], [0, end], label=f"no. {number}")
    return plotting.label_lines(ax, fontsize)


IMAGE, MATRIX = np.arange(12.0).reshape(3, 4), np.array([[90, 3, 0], [1, 80, 7], [0, 0, 70]])
DRAWINGS = {
    "show_image": lambda ax: plotting.show_image(IMAGE, ax),
    "show_weights": lambda ax: plotting.show_weights(IMAGE, ax),
    "plot_learning_curves": lambda ax: plotting.plot_learning_curves(HISTORY, ax),
    "plot_band": lambda ax: plotting.plot_band([1, 2, 3], IMAGE, ax),
    "label_lines": lambda ax: _labelled([1.0, 2.0], ax),
    "plot_confusion": lambda ax: plotting.plot_confusion(MATRIX, "abc", ax),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_plot_draws_on_the_axes_given_and_returns_them(ax, draw):
    assert draw(ax) is ax
    assert ax.has_data()
    assert not plt.gca().has_data()


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_without_axes_the_current_ones_are_used(ax, draw):
    assert draw(None) is plt.gca()
    assert plt.gca().has_data()
    assert not ax.has_data()


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_a_plot_changes_no_setting_and_shows_nothing(ax, draw, monkeypatch):
    monkeypatch.setattr(plt, "show", lambda: pytest.fail("a plotting function called show"))
    before = dict(mpl.rcParams)
    draw(ax)
    plotting.show_images([IMAGE])
    assert dict(mpl.rcParams) == before


# --- images


@pytest.mark.parametrize(
    ("shape", "kind"),
    [((4, 6), "grey"), ((1, 4, 6), "grey"), ((3, 4, 6), "channels-first"), ((4, 6, 3), "channels-last")],
)
@pytest.mark.parametrize("as_tensor", [True, False])
def test_an_image_of_any_usual_layout_is_drawn_upright(ax, rng, shape, kind, as_tensor):
    image = rng.random(shape)
    given = torch.tensor(image, requires_grad=True) if as_tensor else image
    (drawn,) = plotting.show_image(given, ax).images
    expected = {"grey": image.reshape(4, 6) if kind == "grey" else None}.get(kind)
    if kind == "channels-first":
        expected = np.stack([image[0], image[1], image[2]], axis=-1)
    elif kind == "channels-last":
        expected = image
    np.testing.assert_array_equal(drawn.get_array(), expected)
    assert drawn.origin == "upper"


@pytest.mark.parametrize("shape", [(5,), (2, 4, 4), (1, 1, 4, 4), (4, 4, 4)])
def test_what_is_no_image_is_refused_with_its_shape(ax, shape):
    with pytest.raises(ValueError, match="got shape") as error:
        plotting.show_image(np.zeros(shape), ax)
    assert str(shape) in str(error.value)


def test_an_image_has_a_title_no_ticks_and_the_limits_given(ax):
    plotting.show_image(IMAGE, ax, title="a nine", vmin=-1, vmax=99)
    assert ax.get_title() == "a nine"
    assert len(ax.get_xticks()) == len(ax.get_yticks()) == 0
    assert ax.images[0].get_clim() == (-1, 99)


def test_weights_are_blue_where_positive_red_where_negative_and_white_at_zero(ax):
    (drawn,) = plotting.show_weights(np.array([[-1.0, 0.0], [0.25, 4.0]]), ax).images
    red, green, blue, _ = np.moveaxis(drawn.to_rgba(drawn.get_array()), -1, 0)
    assert red[0, 0] > blue[0, 0]
    assert blue[1, 1] > 2 * red[1, 1]
    assert min(red[0, 1], green[0, 1], blue[0, 1]) > 0.95
    assert drawn.get_clim() == (-4.0, 4.0)


def test_weights_that_are_all_zero_are_white(ax):
    (drawn,) = plotting.show_weights(np.zeros((2, 2)), ax).images
    assert drawn.to_rgba(drawn.get_array())[..., :3].min() > 0.95


def test_a_shared_limit_makes_several_weight_images_comparable(ax):
    assert plotting.show_weights(IMAGE, ax, limit=20.0).images[0].get_clim() == (-20.0, 20.0)


@pytest.mark.parametrize(
    ("num_images", "num_columns", "grid"), [(7, 3, (3, 3)), (2, 5, (1, 2)), (6, 3, (2, 3))]
)
def test_images_fill_rows_from_the_left_and_empty_places_stay_empty(num_images, num_columns, grid):
    images = np.arange(num_images)[:, None, None] * np.ones((1, 2, 3))
    axes = plotting.show_images(images, [f"no. {i}" for i in range(num_images)], num_columns, vmin=0, vmax=9)
    assert axes.shape == grid
    for index, ax in enumerate(axes.flat):
        if index < num_images:
            assert ax.images[0].get_array()[0, 0] == index
            assert ax.get_title() == f"no. {index}"
        else:
            assert not ax.axison
            assert not ax.images


def test_images_go_into_the_figure_given():
    figure = plt.figure()
    plt.figure()
    axes = plotting.show_images([IMAGE, IMAGE], fig=figure)
    assert all(ax.figure is figure for ax in axes.flat)


def test_no_images_and_titles_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="at least one image"):
        plotting.show_images([])
    with pytest.raises(ValueError, match="2 images and 1 titles"):
        plotting.show_images([IMAGE, IMAGE], titles=["one"])


@pytest.mark.parametrize("gap", [0, 1, 3])
def test_a_wall_is_torchvisions_grid_without_its_outer_border(rng, gap):
    from torchvision.utils import make_grid

    images = torch.from_numpy(rng.random((7, 1, 4, 5)))
    grid = make_grid(images, nrow=3, padding=gap, pad_value=-2.0)[0].numpy()
    inner = grid[gap : grid.shape[0] - gap, gap : grid.shape[1] - gap]
    np.testing.assert_array_equal(plotting.image_wall(images, num_columns=3, gap=gap, fill=-2.0), inner)
    np.testing.assert_array_equal(plotting.image_wall(images[:, 0], 3, gap, fill=-2.0), inner)


def test_the_gaps_of_a_wall_are_black_by_default():
    wall = plotting.image_wall(np.array([[[2.0]], [[5.0]]]), num_columns=2)
    np.testing.assert_array_equal(wall, [[2.0, 2.0, 5.0]])


@pytest.mark.parametrize("shape", [(2, 3, 4, 4), (4, 4), (0, 4, 4)])
def test_a_wall_of_anything_but_grey_images_is_refused(shape):
    with pytest.raises(ValueError, match=r"\(N, 1, H, W\)"):
        plotting.image_wall(np.zeros(shape))


# --- curves


@pytest.mark.parametrize(
    ("quantity", "test", "train"),
    [("accuracy", [60, 70, 80], [50, 75, 90]), ("loss", [1.0, 0.75, 0.5], [1.5, 0.5, 0.25])],
)
def test_learning_curves_show_the_history_by_epoch_test_solid_training_dashed(ax, quantity, test, train):
    plotting.plot_learning_curves(HISTORY, ax, label="CNN", color="#009E73", quantity=quantity)
    solid, dashed = ax.get_lines()
    for line, values, style, label in (
        (solid, test, "-", "CNN, test"),
        (dashed, train, "--", "CNN, training"),
    ):
        np.testing.assert_array_equal(line.get_xdata(), [1, 2, 3])
        np.testing.assert_allclose(line.get_ydata(), values)
        assert (line.get_linestyle(), line.get_label(), to_hex(line.get_color())) == (style, label, "#009e73")
    assert ax.get_xlabel() == "epoch"
    assert ("%" in ax.get_ylabel()) == (quantity == "accuracy")
    assert all(tick == int(tick) for tick in ax.get_xticks())


def test_learning_curves_of_validation_data_are_called_that(ax):
    history = History(
        [1.5, 0.5], [0.5, 0.75], seconds=[1, 1], validation_loss=[2, 1], validation_accuracy=[0.4, 0.6]
    )
    plotting.plot_learning_curves(history, ax)
    solid, dashed = ax.get_lines()
    assert (solid.get_label(), dashed.get_label()) == ("validation", "training")
    np.testing.assert_allclose(solid.get_ydata(), [40, 60])


def test_an_unknown_quantity_is_refused(ax):
    with pytest.raises(ValueError, match="'accuracy' or 'loss', got 'error'"):
        plotting.plot_learning_curves(HISTORY, ax, quantity="error")


def test_a_band_is_one_sample_deviation_around_the_mean(ax):
    values = np.array([[1.0, 3.0, 5.0], [2.0, 2.0, 2.0]])
    plotting.plot_band([10, 20], values, ax, label="MLP", color="#D55E00")
    np.testing.assert_allclose(ax.get_lines()[0].get_ydata(), [3.0, 2.0])
    corners = ax.collections[0].get_paths()[0].vertices
    at_ten = corners[corners[:, 0] == 10][:, 1]
    assert (at_ten.min(), at_ten.max()) == (1.0, 5.0)  # deviation 2 with n - 1
    assert ax.get_lines()[0].get_label() == "MLP"


def drawn_boxes(ax):
    """Map each label in an Axes to its box in pixels, once the figure is drawn."""
    ax.figure.canvas.draw()
    return {text.get_text(): text.get_window_extent() for text in ax.texts}


@pytest.mark.parametrize("layout", [None, "constrained"])
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_the_label_of_a_line_stands_at_its_right_end_in_its_colour(layout, scale):
    _, ax = plt.subplots(layout=layout)
    ax.set(yscale=scale)
    _labelled([1.0, 10.0, 5.0], ax)
    boxes = drawn_boxes(ax)
    for line, text in zip(
        sorted(ax.get_lines(), key=lambda line: line.get_ydata()[-1]), ax.texts, strict=True
    ):
        x, y = ax.transData.transform((1, line.get_ydata()[-1]))
        box = boxes[line.get_label()]
        assert text.get_text() == line.get_label()
        assert text.get_color() == line.get_color()
        assert x < box.x0 < x + 20
        assert box.y0 < y < box.y1
    assert ax.get_legend() is None


@pytest.mark.parametrize("ends", [[5, 5, 5, 5], [0, 10, 10.1], [3, 2.9, 0, 0.1], [7]])
def test_labels_of_lines_that_meet_do_not_cover_each_other_and_keep_their_order(ends):
    _, ax = plt.subplots(layout="constrained")
    ax.plot([0, 1], [0, 0], label="two\nrows")
    boxes = list(drawn_boxes(_labelled(ends, ax)).values())
    assert len(boxes) == len(ends) + 1
    assert all(below.y1 <= above.y0 + 0.5 for below, above in itertools.pairwise(boxes))


def test_lines_without_a_label_get_none_and_a_horizontal_line_ends_at_the_edge(ax):
    ax.plot([0, 1, 2], [1, 2, np.nan], label="a gap")
    ax.plot([0, 1], [3, 4])
    ax.axhline(9, label="a guess")
    boxes = drawn_boxes(plotting.label_lines(ax))
    assert set(boxes) == {"a gap", "a guess"}
    assert ax.transData.transform((1, 0))[0] < boxes["a gap"].x0 < ax.transData.transform((1.3, 0))[0]
    assert boxes["a guess"].x0 > ax.get_window_extent().x1


def test_the_label_of_a_line_that_leaves_the_axes_stands_where_it_leaves(ax):
    ax.plot(range(81), range(81), label="80 epochs")
    ax.set(xlim=(0, 30))
    box = drawn_boxes(plotting.label_lines(ax))["80 epochs"]
    x, y = ax.transData.transform((30, 30))
    assert x < box.x0 < x + 20
    assert box.y0 < y < box.y1


def test_an_axes_without_lines_gets_no_labels(ax):
    assert len(plotting.label_lines(ax).texts) == 0


@pytest.mark.parametrize(
    ("heights", "steps", "expected"),
    [
        ([0, 10], [5], [0, 10]),
        ([0, 1], [5], [-2, 3]),
        ([0, 0, 9], [6, 6], [-3, 3, 9]),
        ([0, 0, 8], [6, 6], [-10 / 3, 8 / 3, 26 / 3]),
    ],
)
def test_heights_move_as_little_as_they_must(heights, steps, expected):
    np.testing.assert_allclose(plotting._moved_apart(heights, steps), expected)


@pytest.mark.parametrize("shape", [(2,), (2, 1), (3, 4)])
def test_a_band_of_wrong_shape_is_refused_with_both_shapes(ax, shape):
    with pytest.raises(ValueError, match=r"\(2, num_seeds >= 2\)") as error:
        plotting.plot_band([1, 2], np.zeros(shape), ax)
    assert str(shape) in str(error.value)


def test_a_confusion_matrix_has_its_counts_at_true_row_and_predicted_column(ax):
    plotting.plot_confusion(MATRIX, ("x", "y", "z"), ax)
    counts = {
        (round(text.get_position()[1]), round(text.get_position()[0])): int(text.get_text())
        for text in ax.texts
    }
    assert counts == {index: count for index, count in np.ndenumerate(MATRIX)}
    assert [label.get_text() for label in ax.get_xticklabels()] == ["x", "y", "z"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "true")


def test_only_errors_are_coloured_and_the_numbers_stay_readable(ax):
    plotting.plot_confusion(MATRIX, "abc", ax)
    (drawn,) = ax.images
    assert np.ma.getmaskarray(drawn.get_array()).diagonal().all()
    assert drawn.get_clim() == (0, 7)
    for text in ax.texts:
        column, row = (round(value) for value in text.get_position())
        background = drawn.to_rgba(drawn.get_array())[row, column]
        below = np.mean(background[:3]) if background[3] else 1.0
        assert abs(np.mean(to_rgb(text.get_color())) - below) > 0.35


def test_a_matrix_without_errors_can_be_drawn(ax):
    plotting.plot_confusion(np.diag([3, 4]), "ab", ax)
    plt.gcf().canvas.draw()


# --- the style


def test_the_course_style_is_what_its_file_says():
    with mpl.rc_context():
        plotting.use_course_style()
        cycle = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
        assert not mpl.rcParams["axes.spines.top"]
        assert mpl.rcParams["image.cmap"] == plotting.PICTURES
    assert ["#" + color.lstrip("#").upper() for color in cycle[:3]] == [
        plotting.COLORS[name] for name in ("linear", "mlp", "cnn")
    ]


def test_the_three_models_differ_in_grey_or_at_least_in_hue():
    def luminance(color):
        return np.dot([0.2126, 0.7152, 0.0722], to_rgb(color))

    values = sorted(luminance(plotting.COLORS[name]) for name in ("linear", "mlp", "cnn"))
    assert values[2] - values[0] > 0.05


@pytest.mark.parametrize("num_columns", [0, -1, 2.0, True])
def test_a_number_of_columns_that_is_none_is_refused(num_columns):
    images = np.zeros((4, 3, 3))
    for draw in (plotting.show_images, plotting.image_wall):
        with pytest.raises(ValueError, match="num_columns must be an integer of at least 1"):
            draw(images, num_columns=num_columns)
    with pytest.raises(ValueError, match="gap must be an integer of at least 0, got -1"):
        plotting.image_wall(images, gap=-1)
