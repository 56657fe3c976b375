"""How many machines help? What the figure starts from, and what it refuses."""

import pytest

from course_lib.scaling import Network
from course_lib.widgets import ScaleOut
from course_lib.widgets.scale_out import BANDWIDTHS, BATCHES, LATENCIES


def figure(**changes):
    return ScaleOut(**{"seconds_per_image": 4e-4, "seconds_per_step": 1e-3, "num_bytes": 827_688, **changes})


def test_the_dials_begin_at_the_nearest_value_they_have():
    start = figure(machines=8, batch_size=250, latency=9.7e-5, bandwidth=1.1e8).data()["start"]
    assert start["machines"] == 8
    assert BATCHES[start["batch"]] == 256
    assert LATENCIES[start["latency"]] == 1e-4
    assert BANDWIDTHS[start["bandwidth"]] == 1e8


def test_a_step_is_the_library_s_with_the_values_of_the_dials():
    step = figure(machines=4).step(16)
    assert (step.machines, step.share, step.network) == (16, 16, Network(1e-4, 1e8))
    assert step.communicating == pytest.approx(30 * 1e-4 + 2 * 15 / 16 * 827_688 / 1e8)


def test_the_dials_reach_from_a_microsecond_to_ten_milliseconds_and_to_100_gigabytes():
    assert (LATENCIES[0], LATENCIES[-1]) == (1e-6, 1e-2)
    assert (BANDWIDTHS[0], BANDWIDTHS[-1]) == (1e7, 1e11)
    assert (BATCHES[0], BATCHES[-1]) == (32, 16_384)


def test_without_a_script_the_speed_ups_are_in_a_table():
    text = figure().fallback()
    assert text.count("<tr>") == 8
    assert f"{figure().step(64).speed_up:.2f}" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seconds_per_image": 0}, "seconds_per_image"),
        ({"num_bytes": float("nan")}, "num_bytes"),
        ({"machines": 65}, "at most 64"),
        ({"machines": 2.5}, "machines"),
        ({"bandwidth": -1}, "bandwidth"),
    ],
)
def test_nonsense_is_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        figure(**changes)
