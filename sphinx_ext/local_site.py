"""The site asks nobody else for anything, works from a plain folder, and is light.

Formulas come from MathJax's own components, copied into the site, and only on pages that have
formulas; icons come from the theme's webfont; what the theme and its helpers load for features
that the book does not have is left out.
"""

import hashlib
import importlib.util
import io
import re
import shutil
from pathlib import Path

from docutils import nodes
from PIL import Image
from sphinx.util import logging

# MathJax in parts instead of its one-piece bundle: no menu and no speech engine (assistive MathML
# reaches screen readers without them), which halves what a page with formulas loads.
MATHJAX_START = "mathjax/startup.js"
MATHJAX_LOADS = ["input/tex", "output/chtml", "a11y/assistive-mml"]
MATHJAX_FILES = (
    "startup.js",
    "core.js",
    "input/tex.js",
    "input/tex/extensions/*.js",  # fetched by MathJax when a formula needs one (\boldsymbol, \cancel)
    "output/chtml.js",
    "output/chtml/fonts/tex.js",
    "output/chtml/fonts/woff-v2/*.woff",
    "a11y/assistive-mml.js",
)
# Copied by the theme and its helpers, loaded by no page: maps for debuggers, fonts for browsers of
# 2014, and the script that draws icons which the webfont draws already.
UNUSED_FILES = (
    "scripts/*.map",
    "styles/*.map",
    "scripts/fontawesome.js*",
    "vendor/fontawesome/webfonts/*.ttf",
)
HEAVY_FIGURE = 80_000  # bytes
# The size that the kernel gives to a figure with two dots for each pixel. As a style it would keep its height
# on a small screen, where the width shrinks; as attributes both follow.
DRAWN_SIZE = re.compile(r'style="width: (\d+)px; height: (\d+)px;"')
# sphinx-exercise gives every exercise the same ids.
REPEATED_IDS = ("exercise-content", "solution-content")

logger = logging.getLogger(__name__)


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.add_config_value("site_digest", "", "html")  # a new value: every page is written again
    app.connect("config-inited", serve_locally)
    app.connect("config-inited", digest_site)
    app.connect("config-inited", leave_out_thebe)
    app.connect("doctree-resolved", make_ids_unique)
    app.connect("html-page-context", trim_assets, priority=900)  # after everyone has added theirs
    app.connect("build-finished", finish_site, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def serve_locally(app, config):
    """Set where formulas and widgets get their scripts: from this site, and from nowhere."""
    config.nb_ipywidgets_js = {}
    config.mathjax_path = MATHJAX_START
    config.mathjax3_config = {"loader": {"load": MATHJAX_LOADS}, **(config.mathjax3_config or {})}


def digest_site(app, config):
    """Fold what makes the pages (these extensions, the style sheet, the order) into a setting.

    Sphinx compares the chapters alone, and would keep pages that an older version wrote.
    """
    root = Path(app.srcdir)
    sources = [*Path(__file__).parent.rglob("*.*"), *(root / "_static").rglob("*.*"), root / "_toc.yml"]
    digest = hashlib.sha256()
    for path in sorted(path for path in sources if path.is_file() and path.suffix != ".pyc"):
        digest.update(path.read_bytes())
    config.site_digest = digest.hexdigest()


def leave_out_thebe(app, config):
    """Disconnect sphinx-thebe, which Jupyter Book always loads: live cells from a remote server."""
    for listeners in list(app.events.listeners.values()):
        for listener in list(listeners):
            if listener.handler.__module__.startswith("sphinx_thebe"):
                app.disconnect(listener.id)


def make_ids_unique(app, doctree, docname):
    """Number the ids that sphinx-exercise repeats on a page."""
    counts = dict.fromkeys(REPEATED_IDS, 0)
    for node in doctree.findall(nodes.Element):
        for index, name in enumerate(node["ids"]):
            if name in counts:
                counts[name] += 1
                node["ids"][index] = f"{name}-{counts[name]}"


def trim_assets(app, pagename, templatename, context, doctree):
    """Take doubled scripts and the style sheet of the absent sphinx-thebe from a page's head."""
    seen, scripts = set(), []
    for script in context.get("script_files", []):
        key = getattr(script, "attributes", {}).get("body") or str(getattr(script, "filename", script))
        if key not in seen:
            seen.add(key)
            scripts.append(script)
    has_formulas = 'class="math' in context.get("body", "")
    context["script_files"] = [script for script in scripts if has_formulas or not _is_mathjax(script)]
    styles = context.get("css_files", [])
    context["css_files"] = [
        style for style in styles if "sphinx-thebe" not in str(getattr(style, "filename", style))
    ]


def _is_mathjax(script):
    # Sphinx adds it to every page whose table of contents leads to formulas
    body = getattr(script, "attributes", {}).get("body") or ""
    return MATHJAX_START in str(getattr(script, "filename", script)) or body.startswith("window.MathJax")


def finish_site(app, exception):
    """Complete the written site: MathJax in, unused files out, every page corrected."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    copy_mathjax(site / "_static" / "mathjax")
    for pattern in UNUSED_FILES:
        for path in (site / "_static").glob(pattern):
            path.unlink()
    for path in (site / "_images").glob("*.png"):
        lighten_figure(path)
    for path in site.rglob("*.html"):
        if "_static" not in path.relative_to(site).parts:
            correct_page(path)


def copy_mathjax(target):
    """Copy the parts of MathJax that pages load, about 2 MB of 24, into the folder `target`."""
    package = importlib.util.find_spec("sphinx-mathjax-offline")
    source = Path(package.origin).parent / "static" / "mathjax"
    for pattern in MATHJAX_FILES:
        files = sorted(source.glob(pattern))
        if not files:
            logger.warning("sphinx-mathjax-offline holds no file %s: formulas will not show", pattern)
        for path in files:
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def lighten_figure(path):
    """Store a heavy figure in its lighter form."""
    before = path.read_bytes()
    after = lightened(before)
    if after != before:
        path.write_bytes(after)


def lightened(png):
    """Return a heavy figure with a palette of 256 colours: photographs become less than half as heavy."""
    if len(png) <= HEAVY_FIGURE:
        return png
    with Image.open(io.BytesIO(png)) as image:
        if image.mode == "P" or image.convert("RGBA").getextrema()[-1] != (255, 255):
            return png  # done before, or partly transparent
        lighter = io.BytesIO()
        image.convert("RGB").quantize(256).save(lighter, "png", optimize=True)
    return lighter.getvalue()


def correct_page(path):
    """Apply the corrections below to one HTML file; a second time changes nothing."""
    before = path.read_text(encoding="utf-8")
    after = lazy_images(before, path.parent)
    after = without_icon_script(after)
    if path.name != "search.html":
        after = without_search_index(after)
    after = accessible(after)
    if after != before:
        path.write_text(after, encoding="utf-8")


def without_icon_script(page):
    """Remove the script that replaces icons: over half of a page's weight, beside its own webfont."""
    page = page.replace("  <!-- So that users can add custom icons -->\n", "")
    return re.sub(r"\s*<script[^>]*scripts/fontawesome\.js[^>]*></script>", "", page)


def without_search_index(page):
    """Remove the search index, which grows with the book: the search page itself loads it."""
    return re.sub(
        r'\s*<script src="[^"]*(searchtools|language_data|searchindex)\.js[^>]*></script>', "", page
    )


def accessible(page):
    """Correct what the theme and docutils write against the rules for assistive technology."""
    for wrong, right in (
        # a folded cell is called by the words it shows ("Show code cell source")
        ('<summary aria-label="Toggle hidden content">', "<summary>"),
        # a role that has been withdrawn, and the list that needed it
        ('<div role="list" class="citation-list">', '<div class="citation-list">'),
        (' role="doc-biblioentry"', ""),
        # the book's title stands outside of every landmark
        ('<div id="pst-primary-sidebar"', '<div role="region" aria-label="Book" id="pst-primary-sidebar"'),
        # the theme lets the keyboard scroll what is too wide, if it has this class: formulas too
        ('<div class="math notranslate', '<div class="pst-scrollable-table-container math notranslate'),
        ('<span class="math notranslate', '<span class="pst-scrollable-table-container math notranslate'),
        # the corner of a table that has names above and beside is no header
        ('<th class="head"><p></p></th>', "<td></td>"),
        ('<th class="head"></th>', "<td></td>"),
    ):
        page = page.replace(wrong, right)
    # sphinx-exercise underlines the blank before the link
    return re.sub(r'(<p class="admonition-title">Solution to)(<a [^>]*>) ', r"\1 \2", page)


def lazy_images(page, folder):
    """Let figures load when they come into view, and hold their place until then.

    Parameters
    ----------
    page : str
        The HTML of a page.
    folder : pathlib.Path
        The page's folder, where the relative addresses of its images start.
    """

    def lazy(match):
        attributes = match.group(1)
        attributes = DRAWN_SIZE.sub(r'width="\1" height="\2"', attributes)
        source = re.search(r'\bsrc="([^"]*_images/[^"]*)"', attributes)
        if source is None or "loading=" in attributes:
            return match.group()
        return (
            f'<img loading="lazy" decoding="async"{_size(attributes, folder / source.group(1))}{attributes}>'
        )

    return re.sub(r"<img((?:\s[^>]*)?)>", lazy, page)


def _size(attributes, path):
    """Return the width and height of an image file as attributes, unless the page sets its own."""
    if re.search(r"\b(width|height)[=:]", attributes) or path.suffix not in {".png", ".jpeg", ".jpg"}:
        return ""
    with Image.open(path) as image:
        return f' width="{image.width}" height="{image.height}"'
