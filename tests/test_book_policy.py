"""The policies of the built pages, as Chromium enforces them: what is planted in a page stays dead."""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest
from browser import chromium_page, visit
from test_book_site import PAGES, SITE

from sphinx_ext.content_policy import with_policy

pytestmark = pytest.mark.book
FOREIGN = "https://example.invalid"
PLANTS = {
    "a picture": ("img-src", f"<img src='{FOREIGN}/a.png'>"),
    "a picture of a style": ("img-src", f"<p style='background: url({FOREIGN}/a.png)'>a</p>"),
    "a script from elsewhere": ("script-src-elem", f"<script src='{FOREIGN}/a.js'></script>"),
    "a script in the page": ("script-src-elem", "<script>window.planted = 1</script>"),
    "a handler": ("script-src-attr", "<img src='data:,' onerror='window.planted = 1'>"),
    "a script of data": ("script-src-elem", "<script src='data:,window.planted=1'></script>"),
    "a link that is a script": ("script-src-elem", "<a class='go' href='javascript:window.planted=1'>a</a>"),
    "a style sheet": ("style-src-elem", f"<link rel='stylesheet' href='{FOREIGN}/a.css'>"),
    "a font": (
        "font-src",
        f"<style>@font-face {{ font-family: f; src: url({FOREIGN}/a.woff) }}</style>"
        "<p style='font-family: f'>a</p>",
    ),
    "a frame": ("frame-src", f"<iframe src='{FOREIGN}'></iframe>"),
    "a plug-in": ("object-src", f"<object data='{FOREIGN}/a.swf'></object>"),
    "a film": ("media-src", f"<video src='{FOREIGN}/a.mp4'></video>"),
    "another base": ("base-uri", f"<base href='{FOREIGN}/'>"),
    "a form": ("form-action", f"<form action='{FOREIGN}'><button class='go'>a</button></form>"),
    "a request": ("connect-src", "<p class='fetch'>a</p>"),
}
PLANT = """markup => new Promise(done => {
    document.addEventListener("securitypolicyviolation", event =>
        done(`${event.disposition} ${event.effectiveDirective}`), { once: true });
    document.body.append(document.createRange().createContextualFragment(markup));
    document.querySelector(".go")?.click();
    if (document.querySelector(".fetch")) fetch("https://example.invalid").catch(() => {});
    setTimeout(done, 30000, "nothing was blocked");
})"""


@pytest.fixture(scope="module")
def page():
    with chromium_page() as page:
        yield page


@pytest.fixture(scope="module")
def address():
    """The address of the site on a server of this machine."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=SITE)
    handler.log_message = lambda *_: None
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", PAGES or ["index.html"])
def test_every_page_has_the_policy_of_the_scripts_that_it_holds(name):
    written = (SITE / name).read_text(encoding="utf-8")
    assert "Content-Security-Policy" in written
    assert written == with_policy(written)


@pytest.mark.parametrize("plant", PLANTS)
def test_what_is_planted_is_blocked(plant, page):
    page.goto((SITE / "index.html").as_uri())
    directive, markup = PLANTS[plant]
    assert page.evaluate(PLANT, markup) == f"enforce {directive}"
    assert page.evaluate("window.planted") is None


def test_without_a_policy_a_planted_script_runs(page, tmp_path):
    """The plants are alive: what kills them is the policy."""
    file = tmp_path / "page.html"
    file.write_text("<!doctype html><body></body>")
    page.goto(file.as_uri())
    markup = "<script>window.planted = 1</script>"
    page.evaluate("markup => document.body.append(document.createRange().createContextualFragment(markup))",
                  markup)  # fmt: skip
    assert page.evaluate("window.planted") == 1


def test_the_themes_own_buttons_still_work(page):
    page.goto((SITE / "index.html").as_uri())
    page.evaluate("window.print = () => { window.printed = true }")
    page.evaluate("document.querySelector('[onclick=\"window.print()\"]').click()")
    assert page.evaluate("window.printed") is True


HOSTILE = "</script><img src=x onerror='window.planted=1'><script>window.planted=1</script>"
FILL = """text => { for (const key of ["mode", "theme", "course-answers", "pst-sidebar"])
    localStorage.setItem(key, key === "course-answers" ? JSON.stringify({ [text]: text }) : text); }"""
MARKUP = "document.querySelectorAll('img[src=x], [onerror]').length"


@pytest.mark.parametrize("name", ["index.html", "search.html", "chapters/convolution.html"])
def test_hostile_text_in_the_storage_and_in_the_address_is_no_markup(name, page):
    """Without the policy, so that it is the scripts that are tested."""
    context = page.context.browser.new_context(bypass_csp=True)
    try:
        opened = context.new_page()
        opened.goto((SITE / name).as_uri())
        opened.evaluate(FILL, HOSTILE)
        opened.goto(
            f"{(SITE / name).as_uri()}?q={quote(HOSTILE)}&highlight={quote(HOSTILE)}#{quote(HOSTILE)}"
        )
        opened.evaluate("() => window.MathJax?.startup?.promise?.then(() => null)")
        assert opened.evaluate("localStorage.getItem('course-answers')") is not None
        assert opened.evaluate("window.planted") is None
        assert opened.evaluate(MARKUP) == 0
    finally:
        context.close()


@pytest.mark.parametrize("name", ["index.html", "search.html", "playground.html", "chapters/numpy_cnn.html"])
def test_on_a_server_the_pages_pass_their_policy_too(name, page, address):
    problems = []
    page.goto("about:blank")  # what was planted before is not heard here
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    page.goto(f"{address}/{name}", wait_until="networkidle")
    page.evaluate("() => window.MathJax?.startup?.promise?.then(() => null)")
    assert problems == []


def test_a_violation_is_an_error_of_the_visit(page, tmp_path):
    file = tmp_path / "page.html"
    head = '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page</title></head>'
    file.write_text(with_policy(f"{head}<body><h1>a</h1></body>").replace("<h1>", PLANTS["a picture"][1]))
    errors = visit(page, file, themes=("light",), widths=(1280,)).errors
    assert any("Content Security Policy" in error for error in errors)
