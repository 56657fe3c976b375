"""Of the theme's 2,000 icons the site keeps those that its pages show.

The theme's font of icons and its rules for them are half of what a page without formulas weighs. What is
kept is read from the written pages and scripts, so an icon that a chapter begins to use is there, too.
"""

import importlib.util
import re
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from sphinx.util import logging

STYLE = "styles/pydata-sphinx-theme.css"
FONTS = "vendor/fontawesome/webfonts"
RULE = re.compile(r'((?:\.fa-[a-z0-9-]+:{1,2}before,?)+)\{content:"\\([0-9a-f]+) ?"\}')
SOURCE = re.compile(r'url\(([^()]*)\.woff2\) format\("woff2"\),url\([^()]*\.ttf\) format\("truetype"\)')
OWN_NAME = "Icons of the book"  # the licence of the font keeps its name for the whole
COPYRIGHT, LICENCE, LICENCE_ADDRESS = 0, 13, 14

logger = logging.getLogger(__name__)


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.connect("build-finished", keep_used_icons, priority=950)  # after the pages are corrected
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def keep_used_icons(app, exception):
    """Write the theme's style sheet and its fonts again, with the icons that the site shows."""
    static = Path(app.outdir) / "_static"
    if exception is not None or app.builder.format != "html" or not (static / STYLE).is_file():
        return
    theme = theme_folder()
    sheet, characters = keep_rules((theme / STYLE).read_text(encoding="utf-8"), used_names(Path(app.outdir)))
    if not characters or not SOURCE.search(sheet):
        logger.warning("the theme's style sheet names no icons and no fonts for them: both stay as they are")
        return
    (static / STYLE).write_text(SOURCE.sub(r'url(\1.woff) format("woff")', sheet), encoding="utf-8")
    characters += written_characters(static)
    for font in sorted((theme / FONTS).glob("*.ttf")):
        write_font(font, characters, static / FONTS / f"{font.stem}.woff")
        (static / FONTS / f"{font.stem}.woff2").unlink(missing_ok=True)


def theme_folder():
    """Return the folder of what the theme copies into a site."""
    package = importlib.util.find_spec("pydata_sphinx_theme")
    return Path(package.origin).parent / "theme" / "pydata_sphinx_theme" / "static"


def used_names(site):
    """Return the names of icons in the pages and scripts of a site, such as ``fa-bars``."""
    files = [path for pattern in ("*.html", "_static/**/*.js") for path in site.glob(f"**/{pattern}")]
    return {name for path in files for name in re.findall(r"\bfa-[a-z0-9-]+", path.read_text("utf-8"))}


def written_characters(static):
    """Return the characters of icons that the other style sheets write themselves, as code points."""
    sheets = (path.read_text("utf-8") for path in static.rglob("*.css") if path != static / STYLE)
    return [
        int(code, 16) for sheet in sheets for code in re.findall(r'content: *"\\([ef][0-9a-f]{3})"', sheet)
    ]


def keep_rules(sheet, names):
    """Drop the rules of all other icons from a style sheet; return the rest and its icons' characters.

    >>> two = '.fa-a:before{content:"\\\\f001"}.fa-b:before{content:"\\\\f002"}'
    >>> keep_rules(two, {"fa-b"})
    ('.fa-b:before{content:"\\\\f002"}', [61442])
    """
    # the theme's own variables hold what it writes beside a link or a box
    characters = {ord(character) for character in re.findall(r'--pst-icon[\w-]*:"(.)"', sheet)}

    def keep(match):
        if names.isdisjoint(re.findall(r"fa-[a-z0-9-]+", match.group(1))):
            return ""
        characters.add(int(match.group(2), 16))
        return match.group()

    return RULE.sub(keep, sheet), sorted(characters)


def write_font(source, characters, target):
    """Write a font with these characters alone; the same input gives the same bytes.

    Parameters
    ----------
    source, target : pathlib.Path
        The whole font, and where the part is written as WOFF.
    characters : list of int
        Code points; those that the font lacks are left out.
    """
    kept_names = [COPYRIGHT, LICENCE, LICENCE_ADDRESS]
    options = subset.Options(flavor="woff", layout_features=[], name_IDs=kept_names)
    font = TTFont(source, recalcTimestamp=False)
    part = subset.Subsetter(options)
    part.populate(unicodes=characters)
    part.subset(font)
    for name_id in (1, 4, 6):  # family, full and PostScript name
        font["name"].setName(OWN_NAME.replace(" ", "") if name_id == 6 else OWN_NAME, name_id, 3, 1, 0x409)
    target.parent.mkdir(parents=True, exist_ok=True)
    subset.save_font(font, str(target), options)
