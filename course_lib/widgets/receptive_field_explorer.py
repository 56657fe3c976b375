"""See what one unit sees: an editable list of layers and the cone from a unit to the input."""

from dataclasses import astuple

from course_lib.geometry import Window, receptive_field
from course_lib.widgets.base import Widget

_THREES = [(3, 1, 1)]
_POOL = [(2, 2, 0)]


def _bottlenecks(num_blocks, stride, stride_first):
    """One stage of a ResNet-50, its 3x3 convolutions only; the stride sits in the 1x1 or in the 3x3."""
    first = [(1, stride, 0), (3, 1, 1)] if stride_first and stride > 1 else [(3, stride, 1)]
    return first + _THREES * (num_blocks - 1)


def _resnet50(stride_first):
    stages = ((3, 1), (4, 2), (6, 2), (3, 2))
    blocks = [layer for n, s in stages for layer in _bottlenecks(n, s, stride_first)]
    return [(7, 2, 3), (3, 2, 1), *blocks]


# (kernel_size, stride, padding) along the longest path; layers that see one pixel only are left out
PRESETS = {
    "five 3x3": _THREES * 5,
    "conv, conv, pool, twice": (_THREES * 2 + _POOL) * 2,
    "LeNet-5": [(5, 1, 2), (2, 2, 0), (5, 1, 0), (2, 2, 0), (5, 1, 0)],
    "AlexNet": [(11, 4, 2), (3, 2, 0), (5, 1, 2), (3, 2, 0), *_THREES * 3, (3, 2, 0)],
    "VGG-16": (_THREES * 2 + _POOL) * 2 + (_THREES * 3 + _POOL) * 3,
    "ResNet-50 (torchvision)": _resnet50(stride_first=False),
    "ResNet-50 (paper)": _resnet50(stride_first=True),
}


class ReceptiveFieldExplorer(Widget):
    """An editable stack of windows, the field of a unit after each, and the cone that it sees.

    Parameters
    ----------
    windows : sequence of Window
        At least 1 and at most 60, square ones; `inspection.windows_of` reads them from a model.
    presets : dict, optional
        From name to a list of (kernel_size, stride, padding); the default holds the classics.

    Examples
    --------
    >>> explorer = ReceptiveFieldExplorer([Window(3, padding=1), Window(2, stride=2)])
    >>> explorer.field.size
    4
    """

    name = "receptive_field_explorer"
    parts = ("fields",)
    label = "Receptive field explorer"
    tip = "Give the first layer a stride of 2. How far does every later layer widen the field now?"

    def __init__(self, windows, presets=None):
        super().__init__()
        self.windows = [window if isinstance(window, Window) else Window(*window) for window in windows]
        if not 1 <= len(self.windows) <= 60:
            raise ValueError(f"The explorer shows 1 to 60 layers, got {len(self.windows)}.")
        for window in self.windows:
            if any(isinstance(number, tuple) for number in astuple(window)):
                raise ValueError(f"The explorer shows one axis; give one of the two of {window!r}.")
        self.presets = PRESETS if presets is None else presets
        self.field = receptive_field(self.windows)

    def data(self):
        """Return the layers as [kernel_size, stride, padding, dilation] and the presets alike."""
        presets = {
            name: [astuple(Window(*layer)) for layer in layers] for name, layers in self.presets.items()
        }
        return {"layers": [astuple(window) for window in self.windows], "presets": presets}

    def fallback(self):
        """Return a table of the fields and a sentence."""
        rows = "".join(self._row(index) for index in range(1, len(self.windows) + 1))
        names = ("kernel", "stride", "padding", "dilation", "field", "jump")
        head = "".join(f"<th>{name}</th>" for name in names)
        return (
            f"<table><caption>Receptive field after each layer</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table><p>A unit after the last layer sees {self.field.size} pixels per "
            "axis. With JavaScript, the layers can be edited and the cone is drawn.</p>"
        )

    def _row(self, index):
        field = receptive_field(self.windows[:index])
        values = (*astuple(self.windows[index - 1]), field.size, field.jump)
        return "<tr>" + "".join(f"<td>{value}</td>" for value in values) + "</tr>"
