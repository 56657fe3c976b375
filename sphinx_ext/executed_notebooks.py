"""The executed notebooks keep every output, glued values included.

MyST-NB takes glued values out of the notebooks that it leaves in ``_build/jupyter_execute``. The
second run compares outputs with these notebooks, so each one gets back what its kernel really
said, from the cache: then the numbers inside the prose are compared as well.
"""

from pathlib import Path

import nbformat
from jupyter_cache import get_cache


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.connect("build-finished", restore_outputs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def restore_outputs(app, error):
    """Write the cached outputs back into every executed notebook of the site."""
    folder = Path(app.outdir).parent / "jupyter_execute"
    if error is not None or app.builder.name != "html" or not folder.is_dir():
        return
    cache = get_cache(app.config.nb_execution_cache_path)
    for path in folder.rglob("*.ipynb"):
        try:
            _, notebook = cache.merge_match_into_notebook(nbformat.read(path, as_version=4))
        except KeyError:  # of a page that has changed or gone since
            continue
        nbformat.write(notebook, path)
