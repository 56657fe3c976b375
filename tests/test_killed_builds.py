"""A build that is killed at random moments and started again ends with the same site."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from benchmark_files import BENCHMARKS, load_benchmark

MOMENTS = 3  # the benchmark takes twenty


@pytest.mark.pipeline
def test_killed_builds_end_with_the_same_site():
    command = [sys.executable, BENCHMARKS / "killed_builds.py", "--moments", str(MOMENTS), "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{MOMENTS} of {MOMENTS} killed builds ended with the same site." in done.stdout


def test_a_process_that_has_just_ended_is_no_error(monkeypatch):
    killed_builds = load_benchmark("killed_builds")
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait()
    family = SimpleNamespace(children=lambda recursive: [ended])
    monkeypatch.setattr(killed_builds.psutil, "Process", lambda number: family)
    assert killed_builds.groups_of(ended.pid, alone=False) == set()


def test_a_file_that_differs_or_is_missing_is_named(tmp_path):
    killed_builds = load_benchmark("killed_builds")
    site = tmp_path / "_build/html"
    (site / "chapters").mkdir(parents=True)
    (site / "index.html").write_text("a")
    (site / "chapters/ink.html").write_text("b")
    expected = killed_builds.contents(tmp_path)
    assert killed_builds.different(expected, killed_builds.contents(tmp_path)) == []
    (site / "index.html").write_text("half")
    (site / "chapters/ink.html").unlink()
    (site / ".unfinished").touch()
    found = killed_builds.contents(tmp_path)
    assert killed_builds.different(expected, found) == [".unfinished", "chapters/ink.html", "index.html"]
