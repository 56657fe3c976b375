"""The search knows every section: what its index holds, and what the search page loads."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from sphinx_project import build

from sphinx_ext import section_search
from sphinx_ext.formula_text import readable

CHAPTER = r"""# What is a window?

A window slides.

## Padding: a frame of zeros

$$x = 1$$

A 1x1 window, also written {math}`1 \times 1`, needs none.

```python
import numpy as np

padded = np.pad(image, 1)
```

```{note}
Not the only frame.
```

### Reflection

Mirrors instead of zeros.

```{exercise} Count
:label: ex-count
How many windows fit?
```

```{solution} ex-count
Twenty-six.
```

## Take away

Padding is a frame.
"""
GLOSSARY = """# Glossary

```{glossary}
frame
  Zeros around an image.

window
place of a kernel
  What slides.
```
"""
FILES = {
    "index.md": "# Book\n\nWords.\n\n```{toctree}\nchapters/windows\nglossary\n```\n",
    "chapters/windows.md": CHAPTER,
    "glossary.md": GLOSSARY,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    extensions = ["myst_nb", "sphinx_exercise", "sphinx_ext.section_search"]
    return build(tmp_path_factory.mktemp("search"), FILES, extensions, nb_execution_mode="off",
                 myst_enable_extensions=["dollarmath"])[0]  # fmt: skip


@pytest.fixture(scope="module")
def entries(site):
    text = (site / "_static/section_index.js").read_text()
    found = json.loads(re.fullmatch(r"window\.bookSections = (.*);\n", text, re.DOTALL).group(1))
    return {f"{entry['url']}#{entry['anchor']}": entry for entry in found}


def test_every_section_exercise_and_term_is_an_entry(entries):
    assert {key: entry["title"] for key, entry in entries.items()} == {
        "index.html#": "Book",
        "chapters/windows.html#": "What is a window?",
        "chapters/windows.html#padding-a-frame-of-zeros": "Padding: a frame of zeros",
        "chapters/windows.html#reflection": "Reflection",
        "chapters/windows.html#ex-count": "Exercise 1 (Count)",
        "chapters/windows.html#take-away": "What is a window?: Take away",
        "glossary.html#": "Glossary",
        "glossary.html#term-frame": "frame",
        "glossary.html#term-window": "window, place of a kernel",
    }


def test_an_entry_holds_the_words_of_its_own_section_only(entries):
    section = entries["chapters/windows.html#padding-a-frame-of-zeros"]
    assert section["text"] == "A 1x1 window, also written 1 × 1, needs none. Not the only frame."
    assert section["code"] == "padded = np.pad(image, 1)"
    assert section["kinds"] == "formula equation"
    assert section["page"] == "What is a window?"
    assert entries["chapters/windows.html#reflection"]["text"] == "Mirrors instead of zeros."
    assert entries["glossary.html#term-frame"]["text"] == "Zeros around an image."


def test_a_section_without_words_of_its_own_says_what_it_holds():
    page = BeautifulSoup(
        "<section><h2>Training</h2><dl><dt id='a'>batch</dt><dd>b</dd><dt id='c'>epoch</dt><dd>d</dd></dl>"
        "<section><h3>Steps</h3></section></section>",
        "html.parser",
    )
    assert section_search.contents(page.section) == "batch, epoch, Steps"


def test_buttons_cards_and_heads_of_tables_are_not_searched():
    page = BeautifulSoup(
        '<article><h1>Book</h1><p class="start-buttons"><a>Start</a><a>Try it</a></p><p>One</p><p>two.</p>'
        '<div class="part-cards"><p>Part I</p></div><table><thead><tr><th>size</th></tr></thead>'
        "<tr><td>3</td><td>4</td></tr></table></article>",
        "html.parser",
    )
    section_search.prepare(page.article)
    page.h1.extract()
    assert section_search.words(page) == "One two. 3 4"


def test_no_search_shows_a_solution(entries):
    assert "Twenty-six" not in json.dumps(entries)


def test_what_explains_counts_more_than_a_list(entries):
    weights = {key: entry["weight"] for key, entry in entries.items()}
    assert weights["chapters/windows.html#reflection"] == weights["glossary.html#"] == 1
    assert weights["chapters/windows.html#ex-count"] < 1
    assert weights["glossary.html#term-frame"] < weights["chapters/windows.html#take-away"] < 1


def test_outputs_leave_only_their_captions():
    page = section_search.BeautifulSoup(
        '<article><h1>Title<a class="headerlink">#</a></h1><div class="cell_output"><pre>0.5</pre>'
        "<figure><figcaption>A digit.</figcaption></figure></div></article>",
        "html.parser",
    )
    section_search.prepare(page.article)
    assert section_search.words(page) == "TitleA digit."


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (r"\(1 \times 1\)", "1 × 1"),
        (r"\(\mathrm{ReLU}(x)\)", "ReLU(x)"),
        (r"\(\leq 2\)", "≤ 2"),
        (r"\(k_l - 1\)", "kₗ − 1"),
        (r"\(\bar x_i = \sigma x^{-1}\)", "x̄ᵢ = σ x⁻¹"),
        (r"\(e^{z_j} / w_{od}\)", "e^(zⱼ) / w_od"),
        (r"\(\sqrt{a b} \le \sqrt n\)", "√(a b) ≤ √n"),
        (r"\(W^\top = \begin{pmatrix} 3 & -1 \\ 0 & 4 \end{pmatrix}\)", "Wᵀ = 3 −1 ; 0 4"),
        (r"\(\frac14 + \tfrac{a}{b}\)", "1/4 + a/b"),
        (r"\(a \to b\)", "a → b"),
    ],
)
def test_a_formula_is_readable(formula, text):
    assert readable(formula) == text


def test_the_search_page_loads_the_sections_in_place_of_sphinx_index(site):
    page = (site / "search.html").read_text()
    assert not re.search(r'<script src="[^"]*(searchtools|searchindex)', page)
    loaded = re.findall(r'<script defer src="(_static/se[^"]*)"', page)
    names = ("section_index", "section_search", "search_parts", "search_page")  # each needs the one before
    assert loaded == [f"_static/{name}.js" for name in names]
    assert all((site / name).is_file() for name in loaded)
    assert section_search.with_own_search(page) == page


def test_other_pages_load_the_script_of_their_box_and_no_index(site):
    page = (site / "chapters/windows.html").read_text()
    assert "section_index" not in page
    assert "section_search" not in page
    assert re.search(r'<script defer="defer" src="\.\./_static/search_box\.js', page)
    assert (site / "_static/search_box.js").is_file()


def test_a_page_without_text_has_no_entries():
    assert section_search.page_entries("<p>Nothing.</p>", "empty") == []


@pytest.mark.parametrize(
    ("error", "kind", "page"),
    [
        (ValueError("broken"), "html", "search.html"),
        (None, "latex", "search.html"),
        (None, "html", "index.html"),
    ],
)
def test_a_failed_build_one_on_paper_and_one_without_search_get_no_index(tmp_path, error, kind, page):
    (tmp_path / page).write_text("<head></head>")
    app = SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format=kind))
    section_search.use_own_search(app, error)
    section_search.write_index(app, error)
    assert [path.name for path in tmp_path.iterdir()] == [page]
    assert (tmp_path / page).read_text() == "<head></head>"


def test_a_section_without_a_heading_is_no_entry():
    section = BeautifulSoup('<section id="a"><p>Words.</p></section>', "html.parser").section
    assert section_search.part_entry(section) is None


def parsed(html):
    return BeautifulSoup(html, "html.parser")


PARTS = """
<section id="top"><h1>5 Lines ä<a class="headerlink">#</a></h1><p>Opening.</p>
<div class="cell"><div class="highlight"><pre>from a import (
    b,
)
x = b(1)</pre></div><div class="cell_output"><pre>0.5</pre>
<figcaption><span class="caption-number">Fig. 1</span>
A line.</figcaption></div></div><div class="highlight"><pre>y  =  2</pre></div>
<section id="say"><h2>Say it</h2><p>Words <span class="math">\\(x^2\\)</span></p>
<div class="math">z</div></section>
<section id="deep"><h3>Deep</h3><section id="deeper"><h4>Deeper</h4><p>Low.</p></section></section>
<section id="quiz"><h2>Quiz</h2><div class="admonition asks"><p class="admonition-title">Question</p>
<p>Why?</p><ul class="options"><li>x</li></ul><details class="answer">x</details></div></section>
<section id="none"><p>No heading.</p></section>
<div class="exercise admonition" id="ex"><p class="admonition-title">Exercise 5.1</p><p>Do it.</p>
<div class="hints">x</div><p class="exercise-ways">x</p></div>
<div class="solution admonition"><p>x</p></div></section>
<dl class="py"><dt class="sig" id="lib.f"><span>lib.f(x)</span></dt><dd><p>It does.</p></dd></dl>
<dl class="glossary"><dt id="t-a">a  word</dt><dt id="t-b">b</dt><dd>Both.</dd><dt>no id</dt><dd>None.</dd>
<dt id="t-c">c</dt><dd>Third.</dd></dl>
"""


def entry(anchor, title, text, weight=1, code="", kinds=""):
    return {
        "anchor": anchor,
        "title": title,
        "text": text,
        "code": code,
        "kinds": kinds,
        "url": "chapters/reference.html",
        "page": "5 Lines ä",
        "weight": weight,
    }


@pytest.mark.parametrize("body", ["<article>{}</article>", "<main>{}</main>", '<div class="body">{}</div>'])
def test_all_entries_of_a_page(body):
    page = f"<p>Menu.</p>{body.format(PARTS)}<p>Foot.</p>"
    assert section_search.page_entries(page, "chapters/reference") == [
        entry("", "5 Lines ä", "Opening. A line. No heading.", code="x = b(1)\ny = 2"),
        entry("say", "Lines ä: Say it", "Words x²", 0.1, kinds="formula equation"),
        entry("deep", "Deep", "Deeper", 0.1),
        entry("deeper", "Deeper", "Low.", 0.1),
        entry("quiz", "Lines ä: Quiz", "Why?", 0.1),
        entry("ex", "Exercise 5.1", "Do it.", 0.6),
        entry("lib.f", "lib.f", "It does.", 0.1),
        entry("t-a", "a word, b", "Both.", 0.1),
        entry("t-c", "c", "Third.", 0.1),
    ]


@pytest.mark.parametrize("body", ["<article><p>x</p></article><h1>Outside</h1>", "<h1>x</h1>", ""])
def test_a_page_without_a_title_in_its_text_has_no_entries(body):
    assert section_search.page_entries(body, "page") == []


@pytest.mark.parametrize(
    "silent",
    [
        '<a class="headerlink">x</a>',
        "<script>x</script>",
        "<style>x</style>",
        "<button>x</button>",
        "<nav>x</nav>",
        '<div class="toctree-wrapper">x</div>',
        '<p class="data-note">x</p>',
        '<details class="hide"><summary>x</summary></details>',
        '<p class="chapter-facts">x</p>',
        '<p class="chapter-ways">x</p>',
        '<p class="exercise-ways">x</p>',
        '<p class="strip-title">x</p>',
        '<details class="strip-fold"><summary>x</summary></details>',
        '<p class="start-buttons">x</p>',
        '<div class="part-cards">x</div>',
        '<div class="admonition"><p class="admonition-title">x</p></div>',
        '<figcaption><span class="caption-number">x</span></figcaption>',
        "<table><thead><tr><th>x</th></tr></thead></table>",
        '<div class="solution">x</div>',
        '<ul class="options"><li>x</li></ul>',
        '<div class="answer">x</div>',
        '<div class="hints">x</div>',
        '<div class="cell_output">x</div>',
    ],
)
def test_what_nobody_looks_for_is_not_searched(silent):
    page = parsed(f"<article><p>a</p>{silent}<p>b</p></article>")
    section_search.prepare(page.article)
    assert section_search.words(page) == "a b"


@pytest.mark.parametrize(
    "shown",
    [
        "<details><summary>x</summary></details>",
        '<div class="exercise admonition"><p class="admonition-title">x</p></div>',
        '<div class="admonition"><p>x</p></div>',
        "<td>x</td>",
        "<dt>x</dt>",
        "<dd>x</dd>",
        "<li>x</li>",
        "<figcaption>x</figcaption>",
        '<div class="cell_output"><figcaption>x</figcaption></div>',
    ],
)
def test_other_words_are_searched_and_end_where_their_block_ends(shown):
    page = parsed(f"<article>{shown}</article>")
    section_search.prepare(page.article)
    page.article.append("y")
    assert section_search.words(page) == ("xy" if "summary" in shown else "x y")


def test_a_title_is_a_heading_of_the_part_itself_or_the_title_of_a_box():
    def found(html):
        return section_search.part_entry(parsed(html).find())

    for level in (1, 2, 3, 4):
        anchor = "" if level == 1 else "a"
        entry = found(f'<section id="a"><h{level}>T</h{level}>b</section>')
        assert (entry["anchor"], entry["title"], entry["text"]) == (anchor, "T", "b")
    assert found('<div id="a"><p class="admonition-title">T</p>b</div>')["title"] == "T"
    assert found('<div id="a"><p class="other">T</p>b</div>') is None
    assert found('<section id="a"><div><h2>T</h2></div></section>') is None
    assert found("<section><h2>T</h2></section>") is None


@pytest.mark.parametrize(
    ("title", "full"),
    [
        *[(title, f"T: {title}") for title in ("Exercises", "Quiz", "Take away", "Further reading")],
        *[(f"{verb} it", f"T: {verb} it") for verb in ("See", "Say", "Code", "Check", "Use", "Break")],
        ("Make it", "Make it"), ("Say it again", "Say it again"), ("Exercise", "Exercise"), ("T", "T"),
    ],
)  # fmt: skip
def test_a_title_that_every_page_has_is_told_with_its_topic(title, full):
    assert section_search.full_title(title, "T") == full


@pytest.mark.parametrize(
    ("name", "html", "title", "anchor", "weight"),
    [
        ("page", "<div class='exercise x'>", "Quiz", "a", 0.6),
        ("glossary", "<div class='exercise'>", "T", "a", 0.6),
        ("notation", "<dd>", "T", "a", 0.3),
        ("glossary", "<dd>", "T", "a", 0.3),
        ("bibliography", "<dd>", "T", "a", 0.3),
        ("chapters/reference", "<dd>", "T", "a", 0.1),
        ("glossary", "<section>", "T", "", 1),
        ("page", "<section>", "T", "a", 1),
        ("page", "<section>", "Take away", "a", 0.6),
        ("glossary", "<section>", "Quiz", "", 0.6),
    ],
)
def test_a_list_an_exercise_and_what_stands_on_every_page_count_less(name, html, title, anchor, weight):
    assert section_search.weight(name, parsed(html).find(), {"title": title, "anchor": anchor}) == weight


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("import a\nx", "x"),
        ("from a.b import c as d\nx", "x"),
        ("from  a  import  (b,\n c)\nx", "x"),
        ("x  =\n\n  1", "x =\n1"),
        ("important = 1", "important = 1"),
        ("x\nimport a, b", "x"),
        ("# import a", "# import a"),
    ],
)
def test_imports_are_not_code_to_look_for(code, kept):
    assert section_search.without_imports(code) == kept


def test_terms_are_those_right_above_their_definition():
    page = parsed(
        "<dl><dt>a</dt><dd>1</dd><dt>b</dt><dt class='x sig' id='c'>C</dt><dd id='d'>2</dd><dt>e</dt></dl>"
    )
    terms = section_search._terms_of(page.find(id="d"))
    assert [term.get_text() for term in terms] == ["b", "C"]
    assert [section_search._term_name(term) for term in terms if term.get("id")] == ["c"]


def test_the_search_page_gets_its_scripts_once_at_the_end_of_its_head():
    own = (
        '  <script defer src="_static/section_index.js"></script>\n'
        '  <script defer src="_static/section_search.js"></script>\n'
        '  <script defer src="_static/search_parts.js"></script>\n'
        '  <script defer src="_static/search_page.js"></script>\n'
    )
    old = '<script src="_static/searchtools.js"></script>'
    page = section_search.with_own_search(f"<head>{old}</head><p></head>")
    assert page == f"<head>{own}</head><p></head>"
    assert section_search.with_own_search(page) == page


def test_the_next_build_reads_what_this_one_found(tmp_path, monkeypatch):
    site = tmp_path / "html"
    (site / "_static").mkdir(parents=True)
    for name in ("b", "a"):
        (site / f"{name}.html").write_text(
            f"<article><section><h1>ä {name}</h1>x</section></article>", "utf-8"
        )
    (site / "search.html").write_text("<head></head>ä", encoding="utf-8")
    app = SimpleNamespace(
        outdir=str(site), doctreedir=str(tmp_path), builder=SimpleNamespace(format="html"),
        env=SimpleNamespace(found_docs={"b", "a"}),
    )  # fmt: skip
    section_search.use_own_search(app, None)
    section_search.write_index(app, None)
    index = (site / "_static/section_index.js").read_text(encoding="utf-8")
    assert index.startswith('window.bookSections = [{"anchor":"","title":"ä a","text":"x",')
    assert index.index("ä a") < index.index("ä b")
    assert index.endswith("}];\n")
    for name in ("section_search.js", "search_parts.js", "search_page.js", "search_box.js"):
        script = Path(section_search.__file__).parent / "static" / name
        assert (site / "_static" / name).read_bytes() == script.read_bytes()
    assert (tmp_path / "section_entries.json").is_file()
    monkeypatch.setattr(section_search, "page_entries", None)  # nothing is read a second time
    section_search.use_own_search(app, None)
    section_search.write_index(app, None)
    assert (site / "_static/section_index.js").read_text(encoding="utf-8") == index
    assert (site / "search.html").read_text(encoding="utf-8").endswith("</head>ä")
