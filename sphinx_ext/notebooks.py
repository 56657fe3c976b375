"""The builder ``notebooks``: every executable page as a notebook for Colab.

``jupyter-book build . --builder=custom --custom-builder=notebooks`` writes
``_build/notebooks/<chapter>.ipynb`` and, if the site is built, ``_build/html/notebooks/``.
It reads the doctrees and the outputs that the site's build left behind, so it executes no cell; of live
figures it draws a picture (`notebook_stills`).
The same source and commit give the same bytes.
"""

import re
import shutil
from pathlib import Path

import nbformat
from docutils import nodes
from sphinx.builders import Builder
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx_exercise.nodes import is_solution_node

from .data_note import data_of, where_numbers_come_from
from .notebook_code import install_source
from .notebook_stills import Stills
from .notebook_writer import NotebookWriter, code_cells, shows_code
from .repository import commit, help_url, repository_url, site_url

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
    stills = None  # until there is a folder to keep them in
    supported_image_types = ["image/svg+xml", "image/png", "image/gif", "image/jpeg"]  # noqa: RUF012 (Sphinx's)

    def init(self):
        """Ask for the addresses once, so that all notebooks agree."""
        self.site, self.repository = site_url(self.config), repository_url(self.srcdir)
        self.commit = commit(self.srcdir)
        self.help_page = help_url(self.site, self.repository, self.commit)
        self.written = {}

    def install_source(self, modules):
        """Return the first cell of a notebook that imports ``modules``."""
        return install_source(self.repository, self.commit, self.help_page, modules)

    def origin(self, docname):
        """Return the note on where a page's numbers and figures come from."""
        source = Path(self.env.doc2path(docname)).read_text(encoding="utf-8")
        data = data_of(source, getattr(self.config, "course_data", ""))
        runtime = self.env.nb_metadata[docname].get("exec_data", {}).get("runtime")
        return where_numbers_come_from(data, self.commit, runtime)

    def executions(self, docname):
        """Return where a page's outputs are: the folder of the cache, and the file that myst_nb wrote."""
        written = Path(self.outdir).parent / "jupyter_execute" / f"{docname}.ipynb"
        return self.config.nb_execution_cache_path, written

    def still(self, html):
        """Return the picture of a live figure, or None."""
        return self.stills.of(html)

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
        """Make the folder, which Sphinx makes only for builders of its own; find the kept pictures."""
        Path(self.outdir).mkdir(parents=True, exist_ok=True)
        self.stills = Stills(Path(self.srcdir) / "_build/.stills")

    def write_doc(self, docname, doctree):
        """Write a page's notebook, if it has code."""
        if not shows_code(doctree):
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
        if self.stills:
            self.stills.close()
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
    """Remove what the cells displayed, before myst_nb looks for a form of it that this builder could show.

    A solution is text, and so are its outputs: of each the form in Markdown or plain text stays.
    """

    default_priority = 3  # myst_nb's SelectMimeType has 4
    builders = ("notebooks",)

    def run(self, **kwargs):
        """Remove every bundle of outputs; the figure around it stays, for its caption and number."""
        solved = {id(c) for s in self.document.findall(is_solution_node) for c in code_cells(s)}
        for cell in code_cells(self.document):
            for bundle in [c for c in cell.findall(nodes.container) if c.get("nb_element") == "mime_bundle"]:
                bundle.replace_self(_as_text(bundle) if id(cell) in solved else [])


def _as_text(bundle):
    """Return the nodes of an output's best form in text; a picture or an object without words has none."""
    forms = {form["mime_type"]: form.children for form in bundle.children}
    plain = forms.get("text/plain", [])
    wordless = all(re.fullmatch(r"<.*>", node.astext(), re.DOTALL) for node in plain)
    return forms.get("text/markdown") or ([] if wordless else plain)


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
