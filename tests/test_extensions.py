"""What all of the book's Sphinx extensions have in common."""

import dataclasses
import importlib
import re
from collections import defaultdict
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from sphinx_ext import chapter_numbers, notebooks

FOLDER = Path(__file__).parents[1] / "sphinx_ext"
EXTENSIONS = sorted(p.stem for p in FOLDER.glob("*.py") if "\ndef setup(" in p.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EXTENSIONS)
def test_pages_may_be_read_and_written_by_several_processes_except_notebooks(name):
    declared = importlib.import_module(f"sphinx_ext.{name}").setup(MagicMock())
    assert declared["parallel_read_safe"] is True
    # the notebooks' builder remembers what it wrote, which one process alone can
    assert declared["parallel_write_safe"] is (name != "notebooks")


def test_every_extension_is_one_that_the_book_loads():
    configuration = (FOLDER.parent / "_config.yml").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^ +- sphinx_ext\.(\w+)", configuration, re.MULTILINE)) == EXTENSIONS


def test_records_of_the_extensions_cannot_be_changed():
    records = [
        value
        for path in FOLDER.glob("*.py")
        for value in vars(importlib.import_module(f"sphinx_ext.{path.stem}")).values()
        if dataclasses.is_dataclass(value) and value.__module__ == f"sphinx_ext.{path.stem}"
    ]
    assert {"Claim", "Fact"} <= {record.__name__ for record in records}
    assert [record for record in records if not record.__dataclass_params__.frozen] == []


# Who answers which event of a build, the smaller number first; 500 is Sphinx's own.
TIMETABLE = {
    "config-inited": {
        1: "begin",
        500: "_extend_mime_priority add_template count_by_chapter digest_site leave_out_thebe "
             "prepare_execution serve_locally set_address",
    },
    "env-before-read-docs": {500: "execute_chapters"},
    "doctree-read": {500: "fold_imports mark_question number_questions"},
    "env-updated": {500: "pages_with_cards pages_with_list"},
    "doctree-resolved": {
        500: "add_data_note check_alt_texts complete_exercises fill_list fill_places make_ids_unique "
             "mark_figures say_in_words",
        600: "add_strip judge_gaps",
        900: "mend_breaks",
    },
    "html-page-context": {
        400: "add_buttons describe_page", 450: "name_card", 500: "name_neighbours", 502: "remove_sources",
        600: "drop_relative_addresses", 900: "trim_assets",
    },
    "build-finished": {
        500: "copy_scripts restore_outputs use_own_search write_cards write_script write_scripts",
        900: "_only_notebooks finish_site", 950: "keep_used_icons", 990: "write_policies",
        995: "write_index", 999: "end",
    },
}  # fmt: skip
REGISTERED = {
    "add_directive": "claims exercise-list faults gaps part-cards predict question start-buttons",
    "add_config_value": "course_data site_digest",
    "add_js_file": "dark_paper.js enlarge.js gaps.js questions.js quiz.js results.js search_box.js",
    "add_node": "Answer ExerciseList Gaps NumberField PartCards StartButtons",
    "add_post_transform": "DropOutputs NameChapters",
    "add_builder": "NotebookBuilder",
    "setup_extension": "sphinx_ext.execution_cache sphinxext.opengraph",
}

DIRECTIVES = {
    "claims": (0, 1, True, False, ""), "faults": (0, 1, False, False, ""),
    "exercise-list": (0, 0, False, False, ""), "start-buttons": (0, 0, False, False, ""),
    "part-cards": (0, 0, False, True, ""), "gaps": (0, 0, False, True, ""),
    "question": (0, 0, False, True, "number tolerance unit"),
    "predict": (0, 0, False, True, "number tolerance unit"),
}  # fmt: skip


def registered():
    """Return what the extensions tell Sphinx: (method, its first argument, the second, by name)."""
    app = MagicMock()
    for name in EXTENSIONS:
        importlib.import_module(f"sphinx_ext.{name}").setup(app)
    return [(name, *args, options) for name, args, options in app.mock_calls]


def test_the_events_of_a_build_are_answered_in_this_order():
    answers = defaultdict(lambda: defaultdict(list))
    for method, event, *function, options in registered():
        if method == "connect":
            answers[event][options.get("priority", 500)].append(function[0].__name__)
    found = {
        event: {priority: " ".join(sorted(names)) for priority, names in sorted(by_priority.items())}
        for event, by_priority in answers.items()
    }
    assert found == TIMETABLE


def test_directives_nodes_scripts_and_settings_are_these():
    found = defaultdict(set)
    for method, what, *_, options in registered():
        if method != "connect":
            found[method].add(getattr(what, "__name__", what))
        if method == "add_js_file":
            assert options == {"loading_method": "defer"}
    assert {method: " ".join(sorted(names)) for method, names in found.items()} == REGISTERED
    taken = {  # required arguments, optional ones, with spaces, content, options
        name: (of.required_arguments, of.optional_arguments, of.final_argument_whitespace, of.has_content,
               " ".join(sorted(of.option_spec or {})))
        for method, name, of, _ in (call for call in registered() if call[0] == "add_directive")
    }  # fmt: skip
    assert taken == DIRECTIVES
    assert chapter_numbers.NameChapters.default_priority < 10  # Sphinx resolves references
    assert notebooks.DropOutputs.default_priority < 4  # myst_nb chooses a form of each output
