"""Strings of Markdown that Colab, JupyterLab and GitHub read alike."""

import html
import re

# At the start of a paragraph these would begin a heading, a quote or a list.
LINE_START = re.compile(r"^(#{1,6}(?= )|>|[-+](?= )|\d+(?=[.)] ))")


def escaped(text):
    """Return text in which no character is Markdown, on one line (renderers differ on line breaks)."""
    text = re.sub(r"([\\`*$])", r"\\\1", text.replace("\n", " "))
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)  # an underscore inside a word is no emphasis
    text = re.sub(r"\](?=[(\[])", r"\\]", text)
    return re.sub(r"<(?=[\w/!])", "&lt;", text)


def code_span(text):
    """Return text as inline code, fenced by more backticks than it holds."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("\n", " ")


def fenced(text, language=""):
    """Return text as a code block."""
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def formula(text, number=None):
    """Return a displayed formula between dollar signs, tagged with its number, if it has one."""
    text = re.sub(r"\n\s*\n", "\n", text.strip())  # a blank line would end the formula
    text = re.sub(r"\\(begin|end)\{(align|gather)\*?\}", r"\\\1{\2ed}", text)  # legal between dollar signs
    text = re.sub(r"\\(begin|end)\{equation\*?\}", "", text).strip()
    if r"\\" in text and r"\begin" not in text:
        text = f"\\begin{{split}}\n{text}\n\\end{{split}}"
    tag = f" \\tag{{{number}}}" if number else ""
    return f"$$\n{text}{tag}\n$$"


# Some viewers of notebooks make every summary a plain block, which takes its triangle away.
SUMMARY = '<summary style="display: list-item">'


def folded(summary, body):
    """Return body folded under a plain summary; the blank lines make renderers read the body as Markdown."""
    title = html.escape(" ".join(summary.split()), quote=False) or "More"
    return f"<details>\n{SUMMARY}{title}</summary>\n\n{body}\n\n</details>"


def quoted(body):
    """Return body as a block quote."""
    return "\n".join(f"> {line}".rstrip() for line in body.split("\n"))


def indented(body, width):
    """Return body with every line but the first indented, as a list item needs it."""
    return body.replace("\n", "\n" + " " * width).replace(" " * width + "\n", "\n")
