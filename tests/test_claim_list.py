"""The file of claims, its page and its comparison with the executed chapters, on planted faults."""

import re
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from docutils import nodes
from nbformat import v4
from pybtex.database import parse_file
from sphinx.environment import BuildEnvironment
from sphinx_project import build

from course_lib.claims import CONDITION, FALSE, HOLDS, OPEN, VERDICTS
from course_lib.data.image_data import OFFLINE_NAME
from sphinx_ext import claims as claims_page
from sphinx_ext.claim_list import FILE, Claim, agree, differences, entry_faults, number, read_claims, records

ROOT = Path(__file__).resolve().parents[1]
TALL = {
    "id": "tall", "claim": "Trees are tall.", "said_by": "woodcutters", "chapter": "trees",
    "value": "30.2 m", "value_offline": "3.1 m", "control": "1.7 m", "control_offline": "1.6 m",
    "glue": "claim-tall", "control_glue": "claim-tall-control",
    "tolerance": "0.5", "measured": "An oak has {value}, its owner, the control, {control}.", "condition": "",
    "verdict": "holds", "verdict_offline": "open", "reference": "linnaeus",
}  # fmt: skip
GREEN = TALL | {
    "id": "green", "claim": "Leaves are green.", "glue": "claim-green", "control_glue": "claim-green-control",
    "value": "9 of 10", "value_offline": "9 of 10", "verdict": "holds with a condition",
    "verdict_offline": "holds with a condition", "condition": "it is summer.", "tolerance": "0",
    "control": "0 of 10", "control_offline": "0 of 10",
}  # fmt: skip


def written(folder, entries):
    path = folder / "claims.yml"
    path.write_text(yaml.safe_dump(entries, default_style='"', allow_unicode=True), encoding="utf-8")
    return path


def kept(claims, offline=False):
    """What chapters that agree would have kept."""
    found = {}
    for claim in claims:
        found.setdefault(claim.chapter, {}).update(zip(claim.names(), claim.on(offline), strict=True))
    return found


@pytest.fixture
def claims(tmp_path):
    return read_claims(written(tmp_path, [TALL, GREEN]))


# The file --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param({"verdict": False}, "verdict is no text", id="false-unquoted"),
        pytest.param({"value": 30.2}, "value is no text", id="a-number-unquoted"),
        pytest.param({"control": ""}, "control is empty", id="no-control"),
        pytest.param({"verdict": "true"}, "unknown verdict 'true'", id="no-such-verdict"),
        pytest.param({"verdict_offline": "maybe"}, "unknown verdict 'maybe'", id="no-such-verdict-offline"),
        pytest.param({"verdict": "holds with a condition"}, "condition is empty", id="which-condition"),
        pytest.param(
            {"measured": "An oak has {value}."},
            "measured must hold {value} and {control}",
            id="control-hidden",
        ),
        pytest.param({"tolerance": "some"}, "tolerance is no number", id="tolerance-in-words"),
        pytest.param(
            {"tolerance": "29"},
            "with the tolerance 29 the control would pass for the value",
            id="tolerance-too-wide",
        ),
        pytest.param({"colour": "brown"}, "unknown field colour", id="a-field-too-many"),
    ],
)
def test_a_faulty_entry_is_named(tmp_path, change, complaint):
    with pytest.raises(ValueError, match=re.escape(f"tall: {complaint}")):
        read_claims(written(tmp_path, [TALL | change]))


def test_a_missing_field_and_a_second_entry_of_one_id_are_named(tmp_path):
    without = {key: text for key, text in TALL.items() if key != "control"}
    with pytest.raises(ValueError, match="tall: no control"):
        read_claims(written(tmp_path, [without]))
    with pytest.raises(ValueError, match="tall: stands there twice"):
        read_claims(written(tmp_path, [TALL, TALL]))


def test_what_is_no_list_of_entries_is_refused(tmp_path):
    for content in ({"tall": TALL}, ["tall"]):
        with pytest.raises(ValueError, match="expected a list of claims"):
            read_claims(written(tmp_path, content))


@pytest.mark.parametrize(
    ("printed", "recorded", "tolerance", "same"),
    [
        ("30.2 m", "30.7 m", "0.5", True),
        ("30.2 m", "30.8 m", "0.5", False),
        ("−7.3 ± 0.4 points", "−7.1 ± 0.5 points", "0.2", True),
        ("−7.3 ± 0.4 points", "+7.3 ± 0.4 points", "0.2", False),
        ("206,922", "206,923", "0", False),
        ("4, 6 and 9 times", "4, 6 and 9", "9", False),
        ("40 of 186", "41 of 186", "1", True),
    ],
)
def test_texts_agree_by_their_words_and_their_numbers(printed, recorded, tolerance, same):
    assert agree(printed, recorded, tolerance) == same


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({}, []),
        ({"condition": ""}, []),
        ({"verdict": "holds with a condition", "condition": "it is summer."}, []),
        ({"verdict": "holds with a condition"}, ["condition is empty"]),
        ({"verdict": "false", "tolerance": "29"}, []),  # there the control may be better
        ({"tolerance": "28.5"}, ["with the tolerance 28.5 the control would pass for the value"]),
        ({"tolerance": "28.4"}, []),
        ({"tolerance": "1.", "value": ""}, ["value is empty", "tolerance is no number: '1.'"]),
        ({"verdict": "maybe", "verdict_offline": "so"}, ["unknown verdict 'maybe'", "unknown verdict 'so'"]),
        ({"measured": "{control}"}, ["measured must hold {value} and {control}"]),
        ({"a": "1", "value": 3}, ["unknown field a", "value is no text: quote it"]),
    ],
    ids=str,
)
def test_an_entry_has_exactly_these_faults(change, faults):
    assert entry_faults(TALL | change) == faults


def test_all_complaints_about_a_file_stand_below_its_name(tmp_path):
    without = {key: text for key, text in TALL.items() if key not in ("control", "value")}
    path = written(tmp_path, [without, TALL, GREEN, GREEN])
    with pytest.raises(ValueError) as caught:
        read_claims(path)
    assert str(caught.value).splitlines() == [
        f"{path}:", "tall: no value", "tall: no control", "green: stands there twice",
        "tall: stands there twice",
    ]  # fmt: skip
    with pytest.raises(ValueError) as caught:
        read_claims(written(tmp_path, ["tall"]))
    assert str(caught.value) == f"{path}: expected a list of claims."


@pytest.mark.parametrize(("text", "value"), [("1,234.5", 1234.5), ("−3", -3), ("+2e-3", 0.002)])
def test_a_printed_number_is_read_as_its_value(text, value):
    assert number(text) == value
    assert agree(text, text, "0")
    assert not agree(text, f"{text} m", "0")


# The comparison with the executed chapters -----------------------------------------------------


@pytest.mark.parametrize("offline", [False, True])
def test_chapters_that_measured_what_the_file_says_are_in_order(claims, offline):
    assert differences(claims, kept(claims, offline), offline) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [("claim-tall", "31.0 m"), ("claim-tall-control", "1.1 m"), ("claim-tall-verdict", "false")],
    ids=["value", "control", "verdict"],
)
def test_a_change_in_a_chapter_is_found(claims, name, text):
    executed = kept(claims)
    executed["trees"][name] = text
    (complaint,) = differences(claims, executed, offline=False)
    assert name in complaint
    assert repr(text) in complaint


@pytest.mark.parametrize("change", [{"value": "29.0 m"}, {"control": "2.3 m"}, {"verdict": "false"}], ids=str)
def test_a_change_in_the_file_is_found(claims, change):
    changed = [replace(claims[0], **change), claims[1]]
    assert len(differences(changed, kept(claims), offline=False)) == 1


def test_a_claim_of_another_chapter_a_forgotten_record_and_a_record_too_many_are_found(claims):
    executed = kept(claims)
    moved = [replace(claims[0], chapter="flowers"), claims[1]]
    assert "tall: flowers keeps no claim-tall" in differences(moved, executed, offline=False)
    del executed["trees"]["claim-green-control"]
    assert differences(claims, executed, offline=False) == ["green: trees keeps no claim-green-control"]
    executed = kept(claims)
    executed["trees"]["claim-old"] = "1 m"
    (complaint,) = differences(claims, executed, offline=False)
    assert complaint.startswith("claim-old: trees keeps it")


def test_numbers_of_the_other_data_set_do_not_pass(claims):
    assert (
        len(differences(claims, kept(claims, offline=True), offline=False)) == 2
    )  # value and verdict of "tall"


def test_records_are_read_from_an_executed_notebook(tmp_path):
    record = v4.new_output(
        "display_data",
        data={"application/papermill.record/text/plain": "'30.2 m'"},
        metadata={"scrapbook": {"name": "claim-tall", "mime_prefix": "application/papermill.record/"}},
    )
    printed = v4.new_output("stream", text="30.2 m")
    cells = [v4.new_code_cell("1", outputs=[printed, record]), v4.new_markdown_cell("text")]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "trees.ipynb")
    assert records(tmp_path / "trees.ipynb") == {"claim-tall": "30.2 m"}


@pytest.mark.parametrize(
    ("kind", "text", "kept"),
    [
        ("text/plain", "30.2 m", "30.2 m"),
        ("application/papermill.record/text/plain", '"30.2 m"', "30.2 m"),
        ("text/html", "30.2 m", None),
    ],
)
def test_a_record_is_kept_as_its_text(tmp_path, kind, text, kept):
    named = v4.new_output("display_data", data={kind: text}, metadata={"scrapbook": {"name": "a"}})
    unnamed = v4.new_output("display_data", data={kind: text})
    notebook = v4.new_notebook(cells=[v4.new_code_cell("1", outputs=[unnamed, named])])
    nbformat.write(notebook, tmp_path / "trees.ipynb")
    assert records(tmp_path / "trees.ipynb") == ({} if kept is None else {"a": kept})


def test_a_difference_is_told_with_both_texts(claims):
    executed = kept(claims)
    executed["trees"]["claim-tall"] = "31.0 m"
    executed["flowers"] = {"claim-old": "1 m", "figure": "2"}
    assert differences(claims, executed, offline=False) == [
        f"claim-tall: {FILE} says '30.2 m', trees measured '31.0 m'",
        f"claim-old: flowers keeps it, and {FILE} has no such claim",
    ]


# The page --------------------------------------------------------------------------------------

PAGE = (
    "# Claims\n\n```{claims}\n```\n\n## Hold\n\n```{claims} holds\n```\n\n"
    "## Conditions\n\n```{claims} holds with a condition\n```\n\n## Open\n\n```{claims} open\n```\n"
)
FILES = {
    "index.md": "# Book\n\n```{toctree}\npage\nchapters/trees\n```\n\n```{bibliography}\n```\n",
    "page.md": PAGE,
    "chapters/trees.md": "(ch-trees)=\n# Trees\n",
    "references.bib": "@book{linnaeus, author={Carl Linnaeus}, title={Species plantarum}, year={1753}}\n",
}
EXTENSIONS = ["myst_nb", "sphinxcontrib.bibtex", "sphinx_ext.claims"]


def page(folder, entries, data_name="MNIST"):
    files = FILES | {FILE: yaml.safe_dump(entries, default_style='"', allow_unicode=True)}
    files["conf.py"] = f"course_data = {data_name!r}\n"
    settings = {"bibtex_bibfiles": ["references.bib"], "bibtex_reference_style": "author_year"}
    settings["myst_enable_extensions"] = ["deflist"]
    site, warnings = build(folder, files, EXTENSIONS, course_data=data_name, **settings)
    return BeautifulSoup((site / "page.html").read_text(encoding="utf-8"), "html.parser"), warnings


@pytest.fixture
def known_data(monkeypatch):
    """No data set is looked for: the test says which one it is."""
    monkeypatch.setattr(
        "sphinx_ext.execution_cache.setup", lambda app: app.add_config_value("course_data", "", "env")
    )


def test_the_page_is_written_from_the_file(tmp_path, known_data, monkeypatch):
    watched = []
    monkeypatch.setattr(BuildEnvironment, "note_dependency", lambda env, file, **_: watched.append(file))
    found, warnings = page(tmp_path, [TALL, GREEN])
    assert str(tmp_path / "source" / FILE) in watched  # another file writes the page anew
    assert "no citations" not in warnings
    text = re.sub(r"\s+", " ", found.get_text())
    assert "Claims judged: 2. False: 0. Holding with a condition: 1. Holding: 1. Not settled" in text
    assert [term.get_text(strip=True) for term in found.select("dt")] == [
        "“Trees are tall.”",
        "“Leaves are green.”",
    ]
    assert "An oak has 30.2 m, its owner, the control, 1.7 m." in text
    assert "The condition: it is summer." in text
    assert found.select_one("dd a[href^='chapters/trees.html']")
    assert "Linnaeus" in text
    assert "Said by woodcutters." in text
    assert "None, with this data." in text


def test_a_bar_shows_the_verdicts_and_each_claim_begins_with_its_own(tmp_path, known_data):
    found, _ = page(tmp_path, [TALL, GREEN])
    (shown,) = found.select(".claims-bar")
    assert shown["aria-label"] == "Verdicts: 0 false, 1 with a condition, 1 hold"
    assert [part.get_text() for part in shown.select("span")] == ["1 with a condition", "1 hold"]
    chips = [(chip.get_text(), chip["class"]) for chip in found.select("dd > p:first-child > .claim-verdict")]
    assert chips == [
        ("Holds", ["claim-verdict", "holds"]),
        ("Holds with a condition", ["claim-verdict", "condition"]),
    ]


def test_the_page_says_what_holds_on_the_data_that_it_was_built_with(tmp_path, known_data):
    found, _ = page(tmp_path, [TALL, GREEN], OFFLINE_NAME)
    text = re.sub(r"\s+", " ", found.get_text())
    assert "An oak has 3.1 m" in text
    assert "Not settled here, and not counted: 1." in text
    assert found.select(".claims-offline")
    assert not found.select(".claims-mnist")


def test_a_faulty_file_is_a_warning_of_the_build(tmp_path, known_data):
    _, warnings = page(tmp_path, [TALL | {"control": ""}])
    assert "tall: control is empty" in warnings


def test_an_entry_is_a_definition_in_myst_with_its_place_and_its_reading(claims):
    tall, green = claims
    assert claims_page.entry(tall, False) == (
        "“Trees are tall.”\n: An oak has 30.2 m, its owner, the control, 1.7 m.\n\n"
        "  Said by woodcutters. See {ref}`ch-trees` and {cite:t}`linnaeus`."
    )
    assert claims_page.entry(replace(green, chapter="old_trees"), True) == (
        "“Leaves are green.”\n: An oak has 9 of 10, its owner, the control, 0 of 10. "
        "**The condition:** it is summer.\n\n"
        "  Said by woodcutters. See {ref}`ch-old-trees` and {cite:t}`linnaeus`."
    )
    two = claims_page.entries([tall, replace(tall, claim="Twice.")], HOLDS, False)
    assert two.count("\n\n“Twice.”\n: ") == 1
    assert claims_page.entries(claims, FALSE, False) == "None, with this data."


def test_bar_and_sentence_count_every_verdict(claims):
    tall, green = claims
    false = replace(tall, verdict="false")
    every = [false, false, false, green, green, tall, replace(tall, verdict="open")]
    assert claims_page.bar(every, False) == (
        '<div class="claims-bar" role="img" aria-label="Verdicts: 3 false, 2 with a condition, 1 hold">'
        '<span class="false" style="flex-grow:3">3 false</span>'
        '<span class="condition" style="flex-grow:2">2 with a condition</span>'
        '<span class="holds" style="flex-grow:1">1 hold</span></div>'
    )
    assert claims_page.summary(every, False) == (
        "Claims judged: **6**. False: **3**. Holding with a condition: **2**. Holding: **1**. "
        "Not settled here, and not counted: **1**."
    )


@pytest.mark.parametrize(
    ("verdict", "words", "kind"),
    [
        (FALSE, "False", "false"), (CONDITION, "Holds with a condition", "condition"),
        (HOLDS, "Holds", "holds"), (OPEN, "Open", "open"),
    ],
)  # fmt: skip
def test_the_chip_of_a_claim_is_its_verdict_in_words_and_a_class(verdict, words, kind):
    said = nodes.definition("", nodes.paragraph("", "An oak."), nodes.paragraph("", "Where."))
    claims_page.add_chips(nodes.container("", said), verdict)
    assert [part.astext() for part in said] == [f"{words} An oak.", "Where."]
    assert type(said[0][0]) is nodes.strong
    assert said[0][0]["classes"] == ["claim-verdict", kind]


def test_a_verdict_that_there_is_not_is_a_warning_that_names_those_there_are(tmp_path, known_data):
    files = FILES | {
        FILE: yaml.safe_dump([TALL, GREEN], default_style='"'),
        "page.md": "# Claims\n\n```{claims} true\n```\n",
    }
    settings = {"bibtex_bibfiles": ["references.bib"], "course_data": "MNIST"}
    _, warnings = build(tmp_path, files, EXTENSIONS, **settings)
    assert f"A verdict is one of {', '.join(VERDICTS)}, got 'true'." in warnings


def test_the_containers_of_the_page_are_named_for_the_data(tmp_path, known_data):
    found, _ = page(tmp_path, [TALL, GREEN])
    assert {" ".join(place["class"]) for place in found.select("div.claims-mnist")} == {
        "claims claims-mnist docutils container"
    }


# The book's own --------------------------------------------------------------------------------


def test_the_books_claims_are_many_from_all_parts_and_can_be_looked_up():
    claims = read_claims(ROOT / FILE)
    assert len(claims) >= 30
    assert len({claim.chapter for claim in claims}) >= 10
    assert all((ROOT / f"chapters/{claim.chapter}.md").is_file() for claim in claims)
    sources = parse_file(ROOT / "references.bib").entries
    assert [claim.reference for claim in claims if claim.reference not in sources] == []
    judged = [claim for claim in claims if claim.verdict != OPEN]
    assert len(judged) >= 30
    assert {claim.verdict for claim in claims} == set(VERDICTS)


def test_the_books_claims_stand_where_they_are_measured():
    for claim in read_claims(ROOT / FILE):
        source = (ROOT / f"chapters/{claim.chapter}.md").read_text(encoding="utf-8")
        assert source.count(f'record("{claim.id}",') == 1, claim.id


def test_names_follow_from_the_id():
    for claim in read_claims(ROOT / FILE):
        assert (claim.glue, claim.control_glue) == (f"claim-{claim.id}", f"claim-{claim.id}-control")


def test_entries_have_no_field_that_nobody_reads():
    fields = set(Claim.__dataclass_fields__)
    assert set(TALL) == fields
