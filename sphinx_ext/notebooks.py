"""The builder ``notebooks``: every executable page as a notebook for Colab.

``jupyter-book build . --builder=custom --custom-builder=notebooks`` writes
``_build/notebooks/<chapter>.ipynb`` and, if the site is built, ``_build/html/notebooks/``.
It reads the doctrees that the site's build left behind, so it executes nothing.
The same source and commit give the same bytes.
"""

import shutil
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.builders import Builder
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from .notebook_code import install_source
from .notebook_writer import NotebookWriter, code_cells
from .repository import commit, repository_url, site_url

logger = logging.getLogger(__name__)

# What a value glued on another page may be shown as.
MIME_PRIORITY = [
    ("notebooks", "image/png", 10),
    ("notebooks", "text/markdown", 20),
    ("notebooks", "text/plain", 30),
]


class NotebookBuilder(Builder):
    """Write each page that shows code cells as a notebook of format 4.5."""

    name = format = "notebooks"
    epilog = "The notebooks are in %(outdir)s."
    supported_image_types = ["image/svg+xml", "image/png", "image/gif", "image/jpeg"]  # noqa: RUF012 (Sphinx's)

    def init(self):
        """Ask for the addresses once, so that all notebooks agree."""
        self.site = site_url(self.config)
        page = "chapters/run_it_yourself"
        help_page = f"{self.site}/{page}.html" if self.site else f"the book's page {page}"
        self.install = install_source(repository_url(self.srcdir), commit(self.srcdir), help_page)
        self.written = {}

    def get_outdated_docs(self):
        """Return all pages: writing one takes milliseconds, and a new commit changes every first cell."""
        return sorted(self.env.found_docs)

    def get_target_uri(self, docname, typ=None):
        """Return a page's address on the site, or nothing where the site has no address."""
        return f"{self.site}/{docname}.html" if self.site else ""

    def get_relative_uri(self, from_, to, typ=None):
        """Return the same: a notebook is read far from the site."""
        return self.get_target_uri(to)

    def prepare_writing(self, docnames):
        """Make the folder, which Sphinx makes only for builders of its own."""
        Path(self.outdir).mkdir(parents=True, exist_ok=True)

    def write_doc(self, docname, doctree):
        """Write a page's notebook, if it has code."""
        if not code_cells(doctree):
            return
        name = f"{docname.rpartition('/')[2]}.ipynb"
        if name in self.written:
            raise ValueError(
                f"{self.written[name]} and {docname} would both be {name}: rename one of the pages."
            )
        self.written[name] = docname
        text = nbformat.writes(NotebookWriter(self, docname, doctree).notebook())
        Path(self.outdir, name).write_text(text.rstrip("\n") + "\n", encoding="utf-8")

    def finish(self):
        """Delete the notebooks of pages that are gone; put the others into the site."""
        out = Path(self.outdir)
        for notebook in out.glob("*.ipynb"):
            if notebook.name not in self.written:
                notebook.unlink()
        if (site := out.parent / "html").is_dir():
            shutil.rmtree(site / "notebooks", ignore_errors=True)
            (site / "notebooks").mkdir()
            for name in self.written:
                shutil.copy(out / name, site / "notebooks" / name)


class DropOutputs(SphinxPostTransform):
    """Remove what the cells displayed, before myst_nb looks for a form of it that this builder could show."""

    default_priority = 3  # myst_nb's SelectMimeType has 4
    builders = ("notebooks",)

    def run(self, **kwargs):
        """Remove every bundle of outputs; the figure around it stays, for its caption and number."""
        for cell in code_cells(self.document):
            for bundle in [c for c in cell.findall(nodes.container) if c.get("nb_element") == "mime_bundle"]:
                bundle.parent.remove(bundle)


def _extend_mime_priority(app, config):
    config.nb_mime_priority_overrides = [*config.nb_mime_priority_overrides, *MIME_PRIORITY]


def _only_notebooks(app, exception):
    """Remove the style sheets that extensions copy into the output of every builder."""
    if app.builder.name == NotebookBuilder.name:
        shutil.rmtree(Path(app.outdir, "_static"), ignore_errors=True)


def setup(app):
    """Register the builder."""
    app.add_builder(NotebookBuilder)
    app.add_post_transform(DropOutputs)
    app.connect("config-inited", _extend_mime_priority)
    app.connect("build-finished", _only_notebooks, priority=900)  # after the extensions' own
    return {"parallel_read_safe": True, "parallel_write_safe": False}
