"""The built site asks nobody else for anything and is light: the extension, on planted faults."""

import io
import re
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from sphinx_project import PNG, build, planted_extension

from sphinx_ext import local_site


def doubled_script(app):
    """Add a script once, but at a moment when Sphinx reads it twice (as sphinx-togglebutton does)."""
    app.connect("builder-inited", lambda app: app.add_js_file(None, body="let planted = 1;"))


def test_the_theme_loads_no_foreign_and_no_doubled_script(tmp_path):
    with planted_extension(doubled_script) as planted:
        site, _ = build(
            tmp_path,
            {"index.md": "# Title\n\nText.\n"},
            ["myst_nb", "sphinx_thebe", "sphinx_book_theme", planted, "sphinx_ext.local_site"],
            html_theme="sphinx_book_theme",
        )
    page = (site / "index.html").read_text()
    assert page.count("let planted = 1;") == 1
    assert not re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//', page)
    assert "thebe" not in page
    assert "unpkg" not in page
    assert "fontawesome.js" not in page
    assert "searchindex.js" not in page
    assert "searchindex.js" in (site / "search.html").read_text()
    assert not (site / "_static/scripts/fontawesome.js").exists()
    assert (site / "_static/vendor/fontawesome/webfonts/fa-solid-900.woff2").exists()


def test_without_the_extension_the_planted_project_is_not_local(tmp_path):
    with planted_extension(doubled_script) as planted:
        site, _ = build(
            tmp_path,
            {"index.md": "# Title\n\n$x$\n"},
            ["myst_nb", "sphinx_thebe", "sphinx_book_theme", planted],
            html_theme="sphinx_book_theme",
            myst_enable_extensions=["dollarmath"],
        )
    page = (site / "index.html").read_text()
    assert page.count("let planted = 1;") == 2
    assert "unpkg.com/thebe" in page
    assert "cdn.jsdelivr.net" in page
    assert "fontawesome.js" in page


def test_mathjax_is_local_and_loaded_only_where_there_are_formulas(tmp_path):
    site, _ = build(
        tmp_path,
        {"index.md": "# Title\n\n```{toctree}\nmath\n```\n", "math.md": "# Formula\n\nHere: $x$.\n"},
        ["myst_nb", "sphinx_ext.local_site"],
        myst_enable_extensions=["dollarmath"],
    )
    assert "mathjax/startup.js" in (site / "math.html").read_text()
    assert "athJax" not in (site / "index.html").read_text()
    size = sum(path.stat().st_size for path in (site / "_static/mathjax").rglob("*") if path.is_file())
    assert 500e3 < size < 2.5e6  # the package holds 24 MB
    for part in local_site.MATHJAX_LOADS:
        assert (site / f"_static/mathjax/{part}.js").is_file()


def test_a_mathjax_package_without_a_needed_file_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(local_site, "MATHJAX_FILES", ("startup.js", "absent/*.js"))
    messages = []
    monkeypatch.setattr(local_site.logger, "warning", lambda text, *values: messages.append(text % values))
    local_site.copy_mathjax(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["startup.js"]
    assert messages == ["sphinx-mathjax-offline holds no file absent/*.js: formulas will not show"]


def test_exercises_get_ids_of_their_own(tmp_path):
    exercise = "```{exercise}\n:label: %s\nDo it.\n```\n\n```{solution} %s\nDone.\n```\n\n"
    page = "# Title\n\n" + exercise % ("one", "one") + exercise % ("two", "two")
    site, _ = build(tmp_path, {"index.md": page}, ["myst_nb", "sphinx_exercise", "sphinx_ext.local_site"])
    ids = re.findall(r'\bid="([^"]*)"', (site / "index.html").read_text())
    assert {"exercise-content-1", "exercise-content-2", "solution-content-2"} <= set(ids)
    assert len(ids) == len(set(ids))


def test_figures_load_lazily_and_hold_their_place(tmp_path):
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images/a.png").write_bytes(PNG)
    page = '<img alt="x" src="_images/a.png" /><img alt="icon" src="_static/icon.png" />'
    lazy = local_site.lazy_images(page, tmp_path)
    assert lazy == (
        '<img loading="lazy" decoding="async" width="1" height="1" alt="x" src="_images/a.png" />'
        '<img alt="icon" src="_static/icon.png" />'
    )
    assert local_site.lazy_images(lazy, tmp_path) == lazy


def test_the_size_that_a_figure_was_drawn_for_lets_it_shrink(tmp_path):
    page = '<img alt="x" src="_images/a.png" style="width: 606px; height: 386px;" />'
    lazy = local_site.lazy_images(page, tmp_path)
    assert lazy == (
        '<img loading="lazy" decoding="async" alt="x" src="_images/a.png" width="606" height="386" />'
    )


def noise(mode, size=200):
    """Return a picture that compresses badly, as a photograph does."""
    return Image.frombytes(mode, (size, size), np.random.default_rng(0).bytes(size * size * len(mode)))


def test_a_heavy_figure_becomes_lighter_and_keeps_its_look(tmp_path):
    path = tmp_path / "photograph.png"
    smooth = noise("RGB", 20).resize((400, 400), Image.Resampling.BICUBIC)
    smooth.convert("RGBA").save(path)
    heavy = path.stat().st_size
    assert heavy > local_site.HEAVY_FIGURE
    local_site.lighten_figure(path)
    assert path.stat().st_size < heavy / 2
    with Image.open(path) as light:
        difference = np.abs(np.asarray(light.convert("RGB"), float) - np.asarray(smooth, float))
    assert difference.mean() < 13  # of 255; half the distance between neighbours of 256 even colours is 16


def test_figures_of_a_page_are_made_light_and_lazy_and_light_ones_are_kept(tmp_path):
    pictures = {}
    for name, size in (("heavy", 250), ("light", 20)):
        buffer = io.BytesIO()
        noise("RGB", size).save(buffer, "png")
        pictures[f"{name}.png"] = buffer.getvalue()
    page = "# Title\n\n![a photograph](heavy.png)\n\n![a sign](light.png)\n"
    site, _ = build(tmp_path, {"index.md": page, **pictures}, ["myst_nb", "sphinx_ext.local_site"])
    assert (site / "_images/heavy.png").stat().st_size < len(pictures["heavy.png"]) / 2
    assert (site / "_images/light.png").read_bytes() == pictures["light.png"]
    html = (site / "index.html").read_text()
    assert re.findall(r'<img loading="lazy" decoding="async" width="(\d+)" height="(\d+)"', html) == [
        ("250", "250"), ("20", "20"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("format", "exception"), [("html", RuntimeError()), ("latex", None)], ids=["failed", "other-builder"]
)
def test_nothing_but_a_finished_site_is_corrected(tmp_path, format, exception):
    (tmp_path / "index.html").write_text('<div role="list" class="citation-list">')
    app = SimpleNamespace(builder=SimpleNamespace(format=format), outdir=str(tmp_path))
    local_site.finish_site(app, exception)
    assert [path.name for path in tmp_path.iterdir()] == ["index.html"]
    assert "role=" in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize("mode", ["RGBA", "P"])
def test_transparent_and_finished_figures_are_left_alone(tmp_path, mode):
    path = tmp_path / "figure.png"
    (noise("RGBA") if mode == "RGBA" else noise("RGB", 600).quantize(256)).save(path)
    before = path.read_bytes()
    assert len(before) > local_site.HEAVY_FIGURE
    local_site.lighten_figure(path)
    assert path.read_bytes() == before


def test_a_width_that_the_author_chose_is_kept(tmp_path):
    page = '<img style="width: 50%" src="_images/a.png" />'
    assert local_site.lazy_images(page, tmp_path).count("width") == 1


def test_correcting_a_page_twice_changes_nothing(tmp_path):
    path = tmp_path / "page.html"
    path.write_text(
        '<summary aria-label="Toggle hidden content"><p>Show</p></summary>'
        '<div role="list" class="citation-list"><div class="citation" role="doc-biblioentry">x</div></div>'
        '<div class="math notranslate nohighlight">y</div>'
        '<tr><th class="head"></th><th class="head"><p>loss</p></th></tr>'
        '<p class="admonition-title">Solution to<a class="reference" href="#a"> Exercise</a></p>'
    )
    local_site.correct_page(path)
    once = path.read_text()
    assert "aria-label" not in once
    assert "role=" not in once
    assert '<tr><td></td><th class="head"><p>loss</p></th></tr>' in once
    assert "pst-scrollable-table-container" in once
    assert '</tr><p class="admonition-title">Solution to <a class="reference" href="#a">Exercise' in once
    local_site.correct_page(path)
    assert path.read_text() == once


def test_a_new_style_sheet_writes_every_page_again(tmp_path):
    files = {"index.md": "# Title\n", "_static/book.css": "p { color: red }"}
    site, _ = build(tmp_path, files, ["myst_nb", "sphinx_ext.local_site"])
    (site / "index.html").write_text("stale")
    build(tmp_path, {}, ["myst_nb", "sphinx_ext.local_site"])
    assert (site / "index.html").read_text() == "stale"
    build(tmp_path, {"_static/book.css": "p { color: blue }"}, ["myst_nb", "sphinx_ext.local_site"])
    assert (site / "index.html").read_text() != "stale"
