"""Formulas as plain text: the signs are the ones that Unicode calls by their names."""

import unicodedata

import pytest

from sphinx_ext.formula_text import GREEK, HIGH, LOW, SIGNS, readable

NAMES = {
    "times": "MULTIPLICATION SIGN", "cdot": "MIDDLE DOT", "odot": "CIRCLED DOT OPERATOR",
    "star": "STAR OPERATOR", "pm": "PLUS-MINUS SIGN", "le": "LESS-THAN OR EQUAL TO",
    "leq": "LESS-THAN OR EQUAL TO", "ge": "GREATER-THAN OR EQUAL TO", "geq": "GREATER-THAN OR EQUAL TO",
    "approx": "ALMOST EQUAL TO", "to": "RIGHTWARDS ARROW", "sum": "GREEK CAPITAL LETTER SIGMA",
    "prod": "GREEK CAPITAL LETTER PI", "partial": "PARTIAL DIFFERENTIAL", "dots": "HORIZONTAL ELLIPSIS",
    "top": "LATIN CAPITAL LETTER T", "lfloor": "LEFT FLOOR", "rfloor": "RIGHT FLOOR",
    "lVert": "DOUBLE VERTICAL LINE", "rVert": "DOUBLE VERTICAL LINE",
}  # fmt: skip
SILENT = ("left", "right", "bigl", "bigr", "text", "mathrm", "mathbf", "operatorname")


def greek(command):
    """Return Unicode's letter for a command of LaTeX."""
    case = "CAPITAL" if command[0].isupper() else "SMALL"
    name = command.removeprefix("var").upper().replace("LAMBDA", "LAMDA")
    return unicodedata.lookup(f"GREEK {case} LETTER {name}")


@pytest.mark.parametrize("command", [*GREEK, *NAMES])
def test_a_command_becomes_the_sign_of_its_name(command):
    sign = unicodedata.lookup(NAMES[command]) if command in NAMES else greek(command)
    assert readable(rf"\(\{command}\)") == sign


def test_no_command_is_without_a_test_and_those_that_only_set_words_say_nothing():
    assert set(SIGNS) == {*GREEK, *NAMES, *SILENT}
    for command in SILENT:
        assert readable(rf"\(a \{command}{{b}}\)") == "a b"


@pytest.mark.parametrize(("mark", "signs", "kind"), [("_", LOW, "SUBSCRIPT"), ("^", HIGH, "SUPERSCRIPT")])
def test_a_small_sign_is_the_small_form_of_its_own(mark, signs, kind):
    for sign in signs:
        small = readable(f"x{mark}{{{sign}}}")[1:]
        assert unicodedata.normalize("NFKC", small) == sign
        name = unicodedata.name(small)
        assert kind in name or "MODIFIER LETTER" in name  # the raised T


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (r"\(\hat y\)", "y\N{COMBINING CIRCUMFLEX ACCENT}"),
        (r"\(\bar{x}_1\)", "x\N{COMBINING MACRON}₁"),
        (r" \(a-b\) ", "a − b".replace(" ", "")),
        (r"\((a)\)", "(a)"),
        (r"f\(x", r"f(x"),
        (r"\(a\,b\;c\!d\ e & f\)", "a b c d e f"),
        (r"\(\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}\)", "1 2 ; 3 4"),
        (r"\(\frac{a + b}{2}\)", "a + b/2"),
        (r"\(\tfrac 1 2 + \dfrac{1}{n}\)", "1/2 + 1/n"),
        (r"\(\sqrt{n}\)", "√n"),
        (r"\(\sqrt{n + 1}\)", "√(n + 1)"),
        (r"\(\sqrt 2\)", "√2"),
        (r"\(w_{in}\)", "wᵢₙ"),
        (r"\(w_{q}\)", "w_q"),
        (r"\(w_{fast}\)", "w_fast"),
        (r"\(x^{a + b}\)", "x^(a+b)"),
        (r"\(x^{a}\)", "x^a"),
        (r"\(W^\top x^2\)", "Wᵀ x²"),
        (r"\(k_l - 1\)", "kₗ − 1"),
        (r"\(\unknown{a}\)", "unknowna"),
        (r"\(x_{ i }\)", "xᵢ"),
    ],
)
def test_a_formula_reads_as_one_would_type_it(formula, text):
    assert readable(formula) == text
