"""Chapters are executed side by side before Sphinx reads them."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from threading import Barrier
from types import SimpleNamespace

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


@pytest.mark.pipeline
def test_two_pages_run_at_the_same_time_and_then_stand_in_the_site(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("COURSE_JOBS", "2")
    monkeypatch.setattr(KernelManager.transport_encryption, "default_value", "disabled")
    index = "# Book\n\n```{toctree}\none\ntwo\n```\n"
    files = {"index.md": index, "one.md": page(MEETS % ("a", "b")), "two.md": page(MEETS % ("b", "a"))}
    site, warnings = build_cached(tmp_path, files)
    assert warnings == ""
    assert all(">met\n" in (site / f"{name}.html").read_text() for name in ("one", "two"))
    # No kernel complains about its connection. One that is ended may complain about other things.
    assert "encryption" not in capfd.readouterr().err


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


@pytest.mark.pipeline
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


def test_the_time_that_is_left_is_that_of_the_pages_that_are_left(monkeypatch):
    said, clock = [], iter([1000.0, 1060.4, 1300.0])
    monkeypatch.setenv("COURSE_JOBS", "2")
    monkeypatch.setattr(side_by_side, "perf_counter", lambda: next(clock))
    monkeypatch.setattr(side_by_side, "as_completed", list)
    monkeypatch.setattr(
        side_by_side, "run_one", lambda config, path, *rest: {"a": 60.4, "b": 299.6}[path.stem]
    )
    monkeypatch.setattr(side_by_side.logger, "info", said.append)
    side_by_side.run_all(None, [(Path("x/a.md"), None, None), (Path("b.md"), None, None)])
    assert said == [
        "executing 2 pages, 2 at once: about 1 minute on a quiet machine",
        "executed 1 of 2: a, 60 s (60 s in all, about 1 minute left)",
        "executed 2 of 2: b, 300 s (300 s in all, less than a minute left)",
    ]


def test_no_more_run_at_once_than_there_are_and_each_gets_what_belongs_to_it(monkeypatch):
    said, ran = [], []
    monkeypatch.setenv("COURSE_JOBS", "8")
    monkeypatch.setattr(side_by_side, "run_one", lambda *found: ran.append(found) or 0.0)
    monkeypatch.setattr(side_by_side.logger, "info", said.append)
    side_by_side.run_all("config", [(Path("a.md"), "notebook", "format")])
    assert ran == [("config", Path("a.md"), "notebook", "format")]
    assert said[0].startswith("executing 1 pages, 1 at once: about 1 minute")


def test_after_a_failure_what_waits_never_starts(monkeypatch):
    started, entered = [], JupyterCacheBase.cache_notebook_bundle

    def fail(config, path, *rest):
        started.append(path.stem)
        if path.stem == "a":
            raise ValueError("broken")
        time.sleep(0.05)

    monkeypatch.setenv("COURSE_JOBS", "1")
    monkeypatch.setattr(side_by_side, "run_one", fail)
    with pytest.raises(ValueError, match="broken"):
        side_by_side.run_all(None, [(Path(f"{name}.md"), None, None) for name in "abcdefgh"])
    assert len(started) < 8
    assert JupyterCacheBase.cache_notebook_bundle is entered


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than a minute"),
        (59.9, "less than a minute"),
        (60, "about 1 minute"),
        (89, "about 1 minute"),
        (90, "about 2 minutes"),
        (600, "about 10 minutes"),
    ],
)
def test_a_time_is_told_in_whole_minutes(seconds, said):
    assert side_by_side.minutes(seconds) == said


def test_a_number_of_jobs_is_taken_and_else_that_of_the_cores_this_process_may_use(monkeypatch):
    monkeypatch.setattr(
        os, "sched_getaffinity", lambda process: {2, 5, 7} if process == 0 else set(), raising=False
    )
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    for chosen, jobs in ((None, 3), ("", 3), ("1", 1), ("12", 12)):
        monkeypatch.delenv("COURSE_JOBS", raising=False)
        if chosen is not None:
            monkeypatch.setenv("COURSE_JOBS", chosen)
        assert side_by_side.num_jobs() == jobs
    monkeypatch.delenv("COURSE_JOBS")
    monkeypatch.delattr(os, "sched_getaffinity")
    assert side_by_side.num_jobs() == 64
    monkeypatch.setenv("COURSE_JOBS", "x")
    with pytest.raises(ConfigError) as error:
        side_by_side.num_jobs()
    assert str(error.value) == "COURSE_JOBS=x is not a whole number above 0."


def test_pages_run_in_the_order_of_the_contents_those_that_are_not_in_it_last():
    assert side_by_side.in_order(["x", "c", "a", "y", "b"], ["b", "a", "c"]) == ["b", "a", "c", "x", "y"]
    assert side_by_side.in_order(["b", "a"], ()) == ["b", "a"]


@pytest.mark.parametrize(("mode", "runs"), [("cache", [["b"]]), ("force", []), ("off", [])])
def test_only_pages_with_code_that_are_not_in_the_cache_run(monkeypatch, mode, runs):
    ran = []
    monkeypatch.setattr(side_by_side, "get_cache", lambda path: {"there": "the cache"}[path])
    monkeypatch.setattr(
        side_by_side, "read_notebook", lambda env, name: None if name == "text" else (Path(name), name, None)
    )
    monkeypatch.setattr(
        side_by_side, "is_cached", lambda cache, notebook: (cache, notebook) == ("the cache", "a")
    )
    monkeypatch.setattr(
        side_by_side, "run_all", lambda config, found: ran.append((config, [n for _, n, _ in found]))
    )
    config = SimpleNamespace(execution_mode=mode, execution_cache_path="there")
    side_by_side.execute_chapters(None, SimpleNamespace(mystnb_config=config), ["text", "a", "b"])
    assert ran == [(config, names) for names in runs]


def test_pages_are_handed_over_in_the_order_of_the_book(monkeypatch):
    ran = []
    monkeypatch.setattr(side_by_side, "get_cache", lambda path: None)
    monkeypatch.setattr(side_by_side, "read_notebook", lambda env, name: (Path(name), name, None))
    monkeypatch.setattr(side_by_side, "is_cached", lambda *_: False)
    monkeypatch.setattr(
        side_by_side, "run_all", lambda config, found: ran.extend(name for _, name, _ in found)
    )
    config = SimpleNamespace(execution_mode="cache", execution_cache_path="")
    env = SimpleNamespace(mystnb_config=config, external_site_map={"b": 1, "a": 2})
    side_by_side.execute_chapters(None, env, ["a", "b"])
    assert ran == ["b", "a"]


def test_a_run_tells_its_seconds_and_its_complaints_and_nothing_else(monkeypatch):
    given = []

    def client(notebook, path, config, log, read_fmt):
        given.append((notebook, path, config, read_fmt))
        assert log.info == side_by_side.logger.verbose  # every cell of every page is too much to read
        assert log.warning == side_by_side.logger.warning
        return nullcontext(SimpleNamespace(exec_metadata={"runtime": 7.5}))

    monkeypatch.setattr(side_by_side, "create_client", client)
    assert side_by_side.run_one("config", Path("a.md"), "notebook", "format") == 7.5
    assert given == [("notebook", "a.md", "config", "format")]
