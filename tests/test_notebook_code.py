"""Which code an exported notebook holds: glue goes, and hidden cells lend what shown cells need."""

import ast
import contextlib
import io

import pytest

from sphinx_ext.notebook_code import (
    compiles,
    form_title,
    glue_names,
    install_source,
    preparation,
    without_glue,
)

GLUE = {"glue"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("from myst_nb import glue\nx = 1", "x = 1", id="import"),
        pytest.param('x = 1\nglue(\n    "x",\n    x,\n)\ny = 2', "x = 1\ny = 2", id="call-over-lines"),
        pytest.param(
            "%matplotlib inline\nglue('x', 1)\ny = 2", "%matplotlib inline\ny = 2", id="beside-a-magic"
        ),
        pytest.param("x = 1  # glue", "x = 1  # glue", id="only-a-comment"),
        pytest.param("%%time\nglue('x', 1)", "%%time\nglue('x', 1)", id="cell-magic-untouched"),
        pytest.param("x = 'glue(1)'", "x = 'glue(1)'", id="only-a-string"),
    ],
)
def test_glue_goes_and_the_rest_of_a_cell_stays(source, expected):
    assert without_glue(source, GLUE) == expected


def test_a_function_that_only_wraps_glue_is_glue():
    wrapper = "def glue_all(**values):\n    for name, value in values.items():\n        glue(name, value)"
    outer = "def percent(name, value):\n    glue_all(**{name: value})"
    innocent = "def double(x):\n    return 2 * x"
    assert glue_names([outer, wrapper, innocent]) == {"glue", "glue_all", "percent"}
    assert without_glue(f"{wrapper}\nx = 1\nglue_all(x=x)", {"glue", "glue_all"}) == "x = 1"


def lent(*cells):
    return preparation(list(cells))


def test_a_hidden_cell_lends_only_what_a_shown_cell_reads():
    needed = "import numpy as np\nx = np.ones(3)"
    hidden = f"from myst_nb import glue\n{needed}\nunused = 1\nglue('x', x)\nassert x.sum() == 3"
    assert lent((hidden, False), ("print(x)", True)) == {0: needed}
    assert lent((hidden, False), ("print(1)", True)) == {}


def test_a_name_that_a_shown_cell_binds_itself_is_not_lent():
    assert lent(("x = 1", False), ("x = 2\nprint(x)", True)) == {}
    assert lent(("x = 1", False), ("print(x)\nx = 2", True)) == {0: "x = 1"}
    assert lent(("x = 1", False), ("if unsure:\n    x = 2\nprint(x)", True)) == {0: "x = 1"}


def test_needs_are_followed_through_hidden_cells_and_in_order():
    assert lent(("a = 1", False), ("b = a + 1", False), ("print(b)", True)) == {0: "a = 1", 1: "b = a + 1"}
    assert lent(("print(b)", True), ("b = 1", False)) == {}


def test_a_function_reads_its_globals_when_called_so_a_later_hidden_cell_still_counts():
    cells = [("def f():\n    return helper()", True), ("def helper():\n    return 1", False), ("f()", True)]
    assert lent(*cells) == {1: "def helper():\n    return 1"}
    hidden_caller = [("def f():\n    return helper", False), ("helper = 1", False), ("f()", True)]
    assert lent(*hidden_caller) == {0: "def f():\n    return helper", 1: "helper = 1"}


def test_a_functions_own_names_and_a_comprehensions_are_no_needs():
    hidden = ("n = 1\nk = 2\nm = 3", False)
    assert lent(hidden, ("def f(n):\n    m = n\n    return m\n[k for k in range(3)]", True)) == {}
    assert lent(hidden, ("f = lambda n=n: n", True)) == {0: "n = 1"}


def test_changes_and_calls_are_lent_too():
    assert lent(("d = {}", True), ("d['x'] = 1", False), ("print(d)", True)) == {1: "d['x'] = 1"}
    assert lent(("model.eval()\nprint(model)\nnp.testing.assert_allclose(a, b)", False), ("1", True)) == {
        0: "model.eval()"
    }


def test_a_decorated_function_keeps_its_decorator():
    hidden = "@functools.cache\ndef f():\n    return 1"
    assert lent((hidden, False), ("f()", True)) == {0: hidden}


def test_what_is_lent_suffices_to_run_the_shown_cells():
    cells = [
        ("import math\nfrom myst_nb import glue\nroot = math.sqrt(2)\nglue('root', root)", False),
        ("def area(r):\n    return scale * r**2", True),
        ("scale = math.pi\nassert scale > 3\nlog = []", False),
        ("log.append('kept')", False),
        ("print(round(area(root), 2), log)", True),
    ]
    lent_sources = preparation(cells)
    shown = [source if is_shown else lent_sources.get(i, "") for i, (source, is_shown) in enumerate(cells)]
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec("\n".join(shown), {})
    assert output.getvalue() == "6.28 ['kept']\n"
    assert "myst_nb" not in "".join(shown)


def test_the_install_cell_pins_the_commit_and_is_a_cell_that_ipython_reads():
    sha = "0123456789" * 4
    source = install_source("https://github.com/o/n", sha, "page")
    assert f'%pip install -q "git+https://github.com/o/n@{sha}"' in source
    assert compiles(source)


@pytest.mark.parametrize(
    ("repository", "sha"), [(None, "a" * 40), ("https://github.com/o/n", None), (None, None)]
)
def test_without_an_address_or_commit_the_first_cell_leads_to_the_help_page(repository, sha):
    source = install_source(repository, sha, "the book's page chapters/run_it_yourself")
    assert compiles(source)
    (check,) = [node for node in ast.parse(source).body if isinstance(node, ast.If)]
    with pytest.raises(ModuleNotFoundError, match=r"course_lib.*chapters/run_it_yourself$"):
        exec(ast.unparse(check.body), {})
    assert "%pip" not in source


def test_a_form_title_is_one_short_plain_line():
    assert form_title("Loss by epoch. The band is\nthe spread.") == "Loss by epoch"
    assert form_title("A {curly} $x$") == "A curly x"
    assert len(form_title("word " * 60)) <= 90


def test_compiles_accepts_magics_and_refuses_what_is_no_python():
    assert compiles("%matplotlib inline\nx = 1")
    assert compiles("await something()")
    assert not compiles("```python\nx = 1\n```")
    assert not compiles("def f(:")
