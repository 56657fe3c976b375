"""Opens pages of the built site in Chromium and reports what a reader's browser would meet."""

import gzip
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import unquote, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from sphinx_ext.chromium import find_chromium

WIDE, NARROW = 1280, 360  # a laptop; the narrowest telephone in common use
PHONES = (390, 402, 412)  # the widths of others: a line that is just full there sticks out
HEIGHT = 900
PATIENCE_MS = 120_000  # for what must happen: only a test that fails waits so long
CATCH_UP_MS = 30_000  # for what may never happen: then the test goes on and sees it
# What the theme lets the keyboard scroll: when a page has loaded, and again 300 ms after its last change
SCROLLERS = ("pre", ".nboutput > .output_area", ".cell_output > .output", ".jp-RenderedHTMLCommon",
             ".pst-scrollable-table-container")  # fmt: skip
# Without preloading: from a plain folder axe may not read style sheets, and says so in the console.
AXE_OPTIONS = {"resultTypes": ["violations"], "preload": False}
LEAST_TARGET = 24  # CSS pixels that a finger needs: WCAG 2.2, 2.5.8
UNWEIGHED = {".png", ".jpg", ".jpeg", ".gif", ".webp"}  # figures load when they come into view


@contextmanager
def chromium_page():
    """Give one page of a headless Chromium; close the browser afterwards."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        try:
            page = browser.new_page(
                viewport={"width": WIDE, "height": HEIGHT}, color_scheme="light", reduced_motion="reduce"
            )
            page.context.set_default_timeout(PATIENCE_MS)
            yield page
        finally:
            browser.close()


@dataclass
class Visit:
    """What happened while one page was open."""

    path: Path
    errors: list = field(default_factory=list)  # console errors, exceptions, files that did not load
    requests: list = field(default_factory=list)  # every address asked for, in order
    overflow: dict = field(default_factory=dict)  # width -> what sticks out to the right
    small: dict = field(default_factory=dict)  # width -> controls that a finger misses
    violations: dict = field(default_factory=dict)  # (theme, width) -> what axe found

    @property
    def foreign_requests(self):
        """The addresses outside the site's folder: a page from a plain folder needs none."""
        return [url for url in self.requests if urlsplit(url).scheme not in {"file", "data", "blob"}]

    @property
    def weight(self):
        """Bytes of all that the page loaded, compressed, figures not counted."""
        paths = {Path(unquote(urlsplit(url).path)) for url in self.requests if url.startswith("file:")}
        return sum(compressed_size(path) for path in paths if path.is_file() and path.suffix not in UNWEIGHED)


def compressed_size(path):
    """Return the size of a file as a web server sends it."""
    return len(gzip.compress(path.read_bytes(), 6, mtime=0))


def visit(page, path, themes=("light", "dark"), widths=(WIDE, NARROW)):
    """Open a file of the site and look at it in every theme and width; return the Visit."""
    result = Visit(path)
    page.goto("about:blank")  # what the page before has still asked for is given up unheard
    listeners = {
        "console": lambda message: message.type == "error" and result.errors.append(message.text),
        "pageerror": lambda error: result.errors.append(str(error)),
        "request": lambda request: result.requests.append(request.url),
        "requestfailed": lambda request: result.errors.append(
            f"not loaded: {request.url} ({request.failure})"
        ),
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    try:
        page.set_viewport_size({"width": widths[0], "height": HEIGHT})
        page.goto(path.resolve().as_uri())
        page.evaluate(
            "() => window.MathJax?.startup?.promise?.then(() => null)"
        )  # formulas change the layout
        prepare_for_axe(page)
        for width in widths:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            result.overflow[width] = sticking_out(page)
            result.small[width] = small_targets(page)
            for theme in themes:
                set_theme(page, theme)
                result.violations[theme, width] = axe_violations(page)
        for width in PHONES:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            result.overflow[width] = sticking_out(page)
    finally:
        for event, listener in listeners.items():
            page.remove_listener(event, listener)
    return result


def set_theme(page, theme):
    """Switch the page to the light or the dark theme, as its own button does."""
    page.evaluate("theme => Object.assign(document.documentElement.dataset, {theme, mode: theme})", theme)


def settle(page):
    """Wait until the page has followed its last change: a new width, another theme, an answer.

    What never comes is not an error here: a box that stays out of the keyboard's reach is axe's to report.
    """
    two_frames(page)
    wait_until(
        page,
        """selector => {
            const scrolls = e => e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight;
            const moves = e => e.playState === "running"
                && Number.isFinite(e.effect.getComputedTiming().endTime);
            return document.fonts.status === "loaded"
                && !document.getAnimations().some(moves)
                && [...document.querySelectorAll(selector)].every(e => !scrolls(e) || e.tabIndex === 0);
        }""",
        ", ".join(SCROLLERS),
    )


def wait_until(page, condition, argument=None):
    """Wait until a function in the page returns true, at most CATCH_UP_MS; return whether it did."""
    return page.evaluate(
        f"""([argument, patience]) => new Promise(done => {{
            const [condition, end] = [{condition}, performance.now() + patience];
            const look = () => {{
                if (condition(argument)) done(true);
                else if (performance.now() > end) done(false);
                else setTimeout(look, 20);
            }};
            look();
        }})""",
        [argument, CATCH_UP_MS],
    )


def two_frames(page):
    """Wait for two frames: by the second one, every handler of a new size has run."""
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
    )


def sticking_out(page):
    """Return what makes the page scroll sideways: an empty list if nothing does."""
    settle(page)
    return page.evaluate("""() => {
        const width = document.documentElement.clientWidth;
        if (document.documentElement.scrollWidth <= width) return [];
        const boxed = element => element && (getComputedStyle(element).overflowX !== "visible"
                                             || boxed(element.parentElement.closest("body *")));
        return [...document.querySelectorAll("body *")]
            .filter(element => element.getBoundingClientRect().right > width + 1)
            .filter(element => !boxed(element.parentElement.closest("body *")))
            .slice(0, 8).map(element => element.outerHTML.slice(0, 120));
    }""")


def small_targets(page):
    """Return the controls that are smaller than a finger needs, inside interactive figures, too.

    A control is as large as the box around it and its labels. A link within a sentence may be as high as
    its line, and one with room around it as small: of a circle of 24 pixels around its middle nothing lies
    in another target. Buttons, fields and handles have no such excuse here, though the rule grants it.
    The cells of a picture, whose numbers are read by pointing at them, are targets where fingers point.
    """
    return page.evaluate(
        """([least, cells]) => {
        const CONTROLS = "a[href], button, input, select, textarea, summary, [role=button], "
            + "[role=slider], [role=application]" + (cells ? ", [role=gridcell][tabindex]" : "");
        const rootsIn = root => [root, ...[...root.querySelectorAll("*")]
            .filter(element => element.shadowRoot)
            .flatMap(element => rootsIn(element.shadowRoot))];
        const areaOf = control => {
            const boxes = [control, ...(control.labels ?? [])].map(e => e.getBoundingClientRect());
            const end = (pick, side) => pick(...boxes.map(box => box[side]));
            const left = end(Math.min, "left"), right = end(Math.max, "right");
            const top = end(Math.min, "top"), bottom = end(Math.max, "bottom");
            return { control, left, top, right, bottom, width: right - left, height: bottom - top };
        };
        const seen = ({ control, width, height }) => width > 1 && height > 1 && !control.disabled
            && control.checkVisibility({ visibilityProperty: true });
        const small = ({ width, height }) => Math.min(width, height) < least - 0.1;
        const letters = element => element.textContent.replace(/\\s/g, "").length;
        const inSentence = ({ control }) => {
            const block = control.parentElement.closest("p, li, td, th, dt, dd, caption, div, h1, h2, h3");
            const links = [...(block?.querySelectorAll("a") ?? [])];
            const linked = links.reduce((sum, link) => sum + letters(link), 0);
            return getComputedStyle(control).display === "inline" && block && letters(block) > linked;
        };
        const inItself = (one, other) => one.control.contains(other.control)
            || other.control.contains(one.control);
        const distance = (x, y, box) => Math.hypot(
            Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
        const areas = rootsIn(document).flatMap(root => [...root.querySelectorAll(CONTROLS)])
            .map(areaOf).filter(seen);
        const hasRoom = one => {
            const x = (one.left + one.right) / 2, y = (one.top + one.bottom) / 2;
            return areas.every(other => inItself(one, other) || (small(other)
                ? Math.hypot(x - (other.left + other.right) / 2, y - (other.top + other.bottom) / 2) >= least
                : distance(x, y, other) >= least / 2));
        };
        return areas.filter(small)
            .filter(one => !(one.control.matches("a") && (inSentence(one) || hasRoom(one))))
            .map(({ control, width, height }) =>
                `${width.toFixed(1)} x ${height.toFixed(1)}: ${control.outerHTML.slice(0, 120)}`);
    }""",
        [LEAST_TARGET, page.viewport_size["width"] <= NARROW],
    )


def prepare_for_axe(page):
    """Spare axe what it has seen, and what it misreads.

    One coloured word of code of each kind is enough: looking at all of them takes seconds.
    A table header that is a formula has its words in MathML, which axe takes for no words.
    """
    page.evaluate("""() => {
        const seen = new Set();
        for (const word of document.querySelectorAll(".highlight pre span[class]")) {
            if (seen.has(word.className)) word.replaceWith(...word.childNodes);
            seen.add(word.className);
        }
        for (const formula of document.querySelectorAll("th .math"))
            formula.closest("th").dataset.formula = "";
    }""")


def axe_violations(page):
    """Return the accessibility rules that the page breaks, each with where it does."""
    settle(page)
    # MathJax's own markup has the colours of the text around it
    context = {"exclude": [["mjx-container"], ["th[data-formula]"]]}
    violations = Axe().run(page, context, AXE_OPTIONS).response["violations"]
    return [
        f"{rule['id']}: {rule['help']}: {[node['target'] for node in rule['nodes']]}" for rule in violations
    ]


# --- figures in a page of their own

SHELL = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Figures</title></head>'
    '<body style="font-family:sans-serif;{style}"><main><h1>Figures</h1>{body}</main></body></html>'
)
THEMES = {"light": "background:#fff;color:#222", "dark": "background:#121212;color:#eee"}


def play_by_hand(page):
    """Load a page again for a reader who likes motion, with a clock that goes only when it is told to."""
    page.emulate_media(reduced_motion="no-preference")
    page.clock.install(time=0)
    page.reload()
    page.clock.pause_at(60_000)


def new_context(browser, **settings):
    """Return a context of its own, with an empty storage, as wide as a laptop."""
    size = {"width": WIDE, "height": HEIGHT}
    context = browser.new_context(viewport=size, reduced_motion="reduce", **settings)
    context.set_default_timeout(PATIENCE_MS)
    return context


def open_page(browser, file, context=None, **settings):
    """Open a file, if no context is given in one of its own; return the page and the problems that it met."""
    page = (context or new_context(browser, **settings)).new_page()
    problems = []
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: request.url.startswith("http") and problems.append(request.url))
    page.goto(file.resolve().as_uri())
    if settings.get("java_script_enabled", True):
        two_frames(page)
    return SimpleNamespace(page=page, problems=problems)
