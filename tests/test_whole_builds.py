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
