"""Which design is best? Accuracy against a cost of the reader's choice, under a budget."""

import html

import numpy as np

from course_lib.widgets.base import Widget

MOST_NETWORKS = 16


class ArchitectureScatter(Widget):
    """Networks by accuracy and cost; the ranking under a budget depends on which cost counts.

    Parameters
    ----------
    runs : dict of str to sequence of float
        Accuracies as fractions by the name of the network, one per seed.
    costs : dict of str to dict of str to float
        By the name of the cost, what each network costs: positive numbers.
    budget_of : str, optional
        The network whose cost is the budget at first; the default is the first one.

    Raises
    ------
    ValueError
        For fewer than two networks or more than the figure can show, no cost, a network without
        a cost, costs that are not positive, accuracies that are no fractions, an unknown name.

    Examples
    --------
    >>> runs = {"narrow": [0.6, 0.62], "wide": [0.7, 0.7]}
    >>> figure = ArchitectureScatter(runs, {"weights": {"narrow": 10, "wide": 30}})
    >>> figure.ranking("weights", budget_of="narrow")
    ['narrow']
    >>> figure.ranking("weights", budget_of="wide")
    ['wide', 'narrow']
    """

    name = "architecture_scatter"
    parts = ("fluid",)
    label = "Which design is best, within which budget?"
    tip = "Keep the budget at one network and switch the cost: how often does the best one change?"

    def __init__(self, runs, costs, budget_of=None):
        super().__init__()
        self.runs = {str(name): np.asarray(values, dtype=float) for name, values in dict(runs).items()}
        self.costs = {
            str(cost): {name: float(dict(values).get(name, np.nan)) for name in self.runs}
            for cost, values in dict(costs).items()
        }
        names = list(self.runs)
        self.budget_of = names[0] if budget_of is None and names else budget_of
        _check(self.runs, self.costs)
        if self.budget_of not in self.runs:
            raise ValueError(f"budget_of must be one of {names}, got {self.budget_of!r}.")

    def ranking(self, cost, budget_of):
        """Return the networks that cost no more than `budget_of`, the best mean accuracy first."""
        values = self.costs[cost]
        affordable = [name for name in self.runs if values[name] <= values[budget_of]]
        return sorted(affordable, key=lambda name: -self.runs[name].mean())

    def data(self):
        """Return the networks with mean and standard error in per cent, and their costs."""
        return {
            "names": list(self.runs),
            "mean": np.round([100 * values.mean() for values in self.runs.values()], 4),
            "error": np.round([100 * _standard_error(values) for values in self.runs.values()], 4),
            "costs": [
                {"name": cost, "values": [_short(value) for value in values.values()]}
                for cost, values in self.costs.items()
            ],
            "start": list(self.runs).index(self.budget_of),
        }

    def fallback(self):
        """Return a table of all networks and their costs."""
        head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in ("accuracy", *self.costs))
        rows = "".join(
            f'<tr><th scope="row">{html.escape(name)}</th><td>{100 * values.mean():.1f} %</td>'
            + "".join(f"<td>{costs[name]:,.7g}</td>" for costs in self.costs.values())
            + "</tr>"
            for name, values in self.runs.items()
        )
        return (
            f'<table><caption>{html.escape(self.label)}</caption><tr><th scope="col">network</th>{head}</tr>'
            f"<tbody>{rows}</tbody></table><p>With JavaScript, the cost can be chosen, and a budget set.</p>"
        )


def _standard_error(values):
    return float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else 0.0


def _short(value):
    """Return an integer where the number is one: JSON then has no decimals to print."""
    return int(value) if value == int(value) else round(value, 4)


def _check(runs, costs):
    if not 2 <= len(runs) <= MOST_NETWORKS:
        raise ValueError(f"Expected 2 to {MOST_NETWORKS} networks, got {len(runs)}.")
    if not costs:
        raise ValueError("Expected at least one cost, got none.")
    for name, values in runs.items():
        if values.ndim != 1 or not len(values) or not ((values >= 0) & (values <= 1)).all():
            raise ValueError(f"{name}: accuracies are fractions between 0 and 1, got {values.tolist()}.")
    for cost, values in costs.items():
        for name, value in values.items():
            if not 0 < value < 1e15:
                raise ValueError(f"{cost} of {name!r} must be a positive number, got {value}.")
