"""What all interactive figures share: one self-contained block of HTML, its script inline."""

import hashlib
import html
import json
from importlib import resources

import numpy as np

LARGEST = 1e6  # of a number in a figure: sums of products stay finite, and fit into a cell


class Widget:
    """An interactive figure.

    A subclass names its script, gives the data that the script starts from and a static
    version of itself, which stays where scripts do not run. The script lives in a shadow
    root: no style of a page, of Jupyter or of Colab reaches in, none leaks out, and every
    colour is mixed from the text colour around it, so that light and dark both fit.
    """

    name = ""  # of its files in this folder: NAME.js and, if it has a style of its own, NAME.css
    parts = ()  # scripts of this folder, with their styles, that it shares with other figures
    label = ""  # what a screen reader calls the figure
    tip = ""  # what to try, below the figure

    def data(self):
        """Return what the script starts from, as arrays, lists, numbers and strings."""
        raise NotImplementedError

    def fallback(self):
        """Return HTML that says the same without a script."""
        raise NotImplementedError

    def _repr_html_(self):
        data = as_json({**self.data(), "tip": self.tip})
        # The same in every run and kernel; figures that share it are equal, so that any of their
        # scripts may start them.
        digest = hashlib.sha256(f"{self.name}{data}".encode()).hexdigest()[:12]
        # Lumino's attribute keeps the shortcuts of JupyterLab away from what is typed here.
        return (
            f'<div class="course-widget" data-figure="{digest}" role="group" '
            f'aria-label="{html.escape(self.label)}" data-lm-suppress-shortcuts="true">'
            f"{self.fallback()}</div><script>(()=>{{{self.code()}\n"
            f"for(const root of document.querySelectorAll('[data-figure=\"{digest}\"]'))"
            f"if(!root.shadowRoot)start(root,{data})}})()</script>"
        )

    def code(self):
        """Return the style and the scripts of the figure, shared ones first."""
        styles = "".join(source(f"{name}.css") for name in ("base", *self.parts, self.name))
        scripts = "\n".join(source(f"{name}.js") for name in ("base", *self.parts, self.name))
        return f"const STYLE={as_json(styles)};\n{scripts}"

    def __repr__(self):
        return f"{type(self).__name__} (an interactive figure: open it in a notebook or in the book)"


def source(name):
    """Return a file of this folder without indentation and comment lines; nothing if there is none."""
    file = resources.files("course_lib.widgets") / name
    lines = (line.strip() for line in file.read_text("utf-8").splitlines()) if file.is_file() else ()
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/*")))


def as_json(value):
    """Return JSON that may stand inside a script: without "<", nothing in it can end or open a tag."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False, default=lambda array: array.tolist())
    return text.replace("<", "\\u003c")


def check_numbers(name, values, limit=LARGEST):
    """Raise ValueError unless all numbers are finite and of a size that a figure can show."""
    values = np.asarray(values, dtype=float)
    wrong = values[~(np.abs(values) <= limit)]  # NaN compares as false
    if wrong.size:
        raise ValueError(f"{name} must hold finite numbers of at most {limit:g} in size, got {wrong[0]}.")


def table(caption, rows):
    """Return a plain HTML table of numbers, for a fallback."""
    cells = "".join("<tr>" + "".join(f"<td>{number(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><caption>{html.escape(caption)}</caption><tbody>{cells}</tbody></table>"


def number(value):
    """Write a number as the scripts do: at most three decimals, a real minus sign."""
    return f"{round(float(value), 3):g}".replace("-", "\u2212")
