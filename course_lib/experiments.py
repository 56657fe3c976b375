"""Sweeps: an experiment at every setting and with every seed; a choice made by one; a record of results."""

import datetime
import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import joblib
import numpy as np
import torch

from course_lib.reproducibility import default_device, set_seed, versions
from course_lib.training import train


def sweep(run, settings, seeds, n_jobs=1):
    """Run an experiment for every setting and seed.

    Parameters
    ----------
    run : callable
        ``run(setting, seed)`` returns one number.
    settings : sequence
        Hashable settings, for example widths.
    seeds : sequence of int
    n_jobs : int, optional
        Processes, as in joblib; the default keeps the order and uses torch's own threads.
        ``None`` takes the caller's ``joblib.parallel_config``.

    Returns
    -------
    dict
        From setting to an array of shape (len(seeds),).

    Examples
    --------
    >>> sweep(lambda setting, seed: 10 * setting + seed, settings=(1, 2), seeds=(0, 1))
    {1: array([10, 11]), 2: array([20, 21])}
    """
    settings, seeds = tuple(settings), tuple(seeds)
    if not settings or not seeds:
        raise ValueError(f"A sweep needs settings and seeds, got {len(settings)} and {len(seeds)}.")
    if len(set(settings)) < len(settings):
        raise ValueError(f"Every setting must occur once, got {settings}.")
    tasks = (joblib.delayed(run)(setting, seed) for setting in settings for seed in seeds)
    results = np.array(joblib.Parallel(n_jobs=n_jobs)(tasks)).reshape(len(settings), len(seeds))
    return dict(zip(settings, results, strict=True))


@dataclass(frozen=True)
class RateChoice:
    """The learning rate that did best on validation images, and what every rate reached.

    ``accuracies`` maps each rate to an array (len(seeds),) of validation accuracies at the last epoch.
    """

    rate: float
    accuracies: dict

    @property
    def at_edge(self):
        """Whether the best rate is the smallest or the largest that was tried: then try further ones."""
        return self.rate in (min(self.accuracies), max(self.accuracies))


def choose_rate(make_model, data, config, rates, seeds):
    """Choose a learning rate by its mean accuracy on validation images.

    Every rate gets the same effort: the same seeds, images and epochs. Give compared models the same
    rates and seeds, and report their results with other seeds than these. Test images are never read.

    Parameters
    ----------
    make_model : callable
        Returns a freshly initialised model.
    data : course_lib.data.ImageData
        With validation images, as ``data.validation_split`` makes them.
    config : TrainConfig
        Everything but the learning rate and the seed.
    rates : sequence of float
    seeds : sequence of int

    Returns
    -------
    RateChoice
        ``.rate .accuracies .at_edge``; of equally good rates the first.

    Raises
    ------
    ValueError
        For data without validation images, or no rates or seeds.
    """
    if not data.has_validation:
        raise ValueError(f"{data!r}: choose on validation images, data.validation_split(...) makes some.")

    def validation_accuracy(rate, seed):
        set_seed(seed)
        model = make_model().to(default_device())
        return train(model, data, replace(config, learning_rate=rate, seed=seed)).validation_accuracy[-1]

    accuracies = sweep(validation_accuracy, rates, seeds)
    return RateChoice(max(accuracies, key=lambda rate: accuracies[rate].mean()), accuracies)


def search_rate(score, rates, grid):
    """Return the rate of the highest score; where an edge did best, go on along a grid until none does.

    Parameters
    ----------
    score : callable
        From a rate to its accuracy on validation images.
    rates : sequence of float
        Tried in any case, neighbours on the grid.
    grid : sequence of float
        All rates that may be tried, in ascending order.

    Examples
    --------
    >>> search_rate(lambda rate: -abs(rate - 0.1), rates=(0.001, 0.003), grid=(0.001, 0.003, 0.01, 0.03))
    0.03
    """
    found = {rate: score(rate) for rate in rates}
    while True:
        best = max(found, key=found.get)
        place = grid.index(best)
        untried = [rate for rate in grid[max(place - 1, 0) : place + 2] if rate not in found]
        if not untried:
            return best
        found[untried[0]] = score(untried[0])


class Record:
    """The results of a long run, in a JSON file: each is written at once, and none is computed twice.

    Parameters
    ----------
    path : str or path or None
        If there is such a file, the run goes on where that one ended. With None nothing is written.
    **settings
        What all results depend on, as JSON can hold it.

    Raises
    ------
    ValueError
        If the file holds results of other settings.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "record.json"
    >>> Record(file, images=100).keep(lambda: 0.5, "plain", "seed 0")
    0.5
    >>> Record(file, images=100).keep(lambda: 1 / 0, "plain", "seed 0")  # known already
    0.5
    """

    def __init__(self, path, **settings):
        self.path = None if path is None else Path(path)
        self.values = {
            "versions": versions(), "date": datetime.date.today().isoformat(),
            "threads": torch.get_num_threads(), "settings": settings, "results": {},
        }  # fmt: skip
        if self.path is not None and self.path.is_file():
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            if kept["settings"] != json.loads(json.dumps(settings)):
                raise ValueError(f"{self.path} holds results of {kept['settings']}, this run is {settings}.")
            self.values = kept

    def keep(self, compute, *keys):
        """Return what stands under these keys; if nothing does, call `compute` and write what it returns."""
        place = self.values["results"]
        for key in keys[:-1]:
            place = place.setdefault(str(key), {})
        if str(keys[-1]) not in place:
            place[str(keys[-1])] = compute()
            if self.path is not None:
                self._write()
        return place[str(keys[-1])]

    def _write(self):
        """Write everything, whole or not at all; a list of numbers is one line."""
        text = json.dumps(self.values, indent=1)
        text = re.sub(r"\[\n[-+.\deE,\s]*\]", lambda row: " ".join(row[0].split()), text)
        temporary = self.path.with_suffix(".part")
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(self.path)
