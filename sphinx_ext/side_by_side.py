"""Chapters are executed side by side, each on one thread, before Sphinx reads them in turn.

MyST-NB executes a chapter when Sphinx reads it, one after another. Here the chapters that a build is
about to read are executed beforehand by MyST-NB's own client, as many at once as there are cores,
into the cache in which Sphinx then finds them. How many run at once changes no printed value, because
a chapter has one thread in any case: other threads would be other sums.
"""

import os
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from time import perf_counter
from types import SimpleNamespace

from jupyter_cache import get_cache
from jupyter_cache.cache.main import JupyterCacheBase
from jupyter_client import KernelManager
from myst_nb.core.execute import create_client
from myst_nb.core.read import create_nb_reader
from sphinx.errors import ConfigError
from sphinx.util import logging

TYPICAL_SECONDS = 70  # of one of this book's pages, the mean of all, on a quiet machine

logger = logging.getLogger(__name__)


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.connect("env-before-read-docs", execute_chapters)
    # A kernel whose connection is in plain text says so on every start, in five lines.
    KernelManager.transport_encryption.default_value = "auto"
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def num_jobs():
    """Return how many chapters run at once: ``$COURSE_JOBS``, else one for each core.

    Raises
    ------
    sphinx.errors.ConfigError
        If ``COURSE_JOBS`` is not a whole number above 0.
    """
    chosen = os.environ.get("COURSE_JOBS")
    if not chosen:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if not chosen.isdecimal() or int(chosen) == 0:
        raise ConfigError(f"COURSE_JOBS={chosen} is not a whole number above 0.")
    return int(chosen)


def execute_chapters(app, env, docnames):
    """Execute those of the pages that have code and are not in the cache."""
    if env.mystnb_config.execution_mode != "cache":
        return
    ordered = in_order(docnames, getattr(env, "external_site_map", ()))
    notebooks = [found for docname in ordered if (found := read_notebook(env, docname))]
    cache = get_cache(env.mystnb_config.execution_cache_path)
    run_all(env.mystnb_config, [found for found in notebooks if not is_cached(cache, found[1])])


def in_order(docnames, contents):
    """Return the pages as they stand in the contents, others last.

    A model is trained by the first chapter that needs it, and the ones behind it load it.

    >>> in_order(["b", "c", "a"], ["a", "b"])
    ['a', 'b', 'c']
    """
    places = {docname: place for place, docname in enumerate(contents)}
    return sorted(docnames, key=lambda docname: places.get(docname, len(places)))


def read_notebook(env, docname):
    """Return path, notebook and format of a page, or None for one without code."""
    path = Path(env.doc2path(docname))
    text = path.read_text(encoding="utf-8-sig", errors="replace")  # Sphinx names a page that is no UTF-8
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
    return reader and (path, reader.read(text), reader.read_fmt)


def is_cached(cache, notebook):
    """Return whether the cache holds a run of exactly these cells."""
    try:
        cache.match_cache_notebook(notebook)
    except KeyError:
        return False
    return True


def run_all(config, notebooks):
    """Execute notebooks, some at once, with a line of progress for each; the first failure ends the build."""
    if not notebooks:
        return
    start, jobs = perf_counter(), min(num_jobs(), len(notebooks))
    expected = minutes(TYPICAL_SECONDS * len(notebooks) / jobs)
    logger.info(f"executing {len(notebooks)} pages, {jobs} at once: {expected} on a quiet machine")
    with one_by_one_into_the_cache(), ThreadPoolExecutor(jobs) as pool:
        runs = {pool.submit(run_one, config, *found): found[0] for found in notebooks}
        try:
            for count, run in enumerate(as_completed(runs), start=1):
                passed, left = perf_counter() - start, len(runs) - count
                times = f"{run.result():.0f} s ({passed:.0f} s in all, {minutes(passed * left / count)} left)"
                logger.info(f"executed {count} of {len(runs)}: {runs[run].stem}, {times}")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)  # what runs ends; what waits never starts
            raise


@contextmanager
def one_by_one_into_the_cache():
    """Let chapters that end at the same moment enter the cache one after another.

    jupyter-cache looks for runs beyond its limit in two steps, and takes one that came between them for
    such a run: it removes it, or stops the build because it is not written yet.
    """
    enter, lock = JupyterCacheBase.cache_notebook_bundle, Lock()

    def enter_alone(*args, **kwargs):
        with lock:
            return enter(*args, **kwargs)

    JupyterCacheBase.cache_notebook_bundle = enter_alone
    try:
        yield
    finally:
        JupyterCacheBase.cache_notebook_bundle = enter


def minutes(seconds):
    """Return seconds as a reader waits for them.

    >>> minutes(20), minutes(70), minutes(400)
    ('less than a minute', 'about 1 minute', 'about 7 minutes')
    """
    if seconds < 60:
        return "less than a minute"
    return f"about {seconds / 60:.0f} minute{'s' if seconds >= 90 else ''}"


def run_one(config, path, notebook, read_fmt):
    """Execute a notebook into the cache; return its seconds."""
    log = SimpleNamespace(info=logger.verbose, warning=logger.warning)
    with create_client(notebook, str(path), config, log, read_fmt) as client:
        return client.exec_metadata["runtime"]
