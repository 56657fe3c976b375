"""A live figure in a notebook that has not run yet: a still picture, drawn from what its cell showed.

Whoever reads a notebook on GitHub, in an editor or in Colab before the first run sees so what the cell will
give. The pictures are kept in ``_build/.stills`` under what they are drawn from. Without Chromium there are
none, and words stand in their place.
"""

import base64
import hashlib
import io
import json
from contextlib import ExitStack
from pathlib import Path

from PIL import Image
from playwright.sync_api import Error, sync_playwright
from sphinx.util import logging

from .chromium import BrowserMissing, find_chromium

logger = logging.getLogger(__name__)

WIDTH = 720  # CSS pixels: as wide as on the page
LARGEST = 40 * 1024  # bytes of a picture
SHARPNESS = (1.5, 1.25, 1)  # pixels for each of CSS: the first one that is light enough
COLOURS = 32
FIGURE = ".course-widget"
PAPER = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>A live figure</title><style>'
    "body {{ margin: 0; padding: 0 4px; background: white; color: #222; font: 15px/1.5 sans-serif; }}"
    "</style>{}"
)
# What to try is advice for who can. The sentences that say what is seen are the picture's words.
PREPARE = """async figure => {
    figure.style.margin = "4px 0";
    const style = Object.assign(document.createElement("style"), { textContent: ".tip { display: none }" });
    figure.shadowRoot.append(style);
    for (let k = 0; k < 2; k++) await new Promise(requestAnimationFrame);
    const said = [...figure.shadowRoot.querySelectorAll(".say")].map(node => node.textContent.trim());
    return [figure.getAttribute("aria-label"), said.filter(Boolean).join(" ")];
}"""


class Stills:
    """The still pictures of one build; the browser starts with the first one that is not kept.

    Parameters
    ----------
    folder : pathlib.Path
        Where the pictures are kept from build to build.
    """

    def __init__(self, folder):
        self.folder, self.used = Path(folder), set()
        self.stack, self.pages = ExitStack(), None

    def of(self, html):
        """Return the picture of a live figure as ``{"png", "width", "alt"}``, None where none can be drawn.

        Parameters
        ----------
        html : str
            What the figure's cell shows on the page.
        """
        kept = self.folder / f"{digest(html)}.json"
        if not kept.is_file():
            still = self._drawn(html)
            if still is None:
                return None
            self.folder.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(still), encoding="utf-8")
        self.used.add(kept)
        return json.loads(kept.read_text(encoding="utf-8"))

    def close(self):
        """End the browser, and forget the pictures that no notebook of this build shows."""
        self.stack.close()
        for kept in set(self.folder.glob("*.json")) - self.used:
            kept.unlink(missing_ok=True)

    def _drawn(self, html):
        if self.pages is None:
            self.pages = self._opened()
        for page in self.pages:
            still = drawn(page, html)
            if still is None or len(base64.b64decode(still["png"])) <= LARGEST:
                return still
        return None

    def _opened(self):
        """Return one page for each sharpness, none of which can ask for anything elsewhere."""
        try:
            path = find_chromium()
            playwright = self.stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except (BrowserMissing, Error) as error:
            reason = str(error).partition("\n")[0]
            logger.info("the notebooks show words in place of live figures: %s", reason)
            return []
        self.stack.callback(browser.close)
        look = {"color_scheme": "light", "reduced_motion": "reduce", "offline": True}
        size = {"width": WIDTH, "height": 900}
        return [browser.new_page(viewport=size, device_scale_factor=sharp, **look) for sharp in SHARPNESS]


def digest(html):
    """Return the name of a figure's picture, another one for another figure or another way to draw."""
    return hashlib.sha256(Path(__file__).read_bytes() + html.encode()).hexdigest()[:24]


def drawn(page, html):
    """Return the picture of a live figure as a browser's page shows it, None if there is none in it."""
    page.set_content(PAPER.format(html))
    figure = page.locator(FIGURE)
    if figure.count() != 1:
        return None
    label, says = figure.evaluate(PREPARE)
    alt = f"The live figure \u201c{label}\u201d as it begins. {says}".strip()
    png = base64.b64encode(with_few_colours(page.locator("body").screenshot())).decode()
    return {"png": png, "width": WIDTH, "alt": alt}


def with_few_colours(png):
    """Return a picture with a palette, which makes it three times as light."""
    lighter = io.BytesIO()
    with Image.open(io.BytesIO(png)) as image:
        image.convert("RGB").quantize(COLOURS).save(lighter, "png", optimize=True)
    return lighter.getvalue()
