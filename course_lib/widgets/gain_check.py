"""Is the gain real? Two methods, their seeds, and what may be said of the difference."""

import html
from math import comb

import numpy as np
from scipy import special

from course_lib import metrics
from course_lib.widgets.base import Widget

MOST_SEEDS, MOST_RUNGS = 20, 40


class GainCheck(Widget):
    """The difference of two methods, by seed, and how often the best run of each names the other one.

    Parameters
    ----------
    runs : dict of str to sequence of float
        Accuracies as fractions by the name of the method, with the same seeds in the same order.
    before, after : str, optional
        What the figure starts with; the default is the first method and the last one.
    seeds : sequence of int, optional
        Their names; the default is 0, 1, 2, ...

    Raises
    ------
    ValueError
        For fewer than two methods or seeds, more of them than the figure can show, lists of
        different lengths, values that are no fractions, and names that are not among the methods.

    Examples
    --------
    >>> figure = GainCheck({"one": [0.980, 0.985, 0.981], "two": [0.984, 0.986, 0.983]})
    >>> figure.gain("one", "two")
    +0.23 points (95 %: -0.15 to +0.61), 3 seeds, p = 0.118
    >>> round(figure.best_errs("one", "two", num_runs=1), 3)  # 2 of 9 pairs of runs
    0.222
    """

    name = "gain_check"
    parts = ("fluid",)
    label = "Is the gain real?"
    tip = "Take away one seed after the other. Which verdicts stay, and which hang on a single run?"

    def __init__(self, runs, before=None, after=None, seeds=None):
        super().__init__()
        self.runs = {str(name): np.asarray(values, dtype=float) for name, values in dict(runs).items()}
        _check(self.runs)
        names = list(self.runs)
        self.before = names[0] if before is None else before
        self.after = names[-1] if after is None else after
        if not {self.before, self.after} <= self.runs.keys():
            raise ValueError(f"Expected two of {names}, got {self.before!r} and {self.after!r}.")
        count = len(self.runs[names[0]])
        self.seeds = list(range(count)) if seeds is None else [int(seed) for seed in seeds]
        if len(self.seeds) != count:
            raise ValueError(f"Expected {count} seeds, one for each run, got {self.seeds}.")

    def gain(self, before, after):
        """Return what is known of ``after - before``, as `metrics.compare_over_seeds` does."""
        return metrics.compare_over_seeds(self.runs[after], self.runs[before])

    def best_errs(self, before, after, num_runs):
        """Return how often the best of `num_runs` runs of each names the method with the lower mean.

        Over all choices of so many of the runs that are there, of either method; an equal best of
        both counts half. With equal means nobody is wrong: nan.
        """
        low, high = sorted((self.runs[before], self.runs[after]), key=np.mean)
        if np.isclose(low.mean(), high.mean(), rtol=0, atol=1e-12):
            return float("nan")
        chances = _chances_of_best(len(low), num_runs)
        wins = np.sign(np.sort(low)[:, None] - np.sort(high)[None, :]) / 2 + 0.5  # (seeds, seeds)
        return float(chances @ wins @ chances)

    def data(self):
        """Return the runs in per cent, and the t distribution's 97.5 % by degrees of freedom."""
        degrees = np.arange(1, len(self.seeds))
        return {
            "names": list(self.runs), "runs": np.round([100 * v for v in self.runs.values()], 4),
            "seeds": self.seeds, "t": np.round(special.stdtrit(degrees, 0.975), 6),
            "before": list(self.runs).index(self.before), "after": list(self.runs).index(self.after),
        }  # fmt: skip

    def fallback(self):
        """Return every method's gain over the first one."""
        first = next(iter(self.runs))
        rows = "".join(
            f'<tr><th scope="row">{html.escape(name)}</th><td>{self.gain(first, name)}</td></tr>'
            for name in list(self.runs)[1:]
        )
        return (
            f"<table><caption>Gain over {html.escape(first)}</caption><tbody>{rows}</tbody></table>"
            "<p>With JavaScript, any two methods and any of the seeds can be compared.</p>"
        )


def _chances_of_best(num_seeds, num_runs):
    """Return the probability that the best of `num_runs` is the k-th smallest of all, shape (num_seeds,)."""
    if not 1 <= num_runs <= num_seeds:
        raise ValueError(f"num_runs must be between 1 and {num_seeds}, got {num_runs}.")
    return np.array([comb(k, num_runs - 1) for k in range(num_seeds)]) / comb(num_seeds, num_runs)


def _check(runs):
    if not 2 <= len(runs) <= MOST_RUNGS:
        raise ValueError(f"Expected 2 to {MOST_RUNGS} methods, got {len(runs)}.")
    shapes = {values.shape for values in runs.values()}
    shape = next(iter(shapes))
    if len(shapes) > 1 or len(shape) != 1 or not 2 <= shape[0] <= MOST_SEEDS:
        raise ValueError(
            f"Expected one list of 2 to {MOST_SEEDS} accuracies for each method, all with the same seeds, "
            f"got shapes {sorted(shapes)}."
        )
    for name, values in runs.items():
        if not ((values >= 0) & (values <= 1)).all():
            raise ValueError(f"{name}: accuracies are fractions between 0 and 1, got {values.tolist()}.")
