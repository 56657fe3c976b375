"""Questions with options: the directives ``predict`` (before a cell shows it) and ``question`` (a quiz).

The text of a question is its chapter's, once. Below what is asked stands a definition list: each term is
an option, ``[x]`` before the right one and ``[ ]`` before the others, each definition the reason why it is
right or wrong:

    ```{predict}
    How large is the output?

    [ ] 6x6
    : That would need padding.

    [x] 4x4
    : The window fits four times into each axis.
    ```

With ``:number:`` a question asks for a number (`quiz_numbers`).

A page shows the options, and the reasons folded below them; ``static/quiz.js`` makes the options something
to choose, shows the reason of the chosen one, and keeps the answers on the reader's own device. Until a
prediction is made, ``static/results.js`` folds the output that would give it away. Notebooks get the same
as text (`notebook_markdown`) and leave that output out (`notebook_outputs`), paper has the answers at its
end (`paper`).
"""

import hashlib
import json
import re
import shutil
from pathlib import Path

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .quiz_numbers import OPTIONS, field_of, number_faults, setup_numbers, term_text

STATIC = Path(__file__).parent / "static"
SCRIPTS = ("results.js", "quiz.js")  # in this order: the second tells the first what is answered
INDEX_NAME = "questions.js"
LETTERS = "ABCD"
MARK = re.compile(r"\[([ x])\]\s*")

logger = logging.getLogger(__name__)


class Question(nodes.admonition):
    """The box of a question: title, text, options, answer."""


class Answer(nodes.General, nodes.Element):
    """The reasons of all options, folded."""


class QuestionDirective(SphinxDirective):
    """A question with two to four options, of which exactly one is right; or one for a number."""

    has_content = True
    option_spec = OPTIONS
    kind, title = "quiz", "Question"

    def run(self):
        """Return the box, and remember that the page has this question."""
        digest = hashlib.sha256("\n".join(self.content).encode()).hexdigest()
        name = f"q-{digest[:10]}"  # an answer is for this text: another text is another question
        self.env.metadata[self.env.docname].setdefault("questions", []).append(name)
        body = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, body)
        box = Question(classes=[self.kind, "asks"], ids=[name])
        box += nodes.title("", self.title)
        options = [child for child in body.children if isinstance(child, nodes.definition_list)]
        box += [child for child in body.children if child not in options]
        choices = [choice(item) for options_list in options for item in options_list.children]
        asks_number = "number" in self.options
        for fault in number_faults(choices, self.options) if asks_number else faults(choices):
            logger.warning("a question %s", fault, location=box, type="quiz")
        if asks_number:
            box += [field_of(self.options), answer_of(choices, [plain(term) for _, term, _ in choices])]
        else:
            box += [options_of(choices), answer_of(choices)]
        return [box]


class PredictDirective(QuestionDirective):
    """A question that the next cell answers."""

    kind, title = "predict", "Predict first"


def setup(app):
    """Register the directives, and the scripts that every page loads: the sidebar shows the progress."""
    app.add_node(Answer, html=(visit_answer, depart_answer))
    setup_numbers(app)
    app.add_directive("question", QuestionDirective)
    app.add_directive("predict", PredictDirective)
    app.connect("doctree-read", number_questions)
    for name in (INDEX_NAME, *SCRIPTS):
        app.add_js_file(name, loading_method="defer")
    app.connect("build-finished", write_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def number_questions(app, doctree):
    """Tell in the titles of a page's quiz how many questions it has, and which one of them this is."""
    boxes = [box for box in doctree.findall(Question) if QuestionDirective.kind in box["classes"]]
    for box in boxes:
        quiz = [other for other in boxes if other.parent is box.parent]
        if len(quiz) > 1:  # and not the question of an exercise, which stands alone
            box[0] += nodes.Text(f" {quiz.index(box) + 1} of {len(quiz)}")


def choice(item):
    """Return (is right, the option's inline nodes, the reason's nodes) of an item of the list."""
    term, definition = item[0], item.next_node(nodes.definition)
    inlines = [child for child in term.children if child.astext()]  # Markdown leaves empty texts
    mark = MARK.match(inlines[0].astext()) if inlines else None
    if not mark:
        return False, [], []
    rest = inlines[0].astext()[mark.end() :]
    inlines[:1] = [nodes.Text(rest)] if rest else []
    return mark[1] == "x", inlines, definition.children if definition is not None else []


def faults(choices):
    """Return what is wrong with the options of a question, an empty list if nothing is."""
    complaints = []
    if not 2 <= len(choices) <= len(LETTERS):
        complaints.append(f"has two to {len(LETTERS)} options, this one has {len(choices)}")
    if sum(is_right for is_right, _, _ in choices) != 1:
        complaints.append("has exactly one right option, marked by [x]")
    if not all(inlines and reason for _, inlines, reason in choices):
        complaints.append("marks each option by [ ] or [x] and says why it is right or wrong")
    return complaints


def options_of(choices):
    """Return the options as a list, each behind its letter."""
    items = []
    for letter, (is_right, inlines, _) in zip(LETTERS, choices, strict=False):
        text = nodes.paragraph("", "", nodes.strong("", letter), nodes.Text(" "), *inlines)
        items.append(nodes.list_item("", text, classes=["right"] if is_right else []))
    return nodes.bullet_list("", *items, classes=["options"])


def plain(inlines):
    """Return the text of a term, with a real minus sign."""
    return term_text(inlines).replace("-", "\u2212")


def answer_of(choices, names=LETTERS):
    """Return the folded answer: the name of what is right, then each option's reason."""
    right = [name for name, (is_right, _, _) in zip(names, choices, strict=False) if is_right]
    items = [
        nodes.list_item("", *led_by(name, reason), classes=["right"] if is_right else [])
        for name, (is_right, _, reason) in zip(names, choices, strict=False)
    ]
    said = nodes.paragraph(
        "", "", nodes.strong("", f"{' '.join(right)} {'are' if ', ' in ''.join(right) else 'is'} right.")
    )
    return Answer("", said, nodes.bullet_list("", *items, classes=["reasons"]))


def led_by(name, reason):
    """Return the nodes of a reason, its first paragraph behind the letter or the number of its option."""
    if reason and isinstance(reason[0], nodes.paragraph):
        reason[0].insert(0, [nodes.strong("", name), nodes.Text(" ")])
    return reason


def visit_answer(self, node):
    """Open the fold."""
    self.body.append('<details class="answer"><summary>Answer</summary>')


def depart_answer(self, node):
    """Close it."""
    self.body.append("</details>")


def write_scripts(app, exception):
    """Write the scripts into the site, and what there is to do on each page, for the progress."""
    if exception is not None or app.builder.format != "html":
        return
    asked = {name: metadata.get("questions", []) for name, metadata in app.env.metadata.items()}
    found = {"courseQuestions": asked, "courseExercises": exercises_of(app.env)}
    text = "".join(f"window.{name} = {by_address(app.builder, pages)};\n" for name, pages in found.items())
    static = Path(app.outdir) / "_static"
    (static / INDEX_NAME).write_text(text, encoding="utf-8")
    for name in SCRIPTS:
        shutil.copyfile(STATIC / name, static / name)


def exercises_of(env):
    """Return the names of the exercises of each page, which are the ids of their boxes."""
    pages = {}
    for name, known in getattr(env, "sphinx_exercise_registry", {}).items():
        if known["type"].startswith("exercise"):
            pages.setdefault(known["docname"], []).append(name)
    return pages


def by_address(builder, pages):
    """Return what pages have, as JSON by their addresses, without pages that have nothing."""
    found = {builder.get_target_uri(name): names for name, names in sorted(pages.items()) if names}
    return json.dumps(found, separators=(",", ":"))
