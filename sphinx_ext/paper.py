"""The book on paper: the pages of the built site in one document, printed by Chromium.

    python -m sphinx_ext.paper _build/html _build/html/from-linear-models-to-cnns.pdf

What needs a click on a screen stands open or elsewhere: figures that live show their static form,
the code of plots is left to the site, and all answers and solutions stand at the end.
"""

import argparse
import html
import re
import tempfile
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pikepdf
import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright
from pypdf import PdfReader

from sphinx_ext.chromium import find_chromium

LINKING, HIDDEN = ("index", "chapters/run_it_yourself"), '<p class="on-paper" hidden'
STYLE = Path(__file__).parent / "static" / "paper.css"
# Buttons, links to the heading itself, scripts, the code of plots: nothing that paper could use.
LEFT_OUT = (
    "script, a.headerlink, .on-paper, button, .hints, .gaps, .exercise-ways, .chapter-ways, "
    "details.above-input, .strip-fold > summary, .chapter-facts, .start-buttons, .part-card img"
)
OF_A_QUIZ = re.compile(r" \d+ of \d+$")  # on paper a chapter's predictions and its quiz are counted together
FOOTER = (
    '<div style="width:100%;font:8px sans-serif;color:#555;text-align:center">'
    '<span class="pageNumber"></span></div>'
)
PDF_SETTINGS = {
    "format": "A4", "print_background": True, "outline": True, "tagged": True, "display_header_footer": True,
    "header_template": "<span></span>", "footer_template": FOOTER,
    "margin": {"top": "20mm", "bottom": "22mm", "left": "22mm", "right": "22mm"},
}  # fmt: skip


def parts_of(toc):
    """Return the parts of ``_toc.yml`` in order: (caption, names of pages). The first is the landing page."""
    settings = yaml.safe_load(Path(toc).read_text(encoding="utf-8"))
    parts = [
        (part["caption"], [chapter["file"] for chapter in part["chapters"]]) for part in settings["parts"]
    ]
    return [("", [settings["root"]]), *parts]


def article_of(site, name, names):
    """Return a page's article as it goes to paper, and its solutions, both as parsed HTML.

    Ids get the page's name in front, since every chapter has a section called "Exercises"; links
    into other pages of the book follow them.
    """
    page = BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    article = page.select_one("article.bd-article")
    for element in article.select(LEFT_OUT):
        element.decompose()
    for details in article.select("details"):
        details["open"] = ""
    for element in article.select("[id]"):
        element["id"] = anchor(name, element["id"])
    for link in article.select("a[href]"):
        link["href"] = new_address(link["href"], name, names)
    for picture in article.select("img[src]"):
        picture["src"] = urljoin(f"{name}.html", picture["src"])
        picture["loading"] = "eager"
    article.select_one("h1")["id"] = anchor(name)  # a section's own place may be the end of the page before
    solutions = [solution.extract() for solution in article.select(".solution.admonition")]
    return article, solutions


def take_answers(article):
    """Number the questions of a chapter's article, and take their answers out; return these.

    Each box ends with a link to its answer, whose number is all that a sheet of paper needs.
    """
    chapter, answers = article.select_one("h1").get_text().split()[0], []
    for count, box in enumerate(article.select(".admonition.asks"), start=1):
        number, answer = f"{chapter}.{count}", box.select_one("details.answer").extract()
        answer.name, answer["id"] = "div", f"{box['id']}--answer"
        answer.summary.decompose()
        answer.strong.insert(0, f"{number} ")
        title = box.select_one(".admonition-title")
        title.string = f"{OF_A_QUIZ.sub('', title.get_text())} {number}"
        link = f'<p class="to-answer"><a href="#{answer["id"]}">Answer {number}</a></p>'
        box.append(BeautifulSoup(link, "html.parser"))
        answers.append(answer)
    return answers


def anchor(page, identifier=""):
    """Return the id that an element of a page has in the whole book."""
    return "--".join(filter(None, [page.replace("/", "-"), identifier]))


def new_address(address, page, names):
    """Return where a link leads in the whole book: within it, or to its own address.

    A file of the site that is no page has no place on paper; its link leads to the page it stands on.
    """
    parts = urlsplit(address)
    if parts.scheme:
        return address
    target = urljoin(f"{page}.html", parts.path).removesuffix(".html") if parts.path else page
    return f"#{anchor(target, parts.fragment)}" if anchor(target) in names else f"#{anchor(page)}"


def contents(parts, titles, pages):
    """Return the table of contents as HTML: parts, chapters, and the page on which each one begins."""
    lines = []
    for caption, names in parts[1:]:
        lines.append(f"<h3>{html.escape(caption)}</h3>")
        for name in names:
            link = f'<a href="#{anchor(name)}">{html.escape(titles[name])}</a>'
            lines.append(f'<p class="entry">{link}<span>{pages.get(anchor(name), "")}</span></p>')
    return f'<nav class="paper-contents"><h2>Contents</h2>{"".join(lines)}</nav>'


def head_of(site, names):
    """Return the style sheets and the formulas' set-up, from the first page that has formulas."""
    for name in names:
        page = BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
        formulas = [script for script in page.select("script") if "mathjax" in str(script).lower()]
        if formulas:
            break
    kept = [*page.select('link[rel="stylesheet"], link[href*=".css"]'), *formulas]
    for element in kept:
        for attribute in {"href", "src"} & element.attrs.keys():
            element[attribute] = urljoin(f"{name}.html", element[attribute])
    return "".join(map(str, kept))


class Book:
    """All that is printed, ready to be put together; only the numbers of the pages are still unknown."""

    def __init__(self, site, project):
        self.site = Path(site)
        self.settings = yaml.safe_load((Path(project) / "_config.yml").read_text(encoding="utf-8"))
        self.parts = parts_of(Path(project) / "_toc.yml")
        self.names = [name for _, names in self.parts for name in names]
        anchors = {anchor(name) for name in self.names}
        self.articles, self.answers, self.solutions, self.titles = {}, {}, {}, {}
        for name in self.names:
            article, self.solutions[name] = article_of(self.site, name, anchors)
            self.answers[name] = take_answers(article)
            self.articles[name] = article
            self.titles[name] = article.select_one("h1").get_text().strip()

    def html(self, pages):
        """Return the document; `pages` maps ids to numbers, and is empty before the first printing."""
        title, author = html.escape(self.settings["title"]), html.escape(self.settings["author"])
        body = [f'<header class="title"><h1>{title}</h1><p>{author}</p></header>']
        body.append(contents(self.parts, self.titles, pages))
        for caption, names in self.parts:
            for number, name in enumerate(names):
                part = f'<p class="part">{html.escape(caption)}</p>' if caption and not number else ""
                body.append(f'<section class="page">{part}{self.articles[name]}</section>')
        body += [self._at_the_end("Answers", self.answers), self._at_the_end("Solutions", self.solutions)]
        return (
            '<!doctype html><html lang="en" data-theme="light" data-mode="light"><head><meta charset="utf-8">'
            f"<title>{title}</title>{head_of(self.site, self.names)}<style>{STYLE.read_text()}</style></head>"
            f'<body><main class="bd-article">{"".join(body)}</main></body></html>'
        )

    def _at_the_end(self, heading, found):
        """Return a section of what was taken out of the chapters, below their titles."""
        chapters = [
            f"<h3>{html.escape(self.titles[name])}</h3>{''.join(map(str, taken))}"
            for name, taken in found.items()
            if taken
        ]
        body = f"<h2>{heading}</h2>{''.join(chapters)}"
        return f'<section class="page" id="{heading.lower()}">{body}</section>' if chapters else ""


def print_document(page, document, site, target):
    """Print HTML that lies in the site's folder; return the page of each id that a link names."""
    source = site / "paper.html"
    source.write_text(document, encoding="utf-8")
    try:
        page.goto(source.resolve().as_uri(), wait_until="load", timeout=120_000)
        page.evaluate("() => window.MathJax?.startup?.promise?.then(() => null)")
        page.evaluate("() => Promise.all([...document.images].map(image => image.decode().catch(() => 0)))")
        page.pdf(path=target, **PDF_SETTINGS)
    finally:
        source.unlink()
    reader = PdfReader(target)
    places = reader.named_destinations.items()
    return {name.lstrip("/"): reader.get_destination_page_number(place) + 1 for name, place in places}


def print_book(site, target, project="."):
    """Print the built site as one PDF: once to learn the numbers of the pages, once with them.

    Parameters
    ----------
    site : str or pathlib.Path
        Folder of the built HTML.
    target : str or pathlib.Path
        The PDF to write; it appears when it is whole.
    project : str or pathlib.Path
        Folder of ``_config.yml`` and ``_toc.yml``.
    """
    book, site, target = Book(site, project), Path(site), Path(target)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        page, draft = browser.new_page(reduced_motion="reduce"), Path(folder) / "book.pdf"
        page.set_default_timeout(300_000)
        pages = print_document(page, book.html({}), site, draft)
        assert print_document(page, book.html(pages), site, draft) == pages, "The contents moved the pages."
        browser.close()
        target.parent.mkdir(parents=True, exist_ok=True)
        pack(draft, target.with_suffix(".part"))
        target.with_suffix(".part").replace(target)
    show_link(site)


def pack(source, target):
    """Write a PDF again with its objects compressed: Chromium leaves 100,000 of them as plain text."""
    with pikepdf.open(source) as document:
        document.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate, compress_streams=True)


def show_link(site):
    """Show the link to the PDF, which the pages hide as long as there is none."""
    for name in LINKING:
        path = site / f"{name}.html"
        path.write_text(
            path.read_text(encoding="utf-8").replace(HIDDEN, HIDDEN.removesuffix(" hidden")), "utf-8"
        )


def main(arguments=None):
    """Print the site that the command line names."""
    parser = argparse.ArgumentParser(description="Print the built site as one PDF.")
    parser.add_argument("site", help="folder of the built HTML")
    parser.add_argument("target", help="the PDF to write")
    given = parser.parse_args(arguments)
    print_book(given.site, given.target)


if __name__ == "__main__":
    main()
