"""The code of an exported notebook: its first cell, folded cells, and no glue."""

import ast
import re
import sys
import textwrap
from string import Template

from IPython.core.inputtransformer2 import TransformerManager

# Names under which pip installs what a notebook imports, where the two differ.
PACKAGES = {"PIL": "pillow", "sklearn": "scikit-learn"}

INSTALL = Template('''\
#@title Install course_lib (run this cell first)
import importlib
import json
import sys
from importlib import metadata, util


def is_installed():
    """Return whether course_lib is here, at this notebook's commit or from a folder of your own."""
    if util.find_spec("course_lib") is None:
        return False
    try:
        origin = json.loads(metadata.distribution("course_lib").read_text("direct_url.json") or "{}")
    except metadata.PackageNotFoundError:
        return True
    return "dir_info" in origin or origin.get("vcs_info", {}).get("commit_id") == "$commit"


if not is_installed():
    %pip install -q "git+$repository@$commit"
    importlib.invalidate_caches()
if not is_installed() and util.find_spec("course_lib"):  # another commit of the same version: pip keeps it
    %pip install -q --force-reinstall --no-deps "git+$repository@$commit"
    for name in [name for name in sys.modules if name.partition(".")[0] == "course_lib"]:
        del sys.modules[name]
    importlib.invalidate_caches()
if not is_installed():
    raise ModuleNotFoundError(
        "course_lib could not be installed. pip says above why: often there is no network, no git, "
        "or a Python older than 3.11. What you can do:\\n$help_page"
    )
''')
NO_ADDRESS = Template("""\
#@title Install course_lib (run this cell first)
from importlib import util

if util.find_spec("course_lib") is None:
    raise ModuleNotFoundError(
        "This notebook needs the book's package course_lib$version. "
        "This copy of the book was built without a public address to install it from. "
        "Three ways to run a chapter are explained here:\\n$help_page"
    )
""")
NEEDS = Template("""\
missing = [package for module, package in $modules if util.find_spec(module) is None]
if missing:
    raise ModuleNotFoundError(
        f"This notebook also needs {', '.join(missing)}. Install with: %pip install {' '.join(missing)}"
        "\\nIf that fails:\\n$help_page"
    )
""")


def install_source(repository, commit, help_page, modules=()):
    """Return the first cell: it makes course_lib and ``modules`` importable, or says what is wrong.

    Parameters
    ----------
    repository, commit : str or None
        Where the package is installed from, and at which commit; without one of them from nowhere.
    help_page : str
        Where a reader finds help.
    modules : iterable of str
        What else the notebook imports.
    """
    if repository and commit:
        source = INSTALL.substitute(repository=repository, commit=commit, help_page=help_page)
    else:
        version = f" at commit {commit}" if commit else ""
        source = NO_ADDRESS.substitute(version=version, help_page=help_page)
    if pairs := [(module, PACKAGES.get(module, module)) for module in modules]:
        source += NEEDS.substitute(modules=pairs, help_page=help_page)
    return source.rstrip()


def how_to_run(help_page):
    """Return the sentence below a notebook's title that leads to the page on running it.

    >>> how_to_run("https://o.org/help.html")[-58:]
    '[Other ways to run it, and help](https://o.org/help.html).'
    """
    is_address = help_page.startswith(("https://", "http://"))
    where = f"[Other ways to run it, and help]({help_page})" if is_address else f"For help see {help_page}"
    return f"Run the cells from the top: the first one installs what the others need. {where}."


def imported_modules(sources):
    """Return the modules outside Python and this book that the cells import, sorted by name."""
    names = set()
    for node in (node for tree in map(_parsed, sources) if tree for node in ast.walk(tree)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    tops = {name.partition(".")[0] for name in names}
    return sorted(tops - sys.stdlib_module_names - {"course_lib"})


def folded_source(source, title):
    """Return source under a title that Colab shows in its place."""
    return source if source.startswith("%%") else f"#@title {title}\n{source}"  # a cell magic must stay first


def form_title(text):
    """Return the first sentence of a caption, as Colab's form titles can show it: one short plain line.

    >>> form_title("A digit, drawn in grey. Dark is 1.")
    'A digit, drawn in grey'
    >>> form_title("Left: the image. Right: its edges.")
    'Left: the image'
    """
    sentence = re.split(r"(?<=[.!?])\s", " ".join(text.split()))[0]
    sentence = re.sub(r"[{}$\\]", "", sentence).rstrip(".:")
    return textwrap.shorten(sentence, width=90, placeholder=" ...")


def glue_names(sources):
    """Return ``glue`` and the names of the functions in the cells that are only a longer way to call it."""
    functions = [
        node
        for tree in map(_parsed, sources)
        for node in (tree.body if tree else [])
        if isinstance(node, ast.FunctionDef)
    ]
    names = {"glue"}
    while more := {f.name for f in functions if f.name not in names and _reads(f) & names}:
        names |= more
    return names


def without_glue(source, names):
    """Return source without myst_nb's glue: its values stand in the text, and Colab lacks the package."""
    tree = _parsed(source)
    if tree is None:
        return source
    drop = {line for statement in tree.body if _is_glue(statement, names) for line in _lines(statement)}
    kept = [line for number, line in enumerate(source.split("\n"), 1) if number not in drop]
    return "\n".join(kept).strip("\n")


def _parsed(source):
    """Return the syntax tree, its magics replaced in place by IPython, or None for a cell magic."""
    try:
        return ast.parse(source)
    except SyntaxError:
        translated = TransformerManager().transform_cell(source)
    if source.startswith("%%") or translated.count("\n") != source.rstrip("\n").count("\n") + 1:
        return None  # the lines no longer match
    try:
        return ast.parse(translated)
    except SyntaxError:
        return None


def _lines(statement):
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
    return range(first, statement.end_lineno + 1)


def _reads(function):
    return {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}


def _is_glue(statement, names):
    """Return whether a statement imports glue, defines a longer way to call it, or calls one of them."""
    if isinstance(statement, ast.ImportFrom):
        return (statement.module or "").split(".")[0] == "myst_nb"
    if isinstance(statement, ast.FunctionDef):
        return statement.name in names
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return getattr(statement.value.func, "id", None) in names
    return False
