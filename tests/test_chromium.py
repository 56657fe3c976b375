"""Finding the browser, or saying what is missing."""

import pytest

from sphinx_ext.chromium import BrowserMissing, find_chromium


def test_a_missing_browser_is_named(monkeypatch):
    monkeypatch.setenv("COURSE_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(BrowserMissing, match="set COURSE_CHROMIUM"):
        find_chromium()


def test_the_chosen_browser_comes_before_those_on_the_path(monkeypatch, tmp_path):
    for name in ("mine", "chromium"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium() == str(tmp_path / "chromium")
    monkeypatch.setenv("COURSE_CHROMIUM", "mine")
    assert find_chromium() == str(tmp_path / "mine")


def test_who_has_no_browser_is_told_how_to_get_one(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("COURSE_CHROMIUM", raising=False)
    with pytest.raises(BrowserMissing) as caught:
        find_chromium()
    assert str(caught.value) == (
        "Expected one of chromium, chromium-browser, google-chrome on the path and found none. Install "
        "Chromium (Debian, Ubuntu: apt-get install chromium), or set COURSE_CHROMIUM to its path."
    )
    for name in ("google-chrome", "chromium-browser", "chromium"):  # the later, the better
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
        assert find_chromium() == str(tmp_path / name)
