"""A build that was killed leaves nothing half-written: the next one writes every page again.

Sphinx keeps a page that is younger than its source, whether it was written whole or not, and corrections
of finished pages never come to one that a build left out. So a build leaves a mark beside its pages until
it is done; where the next one finds it, it starts from nothing. Executed chapters are kept, and not
executed again. Of two builds in one folder at the same time, the second is refused.
"""

import shutil
from pathlib import Path

from filelock import FileLock, Timeout
from sphinx.errors import ConfigError
from sphinx.util import logging

LOCK, MARK = ".building", ".unfinished"

logger = logging.getLogger(__name__)


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.connect("config-inited", begin, priority=1)  # before Sphinx reads what the last build left
    app.connect("build-finished", end, priority=999)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def begin(app, config):
    """Take the folder, and clear it if the last build did not end.

    Raises
    ------
    sphinx.errors.ConfigError
        If another build is writing into the same folder.
    """
    site = Path(app.outdir)
    app.building = FileLock(site.parent / LOCK, timeout=0)  # the system frees it when a process is killed
    try:
        app.building.acquire()
    except Timeout:
        raise ConfigError(f"Another build is writing to {site.parent}. Wait until it is done.") from None
    if (site / MARK).exists():
        logger.info("The last build did not end: its pages are written again, nothing is executed twice.")
        empty(site)
        empty(Path(app.doctreedir))
    (site / MARK).touch()


def empty(folder):
    """Remove all that is in a folder, the mark last: whoever is interrupted here starts over, too."""
    for path in sorted(folder.glob("*"), key=lambda path: path.name == MARK):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def end(app, exception):
    """Give the folder back, with no mark if everything was written."""
    if exception is None:
        (Path(app.outdir) / MARK).unlink()
    app.building.release()
