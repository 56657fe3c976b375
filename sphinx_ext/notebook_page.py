"""What a notebook knows of the page that it is made from: titles, numbers and addresses."""

import base64
import mimetypes
from pathlib import Path

from sphinx_exercise.nodes import is_exercise_node


class NotebookPage:
    """Answer what the Markdown renderer cannot know from a node alone.

    Parameters
    ----------
    builder : NotebookBuilder
        Knows the environment, and where the site will be.
    docname : str
        The page.
    """

    def __init__(self, builder, docname):
        self.builder, self.docname = builder, docname

    def is_title(self, text):
        """Return whether text is the title of a page or of a section that has a label."""
        env = self.builder.env
        sections = (title for _, _, title in env.get_domain("std").labels.values())
        return text in {*(title.astext() for title in env.titles.values()), *sections}

    def equation_number(self, node):
        """Return an equation's number as the page shows it, which counts through the whole book."""
        numbers = self.builder.env.toc_fignumbers.get(self.docname, {}).get("displaymath", {})
        number = next((numbers[i] for i in node.get("ids", []) if i in numbers), None)
        return ".".join(map(str, number)) if number else node.get("number")

    def link(self, uri):
        """Return an absolute address, or None where there is none: plain text is better than a dead link."""
        if uri.startswith("#"):
            uri = self.builder.get_target_uri(self.docname) + uri
        return uri if uri.startswith(("https://", "http://", "mailto:")) else None

    def number(self, node):
        """Return a node's number as the page shows it, such as "Fig. 1", or nothing."""
        domain = self.builder.env.get_domain("std")
        kind = "exercise" if is_exercise_node(node) else domain.get_enumerable_node_type(node)
        numbers = self.builder.env.toc_fignumbers.get(self.docname, {}).get(kind, {})
        number = next((numbers[i] for i in node.get("ids", []) if i in numbers), None)
        return self.builder.config.numfig_format[kind] % ".".join(map(str, number)) if number else ""

    def image(self, node):
        """Return an image's address on the site, or without a site the image itself as a data address."""
        uri = node["uri"]
        if "://" in uri:
            return uri
        if self.builder.site and uri in self.builder.env.images:
            return f"{self.builder.site}/_images/{self.builder.env.images[uri][1]}"
        path = Path(self.builder.srcdir, uri)
        kind = mimetypes.guess_type(path.name)[0] or "image/png"
        return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
