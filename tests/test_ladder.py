"""The ladder: what its rungs change, and whether the stored results are what the benchmark measures."""

import copy
import datetime
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from benchmark_files import load_benchmark

from course_lib import ladder
from course_lib.data import shift_images
from course_lib.ladder import FAST_CONFIG, FAST_RECIPE, RUNGS, changed_simple_cnn, paired_gain
from course_lib.models import FastCNN, SimpleCNN, num_parameters
from course_lib.training import TrainConfig
from course_lib.training.schedules import rate_factor

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def benchmark(name):
    return load_benchmark(name)


def in_group(group):
    return [rung for rung in RUNGS.values() if rung.group == group]


# --- what the rungs are


def test_a_rung_changes_the_network_or_how_it_is_trained_but_not_both():
    steps = [rung for rung in in_group("ladder") + in_group("alone") if rung.before and rung.name != "fast"]
    for rung in steps:
        before = RUNGS[rung.before]
        other_network = str(rung.make_model()) != str(before.make_model())
        other_training = rung.settings != before.settings
        assert other_network != other_training, rung.name


def test_the_ladder_is_one_chain_and_ends_at_the_fast_network():
    chain = in_group("ladder")
    assert [rung.before for rung in chain] == [None, *(rung.name for rung in chain[:-1])]
    assert chain[-1].name == "fast"


def test_what_is_taken_from_the_fast_network_is_one_thing_each():
    for rung in in_group("without"):
        changed = {name for name in FAST_RECIPE if rung.settings[name] != FAST_RECIPE[name]}
        other_network = type(rung.make_model()) is not FastCNN
        # the decay is AdamW's: without the one there is not the other
        assert len(changed) <= 1 or changed == {"optimizer", "weight_decay"}, rung.name
        assert bool(changed) != other_network, rung.name
    # a bias for each of 144 channels in place of a gain and a shift
    assert num_parameters(RUNGS["fast, no batch-norm"].make_model()) == 38_714 - 144


def test_parameter_counts_of_the_ladder_are_those_of_the_formulas():
    counts = [num_parameters(rung.make_model()) for rung in in_group("ladder")]
    third = 421_834 - (3136 - 576) * 128 + 64 * 64 * 9 + 64 + 128
    large = third + 16 * (32 + 32 * 64 + 64 * 64)  # 25 weights for 9
    one_convolution = 160 + 3136 * 128 + 128 + 1290
    assert counts == [
        101_770, one_convolution, 206_922, 421_642, 421_642, *4 * [421_834], third, large, 38_714,
    ]  # fmt: skip


def test_without_a_change_the_changed_network_is_simple_cnn():
    torch.manual_seed(0)
    changed, images = changed_simple_cnn(), torch.rand(3, 1, 28, 28)
    simple = SimpleCNN()
    for ours, theirs in zip(changed.parameters(), simple.parameters(), strict=True):
        ours.data = theirs.data
    assert torch.equal(changed(images), simple(images))


def test_every_rung_makes_logits_and_knows_its_configuration():
    for rung in RUNGS.values():
        assert rung.make_model()(torch.rand(2, 1, 28, 28)).shape == (2, 10), rung.name
        assert rung.config(seed=3).seed == 3
    recipe = TrainConfig(
        8, 256, 1e-2, "adamw", weight_decay=1e-2, schedule="triangular", label_smoothing=0.1, max_shift=2
    )
    assert recipe == FAST_CONFIG
    assert RUNGS["fast"].config(num_epochs=8, learning_rate=1e-2) == FAST_CONFIG


# --- the second benchmark has no course_lib in its clock, and trains the same all the same


def random_bytes(num_images, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(256, (num_images, 28, 28), dtype=torch.uint8, generator=generator)


def test_the_timed_process_trains_a_relative_of_fast_cnn_with_the_books_schedule():
    timed = benchmark("mnist_99")
    twin, size = timed.network(torch.nn), timed.SIZE
    convolutions = [layer for layer in twin if isinstance(layer, torch.nn.Conv2d)]
    books = [layer for layer in FastCNN().modules() if isinstance(layer, torch.nn.Conv2d)]
    assert [layer.weight.shape for layer in convolutions] == [layer.weight.shape for layer in books]
    assert twin(torch.zeros(2, 1, size, size)).shape == (2, 10)
    for step in range(40):
        expected = rate_factor("triangular", step, 40, FAST_CONFIG.warmup)
        assert timed.rate_factor(step, 40) == pytest.approx(expected, rel=1e-12)
    books = (FAST_CONFIG.weight_decay, FAST_CONFIG.label_smoothing)
    assert books == (timed.DECAY, timed.SMOOTHING)


def test_the_timed_process_cuts_the_middle_out_of_shifted_images():
    timed, images = benchmark("mnist_99"), random_bytes(400)
    edge, windows, places = (28 - timed.SIZE) // 2, timed.windows_of(images), set()
    batches = timed.random_batches(torch, len(images), 400, 2, torch.Generator().manual_seed(0))
    chosen, moves = next(batches)
    assert sorted(chosen.tolist()) == list(range(400))
    for number, move, image in zip(chosen, moves, timed.cut(torch, windows, chosen, moves), strict=True):
        # a window that lies lower shows the digit higher
        moved = shift_images(images[number][None, None] / 255, *(-move).tolist(), 0.0)[0]
        assert torch.equal(image, moved[:, edge:-edge, edge:-edge])
        places.add(tuple(move.tolist()))
    assert places == set(product(range(-2, 3), repeat=2))
    assert not next(timed.random_batches(torch, 400, 400, 0, torch.Generator()))[1].any()


def test_the_timed_process_steps_as_pytorchs_adamw_does_with_the_mean_over_both_halves():
    timed, images = benchmark("mnist_99"), torch.rand(8, 1, 24, 24, dtype=torch.double)
    torch.manual_seed(0)
    ours = [timed.network(torch.nn).double()]
    ours.append(copy.deepcopy(ours[0]))
    theirs = copy.deepcopy(ours[0])
    step = timed.AdamW(torch, ours).step
    optimizer = torch.optim.AdamW(theirs.parameters(), weight_decay=timed.DECAY)
    halves, labels = images.chunk(2), torch.arange(8).chunk(2)
    for rate in (1e-2, 3e-3, 1e-4):
        for models in (ours, (theirs, theirs)):
            for model, half, answers in zip(models, halves, labels, strict=True):
                (torch.nn.functional.cross_entropy(model(half), answers) / 2).backward()
        step(rate)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        optimizer.zero_grad()
        for model in ours:
            assert all(parameter.grad is None for parameter in model.parameters())
            for one, other in zip(model.parameters(), theirs.parameters(), strict=True):
                torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-12)  # rounding, of 64 bits


def fitted(timed, seed, images, labels):
    """Return a network after three steps on two threads of one core each, as the timed process takes them."""
    torch.manual_seed(seed)
    model = timed.network(torch.nn).to(memory_format=torch.channels_last)
    recipe, before = {"epochs": 1.5, "max_shift": 2, "batch_size": 16}, torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with ThreadPoolExecutor(timed.WORKERS) as pool:
            timed.fit(torch, model, images, labels, recipe, torch.Generator().manual_seed(seed), pool)
    finally:
        torch.set_num_threads(before)
    return model


def test_the_timed_process_ends_with_the_same_weights_whichever_thread_is_first():
    timed, images, labels = benchmark("mnist_99"), random_bytes(32), torch.arange(32) % 10
    one, again, other = (fitted(timed, seed, images, labels) for seed in (0, 0, 1))
    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    assert not torch.equal(one[0].weight, other[0].weight)


def test_the_layers_of_the_timed_process_keep_channels_last():
    # in the other layout a step takes a fifth more; one long vector of parameters had brought it back
    timed, images, seen = benchmark("mnist_99"), random_bytes(32), []
    model = fitted(timed, 0, images, torch.arange(32) % 10)
    x = timed.cut(torch, timed.windows_of(images), torch.arange(32), torch.zeros(32, 2, dtype=torch.long))
    for layer in model[:-2]:
        x = layer(x)
        seen.append(x.is_contiguous(memory_format=torch.channels_last))
    assert all(seen)


@pytest.mark.parametrize("doubt", [0.0, 2.0], ids=["sure", "in doubt"])
def test_the_timed_process_looks_once_where_it_is_sure_and_nine_times_where_not(doubt, monkeypatch):
    timed, images = benchmark("mnist_99"), random_bytes(40)
    model = fitted(timed, 0, images, torch.arange(40) % 10).eval()
    places = [2] if doubt == 0 else [1, 2, 3]
    with torch.no_grad():
        looks = [
            model(images[:, None, top : top + 24, left : left + 24] / 255).softmax(1)
            for top, left in product(places, repeat=2)
        ]
    labels = sum(looks).argmax(1)
    labels[:10] = (labels[:10] + 1) % 10
    monkeypatch.setattr(timed, "DOUBT", doubt)
    with ThreadPoolExecutor(timed.WORKERS) as pool:
        assert timed.measured(torch, model, images, labels, pool) == 0.75


@pytest.mark.parametrize("validation", [False, True])
def test_the_table_of_benchmarks_reads_each_timed_run_once(validation, monkeypatch, capsys):
    monkeypatch.syspath_prepend(BENCHMARKS)
    timed, table, seeds = benchmark("mnist_99"), benchmark("table"), []

    def timed_child(path, name, seed, arguments):
        seeds.append(seed)
        return 0.99 + 0.001 * len(seeds), 7.0 + len(seeds), 12.0, 1.5, 0.2, 5.0, 0.3

    monkeypatch.setattr(timed, "timed_child", timed_child)
    arguments = SimpleNamespace(seeds=2, validation=validation)
    assert timed.mean_run("99", arguments, "a path") == pytest.approx((0.9915, 8.5))
    assert seeds == ([100, 101] if validation else [0, 1])  # tuning has seeds of its own
    monkeypatch.setattr(table, "script", lambda name: capsys.readouterr().out)
    (found,) = table.mnist_rows()
    assert (found["runs"], found["median"]) == (2, 8.5)


@pytest.mark.pipeline
def test_the_timed_process_needs_no_compiler_of_pytorchs():
    code = (
        "import sys, importlib.util, torch\n"
        f"spec = importlib.util.spec_from_file_location('timed', {str(BENCHMARKS / 'mnist_99.py')!r})\n"
        "timed = importlib.util.module_from_spec(spec); spec.loader.exec_module(timed)\n"
        "model, images = timed.network(torch.nn), torch.randint(256, (64, 28, 28), dtype=torch.uint8)\n"
        "recipe, labels = {'epochs': 1, 'max_shift': 1, 'batch_size': 32}, torch.arange(64) % 10\n"
        "with timed.ThreadPoolExecutor(timed.WORKERS) as pool:\n"
        "    timed.fit(torch, model, images, labels, recipe, torch.Generator(), pool)\n"
        "print('torch._dynamo' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"


def test_the_timed_process_imports_nothing_but_torch_and_numpy():
    code = (
        "import sys, importlib.util\n"
        f"spec = importlib.util.spec_from_file_location('timed', {str(BENCHMARKS / 'mnist_99.py')!r})\n"
        "timed = importlib.util.module_from_spec(spec); spec.loader.exec_module(timed)\n"
        "names = {name.partition('.')[0] for name in sys.modules}\n"
        "print(names <= {'timed', '__main__', *sys.stdlib_module_names})"
    )
    answer = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "True\n"


# --- results


def test_a_paired_gain_is_that_of_the_seeds_that_both_have():
    results = {"rungs": {"a": {"test_accuracy": [0.98, 0.99, 0.97]}, "b": {"test_accuracy": [0.97, 0.97]}}}
    gain = paired_gain(results, "a", "b")
    # differences .01 and .02
    assert gain.difference == pytest.approx(0.015)
    assert gain.standard_error == pytest.approx(0.005)
    assert gain.num_seeds == 2


@pytest.fixture
def stored():
    return ladder.stored_results()


def test_stored_results_say_when_how_and_with_what(stored):
    datetime.date.fromisoformat(stored["date"])
    assert {"Python", "torch", "numpy"} <= stored["versions"].keys()
    assert stored["threads"] >= 1
    assert stored["settings"]["device"]
    assert stored["settings"]["train_images"] >= 1000


def test_stored_rungs_are_those_of_the_code_and_their_rates_the_best_on_validation_images(stored):
    assert stored["rungs"].keys() <= RUNGS.keys()
    for name, facts in stored["rungs"].items():
        rung = RUNGS[name]
        assert (facts["change"], facts["before"], facts["group"]) == (rung.change, rung.before, rung.group)
        assert facts["parameters"] == num_parameters(rung.make_model())
        means = {float(rate): np.mean(values) for rate, values in facts["validation_accuracy"].items()}
        assert means[facts["learning_rate"]] == max(means.values())
        assert len(means) >= 3
        assert min(means) < facts["learning_rate"] < max(means) or len(means) == 5  # no edge won unseen
        numbers = range(rung.first_seed, rung.first_seed + len(facts["seeds"]))
        assert facts["seeds"] == list(numbers)
        assert len(facts["seeds"]) == len(facts["test_accuracy"]) == len(facts["seconds_per_epoch"])
        assert all(0.8 < accuracy < 1 for accuracy in facts["test_accuracy"])
        assert all(round(10_000 * accuracy, 6) % 1 == 0 for accuracy in facts["test_accuracy"])


def test_the_stored_vote_and_its_members_count_the_same_images(stored):
    fast = stored["fast"]
    assert fast["num_epochs"] == FAST_CONFIG.num_epochs
    assert fast["seeds"] == list(range(len(fast["wrong"])))
    for accuracy, positions in zip(fast["test_accuracy"], fast["wrong"], strict=True):
        assert accuracy == pytest.approx(1 - len(set(positions)) / 10_000)
    assert fast["vote"]["accuracy"] == pytest.approx(1 - len(fast["vote"]["wrong"]) / 10_000)
    # where all members are wrong, their mean is nearly always so: the file's images are the same ones
    common = set.intersection(*map(set, fast["wrong"]))
    assert len(common & set(fast["vote"]["wrong"])) > 0.7 * len(common)


@pytest.mark.pipeline
def test_a_cheap_row_of_the_ladder_can_be_measured_again(stored, mnist):
    row = stored["rungs"]["mlp"]
    climbing = benchmark("mnist_ladder")
    again = [
        climbing.tested(RUNGS["mlp"], row["learning_rate"], mnist, seed, climbing.SMALL)["accuracy"]
        for seed in row["seeds"]
    ]
    # Another processor rounds otherwise, and a run may then end as far off as with another seed (.4 points):
    # the means of three runs lay .1 points apart. The next rung is 2.6 points away.
    assert np.mean(again) == pytest.approx(np.mean(row["test_accuracy"]), abs=0.005)


def test_the_file_is_json_that_any_program_reads():
    text = ladder.RESULTS.read_text(encoding="utf-8")
    assert "NaN" not in text
    assert json.loads(text)["settings"] == ladder.stored_results()["settings"]


# --- the other benchmark whose results the chapter shows


def test_a_compiled_step_pays_after_its_seconds_divided_by_what_it_saves():
    benchmark_of_speed = benchmark("compile_and_precision")
    row = {"milliseconds": {"eager": 30.0, "compiled": 10.0, "bfloat16": 50.0}, "seconds_to_compile": 5.0}
    assert benchmark_of_speed.steps_until_it_pays(row) == 250
    row["milliseconds"]["compiled"] = 30.0
    assert benchmark_of_speed.steps_until_it_pays(row) is None


def test_stored_times_of_steps_say_when_on_what_and_with_how_many_threads():
    speed = json.loads((ladder.RESULTS.parent / "compile_and_precision.json").read_text(encoding="utf-8"))
    datetime.date.fromisoformat(speed["date"])
    assert speed.keys() == {"date", "versions", "device", "threads", "steps", "rows"}
    for row in speed["rows"]:
        assert min(row["milliseconds"].values()) > 0
        assert row["largest_difference"] < 1e-4
