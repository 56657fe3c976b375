"""Chapters are executed side by side before Sphinx reads them."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from jupyter_cache.cache.main import JupyterCacheBase
from jupyter_client import KernelManager
from sphinx.errors import ConfigError
from sphinx_project import build

from sphinx_ext import side_by_side

HEAD = """---
file_format: mystnb
kernelspec: {display_name: Python 3, language: python, name: python3}
---

# Page

```{code-cell}
"""
# Each of two pages waits until the other one has come as far.
MEETS = """import pathlib, time
pathlib.Path("%s").touch()
while not pathlib.Path("%s").exists():
    time.sleep(0.01)
print("met")"""


def page(code):
    return HEAD + code + "\n```\n"


def build_cached(folder, files):
    """Build with a cache under `folder`; return what `build` does."""
    return build(
        folder, files, ["myst_nb", "sphinx_ext.side_by_side"], nb_execution_mode="cache",
        nb_execution_raise_on_error=True, nb_execution_cache_path=str(folder / "cache"),
        nb_execution_timeout=300,  # two kernels of a busy machine may start far apart
    )  # fmt: skip


def test_two_pages_run_at_the_same_time_and_then_stand_in_the_site(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_JOBS", "2")
    index = "# Book\n\n```{toctree}\none\ntwo\n```\n"
    files = {"index.md": index, "one.md": page(MEETS % ("a", "b")), "two.md": page(MEETS % ("b", "a"))}
    site, warnings = build_cached(tmp_path, files)
    assert warnings == ""
    assert all(">met\n" in (site / f"{name}.html").read_text() for name in ("one", "two"))


def test_a_build_says_what_runs_and_how_long_it_may_take(tmp_path, monkeypatch):
    said = []
    monkeypatch.setenv("COURSE_JOBS", "1")
    monkeypatch.setattr(side_by_side, "run_one", lambda *found: 7.0)
    monkeypatch.setattr(side_by_side.logger, "info", said.append)
    notebooks = [(Path(f"{name}.md"), None, None) for name in "abc"]
    side_by_side.run_all(None, notebooks)
    assert said[0] == "executing 3 pages, 1 at once: about 4 minutes on a quiet machine"
    assert [text.partition(" (")[0] for text in said[1:]] == [
        f"executed {i} of 3: {n}, 7 s" for i, n in ((1, "a"), (2, "b"), (3, "c"))
    ]
    said.clear()
    side_by_side.run_all(None, [])
    assert said == []


def test_a_chapter_s_kernel_says_nothing_of_its_connection(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(KernelManager.transport_encryption, "default_value", "disabled")
    _, warnings = build_cached(tmp_path, {"index.md": page("print(1)")})
    assert warnings == ""
    assert capfd.readouterr().err == ""


def test_what_is_in_the_cache_does_not_run_again(tmp_path, monkeypatch):
    ran = []
    run_one = side_by_side.run_one
    monkeypatch.setattr(side_by_side, "run_one", lambda *found: ran.append(found[1].stem) or run_one(*found))
    for text in ("", "A changed sentence.\n"):
        build_cached(tmp_path, {"index.md": page("print(1)") + text})
    assert ran == ["index"]
    build_cached(tmp_path, {"index.md": page("print(2)")})
    assert ran == ["index", "index"]


def test_a_page_without_code_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(side_by_side, "run_one", None)
    build_cached(tmp_path, {"index.md": "# Text alone\n"})


def test_a_cell_that_fails_ends_the_build_and_names_its_page(tmp_path):
    with pytest.raises(Exception, match=r"index\.md"):
        build_cached(tmp_path, {"index.md": page("1 / 0")})


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "1.5"])
def test_a_wrong_number_of_jobs_is_named(monkeypatch, jobs):
    monkeypatch.setenv("COURSE_JOBS", jobs)
    with pytest.raises(ConfigError, match=f"COURSE_JOBS={jobs} is not"):
        side_by_side.num_jobs()


def test_without_a_number_each_core_has_a_job(monkeypatch):
    monkeypatch.setenv("COURSE_JOBS", "")
    assert side_by_side.num_jobs() >= 1


def test_chapters_that_end_at_once_enter_the_cache_one_after_another(monkeypatch):
    inside, most = [], []

    def enter(cache):
        inside.append(cache)
        most.append(len(inside))
        time.sleep(0.01)  # long enough for the others to come, were they not held back
        inside.remove(cache)

    monkeypatch.setattr(JupyterCacheBase, "cache_notebook_bundle", enter)
    with side_by_side.one_by_one_into_the_cache(), ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: JupyterCacheBase.cache_notebook_bundle(number), range(8)))
    assert most == [1] * 8
    assert JupyterCacheBase.cache_notebook_bundle is enter


def test_without_that_they_enter_together(monkeypatch):
    both = Barrier(2)
    monkeypatch.setattr(JupyterCacheBase, "cache_notebook_bundle", lambda number: both.wait(timeout=30))
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(lambda number: JupyterCacheBase.cache_notebook_bundle(number), range(2))) == [
            0,
            1,
        ]
