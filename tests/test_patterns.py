"""The generated patterns: drawn by hand here, and measured."""

import numpy as np
import pytest
from scipy import stats

from course_lib import data
from course_lib.data import patterns
from course_lib.data.patterns import PATTERNS, load_patterns

ALL = ("vertical", "horizontal", "diagonal", "dot", "cross", "anti-diagonal")
EXACT = {"shift": 0, "noise": 0.0, "brightness": (1, 1)}  # every image is its pattern

# size 8 has no middle pixel: what is one pixel wide sits left of it and above it
EIGHT = {
    "vertical": """
        ...#....
        ...#....
        ...#....
        ...#....
        ...#....
        ...#....
        ...#....
        ...#....""",
    "horizontal": """
        ........
        ........
        ........
        ########
        ........
        ........
        ........
        ........""",
    "diagonal": """
        #.......
        .#......
        ..#.....
        ...#....
        ....#...
        .....#..
        ......#.
        .......#""",
    "dot": """
        ........
        ........
        ........
        ...##...
        ...##...
        ........
        ........
        ........""",
    "cross": """
        ...#....
        ...#....
        ...#....
        ########
        ...#....
        ...#....
        ...#....
        ...#....""",
    "anti-diagonal": """
        .......#
        ......#.
        .....#..
        ....#...
        ...#....
        ..#.....
        .#......
        #.......""",
}
FIVE = {
    "vertical": "..#.. ..#.. ..#.. ..#.. ..#..",
    "horizontal": "..... ..... ##### ..... .....",
    "diagonal": "#.... .#... ..#.. ...#. ....#",
    "dot": "..... ..... ..##. ..##. .....",
    "cross": "..#.. ..#.. ##### ..#.. ..#..",
    "anti-diagonal": "....# ...#. ..#.. .#... #....",
}


def picture(text):
    """Return a drawing of dots and hashes as an array of zeros and ones."""
    return np.array([[character == "#" for character in line] for line in text.split()], float)


def images_of(name, number=40, **arguments):
    """Return the training images of one class, (N, size, size)."""
    other = "vertical" if name != "vertical" else "horizontal"
    drawn = load_patterns(number, 1, classes=(other, name), **arguments)
    return drawn.train_images[drawn.train_labels == 1, 0]


def moved(image, down, right):
    """Return an image moved over an empty background, without wrapping around."""
    size, result = len(image), np.zeros_like(image)
    for row, column in zip(*image.nonzero(), strict=True):
        if 0 <= row + down < size and 0 <= column + right < size:
            result[row + down, column + right] = image[row, column]
    return result


# --- what is drawn


@pytest.mark.parametrize("drawings", [EIGHT, FIVE], ids=["8x8", "5x5"])
@pytest.mark.parametrize("name", ALL)
def test_every_pattern_is_the_one_drawn_by_hand(drawings, name):
    expected = picture(drawings[name])
    images = images_of(name, number=3, size=len(expected), **EXACT)
    assert images.shape == (3, *expected.shape)
    for image in images:
        np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize(("size", "shift"), [(8, 1), (8, 3), (9, 2), (16, 5)])
@pytest.mark.parametrize("name", ["vertical", "horizontal", "dot"])
def test_a_pattern_moves_to_every_place_within_its_shift_and_no_further(name, size, shift):
    (still,) = np.unique(images_of(name, number=1, size=size, **EXACT), axis=0)
    steps = range(-shift, shift + 1)
    moves = {
        "vertical": [(0, right) for right in steps],  # a line as long as the image: only sideways
        "horizontal": [(down, 0) for down in steps],
        "dot": [(down, right) for down in steps for right in steps],
    }[name]
    places = {(down, right): moved(still, down, right) for down, right in moves}
    if name == "vertical":
        places = {move: np.tile(image.max(axis=0), (size, 1)) for move, image in places.items()}
    number = 1200 if shift > 3 else 500  # enough that no place of a dot stays empty
    images = images_of(name, number, size=size, **EXACT | {"shift": shift})
    seen = {image.tobytes() for image in images}
    assert seen == {place.tobytes() for place in places.values()}
    assert all(image.sum() == still.sum() for image in images)  # nothing leaves the image


@pytest.mark.parametrize(("name", "sign"), [("diagonal", 1), ("anti-diagonal", -1)])
def test_a_diagonal_moves_parallel_to_itself(name, sign):
    images = images_of(name, 200, **EXACT | {"shift": 2})
    rows, columns = np.indices((8, 8))
    offsets = set()
    for image in images:
        (offset,) = np.unique((rows - sign * columns)[image == 1])
        assert image.sum() == 8 - abs(offset - (0 if sign == 1 else 7))
        offsets.add(offset - (0 if sign == 1 else 7))
    assert offsets == {-2, -1, 0, 1, 2}


def test_a_cross_moves_in_both_directions():
    images = images_of("cross", 200, **EXACT | {"shift": 1})
    bars = {(*np.flatnonzero(i.all(axis=1)), *np.flatnonzero(i.all(axis=0))) for i in images}
    assert bars == {(row, column) for row in (2, 3, 4) for column in (2, 3, 4)}
    assert {image.sum() for image in images} == {15}


def test_moves_are_equally_likely():
    images = images_of("vertical", 3000, **EXACT | {"shift": 1})
    counts = [int((images[:, 0, column] == 1).sum()) for column in (2, 3, 4)]
    assert sum(counts) == 3000
    assert stats.chisquare(counts).pvalue > 1e-3  # one seed, fixed: not a matter of luck


# --- brightness and noise


def test_every_image_has_its_own_brightness_spread_evenly_over_the_range():
    images = images_of("dot", 1000, shift=0, noise=0.0, brightness=(0.5, 2.0))
    strengths = images[:, 3, 3]
    np.testing.assert_array_equal(images, strengths[:, None, None] * picture(EIGHT["dot"]))
    assert stats.kstest(strengths, stats.uniform(0.5, 1.5).cdf).pvalue > 1e-3
    assert 0.5 <= strengths.min() < strengths.max() <= 2.0


@pytest.mark.parametrize("noise", [0.12, 0.5])
def test_noise_is_gaussian_in_every_pixel_of_every_image(noise):
    images = images_of("dot", 500, shift=0, noise=noise, brightness=(1, 1))
    residual = images - picture(EIGHT["dot"])
    # 32,000 draws: the deviation varies by noise / sqrt(2 * 32,000) = noise / 253; five times that
    assert abs(residual.std() - noise) < noise / 50
    assert abs(residual.mean()) < 5 * noise / np.sqrt(32_000)
    assert stats.kstest(residual.ravel() / noise, stats.norm.cdf).pvalue > 1e-3
    assert len(np.unique(residual)) == residual.size
    # of each pixel over the images, too: 500 draws vary by noise / 32; five times that
    assert np.abs(residual.std(axis=0) - noise).max() < 5 * noise / 31


def test_the_defaults_are_those_of_the_book():
    drawn = load_patterns()
    assert drawn.class_names == ("vertical", "horizontal", "diagonal")
    assert (drawn.name, drawn.source) == ("patterns", "generated")
    assert drawn.train_images.shape == (180, 1, 8, 8)
    assert drawn.validation_images.shape == drawn.test_images.shape == (90, 1, 8, 8)
    explicit = load_patterns(60, 30, 8, drawn.class_names, 7, shift=1, noise=0.12, brightness=(0.85, 1.15))
    assert explicit.fingerprint == drawn.fingerprint
    assert data.load_patterns is load_patterns


# --- sets


def test_every_class_has_its_number_of_images_in_both_sets_shuffled():
    drawn = load_patterns(20, 5, classes=ALL)
    for images, labels, number in (
        (drawn.train_images, drawn.train_labels, 20), (drawn.test_images, drawn.test_labels, 5),
        (drawn.validation_images, drawn.validation_labels, 5),
    ):  # fmt: skip
        assert np.bincount(labels).tolist() == [number] * 6
        assert images.dtype == np.float64
        assert labels.dtype.kind == "i"
        assert (np.diff(labels) < 0).any()
    assert set(PATTERNS) == set(ALL)


@pytest.mark.parametrize("classes", [ALL, ALL[::-1], ["cross", "dot"]], ids=["all", "reversed", "a-list"])
def test_labels_number_the_classes_in_the_order_given(classes):
    drawn = load_patterns(4, 2, classes=classes, **EXACT)
    assert drawn.class_names == tuple(classes)
    for images, labels in (
        (drawn.train_images, drawn.train_labels),
        (drawn.validation_images, drawn.validation_labels),
        (drawn.test_images, drawn.test_labels),
    ):
        for image, label in zip(images, labels, strict=True):
            np.testing.assert_array_equal(image[0], picture(EIGHT[classes[label]]))


def test_the_same_seed_draws_the_same_pixels_and_another_seed_others():
    first, again, other = load_patterns(seed=3), load_patterns(seed=3), load_patterns(seed=4)
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert (first.train_images != other.train_images).all()


def test_no_image_is_in_two_sets():
    drawn = load_patterns(30, 30)  # sets of one size, which the same draws would make equal
    sets = drawn.train_images, drawn.validation_images, drawn.test_images
    assert len(np.unique(np.concatenate(sets), axis=0)) == 270


def test_training_and_validation_images_are_what_they_were_before_there_were_test_images():
    # the sum of all pixels, computed with the loader of the first edition
    drawn = load_patterns()
    sums = [round(float(images.sum()), 6) for images in (drawn.train_images, drawn.validation_images)]
    assert sums == [1401.94605, 702.666478]


@pytest.mark.parametrize(("arguments", "words"), [
    ({"classes": ("vertical", "star")}, "classes.*anti-diagonal.*star"),
    ({"classes": ("dot", "dot")}, "two different.*'dot', 'dot'"),
    ({"classes": ("dot",)}, "at least two"),
    ({"classes": "dot"}, "classes.*'d', 'o', 't'"),
    ({"size": 2}, "^size must.*at least 3, got 2"),
    ({"size": 8.0}, "size.*got 8.0"),
    ({"size": "8"}, "size.*got '8'"),
    ({"shift": -1}, "^shift must.*at least 0, got -1"),
    ({"shift": 4}, "image of 8 can move by at most 3, got shift=4"),
    ({"size": 3, "shift": 1}, "image of 3 can move by at most 0"),
    ({"shift": True}, "shift.*got True"),
    ({"num_train_per_class": 0}, "num_train_per_class.*got 0"),
    ({"num_validation_per_class": 1.5}, "num_validation_per_class.*got 1.5"),
    ({"noise": -0.1}, "noise.*at least 0, got -0.1"),
    ({"noise": np.nan}, "noise.*got nan"),
    ({"noise": np.inf}, "noise.*got inf"),
    ({"noise": "0.1"}, "noise.*got '0.1'"),
    ({"brightness": (1.2, 0.8)}, r"\(lowest, highest\), got \(1.2, 0.8\)"),
    ({"brightness": (-1, 1)}, r"got \(-1, 1\)"),
    ({"brightness": 1.0}, "got 1.0"),
    ({"brightness": (1, 1, 1)}, r"got \(1, 1, 1\)"),
    ({"brightness": (1, np.inf)}, "brightness.*inf"),
], ids=str)  # fmt: skip
def test_arguments_that_make_no_pattern_are_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        load_patterns(**arguments)


def test_the_largest_shift_that_is_allowed_leaves_every_pattern_whole():
    for size in range(3, 12):
        drawn = load_patterns(
            60, 1, size=np.int64(size), classes=("dot", "cross"), **EXACT | {"shift": size // 2 - 1}
        )
        ink = drawn.train_images.sum(axis=(1, 2, 3))
        np.testing.assert_array_equal(ink, np.where(drawn.train_labels == 0, 4, 2 * size - 1))


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("down", [-2, -1, 1, 2])
def test_a_pattern_that_moves_down_is_the_one_in_the_middle_rows_further_on(name, down):
    middle, moved = patterns._pattern(name, 9, 0, 0), patterns._pattern(name, 9, down, 0)
    rows = slice(max(down, 0), 9 + min(down, 0))
    np.testing.assert_array_equal(moved[rows], np.roll(middle, down, axis=0)[rows])


@pytest.mark.parametrize("name", ["vertical", "horizontal", "dot", "cross"])
@pytest.mark.parametrize("right", [-2, -1, 1, 2])
def test_a_pattern_that_moves_to_the_right_is_the_one_in_the_middle_columns_further_on(name, right):
    middle, moved = patterns._pattern(name, 9, 0, 0), patterns._pattern(name, 9, 0, right)
    columns = slice(max(right, 0), 9 + min(right, 0))
    np.testing.assert_array_equal(moved[:, columns], np.roll(middle, right, axis=1)[:, columns])


@pytest.mark.parametrize("name", ["diagonal", "anti-diagonal"])
def test_a_diagonal_moves_in_one_direction_only_since_the_other_is_the_same(name):
    np.testing.assert_array_equal(patterns._pattern(name, 9, 1, 0), patterns._pattern(name, 9, 1, 2))
