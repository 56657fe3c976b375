"""The site holds the icons that its pages show, and no others."""

import re
from types import SimpleNamespace

import pytest
from fontTools.ttLib import TTFont
from sphinx_project import build

from sphinx_ext import icons

ROCKET, GHOST, MAGNIFIER = 0xF135, 0xF6E2, 0xF002
ANGLE_DOWN = 0xF107  # the book theme's own style sheet writes it, below a folded heading of the menu
PAGE = '# Title\n\n```{raw} html\n<i class="fas fa-rocket"></i>\n```\n'


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A built project that shows a rocket of its own; the rest comes from the theme."""
    folder = tmp_path_factory.mktemp("icons")
    extensions = ["myst_nb", "sphinx_book_theme", "sphinx_ext.local_site", "sphinx_ext.icons"]
    site, warnings = build(folder, {"index.md": PAGE}, extensions, html_theme="sphinx_book_theme")
    return SimpleNamespace(site=site, static=site / "_static", warnings=warnings)


def drawn(path):
    """Return the characters that a font can draw, and the names by which it goes."""
    font = TTFont(path)
    return set(font.getBestCmap()), {record.nameID: str(record) for record in font["name"].names}


def test_fonts_hold_what_is_shown_and_go_by_another_name(project):
    characters, names = drawn(project.static / icons.FONTS / "fa-solid-900.woff")
    assert {ROCKET, MAGNIFIER, ANGLE_DOWN} <= characters
    assert GHOST not in characters
    assert len(characters) < 60
    assert "Font Awesome" not in names[1] + names[4] + names[6]
    assert "Font Awesome" in names[icons.COPYRIGHT]
    sizes = {path.name: path.stat().st_size for path in (project.static / icons.FONTS).iterdir()}
    assert all(name.endswith(".woff") and size < 6_000 for name, size in sizes.items()), sizes


def test_the_style_sheet_names_what_is_there(project):
    sheet = (project.static / icons.STYLE).read_text(encoding="utf-8")
    assert ".fa-rocket:before" in sheet
    assert ".fa-ghost" not in sheet
    assert ".fa-lg{" in sheet  # sizes are no icons
    for address in re.findall(r"url\(([^()\"]*fontawesome[^()]*)\)", sheet):
        assert (project.static / icons.STYLE).parent.joinpath(address).is_file()
    assert sheet.count(".woff)") == 3
    assert "ttf" not in sheet
    assert project.warnings == ""


def test_a_second_time_gives_the_same_bytes_and_an_icon_more_is_kept(project):
    app = SimpleNamespace(outdir=project.site, builder=SimpleNamespace(format="html"))
    font = project.static / icons.FONTS / "fa-solid-900.woff"
    before = font.read_bytes()
    icons.keep_used_icons(app, None)
    assert font.read_bytes() == before
    (project.site / "more.html").write_text('<i class="fa-solid fa-ghost"></i>')
    icons.keep_used_icons(app, None)
    assert GHOST in drawn(font)[0]


def test_a_sheet_without_icons_is_left_alone():
    sheet = "body{color:red}.fa-lg{font-size:1.25em}"
    assert icons.keep_rules(sheet, {"fa-lg"}) == (sheet, [])


@pytest.mark.parametrize(("error", "kind"), [(ValueError("broken"), "html"), (None, "latex")])
def test_a_failed_build_and_one_on_paper_keep_their_fonts(project, tmp_path, error, kind):
    (tmp_path / "_static" / icons.STYLE).parent.mkdir(parents=True)
    (tmp_path / "_static" / icons.STYLE).write_text("as it was")
    icons.keep_used_icons(SimpleNamespace(outdir=tmp_path, builder=SimpleNamespace(format=kind)), error)
    assert (tmp_path / "_static" / icons.STYLE).read_text() == "as it was"


def test_a_theme_whose_sheet_names_no_icons_keeps_it_and_the_build_warns(tmp_path, monkeypatch):
    warnings = []
    monkeypatch.setattr(icons.logger, "warning", warnings.append)
    monkeypatch.setattr(icons, "theme_folder", lambda: tmp_path / "theme")
    for folder, text in (("theme", "body{color:red}"), ("site/_static", "as it was")):
        (tmp_path / folder / icons.STYLE).parent.mkdir(parents=True)
        (tmp_path / folder / icons.STYLE).write_text(text)
    app = SimpleNamespace(outdir=tmp_path / "site", builder=SimpleNamespace(format="html"))
    icons.keep_used_icons(app, None)
    assert (tmp_path / "site/_static" / icons.STYLE).read_text() == "as it was"
    assert ["both stay as they are" in warning for warning in warnings] == [True]
