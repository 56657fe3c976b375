"""What is said where a data set is out of reach and another one takes its place."""

import textwrap
from functools import cache
from pathlib import Path

LINE = 80  # characters: what a page of the book shows without cutting it off


@cache  # once per process
def announce(wanted, instead, reason):
    """Print, once per process, that `instead` is used in place of the data set `wanted`, and why."""
    reason = reason.replace(str(Path.home()), "~")  # a page may be published
    sentences = (
        f"{wanted} is not on this computer and could not be fetched: using {instead} instead.",
        f"The reason: {reason}",
        f"Where the text's numbers come from {wanted}, yours will differ.",
    )
    for sentence in sentences:  # folders and commands stay whole, so that they can be copied
        print(textwrap.fill(sentence, LINE, break_long_words=False, break_on_hyphens=False))
