"""The arithmetic of many machines: what they send, how long it takes, and how much faster that is.

Derived and measured in the chapter on scaling out. Times are in seconds, sizes in bytes.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.optimize import nnls

from course_lib.checks import check_integer, is_number


def ring_bytes(num_bytes, machines):
    """Return how many bytes each machine sends to average an array of `num_bytes` in a ring.

    ``2 (p - 1) / p * num_bytes``: in p - 1 rounds the p parts are added up, in p - 1 more the sums go
    round, and in each round a machine sends one part.

    References
    ----------
    Patarasuk and Yuan (2009), Bandwidth optimal all-reduce algorithms for clusters of workstations.

    Examples
    --------
    >>> [ring_bytes(1200, machines) for machines in (1, 2, 3, 4)]
    [0.0, 1200.0, 1600.0, 1800.0]
    """
    machines = check_integer("machines", machines, least=1)
    return 2 * (machines - 1) / machines * num_bytes


@dataclass(frozen=True)
class Network:
    """What connects the machines: seconds before a message arrives, and bytes per second from then on.

    Raises ValueError for numbers that are not positive (a latency may be 0, a bandwidth infinite).
    """

    latency: float
    bandwidth: float

    def __post_init__(self):
        if not is_number(self.latency) or self.latency < 0:
            raise ValueError(f"latency must be a number of seconds of at least 0, got {self.latency!r}.")
        if self.bandwidth != np.inf and not (is_number(self.bandwidth) and self.bandwidth > 0):
            raise ValueError(f"bandwidth must be a positive number of bytes/s, got {self.bandwidth!r}.")

    def seconds_to_average(self, num_bytes, machines):
        """Return how long machines in a ring take to average arrays of `num_bytes`.

        Examples
        --------
        >>> Network(latency=0.001, bandwidth=1e6).seconds_to_average(1e6, machines=2)
        1.002
        """
        rounds = 2 * (check_integer("machines", machines, least=1) - 1)
        return rounds * self.latency + ring_bytes(num_bytes, machines) / self.bandwidth


@dataclass(frozen=True)
class Step:
    """One step of a training on many machines, each with its share of the joint batch.

    Parameters
    ----------
    machines, batch_size : int
        The batch is that of all machines together; shares are rounded up to whole images.
    seconds_per_image, seconds_per_step : float
        What one machine computes: so much for each image, and so much besides, whatever the batch.
    num_bytes : float
        Of the gradients.
    network : Network

    Examples
    --------
    >>> step = Step(4, 64, seconds_per_image=0.001, seconds_per_step=0.002, num_bytes=1e6,
    ...             network=Network(latency=0.0, bandwidth=1e9))
    >>> print(f"{step.computing:.4f} {step.communicating:.4f} {step.speed_up:.2f}")
    0.0180 0.0015 3.38
    """

    machines: int
    batch_size: int
    seconds_per_image: float
    seconds_per_step: float
    num_bytes: float
    network: Network

    @property
    def share(self):
        """Images of the machine that has the most."""
        return -(-self.batch_size // self.machines)

    @property
    def computing(self):
        """Seconds until the slowest machine has its gradients."""
        return self.seconds_per_step + self.seconds_per_image * self.share

    @property
    def communicating(self):
        """Seconds until the average is everywhere, if nothing is sent before all is computed."""
        return self.network.seconds_to_average(self.num_bytes, self.machines)

    @property
    def speed_up(self):
        """How many times as fast as one machine with the same joint batch."""
        alone = self.seconds_per_step + self.seconds_per_image * self.batch_size
        return alone / (self.computing + self.communicating)


def fit_network(sizes, seconds, machines=2):
    """Return the network whose times fit the measured ones best, in proportion.

    Least squares of the relative errors, 1 % of a millisecond counts as 1 % of a second, among the
    networks that exist: neither the latency nor the time per byte is negative. Times that do not
    grow with the size, as on a machine that is busy with other things, give an infinite bandwidth.

    Parameters
    ----------
    sizes, seconds : array
        Shape (N,), N at least 2 with different sizes: what averages of so many bytes took.
    machines : int, optional
    """
    sizes, seconds = np.asarray(sizes, dtype=float), np.asarray(seconds, dtype=float)
    rounds = np.full(len(sizes), 2.0 * (machines - 1))
    terms = np.stack([rounds, ring_bytes(sizes, machines)], axis=1)  # (N, 2)
    (latency, per_byte), _ = nnls(terms / seconds[:, None], np.ones(len(sizes)))
    return Network(float(latency), float(1 / per_byte) if per_byte else np.inf)


def amdahl(serial_share, workers):
    """Return the speed-up by so many workers where a share of the work cannot be divided.

    References
    ----------
    Amdahl (1967), 10.1145/1465482.1465560.

    Examples
    --------
    >>> [round(amdahl(0.1, workers), 2) for workers in (1, 2, 4, 1000)]
    [1.0, 1.82, 3.08, 9.91]
    """
    return 1 / (serial_share + (1 - serial_share) / workers)


def karp_flatt(speed_up, workers):
    """Return the share of the work that was not divided, as a measured speed-up shows it.

    References
    ----------
    Karp and Flatt (1990), 10.1145/78607.78614.

    Examples
    --------
    >>> round(karp_flatt(amdahl(0.1, 4), 4), 6)
    0.1
    """
    if workers < 2:
        raise ValueError(f"One worker divides nothing: expected at least 2 workers, got {workers}.")
    return (1 / speed_up - 1 / workers) / (1 - 1 / workers)


def power_law(sizes, seconds):
    r"""Return the exponent of the power law through measured times, and half of its 95 % interval.

    The slope of a straight line through the logarithms. Its interval comes from how far the points lie
    off the line: it is wide where another law holds.

    Parameters
    ----------
    sizes, seconds : array
        Shape (N,), all positive, N at least 3, with different sizes.

    Examples
    --------
    >>> exponent, half_width = power_law([1, 2, 4, 8], [3, 12, 48, 192])
    >>> round(exponent, 6), round(half_width, 6)
    (2.0, 0.0)
    """
    x, y = np.log(np.asarray(sizes, dtype=float)), np.log(np.asarray(seconds, dtype=float))  # (N,), (N,)
    if len(x) < 3 or len(x) != len(y) or np.ptp(x) == 0:
        raise ValueError(f"Expected at least 3 times at different sizes, got {len(y)} at {len(set(x))}.")
    centred = x - x.mean()
    slope = centred @ y / (centred @ centred)
    off = y - y.mean() - slope * centred
    error = np.sqrt(off @ off / (len(x) - 2) / (centred @ centred))
    return float(slope), float(special.stdtrit(len(x) - 2, 0.975) * error)
