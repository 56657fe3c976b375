"""The first cell of a page is folded if it only imports, and only then."""

import pytest
from docutils import nodes

from sphinx_ext.folded_imports import fold_imports, only_imports


def cell(source, **settings):
    code = nodes.literal_block("", source)
    return nodes.container("", code, nb_element="cell_code", cell_metadata={}, **settings)


def test_the_first_cell_is_folded_under_words_of_its_own():
    page = nodes.section("", cell("import a"), cell("import b"))
    fold_imports(None, page)
    first, second = (node.attributes for node in page)
    assert {key: first[key] for key in ("hide_mode", "prompt_show", "prompt_hide")} == {
        "hide_mode": "input", "prompt_show": "Show the imports", "prompt_hide": "Hide the imports",
    }  # fmt: skip
    assert "hide_mode" not in second


@pytest.mark.parametrize(
    ("source", "settings", "mode"),
    [("print(1)", {}, None), ("import a", {"hide_mode": "all"}, "all"), ("import a", {}, "input")],
)
def test_a_cell_that_works_or_is_folded_already_stays_as_it_is(source, settings, mode):
    page = nodes.section("", cell(source, **settings))
    fold_imports(None, page)
    assert page[0].get("hide_mode") == mode
    fold_imports(None, empty := nodes.section())
    assert len(empty) == 0


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1", True), ("x = (1, 'a')", True), ("x = y = None", True), ("from a import b", True),
        ("x = -1", False), ("x = [1]", False), ("x = (1, y)", False), ("x += 1", False), ("1", False),
        ("x: int = 1", False), ("import a\nx = f()", False), ("# words", False), ("if x: import a", False),
        ("plotting.use_course_style()", True), ("plotting.use_other_style()", False),
        ("threadpool_limits(1, 'blas')", True), ("threadpool_limits(2, 'blas')", False),
    ],
)  # fmt: skip
def test_names_of_constants_are_no_work(source, expected):
    assert only_imports(source) is expected
