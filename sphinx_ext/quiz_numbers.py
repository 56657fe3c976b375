"""Questions that ask for a number, or for a few: a field to type into, in place of options to choose.

With the option ``number``, the terms of a question are numbers instead of words: what is right, and what a
foreseeable mistake gives, each with its reason. Several numbers in one term are separated by commas:

    ```{question}
    :number:
    :unit: pixels

    How large is the output?

    [x] 4
    : The window fits four times.

    [ ] 6
    : That would need padding.
    ```

A number is written like ``2``, ``-0.5`` or ``1/9``; what differs by at most ``tolerance`` counts as the same.
On a page ``static/quiz.js`` makes the field; without a script the answer unfolds, as with options.
"""

import re
from fractions import Fraction
from html import escape

from docutils import nodes
from docutils.parsers.rst import directives

OPTIONS = {"number": directives.flag, "unit": directives.unchanged_required, "tolerance": float}
MOST_TERMS = 6
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(/\d+)?")


class NumberField(nodes.Invisible, nodes.Element):
    """The place of the field; a text, such as a notebook, has none."""


def setup_numbers(app):
    """Register the field."""
    app.add_node(NumberField, html=(visit_field, lambda self, node: None))


def field_of(options):
    """Return the place of the field, which knows the options of its directive."""
    tolerance = f"{options.get('tolerance', 0):g}"
    return NumberField("", unit=options.get("unit", ""), tolerance=tolerance)


def visit_field(self, node):
    """Leave the place in the page, with what the script needs to know."""
    unit, tolerance = escape(node["unit"]), escape(node["tolerance"])
    self.body.append(f'<div class="number" data-unit="{unit}" data-tolerance="{tolerance}"></div>')


def numbers_in(text):
    """Return the numbers of a term as fractions; ValueError if it holds anything else.

    >>> numbers_in("4, -1/2")
    [Fraction(4, 1), Fraction(-1, 2)]
    """
    words = [word.strip().replace("\u2212", "-") for word in text.split(",")]
    if not all(NUMBER.fullmatch(word) for word in words):
        raise ValueError(f"expected numbers such as 2, -0.5 or 1/9, separated by commas, got {text!r}")
    parts = [word.partition("/") for word in words]
    return [Fraction(top) / Fraction(bottom or 1) for top, _, bottom in parts]


def number_faults(choices, options):
    """Return what is wrong with the terms of a question for numbers, an empty list if nothing is."""
    complaints = []
    if not 2 <= len(choices) <= MOST_TERMS:
        complaints.append(f"for a number has two to {MOST_TERMS} terms, this one has {len(choices)}")
    if sum(is_right for is_right, _, _ in choices) != 1:
        complaints.append("has exactly one right number, marked by [x]")
    try:
        terms = [numbers_in(term_text(inlines)) for _, inlines, _ in choices]
    except (ValueError, ZeroDivisionError) as error:
        return [*complaints, f"for a number has a term that is none: {error}"]
    if len({len(term) for term in terms}) > 1:
        complaints.append("for several numbers has as many in each term")
    if _too_near(terms, options.get("tolerance", 0)):
        complaints.append("has two terms that are the same number within its tolerance")
    if not all(reason and isinstance(reason[0], nodes.paragraph) for _, _, reason in choices):
        complaints.append("says of each number why it is right or wrong")
    return complaints


def _too_near(terms, tolerance):
    pairs = [(a, b) for i, a in enumerate(terms) for b in terms[:i]]
    return any(all(abs(x - y) <= 2 * tolerance for x, y in zip(a, b, strict=False)) for a, b in pairs)


def term_text(inlines):
    """Return the text of a term.

    >>> term_text([nodes.Text("-4, 1/2")])
    '-4, 1/2'
    """
    return "".join(inline.astext() for inline in inlines).strip()
