"""How many machines help? One step of a training as a timeline, and its speed-up."""

import numpy as np

from course_lib.checks import check_integer, is_number
from course_lib.scaling import Network, Step
from course_lib.widgets.base import Widget

MOST_MACHINES = 64
BATCHES = [2**power for power in range(5, 15)]  # 32 to 16,384
LATENCIES = [float(f"{value:.2g}") for value in 10.0 ** np.arange(-6, -1.75, 0.25)]  # 1 microsecond to 10 ms
BANDWIDTHS = [float(f"{value:.2g}") for value in 10.0 ** np.arange(7, 11.25, 0.25)]  # 10 MB/s to 100 GB/s


class ScaleOut(Widget):
    """A step of data-parallel training with dials for machines, network and batch.

    Parameters
    ----------
    seconds_per_image, seconds_per_step : float
        What one machine computes for each image, and for a step besides.
    num_bytes : float
        Of the gradients.
    machines : int, optional
    batch_size, latency, bandwidth : float, optional
        Where the dials begin; the nearest value that they have.

    Raises
    ------
    ValueError
        For times or sizes that are not positive, and machines outside 1..64.

    Examples
    --------
    >>> figure = ScaleOut(1e-4, 1e-3, num_bytes=8e5, machines=8, batch_size=512)
    >>> figure.step(8).share
    64
    """

    name = "scale_out"
    parts = ("fluid",)
    label = "How many machines help?"
    tip = "Which dial brings the curve nearest to the dashed line, and what does it cost elsewhere?"

    def __init__(
        self, seconds_per_image, seconds_per_step, num_bytes,
        machines=8, batch_size=256, latency=1e-4, bandwidth=1e8,
    ):  # fmt: skip
        super().__init__()
        self.seconds_per_image = _positive("seconds_per_image", seconds_per_image)
        self.seconds_per_step = _positive("seconds_per_step", seconds_per_step)
        self.num_bytes = _positive("num_bytes", num_bytes)
        self.machines = check_integer("machines", machines, least=1)
        if self.machines > MOST_MACHINES:
            raise ValueError(f"machines must be at most {MOST_MACHINES}, got {machines}.")
        self.places = {
            "batch": _nearest(BATCHES, _positive("batch_size", batch_size)),
            "latency": _nearest(LATENCIES, _positive("latency", latency)),
            "bandwidth": _nearest(BANDWIDTHS, _positive("bandwidth", bandwidth)),
        }

    def step(self, machines):
        """Return the step of so many machines, with the dials as they are at the beginning."""
        network = Network(LATENCIES[self.places["latency"]], BANDWIDTHS[self.places["bandwidth"]])
        batch_size = BATCHES[self.places["batch"]]
        return Step(
            machines, batch_size, self.seconds_per_image, self.seconds_per_step, self.num_bytes, network
        )

    def data(self):
        """Return what a machine computes, the values of the dials, and where they begin."""
        return {
            "perImage": self.seconds_per_image, "perStep": self.seconds_per_step, "bytes": self.num_bytes,
            "batches": BATCHES, "latencies": LATENCIES, "bandwidths": BANDWIDTHS,
            "start": {"machines": self.machines, **self.places},
        }  # fmt: skip

    def fallback(self):
        """Return the speed-up of 1, 2, 4, ... 64 machines."""
        steps = [self.step(2**power) for power in range(7)]
        rows = "".join(
            f'<tr><th scope="row">{step.machines}</th><td>{1000 * step.computing:.2f}</td>'
            f"<td>{1000 * step.communicating:.2f}</td><td>{step.speed_up:.2f}</td></tr>"
            for step in steps
        )
        return (
            f"<table><caption>A joint batch of {steps[0].batch_size} images</caption><thead><tr>"
            "<th>machines</th><th>computing (ms)</th><th>communicating (ms)</th><th>speed-up</th></tr>"
            f"</thead><tbody>{rows}</tbody></table>"
            "<p>With JavaScript, machines, batch, latency and bandwidth have dials.</p>"
        )


def _positive(name, value):
    if not is_number(value) or not 0 < value < 1e15:
        raise ValueError(f"{name} must be a positive number below 1e15, got {value!r}.")
    return float(value)


def _nearest(values, value):
    """Return the place of the value that is nearest in proportion."""
    return int(np.abs(np.log(np.array(values) / value)).argmin())
