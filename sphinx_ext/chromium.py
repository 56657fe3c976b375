"""The browser that prints the book and tests its pages: the one that the machine has."""

import os
import shutil

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class BrowserMissing(RuntimeError):
    """There is no Chromium; the message says how to get one."""


def find_chromium():
    """Return the path of Chromium: ``$COURSE_CHROMIUM``, or the first one on the path."""
    chosen = os.environ.get("COURSE_CHROMIUM")
    candidates = [chosen] if chosen else BROWSERS
    for name in candidates:
        path = shutil.which(name)
        if path:
            return path
    raise BrowserMissing(
        f"Expected one of {', '.join(candidates)} on the path and found none. Install Chromium "
        "(Debian, Ubuntu: apt-get install chromium), or set COURSE_CHROMIUM to its path."
    )
