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
