"""Rules that the project's files keep; each returns its complaints, an empty list is good.

`test_project.py` applies them, and plants a fault for each.
"""

import functools
import re
import statistics
import subprocess
import sys

from myst_nb.core.read import read_myst_markdown_notebook

from course_lib import widgets
from sphinx_ext.chapter_strip import LINES_PER_MINUTE, WORDS_PER_MINUTE
from sphinx_ext.folded_imports import only_imports

KNOWN_TAGS = {
    "hide-input", "ink", "hide-output", "hide-cell", "remove-input", "remove-output", "remove-cell",
    "raises-exception", "nbval-ignore-output",
}  # fmt: skip
LIVE = re.compile(rf"^(\w+ = )?({'|'.join(widgets.__all__)})\(", re.MULTILINE)


def lock_entries(text):
    """Map each (name, version) of a lock to how many hashes it has."""
    entry = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)([^\n]*(?:\n[ \t]+[^\n]*)*)", re.MULTILINE)
    return {(m[1].lower(), m[2]): m[3].count("--hash=sha256:") for m in entry.finditer(text)}


def unpinned_actions(text):
    """Actions without a full commit hash and the version that it belongs to."""
    uses = re.findall(r"uses:\s*(\S+)(.*)", text)
    pinned = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
    return [
        action
        for action, comment in uses
        if not action.startswith("./")
        and not (pinned.fullmatch(action) and re.fullmatch(r"\s*# v\d+\.\d+\.\d+", comment))
    ]


def loose_workflow_settings(workflow):
    """Missing or wide permissions, jobs without a time limit, no concurrency group."""
    complaints = [] if workflow.get("permissions") == {"contents": "read"} else ["permissions"]
    complaints += [] if "concurrency" in workflow else ["concurrency"]
    called = [name for name, job in workflow["jobs"].items() if "uses" in job]
    return complaints + [
        f"{name}: timeout-minutes"
        for name, job in workflow["jobs"].items()
        if name not in called and "timeout-minutes" not in job
    ]


def tokens_in_commands(workflow):
    """Steps that write a secret into a command line, where every process of the machine can read it."""
    secret = re.compile(r"x-access-token|\$\{\{[^}]*(?:token|secrets)[^}]*\}\}|\$\{?\w*TOKEN\b")
    steps = [(name, step) for name, job in workflow["jobs"].items() for step in job.get("steps", [])]
    return [f"{name}: {step.get('name')}" for name, step in steps if secret.search(step.get("run", ""))]


def published_from_elsewhere(workflow):
    """Jobs that may write, and that a run on another branch than main reaches."""
    jobs = workflow["jobs"]

    def guarded(name):
        needs = jobs[name].get("needs", [])
        return "refs/heads/main" in jobs[name].get("if", "") or any(
            guarded(other) for other in ([needs] if isinstance(needs, str) else needs)
        )

    writing = [name for name, job in jobs.items() if "write" in job.get("permissions", {}).values()]
    return [name for name in writing if not guarded(name)]


def personal_paths(text):
    """Absolute paths of somebody's home or work folder."""
    return re.findall(r"(?<![\w.])/(?:(?:home|Users)/\w|(?:root|work)\b(?![.\w]))|[A-Z]:\\Users\\\w", text)


def lock_faults(text):
    """Packages without an exact version or a hash, and anything that names where packages come from."""
    loose = [
        line for line in text.splitlines() if re.match(r"\w", line) and not re.match(r"[\w.-]+==\S", line)
    ]
    unhashed = [name for (name, _), hashes in lock_entries(text).items() if not hashes]
    hosts = re.findall(r"--(?:extra-)?index-url\S*|--find-links\S*|--trusted-host\S*|https?://\S+", text)
    return loose + unhashed + hosts


@functools.cache  # four rules read the same pages, and reading one takes longer than its rules
def cells_of(text):
    return tuple(c for c in read_myst_markdown_notebook(text).cells if c.cell_type == "code")


def cell_faults(cell):
    """What is wrong with one code cell of a chapter."""
    complaints = [f"unknown tag {tag!r}" for tag in cell.metadata.get("tags", []) if tag not in KNOWN_TAGS]
    lines = cell.source.count("\n") + 1
    if lines > 40:
        complaints.append(f"{lines} lines, at most 40")
    if "plt.show()" in cell.source:
        shown = cell.metadata.get("mystnb", {})
        texts = {
            "caption": shown.get("figure", {}),
            "name": shown.get("figure", {}),
            "alt": shown.get("image", {}),
        }
        complaints += [
            f"a figure without {key}" for key, where in texts.items() if not str(where.get(key) or "").strip()
        ]
        if cell.source.count("plt.show()") != 1 or not cell.source.rstrip().endswith("plt.show()"):
            complaints.append("one figure per cell, with plt.show() as its last line")
    return complaints


def chapter_faults(text):
    """What is wrong with a chapter's cells; the cells that a reader never sees count for no length."""
    cells = cells_of(text)
    complaints = [f"{cell.source.splitlines()[:1]}: {fault}" for cell in cells for fault in cell_faults(cell)]
    lengths = [c.source.count("\n") + 1 for c in cells if "remove-cell" not in c.metadata.get("tags", [])]
    if lengths and statistics.median(lengths) > 6:
        complaints.append(f"the median cell has {statistics.median(lengths)} lines, at most 6")
    if sum(length > 20 for length in lengths) * 10 > len(lengths):
        complaints.append("more than one cell in ten has over 20 lines")
    return complaints


def own_colour_maps(text):
    """Colour maps that a page names itself: `course_lib.plotting` decides which ones the book has."""
    return re.findall(
        r"cmap[\"']?\s*[=:]\s*[\"']\w+|get_cmap\(\s*[\"']\w+|\b(?:cm|colormaps)\b[.\[][\"'\w]+", text
    )


def small_figures(text, default):
    """Figures whose words are too small on a telephone, or that are too tall for a laptop.

    A figure that is wider than a telephone is shrunk to its 360 px: words of 10.5 points in a figure of
    5.8 inches have 9 px there. ``default`` is the (width, height) of a figure that names none, in inches.
    """
    complaints = []
    for cell in (cell for cell in cells_of(text) if "plt.show()" in cell.source):
        name = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        width, height = _inches(cell.source, default)
        sizes = [10.5, *map(float, re.findall(r"fontsize[\"']?\s*[=:]\s*([\d.]+)", cell.source))]
        words = min(sizes) / 72 * 360 / width
        if words < 9 or re.search(r"fontsize[\"']?\s*[=:]\s*[\"']\w*small", cell.source):
            complaints.append(f"{name}: words of {words:.1f} px on a telephone, at least 9")
        if height > 6.6:  # at 110 dots per inch four fifths of 900 px
            complaints.append(f"{name}: {height} inches tall, at most 6.6")
    return complaints


def _inches(source, default):
    size = re.search(r"figsize=\(([\d.]+), ([\d.]+)\)", source)
    if size:
        return float(size[1]), float(size[2])
    if "show_images(" not in source:
        return default
    columns, side = (re.search(rf"\b{key}=([\d.]+)", source) for key in ("num_columns", "size"))
    return (float(columns[1]) if columns else 5) * (float(side[1]) if side else 1.1), 0


def late_picture(text, most=3.5):
    """The minutes of words and shown code before a chapter's first figure, if they are more than ``most``."""
    minutes = 0
    for cell in read_myst_markdown_notebook(text).cells:
        tags = cell.metadata.get("tags", [])
        if "figure" in cell.metadata.get("mystnb", {}) or LIVE.search(cell.source):
            break
        if cell.cell_type == "markdown":  # who answers a prediction is not reading
            words = re.sub(r"```\{predict\}.*?```", "", cell.source, flags=re.DOTALL).split()
            minutes += len(words) / WORDS_PER_MINUTE
        elif not {"hide-cell", "hide-input", "remove-cell"} & set(tags) and not only_imports(cell.source):
            minutes += len(cell.source.splitlines()) / LINES_PER_MINUTE
    return [f"{minutes:.1f} minutes before the first figure"] if minutes > most else []


def opening_faults(text):
    """What a chapter's opening lacks: a short title, its question, what it needs, what it gives."""
    opening = text.partition("\n## ")[0]
    head = re.search(r"^\(ch-[\w-]+\)=\n# (.+)\n\n\*([^*]+)\*\n\n", opening, re.MULTILINE)
    complaints = [] if head and len(head[1]) <= 30 and head[2].endswith("?") else ["title and question"]
    parts = (r"^\*\*(What y|Y)ou need\b", r"^\*\*(What y|Y)ou will be able to\b")
    return complaints + [part for part in parts if not re.search(part, opening, re.MULTILINE)]


def unlent_names(text):
    """Names that a chapter's exported cells use and only its removed cells define."""
    exported = [c.source for c in cells_of(text) if "remove-cell" not in c.metadata.get("tags", [])]
    script = re.sub(r"^(\s*)[%!].*$", r"\1pass", "\n".join(exported), flags=re.MULTILINE)
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--quiet", "--select", "F821"]
    done = subprocess.run(
        [*ruff, "--output-format", "concise", "-"], input=script, capture_output=True, text=True, timeout=60
    )
    assert done.returncode in (0, 1), done.stderr
    return re.findall(r"Undefined name `(\w+)`", done.stdout)


def end_slices(text):
    """Lines that take the first or the last images or labels of a set, which is no random sample.

    One image is an example, not a sample; so is what a line says to be there only "to look at".
    """
    ends = re.compile(r"\b\w*(?:images|labels|pixels)\[\s*(?::\s*(?!1\s*[\],])[^\],:]+|-[^\],:]+:\s*)[\],]")
    return [line.strip() for line in text.splitlines() if ends.search(line) and "# to look at" not in line]


def cited_keys(text):
    roles = re.findall(r"\{(?:cite|footcite)(?::\w+)*\}`([^`]+)`", text)
    return {key.strip() for keys in roles for key in keys.split(",")}
