"""Numbers in, Axes out: every figure of the book in one visual language.

No function here trains, shows or changes matplotlib's settings; `use_course_style` is what a
chapter calls once. Pictures and activations are grey, amounts use a sequential map, weights a diverging
one centred at zero: blue is positive, red is negative. The lines of a plot are named at their ends.
"""

from importlib import resources

import matplotlib.pyplot as plt
import numpy as np
from IPython import get_ipython
from matplotlib_inline.config import InlineBackend

from course_lib.checks import check_integer

COLORS = {
    "linear": "#0072B2",
    "mlp": "#D55E00",
    "cnn": "#009E73",
    "accent": "#CC79A7",
    "neutral": "#777777",
}
# The colour maps of the book: no chapter names one of its own.
PICTURES = "gray"  # images and activations: the largest is white
SEQUENTIAL = "Blues"  # counts and distances: the least is nearly white, the most dark blue
DIVERGING = "RdBu"  # 0 is red, 1 is blue: with symmetric limits blue is positive
CLASSES = "tab10"  # ten regions, each with its name written in: their colours overlap for some readers


def use_course_style():
    """Give all following figures the book's look; in a notebook, with two dots for each pixel they take."""
    with resources.as_file(resources.files("course_lib") / "course.mplstyle") as path:
        plt.style.use(path)
    shell = get_ipython()
    if shell is not None:
        InlineBackend.instance(parent=shell).figure_formats = {"retina"}


def show_image(image, ax=None, title=None, **kwargs):
    """Draw one image, shape (H, W), (1, H, W) or (3, H, W) or (H, W, 3), without ticks.

    ``vmin`` and ``vmax`` pass through; the default spans the image's own range.
    """
    ax = plt.gca() if ax is None else ax
    image = _as_picture(image)
    ax.imshow(image, **{"cmap": PICTURES, **kwargs})
    ax.set(xticks=[], yticks=[])
    for spine in ax.spines.values():
        spine.set_visible(False)
    if title is not None:
        ax.set_title(title)
    return ax


def show_images(images, titles=None, num_columns=5, size=1.1, fig=None, **kwargs):
    """Draw images side by side in rows; return the array of Axes.

    Parameters
    ----------
    images : sequence of array
        Each as in `show_image`.
    titles : sequence of str, optional
        One per image.
    num_columns : int
    size : float
        Inches per image.
    **kwargs
        For ``imshow``, for example a shared ``vmin`` and ``vmax``.
    """
    images = list(images)
    if not images:
        raise ValueError("show_images needs at least one image, got none.")
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"Expected one title per image, got {len(images)} images and {len(titles)} titles.")
    num_columns = min(check_integer("num_columns", num_columns, least=1), len(images))
    num_rows = -(-len(images) // num_columns)
    title_room = 0.25 if titles is not None else 0
    if fig is None:
        fig = plt.figure(figsize=(size * num_columns, (size + title_room) * num_rows))
    axes = fig.subplots(num_rows, num_columns, squeeze=False)
    for index, ax in enumerate(axes.flat):
        if index < len(images):
            show_image(images[index], ax, None if titles is None else titles[index], **kwargs)
        else:
            ax.set_axis_off()
    return axes


def image_wall(images, num_columns=10, gap=1, fill=None):
    """Join images, shape (N, H, W) or (N, 1, H, W), into one large array with gaps between them."""
    images = _to_numpy(images)
    if images.ndim == 4 and images.shape[1] == 1:
        images = images[:, 0]
    if images.ndim != 3 or len(images) == 0:
        raise ValueError(f"Expected images of shape (N, H, W) or (N, 1, H, W), got {images.shape}.")
    check_integer("num_columns", num_columns, least=1)
    check_integer("gap", gap, least=0)
    num_images, height, width = images.shape
    num_rows = -(-num_images // num_columns)
    fill = images.min() if fill is None else fill
    wall = np.full((num_rows * (height + gap) - gap, num_columns * (width + gap) - gap), fill, images.dtype)
    for index, image in enumerate(images):
        row, column = divmod(index, num_columns)
        top, left = row * (height + gap), column * (width + gap)
        wall[top : top + height, left : left + width] = image
    return wall


def show_weights(weights, ax=None, title=None, limit=None):
    """Draw weights with the diverging map, zero white, blue positive, red negative.

    ``limit`` is the absolute value that gets the full colour; the default is the largest.
    """
    weights = _as_picture(weights)
    if limit is None:
        limit = float(np.abs(weights).max()) or 1.0  # all zero: white, not red
    return show_image(weights, ax, title, cmap=DIVERGING, vmin=-limit, vmax=limit)


def plot_learning_curves(history, ax=None, label=None, color=None, quantity="accuracy"):
    """Draw a history by epoch: training dashed, validation or test solid; return the Axes.

    Parameters
    ----------
    history : course_lib.training.History
    quantity : {"accuracy", "loss"}
    """
    if quantity not in ("accuracy", "loss"):
        raise ValueError(f"quantity must be 'accuracy' or 'loss', got {quantity!r}.")
    ax = plt.gca() if ax is None else ax
    train = np.array(getattr(history, f"train_{quantity}"))
    measured = "validation" if history.validation_loss else "test"
    after = np.array(getattr(history, f"{measured}_{quantity}"))
    scale = 100 if quantity == "accuracy" else 1
    epochs = np.arange(1, len(train) + 1)
    prefix = f"{label}, " if label else ""
    (line,) = ax.plot(epochs, scale * after, marker="o", color=color, label=f"{prefix}{measured}")
    ax.plot(epochs, scale * train, linestyle="--", color=line.get_color(), label=f"{prefix}training")
    ax.set(xlabel="epoch", ylabel="accuracy (%)" if quantity == "accuracy" else "cross-entropy")
    ax.xaxis.get_major_locator().set_params(integer=True)
    return ax


def plot_band(x, values, ax=None, label=None, color=None, marker="o"):
    """Draw the mean over seeds with a band of one standard deviation; return the Axes.

    Parameters
    ----------
    x : sequence, length M
    values : array, shape (M, num_seeds)
    """
    ax = plt.gca() if ax is None else ax
    values = np.asarray(values, dtype=float)
    if values.ndim != 2 or len(values) != len(x) or values.shape[1] < 2:
        raise ValueError(f"Expected values of shape ({len(x)}, num_seeds >= 2), got {values.shape}.")
    mean, spread = values.mean(1), values.std(1, ddof=1)
    (line,) = ax.plot(x, mean, marker=marker, label=label, color=color)
    ax.fill_between(x, mean - spread, mean + spread, color=line.get_color(), alpha=0.2, linewidth=0)
    return ax


def label_lines(ax=None, fontsize=None):
    """Write the label of each line at its right end, in its colour; return the Axes.

    This takes the place of a legend, so it comes last: the limits and scales of the axes must stand.
    Labels that would cover each other move up and down, as little as possible. Lines without a label
    (or with one that begins with an underscore) get none.

    Parameters
    ----------
    ax : matplotlib.axes.Axes, optional
    fontsize : float, optional
        In points; the default is that of the axes' labels.
    """
    ax = plt.gca() if ax is None else ax
    figure = ax.get_figure(root=True)
    figure.draw_without_rendering()  # the layout decides how far apart the ends are
    pixel = 72 / figure.dpi  # in points
    ends = [(_right_end(line), line) for line in ax.get_lines() if not line.get_label().startswith("_")]
    ends.sort(key=lambda end: end[0][1])
    size = ax.xaxis.label.get_fontsize() if fontsize is None else fontsize
    rows = np.array([line.get_label().count("\n") + 1 for _, line in ends])
    steps = 1.2 * size * (rows[1:] + rows[:-1]) / 2  # from the middle of a label to that of the next one
    heights = _moved_apart([pixel * end[1] for end, _ in ends], steps)
    for (end, line), height in zip(ends, heights, strict=True):
        offset = 7, height - pixel * end[1]
        style = {"color": line.get_color(), "fontsize": size, "va": "center", "linespacing": 1.1}
        at = ax.transData.inverted().transform(end)
        ax.annotate(line.get_label(), at, offset, textcoords="offset points", annotation_clip=False, **style)
    return ax


def plot_confusion(matrix, class_names, ax=None):
    """Draw a confusion matrix, its counts written in; the diagonal is left uncoloured.

    Parameters
    ----------
    matrix : array of int, shape (C, C)
        Row: true class; column: predicted class.
    """
    ax = plt.gca() if ax is None else ax
    matrix = np.asarray(matrix)
    errors = np.ma.masked_array(matrix, mask=np.eye(len(matrix), dtype=bool))
    ax.imshow(errors, cmap=SEQUENTIAL, vmin=0)
    half = errors.max() / 2
    for (row, column), count in np.ndenumerate(matrix):
        color = "white" if row != column and count > half else "0.2"
        ax.text(column, row, f"{count}", ha="center", va="center", fontsize=9, color=color)
    ticks = range(len(class_names))
    ax.set(xticks=ticks, yticks=ticks, xlabel="predicted", ylabel="true")
    ax.set_xticklabels(class_names)
    ax.set_yticklabels(class_names)
    return ax


def _right_end(line):
    """Return where a line ends inside its axes, (x, y) in pixels of the figure."""
    points = line.get_transform().transform(line.get_xydata())
    points = points[np.isfinite(points).all(axis=1)]
    return points[points[:, 0] <= line.axes.bbox.x1 + 0.5][-1]


def _moved_apart(heights, steps):
    """Return rising heights, moved as little as possible until each is a step above the one before.

    Neighbours that are too close form a block, which is moved as a whole: its mean stays.
    """
    above = np.concatenate([[0.0], np.cumsum(steps)])
    blocks = []  # the heights of each, less the steps below them: equal where the labels touch
    for rest in np.asarray(heights, dtype=float) - above[: len(heights)]:
        blocks.append([rest])
        while len(blocks) > 1 and np.mean(blocks[-2]) > np.mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    level = [np.mean(block) for block in blocks for _ in block]
    return np.array(level) + above[: len(level)]


def _to_numpy(values):
    return values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)


def _as_picture(image):
    image = _to_numpy(image)
    if image.ndim == 3 and image.shape[0] in (1, 3):
        image = image[0] if image.shape[0] == 1 else image.transpose(1, 2, 0)
    if image.ndim != 2 and not (image.ndim == 3 and image.shape[2] == 3):
        raise ValueError(f"Expected one image, (H, W), (1, H, W) or (3, H, W), got shape {image.shape}.")
    return image
