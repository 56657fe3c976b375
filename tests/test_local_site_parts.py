"""The site asks nobody else for anything: each step of the extension, by itself."""

import hashlib
import importlib.util
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from docutils import nodes
from PIL import Image

from sphinx_ext import local_site


@pytest.mark.parametrize("own", [None, {"tex": {"macros": {"R": "x"}}}])
def test_formulas_and_widgets_get_their_scripts_from_the_site(own):
    config = SimpleNamespace(mathjax3_config=own)
    local_site.serve_locally(None, config)
    assert vars(config) == {
        "nb_ipywidgets_js": {},
        "mathjax_path": "mathjax/startup.js",
        "mathjax3_config": {
            "loader": {"load": ["input/tex", "output/chtml", "a11y/assistive-mml"]},
            **(own or {}),
        },
    }


def test_the_digest_of_the_site_is_that_of_all_that_makes_its_pages(tmp_path, monkeypatch):
    made_of = ["_static/a.css", "_static/deep/b.js", "_toc.yml", "ext/local_site.py", "ext/static/c.js"]
    for name in (*made_of, "ext/__pycache__/local_site.cpython-313.pyc", "page.md", "_static/folder.d/d"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(local_site, "__file__", str(tmp_path / "ext/local_site.py"))
    config = SimpleNamespace()
    local_site.digest_site(SimpleNamespace(srcdir=str(tmp_path)), config)
    assert config.site_digest == hashlib.sha256("".join(made_of).encode()).hexdigest()


def test_of_all_listeners_those_of_thebe_alone_are_taken_out():
    def listener(number, module):
        return SimpleNamespace(id=number, handler=SimpleNamespace(__module__=module))

    listeners = {
        "a": [listener(1, "sphinx_thebe"), listener(2, "sphinx.ext"), listener(3, "sphinx_thebe.x")],
        "b": [listener(4, "other.sphinx_thebe")],
    }
    out = []
    events = SimpleNamespace(listeners=listeners)
    local_site.leave_out_thebe(SimpleNamespace(events=events, disconnect=out.append), None)
    assert out == [1, 3]


def test_repeated_ids_are_numbered_in_the_order_of_the_page_and_others_are_kept():
    section = nodes.section("", ids=["exercise-content", "own"])
    for names in (["solution-content"], ["x", "exercise-content"], ["exercise-content"]):
        section += nodes.container("", ids=names)
    local_site.make_ids_unique(None, section, "page")
    assert [node["ids"] for node in section.findall(nodes.Element)] == [
        ["exercise-content-1", "own"], ["solution-content-1"], ["x", "exercise-content-2"],
        ["exercise-content-3"],
    ]  # fmt: skip


def script(filename=None, body=None):
    return SimpleNamespace(filename=filename, attributes={"body": body} if body else {})


@pytest.mark.parametrize(
    ("body", "formulas"), [('<span class="math notranslate">', True), ("<p>", False), (None, False)]
)
def test_a_page_loads_each_script_once_and_those_for_formulas_where_it_has_some(body, formulas):
    own, mathjax = script("a.js"), script("_static/mathjax/startup.js?v=1")
    settings, inline = script(body="window.MathJax = {}"), script(body="let MathJax = 1;")
    scripts = [
        own,
        mathjax,
        "b.js",
        settings,
        inline,
        script("a.js"),
        script(body="let MathJax = 1;"),
        "b.js",
    ]
    styles = [SimpleNamespace(filename="_static/sphinx-thebe.css"), "sphinx-thebe.css", "own.css"]
    context = {"script_files": scripts, "css_files": styles}
    if body:
        context["body"] = body
    local_site.trim_assets(None, "page", "page.html", context, None)
    assert context["script_files"] == [own, *[mathjax] * formulas, "b.js", *[settings] * formulas, inline]
    assert context["css_files"] == ["own.css"]


def test_a_page_without_scripts_and_styles_stays_without():
    context = {}
    local_site.trim_assets(None, "page", "page.html", context, None)
    assert context == {"script_files": [], "css_files": []}


def finished(site, monkeypatch):
    """Let a site be finished, without MathJax; return the folders that MathJax would have gone to."""
    copied = []
    monkeypatch.setattr(local_site, "copy_mathjax", copied.append)
    local_site.finish_site(SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=str(site)), None)
    return copied


def test_what_no_page_loads_leaves_the_site_and_everything_else_stays(tmp_path, monkeypatch):
    static = tmp_path / "_static"
    unused = [
        "scripts/a.js.map",
        "styles/a.css.map",
        "scripts/fontawesome.js",
        "scripts/fontawesome.js.LICENSE.txt",
        "vendor/fontawesome/webfonts/a.ttf",
    ]
    used = ["scripts/a.js", "styles/a.css", "vendor/fontawesome/webfonts/a.woff2", "a.map", "a.ttf"]
    for name in (*unused, *used):
        (static / name).parent.mkdir(parents=True, exist_ok=True)
        (static / name).write_text(name)
    assert finished(tmp_path, monkeypatch) == [static / "mathjax"]
    assert sorted(str(p.relative_to(static)) for p in static.rglob("*.*")) == sorted(used)


def test_every_page_is_corrected_in_whatever_folder_but_none_of_the_static_files(tmp_path, monkeypatch):
    wrong = '<div role="list" class="citation-list">ä'
    pages = ["index.html", "chapters/deep/page.html", "_static/webpack-macros.html", "page.txt"]
    for name in pages:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(wrong, encoding="utf-8")
    finished(tmp_path, monkeypatch)
    right = '<div class="citation-list">ä'
    assert [(tmp_path / p).read_text(encoding="utf-8") for p in pages] == [right, right, wrong, wrong]


def test_the_site_gets_of_mathjax_the_same_bytes_and_only_what_pages_load(tmp_path, monkeypatch):
    complaints = []
    monkeypatch.setattr(local_site.logger, "warning", lambda *words: complaints.append(words))
    for _ in range(2):  # a second build finds the folders
        local_site.copy_mathjax(tmp_path / "deep" / "mathjax")
    package = Path(importlib.util.find_spec("sphinx-mathjax-offline").origin).parent / "static/mathjax"
    copied = {path.relative_to(tmp_path / "deep/mathjax") for path in tmp_path.rglob("*") if path.is_file()}
    assert complaints == []
    assert all((tmp_path / "deep/mathjax" / p).read_bytes() == (package / p).read_bytes() for p in copied)
    outside = {path for path in copied if path.parts[0] not in ("input", "output", "a11y")}
    assert outside == {Path("startup.js"), Path("core.js")}
    every = {path.relative_to(package) for path in package.rglob("*") if path.is_file()}
    for folder, suffix in (("input/tex/extensions", ".js"), ("output/chtml/fonts/woff-v2", ".woff")):
        there = {path for path in every if str(path.parent) == folder and path.suffix == suffix}
        assert there
        assert {path for path in copied if str(path.parent) == folder} == there
    others = {str(path) for path in copied - outside if "extensions" not in path.parts}
    assert {name for name in others if not name.endswith(".woff")} == {
        "input/tex.js", "output/chtml.js", "output/chtml/fonts/tex.js", "a11y/assistive-mml.js",
    }  # fmt: skip


@pytest.mark.parametrize(("size", "kept"), [(80_000, True), (80_001, False)])
def test_a_figure_is_stored_anew_from_one_byte_above_80_000(tmp_path, size, kept):
    path = tmp_path / "figure.png"
    Image.new("RGB", (50, 50), "green").save(path)
    path.write_bytes(path.read_bytes().ljust(size, b"\0"))  # readers of PNG stop before what follows it
    local_site.lighten_figure(path)
    assert (path.stat().st_size == size) is kept


def test_a_light_figure_has_256_colours_and_the_smallest_file_that_pillow_makes_of_them(tmp_path):
    path = tmp_path / "figure.png"
    values = np.random.default_rng(0).integers(0, 256, (180, 180, 3), dtype=np.uint8)
    picture = Image.fromarray(values)
    picture.convert("RGBA").save(path)
    local_site.lighten_figure(path)
    picture.quantize(256).save(tmp_path / "best.png", optimize=True)
    assert path.read_bytes() == (tmp_path / "best.png").read_bytes()
    with Image.open(path) as light:
        assert len(light.getcolors()) == 256


def test_a_page_is_written_only_where_something_changes(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("<p>Words.</p>")
    monkeypatch.setattr(Path, "write_text", None)
    local_site.correct_page(path)
    path.unlink()


INDEX_SCRIPTS = (
    '\n<script src="_static/searchtools.js?v=1"></script>\n  <script src="_static/language_data.js"></script>'
    '<script src="searchindex.js" defer></script>'
)


def test_a_page_after_all_corrections(tmp_path):
    Image.new("RGB", (3, 2)).save(tmp_path / "a.png")
    before = (
        "<head>\n  <!-- So that users can add custom icons -->\n"
        '  <script defer src="../_static/scripts/fontawesome.js?digest=1"></script>'
        f'{INDEX_SCRIPTS}\n<script src="own.js"></script></head>'
        '<summary aria-label="Toggle hidden content">Show</summary>'
        '<div role="list" class="citation-list"><div class="citation" role="doc-biblioentry">x</div></div>'
        '<div id="pst-primary-sidebar" class="x"></div>'
        '<div class="math notranslate nohighlight">y</div><span class="math notranslate">z</span>'
        '<tr><th class="head"><p></p></th><th class="head"></th><th class="head"><p>a</p></th></tr>'
        '<p class="admonition-title">Solution to<a class="reference" href="#a"> Exercise</a></p>'
    )
    after = (
        '<head>\n<script src="own.js"></script></head>'
        "<summary>Show</summary>"
        '<div class="citation-list"><div class="citation">x</div></div>'
        '<div role="region" aria-label="Book" id="pst-primary-sidebar" class="x"></div>'
        '<div class="pst-scrollable-table-container math notranslate nohighlight">y</div>'
        '<span class="pst-scrollable-table-container math notranslate">z</span>'
        '<tr><td></td><td></td><th class="head"><p>a</p></th></tr>'
        '<p class="admonition-title">Solution to <a class="reference" href="#a">Exercise</a></p>'
    )
    for name in ("page.html", "search.html"):
        (tmp_path / name).write_text(before)
        local_site.correct_page(tmp_path / name)
    assert (tmp_path / "page.html").read_text() == after
    assert (tmp_path / "search.html").read_text() == after.replace("<head>", f"<head>{INDEX_SCRIPTS}")


LAZY = '<img loading="lazy" decoding="async"'


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ('<img src="../_images/a.png">', f'{LAZY} width="3" height="2" src="../_images/a.png">'),
        ('<img src="../_images/a.jpg">', f'{LAZY} width="3" height="2" src="../_images/a.jpg">'),
        ('<img src="../_images/a.jpeg">', f'{LAZY} width="3" height="2" src="../_images/a.jpeg">'),
        ('<img src="../_images/a.svg">', f'{LAZY} src="../_images/a.svg">'),  # its size stands in the file
        ('<img height="9" src="../_images/a.png">', f'{LAZY} height="9" src="../_images/a.png">'),
        (
            '<img style="height: 9em" src="../_images/a.png">',
            f'{LAZY} style="height: 9em" src="../_images/a.png">',
        ),
        ('<img loading="eager" src="../_images/a.png">', '<img loading="eager" src="../_images/a.png">'),
        ('<img src="https://o.org/a.png">', '<img src="https://o.org/a.png">'),
        ("<img>", "<img>"),
        ("<imgs>", "<imgs>"),
    ],
)
def test_figures_alone_load_lazily_with_the_size_of_their_file(tmp_path, image, expected):
    (tmp_path / "_images").mkdir()
    for suffix in ("png", "jpg", "jpeg"):
        Image.new("RGB", (3, 2)).save(tmp_path / f"_images/a.{suffix}")
    (tmp_path / "chapters").mkdir()
    assert local_site.lazy_images(f"a{image}b", tmp_path / "chapters") == f"a{expected}b"
