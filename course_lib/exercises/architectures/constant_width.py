"""Which constant width costs what a doubling one does?"""

from course_lib.exercises.framework import (
    Mistake,
    WrongAnswer,
    exercise,
    expect_integer,
)


def multiply_adds(widths, size):
    """Return those of one 3x3 layer at each width, with maps that halve from one to the next."""
    return sum(9 * width**2 * (size // 2**stage) ** 2 for stage, width in enumerate(widths))


def widest(widths, size):
    """Try all widths: the definition, and slow."""
    budget, width = multiply_adds(widths, size), 1
    while multiply_adds((width + 1,) * len(widths), size) <= budget:
        width += 1
    return width


CASES = (
    ((16, 32, 64), 16),
    ((64, 128, 256, 512), 56),
    ((10,), 8),
    ((8, 4, 2), 32),
    ((7, 7, 7), 4),
    ((20, 32), 8),
)


def widths_fit(answer):
    """Check that every case gets the largest width that its stages' budget allows."""
    for widths, size in CASES:
        what = f"Widths {widths}, maps of {size}, {size}/2, ..."
        expect_integer(answer(widths, size), widest(widths, size), what)


@exercise(
    title="Widths at equal cost",
    difficulty="idea",
    checks=(widths_fit,),
    hints=(
        "Write the cost of one 3x3 layer at each width as an equation in the unknown width.",
        "The nine and the size of the first map cancel: what is left is a mean of squares, each weighted "
        "by the area of its map. Beware of rounding up.",
    ),
    mistakes=(
        Mistake(
            ") ** 2 for stage",
            ") ** 1 for stage",
            "Half the side is a quarter of the places: a map's area is its side squared.",
        ),
        Mistake(
            "width**2 for",
            "width for",
            "A convolution has as many inputs as outputs, so its cost grows with the width squared.",
        ),
        Mistake(
            "(width + 1) ** 2",
            "width**2",
            "One too wide: the loop must ask whether the next width still fits.",
        ),
        Mistake("sum(areas)", "areas[0]", "Every stage has its price, not the first one alone."),
    ),
    wrong_answers=(
        WrongAnswer(lambda widths, size: sum(widths) // len(widths), "(16, 32, 64)", "the plain mean"),
        WrongAnswer(
            lambda widths, size: int((sum(w**2 for w in widths) / len(widths)) ** 0.5),
            "(16, 32, 64)",
            "equal parameters, not multiply-adds",
        ),
        WrongAnswer(
            lambda widths, size: -(-constant_width.reference(widths, size) // 1) + 1,
            "(16, 32, 64)",
            "one more",
        ),
        WrongAnswer(
            lambda widths, size: int(
                sum(w / 4**i for i, w in enumerate(widths)) / sum(4.0**-i for i in range(len(widths)))
            ),
            "(16, 32, 64)",
            "widths where their squares count",
        ),
        WrongAnswer(
            lambda widths, size: round(
                (multiply_adds(widths, size) / multiply_adds((1,) * len(widths), size)) ** 0.5
            ),
            "Widths (20, 32), maps of 8, 8/2, ...: expected 22, got 23",
            "rounded up beyond the budget",
        ),
    ),
)
def constant_width(widths, size):
    areas = [(size // 2**stage) ** 2 for stage in range(len(widths))]
    budget = sum(area * width**2 for area, width in zip(areas, widths, strict=True))
    width = 1
    while (width + 1) ** 2 * sum(areas) <= budget:
        width += 1
    return width
