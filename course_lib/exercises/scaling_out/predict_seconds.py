"""Open: predict how long a large average takes from measurements of smaller ones, within a factor of two."""

import numpy as np

from course_lib.exercises.framework import WrongAnswer, as_array, exercise, expect
from course_lib.scaling import Network, fit_network

KB, MB = 2**10, 2**20
MOST_MEASUREMENTS = 6
# Medians of 15 averages by two processes of one (busy) machine, gloo over its loop-back network.
MEASURED_SIZES = tuple(2**power for power in range(12, 25))  # 4 KB to 16 MB
MEASURED_SECONDS = (
    0.000224, 0.000219, 0.000217, 0.000219, 0.000251, 0.000316, 0.000320, 0.000471, 0.000766, 0.001906,
    0.004120, 0.006240, 0.013701,
)  # fmt: skip


def loopback(size):
    """Two processes of one machine, as measured; straight lines between the sizes."""
    return float(np.interp(size, MEASURED_SIZES, MEASURED_SECONDS))


def small_cache(size):
    """Computed: 4 GB/s as long as 1 MB is enough, and each byte beyond it six times as long."""
    return 2e-4 + (min(size, MB) + 6 * max(size - MB, 0)) / 4e9


def network(latency, bandwidth, machines):
    return lambda size: Network(latency, bandwidth).seconds_to_average(size, machines)


CASES = (
    # what is connected, its time for so many bytes, the size to predict
    ("two processes of one machine", loopback, 16 * MB),
    ("two processes with a small cache", small_cache, 16 * MB),
    ("8 machines on slow Ethernet", network(2e-4, 1.2e8, 8), 100 * MB),
    ("64 machines far apart", network(2e-2, 1e9, 64), 8 * MB),
    ("4 machines, a fast network", network(5e-6, 2.5e10, 4), 256 * MB),
)


def within_two(answer):
    """The time of a size that was not measured, within a factor of two."""
    for name, seconds, size in CASES:
        asked = []

        def measure(num_bytes, seconds=seconds, asked=asked, size=size):
            expect(
                4 * KB <= num_bytes <= size / 4,
                f"measure takes sizes from 4 KB to a quarter of {size:,} bytes, got {num_bytes!r}.",
            )
            asked.append(num_bytes)
            expect(len(asked) <= MOST_MEASUREMENTS, f"At most {MOST_MEASUREMENTS} measurements are allowed.")
            return seconds(num_bytes)

        got, expected = as_array(answer(measure, size), f"{name}: the prediction"), seconds(size)
        expect(got.ndim == 0 and np.isfinite(got), f"{name}: expected one number of seconds, got {got}.")
        expect(
            expected / 2 <= got <= 2 * expected,
            f"{name}, {size / MB:g} MB: your prediction is {got:.4g} s, it takes {expected:.4g} s.",
        )


def from_small_ones(measure, size):
    sizes = [4 * KB, 64 * KB, MB]
    return fit_network(sizes, [measure(n) for n in sizes]).seconds_to_average(size, 2)


def in_proportion(measure, size):
    return size / (4 * KB) * measure(4 * KB)


@exercise(
    title="Predict what you have not measured",
    difficulty="open",
    next_step="You had six measurements. Where would you take two, and for which network would that fail?",
    checks=(within_two,),
    hints=(
        "What do the largest sizes that you may measure know that the small ones do not?",
        "Two nearby sizes give a cost for each further byte; does that line fit sizes far from them?",
    ),
    wrong_answers=(
        WrongAnswer(from_small_ones, "two processes with a small cache, 16 MB", "sizes up to 1 MB"),
        WrongAnswer(in_proportion, "two processes of one machine, 16 MB", "latency taken for bandwidth"),
        WrongAnswer(lambda measure, size: measure(size // 4), "two processes", "no growth at all"),
        WrongAnswer(lambda measure, size: 4 * measure(size // 4), "64 machines far apart", "no latency"),
        WrongAnswer(lambda measure, size: measure(size), "a quarter of", "the size itself"),
        WrongAnswer(
            lambda measure, size: sum(measure(size // n) for n in range(4, 12)), "At most 6", "too many"
        ),
    ),
)
def predict_seconds(measure, size):
    half, quarter = measure(size // 8), measure(size // 4)
    per_byte = (quarter - half) / (size // 4 - size // 8)
    return quarter + per_byte * (size - size // 4)
