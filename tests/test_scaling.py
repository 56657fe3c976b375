"""The arithmetic of many machines, against counting messages one by one."""

import numpy as np
import pytest
from scipy import stats

from course_lib.scaling import Network, Step, amdahl, fit_network, karp_flatt, power_law, ring_bytes


def sent_in_a_ring(parts, machines):
    """Count, message by message: 2 (p - 1) rounds, in each of them every machine sends one part."""
    sizes = [len(part) for part in np.array_split(np.zeros(parts), machines)]
    return sum(sizes[(0 - turn) % machines] for turn in range(2 * (machines - 1)))


@pytest.mark.parametrize("machines", [1, 2, 3, 4, 6, 12])
def test_the_bytes_of_a_ring_are_those_of_its_messages(machines):
    assert ring_bytes(120, machines) == sent_in_a_ring(120, machines)


def test_bytes_stay_below_two_arrays_and_messages_do_not():
    assert 1.99 < ring_bytes(1.0, 1000) < 2
    slow = Network(latency=1.0, bandwidth=1e30)
    assert [round(slow.seconds_to_average(8, machines), 9) for machines in (1, 2, 64)] == [0, 2, 126]


def test_the_network_that_made_the_times_is_found_again():
    sizes, true = 2.0 ** np.arange(10, 24), Network(latency=3e-5, bandwidth=2e9)
    seconds = [true.seconds_to_average(size, 8) for size in sizes]
    found = fit_network(sizes, seconds, machines=8)
    assert found.latency == pytest.approx(true.latency, rel=1e-6)
    assert found.bandwidth == pytest.approx(true.bandwidth, rel=1e-6)


def test_times_that_fall_with_the_size_tell_no_bandwidth():
    found = fit_network([1e3, 1e4, 1e5], [3e-3, 2e-3, 1e-3])
    assert found.bandwidth == np.inf
    assert 5e-4 < found.latency < 1e-3  # 2 a lies between the shortest and the mean time
    assert found.seconds_to_average(1e9, 2) == 2 * found.latency


def test_no_message_arrives_before_it_is_sent():
    found = fit_network([1e3, 1e4, 1e5], [1e-4, 2e-3, 3e-2])  # a straight line through them starts below 0
    assert found.latency == 0
    assert 1e6 < found.bandwidth < 1e8


def test_the_slowest_machine_has_the_share_that_is_rounded_up():
    step = Step(3, 64, 1.0, 0.0, 0.0, Network(0.0, 1.0))
    assert (step.share, step.computing, step.communicating) == (22, 22.0, 0.0)
    assert step.speed_up == pytest.approx(64 / 22)


def test_one_machine_is_as_fast_as_itself():
    assert Step(1, 100, 1e-3, 5e-3, 1e6, Network(1e-3, 1e6)).speed_up == 1


def test_karp_and_flatt_undo_amdahl():
    for share in (0.0, 0.05, 0.5, 1.0):
        for workers in (2, 3, 64):
            assert karp_flatt(amdahl(share, workers), workers) == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Network(-1.0, 1.0), "latency"),
        (lambda: Network(0.0, 0.0), "bandwidth"),
        (lambda: ring_bytes(8, 0), "machines"),
        (lambda: Network(0.0, 1.0).seconds_to_average(8, 2.5), "machines"),
        (lambda: karp_flatt(1.0, 1), "at least 2"),
    ],
)
def test_nonsense_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_the_power_law_is_the_regression_line_of_the_logarithms_with_its_interval(rng):
    sizes = 2.0 ** np.arange(9)
    seconds = 3e-4 * sizes**1.7 * np.exp(rng.normal(scale=0.2, size=9))
    line = stats.linregress(np.log(sizes), np.log(seconds))
    exponent, half_width = power_law(sizes, seconds)
    assert exponent == pytest.approx(line.slope, rel=1e-12)
    assert half_width == pytest.approx(stats.t.ppf(0.975, df=7) * line.stderr, rel=1e-9)


@pytest.mark.parametrize("sizes", [[1, 2], [2, 2, 2], []])
def test_too_few_sizes_show_no_power(sizes):
    with pytest.raises(ValueError, match="at least 3 times at different sizes"):
        power_law(sizes, [1.0] * len(sizes))
