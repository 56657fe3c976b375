"""Formulas of a line as plain text, for places that show no formulas: the excerpts of the search."""

import re

GREEK = dict(zip(
    ("alpha", "beta", "gamma", "delta", "varepsilon", "epsilon", "eta", "theta", "lambda", "mu", "pi", "rho",
     "sigma", "tau", "phi", "Pi", "Sigma"),
    "αβγδεεηθλμπρστφΠΣ", strict=True,
))  # fmt: skip
SIGNS = GREEK | {
    "times": "×", "cdot": "·", "odot": "⊙", "star": "⋆", "pm": "±", "le": "≤", "leq": "≤",
    "ge": "≥", "geq": "≥", "approx": "≈", "to": "→", "sum": "Σ", "prod": "Π", "partial": "∂",
    "dots": "…", "top": "T", "lfloor": "⌊", "rfloor": "⌋", "lVert": "‖", "rVert": "‖",
    **dict.fromkeys(("left", "right", "bigl", "bigr", "text", "mathrm", "mathbf", "operatorname"), ""),
}  # fmt: skip
ACCENTS = {"hat": "\u0302", "bar": "\u0304"}
LOW = dict(zip("0123456789aehijklmnoprstuvx+−=", "₀₁₂₃₄₅₆₇₈₉ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ₊₋₌", strict=True))
HIGH = dict(zip("0123456789in+−T", "⁰¹²³⁴⁵⁶⁷⁸⁹ⁱⁿ⁺⁻ᵀ", strict=True))
GROUP = r"\s*(?:\{([^{}]*)\}|(\w|\S))"  # what follows a command: in braces, or one sign


def readable(formula):
    r"""Return a formula of a line of text as plain text.

    >>> readable(r"\(1 \times 1\)")
    '1 × 1'
    >>> readable(r"\(k_l - 1\)"), readable(r"\(\bar x_i\)"), readable(r"\(\sqrt{a/b}\)")
    ('kₗ − 1', 'x̄ᵢ', '√(a/b)')
    """
    formula = re.sub(r"^\\\(|\\\)$", "", formula.strip()).replace("-", "−")
    formula = formula.replace(r"\\", ";")
    formula = re.sub(r"\\(?:begin|end)\{pmatrix\}|\\[,;! ]|&", " ", formula)
    formula = re.sub(r"\\([a-zA-Z]+)", lambda match: SIGNS.get(match[1], match[0]), formula)
    formula = re.sub(rf"\\(hat|bar){GROUP}", lambda match: _inner(match, 2) + ACCENTS[match[1]], formula)
    for mark, signs in (("_", LOW), ("^", HIGH)):
        formula = re.sub(
            rf"{re.escape(mark)}{GROUP}", lambda match, m=mark, s=signs: _script(match, m, s), formula
        )
    formula = re.sub(rf"\\[dt]?frac{GROUP}{GROUP}", lambda m: f"{_inner(m, 1)}/{_inner(m, 3)}", formula)
    formula = re.sub(rf"\\sqrt{GROUP}", lambda match: "√" + _grouped(_inner(match, 1)), formula)
    return " ".join(re.sub(r"[{}\\]", "", formula).split())


def _inner(match, first):
    return (match[first] or match[first + 1] or "").strip()


def _grouped(text):
    return text if len(text) == 1 else f"({text})"


def _script(match, mark, signs):
    """Return an index or exponent in small signs, or after its mark where not all of them exist."""
    inner = "".join(_inner(match, 1).split())
    if all(sign in signs for sign in inner):
        return "".join(signs[sign] for sign in inner)
    return mark + (inner if mark == "_" else _grouped(inner))
