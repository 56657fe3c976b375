"""What all interactive figures share: one self-contained block of HTML, its script inline."""

import html
import itertools
import json
from importlib import resources

_numbers = itertools.count(1)  # ids must be unique on a page and the same in every run


class Widget:
    """An interactive figure.

    A subclass names its script, gives the data that the script starts from and a static
    version of itself, which stays where scripts do not run. The script lives in a shadow
    root: no style of a page, of Jupyter or of Colab reaches in, none leaks out, and every
    colour is mixed from the text colour around it, so that light and dark both fit.
    """

    script = ""  # a file in this folder
    label = ""  # what a screen reader calls the figure

    def __init__(self):
        self._id = f"course-widget-{next(_numbers)}"

    def data(self):
        """Return what the script starts from, as plain lists, numbers and strings."""
        raise NotImplementedError

    def fallback(self):
        """Return HTML that says the same without a script."""
        raise NotImplementedError

    def _repr_html_(self):
        # "</" inside a script would end it
        data = json.dumps(self.data(), separators=(",", ":")).replace("</", "<\\/")
        return (
            f'<div class="course-widget" id="{self._id}" role="group" aria-label="{html.escape(self.label)}">'
            f"{self.fallback()}</div>"
            f"<script>(()=>{{{source('base.js')}\n{source(self.script)}\n"
            f'start(document.getElementById("{self._id}"),{data})}})()</script>'
        )

    def __repr__(self):
        return f"{type(self).__name__} (an interactive figure: open it in a notebook or in the book)"


def source(name):
    """Return a script of this folder without its indentation and comment lines."""
    lines = (resources.files("course_lib.widgets") / name).read_text("utf-8").splitlines()
    stripped = (line.strip() for line in lines)
    return "\n".join(line for line in stripped if line and not line.startswith("//"))


def table(caption, rows):
    """Return a plain HTML table of numbers, for a fallback."""
    cells = "".join("<tr>" + "".join(f"<td>{number(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><caption>{html.escape(caption)}</caption><tbody>{cells}</tbody></table>"


def number(value):
    """Write a number as the scripts do: at most three decimals, a real minus sign."""
    return f"{round(float(value), 3):g}".replace("-", "\u2212")
