"""A small expression as a graph: values forward, gradients back, one node at a time."""

import ast
import html
import math

from course_lib.widgets.base import Widget, check_numbers, number

MOST_NODES = 24

# By name: how it is written, its value, and its derivative by each input.
OPERATIONS = {
    "+": ("{} + {}", lambda a, b: a + b, lambda a, b: (1.0, 1.0)),
    "-": ("{} \u2212 {}", lambda a, b: a - b, lambda a, b: (1.0, -1.0)),
    "*": ("{} \u00b7 {}", lambda a, b: a * b, lambda a, b: (b, a)),
    "/": ("{} / {}", lambda a, b: a / b, lambda a, b: (1 / b, -a / b**2)),
    "square": ("{}\u00b2", lambda a: a * a, lambda a: (2 * a,)),
    "neg": ("\u2212{}", lambda a: -a, lambda a: (-1.0,)),
    "relu": ("relu({})", lambda a: max(a, 0.0), lambda a: (float(a > 0),)),
    "tanh": ("tanh({})", math.tanh, lambda a: (1 - math.tanh(a) ** 2,)),
    "exp": ("exp({})", math.exp, lambda a: (math.exp(a),)),
    "log": ("log({})", math.log, lambda a: (1 / a,)),
}
SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}


class BackpropGraph(Widget):
    """The tape of an expression of numbers: every value, then every gradient, step by step.

    Parameters
    ----------
    expression : str
        Assignments, separated by semicolons or lines, of ``+ - * /``, ``** 2``, ``relu``, ``tanh``,
        ``exp`` and ``log``. The last one is what is differentiated.
    **values : float
        The numbers that the expression starts from, by name. The reader can change them.

    Raises
    ------
    ValueError
        For anything else in the expression, a name without a value or a value without a use, too
        many nodes, and numbers that are not finite.

    Examples
    --------
    >>> graph = BackpropGraph("s = w * x; loss = s * s + w", w=3, x=2)
    >>> graph.gradients()  # of w: 2 s x + 1, because w is used twice
    {'w': 25.0, 'x': 36.0}
    """

    name = "backprop_graph"
    parts = ("fields", "player")
    label = "Backpropagation through a graph"
    tip = "Change one number, and see which gradients change with it and which do not."

    def __init__(self, expression, **values):
        super().__init__()
        self.expression = str(expression)
        self.nodes = []  # in the order of computation: name, operation, indices of its inputs
        self._index = {}  # the node that a name stands for now
        for name, value in values.items():
            check_numbers(name, value)
            self._index[name] = self._add(name, None, ())
        self.start = [float(value) for value in values.values()]
        _Reader(self).visit(_parsed(self.expression))
        used = {index for _, _, inputs in self.nodes for index in inputs}
        unused = [name for n, (name, *_) in enumerate(self.nodes[:-1]) if n not in used]
        if unused or len(self.nodes) == len(values):
            raise ValueError(f"Every number must lead to the last result; these do not: {unused}.")
        check_numbers("The values of the expression", self.values())

    def _add(self, name, operation, inputs):
        if len(self.nodes) == MOST_NODES:
            raise ValueError(f"The graph may have at most {MOST_NODES} nodes.")
        self.nodes.append((name, operation, tuple(inputs)))
        return len(self.nodes) - 1

    def values(self):
        """Return the value of every node."""
        values = list(self.start)
        for _, operation, inputs in self.nodes[len(values) :]:
            try:
                values.append(float(OPERATIONS[operation][1](*(values[i] for i in inputs))))
            except (ArithmeticError, ValueError) as error:
                raise ValueError(f"{operation} of {[values[i] for i in inputs]}: {error}.") from None
        return values

    def all_gradients(self):
        """Return the derivative of the last value by the value of every node."""
        values = self.values()
        gradients = [0.0] * (len(values) - 1) + [1.0]
        for n in range(len(values) - 1, len(self.start) - 1, -1):
            _, operation, inputs = self.nodes[n]
            slopes = OPERATIONS[operation][2](*(values[i] for i in inputs))
            for i, slope in zip(inputs, slopes, strict=True):
                gradients[i] += slope * gradients[n]  # added: a value may be used twice
        return gradients

    def gradients(self):
        """Return the gradients of the numbers that the expression starts from, by name."""
        names = (name for name, *_ in self.nodes)
        return dict(zip(names, self.all_gradients()[: len(self.start)], strict=False))

    def data(self):
        """Return the nodes and the numbers that they start from."""
        keys = ("name", "operation", "inputs", "formula")
        nodes = [dict(zip(keys, (*node, self._formula(*node[1:])), strict=True)) for node in self.nodes]
        return {"nodes": nodes, "start": self.start}

    def _formula(self, operation, inputs):
        return OPERATIONS[operation][0].format(*(self.nodes[i][0] for i in inputs)) if operation else ""

    def fallback(self):
        """Return a table of all values and gradients, and a sentence."""
        rows = "".join(
            f'<tr><th scope="row">{html.escape(node["name"])}</th><td>{html.escape(node["formula"])}</td>'
            f"<td>{number(value)}</td><td>{number(gradient)}</td></tr>"
            for node, value, gradient in zip(
                self.data()["nodes"], self.values(), self.all_gradients(), strict=True
            )
        )
        return (
            f"<table><caption>{html.escape(self.expression)}</caption><thead><tr>"
            '<th scope="col">node</th><th scope="col">formula</th><th scope="col">value</th>'
            f'<th scope="col">gradient</th></tr></thead><tbody>{rows}</tbody></table>'
            "<p>With JavaScript, this figure computes them one by one, for numbers of your choice.</p>"
        )


def _parsed(expression):
    try:
        tree = ast.parse(expression.strip())
    except SyntaxError as error:
        raise ValueError(f"The expression {expression!r} is not Python: {error.msg}.") from None
    if not tree.body:
        raise ValueError("The expression needs at least one assignment, such as loss = (w * x - y) ** 2.")
    return tree


class _Reader(ast.NodeVisitor):
    """Puts the nodes of an expression on the tape; every visit returns the index of its node."""

    def __init__(self, graph):
        self.graph, self.name, self.unnamed = graph, None, 0

    def visit_Module(self, tree):
        for statement in tree.body:
            self.visit(statement)

    def visit_Assign(self, statement):
        target = statement.targets[0]
        if len(statement.targets) != 1 or not isinstance(target, ast.Name) or target.id in self.graph._index:
            raise ValueError(f"Give each result one new name: {ast.unparse(statement)!r}.")
        if isinstance(statement.value, ast.Name | ast.Constant):
            raise ValueError(f"An assignment needs something to compute: {ast.unparse(statement)!r}.")
        self.name = target.id
        self.graph._index[target.id] = self.visit(statement.value)

    def visit_Name(self, name):
        if name.id not in self.graph._index:
            raise ValueError(f"{name.id!r} has no value: pass {name.id}=... beside the expression.")
        return self.graph._index[name.id]

    def visit_BinOp(self, node):
        if isinstance(node.op, ast.Pow):
            if not isinstance(node.right, ast.Constant) or node.right.value != 2:
                raise ValueError(f"Of the powers only ** 2 is known: {ast.unparse(node)!r}.")
            return self._node("square", node.left)
        if type(node.op) not in SIGNS:
            return self.generic_visit(node)
        return self._node(SIGNS[type(node.op)], node.left, node.right)

    def visit_UnaryOp(self, node):
        return self._node("neg", node.operand) if isinstance(node.op, ast.USub) else self.generic_visit(node)

    def visit_Call(self, node):
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name not in ("relu", "tanh", "exp", "log") or len(node.args) != 1 or node.keywords:
            return self.generic_visit(node)
        return self._node(name, node.args[0])

    def generic_visit(self, node):
        known = ", ".join([*SIGNS.values(), "** 2", "relu, tanh, exp and log"])
        raise ValueError(f"The graph knows names, {known}, got {ast.unparse(node)!r}.")

    def _node(self, operation, *operands):
        name, self.name = self.name, None  # the name is that of the outermost operation
        inputs = [self.visit(operand) for operand in operands]
        if name is None:
            self.unnamed += 1
            name = f"v{self.unnamed}"
        return self.graph._add(name, operation, inputs)
