"""Each page says what it may load and run: a content-security policy, which the browser enforces.

Nothing from another address, and of scripts those of the site and those that stand in the page, each
known by the hash of its text. What anybody smuggled into a page (a class name with a script in it, a
picture that reports its reader) would stay dead. Styles may stand anywhere, because MathJax, the theme
and the figures write them; without foreign addresses they can neither load nor send anything.
"""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

from .page_memory import PageMemory

MARK = '<meta http-equiv="Content-Security-Policy"'
CHARSET = re.compile(r'<meta charset="[^"]*"\s*/?>', re.IGNORECASE)
# Browsers differ in whether 'self' holds for the pages of a plain folder, so that scheme is named, too.
# Of a site on a server it allows nothing more: browsers give no file to a page from the net.
SITE = "'self' file:"
POLICY = (
    "default-src 'none'; script-src {site} 'unsafe-hashes' {scripts}; style-src {site} 'unsafe-inline'; "
    "img-src {site} data:; font-src {site}; form-action {site}; base-uri 'none'"
)
JAVASCRIPT = {None, "", "text/javascript", "module"}  # scripts of other types are data, and never run


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.connect("build-finished", write_policies, priority=990)  # when nobody changes a page any more
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_policies(app, exception):
    """Write the policy of every page of the finished site."""
    if exception is not None or app.builder.format != "html":
        return
    site = Path(app.outdir)
    memory = PageMemory(Path(app.doctreedir) / "script_hashes.json", __name__)
    for path in site.rglob("*.html"):
        if "_static" not in path.relative_to(site).parts:
            before = path.read_text(encoding="utf-8")
            after = with_policy(before, memory.recall)
            if after != before:
                path.write_text(after, encoding="utf-8")
    memory.keep()


def with_policy(page, recall=lambda find, text: find(text)):
    """Return a page with its policy, before anything that it governs; a second time changes nothing."""
    page = re.sub(rf"\n?{MARK}[^>]*>", "", page)
    scripts = " ".join(f"'sha256-{digest}'" for digest in recall(script_hashes, page))
    policy = POLICY.format(site=SITE, scripts=scripts)
    tag = f'\n{MARK} content="{policy}" />'
    return CHARSET.sub(lambda found: found.group() + tag, page, count=1)


def script_hashes(page):
    """Return the hashes of all JavaScript that stands in a page: each once, sorted, in base64.

    >>> script_hashes('<script>let a = 1</script><b onclick="go()">') == sorted(
    ...     map(digest, ["let a = 1", "go()"]))
    True
    """
    reader = ScriptReader()
    reader.feed(page)
    reader.close()
    return sorted({digest(text) for text in reader.scripts})


def digest(text):
    """Return the SHA-256 of a script as policies write it."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class ScriptReader(HTMLParser):
    """Collects the scripts within a page, and what its elements do when they are clicked."""

    def __init__(self):
        super().__init__()
        self.scripts, self.within = [], False

    def handle_starttag(self, tag, attrs):
        """Keep the handlers of an element; notice where a script begins."""
        attributes = dict(attrs)
        self.scripts += [value or "" for name, value in attrs if name.startswith("on")]
        if tag == "script" and "src" not in attributes and attributes.get("type") in JAVASCRIPT:
            self.within = True
            self.scripts.append("")

    def handle_data(self, data):
        """Keep the text of a script, which may come in pieces."""
        if self.within:
            self.scripts[-1] += data

    def handle_endtag(self, tag):
        """Notice where a script ends."""
        self.within = self.within and tag != "script"
