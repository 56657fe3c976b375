"""Random cases for the layers of `numpy_cnn`, from a fixed seed, in several memory layouts."""

from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

from course_lib.numpy_cnn import layers, loops

NUM_CASES = 400  # per layer: the promise is 300


# --- one array, many ways to lie in memory


def every_second(array):
    """Return the same numbers as a slice with gaps: no axis is contiguous."""
    roomy = np.full([2 * n for n in array.shape], np.nan, array.dtype)  # reading a gap would show
    view = roomy[(slice(None, None, 2),) * array.ndim]
    view[...] = array
    return view


def reversed_memory(array):
    """Return the same numbers with negative strides along every axis."""
    back = (slice(None, None, -1),) * array.ndim
    return array[back].copy()[back]


LAYOUTS = {
    "contiguous": np.ascontiguousarray,
    "fortran": np.asfortranarray,
    "batch-last": lambda array: np.moveaxis(np.moveaxis(array, 0, -1).copy(), -1, 0),
    "reversed": reversed_memory,
    "gaps": every_second,
    "read-only": lambda array: np.broadcast_to(array, array.shape),
}


# --- random cases


@dataclass(frozen=True)
class Case:
    """Images (N, C, H, W) in a layout, a window over them, a seed for the numbers."""

    shape: tuple
    kernel_size: int
    stride: int
    padding: int
    out_channels: int
    layout: str
    seed: int

    def images(self):
        """Return the images; in every second case whole numbers of which many are equal."""
        rng = np.random.default_rng(self.seed)
        x = rng.normal(size=self.shape) if self.seed % 2 else rng.integers(-2, 3, self.shape).astype(float)
        return LAYOUTS[self.layout](x)

    def upstream(self, shape):
        """Return a random gradient for an output of this shape, in a layout of its own."""
        rng = np.random.default_rng(self.seed + 1_000_000)
        return list(LAYOUTS.values())[rng.integers(len(LAYOUTS))](rng.normal(size=shape))

    def output_size(self):
        """Return (H', W') as integer arithmetic, and whether pixels are left over."""
        rooms = [n + 2 * self.padding - self.kernel_size for n in self.shape[2:]]
        return [room // self.stride + 1 for room in rooms], any(room % self.stride for room in rooms)


def draw_cases(max_padding):
    """Return `NUM_CASES` cases, as many of each layout; paddings up to `max_padding`."""
    rng = np.random.default_rng(max_padding)
    cases = []
    for seed in range(NUM_CASES):
        kernel_size, stride = (int(n) for n in rng.integers(1, 5, 2))
        padding = int(rng.integers(0, max_padding + 1))
        least = max(1, kernel_size - 2 * padding)
        height, width = (int(n) for n in least + rng.integers(0, 8, 2))
        num_images, channels, out_channels = (int(n) for n in rng.integers(1, 5, 3))
        layout = list(LAYOUTS)[seed // 2 % len(LAYOUTS)]  # // 2: both kinds of images in each layout
        shape = (num_images, channels, height, width)
        cases.append(Case(shape, kernel_size, stride, padding, out_channels, layout, seed))
    return cases


CONVOLUTIONS, POOLINGS = draw_cases(max_padding=3), draw_cases(max_padding=0)


def in_layout(cases, layout):
    return [case for case in cases if case.layout == layout]


def randomise(layer, rng):
    """Fill the parameters with random numbers, biases included, and return the layer."""
    for parameter in layer.parameters():
        parameter[...] = rng.normal(size=parameter.shape)
    return layer


def assert_close(ours, theirs, case, rtol=1e-10):
    """Assert equal shapes, and a difference small beside the largest number (float64 rounds at 1e-16)."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, case
    difference, largest = np.abs(ours - theirs).max(), np.abs(theirs).max()
    assert difference <= rtol * max(largest, 1e-3), (difference, largest, case)


# --- one of each layer, fast and as loops

Kind = namedtuple("Kind", "name make shape output_shape")
KINDS = (
    Kind("Conv2d", lambda m, **k: m.Conv2d(2, 3, 3, stride=2, padding=1, **k), (4, 2, 7, 6), (4, 3, 4, 3)),
    Kind("MaxPool2d", lambda m, rng, dtype=None: m.MaxPool2d(3, stride=2), (4, 2, 7, 6), (4, 2, 3, 2)),
    Kind("AvgPool2d", lambda m, rng, dtype=None: m.AvgPool2d(2), (4, 2, 7, 6), (4, 2, 3, 3)),
    Kind("ReLU", lambda m, rng, dtype=None: m.ReLU(), (4, 2, 7, 6), (4, 2, 7, 6)),
    Kind("Flatten", lambda m, rng, dtype=None: m.Flatten(), (4, 2, 7, 6), (4, 84)),
    Kind("Linear", lambda m, **k: m.Linear(5, 3, **k), (4, 5), (4, 3)),
    Kind("Dropout", lambda m, rng, dtype=None: m.Dropout(0.4, rng=rng), (4, 2, 7, 6), (4, 2, 7, 6)),
)
BOTH = (layers, loops)


def names(value):
    """The id of a parameter: the name of a kind of layer, or of a module without its package."""
    return value.name if isinstance(value, Kind) else value.__name__.rpartition(".")[2]


# --- the axes along which the tests multiply

every_layout = pytest.mark.parametrize("layout", LAYOUTS)
every_layer = pytest.mark.parametrize("kind", KINDS, ids=names)
fast_and_loops = pytest.mark.parametrize("module", BOTH, ids=names)
