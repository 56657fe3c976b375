"""A build that was killed: what it left half-written is written again."""

import os
from types import SimpleNamespace

import pytest
from filelock import FileLock
from sphinx.errors import ConfigError
from sphinx_project import build

from sphinx_ext import whole_builds

PAGES = {"index.md": "# Title\n\nText of the [other page](other.md).\n", "other.md": "# Other\n\nWords.\n"}


def built(folder, *extensions):
    """Build the pages, which are written only once: Sphinx looks at their age."""
    files = {} if (folder / "source").exists() else PAGES
    return build(folder, files, ["myst_nb", *extensions])[0]


def killed_while_writing(site):
    """Leave the site as a kill within the writing of a page leaves it: half a page, and young."""
    page = site / "index.html"
    whole = page.read_text()
    page.write_text(whole[: len(whole) // 2])
    (site / whole_builds.MARK).touch()
    return whole


def test_half_a_page_is_written_again_whole(tmp_path):
    site = built(tmp_path, "sphinx_ext.whole_builds")
    assert not (site / whole_builds.MARK).exists()
    whole = killed_while_writing(site)
    (site / "left-over.html").write_text("of a page that is gone")
    built(tmp_path, "sphinx_ext.whole_builds")
    assert (site / "index.html").read_text() == whole
    assert "Words." in (site / "other.html").read_text()
    assert not (site / "left-over.html").exists()
    assert not (site / whole_builds.MARK).exists()


def test_what_a_killed_build_left_is_said_and_after_a_whole_one_nothing(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(whole_builds.logger, "info", said.append)
    app = SimpleNamespace(outdir=tmp_path / "html", doctreedir=tmp_path / "doctrees")
    app.outdir.mkdir()
    for _ in range(2):  # the first finds an empty folder, and does not end
        whole_builds.begin(app, None)
        app.building.release()
    assert len(said) == 1
    assert "did not end" in said[0]


def test_sphinx_alone_keeps_half_a_page(tmp_path):
    """The fault that the extension mends is there; without it this file would be needless."""
    site = built(tmp_path)
    whole = killed_while_writing(site)
    built(tmp_path)
    assert whole.startswith((site / "index.html").read_text())
    assert (site / "index.html").read_text() != whole


def test_after_a_whole_build_nothing_is_written_again(tmp_path):
    site = built(tmp_path, "sphinx_ext.whole_builds")
    os.utime(site / "index.html", (2e9, 2e9))
    built(tmp_path, "sphinx_ext.whole_builds")
    assert (site / "index.html").stat().st_mtime == 2e9


def test_a_failed_build_counts_as_killed(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    site = built(tmp_path, "sphinx_ext.whole_builds")
    monkeypatch.setattr("sphinx.builders.html.StandaloneHTMLBuilder.write_doc", fail)
    with pytest.raises(OSError, match="No space left"):
        build(tmp_path, {"index.md": "# Title\n\nNew text.\n"}, ["myst_nb", "sphinx_ext.whole_builds"])
    assert (site / whole_builds.MARK).exists()
    monkeypatch.undo()
    assert "New text." in (built(tmp_path, "sphinx_ext.whole_builds") / "index.html").read_text()


def test_the_second_of_two_builds_in_one_folder_is_refused_and_touches_nothing(tmp_path):
    site = built(tmp_path, "sphinx_ext.whole_builds")
    page = (site / "index.html").read_text()
    (site / whole_builds.MARK).touch()  # the first one is at work
    with FileLock(site.parent / whole_builds.LOCK), pytest.raises(ConfigError, match="Another build"):
        built(tmp_path, "sphinx_ext.whole_builds")
    assert (site / "index.html").read_text() == page


def an_app(folder):
    return SimpleNamespace(outdir=str(folder / "html"), doctreedir=str(folder / "doctrees"))


def test_a_folder_is_marked_while_a_build_works_in_it_and_emptied_where_one_was_killed(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(whole_builds.logger, "info", said.append)
    for name in ("html/a.html", "html/deep/b.html", "doctrees/a.doctree"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    app = an_app(tmp_path)
    whole_builds.begin(app, None)
    mark = tmp_path / "html" / ".unfinished"
    assert mark.exists()
    assert (tmp_path / "html/a.html").exists()  # the build before was whole
    assert app.building.is_locked
    whole_builds.end(app, RuntimeError())
    assert mark.exists()
    assert not app.building.is_locked
    assert said == []
    whole_builds.begin(app, None)
    assert said == ["The last build did not end: its pages are written again, nothing is executed twice."]
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        ".building",
        ".unfinished",
        "doctrees",
        "html",
    ]
    whole_builds.end(app, None)
    assert not mark.exists()
    assert not app.building.is_locked


def test_the_second_build_is_told_which_folder_is_taken(tmp_path):
    (tmp_path / "html").mkdir()
    first, second = an_app(tmp_path), an_app(tmp_path)
    whole_builds.begin(first, None)
    with pytest.raises(ConfigError) as error:
        whole_builds.begin(second, None)
    assert str(error.value) == f"Another build is writing to {tmp_path}. Wait until it is done."
    assert second.building.timeout == 0  # it is told at once
    whole_builds.end(first, None)


def test_the_mark_goes_last_from_a_folder_that_is_emptied(tmp_path, monkeypatch):
    for name in (".unfinished", "a.html", ".buildinfo"):
        (tmp_path / name).touch()
    (tmp_path / "folder").mkdir()
    gone, unlink, rmtree = [], type(tmp_path).unlink, whole_builds.shutil.rmtree
    monkeypatch.setattr(type(tmp_path), "unlink", lambda path: gone.append(path.name) or unlink(path))
    monkeypatch.setattr(whole_builds.shutil, "rmtree", lambda path: gone.append(path.name) or rmtree(path))
    whole_builds.empty(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert sorted(gone) == [".buildinfo", ".unfinished", "a.html", "folder"]
    assert gone[-1] == ".unfinished"


def test_the_folder_is_taken_before_sphinx_reads_it_and_given_back_after_all_others(monkeypatch):
    connected = []
    app = SimpleNamespace(connect=lambda *given, priority=500: connected.append((*given, priority)))
    whole_builds.setup(app)
    assert connected == [("config-inited", whole_builds.begin, 1), ("build-finished", whole_builds.end, 999)]
