"""Chapters as on other processors: what is kept of an assertion, and which margin is called thin."""

import ast
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from benchmark_files import load_benchmark


@pytest.fixture(scope="module")
def tool():
    return load_benchmark("assertion_margins")


@pytest.fixture(scope="module")
def runner():
    return load_benchmark("other_processors")


def kept(tool, source, **names):
    """Execute a cell as the tool lets a kernel execute it; return what it kept, by line."""
    tree = tool.Watch(SimpleNamespace(execution_count=8)).visit(ast.parse(source))
    margins = tool.Margins()
    exec(  # the tool rewrites code: what it became has to run
        compile(ast.fix_missing_locations(tree), "cell", "exec"),
        {"__asserted__": margins.asserted, "__compared__": margins.compared, "np": np} | names,
    )
    return {int(place.partition(":")[2]): entry for place, entry in margins.found.items() if place[0] == "7"}


def test_a_failing_assertion_is_kept_and_the_run_goes_on(tool):
    found = kept(tool, "assert 3 < 1\nassert 5 > 2\nassert not []\nassert {1} == {2}")
    assert [entry["holds"] for _, entry in sorted(found.items())] == [False, True, True, False]
    assert [list(entry["margins"].values()) for _, entry in sorted(found.items())] == [[-2], [3], [], []]


def test_the_margin_is_the_smallest_of_a_chain_an_array_and_a_loop(tool):
    chain = kept(tool, "assert 1 < 4 <= 6")[1]
    assert chain["holds"]
    assert sorted(chain["margins"].values()) == [2, 3]
    assert list(kept(tool, "assert (np.array([5, 9]) > 3).all()")[1]["margins"].values()) == [2]
    looped = kept(tool, "for x in (5, 4, 9):\n    assert x > 4")[2]
    assert (looped["holds"], list(looped["margins"].values())) == (False, [0])


def test_a_tensor_with_gradients_is_compared_like_any_other(tool):
    value = torch.tensor([1.0, 4.0], requires_grad=True)
    (margin,) = kept(tool, "assert (value > 0.5).all()", value=value)[1]["margins"].values()
    assert margin == 0.5


def test_what_python_does_not_evaluate_is_not_kept(tool):
    assert kept(tool, "assert 2 > 1 or 1 / 0 > 1")[1] == {
        "text": "2 > 1 or 1 / 0 > 1",
        "holds": True,
        "margins": {"2 > 1": 1},
    }
    assert list(kept(tool, "assert 3 < 2 < 9")[1]["margins"].values()) == [-1]


def test_only_what_an_assertion_claims_is_kept(tool):
    found = kept(
        tool, "y = 1 < 2\ndef f():\n    assert 1 < 2\nf()\nassert all(x > 3 for x in range(9) if x > 4)"
    )
    assert list(found) == [5]
    assert found[5]["margins"] == {"x > 3": 2}


def test_a_margin_is_thin_where_it_varies_by_a_third_of_itself(runner):
    def runs(*margins):
        return {
            str(number): {"assertions": {"12": {"margins": {"a > b": margin}}}}
            for number, margin in enumerate(margins)
        }

    assert list(runner.thin_margins("x", runs(1.0, 1.1, 1.2))) == []
    ((distance, place, text, _),) = runner.thin_margins("x", runs(0.1, 0.2, 0.3))
    assert (round(distance, 6), place, text) == (1.0, "x:12", "a > b")
    assert (
        list(runner.thin_margins("x", runs(0.1, 0.1))) == []
    )  # what does not vary cannot come out otherwise


def test_lines_are_those_of_the_chapter(runner):
    # the cell that starts the tool is the kernel's first, so the chapter's first cell is its second
    assert runner.placed({"2:1": "a", "3:4": "b"}, lines=[10, 20]) == {"11": "a", "24": "b"}


def test_the_options_of_a_cell_are_no_lines_of_its_source(runner):
    text = "# Title\n\n```{code-cell}\n:tags: [remove-cell]\nassert x\n```\n"
    assert runner.first_lines(text, [(SimpleNamespace(source="assert x"), 3)]) == [4]


def test_every_chapter_can_be_named(runner):
    assert len(runner.in_order()) >= 19
    assert all(runner.source(chapter).is_file() for chapter in runner.in_order())
