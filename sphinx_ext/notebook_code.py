"""The code of an exported notebook: install cell, folded cells, what hidden cells lend to shown ones."""

import ast
import re
import textwrap

from IPython.core.inputtransformer2 import TransformerManager

# A statement that only calls one of these leaves nothing behind that a later cell could need.
SPEECH = {"print", "display"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# Statements that bind their names for certain, whatever came before.
BINDING = (ast.Assign, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)

INSTALL = """\
#@title Install course_lib (run this cell first)
from importlib.util import find_spec

if find_spec("course_lib") is None:
    {remedy}
"""


def install_source(repository, commit, help_page):
    """Return the first cell: it installs course_lib at ``commit``, or says where to read how."""
    if repository and commit:
        return INSTALL.format(remedy=f'%pip install -q "git+{repository}@{commit}"').rstrip()
    version = f" at commit {commit}" if commit else ""
    message = [
        f"This notebook needs the book's package course_lib{version}.",
        "This copy of the book was built without a public address to install it from.",
        f"Three ways to run a chapter are explained here: {help_page}",
    ]
    lines = "\n".join(f"        {line + end!r}" for line, end in zip(message, (" ", " ", ""), strict=True))
    return INSTALL.format(remedy=f"raise ModuleNotFoundError(\n{lines}\n    )").rstrip()


def folded_source(source, title):
    """Return source under a title that Colab shows in its place."""
    return source if source.startswith("%%") else f"#@title {title}\n{source}"  # a cell magic must stay first


def form_title(text):
    """Return the first sentence of a caption, as Colab's form titles can show it: one short plain line.

    >>> form_title("A digit, drawn in grey. Dark is 1.")
    'A digit, drawn in grey'
    """
    sentence = re.split(r"(?<=[.!?:])\s", " ".join(text.split()))[0].rstrip(".:")
    return textwrap.shorten(re.sub(r"[{}$\\]", "", sentence), width=90, placeholder=" ...")


def glue_names(sources):
    """Return ``glue`` and the names of the functions in the cells that are only a longer way to call it."""
    functions = [
        node
        for tree in map(_parsed, sources)
        for node in (tree.body if tree else [])
        if isinstance(node, ast.FunctionDef)
    ]
    names = {"glue"}
    while more := {f.name for f in functions if f.name not in names and _loaded(f) & names}:
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


def preparation(cells):
    """Return, by position, what the hidden cells hold that shown cells need.

    ``cells`` is a list of (source, shown). A program slice, walked backwards: of a hidden cell only the
    statements survive that bind, or may change, a name that is read later. Assertions and glue fall away.
    """
    glue = glue_names([source for source, _ in cells])
    cells = [(without_glue(source, glue), shown) for source, shown in cells]
    trees = [_parsed(source) for source, _ in cells]
    later = set()  # what functions read when they are called, wherever that is
    while True:
        kept = _slice([(tree, shown) for tree, (_, shown) in zip(trees, cells, strict=True)], later, glue)
        found = {name for statements in kept for statement in statements for name in _deferred(statement)}
        if found <= later:
            break
        later |= found
    result = {}
    for position, (source, shown) in enumerate(cells):
        if (
            not shown and trees[position] is None
        ):  # no Python that we can read: better too much than too little
            result[position] = source
        elif not shown and kept[position]:
            result[position] = _source_of(kept[position], source)
    return result


def _slice(cells, later, glue):
    """Return the statements of each cell, given as (tree, shown), that a shown cell needs."""
    needed, result = set(), []
    for tree, shown in reversed(cells):
        kept = []
        for statement in reversed(tree.body if tree else []):
            if not shown and (_loaded(statement) & glue or not _leaves_something(statement, needed | later)):
                continue
            kept.append(statement)
            if isinstance(statement, BINDING):
                needed -= _bound(statement)
            needed |= _loaded(statement)
        result.append(kept)
    return result[::-1]


def compiles(source):
    """Return whether a cell is valid once IPython has translated its magics."""
    try:
        compile(
            TransformerManager().transform_cell(source),
            "<cell>",
            "exec",
            flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
        )
    except SyntaxError:
        return False
    return True


def _parsed(source):
    """Return the syntax tree, its magics replaced in place by IPython, or None for a cell magic."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        translated = TransformerManager().transform_cell(source)
        if source.startswith("%%") or translated.count("\n") != source.rstrip("\n").count("\n") + 1:
            return None  # the lines no longer match
        try:
            tree = ast.parse(translated)
        except SyntaxError:
            return None
    return tree


def _lines(statement):
    first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
    return range(first, statement.end_lineno + 1)


def _source_of(statements, source):
    wanted = {line for statement in statements for line in _lines(statement)}
    return "\n".join(line for number, line in enumerate(source.split("\n"), 1) if number in wanted)


def _is_glue(statement, names):
    if isinstance(statement, ast.ImportFrom):
        return (statement.module or "").split(".")[0] == "myst_nb"
    return getattr(statement, "name", _called(statement)) in names


def _called(statement):
    """Return the last name of the function that a statement consists of calling, or None."""
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
        return None
    function = statement.value.func
    return getattr(function, "id", getattr(function, "attr", None))


def _leaves_something(statement, needed):
    if isinstance(statement, (ast.Assert, ast.Pass)):
        return False
    if isinstance(statement, ast.Expr):
        name = _called(statement)
        return name is not None and name not in SPEECH and not name.startswith("assert")
    return bool(_bound(statement) & needed)


def _bound(node):
    """Return the names that running node binds or writes into, without the insides of functions."""
    if isinstance(node, (*FUNCTIONS[:2], ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    if isinstance(node, ast.Lambda):
        return set()
    names = set().union(*map(_bound, ast.iter_child_nodes(node)))
    if isinstance(getattr(node, "ctx", None), ast.Store):
        while isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        if isinstance(node, ast.Name):
            names.add(node.id)
    return names


def _loaded(node):
    """Return the names that node reads from outside: not a function's own, nor a comprehension's."""
    names = set().union(*map(_loaded, ast.iter_child_nodes(node)))
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store):
        names.add(node.id)
    if isinstance(node, (*FUNCTIONS, *COMPREHENSIONS)):
        inside = list(ast.walk(node))
        names -= {n.arg for n in inside if isinstance(n, ast.arg)}
        names -= {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    if isinstance(node, FUNCTIONS):  # lambda k=k: the default is read outside
        defaults = [d for d in (*node.args.defaults, *node.args.kw_defaults) if d is not None]
        names = names.union(*map(_loaded, defaults))
    return names


def _deferred(node):
    """Return the names that functions inside node read only when they are called, perhaps cells later."""
    return set().union(*(_loaded(function) for function in ast.walk(node) if isinstance(function, FUNCTIONS)))
