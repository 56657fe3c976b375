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
    assert warnings == ["the theme's style sheet names no icons and no fonts for them: both stay as they are"]


def test_a_rule_stays_if_one_of_its_names_is_used():
    both = r'.fa-bars:before,.fa-navicon:before{content:"\f0c9"}'
    double = r'.fa-x::before{content:"\f00d "}'
    theme = ':root{--pst-icon-check:"\N{CHECK MARK}"}'
    sheet = f"{theme}{both}{double}.fa-lg{{font-size:1.25em}}"
    assert icons.keep_rules(sheet, {"fa-navicon"}) == (
        f"{theme}{both}.fa-lg{{font-size:1.25em}}", [0x2713, 0xF0C9],
    )  # fmt: skip
    assert icons.keep_rules(sheet, {"fa-x", "fa-bars"}) == (sheet, [0x2713, 0xF00D, 0xF0C9])
    assert icons.keep_rules(sheet, set()) == (f"{theme}.fa-lg{{font-size:1.25em}}", [0x2713])


def test_names_are_read_from_pages_and_scripts_and_characters_from_the_other_sheets(tmp_path):
    files = {
        "a/page.html": '<i class="fas fa-arrow-right-1"></i> sofa-bed',
        "_static/deep/a.js": "'fa-bars'", "a/other.js": "fa-no", "_static/b.txt": "fa-no",
        "_static/own.css": 'a{content: "\\f123"} b{content:"\\e00a"} c{content: "\\2713"}',
        f"_static/{icons.STYLE}": 'd{content: "\\f456"}',
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert icons.used_names(tmp_path) == {"fa-arrow-right-1", "fa-bars"}
    assert sorted(icons.written_characters(tmp_path / "_static")) == [0xE00A, 0xF123]


def test_the_part_of_a_font_has_our_name_the_licence_and_nothing_else(tmp_path):
    source = next((icons.theme_folder() / icons.FONTS).glob("*solid-900.ttf"))
    target = tmp_path / "new/folder/part.woff"
    icons.write_font(source, [ROCKET, 0x10FFFD], target)
    characters, names = drawn(target)
    assert characters == {ROCKET}
    assert target.read_bytes()[:4] == b"wOFF"
    _, before = drawn(source)
    kept = {number: before[number] for number in (0, 13, 14) if number in before}
    ours = {1: "Icons of the book", 4: "Icons of the book", 6: "Iconsofthebook"}
    assert names == kept | ours
    records = {(name.platformID, name.platEncID, name.langID) for name in TTFont(target)["name"].names
               if name.nameID in ours}  # fmt: skip
    assert records == {(3, 1, 0x409)}


def test_a_sheet_asks_for_the_small_font_alone_and_the_large_ones_go(project):
    sheet = (project.static / icons.STYLE).read_text(encoding="utf-8")
    assert len(re.findall(r'src:url\([^()]*\.woff\) format\("woff"\)', sheet)) == 3
    assert not list(project.static.rglob("*.woff2"))
