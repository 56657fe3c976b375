"""What an exercise says: each object prints as text and shows well in a page, Jupyter and Colab."""

import html
import textwrap
from dataclasses import dataclass

MARKS = {"correct": "&#10003;", "not yet": "&#10007;", "not attempted": "&#9675;"}


@dataclass(frozen=True)
class Answer:
    """What a check says: prints as one line, shows as a box in a notebook."""

    exercise: str
    status: str  # a key of MARKS
    message: str
    next_step: str = ""  # what leads on from a correct answer

    def __bool__(self):
        return self.status == "correct"

    def __repr__(self):
        return "\n".join([f"{self.exercise}: {self.status}. {self.message}", *filter(None, [self.next_step])])

    def _repr_html_(self):
        name = self.status.replace(" ", "-")
        return (
            f'<div class="check check-{name}" role="status" '
            'style="border-left:4px solid currentColor;padding:.4rem .8rem;margin:.5rem 0">'
            f'<strong><span aria-hidden="true">{MARKS[self.status]}</span> '
            f"{html.escape(self.exercise)}: {self.status}</strong>"
            f'<div style="white-space:pre-wrap">{html.escape(self.message)}</div>{self._next_html()}</div>'
        )

    def _next_html(self):
        return f"<div>{html.escape(self.next_step)}</div>" if self.next_step else ""


class Code:
    """Source code that shows highlighted in a page, in Jupyter and in Colab."""

    def __init__(self, source):
        self.source = textwrap.dedent(source).strip()

    def __repr__(self):
        return self.source

    def _repr_markdown_(self):
        return f"```python\n{self.source}\n```"


class Hint(str):
    """A sentence that shows without quotation marks."""

    __slots__ = ()

    def __repr__(self):
        return str(self)
