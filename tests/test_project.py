"""What rots unnoticed: settings that must agree, files that name each other, rules for chapters."""

import json
import os
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from project_rules import (
    cell_faults,
    cells_of,
    chapter_faults,
    cited_keys,
    end_slices,
    late_picture,
    lock_entries,
    lock_faults,
    loose_workflow_settings,
    opening_faults,
    own_colour_maps,
    personal_paths,
    published_from_elsewhere,
    small_figures,
    tokens_in_commands,
    unlent_names,
    unpinned_actions,
)
from pybtex.database import parse_file

import course_lib
from sphinx_ext.folded_imports import only_imports

ROOT = Path(__file__).resolve().parents[1]
CHAPTERS = sorted((ROOT / "chapters").glob("*.md"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
NOT_PAGES = {"README.md", "CONTRIBUTING.md", "LICENSE-CONTENT.md"}
# what geometry, inspection and others are made of
INTERNAL = {
    "checks", "ddp_checkpoint", "ddp_checks", "ddp_group", "evaluation", "gradient_paths", "model_digest",
    "per_axis",
}  # fmt: skip
GENERATED = {".git", ".venv", "_build", "__pycache__", ".hypothesis", ".ipynb_checkpoints", ".cache"}


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def project_files():
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [
            s for s in subfolders if s not in GENERATED and not s.endswith((".egg-info", "_cache"))
        ]
        yield from (Path(folder) / name for name in names if name != ".git")  # in a worktree


def direct_requirements():
    lines = (line.split("#")[0].strip() for line in read("requirements.in").splitlines())
    return [Requirement(line) for line in lines if line]


def locked_versions():
    return dict(lock_entries(read("requirements.txt")).keys())


def test_table_of_contents_and_pages_name_each_other():
    toc = re.findall(r"(?:root|file): *(\S+)", read("_toc.yml"))
    pages = [p.stem for p in ROOT.glob("*.md") if p.name not in NOT_PAGES]
    pages += [f"chapters/{p.stem}" for p in CHAPTERS]
    assert sorted(toc) == sorted(pages)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.name)
def test_workflows_pin_their_actions_and_limit_their_rights(path):
    text = path.read_text(encoding="utf-8")
    assert unpinned_actions(text) == []
    assert loose_workflow_settings(yaml.safe_load(text)) == []
    assert tokens_in_commands(yaml.safe_load(text)) == []
    assert published_from_elsewhere(yaml.safe_load(text)) == []


def test_a_pull_request_from_a_branch_of_ones_own_is_tested_once():
    jobs = yaml.safe_load(read(".github/workflows/test.yml"))["jobs"]
    assert {job["if"] for job in jobs.values()} == {
        "github.event_name != 'pull_request' || "
        "github.event.pull_request.head.repo.full_name != github.repository"
    }


def test_one_action_has_one_version_in_all_workflows():
    assert len(WORKFLOWS) == 3
    used = {line for p in WORKFLOWS for line in re.findall(r"uses: (\w.*@.*)", p.read_text(encoding="utf-8"))}
    assert len(used) == len({line.split("@")[0] for line in used})


def test_citation_file_is_complete_and_names_this_version():
    citation = yaml.safe_load(read("CITATION.cff"))
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= citation.keys()
    assert citation["version"] == course_lib.__version__
    assert f"version {course_lib.__version__}" in read("README.md")


def test_lock_has_a_hash_for_every_package_and_names_no_host():
    assert lock_faults(read("requirements.txt")) == []


def test_lock_has_every_direct_dependency_at_its_pin():
    locked, direct = locked_versions(), direct_requirements()
    assert len(direct) >= 20
    assert [r.name for r in direct if r.name not in locked] == []
    assert [str(r) for r in direct if not r.specifier.contains(locked[r.name])] == []


def test_course_lib_asks_only_for_lower_bounds_and_for_any_torch():
    requirements = [Requirement(r) for r in tomllib.loads(read("pyproject.toml"))["project"]["dependencies"]]
    operators = {s.operator for r in requirements for s in r.specifier}
    assert operators == {">="}
    assert [str(r.specifier) for r in requirements if r.name == "torch"] == [""]


def test_the_licence_is_named_as_spdx_names_it_and_the_locked_setuptools_can_read_it():
    settings = tomllib.loads(read("pyproject.toml"))
    assert settings["project"]["license"] == "BSD-3-Clause"
    assert [(ROOT / name).is_file() for name in settings["project"]["license-files"]] == [True]
    (build,) = (Requirement(r) for r in settings["build-system"]["requires"])
    assert not build.specifier.contains("76.1.0")  # 77.0 is the first that knows SPDX
    assert build.specifier.contains(locked_versions()["setuptools"])


def test_pre_commit_runs_the_locked_ruff():
    hooks = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    assert {tuple(h["additional_dependencies"]) for h in hooks} == {(f"ruff=={locked_versions()['ruff']}",)}


def test_commands_in_the_documents_are_targets_of_the_makefile():
    documents = [read(name) for name in ("README.md", "CONTRIBUTING.md", "chapters/run_it_yourself.md")]
    container = json.loads(read(".devcontainer/devcontainer.json"))["postCreateCommand"]
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", "\n".join([*documents, container]), re.MULTILINE))
    assert {"book", "test"} <= named
    assert named <= set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("name", sorted(NOT_PAGES))
def test_documents_link_to_files_that_exist(name):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", read(name))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_no_file_names_a_personal_folder():
    found = {}
    for path in project_files():
        if path.suffix not in {".png", ".npz", ".ico"}:
            hits = personal_paths(path.read_text(encoding="utf-8", errors="replace"))
            found |= {str(path.relative_to(ROOT)): hits} if hits else {}
    assert found == {}


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_chapters_keep_the_rules_for_cells_and_figures(path):
    assert chapter_faults(path.read_text(encoding="utf-8")) == []


def numbered_chapters():
    parts = yaml.safe_load(read("_toc.yml"))["parts"]
    return [chapter["file"] for part in parts if part.get("numbered") for chapter in part["chapters"]]


@pytest.mark.parametrize("name", numbered_chapters())
def test_a_chapter_opens_with_a_short_title_its_question_and_what_its_strip_shows(name):
    assert opening_faults(read(f"{name}.md")) == []


# Chapters whose first figure comes later, and why.
LATE = {"chapters/numpy_cnn": "its first figure draws what the numbers before it computed"}


@pytest.mark.parametrize("name", numbered_chapters())
def test_a_chapter_has_a_figure_on_its_first_screens(name):
    found = late_picture(read(f"{name}.md"))
    assert bool(found) == (name in LATE), found


@pytest.mark.parametrize("name", numbered_chapters())
def test_the_imports_of_a_chapter_can_be_folded(name):
    assert only_imports(cells_of(read(f"{name}.md"))[0].source)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda p: p.stem)
def test_a_notebook_needs_no_cell_that_its_export_leaves_out(path):
    assert unlent_names(path.read_text(encoding="utf-8")) == []


EVALUATING = [
    *CHAPTERS, ROOT / "index.md", *sorted((ROOT / "benchmarks").glob("*.py")),
    *sorted((ROOT / "course_lib" / "exercises").rglob("*.py")),
]  # fmt: skip


def test_nobody_takes_the_first_or_the_last_images_of_a_set():
    found = {str(path): end_slices(path.read_text(encoding="utf-8")) for path in EVALUATING}
    assert {path: slices for path, slices in found.items() if slices} == {}


@pytest.mark.parametrize("path", [*CHAPTERS, ROOT / "index.md"], ids=lambda p: p.stem)
def test_a_page_names_no_colour_map_of_its_own(path):
    assert own_colour_maps(path.read_text(encoding="utf-8")) == []


# Figures whose words stay small on a telephone, where a touch shows them in their full size, and why.
SMALL = {
    "fig-laboratory-trace": "all numbers of one pass through a network, in the order of their computing",
}


@pytest.mark.parametrize("path", [*CHAPTERS, ROOT / "index.md"], ids=lambda p: p.stem)
def test_a_figure_can_be_read_on_a_telephone_and_seen_whole_on_a_laptop(path):
    default = re.search(r"figure.figsize: ([\d.]+), ([\d.]+)", read("course_lib/course.mplstyle")).groups()
    found = small_figures(path.read_text(encoding="utf-8"), tuple(map(float, default)))
    assert [fault for fault in found if fault.partition(":")[0] not in SMALL] == []


def test_landing_page_keeps_the_rules_for_single_cells():
    assert [fault for cell in cells_of(read("index.md")) for fault in cell_faults(cell)] == []


def test_cited_sources_are_in_the_bibliography():
    bibliography = parse_file(ROOT / "references.bib").entries
    cited = {
        key for p in [*CHAPTERS, *ROOT.glob("*.md")] for key in cited_keys(p.read_text(encoding="utf-8"))
    }
    assert cited
    assert sorted(cited - bibliography.keys()) == []


def test_bibliography_entries_can_be_found_and_are_named_alike():
    entries = parse_file(ROOT / "references.bib").entries.items()
    assert [
        k for k, e in entries if not {"title", "year"} <= e.fields.keys() or not e.persons["author"]
    ] == []
    assert [k for k, e in entries if not {"doi", "eprint", "url", "isbn"} & e.fields.keys()] == []
    years = {k: re.fullmatch(r"[a-z]+(\d{4})[a-z]+", k) for k, _ in entries}
    # a preprint may be a year older than its publication
    assert [
        k for k, e in entries if not (years[k] and 0 <= int(e.fields["year"][:4]) - int(years[k][1]) <= 1)
    ] == []
    identifiers = [e.fields[f].lower() for _, e in entries for f in ("doi", "eprint") if f in e.fields]
    assert len(identifiers) == len(set(identifiers))


def test_no_two_works_have_the_same_name_in_the_text():
    def name(entry):  # as "He et al. [2016a]"
        authors = [" ".join(person.last_names) for person in entry.persons["author"]]
        return f"{authors[0]} et al." if len(authors) > 2 else " and ".join(authors), entry.fields["year"]

    names = [name(entry) for entry in parse_file(ROOT / "references.bib").entries.values()]
    assert [one for one in names if names.count(one) > 1] == []
    assert [year for _, year in names if not re.fullmatch(r"\d{4}[a-z]?", year)] == []


def test_reference_page_has_every_public_module():
    shown = set(re.findall(r"automodule:: (\S+)", read("chapters/reference.md")))
    folder = ROOT / "course_lib"
    modules = {p.stem for p in folder.glob("[a-z]*.py")} | {
        p.parent.name for p in folder.glob("*/__init__.py")
    }
    public = modules - INTERNAL - {"exercises"} | {"exercises.framework"}
    public |= {"numpy_cnn.loops", "numpy_cnn.gradient_check", "data.files"}
    assert shown == {f"course_lib.{name}" for name in public}


# --- and each rule can be broken ---------------------------------------------------------------

OPENING = """(ch-edges)=
# Edges

*Why?*

Words.

**You need** time.

**You will be able to** see.

## See it
"""
FIGURE = """```{code-cell}
---
mystnb: {figure: {name: fig-a, caption: A line.}, image: {alt: A line.}}
---
plt.plot(x)
plt.show()
```
"""
CELL = "```{code-cell}\n%s\n```\n"


def figure(source):
    return FIGURE.replace("plt.plot(x)", source)


def narrow_words(text):
    return small_figures(text, (5.4, 3.4))


LONG = CELL % "\n".join("x" * 21)
GUARDED = {"if": "github.ref == 'refs/heads/main'"}
WRITING = {"b": {"needs": ["a"]}, "c": {"needs": "b", "permissions": {"contents": "write"}}}
LIMITED = {"permissions": {"contents": "read"}, "concurrency": "a", "jobs": {}}


def one_step(run):
    return {"jobs": {"a": {"steps": [{"run": run}]}}}


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (unpinned_actions, f"uses: a/b@{'0' * 40} # v1.2.3", "uses: a/b@v1"),
        (unpinned_actions, "uses: ./.github/workflows/test.yml", f"uses: a/b@{'0' * 40}"),
        (loose_workflow_settings, LIMITED, LIMITED | {"permissions": "write-all"}),
        (loose_workflow_settings, LIMITED, LIMITED | {"jobs": {"a": {"steps": []}}}),
        (tokens_in_commands, *(one_step(run) for run in ("gh auth setup-git", "git push x:$GH_TOKEN@y"))),
        (tokens_in_commands, *(one_step(run) for run in ("echo $GITHUB_SHA", "curl ${{ secrets.KEY }}"))),
        (published_from_elsewhere, {"jobs": WRITING | {"a": GUARDED}}, {"jobs": WRITING | {"a": {}}}),
        (personal_paths, "https://x.org/work and ~/x, ./work.md", "see /" + "root/x"),
        (personal_paths, "~/Users", "file:///" + "home/me"),
        (lock_faults, "a==1 \\\n    --hash=sha256:00", "a==1 \\\n    # via b\n"),
        (lock_faults, "a==1 ; x == 'y' \\\n    --hash=sha256:00", "--index-url https://example.org"),
        (lock_faults, "a==1 \\\n    --hash=sha256:00", "a>=1 \\\n    --hash=sha256:00"),
        (end_slices, "data.test_images[:1]", "data.test_images[:2000]"),
        (end_slices, "images[chosen]", "images[-count:]"),
        (end_slices, "test_labels[:, 0]", "test_labels[ : n]"),
        (end_slices, "images[::4]", "held_images[:10, 0]"),
        (end_slices, "images[:1, 0]", "images[:100]"),
        (end_slices, "pixels[:100]  # to look at", "pixels[:100]"),
        (own_colour_maps, "cmap=plotting.SEQUENTIAL", "cmap='viridis'"),
        (own_colour_maps, '{"cmap": plotting.DIVERGING}', '{"cmap": "magma"}'),
        (own_colour_maps, "plt.get_cmap(plotting.SEQUENTIAL)", 'plt.get_cmap("Blues")'),
        (own_colour_maps, "5 cm. Then", "plt.cm.hot(x)"),
        (narrow_words, figure("plt.subplots(figsize=(5.8, 3))"), figure("plt.subplots(figsize=(5.9, 3))")),
        (narrow_words, figure("plt.subplots(figsize=(4, 6.6))"), figure("plt.subplots(figsize=(4, 7))")),
        (narrow_words, figure("ax.text(1, 2, x, fontsize=9.8)"), figure('{"fontsize": 9}')),
        (narrow_words, figure("ax.legend()"), figure('ax.legend(fontsize="small")')),
        (narrow_words, figure("show_images(x)"), figure("show_images(x, num_columns=8)")),
        (narrow_words, figure("show_images(x, num_columns=8, size=0.7)"), figure("show_images(x, size=1.2)")),
        (unlent_names, CELL % "x = 1" + CELL % "x", CELL % ":tags: [remove-cell]\nx = 1" + CELL % "x"),
        (late_picture, "word " * 700 + "\n\n" + FIGURE, "word " * 702 + "\n\n" + FIGURE),
        (late_picture, CELL % "x\n" * 70 + CELL % "lab = PixelLab(x)", CELL % "x\n" * 71 + FIGURE),
        (opening_faults, OPENING, OPENING.replace("*Why?*", "Why?")),
        (opening_faults, OPENING, OPENING.replace("# Edges", "# Edges, and what they are made of")),
        (opening_faults, OPENING, OPENING.replace("**You need**", "You need")),
        (opening_faults, OPENING, OPENING.replace("**You will be able to**", "Later")),
        (chapter_faults, FIGURE, FIGURE.replace("alt: A line.", "alt: ''")),
        (chapter_faults, FIGURE, FIGURE.replace(", caption: A line.", "")),
        (chapter_faults, FIGURE, FIGURE.replace("plt.show()", "plt.show()\nplt.plot(y)")),
        (chapter_faults, CELL % ":tags: [hide-input]\nx", CELL % ":tags: [hide_input]\nx"),
        (chapter_faults, CELL % "x\n" * 6, CELL % "\n".join("x" * 7)),
        (chapter_faults, CELL % "x" * 9 + LONG, CELL % "x" * 8 + LONG),
        (chapter_faults, CELL % "x" * 9 + LONG, CELL % "x" * 9 + LONG.replace("x", "x\nx", 20)),
    ],
)  # fmt: skip
def test_rules_catch_a_planted_fault(rule, good, bad):
    assert rule(good) == []
    assert rule(bad) != []


def test_cited_keys_are_found_in_all_forms():
    assert cited_keys("{cite}`a1b` and {cite:t}`c2d, e3f`") == {"a1b", "c2d", "e3f"}


def test_what_holds_results_or_settings_cannot_be_changed_by_mistake():
    grows = {"Exercise", "History"}  # filled while something runs
    decorated = re.compile(r"^@dataclass(.*)\nclass (\w+)", re.MULTILINE)
    sources = [*ROOT.glob("course_lib/**/*.py"), *ROOT.glob("sphinx_ext/*.py")]
    found = [match for path in sources for match in decorated.findall(path.read_text(encoding="utf-8"))]
    assert len(found) > 20
    assert {name for settings, name in found if "frozen=True" not in settings} == grows
