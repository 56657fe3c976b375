"""Sweeps: the same experiment at every setting and with every seed."""

import joblib
import numpy as np


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
