"""Executed chapters are kept between builds, exactly as long as they would come out the same.

jupyter-cache recognises a chapter by its own cells. What the cells import, the versions they
run on and the data they read are folded into the name of the cache's folder: a change in any
of them leads to an empty cache, and, because the name is a Sphinx setting, to pages read anew.
"""

import hashlib
import os
import re
import shutil
import sys
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.cache.db import NbCacheRecord
from sphinx.errors import ConfigError
from sphinx.util import logging
from sqlalchemy.exc import DatabaseError

from course_lib.data import files as data_files
from course_lib.data.files import CIFAR10, MNIST, DataError
from course_lib.data.image_data import OFFLINE_NAME, SHAPES_NAME

NUM_CACHES_KEPT = 3  # going back and forth between two branches executes nothing

logger = logging.getLogger(__name__)


def setup(app):
    """Connect the extension to a Sphinx application."""
    app.add_config_value("course_data", "", "env")  # set below: the name of the data of this build
    app.connect("config-inited", prepare_execution)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def prepare_execution(app, config):
    """Set what the kernels inherit, find out which data they will read, and name the cache."""
    root = Path(app.srcdir)
    prepare_kernels(root)
    config.course_data = resolve_data()
    fetch_photographs(root)
    if not config.nb_execution_cache_path:
        folder = root / "_build/.jupyter_cache" / execution_digest(root, config.course_data)
        config.nb_execution_cache_path = str(folder)
        keep_newest_caches(folder)
        forget_broken(folder)
        forget_warnings(folder)


def prepare_kernels(root):
    """Let the kernels import the course_lib beside the chapters, quietly and reproducibly.

    The folder comes first on their path: what they import is then what the digest covers.
    Each has one thread: more threads would be other sums, and several chapters run at once.
    """
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("PYTHONHASHSEED", "0")
    others = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    paths = [str(root), *(path for path in others if path and path != str(root))]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)


def resolve_data():
    """Return the name of the data that every kernel of this build will read.

    MNIST is downloaded here if it is missing. If it is out of reach, the kernels are told not to
    try again, and the digits that ship with scikit-learn stand in.

    Raises
    ------
    sphinx.errors.ConfigError
        If the data file is broken: no chapter could run.
    """
    if not os.path.exists(MNIST.path):  # os.path: in a folder that may not be entered there is no file for us
        logger.info("MNIST is not in %s: downloading it", data_files.data_folder())
        try:
            data_files.download(MNIST)
        except DataError as error:
            logger.info("%s\nThis book is built with %s.", error, OFFLINE_NAME)
            os.environ["COURSE_OFFLINE"] = "1"
            return OFFLINE_NAME
    try:
        data_files.read_arrays(MNIST)
    except DataError as error:
        raise ConfigError(str(error)) from None
    return MNIST.name


def fetch_photographs(root):
    """Download CIFAR-10 if a chapter loads it: here nothing limits the seconds, as it does for a cell.

    If it is out of reach, the kernels are told not to try again, and generated shapes stand in.
    """
    chapters = (root / "chapters").glob("*.md")
    wanted = any(b"load_cifar10()" in chapter.read_bytes() for chapter in chapters)
    if not wanted or os.path.exists(CIFAR10.path):
        return
    logger.info("CIFAR-10 is not in %s: downloading it", data_files.data_folder())
    try:
        data_files.download(CIFAR10)
    except DataError as error:
        logger.info("%s\nThis book is built with %s in its place.", error, SHAPES_NAME)
        os.environ["COURSE_OFFLINE"] = "1"


def execution_digest(root, data_name):
    """Return a short digest of everything but its own cells that decides what a chapter prints.

    Parameters
    ----------
    root : pathlib.Path
        The folder of ``course_lib`` and ``requirements.txt``.
    data_name : str
        The name of the data that the chapters read.
    """
    digest = hashlib.sha256()
    digest.update(f"{data_name}\0{sys.version_info[:2]}\0{cifar10_digest()}\0".encode())
    package = sorted(path for path in (root / "course_lib").rglob("*") if _is_content(path))
    for path in [*package, root / "requirements.txt"]:
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def cifar10_digest():
    """Return the digest of the file of CIFAR-10, whose content differs between copies; "" without one."""
    if not os.path.isfile(CIFAR10.path):
        return ""
    with open(CIFAR10.path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_content(path):
    # all of the package, not its Python files only: the style sheet and the widgets' scripts decide too
    return path.is_file() and "__pycache__" not in path.parts


def keep_newest_caches(folder, num_kept=NUM_CACHES_KEPT):
    """Create or touch the cache `folder` and delete all but the newest of its siblings."""
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    caches = [path for path in folder.parent.iterdir() if re.fullmatch("[0-9a-f]{16}", path.name)]
    caches.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for outdated in caches[num_kept:]:
        shutil.rmtree(outdated, ignore_errors=True)


def forget_broken(folder):
    """Take out of a cache what a killed build left half-written.

    A run is listed before its notebook is written: jupyter-cache would stop every later build at a
    list without a notebook, at half a notebook, and at half a list.
    """
    cache = get_cache(folder)
    try:
        records = cache.list_cache_records()
    except (DatabaseError, RuntimeError):  # the second is for tables that are not there
        shutil.rmtree(folder)
        folder.mkdir()
        return
    runs, whole = folder / "executed", set()
    for record in records:
        try:
            cache.get_cache_bundle(record.pk)
            whole.add(record.hashkey)
        except (KeyError, ValueError):  # no notebook, or half of one
            NbCacheRecord.remove_records([record.pk], cache.db)
    for run in runs.glob("*"):
        if run.name not in whole:
            shutil.rmtree(run)


def forget_warnings(folder):
    """Take the executions that wrote to the error stream out of a cache.

    They failed their build. Kept, they would fail the next one, too, when the cause is gone.
    """
    cache = get_cache(folder)
    for record in cache.list_cache_records():
        cells = cache.get_cache_bundle(record.pk).nb.cells
        if any(output.get("name") == "stderr" for cell in cells for output in cell.get("outputs", [])):
            cache.remove_cache(record.pk)
