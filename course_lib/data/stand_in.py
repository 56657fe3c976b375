"""What is said where a data set is out of reach and another one takes its place."""

from functools import cache
from pathlib import Path


@cache  # once per process
def announce(wanted, instead, reason):
    """Print, once per process, that `instead` is used in place of the data set `wanted`, and why."""
    reason = reason.replace(str(Path.home()), "~")  # a page may be published
    print(
        f"{wanted} is not on this computer and could not be fetched: using {instead} instead.\n"
        f"The reason: {reason}\n"
        f"Where the text's numbers come from {wanted}, yours will differ."
    )
