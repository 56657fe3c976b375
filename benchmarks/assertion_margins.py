"""By how much every assertion of a running notebook holds or fails, without ending the run.

A cell's ``assert left > right`` becomes a call that evaluates both sides once, keeps their distance, and
goes on even where the comparison fails. `other_processors.py` starts it in a chapter's kernel.
"""

import ast
import builtins
import json
import operator
from pathlib import Path

import numpy as np

OPERATORS = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip


def watch(shell):
    """Keep the margins of all assertions that a shell executes from now on."""
    kept = builtins.__margins__ = Margins()
    shell.ast_transformers.append(Watch(shell))
    builtins.__asserted__, builtins.__compared__ = kept.asserted, kept.compared


def write(path):
    """Write what was kept so far as JSON."""
    Path(path).write_text(json.dumps(builtins.__margins__.found), encoding="utf-8")


class Watch(ast.NodeTransformer):
    """Rewrites the assertions of a cell, but not those inside functions, which other processes may call."""

    def __init__(self, shell):
        self.shell, self.place = shell, None

    def visit_FunctionDef(self, node):
        """Leave functions as they are."""
        return node

    visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = visit_FunctionDef

    def visit_Assert(self, node):
        """Turn ``assert test`` into ``__asserted__(place, text, test)``; its comparisons are kept, too."""
        cell = self.shell.execution_count - 1  # it is counted up before the cell is rewritten
        self.place = f"{cell}:{node.lineno}"
        text = ast.unparse(node.test)
        call = called("__asserted__", constant(self.place), constant(text), self.visit(node.test))
        self.place = None
        return ast.fix_missing_locations(ast.copy_location(ast.Expr(call), node))

    def visit_comprehension(self, node):
        """Leave the condition of a comprehension: it chooses, it claims nothing."""
        node.iter = self.visit(node.iter)
        return node

    def visit_Compare(self, node):
        """Turn ``a < b < c`` into ``__compared__(place, text, "< <", a, b, c)``, inside assertions only."""
        kinds = [type(kind) for kind in node.ops]
        if self.place is None or any(kind not in OPERATORS for kind in kinds):
            return self.generic_visit(node)
        text, names = ast.unparse(node), " ".join(kind.__name__ for kind in kinds)
        sides = [self.visit(side) for side in (node.left, *node.comparators)]
        return called("__compared__", constant(self.place), constant(text), constant(names), *sides)


def called(name, *arguments):
    """Return the expression ``name(*arguments)``."""
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def constant(value):
    """Return the expression of a value."""
    return ast.Constant(value)


class Margins:
    """What was asserted so far: by place whether it held, and the smallest margin of each comparison."""

    def __init__(self):
        self.found = {}

    def entry(self, place, text=""):
        """Return what is known of the assertion at a place, ``cell:line``."""
        entry = self.found.setdefault(place, {"text": text, "holds": True, "margins": {}})
        entry["text"] = text or entry["text"]
        return entry

    def asserted(self, place, text, holds):
        """Keep whether an assertion held; in a loop, whether it always did."""
        entry = self.entry(place, text)
        entry["holds"] = bool(holds) and entry["holds"]

    def compared(self, place, text, names, *sides):
        """Return what a chain of comparisons says, as Python does, and keep by how much."""
        kinds = {kind.__name__: function for kind, function in OPERATORS.items()}
        result = True
        for name, left, right in zip(names.split(), sides[:-1], sides[1:], strict=True):
            self.keep(place, f"{text} [{name}]" if len(sides) > 2 else text, name, left, right)
            result = result and kinds[name](left, right)
        return result

    def keep(self, place, text, name, left, right):
        """Keep the smallest distance of two numbers or arrays, positive where the comparison holds."""
        try:
            left, right = (np.asarray(without_gradient(side), dtype=float) for side in (left, right))
            margin = float((right - left if name.startswith("L") else left - right).min())
        except (TypeError, ValueError):  # sets, texts, lists of unequal length
            return
        margins = self.entry(place)["margins"]
        margins[text] = min(margin, margins.get(text, margin))


def without_gradient(value):
    """Return a tensor without its history, which NumPy would refuse, and anything else as it is."""
    return value.detach() if hasattr(value, "detach") else value
