"""The receptive field of any network, from one forward pass of shapes. Internal.

Every tensor carries which input pixels one of its units may depend on: along an axis, unit j on
those from ``j * jump + first`` to ``j * jump + last``. A window widens that interval, a sum or a
concatenation joins the intervals of its branches, and an average over the whole map, or attention,
lets every pixel count.
"""

from dataclasses import dataclass, replace

import torch
from torch.overrides import TorchFunctionMode

from course_lib.geometry import Window

ATTENTION = frozenset({"multi_head_attention_forward", "scaled_dot_product_attention"})
PRODUCTS = frozenset({"matmul", "__matmul__", "bmm", "baddbmm", "einsum"})
COLLAPSING = frozenset({"flatten", "mean", "amax", "view", "reshape"})


@dataclass(frozen=True)
class View:
    """What the units of a tensor see along both axes.

    ``jump``, ``first`` and ``last`` are pairs (rows, columns); ``jump`` is None where nothing of the
    map is left, after a global average. ``everything`` says that any pixel may count.
    """

    jump: tuple | None = (1, 1)
    first: tuple = (0, 0)
    last: tuple = (0, 0)
    everything: bool = False

    @property
    def size(self):
        """Rows and columns that the windows alone let a unit see."""
        return tuple(last - first + 1 for first, last in zip(self.first, self.last, strict=True))


NOTHING_LEFT = View(jump=None, everything=True)


def field_of(model, images):
    """Return the `View` of the last map that a model's head averages or flattens."""
    with torch.no_grad(), FieldTracker(images) as tracker:
        model(images)
    return tracker.last_map


class FieldTracker(TorchFunctionMode):
    """While active, follows what the units of every tensor see; ``last_map`` is the newest map's."""

    def __init__(self, images):
        super().__init__()
        self.views = {}
        self.kept = []  # an id is given away again when its tensor is gone
        self.last_map = View()
        self._remember(images, self.last_map)

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        result = func(*args, **kwargs)
        sources = [self.views[id(t)] for t in _tensors((args, kwargs)) if id(t) in self.views]
        if sources:
            view = _joined(sources) if len(sources) > 1 else sources[0]
            view = _after(name, view, sources, _first(*args, **kwargs), result, args, kwargs)
            for tensor in _tensors(result):
                self._remember(tensor, view)
                if tensor.ndim > 2 and view.jump is not None:
                    self.last_map = view
        return result

    def _remember(self, tensor, view):
        self.views[id(tensor)] = view
        self.kept.append(tensor)


def _after(name, view, sources, images, result, args, kwargs):
    """Return what is seen after a function of torch, given what its arguments saw."""
    if name in ATTENTION or (name in PRODUCTS and len(sources) > 1):
        return replace(view, everything=True)
    if view.jump is None:
        return view
    if name.startswith("conv"):
        return _through(view, _window_of_convolution(*args, **kwargs))
    if name.startswith(("max_pool2d", "avg_pool2d", "boolean_dispatch")):
        return _through(view, _window_of_pooling(*args, **kwargs))
    shrinks = isinstance(result, torch.Tensor) and result.shape != images.shape
    if shrinks and name in COLLAPSING and images.ndim == 4:
        return NOTHING_LEFT if result.ndim < 3 or result.shape[-2:] == (1, 1) else view
    return NOTHING_LEFT if shrinks and name.startswith("adaptive") else view


def _through(view, window):
    """Return what is seen after a window: it reads `extent` neighbours, `padding` before its place."""
    pairs = [(value if isinstance(value, tuple) else (value, value)) for value in (
        window.stride, window.padding, window.extent)]  # fmt: skip
    axes = zip(view.jump, view.first, view.last, *pairs, strict=True)
    moved = [
        (jump * stride, first - padding * jump, last + (extent - 1 - padding) * jump)
        for jump, first, last, stride, padding, extent in axes
    ]
    jump, first, last = zip(*moved, strict=True)
    return View(jump, first, last, view.everything)


def _window_of_convolution(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    return Window(*(_plain(value) for value in (tuple(weight.shape[2:]), stride, padding, dilation)))


def _window_of_pooling(input, kernel_size, stride=None, padding=0, dilation=1, *rest, **named):
    dilation = 1 if isinstance(dilation, bool) else dilation  # an average's fifth argument is ceil_mode
    values = (kernel_size, stride or kernel_size, padding, dilation)
    return Window(*(_plain(value) for value in values))


def _plain(value):
    return tuple(value) if isinstance(value, (tuple, list)) else value


def _joined(views):
    """Return what a unit sees that is made from several tensors: all that any of them sees."""
    maps = [view for view in views if view.jump is not None]
    if not maps:
        return NOTHING_LEFT
    return View(
        maps[0].jump,
        tuple(min(axis) for axis in zip(*(view.first for view in maps), strict=True)),
        tuple(max(axis) for axis in zip(*(view.last for view in maps), strict=True)),
        any(view.everything for view in views),
    )


def _first(*args, **kwargs):
    """Return the tensor that a function is called on, given by position or by name."""
    value = args[0] if args else next(iter(kwargs.values()))
    return value[0] if isinstance(value, (tuple, list)) else value


def _tensors(values):
    """Yield the tensors among arguments, also those in lists."""
    if isinstance(values, torch.Tensor):
        yield values
    elif isinstance(values, (tuple, list)):
        for value in values:
            yield from _tensors(value)
    elif isinstance(values, dict):
        yield from _tensors(list(values.values()))
