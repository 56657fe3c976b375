"""Builds small Sphinx projects, so that the book's extensions can be tested on planted faults."""

import contextlib
import io
import os
import re
import sys
import types
from contextlib import contextmanager

from jinja2 import Environment
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

PNG = bytes.fromhex(  # one grey pixel
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)

compile_template = Environment.compile
compiled = {}


def compile_once(environment, source, *names, **options):
    """Compile a template, or return what was made of it before.

    Each small project has an environment of its own, which would compile the templates of the theme again:
    two thirds of what the project takes.
    """
    if not isinstance(source, str):
        return compile_template(environment, source, *names, **options)
    key = type(environment), *environment.extensions, source, *names, *options.items()
    if key not in compiled:
        compiled[key] = compile_template(environment, source, *names, **options)
    return compiled[key]


Environment.compile = compile_once


def build(folder, files, extensions=(), **settings):
    """Write `files` into a project under `folder` and build it as HTML.

    Files of an earlier build stay, as in a reader's own folder.

    Parameters
    ----------
    folder : pathlib.Path
        The project lies in its folder ``source``, the site in ``_build/html``.
    files : dict
        Contents (text or bytes) by file name.
    extensions : sequence of str
        The Sphinx extensions, in order. Pages in Markdown need ``myst_nb``: where one project of a process
        has ``myst_parser`` alone, Sphinx finds no reader for the Markdown of the next ones.
    **settings
        What a ``conf.py`` would set.

    Returns
    -------
    site : pathlib.Path
    warnings : str
    """
    source, site = folder / "source", folder / "_build" / "html"
    for name, content in files.items():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    warnings = io.StringIO()
    settings = {"extensions": list(extensions), "exclude_patterns": ["_build"], **settings}
    with same_environment(), docutils_namespace():
        app = Sphinx(
            source, None, site, folder / "_build/doctrees", "html",
            confoverrides=settings, status=None, warning=warnings,
        )  # fmt: skip
        app.build()
    return site, re.sub(r"\x1b\[[0-9;]*m", "", warnings.getvalue())


@contextmanager
def same_environment():
    """Put the environment's variables back: the extensions prepare them for the kernels."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def planted_extension(setup, name="planted_extension"):
    """Make a function importable as the ``setup`` of an extension; give the extension's name."""
    module = types.ModuleType(name)
    module.setup = setup
    sys.modules[name] = module
    with contextlib.ExitStack() as stack:
        stack.callback(sys.modules.pop, name)
        yield name
