"""The directive ``claims``: the claims with one verdict, written from ``chapters/claims.yml`` alone.

Without an argument it says and draws how many there are of each kind; a claim begins with a chip that has
its verdict, in words and in a colour. The numbers are those of the data set
that the book is built with; a test compares them with what the executed chapters kept.
"""

from collections import Counter
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from course_lib.claims import CONDITION, FALSE, HOLDS, OPEN, VERDICTS
from course_lib.data.image_data import OFFLINE_NAME

from .claim_list import FILE, read_claims

KINDS = {FALSE: "false", CONDITION: "condition", HOLDS: "holds", OPEN: "open"}  # names of classes
JUDGED = {FALSE: "false", CONDITION: "with a condition", HOLDS: "hold"}  # from left to right in the bar


class ClaimsDirective(SphinxDirective):
    """``claims VERDICT``, or ``claims`` for the numbers of all."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self):
        """Read the file, and let MyST read what is made of it."""
        path = Path(self.env.srcdir, FILE)
        self.env.note_dependency(str(path))
        offline = getattr(self.config, "course_data", "") == OFFLINE_NAME
        try:
            claims = read_claims(path)
        except (OSError, ValueError) as error:
            raise self.error(str(error)) from None
        verdict = self.arguments[0] if self.arguments else None
        if verdict not in (*VERDICTS, None):
            raise self.error(f"A verdict is one of {', '.join(VERDICTS)}, got {verdict!r}.")
        text = entries(claims, verdict, offline) if verdict else summary(claims, offline)
        place = nodes.container(classes=["claims", "claims-offline" if offline else "claims-mnist"])
        self.state.nested_parse(StringList(text.splitlines(), str(path)), self.content_offset, place)
        if verdict:
            add_chips(place, verdict)
        else:
            place += nodes.raw("", bar(claims, offline), format="html")
        return [place]


def setup(app):
    """Register the directive."""
    app.setup_extension("sphinx_ext.execution_cache")  # which finds out the data's name
    app.add_directive("claims", ClaimsDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def entries(claims, verdict, offline):
    """Return the claims with this verdict as a definition list in MyST."""
    chosen = [claim for claim in claims if claim.on(offline)[2] == verdict]
    return "\n\n".join(entry(claim, offline) for claim in chosen) or "None, with this data."


def entry(claim, offline):
    """Return one claim: its sentence, what was measured, its condition, where, and what to read."""
    value, control, verdict = claim.on(offline)
    said = claim.measured.format(value=value, control=control)
    condition = f" **The condition:** {claim.condition}" if verdict == CONDITION else ""
    chapter = claim.chapter.replace("_", "-")
    where = f"Said by {claim.said_by}. See {{ref}}`ch-{chapter}` and {{cite:t}}`{claim.reference}`."
    return f"“{claim.claim}”\n: {said}{condition}\n\n  {where}"


def add_chips(place, verdict):
    """Begin what is said about each claim with its verdict."""
    for definition in place.findall(nodes.definition):
        chip = nodes.strong("", verdict.capitalize(), classes=["claim-verdict", KINDS[verdict]])
        definition[0].insert(0, [chip, nodes.Text(" ")])


def bar(claims, offline):
    """Return the verdicts as a bar of three parts, as long as they are many."""
    count = Counter(claim.on(offline)[2] for claim in claims)
    parts = [
        f'<span class="{KINDS[verdict]}" style="flex-grow:{count[verdict]}">{count[verdict]} {words}</span>'
        for verdict, words in JUDGED.items()
        if count[verdict]
    ]
    said = ", ".join(f"{count[verdict]} {words}" for verdict, words in JUDGED.items())
    return f'<div class="claims-bar" role="img" aria-label="Verdicts: {said}">{"".join(parts)}</div>'


def summary(claims, offline):
    """Return how many claims have each verdict."""
    count = Counter(claim.on(offline)[2] for claim in claims)
    return (
        f"Claims judged: **{len(claims) - count[OPEN]}**. "
        f"False: **{count[FALSE]}**. Holding with a condition: **{count[CONDITION]}**. "
        f"Holding: **{count[HOLDS]}**. "
        f"Not settled here, and not counted: **{count[OPEN]}**."
    )
