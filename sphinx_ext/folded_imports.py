"""The imports of a chapter are folded: its first screen shows what it is about.

Folded is the first cell of a page if it does nothing but import, set the style of the figures or the
number of threads, and name constants. The source needs no tag for it, and in an exported notebook the
cell stands open.
"""

import ast

from docutils import nodes

from .notebook_writer import code_cells

SETTINGS = ("plotting.use_course_style()", "threadpool_limits(1, 'blas')")


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.connect("doctree-read", fold_imports)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def fold_imports(app, doctree):
    """Fold the first code cell of a page if it only imports."""
    for cell in code_cells(doctree)[:1]:
        source = next((block.astext() for block in cell.findall(nodes.literal_block)), "")
        if "hide_mode" not in cell and only_imports(source):
            cell["hide_mode"] = "input"
            cell["prompt_show"], cell["prompt_hide"] = "Show the imports", "Hide the imports"


def only_imports(source):
    r"""Return whether code does nothing but import, make a setting and name constants.

    >>> only_imports("import math\nplotting.use_course_style()")
    True
    >>> only_imports('from threadpoolctl import threadpool_limits\nthreadpool_limits(1, "blas")')
    True
    >>> only_imports("import math\nprint(math.pi)")
    False
    """
    try:
        statements = ast.parse(source).body
    except SyntaxError:  # a magic
        return False
    return bool(statements) and all(
        isinstance(statement, ast.Import | ast.ImportFrom)
        or ast.unparse(statement) in SETTINGS
        or _is_constant(statement)
        for statement in statements
    )


def _is_constant(statement):
    """Return whether a statement gives a name to a number, a text or a tuple of them."""
    value = statement.value if isinstance(statement, ast.Assign) else None
    parts = value.elts if isinstance(value, ast.Tuple) else [value]
    return all(isinstance(part, ast.Constant) for part in parts)
