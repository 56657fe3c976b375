"""The search leads to the section that answers, and shows its words, also from a plain folder.

Sphinx indexes whole pages and fetches the page behind each result for its excerpt, which browsers forbid
between files. Here every section, exercise and glossary entry of the written pages is an entry of its own
in one file, text included; ``static/section_search.js`` ranks them, ``static/search_parts.js`` shows their
words, and ``static/search_page.js`` lists them on the search page. The search box of every other page lists
its hits while somebody types (``static/search_box.js``) and loads what it needs only then.
"""

import json
import re
import shutil
from pathlib import Path

from bs4 import BeautifulSoup

from .formula_text import readable
from .local_site import without_search_index
from .page_memory import PageMemory

STATIC = Path(__file__).parent / "static"
PAGE_SCRIPTS = [STATIC / name for name in ("section_search.js", "search_parts.js", "search_page.js")]
BOX_SCRIPT = STATIC / "search_box.js"
INDEX_NAME = "section_index.js"
# What explains comes before what lists.
LIST_WEIGHTS = {"notation": 0.3, "glossary": 0.3, "bibliography": 0.3, "chapters/reference": 0.1}
ROUTINE_TITLES = ("Exercises", "Quiz", "Take away", "Further reading")  # on every page
STEP = re.compile(r"(See|Say|Code|Check|Use|Break) it")  # a section's whole title
IMPORTS = re.compile(r"^(?:from\s+\S+\s+)?import\s+(?:\([^)]*\)|.*)$", re.MULTILINE)
BLOCKS = "p, li, dt, dd, td, figcaption"  # a word ends where they end
ROUTINE_WEIGHT = EXERCISE_WEIGHT = 0.6
SILENT = (
    ".headerlink, script, style, button, nav, .toctree-wrapper, .data-note, details.hide > summary, "
    ".chapter-facts, .chapter-ways, .exercise-ways, .strip-title, .start-buttons, .part-cards, "
    ".strip-fold > summary, "
    ".admonition:not(.exercise) > .admonition-title, figcaption .caption-number, thead, "
    ".solution, .options, .answer, .hints"  # an answer is not to be stumbled upon, nor a wrong one found
)


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.add_js_file(BOX_SCRIPT.name, loading_method="defer")
    app.connect("build-finished", use_own_search)
    app.connect("build-finished", write_index, priority=995)  # of pages as they stay
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def use_own_search(app, exception):
    """Let the search page of a finished site load the index and its scripts."""
    search_page = Path(app.outdir) / "search.html"
    if has_search(app, exception):
        search_page.write_text(with_own_search(search_page.read_text(encoding="utf-8")), encoding="utf-8")


def has_search(app, exception):
    """Return whether a build ended well, and with a search page."""
    return exception is None and app.builder.format == "html" and (Path(app.outdir) / "search.html").is_file()


def write_index(app, exception):
    """Write the index of all pages, and its scripts, into the finished site."""
    if not has_search(app, exception):
        return
    site = Path(app.outdir)
    memory = PageMemory(Path(app.doctreedir) / "section_entries.json", __name__)
    pages = {name: site / f"{name}.html" for name in sorted(app.env.found_docs)}
    written = {name: path.read_text(encoding="utf-8") for name, path in pages.items() if path.is_file()}
    entries = [entry for name in written for entry in memory.recall(page_entries, written[name], name)]
    memory.keep()
    text = json.dumps(entries, ensure_ascii=False, separators=(",", ":"))
    (site / "_static" / INDEX_NAME).write_text(f"window.bookSections = {text};\n", encoding="utf-8")
    for script in (*PAGE_SCRIPTS, BOX_SCRIPT):
        shutil.copyfile(script, site / "_static" / script.name)


def with_own_search(page):
    """Return the search page with the section index and its scripts in place of Sphinx's."""
    names = [INDEX_NAME, *(script.name for script in PAGE_SCRIPTS)]
    scripts = "".join(f'  <script defer src="_static/{name}"></script>\n' for name in names)
    page = without_search_index(page)
    return page if scripts in page else page.replace("</head>", f"{scripts}</head>", 1)


def page_entries(text, name):
    """Return the entries of a page in its order, each a dict that the script knows.

    Parameters
    ----------
    text : str
        The written page.
    name : str
        The page's name, as in ``chapters/convolution``.
    """
    page = BeautifulSoup(text, "html.parser")
    body = page.find("article") or page.find("main") or page.find(class_="body")
    if body is None or body.h1 is None:
        return []
    prepare(body)
    page_title = words(body.h1)
    topic = re.sub(r"^\d+ ", "", page_title)
    parts = body.select("section, div.exercise, dl.glossary > dd, dl.py > dd")
    found = []
    for part, inside in reversed([(part, contents(part)) for part in parts]):  # inner first
        if entry := part_entry(part):
            entry["text"] = entry["text"] or inside
            entry |= {"url": f"{name}.html", "page": page_title, "weight": weight(name, part, entry)}
            entry["title"] = full_title(entry["title"], topic)
            found.append(entry)
    return found[::-1]


def full_title(title, topic):
    """Return a title with the chapter's topic before it, where alone it says nothing.

    >>> full_title("Say it", "Receptive fields"), full_title("Say it: three budgets", "Architectures")
    ('Receptive fields: Say it', 'Say it: three budgets')
    """
    says_nothing = STEP.fullmatch(title) or title in ROUTINE_TITLES
    return f"{topic}: {title}" if says_nothing else title


def prepare(body):
    """Leave of a page's body what a reader reads: no outputs but their captions, formulas as text."""
    for output in body.select(".cell_output"):
        output.replace_with(*output.find_all("figcaption"))
    for node in body.select(SILENT):
        node.extract()
    for formula in body.select("span.math"):
        formula.replace_with(readable(formula.get_text()))
    for block in body.select(BLOCKS):
        block.append(" ")


def part_entry(part):
    """Take a part out of its page; return what is searched in it, or None if it has no title.

    A displayed formula is unreadable as text: that there is one is known by the words of ``kinds``.
    """
    if part.name == "dd":
        terms = [term for term in _terms_of(part) if term.get("id")]
        anchor, title = (terms[0]["id"], ", ".join(map(_term_name, terms))) if terms else (None, "")
    else:
        heading = part.find(["h1", "h2", "h3", "h4", "p"], recursive=False)
        if heading is None or (heading.name == "p" and "admonition-title" not in heading.get("class", [])):
            return None
        is_page = heading.name == "h1"
        anchor, title = "" if is_page else part.get("id"), words(heading)
        heading.extract()
    if anchor is None:
        return None
    formulas = [formula.extract() for formula in part.select("div.math")]
    code = "\n".join(without_imports(block.extract().get_text()) for block in part.select("div.highlight"))
    for node in [part, *(_terms_of(part) if part.name == "dd" else [])]:
        node.extract()
    kinds = "formula equation" if formulas else ""
    return {"anchor": anchor, "title": title, "text": words(part), "code": code, "kinds": kinds}


def contents(part):
    """Return the titles and terms right inside a part: its words, if it has none of its own."""
    inside = part.select(":scope > section > :is(h2, h3, h4), :scope > dl > dt[id]")
    return ", ".join(_term_name(node) for node in inside)


def _terms_of(definition):
    """Return the terms right above a definition."""
    terms = []
    for sibling in definition.find_previous_siblings(["dt", "dd"]):
        if sibling.name == "dd":
            break
        terms.insert(0, sibling)
    return terms


def _term_name(term):
    return term["id"] if "sig" in term.get("class", []) else words(term)


def without_imports(code):
    r"""Return the lines of code, without their indentation and what it imports.

    >>> without_imports("from a import (\n    b,\n)\nimport c\nd = b(c)\n\n  e  = 1")
    'd = b(c)\ne = 1'
    """
    lines = (" ".join(line.split()) for line in IMPORTS.sub("", code).splitlines())
    return "\n".join(filter(None, lines))


def words(node):
    """Return the text of a node on one line."""
    return " ".join(node.get_text().split())


def weight(name, part, entry):
    """Return how much an entry counts: what explains comes before what asks, and that before lists."""
    if "exercise" in part.get("class", []):
        return EXERCISE_WEIGHT
    if name in LIST_WEIGHTS and entry["anchor"]:
        return LIST_WEIGHTS[name]
    return ROUTINE_WEIGHT if entry["title"] in ROUTINE_TITLES else 1
