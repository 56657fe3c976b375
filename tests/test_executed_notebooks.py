"""The executed notebooks get back what the kernel said, from the cache."""

from types import SimpleNamespace

import nbformat
import pytest
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbformat import v4

from sphinx_ext.executed_notebooks import restore_outputs, setup


def notebook(source, *outputs):
    cell = v4.new_code_cell(source, id="cell", execution_count=1, outputs=list(outputs))
    return v4.new_notebook(cells=[v4.new_markdown_cell("Text.", id="text"), cell])


def glued(value):
    return v4.new_output("display_data", {"application/papermill.record/text/plain": value})


@pytest.fixture
def app(tmp_path):
    """A build that has executed two chapters and lost what they glued."""
    cache = get_cache(tmp_path / "cache")
    folder = tmp_path / "_build/jupyter_execute/chapters"
    folder.mkdir(parents=True)
    for name, value in (("first", "0.75"), ("second", "12")):
        cache.cache_notebook_bundle(CacheBundleIn(notebook(name, glued(value)), name))
        nbformat.write(notebook(name), folder / f"{name}.ipynb")
    nbformat.write(notebook("changed since"), folder / "changed.ipynb")
    return SimpleNamespace(
        outdir=str(tmp_path / "_build/html"),
        builder=SimpleNamespace(name="html"),
        config=SimpleNamespace(nb_execution_cache_path=str(tmp_path / "cache")),
    )


def outputs(app, tmp_path):
    """Return the outputs of every notebook of the build, by name."""
    paths = sorted((tmp_path / "_build/jupyter_execute/chapters").glob("*.ipynb"))
    return {path.stem: nbformat.read(path, as_version=4).cells[1].outputs for path in paths}


def test_every_executed_notebook_gets_its_glued_values_back(app, tmp_path):
    restore_outputs(app, None)
    found = outputs(app, tmp_path)
    assert found == {"changed": [], "first": [glued("0.75")], "second": [glued("12")]}


@pytest.mark.parametrize("reason", ["failed-build", "other-builder", "nothing-executed"])
def test_nothing_is_touched_after(app, tmp_path, reason):
    if reason == "other-builder":
        app.builder.name = "linkcheck"
    if reason == "nothing-executed":
        app.outdir = str(tmp_path / "elsewhere/html")
    restore_outputs(app, RuntimeError() if reason == "failed-build" else None)
    assert not any(outputs(app, tmp_path).values())


def test_it_runs_when_the_build_is_finished():
    connected = {}
    app = SimpleNamespace(connect=lambda event, listener: connected.update({event: listener}))
    assert setup(app)["parallel_read_safe"]
    assert connected == {"build-finished": restore_outputs}
