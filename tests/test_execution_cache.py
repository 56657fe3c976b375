"""Executed chapters are kept as long as code, versions and data stay the same."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbformat import v4
from sphinx.errors import ConfigError
from sphinx_project import same_environment

from course_lib.data import OFFLINE_NAME
from course_lib.data import files as data_files
from sphinx_ext import execution_cache

pytestmark = pytest.mark.usefixtures("data_folder")  # nobody's own data decides here
ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("course_lib/models.py", "course_lib/widgets/stepper.js", "requirements.txt")


def project(folder):
    files = {
        "course_lib/models.py": "a = 1",
        "course_lib/widgets/stepper.js": "1",
        "requirements.txt": "x==1",
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


@pytest.mark.parametrize(
    "name", ["course_lib/models.py", "course_lib/widgets/stepper.js", "requirements.txt"]
)
def test_code_scripts_and_versions_change_the_digest(tmp_path, name):
    before = execution_cache.execution_digest(project(tmp_path), "MNIST")
    (tmp_path / name).write_text("changed")
    assert execution_cache.execution_digest(tmp_path, "MNIST") != before


def test_a_moved_function_changes_the_digest(tmp_path):
    before = execution_cache.execution_digest(project(tmp_path), "MNIST")
    (tmp_path / "course_lib/models.py").rename(tmp_path / "course_lib/networks.py")
    assert execution_cache.execution_digest(tmp_path, "MNIST") != before


def test_the_data_changes_the_digest_and_byte_code_does_not(tmp_path):
    before = execution_cache.execution_digest(project(tmp_path), "MNIST")
    (tmp_path / "course_lib/__pycache__").mkdir()
    (tmp_path / "course_lib/__pycache__/models.cpython-311.pyc").write_text("compiled")
    (tmp_path / "README.md").write_text("not executed")
    assert execution_cache.execution_digest(tmp_path, "MNIST") == before
    assert execution_cache.execution_digest(tmp_path, OFFLINE_NAME) != before


def test_the_copy_of_cifar10_changes_the_digest(tmp_path, data_folder):
    data_folder.mkdir()
    seen = [execution_cache.execution_digest(project(tmp_path), "MNIST")]
    for content in (b"the original", b"a smaller copy"):
        (data_folder / "cifar10.npz").write_bytes(content)
        seen.append(execution_cache.execution_digest(tmp_path, "MNIST"))
    assert len(set(seen)) == 3


def executed(name, *outputs):
    cells = [v4.new_markdown_cell("Text."), v4.new_code_cell(name, execution_count=1, outputs=list(outputs))]
    return CacheBundleIn(v4.new_notebook(cells=cells), name)


def test_an_execution_that_wrote_to_the_error_stream_is_forgotten(tmp_path):
    cache = get_cache(tmp_path / "cache")
    said, warned = v4.new_output("stream", text="1"), v4.new_output("stream", name="stderr", text="Warning")
    for name, outputs in {"silent": [], "sound": [said], "loud": [said, warned]}.items():
        cache.cache_notebook_bundle(executed(name, *outputs))
    execution_cache.forget_warnings(tmp_path / "cache")
    left = [cache.get_cache_bundle(record.pk).nb for record in cache.list_cache_records()]
    assert sorted(notebook.cells[0].source for notebook in left) == ["silent", "sound"]
    with pytest.raises(KeyError):
        cache.match_cache_notebook(executed("loud").nb)


def half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("damage", "left"),
    [
        pytest.param(lambda run, database: run.unlink(), ["b"], id="listed-and-not-written"),
        pytest.param(lambda run, database: half(run), ["b"], id="half-a-notebook"),
        pytest.param(lambda run, database: shutil.rmtree(run.parent), ["b"], id="no-folder"),
        pytest.param(lambda run, database: (run.parent.parent / "0" / "1").mkdir(parents=True), ["a", "b"],
                     id="a-folder-of-nobody"),
        pytest.param(lambda run, database: half(database), [], id="half-a-list"),
        pytest.param(lambda run, database: database.write_bytes(b""), [], id="a-list-without-tables"),
    ],
)  # fmt: skip
def test_what_a_killed_build_left_in_the_cache_stops_no_later_build(tmp_path, damage, left):
    folder = tmp_path / "cache"
    cache = get_cache(folder)
    for name in "ab":
        cache.cache_notebook_bundle(executed(name))
    key = cache.match_cache_notebook(executed("a").nb).hashkey
    damage(folder / "executed" / key / "base.ipynb", folder / "global.db")
    execution_cache.forget_broken(folder)
    execution_cache.forget_warnings(folder)
    cache = get_cache(folder)
    assert sorted(record.uri for record in cache.list_cache_records()) == left
    assert len(list((folder / "executed").glob("*"))) == len(left)
    cache.cache_notebook_bundle(executed("a"), overwrite=True)
    assert cache.get_cache_bundle(cache.match_cache_notebook(executed("a").nb).pk).nb.cells[0].source == "a"


def test_only_the_newest_caches_are_kept_and_nothing_else_is_touched(tmp_path):
    for age, name in enumerate("abcdef"):
        folder = tmp_path / (name * 16)
        folder.mkdir()
        os.utime(folder, (1000 - age, 1000 - age))
    (tmp_path / "notes").mkdir()
    execution_cache.keep_newest_caches(tmp_path / ("0" * 16), num_kept=3)
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["0", "a", "b", "n"]


def test_out_of_reach_data_is_asked_for_once(data_folder, monkeypatch):
    tries = []

    def unreachable(source):
        tries.append(source.name)
        raise data_files.DataError("no connection")

    monkeypatch.setattr(data_files, "download", unreachable)
    with same_environment():
        assert execution_cache.resolve_data() == OFFLINE_NAME
        assert os.environ["COURSE_OFFLINE"] == "1"  # the kernels do not wait for the network again
    assert tries == ["MNIST"]


@pytest.mark.parametrize(
    ("page", "asked"),
    [("data = load_cifar10()\n", ["CIFAR-10"]), ("data = load_mnist()\n", [])],
    ids=["asked", "not"],
)
def test_photographs_are_asked_for_once_and_only_where_a_chapter_loads_them(
    tmp_path, monkeypatch, page, asked
):
    tries = []

    def unreachable(source):
        tries.append(source.name)
        raise data_files.DataError("no connection")

    monkeypatch.setattr(data_files, "download", unreachable)
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters/page.md").write_text(page)
    with same_environment():
        execution_cache.fetch_photographs(tmp_path)
        assert os.environ.get("COURSE_OFFLINE") == ("1" if asked else None)
    assert tries == asked


def test_a_broken_data_file_stops_the_build_with_its_remedy(data_folder):
    data_folder.mkdir()
    (data_folder / "mnist.npz").write_bytes(b"half a download")
    with pytest.raises(ConfigError, match="Delete the file and run again"):
        execution_cache.resolve_data()


def test_data_on_disk_is_used(data_folder, monkeypatch):
    data_folder.mkdir()
    (data_folder / "mnist.npz").touch()
    monkeypatch.setattr(data_files, "read_arrays", lambda source: {})
    assert execution_cache.resolve_data() == "MNIST"
    assert os.environ.get("COURSE_OFFLINE") != "1"


def test_data_in_a_folder_that_may_not_be_entered_is_out_of_reach(data_folder, monkeypatch, without_rights):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    assert execution_cache.resolve_data() == OFFLINE_NAME
    assert execution_cache.cifar10_digest() == ""


def test_the_cache_lies_in_the_build_folder_and_is_named_by_its_digest(tmp_path, monkeypatch):
    monkeypatch.setattr(execution_cache, "resolve_data", lambda: "MNIST")
    caches = project(tmp_path) / "_build/.jupyter_cache"
    for age, name in enumerate("abcd"):
        (caches / (name * 16)).mkdir(parents=True)
        os.utime(caches / (name * 16), (1000 - age, 1000 - age))
    config = SimpleNamespace(nb_execution_cache_path="")
    with same_environment():
        execution_cache.prepare_execution(SimpleNamespace(srcdir=str(tmp_path)), config)
    expected = caches / execution_cache.execution_digest(tmp_path, "MNIST")
    assert config.nb_execution_cache_path == str(expected)
    assert sorted(path.name for path in caches.iterdir()) == sorted(["a" * 16, "b" * 16, expected.name])
    config.nb_execution_cache_path, again = "", get_cache(expected)
    again.cache_notebook_bundle(executed("loud", v4.new_output("stream", name="stderr", text="Warning")))
    with same_environment():
        execution_cache.prepare_execution(SimpleNamespace(srcdir=str(tmp_path)), config)
    assert get_cache(expected).list_cache_records() == []
    os.utime(expected, (0, 0))
    execution_cache.keep_newest_caches(caches / ("e" * 16), num_kept=1)
    assert [path.name for path in caches.iterdir()] == ["e" * 16]


def test_another_python_executes_again(tmp_path, monkeypatch):
    before = execution_cache.execution_digest(project(tmp_path), "MNIST")
    monkeypatch.setattr(sys, "version_info", (3, 99, 1))
    minor = execution_cache.execution_digest(tmp_path, "MNIST")
    monkeypatch.setattr(sys, "version_info", (3, 99, 2))
    assert execution_cache.execution_digest(tmp_path, "MNIST") == minor != before


def test_a_chosen_cache_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(execution_cache, "resolve_data", lambda: "MNIST")
    config = SimpleNamespace(nb_execution_cache_path="mine")
    with same_environment():
        execution_cache.prepare_execution(SimpleNamespace(srcdir=str(tmp_path)), config)
    assert config.nb_execution_cache_path == "mine"
    assert config.course_data == "MNIST"
    assert not (tmp_path / "_build").exists()


def test_kernels_import_the_package_beside_the_chapters(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["elsewhere", str(tmp_path)]))
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    with same_environment():
        execution_cache.prepare_kernels(tmp_path)
        assert os.environ["PYTHONPATH"].split(os.pathsep) == [str(tmp_path), "elsewhere"]
        assert os.environ["TQDM_DISABLE"] == "1"
        assert os.environ["PYTHONHASHSEED"] == "7"


HEAD = (
    "---\nfile_format: mystnb\nkernelspec: {name: python3, display_name: Python 3, language: python}\n---\n"
)
CHAPTER = (
    HEAD
    + """# Title

A sentence.

```{code-cell}
from pathlib import Path
from course_lib import value
with Path("executions").open("a") as log:
    log.write("x")
print("the value is", value)
```
"""
)


@pytest.mark.pipeline
def test_a_sentence_executes_nothing_and_a_function_executes_again(tmp_path):
    def site_after(changes):
        for name, content in changes.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(content)
        shutil.rmtree(tmp_path / "course_lib/__pycache__", ignore_errors=True)  # same second, same size
        settings = {
            "extensions": "myst_nb,sphinx_ext.execution_cache",
            "exclude_patterns": "_build",
            "nb_execution_mode": "cache",
            "nb_execution_raise_on_error": "1",
        }
        options = [part for name, value in settings.items() for part in ("-D", f"{name}={value}")]
        offline = {"COURSE_OFFLINE": "1", "COURSE_DATA": str(tmp_path / "none"), "PYTHONPATH": str(ROOT)}
        # in a process of its own: a kernel does not start inside a browser test's event loop
        command = [sys.executable, "-m", "sphinx", "-Q", "-C", *options, ".", "_build/html"]
        subprocess.run(command, cwd=tmp_path, check=True, env={**os.environ, **offline})
        return (tmp_path / "_build/html/index.html").read_text(), len((tmp_path / "executions").read_text())

    page, executions = site_after({
        "index.md": CHAPTER, "course_lib/__init__.py": "value = 1", "requirements.txt": "",
    })  # fmt: skip
    assert "the value is 1" in page
    assert executions == 1
    page, executions = site_after({"index.md": CHAPTER.replace("A sentence.", "Another one.")})
    assert "Another one." in page
    assert executions == 1
    page, executions = site_after({"course_lib/__init__.py": "value = 2"})
    assert "the value is 2" in page
    assert executions == 2


@pytest.mark.pipeline
def test_a_warning_is_gone_when_its_cause_is(tmp_path):
    def executions_after_build():
        settings = {"extensions": "myst_nb,sphinx_ext.execution_cache", "nb_execution_mode": "cache",
                    "exclude_patterns": "_build"}  # fmt: skip
        options = [part for name, value in settings.items() for part in ("-D", f"{name}={value}")]
        offline = {"COURSE_OFFLINE": "1", "COURSE_DATA": str(tmp_path / "none"), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "sphinx", "-Q", "-E", "-C", *options, ".", "_build/html"]
        subprocess.run(command, cwd=tmp_path, check=True, env={**os.environ, **offline})
        page = (tmp_path / "_build/html/index.html").read_text()
        return "a warning" in page, len((tmp_path / "executions").read_text())

    (tmp_path / "course_lib").mkdir()
    (tmp_path / "course_lib/__init__.py").write_text("value = 1")
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "closed").touch()
    warn = "import sys\nif Path('closed').exists():\n    print('a' + ' warning', file=sys.stderr)\nprint("
    (tmp_path / "index.md").write_text(CHAPTER.replace("print(", warn))
    assert executions_after_build() == (True, 1)
    (tmp_path / "closed").unlink()
    assert executions_after_build() == (False, 2)
    assert executions_after_build() == (False, 2)


def test_the_name_of_a_cache_is_sixteen_signs_wherever_the_project_lies(tmp_path):
    digests = {execution_cache.execution_digest(project(tmp_path / name), "MNIST") for name in "ab"}
    assert re.fullmatch("[0-9a-f]{16}", digests.pop())
    assert not digests


def test_kernels_have_one_thread_and_are_quiet_and_reproducible(tmp_path, monkeypatch):
    for name in ("TQDM_DISABLE", "PYTHONHASHSEED", "PYTHONPATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    with same_environment():
        execution_cache.prepare_kernels(tmp_path)
        names = ("OMP_NUM_THREADS", "TQDM_DISABLE", "PYTHONHASHSEED", "PYTHONPATH")
        assert [os.environ[name] for name in names] == ["1", "1", "0", str(tmp_path)]
        monkeypatch.setenv("TQDM_DISABLE", "0")
        execution_cache.prepare_kernels(tmp_path)
        assert os.environ["TQDM_DISABLE"] == "0"
        assert os.environ["PYTHONPATH"] == str(tmp_path)


def test_the_build_says_what_it_downloads_and_what_stands_in(tmp_path, data_folder, monkeypatch):
    def unreachable(source):
        raise data_files.DataError("no connection")

    monkeypatch.setattr(data_files, "download", unreachable)
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters/a.md").write_text("load_cifar10()")
    (tmp_path / "chapters/b.md").write_text("text")
    with same_environment():
        monkeypatch.delenv("COURSE_OFFLINE", raising=False)
        execution_cache.fetch_photographs(tmp_path)
        assert os.environ["COURSE_OFFLINE"] == "1"
        del os.environ["COURSE_OFFLINE"]
        data_folder.mkdir(exist_ok=True)
        (data_folder / "cifar10.npz").touch()
        execution_cache.fetch_photographs(tmp_path)
        assert "COURSE_OFFLINE" not in os.environ
    content = b"CIFAR-10 as it came"
    (data_folder / "cifar10.npz").write_bytes(content)
    assert execution_cache.cifar10_digest() == hashlib.sha256(content).hexdigest()


def test_three_caches_are_kept(tmp_path):
    for age, name in enumerate("abcde"):
        (tmp_path / (name * 16)).mkdir()
        os.utime(tmp_path / (name * 16), (1000 - age, 1000 - age))
    execution_cache.keep_newest_caches(tmp_path / ("a" * 16))
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["a", "b", "c"]
    old = tmp_path / ("e" * 16)
    old.mkdir()
    os.utime(old, (1, 1))
    execution_cache.keep_newest_caches(old)  # what is used again is new
    assert sorted(path.name[0] for path in tmp_path.iterdir()) == ["a", "b", "e"]


def test_the_setting_that_reads_pages_anew_is_the_name_of_the_data():
    told = []
    app = SimpleNamespace(
        add_config_value=lambda *words: told.append(words), connect=lambda *words: told.append(words)
    )
    execution_cache.setup(app)
    assert told == [("course_data", "", "env"), ("config-inited", execution_cache.prepare_execution)]


def test_what_is_downloaded_is_said_before_and_what_stands_in_after(tmp_path, data_folder, monkeypatch):
    said = []

    def unreachable(source):
        raise data_files.DataError("no connection")

    monkeypatch.setattr(data_files, "download", unreachable)
    monkeypatch.setattr(execution_cache.logger, "info", lambda words, *facts: said.append(words % facts))
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters/a.md").write_text("load_cifar10()")
    with same_environment():
        execution_cache.resolve_data()
        execution_cache.fetch_photographs(tmp_path)
    assert said == [
        f"MNIST is not in {data_folder}: downloading it",
        f"no connection\nThis book is built with {OFFLINE_NAME}.",
        f"CIFAR-10 is not in {data_folder}: downloading it",
        "no connection\nThis book is built with generated coloured shapes in its place.",
    ]


def test_a_cache_is_made_with_the_folders_above_it_and_made_twice_without_harm(tmp_path):
    folder = tmp_path / "_build/.jupyter_cache" / ("0" * 16)
    for _ in range(2):
        execution_cache.keep_newest_caches(folder)
        assert folder.is_dir()
