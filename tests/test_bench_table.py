"""The table of `make bench`: medians, spreads, promises; and what it reads from other programs' words."""

import pytest
from benchmark_files import load_benchmark as load


def test_a_sweep_takes_other_seeds_another_file_and_options_of_its_own():
    parser = load("sweep_options").sweep_options("Which is best?\n\nAll are run.", "best.json", seeds=5)
    parser.add_argument("--more", action="store_true")
    assert parser.description == "Which is best?"
    usual, own = parser.parse_args([]), parser.parse_args(["--seeds", "1", "--out", "mine.json", "--more"])
    assert (usual.seeds, usual.out.name, usual.more) == (5, "best.json", False)
    assert (own.seeds, own.out.name, own.more) == (1, "mine.json", True)


def test_a_row_has_median_and_extremes_and_knows_whether_its_promise_is_kept():
    row = load("rows").row
    found = row("import", [0.3, 0.1, 0.2], "s", most=0.25)
    assert (found["low"], found["median"], found["high"], found["good"]) == (0.1, 0.2, 0.3, True)
    assert not row("import", [0.3], "s", most=0.25)["good"]
    assert [row("ratio", [5, 3, 4], "x", least=least)["good"] for least in (4, 4.1)] == [True, False]


def test_parts_of_a_whole_are_named_by_size():
    assert (
        load("rows").shares({"import": 1.0, "training": 7.0, "data": 2.0})
        == "training 70 %, data 20 %, import 10 %"
    )


def test_a_command_that_fails_is_heard():
    rows = load("rows")
    with pytest.raises(RuntimeError, match="no such thing"):
        rows.python("raise SystemExit('no such thing')")
    assert rows.timed_command(["false"], allowed=(0, 1))[1] == ""


def test_a_missed_promise_stands_in_the_table_and_in_the_exit_status(tmp_path, monkeypatch, capsys):
    table, rows = load("table"), load("rows")
    monkeypatch.setattr(table, "PARTS", {
        "fast": lambda: [rows.row("fast", [1.0, 2.0, 3.0], "s", most=5, rest="arithmetic")],
        "slow": lambda: [rows.row("slow", [9.0], "s", most=5)],
    })  # fmt: skip

    def status(*options):
        monkeypatch.setattr("sys.argv", ["table.py", "--out", str(tmp_path / "bench.json"), *options])
        return table.main()

    assert status("--part", "fast") == 0
    assert status("--part", "slow") == 1
    capsys.readouterr()
    assert status("--show") == 1
    fast, slow = capsys.readouterr().out.splitlines()[1:]
    assert ("2.00 s" in fast, "1.00 to 3.00, 3" in fast, "at most 5" in fast, "MISSED" in fast) == (
        True,
        True,
        True,
        False,
    )
    assert "MISSED" in slow


def test_the_runs_to_99_percent_are_read_by_recipe(monkeypatch):
    table = load("table")
    printed = (
        "99 %: accuracy, seconds in all, of the processor; import, data, training, measuring\n"
        "  99.03%    7.4 s   13.0 s;   1.6  0.3  5.2  0.3\n  99.05%    7.0 s   12.0 s;   1.5  0.2  5.1  0.2\n"
        "99.5 %: accuracy\n  99.52%   18.4 s   33.0 s;   1.6  0.3  16.2  0.3\n99.04 % after 7.2 s\n"
    )
    monkeypatch.setattr(table, "script", lambda name: printed)
    first, second = table.mnist_rows()
    assert (first["median"], first["runs"], first["promised"]) == (pytest.approx(7.2), 2, "at most 8")
    assert (second["median"], second["good"]) == (18.4, True)
    assert first["rest"].startswith("99.04 %")


def test_the_seconds_of_pages_are_read_from_the_built_table(tmp_path):
    (tmp_path / "chapters").mkdir()
    cells = (
        "<td><a>chapters/convolution</a></td>",
        "<td>2026-11-22 07:27</td>",
        "<td>cache</td>",
        "<td>6.83</td>",
    )
    (tmp_path / "chapters/how_this_book_was_built.html").write_text(
        f'<section id="how-long-it-took"><tr>{"".join(cells)}<td>ok</td></tr></section>'
    )
    assert load("builds").seconds_of_pages(tmp_path) == {"convolution": 6.83}


def test_of_the_runs_the_middle_one_shows_the_parts():
    runs = [{"kernel": 1.0, "imports": seconds} for seconds in (5.0, 2.0, 3.0)]
    assert load("first_figure").middle(runs) == {"kernel": 1.0, "imports": 3.0}
