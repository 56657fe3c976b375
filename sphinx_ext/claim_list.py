"""``chapters/claims.yml``: what it may hold, and whether the executed chapters agree with it."""

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml

from course_lib.claims import CONDITION, HOLDS, VERDICTS

FILE = "chapters/claims.yml"
NUMBER = re.compile(r"[-+−]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
REQUIRED = (
    "id", "claim", "said_by", "chapter", "glue", "value", "control", "control_glue", "measured", "tolerance",
    "condition", "verdict", "reference",
)  # fmt: skip
OFFLINE = ("value_offline", "control_offline", "verdict_offline")


@dataclass(frozen=True)
class Claim:
    """One entry of the file; every field is a text. What differs on the small data set says so.

    ``measured`` is the sentence of the page, with the places {value} and {control}; ``tolerance``
    is by how much a number of another machine may differ, in the printed unit.
    """

    id: str
    claim: str
    said_by: str
    chapter: str
    glue: str
    value: str
    control: str
    control_glue: str
    measured: str
    tolerance: str
    condition: str
    verdict: str
    reference: str
    value_offline: str = ""
    control_offline: str = ""
    verdict_offline: str = ""

    def on(self, offline):
        """Return value, control and verdict as they must be on MNIST, or on the small data set."""
        usual = self.value, self.control, self.verdict
        small = self.value_offline, self.control_offline, self.verdict_offline
        return tuple(b or a for a, b in zip(usual, small, strict=True)) if offline else usual

    def names(self):
        """Return the names under which the chapter keeps value, control and verdict."""
        return self.glue, self.control_glue, f"{self.glue}-verdict"


def read_claims(path):
    """Return the claims of a file, in its order.

    Raises
    ------
    ValueError
        With all complaints about the file, one a line.
    """
    entries = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError(f"{path}: expected a list of claims.")
    complaints = [f"{entry.get('id')}: {fault}" for entry in entries for fault in entry_faults(entry)]
    ids = [entry.get("id") for entry in entries]
    complaints += [
        f"{name}: stands there twice" for name in sorted({str(i) for i in ids if ids.count(i) > 1})
    ]
    if complaints:
        raise ValueError("\n".join([f"{path}:", *complaints]))
    return [Claim(**entry) for entry in entries]


def entry_faults(entry):
    """What is wrong with one entry: its fields, its verdicts, no control, a tolerance that hides one."""
    missing = [f"no {field}" for field in REQUIRED if field not in entry]
    unknown = [f"unknown field {field}" for field in entry if field not in (*REQUIRED, *OFFLINE)]
    loose = [f"{field} is no text: quote it" for field, text in entry.items() if not isinstance(text, str)]
    if missing or unknown or loose:
        return missing + unknown + loose
    optional = {"condition"} if entry["verdict"] != CONDITION else set()
    faults = [f"{field} is empty" for field, text in entry.items() if not text and field not in optional]
    verdicts = entry["verdict"], entry.get("verdict_offline", entry["verdict"])
    faults += [f"unknown verdict {verdict!r}" for verdict in verdicts if verdict not in VERDICTS]
    if not all(place in entry["measured"] for place in ("{value}", "{control}")):
        faults.append("measured must hold {value} and {control}")
    if not re.fullmatch(r"\d+(\.\d+)?", entry["tolerance"]):
        faults.append(f"tolerance is no number: {entry['tolerance']!r}")
    elif entry["verdict"] in (HOLDS, CONDITION) and agree(
        entry["value"], entry["control"], entry["tolerance"]
    ):
        faults.append(f"with the tolerance {entry['tolerance']} the control would pass for the value")
    return faults


def agree(printed, recorded, tolerance):
    """Return whether two texts have the same words, and numbers that differ by at most a tolerance.

    >>> agree("98.6 %", "98.7 %", "0.2"), agree("98.6 %", "98.7 %", "0"), agree("28 of 30", "28 / 30", "9")
    (True, False, False)
    """
    if NUMBER.sub("#", printed) != NUMBER.sub("#", recorded):
        return False
    pairs = zip(NUMBER.findall(printed), NUMBER.findall(recorded), strict=True)
    # rounding of the decimal numbers themselves
    return all(abs(number(a) - number(b)) <= float(tolerance) + 1e-9 for a, b in pairs)


def number(text):
    return float(text.replace(",", "").replace("−", "-"))


def records(notebook):
    """Return what the cells of an executed notebook have kept for the text: texts by name.

    Parameters
    ----------
    notebook : pathlib.Path
        The executed notebook.
    """
    outputs = [
        output
        for cell in nbformat.read(notebook, as_version=4).cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    found = {}
    for output in outputs:
        name = output.get("metadata", {}).get("scrapbook", {}).get("name")
        for kind, text in output.get("data", {}).items() if name else ():
            if kind.endswith("text/plain"):
                found[name] = yaml.safe_load(text) if text[:1] in "'\"" else text
    return found


def differences(claims, executed, offline):
    """Return what the file says and the executed chapters do not, and the other way round.

    Parameters
    ----------
    claims : sequence of Claim
    executed : dict
        The records of each executed chapter, by its name.
    offline : bool
        Whether the chapters ran on the small data set.
    """
    complaints = []
    for claim in claims:
        kept = executed.get(claim.chapter, {})
        tolerances = claim.tolerance, claim.tolerance, "0"
        for name, printed, tolerance in zip(claim.names(), claim.on(offline), tolerances, strict=True):
            if name not in kept:
                complaints.append(f"{claim.id}: {claim.chapter} keeps no {name}")
            elif not agree(printed, kept[name], tolerance):
                complaints.append(f"{name}: {FILE} says {printed!r}, {claim.chapter} measured {kept[name]!r}")
    known = {name for claim in claims for name in claim.names()}
    complaints += [
        f"{name}: {chapter} keeps it, and {FILE} has no such claim"
        for chapter, kept in executed.items()
        for name in kept
        if name.startswith("claim-") and name not in known
    ]
    return complaints
