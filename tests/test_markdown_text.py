"""Strings of Markdown: what a renderer that we did not write makes of them."""

import html

import pytest
from markdown_it import MarkdownIt

from sphinx_ext.markdown_text import LINE_START, code_span, escaped, fenced, folded, formula, indented, quoted


def rendered(text):
    return MarkdownIt("commonmark").render(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\\b`c*d$e", r"a\\b\`c\*d\$e"),
        ("one\ntwo", "one two"),
        ("_a_ a_b __init__ 1_000 a_", r"\_a\_ a_b \_\_init\_\_ 1_000 a\_"),
        ("[x](y) [x][y] [x] y", r"[x\](y) [x\][y] [x] y"),
        ("<b> </b> <!-- a < b <3 <", "&lt;b> &lt;/b> &lt;!-- a < b &lt;3 <"),
    ],
)
def test_only_characters_that_mean_something_are_escaped(text, expected):
    assert escaped(text) == expected
    assert rendered(escaped(text)) == f"<p>{html.escape(' '.join(text.split()), quote=False)}</p>\n"


@pytest.mark.parametrize("start", ["# a", "###### a", "> a", ">a", "- a", "+ a", "1. a", "12) a"])
def test_what_would_begin_a_heading_a_quote_or_a_list_is_found(start):
    assert "<p>" not in rendered(start).splitlines()[0]
    assert LINE_START.search(start)
    assert not LINE_START.search(f"a {start}")


@pytest.mark.parametrize("start", ["####### a", "#a", "-a", "+1", "1.5", "12", "a", "-1. a"])
def test_what_begins_a_paragraph_is_left_alone(start):
    assert rendered(start).startswith("<p>")
    assert LINE_START.search(start) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("x", "`x`"), ("a`b", "`` a`b ``"), ("a``b`c", "``` a``b`c ```"), ("a\nb", "`a b`")],
)
def test_code_stands_between_one_backtick_more_than_it_holds(text, expected):
    assert code_span(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x\n\n", "```\nx\n```"),
        ("a``b", "```\na``b\n```"),
        ("````\nx\n```", "`````\n````\nx\n```\n`````"),
    ],
)
def test_a_block_of_code_stands_between_three_backticks_or_one_more_than_it_holds(text, expected):
    assert fenced(text) == expected
    assert fenced(text, "python") == expected.replace("\n", "python\n", 1)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (" a\n \t\nb ", "a\nb"),
        (r"\begin{align*}a\\b\end{align*}", r"\begin{aligned}a\\b\end{aligned}"),
        ("\\begin{equation}\na\n\\end{equation}", "a"),
        (r"\begin{equation}a \\ b\end{equation}", "\\begin{split}\na \\\\ b\n\\end{split}"),
        (r"\alpha", r"\alpha"),
    ],
)
def test_a_formula_is_what_mathjax_reads_between_dollar_signs(source, expected):
    assert formula(source) == f"$$\n{expected}\n$$"
    assert formula(source, 0) == f"$$\n{expected}\n$$"
    assert formula(source, "2.1") == f"$$\n{expected} \\tag{{2.1}}\n$$"


@pytest.mark.parametrize(
    ("summary", "title"),
    [("Why?", "Why?"), ("a\n b", "a b"), ("a < b & 'c'", "a &lt; b &amp; 'c'"), (" ", "More"), ("", "More")],
)
def test_a_fold_has_a_title_with_a_triangle_and_its_body_stays_markdown(summary, title):
    folding = folded(summary, "*body*")
    assert folding == (
        f'<details>\n<summary style="display: list-item">{title}</summary>\n\n*body*\n\n</details>'
    )
    assert "<em>body</em>" in rendered(folding)


def test_a_quote_has_its_mark_before_each_line_and_no_blank_at_a_line_s_end():
    assert quoted("a\n\n  b") == "> a\n>\n>   b"


def test_an_item_s_further_lines_are_indented_and_its_empty_ones_stay_empty():
    assert indented("a\nb\n\nc", 3) == "a\n   b\n\n   c"
