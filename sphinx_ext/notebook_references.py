"""The works that a chapter cites, for the end of its notebook: the bibliography is a page of its own."""

from docutils import nodes
from sphinxcontrib.bibtex.transforms import BibliographyTransform, node_text_transform


def cited_works(env, docname):
    """Return a list of the works that a page cites, in the order of the bibliography, or None."""
    domain = env.domains.get("cite")
    if domain is None:
        return None
    keys = {target.key for ref in domain.citation_refs if ref.docname == docname for target in ref.targets}
    entries = [work_of(citation) for citation in domain.citations if citation.key in keys]
    return nodes.bullet_list("", *entries) if entries else None


def work_of(citation):
    """Return an entry of the bibliography as an item of a list, its addresses as links."""
    text = BibliographyTransform.backend.paragraph(citation.formatted_entry)
    node_text_transform(text)
    return nodes.list_item("", text)
