"""The search knows every section: what its index holds, and what the search page loads."""

import json
import re
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
    loaded = re.findall(r'<script defer src="([^"]*section[^"]*)"', page)
    assert loaded == ["_static/section_index.js", "_static/section_search.js"]
    assert all((site / name).is_file() for name in loaded)
    assert section_search.with_own_search(page) == page


def test_other_pages_load_no_index(site):
    assert "section_index" not in (site / "chapters/windows.html").read_text()


def test_a_page_without_text_has_no_entries(tmp_path):
    (tmp_path / "empty.html").write_text("<p>Nothing.</p>")
    assert section_search.page_entries(tmp_path / "empty.html", "empty") == []
    assert section_search.page_entries(tmp_path / "absent.html", "absent") == []


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
    section_search.write_index(app, error)
    assert [path.name for path in tmp_path.iterdir()] == [page]
    assert (tmp_path / page).read_text() == "<head></head>"


def test_a_section_without_a_heading_is_no_entry():
    section = BeautifulSoup('<section id="a"><p>Words.</p></section>', "html.parser").section
    assert section_search.part_entry(section) is None


def test_a_page_that_stayed_the_same_is_not_read_again(tmp_path, monkeypatch):
    for name in "ab":
        (tmp_path / f"{name}.html").write_text(
            f"<article><section id='{name}'><h1>{name}</h1>x</section></article>"
        )
    first = section_search.entries_by_page(tmp_path, ["a", "b", "gone"], {})
    assert [len(entries) for _, entries in first.values()] == [1, 1, 0]
    (tmp_path / "b.html").write_text("<article><section id='b'><h1>B</h1>y</section></article>")
    read, page_entries = [], section_search.page_entries
    monkeypatch.setattr(
        section_search, "page_entries", lambda path, name: read.append(name) or page_entries(path, name)
    )
    second = section_search.entries_by_page(tmp_path, ["a", "b", "gone"], first)
    assert read == ["b"]
    assert second["a"] == first["a"]
    assert second["b"][1][0]["title"] == "B"


def test_what_is_remembered_may_be_missing_or_spoilt(tmp_path):
    memory = tmp_path / "entries.json"
    assert section_search.remembered(memory) == {}
    memory.write_text('{"a": [')
    assert section_search.remembered(memory) == {}
